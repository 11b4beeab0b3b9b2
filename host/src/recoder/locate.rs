//! Finding a piece of source in a file's text, by name.

use std::ops::Range;

use hotplate_template_compiler as compiler;
use syn::spanned::Spanned;

/// What a recoder stands for in its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// All of it.
    Whole,
    /// A block (`/content`) or partial (`#row`) of a template.
    Part(String),
    /// A Rust function.
    Function(FunctionPath),
}

/// The name of a function in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FunctionPath {
    /// The modules that it stands in, within the file.
    pub(crate) modules: Vec<String>,
    pub(crate) name: String,
    /// Its place among functions of this name, of which all but one are configured away.
    pub(crate) place: usize,
}

/// Why a Rust text was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    /// From one.
    pub(crate) line: usize,
    /// From one, in characters.
    pub(crate) column: usize,
}

/// Why a piece was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LocateError {
    /// There is none of this name.
    Missing,
    /// There is more than one.
    Ambiguous,
    /// The text is no Rust.
    Syntax(SyntaxError),
}

impl Piece {
    /// The bytes of the piece in its file's text.
    pub(crate) fn locate(&self, text: &str) -> Result<Range<usize>, LocateError> {
        match self {
            Self::Whole => Ok(0..text.len()),
            Self::Part(suffix) => {
                let parts = compiler::parts(text);
                let mut named = parts.iter().filter(|part| part.suffix == *suffix);
                match (named.next(), named.next()) {
                    (Some(part), None) => Ok(part.span.range()),
                    (None, _) => Err(LocateError::Missing),
                    _ => Err(LocateError::Ambiguous),
                }
            }
            Self::Function(path) => {
                let functions = functions(text)?;
                let found = functions.into_iter().find(|found| found.path == *path);
                found.map(|found| found.bytes).ok_or(LocateError::Missing)
            }
        }
    }

    /// What it is called in messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Whole => "the file".to_owned(),
            Self::Part(suffix) => match suffix.split_at(1) {
                ("/", name) => format!("block {name}"),
                (_, name) => format!("partial {name}"),
            },
            Self::Function(path) => format!("function {}", path.name),
        }
    }
}

/// A function in a file.
#[derive(Debug)]
struct Function {
    path: FunctionPath,
    bytes: Range<usize>,
    lines: Range<usize>,
}

/// The path of the function that a unit was made of, by the line that it was compiled at, or
/// by its name.
pub(crate) fn function_of(text: &str, unit: &str, line: u32) -> Result<FunctionPath, LocateError> {
    let functions = functions(text)?;
    let line = usize::try_from(line).unwrap_or(0);
    let mut at_line = functions
        .iter()
        .filter(|function| function.lines.contains(&line));
    if let (Some(found), None) = (at_line.next(), at_line.next()) {
        return Ok(found.path.clone());
    }
    // Filters and tags carry the name of their library.
    let name = unit.rsplit(['|', '.']).next().unwrap_or(unit);
    let mut named = functions.iter().filter(|found| found.path.name == name);
    match (named.next(), named.next()) {
        (Some(found), None) => Ok(found.path.clone()),
        (None, _) => Err(LocateError::Missing),
        _ => Err(LocateError::Ambiguous),
    }
}

/// Where items of a module can be added: before its closing brace, or at the end of the
/// text.
pub(crate) fn end_of_module(text: &str, modules: &[String]) -> Result<usize, LocateError> {
    if modules.is_empty() {
        return Ok(text.len());
    }
    let file = parse(text)?;
    let mut items = file.items;
    let mut end = None;
    for name in modules {
        let module = items.into_iter().find_map(|item| match item {
            syn::Item::Mod(module) if module.ident == name => Some(module),
            _ => None,
        });
        let (brace, inner) = module
            .and_then(|module| module.content)
            .ok_or(LocateError::Missing)?;
        end = Some(brace.span.close().byte_range().start);
        items = inner;
    }
    end.map(|end| end + offset(text))
        .ok_or(LocateError::Missing)
}

/// Whether a text is Rust; else the first mistake.
pub(crate) fn check_rust(text: &str) -> Result<(), SyntaxError> {
    match parse(text) {
        Err(LocateError::Syntax(error)) => Err(error),
        _ => Ok(()),
    }
}

fn functions(text: &str) -> Result<Vec<Function>, LocateError> {
    let file = parse(text)?;
    let mut found = Vec::new();
    collect(&file.items, &mut Vec::new(), offset(text), &mut found);
    Ok(found)
}

/// A byte order mark is not counted by the parser.
fn offset(text: &str) -> usize {
    const MARK: char = '\u{feff}';
    if text.starts_with(MARK) {
        MARK.len_utf8()
    } else {
        0
    }
}

fn parse(text: &str) -> Result<syn::File, LocateError> {
    syn::parse_file(text).map_err(|error| {
        let start = error.span().start();
        LocateError::Syntax(SyntaxError {
            message: error.to_string(),
            line: start.line,
            column: start.column + 1,
        })
    })
}

fn collect(
    items: &[syn::Item],
    modules: &mut Vec<String>,
    offset: usize,
    found: &mut Vec<Function>,
) {
    for item in items {
        match item {
            syn::Item::Fn(function) => {
                let name = function.sig.ident.to_string();
                let same = found
                    .iter()
                    .filter(|other| other.path.name == name && other.path.modules == *modules);
                let path = FunctionPath {
                    place: same.count(),
                    modules: modules.clone(),
                    name,
                };
                let span = function.span();
                let first = function.attrs.first().map_or(span, Spanned::span);
                let start = first.byte_range().start + offset;
                let end = function.block.brace_token.span.close();
                found.push(Function {
                    path,
                    bytes: start..end.byte_range().end + offset,
                    lines: first.start().line..end.end().line + 1,
                });
            }
            syn::Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    modules.push(module.ident.to_string());
                    collect(items, modules, offset, found);
                    modules.pop();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! Doc.\nuse x::y;\n\n/// What é does.\n#[plugin_fn]\npub fn one(a: u8) \
        -> u8 {\n    a\n}\n\nmod inner {\n    fn one() {}\n    #[filter]\n    fn two() {}\n}\n\
        #[cfg(a)]\nfn three() {}\n#[cfg(not(a))]\nfn three() { 3; }\n";

    #[test]
    fn functions_are_found_with_all_that_belongs_to_them() {
        let check = |unit: &str, line: u32, expected: &str| {
            for before in ["", "\u{feff}"] {
                let text = format!("{before}{FILE}");
                let path = function_of(&text, unit, line).unwrap();
                let bytes = Piece::Function(path).locate(&text).unwrap();
                assert_eq!(&text[bytes], expected, "{unit} at {line}");
            }
        };
        let one = "/// What é does.\n#[plugin_fn]\npub fn one(a: u8) -> u8 {\n    a\n}";
        check("one", 5, one);
        check("one", 6, one);
        check("one", 11, "fn one() {}");
        check("library|two", 99, "#[filter]\n    fn two() {}");
        check("three", 16, "#[cfg(a)]\nfn three() {}");
        check("three", 18, "#[cfg(not(a))]\nfn three() { 3; }");
        assert_eq!(function_of(FILE, "three", 99), Err(LocateError::Ambiguous));
        assert_eq!(function_of(FILE, "four", 99), Err(LocateError::Missing));
    }

    #[test]
    fn items_go_to_the_end_of_a_module() {
        assert_eq!(end_of_module(FILE, &[]), Ok(FILE.len()));
        let end = end_of_module(FILE, &["inner".to_owned()]).unwrap();
        assert!(FILE[..end].ends_with("fn two() {}\n"));
        assert_eq!(
            end_of_module(FILE, &["other".to_owned()]),
            Err(LocateError::Missing)
        );
    }

    #[test]
    fn mistakes_of_syntax_have_a_place() {
        let error = check_rust("fn a() {}\nfn b( {}\n").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(check_rust(FILE).is_ok());
    }
}
