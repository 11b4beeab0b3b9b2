//! The contexts as values, for rendering without knowing the structs.

use hotplate_plugin_api::{Value, context};

use crate::{
    Author, Badge, Big, Card, Gsoc, Inherit, Item, Link, Page, Section, Site, Team, Teams, User,
};

fn list<'i, T: 'i>(items: &'i [T]) -> Value
where
    Value: From<&'i T>,
{
    Value::list(items.iter().map(Value::from))
}

fn texts<T: AsRef<str>>(texts: &[T]) -> Value {
    Value::list(texts.iter().map(|text| Value::from(text.as_ref())))
}

impl From<&Big> for Value {
    fn from(big: &Big) -> Self {
        let row = |row: &Vec<i64>| Self::list(row.iter().map(|&cell| Self::from(cell)));
        context! { table: Self::list(big.table.iter().map(row)) }
    }
}

impl From<&Teams> for Value {
    fn from(teams: &Teams) -> Self {
        context! { year: teams.year, teams: list(&teams.teams) }
    }
}

impl From<&Team> for Value {
    fn from(team: &Team) -> Self {
        context! { name: &*team.name, score: team.score }
    }
}

impl From<&Gsoc> for Value {
    fn from(gsoc: &Gsoc) -> Self {
        context! { elements: texts(&gsoc.elements) }
    }
}

impl From<&Page<'_>> for Value {
    fn from(page: &Page<'_>) -> Self {
        context! {
            site: &page.site,
            path: page.path,
            heading: page.heading,
            navigation: list(&page.navigation),
            user: &page.user,
            total: page.total,
            items: list(&page.items),
        }
    }
}

impl From<&Site<'_>> for Value {
    fn from(site: &Site<'_>) -> Self {
        context! {
            title: site.title,
            tagline: site.tagline,
            language: site.language,
            year: site.year,
        }
    }
}

impl From<&Link<'_>> for Value {
    fn from(link: &Link<'_>) -> Self {
        context! { url: link.url, label: link.label }
    }
}

impl From<&User<'_>> for Value {
    fn from(user: &User<'_>) -> Self {
        context! { name: user.name, is_known: user.is_known, messages: user.messages }
    }
}

impl From<&Item<'_>> for Value {
    fn from(item: &Item<'_>) -> Self {
        context! {
            id: item.id,
            url: &*item.url,
            title: item.title,
            author: item.author.as_ref(),
            excerpt: &*item.excerpt,
            note: item.note,
            kind: item.kind,
            tags: texts(&item.tags),
            views: item.views,
            rating: item.rating,
            is_featured: item.is_featured,
            published: item.published,
        }
    }
}

impl From<&Author<'_>> for Value {
    fn from(author: &Author<'_>) -> Self {
        context! { name: author.name, slug: author.slug }
    }
}

impl From<&Inherit<'_>> for Value {
    fn from(page: &Inherit<'_>) -> Self {
        context! {
            site: &page.site,
            section: &page.section,
            heading: page.heading,
            breadcrumbs: list(&page.breadcrumbs),
            popular: list(&page.popular),
            cards: list(&page.cards),
        }
    }
}

impl From<&Section<'_>> for Value {
    fn from(section: &Section<'_>) -> Self {
        context! { title: section.title, description: &*section.description }
    }
}

impl From<&Card<'_>> for Value {
    fn from(card: &Card<'_>) -> Self {
        context! {
            url: &*card.url,
            title: card.title,
            summary: &*card.summary,
            price: card.price,
            badge: &card.badge,
        }
    }
}

impl From<&Badge<'_>> for Value {
    fn from(badge: &Badge<'_>) -> Self {
        context! { kind: badge.kind, label: badge.label, is_new: badge.is_new }
    }
}
