//! Dashboard, reload and overlay together, as somebody with a browser sees them.

use std::io::{self, Write};

use crate::PAGE;
use crate::browser::{self, Browser};
use crate::server::Server;

/// Whether the overlay is shown and has this text.
fn overlay_has(text: &str) -> String {
    format!(
        "!!document.getElementById('hotplate-overlay')?.shadowRoot?.textContent.includes({text:?})"
    )
}

fn main_has(text: &str) -> String {
    format!("!!document.querySelector('main')?.innerText.includes({text:?})")
}

#[test]
fn edits_errors_and_the_way_back_show_in_the_browser() {
    let Some(program) = browser::find() else {
        // Past the test harness, which would keep it to itself.
        let notice = "SKIPPED: the test in a browser: there is no chromium on the PATH\n";
        let _ = io::stderr().write_all(notice.as_bytes());
        return;
    };
    let server = Server::start(&[("index.html", PAGE)], &[]);
    let site = format!("http://{}/", server.address());
    let mut page = Browser::start(&program);
    page.open(&site);
    page.wait_until("document.querySelector('h1')?.textContent === 'one'");
    let mut panel = Browser::start(&program);
    panel.open(&format!("{site}_hotplate"));
    panel.wait_until(&main_has("Nothing is refused"));
    panel.wait_until("document.querySelectorAll('.bar').length === 1");

    // An edit reloads both.
    server.write("index.html", &PAGE.replace("one", "two"));
    page.wait_until("document.querySelector('h1')?.textContent === 'two'");
    panel.wait_until("document.querySelectorAll('.bar').length === 2");
    panel.wait_until("!!document.querySelector('.bar.current rect.build')");

    // A mistake is laid over the page, which stays, and shown in the dashboard.
    server.write(
        "index.html",
        "{% block <script>document.title='bad'</script> %}",
    );
    page.wait_until(&overlay_has("index.html:1:1"));
    assert_eq!(
        page.evaluate("document.querySelector('h1').textContent"),
        "two"
    );
    panel.wait_until(&main_has("Refused at stage template"));
    panel.wait_until(&main_has("<script>"));
    assert_eq!(
        panel.evaluate("!!document.getElementById('hotplate-overlay')"),
        false
    );
    let link = "document.getElementById('hotplate-overlay').shadowRoot.querySelector('a').href";
    assert_eq!(page.evaluate(link), format!("{site}_hotplate"));

    // What is folded out stays so when the dashboard loads again.
    panel.evaluate("document.querySelector('.incidents details').open = true");
    let fold = panel.evaluate("document.querySelector('.incidents details').id");
    let fold = format!("document.getElementById({fold})?.open === true");
    server.write("index.html", &PAGE.replace("one", "three"));
    page.wait_until("document.querySelector('h1')?.textContent === 'three'");
    page.wait_until("!document.getElementById('hotplate-overlay')");
    panel.wait_until("document.querySelectorAll('.bar').length === 3");
    panel.wait_until(&fold);

    // The button goes back, and the page with it.
    panel.evaluate("document.getElementById('go-1').click()");
    panel.wait_until(&main_has("Went back to generation 1"));
    panel.wait_until("document.activeElement?.id === 'notice'");
    page.wait_until("document.querySelector('h1')?.textContent === 'one'");
    panel.wait_until("document.querySelectorAll('.bar').length === 4");
    assert_eq!(panel.evaluate("document.title"), "Generation 4 – Hotplate");
    assert_eq!(page.evaluate("document.title"), "Plates");
}
