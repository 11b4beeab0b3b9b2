(() => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.title = time.dateTime;
    time.textContent = new Date(time.dateTime).toLocaleTimeString();
  }
  // The newest bars are on the right.
  for (const plot of document.querySelectorAll("figure .wide")) plot.scrollLeft = plot.scrollWidth;
  const key = "hotplate-dashboard";
  const folds = [...document.querySelectorAll("details[id]")];
  try {
    const kept = JSON.parse(sessionStorage.getItem(key)) ?? { folds: {}, focus: "" };
    for (const fold of folds) fold.open = kept.folds[fold.id] ?? fold.open;
    if (kept.focus && !document.getElementById("notice")) {
      document.getElementById(kept.focus)?.focus({ preventScroll: true });
    }
    addEventListener("pagehide", () => {
      const kept = { folds: {}, focus: document.activeElement?.id ?? "" };
      for (const fold of folds) kept.folds[fold.id] = fold.open;
      sessionStorage.setItem(key, JSON.stringify(kept));
    });
  } catch {
    // Without a storage each page starts anew.
  }
})();
