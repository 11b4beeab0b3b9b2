//! maud: markup as a macro of this program, over borrowed data.

use bench_contexts::{Badge, Big, Card, Gsoc, Inherit, Page, Site, Teams};
use hotplate_plugin_api::value::Date;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};

use super::engine::{self, Contender, Engine, contender, plural};
use super::workload::Data;
use crate::Fault;

/// The engine.
pub(super) struct Maud;

impl Engine for Maud {
    fn name(&self) -> &'static str {
        "maud"
    }

    fn contender<'d>(&'d self, data: &'d Data) -> Result<Contender<'d>, Fault> {
        Ok(match data {
            Data::Big(data) => contender(|| Ok(big(data).into_string())),
            Data::Teams(data) => contender(|| Ok(teams(data).into_string())),
            Data::Page(data) => contender(|| Ok(page(data).into_string())),
            Data::Inherit(data) => contender(|| Ok(inherit(data).into_string())),
            Data::Gsoc(data) => contender(|| Ok(gsoc(data).into_string())),
        })
    }
}

/// The end of a line, which maud writes only where it is asked for.
const LINE: PreEscaped<&str> = PreEscaped("\n");

/// A date as the page shows it.
struct Day(Date);

impl Render for Day {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(engine::month(self.0));
        buffer.push(' ');
        self.0.day.render_to(buffer);
        buffer.push_str(", ");
        self.0.year.render_to(buffer);
    }
}

fn big(data: &Big) -> Markup {
    html! {
        table { (LINE)
            @for row in &data.table {
                tr { @for cell in row { td { (cell) } } } (LINE)
            }
        } (LINE)
    }
}

fn gsoc(data: &Gsoc) -> Markup {
    html! {
        ul { (LINE)
            @for (index, element) in data.elements.iter().enumerate() {
                li class=(if index % 2 == 1 { "even" } else { "odd" }) { (element) } (LINE)
            }
        } (LINE)
    }
}

fn teams(data: &Teams) -> Markup {
    html! {
        html {
            (PreEscaped("\n  ")) head {
                (PreEscaped("\n    ")) title { (data.year) }
                (PreEscaped("\n  "))
            }
            (PreEscaped("\n  ")) body {
                (PreEscaped("\n    ")) h1 { "CSL " (data.year) }
                (PreEscaped("\n    ")) ul {
                    @for (index, team) in data.teams.iter().enumerate() {
                        (PreEscaped("\n      "))
                        li class=(if index == 0 { "champion" } else { "" }) {
                            (PreEscaped("\n        ")) b { (team.name) } ": " (team.score)
                            (PreEscaped("\n      "))
                        }
                    }
                    (PreEscaped("\n    "))
                }
                (PreEscaped("\n  "))
            } (LINE)
        } (LINE)
    }
}

fn page(data: &Page<'_>) -> Markup {
    html! {
        (DOCTYPE) (LINE)
        html lang=(data.site.language) { (LINE)
            head { (LINE)
                meta charset="utf-8"; (LINE)
                meta name="viewport" content="width=device-width, initial-scale=1"; (LINE)
                title { (data.heading) " | " (data.site.title) } (LINE)
                meta name="description" content=(data.site.tagline); (LINE)
                link rel="stylesheet" href="/static/site.css"; (LINE)
                link rel="alternate" type="application/atom+xml" href="/feed.xml" title=(data.site.title); (LINE)
            } (LINE)
            body class=(if data.user.is_known { "known" } else { "guest" }) { (LINE)
                header { (LINE)
                    a class="logo" href="/" { (data.site.title) } (LINE)
                    nav { (LINE)
                        ul { (LINE)
                            @for link in &data.navigation {
                                li class=[(link.url == data.path).then_some("active")] { a href=(link.url) { (link.label) } } (LINE)
                            }
                        } (LINE)
                    } (LINE)
                    form method="get" action="/search/" {
                        label { "Search " input type="search" name="q"; } " "
                        button type="submit" { "Find" }
                    } (LINE)
                } (LINE)
                main { (LINE)
                    h1 { (data.heading.to_uppercase()) } (LINE)
                    p class="summary" {
                        (data.total) " article" (plural(data.total.into())) " in this section"
                        @if data.user.is_known {
                            ". Welcome back, " (data.user.name) ": " (data.user.messages)
                            " message" (plural(data.user.messages)) " for you"
                        }
                        "."
                    } (LINE)
                    ol class="articles" { (LINE)
                        @for (index, item) in data.items.iter().enumerate() {
                            li class={
                                "article"
                                @if index == 0 { " first" }
                                @if item.is_featured { " featured" }
                            } id={ "article-" (item.id) } { (LINE)
                                h2 {
                                    span class="number" { (index + 1) "." } " "
                                    a href=(item.url) { (item.title) }
                                } (LINE)
                                p class="meta" {
                                    "by "
                                    @if let Some(author) = &item.author {
                                        a rel="author" href={ "/people/" (author.slug) "/" } { (author.name) }
                                    } @else {
                                        span class="anonymous" { "the editors" }
                                    }
                                    " on " time { (Day(item.published)) }
                                    " in " span class="kind" { (item.kind.to_uppercase()) }
                                } (LINE)
                                p class="excerpt" { (item.excerpt) } (LINE)
                                p class="note" { (item.note.unwrap_or("No notes so far")) } (LINE)
                                p class="figures" {
                                    (item.views) " view" (plural(item.views.into())) ", "
                                    span class={ "stars stars-" (item.rating) } { (item.rating) " of 5" } " "
                                    @if item.rating >= 4 {
                                        em class="good" { "Readers like it" }
                                    } @else if item.rating >= 2 {
                                        em class="fair" { "Readers are divided" }
                                    } @else {
                                        em class="new" { "Hardly rated yet" }
                                    }
                                } (LINE)
                                @if !item.tags.is_empty() {
                                    ul class="tags" { (LINE)
                                        @for tag in &item.tags {
                                            li { a href={ "/tags/" (tag) "/" } { (tag) } } (LINE)
                                        }
                                    } (LINE)
                                }
                            } (LINE)
                        }
                    } (LINE)
                } (LINE)
                footer { (LINE)
                    section { (LINE)
                        h2 { "About " (data.site.title) } (LINE)
                        p { "Written in one kitchen and read in many. Recipes are tested three times, by three people, on three stoves, before they are printed here." } (LINE)
                    } (LINE)
                    section { (LINE)
                        h2 { "Contact" } (LINE)
                        ul { (LINE)
                            li { a href="/letters/new/" { "Write to the editors" } } (LINE)
                            li { a href="/newsletter/" { "Take the newsletter, on Sundays" } } (LINE)
                            li { a href="/imprint/" { "Imprint and privacy" } } (LINE)
                        } (LINE)
                    } (LINE)
                    p class="copyright" {
                        (PreEscaped("&copy; ")) (data.site.year) " " (data.site.title) ". "
                        (data.site.tagline) "."
                    } (LINE)
                } (LINE)
                script src="/static/site.js" defer {} (LINE)
            } (LINE)
        } (LINE)
    }
}

/// What all pages have around their content.
fn base(
    site: &Site<'_>,
    title: &Markup,
    description: &Markup,
    main: &Markup,
    aside: &Markup,
) -> Markup {
    html! {
        (DOCTYPE) (LINE)
        html lang=(site.language) { (LINE)
            head { (LINE)
                meta charset="utf-8"; (LINE)
                title { (title) " | " (site.title) } (LINE)
                meta name="description" content=(description); (LINE)
                link rel="stylesheet" href="/static/base.css"; (LINE)
                link rel="stylesheet" href="/static/section.css"; (LINE)
            } (LINE)
            body class="section" { (LINE)
                header { a class="logo" href="/" { (site.title) } " " span { (site.tagline) } } (LINE)
                main { (LINE) (main) (LINE) } (LINE)
                aside { (aside) } (LINE)
                footer { p { (PreEscaped("&copy; ")) (site.year) " " (site.title) } } (LINE)
            } (LINE)
        } (LINE)
    }
}

fn inherit(data: &Inherit<'_>) -> Markup {
    let title = html! { (data.heading) " | " (data.section.title) };
    let description = html! { (data.heading) ": " (data.section.description) };
    let main = html! {
        nav class="breadcrumbs" {
            @for (index, link) in data.breadcrumbs.iter().enumerate() {
                @if index != 0 { " / " }
                a href=(link.url) { (link.label) }
            }
        } (LINE)
        h1 { (data.heading) } (LINE)
        p class="lead" { (data.section.description) } (LINE)
        ul class="cards" { (LINE)
            @for offer in &data.cards { (card(offer)) }
        }
    };
    let aside = html! {
        (LINE) h2 { "Popular" } (LINE)
        ul { (LINE)
            @for link in &data.popular { li { a href=(link.url) { (link.label) } } (LINE) }
        } (LINE)
    };
    base(&data.site, &title, &description, &main, &aside)
}

fn card(card: &Card<'_>) -> Markup {
    html! {
        li class="card" { (LINE)
            h3 { a href=(card.url) { (card.title) } (badge(&card.badge)) } (LINE)
            p { (card.summary) } (LINE)
            p class="price" { (card.price) " cents" } (LINE)
        } (LINE)
    }
}

fn badge(badge: &Badge<'_>) -> Markup {
    html! {
        @if !badge.label.is_empty() {
            " " span class={ "badge badge-" (badge.kind) } { (badge.label) }
        }
        @if badge.is_new { " " strong { "new" } }
    }
}
