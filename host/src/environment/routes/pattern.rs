//! Routes as text with parameters: reading them, matching them, showing them.

#[derive(Debug, Clone)]
pub(super) enum Part {
    Text(String),
    Parameter { name: String, kind: Kind },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Slug,
    Str,
    Path,
    Uuid,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "int" => Self::Int,
            "slug" => Self::Slug,
            "str" => Self::Str,
            "path" => Self::Path,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    /// The regular expression that Django shows for it.
    fn expression(self) -> &'static str {
        match self {
            Self::Int => "[0-9]+",
            Self::Slug => "[-a-zA-Z0-9_]+",
            Self::Str => "[^/]+",
            Self::Path => ".+",
            Self::Uuid => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        }
    }

    /// Whether a character may stand at a place of a value.
    fn takes(self, character: char, place: usize) -> bool {
        match self {
            Self::Int => character.is_ascii_digit(),
            Self::Slug => character.is_ascii_alphanumeric() || matches!(character, '-' | '_'),
            Self::Str => character != '/',
            Self::Path => character != '\n',
            Self::Uuid if UUID_DASHES.contains(&place) => character == '-',
            Self::Uuid => matches!(character, '0'..='9' | 'a'..='f'),
        }
    }
}

const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];
const UUID_LENGTH: usize = 36;

/// Reads a route such as `articles/<int:year>/`.
pub(super) fn parts(route: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = route;
    while let Some((text, parameter, after)) = next_parameter(rest) {
        if parameter.contains(char::is_whitespace) {
            return Err(format!(
                "URL route '{route}' cannot contain whitespace in angle brackets <…>."
            ));
        }
        let (kind, name) = parameter.split_once(':').unwrap_or(("str", parameter));
        if !is_identifier(name) {
            return Err(format!(
                "URL route '{route}' uses parameter name '{name}' which isn't a valid Python \
                 identifier."
            ));
        }
        let Some(kind) = Kind::named(kind) else {
            return Err(format!(
                "URL route '{route}' uses invalid converter '{kind}'."
            ));
        };
        let repeated = parts
            .iter()
            .any(|part| matches!(part, Part::Parameter { name: other, .. } if other == name));
        if repeated {
            return Err(format!(
                "URL route '{route}' uses parameter name '{name}' more than once."
            ));
        }
        parts.push(Part::Text(text.to_owned()));
        let name = name.to_owned();
        parts.push(Part::Parameter { name, kind });
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

/// The text before the next parameter, the parameter, and the text after it.
fn next_parameter(route: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + route[from..].find('<')?;
        let length = route[open + 1..].find(['<', '>'])?;
        let close = open + 1 + length;
        if route[close..].starts_with('>') && length > 0 {
            return Some((&route[..open], &route[open + 1..close], &route[close + 1..]));
        }
        from = close;
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    characters.next().is_some_and(is_start) && characters.all(|c| is_start(c) || c.is_numeric())
}

/// Whether a route matches a path, by following all of its ways through the path at once.
pub(super) fn matches(route: &[&Part], path: &str) -> bool {
    let characters: Vec<char> = path.chars().collect();
    let mut reached = vec![false; characters.len() + 1];
    reached[0] = true;
    for part in route {
        let mut next = vec![false; characters.len() + 1];
        match part {
            Part::Text(text) => {
                let text: Vec<char> = text.chars().collect();
                for start in (0..reached.len()).filter(|start| reached[*start]) {
                    if characters[start..].starts_with(&text) {
                        next[start + text.len()] = true;
                    }
                }
            }
            Part::Parameter {
                kind: Kind::Uuid, ..
            } => {
                for start in (0..reached.len()).filter(|start| reached[*start]) {
                    let value = characters
                        .get(start..start + UUID_LENGTH)
                        .unwrap_or_default();
                    let mut places = value.iter().enumerate();
                    if !value.is_empty() && places.all(|(place, c)| Kind::Uuid.takes(*c, place)) {
                        next[start + UUID_LENGTH] = true;
                    }
                }
            }
            Part::Parameter { kind, .. } => {
                let mut inside = false;
                for (place, character) in characters.iter().enumerate() {
                    inside = (inside || reached[place]) && kind.takes(*character, place);
                    next[place + 1] = inside;
                }
            }
        }
        reached = next;
    }
    reached[characters.len()]
}

/// The regular expression that Django makes of a route.
pub(super) fn expression(route: &[&Part]) -> String {
    let mut expression = String::new();
    for part in route {
        match part {
            Part::Text(text) => {
                for character in text.chars() {
                    if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(character) {
                        expression.push('\\');
                    }
                    expression.push(character);
                }
            }
            Part::Parameter { name, kind } => {
                let kind = kind.expression();
                expression.push_str(&format!("(?P<{name}>{kind})"));
            }
        }
    }
    expression.push_str("\\Z");
    expression
}
