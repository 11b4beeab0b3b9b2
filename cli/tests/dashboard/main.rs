//! The dev server as programs and people see it: the dashboard, over HTTP and in a browser.

mod browser;
mod http;
mod in_a_browser;
mod server;

use http::{Answer, Request};
use serde_json::json;
use server::Server;

const PAGE: &str = "<!doctype html><title>Plates</title><body><h1>one</h1></body>";

/// The value of a hidden field of the first form in a page.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&field).expect("the page has a form");
    rest.split_once('"').expect("the attribute ends").0
}

#[track_caller]
fn assert_parts(answer: &Answer, parts: &[&str]) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    for part in parts {
        assert!(answer.body.contains(part), "{part} in {}", answer.body);
    }
}

#[test]
fn shows_units_and_then_what_an_edit_did() {
    let server = Server::start(&[("index.html", PAGE), ("a&b.html", "plain")], &[]);
    let first = server.get("/_hotplate");
    assert_parts(
        &first,
        &[
            "generation <strong>1</strong>",
            "<code>index.html</code></th><td>template</td><td><code>index.html:1</code></td><td class=\"figure\">1</td>",
            "<code>a&amp;b.html</code>",
            "Nothing is refused",
            "aria-label=\"Generation 1, start: ",
            "No plugin keeps state.",
        ],
    );
    assert!(
        !first.body.contains("<form"),
        "there is nothing to go back to"
    );
    assert!(!first.body.contains("http:"), "{}", first.body);

    server.write("index.html", &PAGE.replace("one", "two"));
    server.wait_for("published");
    let second = server.get("/_hotplate/");
    assert_parts(
        &second,
        &[
            "generation <strong>2</strong>",
            "aria-label=\"Generation 2, edit: ",
            " ms, of which build ",
            "<rect class=\"build\" ",
            "<code>Update templates::index.html @L1</code>",
            "<code>index.html:1</code></td><td class=\"figure\">2</td>",
            "<button id=\"go-1\">Go back to 1</button>",
        ],
    );
}

#[test]
fn goes_back_for_its_own_forms_and_for_nobody_else() {
    let server = Server::start(&[("index.html", PAGE)], &[]);
    server.write("index.html", &PAGE.replace("one", "two"));
    server.wait_for("published");
    let page = server.get("/_hotplate");
    let token = hidden(&page.body, "token");
    let form = format!("token={token}&generation=1");
    let own = format!("http://{}", server.address());
    let post = |headers: &[(&str, &str)], form: &str| {
        server.send(&Request {
            method: "POST",
            path: "/_hotplate/rollback",
            headers,
            body: form,
        })
    };
    let other = ("Origin", "http://evil.example");
    let refused: [(&[(&str, &str)], &str); 6] = [
        (&[], "generation=1"),
        (&[], "token=0&generation=1"),
        (&[other], &form),
        (&[("Origin", "null")], &form),
        (&[("Sec-Fetch-Site", "cross-site")], &form),
        (&[("Host", "evil.example")], &form),
    ];
    for (headers, form) in refused {
        let answer = post(headers, form);
        assert_eq!(answer.status, 403, "{headers:?} {form}");
        assert!(!answer.body.contains(token), "{}", answer.body);
    }
    let rebound = server.send(&Request {
        method: "GET",
        path: "/_hotplate",
        headers: &[("Host", "evil.example")],
        body: "",
    });
    assert_eq!(rebound.status, 403);
    assert!(!rebound.body.contains(token));
    assert_eq!(server.get("/_hotplate/rollback").status, 405);
    assert!(server.get("/").body.contains("two"));

    let answer = post(
        &[("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
        &form,
    );
    assert_eq!(answer.status, 303, "{}", answer.body);
    let receipt = server.wait_for("published");
    assert_eq!(receipt["cause"], json!("rollback"));
    assert!(server.get("/").body.contains("one"));
    let place = answer.header("location").expect("it leads back");
    let done = server.get(place);
    assert_parts(
        &done,
        &[
            "role=\"status\"",
            "Went back to generation 1, which is now generation 3: 1 unit in ",
            "rollback to 1",
            "serves again",
            "Go back to 2",
        ],
    );

    // What cannot be done is said, and in a later generation no more.
    let answer = post(&[("Origin", &own)], &format!("token={token}&generation=77"));
    let place = answer.header("location").expect("it leads back").to_owned();
    let failed = "Could not go back to generation 77: no kept generation 77; did you mean 2 or 1?";
    assert_parts(&server.get(&place), &["role=\"alert\"", failed]);
    let answer = post(&[("Origin", &own)], &format!("token={token}&generation=2"));
    assert_eq!(answer.status, 303);
    let later = server.get(&place);
    assert!(!later.body.contains("role=\"alert\""), "{}", later.body);
}

#[test]
fn shows_errors_as_text() {
    let server = Server::start(&[("index.html", PAGE)], &[]);
    // The plugin's own name is that of its folder; templates are named as somebody likes.
    server.write(
        "<script>alert(1)<b>.html",
        "{% nosuch<script>alert(2)</script> %}",
    );
    let rejected = server.wait_for("rejected");
    assert_eq!(rejected["stage"], json!("template"));
    let page = server.get("/_hotplate");
    assert_parts(
        &page,
        &[
            "Refused at stage template, plugin templates; generation 1 serves",
            "A change was rejected at stage template, plugin templates",
            "&lt;script&gt;alert(1)&lt;b&gt;.html",
            "nosuch&lt;script&gt;alert(2)",
        ],
    );
    assert!(!page.body.contains("<script>"), "{}", page.body);

    server.write("<script>alert(1)<b>.html", "right");
    server.wait_for("published");
    let page = server.get("/_hotplate");
    assert_parts(&page, &["Nothing is refused", "A change was rejected"]);

    // A page that fails when it is rendered.
    server.write("index.html", "{% include '<i>nowhere' %}");
    server.wait_for("published");
    let failed = server.get("/");
    assert_eq!(failed.status, 500);
    assert!(failed.body.contains("<a href=\"/_hotplate\">Dashboard</a>"));
    server.get("/");
    let page = server.get("/_hotplate");
    assert_parts(
        &page,
        &["/ could not be rendered", "2 times", "&lt;i&gt;nowhere"],
    );
    assert!(!page.body.contains("<i>nowhere"), "{}", page.body);
}

#[test]
fn lets_nothing_in_from_outside() {
    let server = Server::start(&[("index.html", PAGE)], &["--host", "0.0.0.0"]);
    let page = server.get("/_hotplate");
    assert_eq!(page.status, 200, "this machine may");
    let policy = page.header("content-security-policy");
    let policy = policy.expect("it has a policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "'nonce-"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));

    // Without a network there is no way in from outside that could be tried.
    let Some(outside) = server::outer_address() else {
        return;
    };
    let refused = server.get_at(outside, "/_hotplate");
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--remote-dashboard"));
    assert_eq!(server.get_at(outside, "/").status, 200, "pages are for all");
    let arguments = ["--host", "0.0.0.0", "--remote-dashboard"];
    let open = Server::start(&[("index.html", PAGE)], &arguments);
    assert_eq!(open.get_at(outside, "/_hotplate").status, 200);
}
