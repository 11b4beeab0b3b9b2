//! The contexts of the render benchmark: plain structs, and the same data on every run.

mod data;

pub use data::{big, gsoc, inherit, list, mixed, page, teams};

use hotplate_plugin_api::value::Date;
use hotplate_plugin_api::{Context, Template};

/// A table of integers.
#[derive(Debug, Clone, Template)]
#[template(path = "big.html")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Big {
    /// Its rows, of cells.
    pub table: Vec<Vec<i64>>,
}

/// The teams of a league.
#[derive(Debug, Clone, Template)]
#[template(path = "teams.html")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Teams {
    /// The season.
    pub year: u16,
    /// The best first.
    pub teams: Vec<Team>,
}

/// One of [`Teams`].
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Team {
    /// What it is called.
    pub name: String,
    /// How often it won.
    pub score: u8,
}

/// A list of texts.
#[derive(Debug, Clone, Template)]
#[template(path = "gsoc.html")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Gsoc {
    /// The texts; one in four has to be escaped.
    pub elements: Vec<String>,
}

/// A page of a magazine.
#[derive(Debug, Clone, Template)]
#[template(path = "page.html")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Page<'a> {
    /// What all pages share.
    pub site: Site<'a>,
    /// The path of this page.
    pub path: &'a str,
    /// The headline.
    pub heading: &'a str,
    /// The links at the top; one of them leads to this page.
    pub navigation: Vec<Link<'a>>,
    /// Who reads.
    pub user: User<'a>,
    /// How many articles there are in all.
    pub total: u32,
    /// The articles.
    pub items: Vec<Item<'a>>,
}

/// What all pages share.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Site<'a> {
    /// Its name.
    pub title: &'a str,
    /// What it is about.
    pub tagline: &'a str,
    /// The code of its language.
    pub language: &'a str,
    /// The year of the copyright notice.
    pub year: u16,
}

/// A link.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Link<'a> {
    /// Where it leads.
    pub url: &'a str,
    /// What it says.
    pub label: &'a str,
}

/// Who reads a page.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct User<'a> {
    /// What to call them.
    pub name: &'a str,
    /// Whether they are signed in.
    pub is_known: bool,
    /// How many messages wait for them.
    pub messages: i64,
}

/// An article in a list.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Item<'a> {
    /// Its number.
    pub id: u32,
    /// Where it is.
    pub url: String,
    /// The title; some have to be escaped.
    pub title: &'a str,
    /// Who wrote it, if that is known.
    pub author: Option<Author<'a>>,
    /// The beginning of the text; some have to be escaped.
    pub excerpt: String,
    /// What the editors remark, if anything.
    pub note: Option<&'a str>,
    /// The kind of article, in small letters.
    pub kind: &'a str,
    /// None to four.
    pub tags: Vec<&'a str>,
    /// How often it was read.
    pub views: u32,
    /// 0 to 5 stars.
    pub rating: u8,
    /// Whether it is shown larger.
    pub is_featured: bool,
    /// The day of publication.
    #[cfg_attr(feature = "serde", serde(serialize_with = "iso_date"))]
    pub published: Date,
}

/// Who wrote an article.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Author<'a> {
    /// The name.
    pub name: &'a str,
    /// The name in addresses.
    pub slug: &'a str,
}

/// A page that extends a section's, which extends the base of all pages.
#[derive(Debug, Clone, Template)]
#[template(path = "inherit.html")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Inherit<'a> {
    /// What all pages share.
    pub site: Site<'a>,
    /// The section that the page is in.
    pub section: Section<'a>,
    /// The headline.
    pub heading: &'a str,
    /// The way from the home page to here.
    pub breadcrumbs: Vec<Link<'a>>,
    /// What else is read.
    pub popular: Vec<Link<'a>>,
    /// What the page offers.
    pub cards: Vec<Card<'a>>,
}

/// A part of a site.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Section<'a> {
    /// Its name.
    pub title: &'a str,
    /// What it is about.
    pub description: String,
}

/// An offer, shown by a partial.
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Card<'a> {
    /// Where it is.
    pub url: String,
    /// The title; some have to be escaped.
    pub title: &'a str,
    /// What it is.
    pub summary: String,
    /// The price, in cents.
    pub price: i64,
    /// What it is marked with, shown by a partial of its own.
    pub badge: Badge<'a>,
}

/// A mark on a [`Card`].
#[derive(Debug, Clone, Context)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Badge<'a> {
    /// The class in the style sheet.
    pub kind: &'a str,
    /// What it says.
    pub label: &'a str,
    /// Whether it is new.
    pub is_new: bool,
}

#[cfg(feature = "serde")]
fn iso_date<S: serde::Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    let Date { year, month, day } = date;
    serializer.collect_str(&format_args!("{year:04}-{month:02}-{day:02}"))
}
