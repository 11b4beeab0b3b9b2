//! Compiles Django templates to Rust.
//!
//! Pure: template sources in; Rust text, a source map and diagnostics out. No file,
//! clock, thread or process, and the same input gives the same bytes.
//!
//! `source → lexer → parser → ast → resolve → ir → codegen`, one module each. The Rust
//! text refers to the crate `hotplate-template-runtime` by name; this crate knows it
//! only as text.
//!
//! ```
//! use hotplate_template_compiler::{Options, Source, compile_set};
//!
//! let sources = [Source::new("hello.txt", "Hello, {{ name|upper }}!")];
//! let set = compile_set(&sources, &Options::default()).expect("the template is correct");
//! assert_eq!(set.units[0].name, "hello.txt");
//! assert!(set.rust.contains("pub static UNITS"));
//!
//! let sources = [Source::new("hello.txt", "Hello, {{ name|uper }}!")];
//! let mistakes = compile_set(&sources, &Options::default()).expect_err("no such filter");
//! assert_eq!(mistakes[0].message, "Invalid filter: 'uper'");
//! assert_eq!(mistakes[0].notes, ["did you mean 'upper'?"]);
//! ```

pub mod ast;
mod codegen;
pub mod contexts;
pub mod diagnostic;
pub mod filters;
pub mod ir;
pub mod lexer;
pub mod libraries;
mod parser;
mod parts;
mod resolve;
pub mod source;
pub mod source_map;
mod unicode;

use std::collections::{BTreeMap, BTreeSet};

pub use diagnostic::{Diagnostic, Severity, Style, nearest};
pub use parts::{Part, parts};
pub use source::{Position, Source, Span};
pub use source_map::SourceMap;

use diagnostic::mistakes;
use resolve::types::agree::Agreement;
use source::LineIndex;

/// What can be chosen about a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How deep tags may be nested.
    pub nesting_limit: usize,
    /// The libraries that plugins define, by the names that `load` knows them by.
    pub libraries: BTreeMap<String, libraries::Library>,
    /// The names of all libraries that can be loaded; if not given, Django's own and
    /// those of plugins.
    pub registered: Option<Vec<String>>,
    /// Libraries whose tags and filters every template can use without `load`, later ones
    /// first. One that is not known has none.
    pub builtins: Vec<String>,
    /// The structs that templates are rendered with.
    pub contexts: contexts::Contexts,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nesting_limit: 200,
            libraries: BTreeMap::new(),
            registered: None,
            builtins: Vec::new(),
            contexts: contexts::Contexts::default(),
        }
    }
}

/// One template, compiled but not yet printed.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledTemplate {
    /// What the template does.
    pub ir: ir::Template,
    /// For each unit, where it and its sites are.
    pub positions: Vec<UnitPositions>,
    /// The libraries that `load` tags name, in order, each once.
    pub libraries: Vec<String>,
    /// The templates that it names by literals.
    pub references: Vec<Reference>,
}

/// Where the parts of a unit are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPositions {
    /// The unit's start.
    pub start: Position,
    /// The line in which it ends.
    pub end_line: u32,
    /// Its sites, in the order of their numbers.
    pub sites: Vec<Position>,
}

/// A template named by a literal in `include` or `extends`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// A set of templates, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledSet {
    /// The Rust text: items to be included into a module, `pub static UNITS` among them.
    pub rust: String,
    /// The units in the order of `UNITS`.
    pub units: Vec<CompiledUnit>,
    /// Where the lines of `rust` come from.
    pub source_map: SourceMap,
}

/// What is known of a compiled unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledUnit {
    /// Its name: `template`, `template/block` or `template#partial`.
    pub name: String,
    /// The template that it stands in.
    pub template: String,
    /// `template`, `block` or `partial`.
    pub kind: &'static str,
    /// Changes exactly when what the unit does changes.
    pub hash: u64,
    /// Where it starts.
    pub position: Position,
}

/// Compiles one template.
///
/// # Errors
///
/// All mistakes that were found, the one that Django reports first.
pub fn compile(source: &Source, options: &Options) -> Result<CompiledTemplate, Vec<Diagnostic>> {
    let lines = LineIndex::new(&source.text);
    let report = |mistake| Diagnostic::new(Severity::Error, mistake, source, &lines);
    if u32::try_from(source.text.len()).is_err() {
        return Err(vec![report(mistakes::too_large())]);
    }
    let tree = parser::parse(source, options)
        .map_err(|mistakes| mistakes.into_iter().map(report).collect::<Vec<_>>())?;
    let (ir, mistakes) = resolve::resolve(source, &tree, &options.contexts);
    if !mistakes.is_empty() {
        return Err(mistakes.into_iter().map(report).collect());
    }
    let place = |span: Span| lines.position(span.start);
    let positions = ir.units.iter().map(|unit| UnitPositions {
        start: place(unit.span),
        end_line: lines.line(unit.span.end.saturating_sub(1).max(unit.span.start)),
        sites: unit.sites.iter().map(|&site| place(site)).collect(),
    });
    Ok(CompiledTemplate {
        positions: positions.collect(),
        libraries: tree.libraries,
        references: resolve::references(&tree.nodes),
        ir,
    })
}

/// Makes code for known types of templates that have no struct of their own, where those that
/// include or extend them agree on the types of names.
///
/// Gives the templates of `set`, by name, that are to take the place of what is there, as
/// others than they are. What was made before, of the same or another set, counts for nothing.
///
/// ```
/// use hotplate_template_compiler::contexts::{Contexts, Field, Record, Type};
/// use hotplate_template_compiler::{Options, Source, agree, compile};
///
/// let field = Field { name: "card".into(), ty: Type::Record("site::Card".into()) };
/// let page = Record { lifetimes: 0, fields: vec![field], place: String::new() };
/// let field = Field { name: "title".into(), ty: Type::Text };
/// let card = Record { lifetimes: 0, fields: vec![field], place: String::new() };
/// let mut options = Options::default();
/// options.contexts = Contexts {
///     templates: [("page.html".into(), "site::Page".into())].into(),
///     records: [("site::Page".into(), page), ("site::Card".into(), card)].into(),
/// };
/// let set = [("_card.html", "{{ card.title }}"), ("page.html", "{% include '_card.html' %}")]
///     .map(|(name, text)| compile(&Source::new(name, text), &options).expect("it is correct"));
/// let changed = agree(set.iter(), &options);
/// assert!(changed["_card.html"].ir.units[0].typed.is_some());
/// ```
pub fn agree<'t>(
    set: impl Iterator<Item = &'t CompiledTemplate>,
    options: &Options,
) -> BTreeMap<String, CompiledTemplate> {
    let contexts = &options.contexts;
    let all: BTreeMap<&str, &CompiledTemplate> = set
        .map(|template| (template.ir.name.as_str(), template))
        .collect();
    let forms: BTreeMap<&str, &ir::Template> = all
        .iter()
        .map(|(name, template)| (*name, &template.ir))
        .collect();
    let agreement = Agreement::of(&forms, contexts);
    let mut changed = BTreeMap::new();
    for (name, template) in all {
        if let Some(forms) = agreement.forms(&template.ir) {
            let mut template = template.clone();
            for (unit, form) in template.ir.units.iter_mut().zip(forms) {
                unit.typed = form;
            }
            changed.insert(name.to_owned(), template);
        }
    }
    changed
}

/// Compiles a set of templates and prints them, in the order of their names.
///
/// # Errors
///
/// All mistakes in all templates.
pub fn compile_set(sources: &[Source], options: &Options) -> Result<CompiledSet, Vec<Diagnostic>> {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let mut templates = Vec::new();
    let mut diagnostics = Vec::new();
    let mut names = BTreeSet::new();
    for source in sources {
        if !names.insert(&source.name) {
            let mistake = mistakes::name_repeated(&source.name);
            let lines = LineIndex::new(&source.text);
            diagnostics.push(Diagnostic::new(Severity::Error, mistake, source, &lines));
            continue;
        }
        match compile(source, options) {
            Ok(template) => templates.push(template),
            Err(mistakes) => diagnostics.extend(mistakes),
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let mut changed = agree(templates.iter(), options);
    for template in &mut templates {
        if let Some(changed) = changed.remove(&template.ir.name) {
            *template = changed;
        }
    }
    Ok(print(&templates.iter().collect::<Vec<_>>()))
}

/// Prints compiled templates as one module. Any subset of a set can be printed alone.
pub fn print(templates: &[&CompiledTemplate]) -> CompiledSet {
    let units = templates.iter().flat_map(|template| {
        let units = template.ir.units.iter().zip(&template.positions);
        units.map(|(unit, positions)| CompiledUnit {
            name: unit.name.clone(),
            template: template.ir.name.clone(),
            kind: match unit.kind {
                ir::UnitKind::Template { .. } => "template",
                ir::UnitKind::Block { .. } => "block",
                ir::UnitKind::Partial { .. } => "partial",
            },
            hash: unit.hash(),
            position: positions.start,
        })
    });
    let units: Vec<_> = units.collect();
    let (rust, source_map) = codegen::print(templates, &units);
    CompiledSet {
        units,
        rust,
        source_map,
    }
}

/// Warnings about templates of a set that name templates that are not in it.
///
/// Templates with mistakes are left out.
pub fn warnings(sources: &[Source], options: &Options) -> Vec<Diagnostic> {
    let names: BTreeSet<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let mut warnings = Vec::new();
    for source in sources {
        let Ok(template) = compile(source, options) else {
            continue;
        };
        let lines = LineIndex::new(&source.text);
        for reference in &template.references {
            // `template#partial` names a partial of a template.
            let template = reference.name.split('#').next().unwrap_or_default();
            if !names.contains(template) {
                let known = names.iter().copied();
                let mistake = mistakes::unknown_template(&reference.name, known, reference.span);
                warnings.push(Diagnostic::new(Severity::Warning, mistake, source, &lines));
            }
        }
    }
    warnings
}
