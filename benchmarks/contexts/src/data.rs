//! The data: made by rule, so that it is the same on every run.

use hotplate_plugin_api::value::Date;

use crate::{
    Author, Badge, Big, Card, Gsoc, Inherit, Item, Link, Page, Section, Site, Team, Teams, User,
};

const SITE: Site<'static> = Site {
    title: "Plates & Pans",
    tagline: "What to cook, and what to cook it in",
    language: "en",
    year: 2026,
};

const TITLES: [&str; 8] = [
    "A plain loaf for every day",
    "Butter < oil? What the tests say",
    "Seven soups that wait for you",
    "Knives & whetstones, explained",
    "Why dough rests overnight",
    "The \"perfect\" egg, timed",
    "Cast iron that lasts a lifetime",
    "Grandmother's plum cake",
];

const SENTENCES: [&str; 8] = [
    "Start with what is in the house and leave the rest for another day.",
    "Heat the pan slowly, then let it stand for a minute before anything goes in.",
    "Salt & pepper are a matter of taste, acid is not.",
    "If the dough sticks (> 70 % water) wet your hands and go on.",
    "None of this needs a machine, and none of it takes more than an hour.",
    "Our readers call it \"the one that never fails\", and they are right.",
    "Keep the lid on while it simmers and don't stir more than twice.",
    "What is left over tastes better on the second day.",
];

const TAGS: [&str; 6] = ["bread", "soup", "tools", "sweet", "basics", "r&d"];

const KINDS: [&str; 3] = ["recipe", "report", "interview"];

const AUTHORS: [Author<'static>; 4] = [
    Author {
        name: "Ada Okafor",
        slug: "ada-okafor",
    },
    Author {
        name: "Liam O'Hara",
        slug: "liam-o-hara",
    },
    Author {
        name: "Mei Lin",
        slug: "mei-lin",
    },
    Author {
        name: "Smith & Sons",
        slug: "smith-and-sons",
    },
];

/// A square table whose cells are the numbers of their columns.
pub fn big(size: usize) -> Big {
    let row: Vec<i64> = (0..).take(size).collect();
    Big {
        table: vec![row; size],
    }
}

/// A square table of numbers with one to nineteen digits, a third of them negative.
pub fn mixed(size: usize) -> Big {
    // An xorshift generator: any spread of numbers will do.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut cell = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let digits = u32::try_from(state % 19).unwrap_or_default() + 1;
        let limit = 10_u64.pow(digits).min(i64::MAX.unsigned_abs());
        let number = i64::try_from((state >> 1) % limit).unwrap_or_default();
        if state.is_multiple_of(3) {
            -number
        } else {
            number
        }
    };
    let rows = (0..size).map(|_| (0..size).map(|_| cell()).collect());
    Big {
        table: rows.collect(),
    }
}

/// Four teams.
pub fn teams() -> Teams {
    let teams = [
        ("Jiangsu", 43),
        ("Beijing", 27),
        ("Guangzhou", 22),
        ("Shandong", 12),
    ];
    let teams = teams.map(|(name, score)| Team {
        name: name.to_owned(),
        score,
    });
    Teams {
        year: 2015,
        teams: teams.into(),
    }
}

/// A thousand texts.
pub fn gsoc() -> Gsoc {
    list(1000)
}

/// So many texts, as those of [`gsoc`].
pub fn list(count: usize) -> Gsoc {
    let element = |number: usize| match number % 4 {
        0 => format!("item <{number}> & more"),
        _ => format!("item number {number}"),
    };
    Gsoc {
        elements: (0..count).map(element).collect(),
    }
}

/// A page with fifty articles.
pub fn page() -> Page<'static> {
    Page {
        site: SITE,
        path: "/kitchen/",
        heading: "From the kitchen",
        navigation: links(&[
            ("/", "Home"),
            ("/kitchen/", "Kitchen"),
            ("/garden/", "Garden"),
            ("/tools/", "Pots & pans"),
            ("/people/", "People"),
            ("/letters/", "Letters"),
            ("/archive/", "Archive"),
            ("/about/", "About us"),
        ]),
        user: User {
            name: "Zoë",
            is_known: true,
            messages: 3,
        },
        total: 1234,
        items: (1..=50).map(item).collect(),
    }
}

fn item(id: u32) -> Item<'static> {
    let number = id as usize;
    let tags = (0..number * 3 % 5).map(|tag| cycled(&TAGS, number + tag));
    Item {
        id,
        url: format!("/kitchen/2026/{id}/?from=list&page=1"),
        title: cycled(&TITLES, number),
        author: (!number.is_multiple_of(5)).then(|| cycled(&AUTHORS, number)),
        excerpt: sentences(number, 3 + number % 3),
        note: number
            .is_multiple_of(3)
            .then_some("Photographs by the author"),
        kind: cycled(&KINDS, number),
        tags: tags.collect(),
        views: if number.is_multiple_of(7) {
            1
        } else {
            id * id * 37
        },
        rating: u8::try_from(number * 7 % 6).unwrap_or_default(),
        is_featured: number.is_multiple_of(8),
        published: Date {
            year: 2026 - i32::from(number.is_multiple_of(2)),
            month: u8::try_from(number % 12 + 1).unwrap_or(1),
            day: u8::try_from(number * 5 % 28 + 1).unwrap_or(1),
        },
    }
}

/// A page of twenty cards.
pub fn inherit() -> Inherit<'static> {
    Inherit {
        site: SITE,
        section: Section {
            title: "Tools & tins",
            description: sentences(2, 2),
        },
        heading: "What to buy first",
        breadcrumbs: links(&[
            ("/", "Home"),
            ("/shop/", "Shop"),
            ("/shop/tools/", "Tools & tins"),
        ]),
        popular: links(&[
            ("/kitchen/2026/7/", "Cast iron that lasts"),
            ("/kitchen/2026/12/", "Knives & whetstones"),
            ("/kitchen/2026/31/", "A plain loaf"),
            ("/kitchen/2026/40/", "Plum cake"),
        ]),
        cards: (1..=20).map(card).collect(),
    }
}

fn card(number: usize) -> Card<'static> {
    let badges = [("sale", "Sale"), ("gift", "Makes a gift"), ("none", "")];
    let (kind, label) = cycled(&badges, number);
    Card {
        url: format!("/shop/tools/{number}/"),
        title: cycled(&TITLES, number + 3),
        summary: sentences(number + 1, 1),
        price: i64::try_from(number * 1795 % 9973).unwrap_or_default(),
        badge: Badge {
            kind,
            label,
            is_new: number.is_multiple_of(4),
        },
    }
}

fn links(links: &[(&'static str, &'static str)]) -> Vec<Link<'static>> {
    let link = |&(url, label)| Link { url, label };
    links.iter().map(link).collect()
}

fn sentences(first: usize, count: usize) -> String {
    let sentences = (first..first + count).map(|number| cycled(&SENTENCES, number));
    sentences.collect::<Vec<_>>().join(" ")
}

/// The element of a list that starts anew at its end.
fn cycled<T: Clone>(list: &[T], number: usize) -> T {
    list[number % list.len()].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_hold_what_they_promise() {
        assert_eq!(big(3).table, [[0, 1, 2], [0, 1, 2], [0, 1, 2]]);
        let mixed = mixed(100).table;
        assert_eq!(mixed, super::mixed(100).table);
        let cells: Vec<i64> = mixed.into_iter().flatten().collect();
        assert_eq!(cells.len(), 10_000);
        let digits = |cell: &i64| cell.unsigned_abs().checked_ilog10().unwrap_or_default() + 1;
        for count in 1..=19 {
            assert!(cells.iter().any(|cell| digits(cell) == count), "{count}");
        }
        let negative = cells.iter().filter(|cell| **cell < 0).count();
        assert!((3000..3700).contains(&negative), "{negative}");
    }

    #[test]
    fn a_page_has_every_case() {
        let page = page();
        let items = &page.items;
        assert_eq!((items.len(), page.navigation.len()), (50, 8));
        let active = page.navigation.iter().filter(|link| link.url == page.path);
        assert_eq!(active.count(), 1);
        for count in 0..=4 {
            assert!(items.iter().any(|item| item.tags.len() == count), "{count}");
        }
        for rating in 0..=5 {
            assert!(items.iter().any(|item| item.rating == rating), "{rating}");
        }
        let some = |holds: fn(&Item<'_>) -> bool| {
            let count = items.iter().filter(|item| holds(item)).count();
            (1..items.len()).contains(&count)
        };
        assert!(some(|item| item.author.is_some()));
        assert!(some(|item| item.note.is_some()));
        assert!(some(|item| item.is_featured));
        assert!(some(|item| item.views == 1));
        assert!(some(|item| item.title.contains(['<', '&', '"', '\''])));
        assert_eq!(inherit().cards.len(), 20);
    }
}
