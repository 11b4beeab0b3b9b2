(() => {
  const { version: seen, moment } = document.currentScript.dataset;
  const events = new EventSource("/_hotplate/events");
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  if (moment) {
    // Loading again would give up the answer to a form.
    addEventListener("submit", () => events.close());
    // The dashboard shows all there is to show itself.
    for (const name of ["hello", "reload", "rejected", "cleared", "noted"]) {
      events.addEventListener(name, (event) => {
        if (JSON.parse(event.data).moment !== moment) location.reload();
      });
    }
    return;
  }
  let panel = document.getElementById("hotplate-overlay");
  const hide = () => {
    panel?.remove();
    panel = null;
  };
  const listen = () => {
    panel?.shadowRoot?.querySelector("button")?.addEventListener("click", hide);
  };
  const show = (html) => {
    hide();
    panel = document.createElement("div");
    panel.id = "hotplate-overlay";
    panel.attachShadow({ mode: "open" }).innerHTML = html;
    document.body.append(panel);
    listen();
  };
  listen();
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  events.addEventListener("hello", (event) => {
    if (JSON.parse(event.data).version !== seen) location.reload();
  });
  events.addEventListener("reload", () => location.reload());
  events.addEventListener("rejected", (event) => show(JSON.parse(event.data).html));
  events.addEventListener("cleared", hide);
})();
