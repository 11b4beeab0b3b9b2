//! What one would write by hand: safe Rust, `push_str`, `itoa` and a plain loop that
//! escapes.

use bench_contexts::{Badge, Big, Card, Gsoc, Inherit, Item, Link, Page, Teams};
use hotplate_plugin_api::value::Date;

use super::engine::{self, Contender, Engine, contender, plural};
use super::workload::Data;
use crate::Fault;

/// No engine at all.
pub(super) struct Floor;

impl Engine for Floor {
    fn name(&self) -> &'static str {
        "floor"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        Ok(match data {
            Data::Big(data) => written(data, big),
            Data::Teams(data) => written(data, teams),
            Data::Page(data) => written(data, page),
            Data::Inherit(data) => written(data, inherit),
            Data::Gsoc(data) => written(data, gsoc),
        })
    }
}

/// Writes into a text that has room for as much as the last one took.
fn written<'d, T>(data: &'d T, write: impl Fn(&T, &mut String) + 'd) -> Contender<'d> {
    let mut length = 0;
    contender(move || {
        let mut out = String::with_capacity(length);
        write(data, &mut out);
        length = out.len();
        Ok(out)
    })
}

fn escape(text: &str, out: &mut String) {
    let mut written = 0;
    for (place, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#x27;",
            _ => continue,
        };
        out.push_str(&text[written..place]);
        out.push_str(entity);
        written = place + 1;
    }
    out.push_str(&text[written..]);
}

fn integer(number: impl itoa::Integer, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(number));
}

fn day(date: Date, out: &mut String) {
    out.push_str(engine::month(date));
    out.push(' ');
    integer(date.day, out);
    out.push_str(", ");
    integer(date.year, out);
}

fn big(data: &Big, out: &mut String) {
    out.push_str("<table>\n");
    for row in &data.table {
        out.push_str("<tr>");
        for &cell in row {
            out.push_str("<td>");
            integer(cell, out);
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

fn teams(data: &Teams, out: &mut String) {
    out.push_str("<html>\n  <head>\n    <title>");
    integer(data.year, out);
    out.push_str("</title>\n  </head>\n  <body>\n    <h1>CSL ");
    integer(data.year, out);
    out.push_str("</h1>\n    <ul>");
    for (index, team) in data.teams.iter().enumerate() {
        out.push_str("\n      <li class=\"");
        if index == 0 {
            out.push_str("champion");
        }
        out.push_str("\">\n        <b>");
        escape(&team.name, out);
        out.push_str("</b>: ");
        integer(team.score, out);
        out.push_str("\n      </li>");
    }
    out.push_str("\n    </ul>\n  </body>\n</html>\n");
}

fn gsoc(data: &Gsoc, out: &mut String) {
    out.push_str("<ul>\n");
    for (index, element) in data.elements.iter().enumerate() {
        out.push_str("<li class=\"");
        out.push_str(if index % 2 == 1 { "even" } else { "odd" });
        out.push_str("\">");
        escape(element, out);
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}

fn links(links: &[Link<'_>], out: &mut String) {
    for link in links {
        out.push_str("<li>");
        anchor(link, out);
        out.push_str("</li>\n");
    }
}

fn anchor(link: &Link<'_>, out: &mut String) {
    out.push_str("<a href=\"");
    escape(link.url, out);
    out.push_str("\">");
    escape(link.label, out);
    out.push_str("</a>");
}

fn page(data: &Page<'_>, out: &mut String) {
    page_head(data, out);
    out.push_str("<main>\n<h1>");
    escape(&data.heading.to_uppercase(), out);
    out.push_str("</h1>\n<p class=\"summary\">");
    integer(data.total, out);
    out.push_str(" article");
    out.push_str(plural(data.total.into()));
    out.push_str(" in this section");
    if data.user.is_known {
        out.push_str(". Welcome back, ");
        escape(data.user.name, out);
        out.push_str(": ");
        integer(data.user.messages, out);
        out.push_str(" message");
        out.push_str(plural(data.user.messages));
        out.push_str(" for you");
    }
    out.push_str(".</p>\n<ol class=\"articles\">\n");
    for (index, article) in data.items.iter().enumerate() {
        item(index, article, out);
    }
    out.push_str("</ol>\n</main>\n<footer>\n<section>\n<h2>About ");
    escape(data.site.title, out);
    out.push_str(
        r#"</h2>
<p>Written in one kitchen and read in many. Recipes are tested three times, by three people, on three stoves, before they are printed here.</p>
</section>
<section>
<h2>Contact</h2>
<ul>
<li><a href="/letters/new/">Write to the editors</a></li>
<li><a href="/newsletter/">Take the newsletter, on Sundays</a></li>
<li><a href="/imprint/">Imprint and privacy</a></li>
</ul>
</section>
<p class="copyright">&copy; "#,
    );
    integer(data.site.year, out);
    out.push(' ');
    escape(data.site.title, out);
    out.push_str(". ");
    escape(data.site.tagline, out);
    out.push_str(
        r#".</p>
</footer>
<script src="/static/site.js" defer></script>
</body>
</html>
"#,
    );
}

fn page_head(data: &Page<'_>, out: &mut String) {
    out.push_str("<!DOCTYPE html>\n<html lang=\"");
    escape(data.site.language, out);
    out.push_str(
        r#"">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>"#,
    );
    escape(data.heading, out);
    out.push_str(" | ");
    escape(data.site.title, out);
    out.push_str("</title>\n<meta name=\"description\" content=\"");
    escape(data.site.tagline, out);
    out.push_str(
        r#"">
<link rel="stylesheet" href="/static/site.css">
<link rel="alternate" type="application/atom+xml" href="/feed.xml" title=""#,
    );
    escape(data.site.title, out);
    out.push_str("\">\n</head>\n<body class=\"");
    out.push_str(if data.user.is_known { "known" } else { "guest" });
    out.push_str("\">\n<header>\n<a class=\"logo\" href=\"/\">");
    escape(data.site.title, out);
    out.push_str("</a>\n<nav>\n<ul>\n");
    for link in &data.navigation {
        out.push_str("<li");
        if link.url == data.path {
            out.push_str(" class=\"active\"");
        }
        out.push('>');
        anchor(link, out);
        out.push_str("</li>\n");
    }
    out.push_str(
        r#"</ul>
</nav>
<form method="get" action="/search/"><label>Search <input type="search" name="q"></label> <button type="submit">Find</button></form>
</header>
"#,
    );
}

fn item(index: usize, item: &Item<'_>, out: &mut String) {
    out.push_str("<li class=\"article");
    if index == 0 {
        out.push_str(" first");
    }
    if item.is_featured {
        out.push_str(" featured");
    }
    out.push_str("\" id=\"article-");
    integer(item.id, out);
    out.push_str("\">\n<h2><span class=\"number\">");
    integer(index + 1, out);
    out.push_str(".</span> <a href=\"");
    escape(&item.url, out);
    out.push_str("\">");
    escape(item.title, out);
    out.push_str("</a></h2>\n<p class=\"meta\">by ");
    if let Some(author) = &item.author {
        out.push_str("<a rel=\"author\" href=\"/people/");
        escape(author.slug, out);
        out.push_str("/\">");
        escape(author.name, out);
        out.push_str("</a>");
    } else {
        out.push_str("<span class=\"anonymous\">the editors</span>");
    }
    out.push_str(" on <time>");
    day(item.published, out);
    out.push_str("</time> in <span class=\"kind\">");
    escape(&item.kind.to_uppercase(), out);
    out.push_str("</span></p>\n<p class=\"excerpt\">");
    escape(&item.excerpt, out);
    out.push_str("</p>\n<p class=\"note\">");
    escape(item.note.unwrap_or("No notes so far"), out);
    out.push_str("</p>\n<p class=\"figures\">");
    integer(item.views, out);
    out.push_str(" view");
    out.push_str(plural(item.views.into()));
    out.push_str(", <span class=\"stars stars-");
    integer(item.rating, out);
    out.push_str("\">");
    integer(item.rating, out);
    out.push_str(" of 5</span> ");
    out.push_str(match item.rating {
        4.. => "<em class=\"good\">Readers like it</em>",
        2.. => "<em class=\"fair\">Readers are divided</em>",
        _ => "<em class=\"new\">Hardly rated yet</em>",
    });
    out.push_str("</p>\n");
    if !item.tags.is_empty() {
        out.push_str("<ul class=\"tags\">\n");
        for tag in &item.tags {
            out.push_str("<li><a href=\"/tags/");
            escape(tag, out);
            out.push_str("/\">");
            escape(tag, out);
            out.push_str("</a></li>\n");
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</li>\n");
}

fn inherit(data: &Inherit<'_>, out: &mut String) {
    inherit_head(data, out);
    for (index, link) in data.breadcrumbs.iter().enumerate() {
        if index != 0 {
            out.push_str(" / ");
        }
        anchor(link, out);
    }
    out.push_str("</nav>\n<h1>");
    escape(data.heading, out);
    out.push_str("</h1>\n<p class=\"lead\">");
    escape(&data.section.description, out);
    out.push_str("</p>\n<ul class=\"cards\">\n");
    for offer in &data.cards {
        card(offer, out);
    }
    out.push_str("</ul>\n</main>\n<aside>\n<h2>Popular</h2>\n<ul>\n");
    links(&data.popular, out);
    out.push_str("</ul>\n</aside>\n<footer><p>&copy; ");
    integer(data.site.year, out);
    out.push(' ');
    escape(data.site.title, out);
    out.push_str("</p></footer>\n</body>\n</html>\n");
}

fn inherit_head(data: &Inherit<'_>, out: &mut String) {
    out.push_str("<!DOCTYPE html>\n<html lang=\"");
    escape(data.site.language, out);
    out.push_str("\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    escape(data.heading, out);
    out.push_str(" | ");
    escape(data.section.title, out);
    out.push_str(" | ");
    escape(data.site.title, out);
    out.push_str("</title>\n<meta name=\"description\" content=\"");
    escape(data.heading, out);
    out.push_str(": ");
    escape(&data.section.description, out);
    out.push_str(
        r#"">
<link rel="stylesheet" href="/static/base.css">
<link rel="stylesheet" href="/static/section.css">
</head>
<body class="section">
<header><a class="logo" href="/">"#,
    );
    escape(data.site.title, out);
    out.push_str("</a> <span>");
    escape(data.site.tagline, out);
    out.push_str("</span></header>\n<main>\n<nav class=\"breadcrumbs\">");
}

fn card(card: &Card<'_>, out: &mut String) {
    out.push_str("<li class=\"card\">\n<h3><a href=\"");
    escape(&card.url, out);
    out.push_str("\">");
    escape(card.title, out);
    out.push_str("</a>");
    badge(&card.badge, out);
    out.push_str("</h3>\n<p>");
    escape(&card.summary, out);
    out.push_str("</p>\n<p class=\"price\">");
    integer(card.price, out);
    out.push_str(" cents</p>\n</li>\n");
}

fn badge(badge: &Badge<'_>, out: &mut String) {
    if !badge.label.is_empty() {
        out.push_str(" <span class=\"badge badge-");
        escape(badge.kind, out);
        out.push_str("\">");
        escape(badge.label, out);
        out.push_str("</span>");
    }
    if badge.is_new {
        out.push_str(" <strong>new</strong>");
    }
}
