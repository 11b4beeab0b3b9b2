//! Fields as places in Rust.

use super::Typed;
use crate::ir::{Path, Start, Step};

/// Words that name fields only with `r#` before them.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// A name as Rust text.
pub(super) fn identifier(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

impl Typed<'_, '_> {
    /// The place of a path that cannot fail.
    pub(super) fn place(&self, path: &Path) -> String {
        let place = start(path.start);
        path.steps
            .iter()
            .fold(place, |place, next| step(&place, next))
    }

    /// A reference to the place of a path, as text of type `Option`; that of what it holds
    /// if the path leads to an option and `is_flat`.
    pub(super) fn reference(&mut self, path: &Path, is_flat: bool) -> String {
        let place = start(path.start);
        let is_option = matches!(path.ty, crate::contexts::Type::Option(_));
        let mut steps = path.steps.clone();
        if is_flat && is_option {
            steps.push(Step::Some);
        }
        self.reference_from(place, &steps)
    }

    fn reference_from(&mut self, mut place: String, steps: &[Step]) -> String {
        for (number, next) in steps.iter().enumerate() {
            let option = match next {
                Step::Some => format!("&{place}"),
                Step::Item(index) => format!("{place}.get({index})"),
                next => {
                    place = step(&place, next);
                    continue;
                }
            };
            let name = self.option();
            let rest = self.reference_from(format!("(*{name})"), &steps[number + 1..]);
            return format!("(match {option} {{ Some({name}) => {rest}, None => None }})");
        }
        format!("Some(&{place})")
    }
}

fn start(start: Start) -> String {
    match start {
        Start::Context => "c".to_owned(),
        Start::Local(id) => format!("(*item{})", id.0),
    }
}

fn step(place: &str, step: &Step) -> String {
    match step {
        Step::Field(name) => format!("{place}.{}", identifier(name)),
        Step::Part(index) => format!("{place}.{index}"),
        Step::Pointer => format!("(*{place})"),
        // Those that can fail are taken apart before.
        Step::Some | Step::Item(_) => place.to_owned(),
    }
}
