//! The modules of a crate, with the structs and the imports that stand in them.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;

use hotplate_plugin_attributes::{Context, Derive, plain_name, read_context};
use proc_macro2::{TokenStream, TokenTree};
use syn::{DeriveInput, ItemUse, UseTree};

use super::{ContextCrate, Place, SourceMistake};
use crate::items::{Item, Mistake, items};
use crate::libraries::source_files;
use crate::named;

/// How far re-exports are followed.
const IMPORT_LIMIT: usize = 6;

/// The path of a module from its crate's root.
pub(super) type ModulePath = Vec<String>;

/// A crate as far as structs for templates matter.
#[derive(Debug, Default)]
pub(super) struct CrateTree {
    pub(super) name: String,
    pub(super) modules: BTreeMap<ModulePath, Module>,
    /// Whether its root says `extern crate self as NAME`.
    pub(super) names_itself: bool,
    pub(super) mistakes: Vec<SourceMistake>,
}

#[derive(Debug, Default)]
pub(super) struct Module {
    is_public: bool,
    /// Whether a parent declares it, without which it is not part of the crate.
    is_declared: bool,
    imports: Vec<Import>,
    pub(super) structs: Vec<Struct>,
}

/// One name, or all names of a module, of a `use`.
#[derive(Debug)]
struct Import {
    is_public: bool,
    path: Vec<String>,
    /// What it is called here; nothing for all names.
    name: Option<String>,
}

/// A struct that derives `Context` or `Template`.
#[derive(Clone)]
pub(super) struct Struct {
    is_public: bool,
    pub(super) context: Context,
    pub(super) place: Place,
}

impl std::fmt::Debug for Struct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.context.name, self.place)
    }
}

/// Where a struct is: the crate's number, the module, the place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StructKey<'t> {
    pub(super) tree: usize,
    pub(super) module: &'t ModulePath,
    pub(super) number: usize,
}

impl CrateTree {
    /// Reads the files below a crate's `src`.
    pub(super) fn read(
        context_crate: &ContextCrate,
        unreadable: &mut Vec<SourceMistake>,
    ) -> io::Result<Self> {
        let mut tree = Self {
            name: context_crate.name.clone(),
            ..Self::default()
        };
        let mut texts = Vec::new();
        for (path, modules) in source_files(&context_crate.folder.join("src"))? {
            if modules.is_empty() && path.file_name().is_some_and(|name| name == "main.rs") {
                // A program beside the library.
                continue;
            }
            match fs::read_to_string(&path) {
                Ok(text) => texts.push((path, modules, text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                Err(error) => return Err(named(&path, error)),
            }
        }
        if !texts.iter().any(|(_, _, text)| mentions_derive(text)) {
            return Ok(tree);
        }
        for (path, modules, text) in &texts {
            match TokenStream::from_str(text) {
                Ok(tokens) => tree.add_file(path, modules.clone(), tokens),
                Err(error) => {
                    let mistake = Mistake::new(error.span(), format!("this is no Rust: {error}"));
                    unreadable.push(in_file(path, mistake));
                }
            }
        }
        let root = tree.modules.entry(Vec::new()).or_default();
        (root.is_public, root.is_declared) = (true, true);
        Ok(tree)
    }

    fn add_file(&mut self, path: &Path, modules: ModulePath, tokens: TokenStream) {
        let mut pending = vec![(tokens, modules)];
        while let Some((tokens, modules)) = pending.pop() {
            for item in items(tokens) {
                if item.is_for_tests() {
                    continue;
                }
                if let Some(name) = item.module_name() {
                    let inside = [modules.as_slice(), &[name]].concat();
                    let module = self.modules.entry(inside.clone()).or_default();
                    (module.is_public, module.is_declared) = (item.is_public(), true);
                    if let Some((_, body)) = item.module() {
                        pending.push((body, inside));
                    }
                } else if item.starts_with("use") {
                    let module = self.modules.entry(modules.clone()).or_default();
                    module.imports.extend(imports(item));
                } else if item.starts_with("extern") && modules.is_empty() {
                    self.names_itself |= is_name_of_itself(&item, &self.name);
                } else if item.starts_with("struct") || item.starts_with("enum") {
                    self.add_struct(path, &modules, item);
                }
            }
        }
    }

    fn add_struct(&mut self, path: &Path, modules: &ModulePath, item: Item) {
        let derives = item.attributes.iter().map(|group| group.stream());
        let words: Vec<String> = derives.map(|tokens| tokens.to_string()).collect();
        if !words.iter().any(|word| mentions_derive(word)) {
            return;
        }
        let is_public = item.is_public();
        let is_qualified = words
            .iter()
            .any(|word| word.contains("hotplate_plugin_api"));
        let read = item.parse::<DeriveInput>().and_then(|input| {
            let derive = Derive::of(&input.attrs);
            derive
                .map(|derive| Ok((derive, read_context(&input, derive)?)))
                .transpose()
        });
        match read {
            Ok(None) => {}
            Ok(Some((derive, context))) => {
                let start = context.name.span().start();
                let place = Place {
                    file: path.to_owned(),
                    line: start.line,
                    column: start.column + 1,
                };
                let module = self.modules.entry(modules.clone()).or_default();
                if !is_qualified && module.imports_foreign(derive) {
                    return;
                }
                module.structs.push(Struct {
                    is_public,
                    context,
                    place,
                });
            }
            Err(error) => {
                let mistake = Mistake::new(error.span(), error.to_string());
                self.mistakes.push(in_file(path, mistake));
            }
        }
    }

    /// The structs of modules that belong to the crate.
    pub(super) fn structs(&self) -> impl Iterator<Item = (&ModulePath, usize, &Struct)> {
        let modules = self.modules.iter();
        modules
            .filter(|(path, _)| self.is_declared(path))
            .flat_map(|(path, module)| {
                let structs = module.structs.iter().enumerate();
                structs.map(move |(number, item)| (path, number, item))
            })
    }

    fn is_declared(&self, path: &[String]) -> bool {
        (0..=path.len()).all(|length| {
            let module = self.modules.get(&path[..length]);
            module.is_some_and(|module| module.is_declared)
        })
    }

    /// The shortest path by which other crates know each struct that they can see.
    pub(super) fn public_paths(&self) -> BTreeMap<(&ModulePath, usize), String> {
        let mut paths = BTreeMap::new();
        let mut seen = Vec::new();
        let mut pending = VecDeque::new();
        if let Some((root, _)) = self.modules.get_key_value(&[] as &[String]) {
            pending.push_back((root, self.name.clone()));
        }
        while let Some((path, prefix)) = pending.pop_front() {
            if seen.contains(&path) {
                continue;
            }
            seen.push(path);
            let Some(module) = self.modules.get(path) else {
                continue;
            };
            for (number, item) in module.structs.iter().enumerate() {
                if item.is_public {
                    let name = plain_name(&item.context.name);
                    let public = paths.entry((path, number));
                    public.or_insert_with(|| format!("{prefix}::{name}"));
                }
            }
            for import in module.imports.iter().filter(|import| import.is_public) {
                match &import.name {
                    None => {
                        if let Some(target) = self.find_module(path, &import.path) {
                            pending.push_front((target, prefix.clone()));
                        }
                    }
                    Some(name) => {
                        if let Some(key) = self.resolve(path, &import.path, 0) {
                            let public = paths.entry(key);
                            public.or_insert_with(|| format!("{prefix}::{name}"));
                        } else if let Some(target) = self.find_module(path, &import.path) {
                            pending.push_back((target, format!("{prefix}::{name}")));
                        }
                    }
                }
            }
            let inner = self.modules.range(path.clone()..);
            let inner = inner.take_while(|(inner, _)| inner.starts_with(path));
            for (inner, module) in inner.filter(|(inner, _)| inner.len() == path.len() + 1) {
                if module.is_public
                    && module.is_declared
                    && let Some(name) = inner.last()
                {
                    pending.push_back((inner, format!("{prefix}::{name}")));
                }
            }
        }
        paths
    }

    /// The module that a path of a `use` in `from` names.
    fn find_module(&self, from: &[String], path: &[String]) -> Option<&ModulePath> {
        let (base, rest) = self.base(from, path)?;
        let found = [base.as_slice(), rest].concat();
        let (found, _) = self.modules.get_key_value(&found)?;
        Some(found)
    }

    /// The module that a path begins at, and what is left of the path; nothing if it leads
    /// out of the crate.
    fn base<'p>(&self, from: &[String], path: &'p [String]) -> Option<(ModulePath, &'p [String])> {
        let mut base = from.to_vec();
        let mut rest = path;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" => base.clear(),
                "self" => {}
                "super" => {
                    base.pop()?;
                }
                name if name == self.name && !self.modules.contains_key(&child(&base, name)) => {
                    base.clear();
                }
                _ => break,
            }
            rest = after;
        }
        Some((base, rest))
    }

    /// The struct that a path in module `from` names, in this crate.
    pub(super) fn resolve(
        &self,
        from: &[String],
        path: &[String],
        depth: usize,
    ) -> Option<(&ModulePath, usize)> {
        let (base, rest) = self.base(from, path)?;
        let (name, inner) = rest.split_last()?;
        let (key, module) = match self
            .modules
            .get_key_value(&[base.as_slice(), inner].concat())
        {
            Some(found) => found,
            None => {
                // The first word may be the name of an imported module.
                let (first, after) = rest.split_first()?;
                let module = self.modules.get(&base)?;
                let path = module.imported(first)?;
                let path = [path, after].concat();
                return self.follow(&base, &path, depth);
            }
        };
        let mut structs = module.structs.iter();
        if let Some(number) = structs.position(|item| plain_name(&item.context.name) == *name) {
            return Some((key, number));
        }
        if let Some(path) = module.imported(name) {
            return self.follow(key, path, depth);
        }
        let mut globs = module.imports.iter().filter(|import| import.name.is_none());
        globs.find_map(|import| self.follow(key, &child(&import.path, name), depth))
    }

    fn follow(
        &self,
        from: &[String],
        path: &[String],
        depth: usize,
    ) -> Option<(&ModulePath, usize)> {
        (depth < IMPORT_LIMIT)
            .then(|| self.resolve(from, path, depth + 1))
            .flatten()
    }

    /// Where a name in a module comes from, if it is imported by name.
    pub(super) fn imported(&self, module: &[String], name: &str) -> Option<&[String]> {
        self.modules.get(module)?.imported(name)
    }
}

impl Module {
    fn imported(&self, name: &str) -> Option<&[String]> {
        let mut imports = self.imports.iter();
        let found = imports.find(|import| import.name.as_deref() == Some(name))?;
        Some(&found.path)
    }

    /// Whether the derive's name is that of another crate's macro.
    fn imports_foreign(&self, derive: Derive) -> bool {
        let name = match derive {
            Derive::Context => "Context",
            Derive::Template => "Template",
        };
        let first = self.imported(name).and_then(<[String]>::first);
        first.is_some_and(|first| {
            let is_local = matches!(first.as_str(), "crate" | "self" | "super");
            !is_local && !first.starts_with("hotplate")
        })
    }
}

fn child(path: &[String], name: &str) -> ModulePath {
    [path, &[name.to_owned()]].concat()
}

fn in_file(path: &Path, mistake: Mistake) -> SourceMistake {
    SourceMistake {
        file: path.to_owned(),
        line: mistake.line,
        column: mistake.column,
        message: mistake.message,
    }
}

fn mentions_derive(text: &str) -> bool {
    text.contains("derive") && (text.contains("Context") || text.contains("Template"))
}

/// Whether an item is `extern crate self as NAME`.
fn is_name_of_itself(item: &Item, name: &str) -> bool {
    let words = item.tokens.iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(plain_name(word)),
        _ => None,
    });
    words.eq(["extern", "crate", "self", "as", name])
}

/// What a `use` brings; nothing if it cannot be read.
fn imports(item: Item) -> Vec<Import> {
    let is_public = item.is_public();
    let Ok(item) = item.parse::<ItemUse>() else {
        return Vec::new();
    };
    let mut imports = Vec::new();
    let mut pending = vec![(item.tree, Vec::new())];
    while let Some((tree, before)) = pending.pop() {
        let mut import = |path: ModulePath, name| {
            imports.push(Import {
                is_public,
                path,
                name,
            });
        };
        match tree {
            UseTree::Path(path) => {
                pending.push((*path.tree, child(&before, &plain_name(&path.ident))));
            }
            UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned();
                import(before, last);
            }
            UseTree::Name(name) => {
                let name = plain_name(&name.ident);
                import(child(&before, &name), Some(name));
            }
            UseTree::Rename(rename) => {
                let path = match rename.ident == "self" {
                    true => before,
                    false => child(&before, &plain_name(&rename.ident)),
                };
                import(path, Some(plain_name(&rename.rename)));
            }
            UseTree::Glob(_) => import(before, None),
            UseTree::Group(group) => {
                let inner = group.items.into_iter();
                pending.extend(inner.map(|tree| (tree, before.clone())));
            }
        }
    }
    imports
}
