//! From the types of fields to what the template compiler makes use of.

use std::collections::BTreeMap;

use hotplate_plugin_attributes::plain_name;
use hotplate_template_compiler::contexts::Type;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment};

use super::modules::{CrateTree, ModulePath, Struct, StructKey};

/// Reads types of fields, knowing all crates.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    trees: &'t [CrateTree],
    /// The path of each struct that other crates can see.
    paths: Vec<BTreeMap<(&'t ModulePath, usize), String>>,
    /// The structs by name; nothing for a name that several have.
    unique: BTreeMap<String, Option<StructKey<'t>>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(trees: &'t [CrateTree]) -> Self {
        let mut reader = Self {
            trees,
            paths: trees.iter().map(CrateTree::public_paths).collect(),
            unique: BTreeMap::new(),
        };
        let mut unique = BTreeMap::new();
        for (key, item) in reader.structs() {
            unique
                .entry(plain_name(&item.context.name))
                .and_modify(|known| *known = None)
                .or_insert(Some(key));
        }
        reader.unique = unique;
        reader
    }

    /// All structs of all crates.
    pub(super) fn structs(&self) -> impl Iterator<Item = (StructKey<'t>, &'t Struct)> + use<'t> {
        let trees = self.trees.iter().enumerate();
        trees.flat_map(|(tree, found)| {
            found.structs().map(move |(module, number, item)| {
                let key = StructKey {
                    tree,
                    module,
                    number,
                };
                (key, item)
            })
        })
    }

    pub(super) fn get(&self, key: StructKey<'_>) -> Option<&'t Struct> {
        let module = self.trees.get(key.tree)?.modules.get(key.module)?;
        module.structs.get(key.number)
    }

    /// The path by which other crates know a struct.
    pub(super) fn path(&self, key: StructKey<'t>) -> Option<&str> {
        let paths = self.paths.get(key.tree)?;
        paths.get(&(key.module, key.number)).map(String::as_str)
    }

    /// Whether code of the first crate can name it as other crates do.
    pub(super) fn names_itself(&self) -> bool {
        self.trees.first().is_some_and(|tree| tree.names_itself)
    }

    /// The type of a field of the struct `of`; structs in it are added to `inner`.
    pub(super) fn read(
        &self,
        of: StructKey<'t>,
        ty: &syn::Type,
        inner: &mut Vec<StructKey<'t>>,
    ) -> Type {
        let mut read = |ty: &syn::Type| Box::new(self.read(of, ty, inner));
        match ty {
            syn::Type::Group(group) => *read(&group.elem),
            syn::Type::Paren(paren) => *read(&paren.elem),
            syn::Type::Array(array) => Type::List(read(&array.elem)),
            syn::Type::Tuple(tuple) if !tuple.elems.is_empty() => {
                Type::Tuple(tuple.elems.iter().map(|ty| *read(ty)).collect())
            }
            syn::Type::Reference(reference) if reference.mutability.is_none() => {
                self.pointer(of, &reference.elem, inner)
            }
            syn::Type::Path(path) if path.qself.is_none() => self.path_type(of, ty, path, inner),
            _ => other(ty),
        }
    }

    /// A pointer to text or to a slice is text or a list itself.
    fn pointer(
        &self,
        of: StructKey<'t>,
        target: &syn::Type,
        inner: &mut Vec<StructKey<'t>>,
    ) -> Type {
        match target {
            syn::Type::Group(group) => self.pointer(of, &group.elem, inner),
            syn::Type::Paren(paren) => self.pointer(of, &paren.elem, inner),
            syn::Type::Slice(slice) => Type::List(Box::new(self.read(of, &slice.elem, inner))),
            syn::Type::Path(path) if path.path.is_ident("str") => Type::Text,
            _ => Type::Pointer(Box::new(self.read(of, target, inner))),
        }
    }

    fn path_type(
        &self,
        of: StructKey<'t>,
        ty: &syn::Type,
        path: &syn::TypePath,
        inner: &mut Vec<StructKey<'t>>,
    ) -> Type {
        let segments = path.path.segments.iter();
        let words: Vec<String> = segments.map(|word| plain_name(&word.ident)).collect();
        let Some((last, name)) = path.path.segments.last().zip(words.last()) else {
            return other(ty);
        };
        if let Some(key) = self.find(of, &words) {
            return self.record(key, ty, inner);
        }
        let arguments = arguments(last);
        match (name.as_str(), arguments.as_slice()) {
            ("bool", []) => Type::Bool,
            ("i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32", []) => Type::Int,
            ("u64" | "usize", []) => Type::Unsigned,
            ("f32" | "f64", []) => Type::Float,
            ("String" | "RString" | "RStr", []) => Type::Text,
            ("Cow", [syn::Type::Path(target)]) if target.path.is_ident("str") => Type::Text,
            ("Safe", [_]) => Type::Safe,
            ("Date", []) => Type::Date,
            ("DateTime", []) => Type::DateTime,
            ("Value", []) => Type::Value,
            ("Option", [target]) => Type::Option(Box::new(self.read(of, target, inner))),
            ("Box" | "Rc" | "Arc", [target]) => self.pointer(of, target, inner),
            ("Vec" | "RVec", [item]) => Type::List(Box::new(self.read(of, item, inner))),
            ("BTreeMap", [key, value]) | ("HashMap", [key, value] | [key, value, _]) => {
                let key = Box::new(self.read(of, key, inner));
                Type::Map(key, Box::new(self.read(of, value, inner)))
            }
            (_, []) if words.len() == 1 => {
                // Its module has it from somewhere, perhaps by a macro or a glob.
                let is_imported = self
                    .trees
                    .get(of.tree)
                    .is_some_and(|tree| tree.imported(of.module, name).is_some());
                match self.unique.get(name) {
                    Some(Some(key)) if !is_imported => self.record(*key, ty, inner),
                    _ => other(ty),
                }
            }
            _ => other(ty),
        }
    }

    fn record(&self, key: StructKey<'t>, ty: &syn::Type, inner: &mut Vec<StructKey<'t>>) -> Type {
        inner.push(key);
        let path = self
            .path(key)
            .filter(|_| key.tree > 0 || self.names_itself());
        path.map_or_else(|| other(ty), |path| Type::Record(path.to_owned()))
    }

    /// The struct that a path in the module of `of` names.
    fn find(&self, of: StructKey<'t>, words: &[String]) -> Option<StructKey<'t>> {
        if words == ["Self"] {
            return Some(of);
        }
        let tree = self.trees.get(of.tree)?;
        if let Some((module, number)) = tree.resolve(of.module, words, 0) {
            return Some(StructKey {
                tree: of.tree,
                module,
                number,
            });
        }
        // The first word may be a crate, here or where it was imported from.
        let (first, after) = words.split_first()?;
        let imported = tree.imported(of.module, first);
        let imported = imported.map(|path| [path, after].concat());
        let full = imported.as_deref().unwrap_or(words);
        let (first, after) = full.split_first()?;
        let number = self.trees.iter().position(|tree| tree.name == *first)?;
        let (module, place) = self.trees[number].resolve(&[], after, 0)?;
        Some(StructKey {
            tree: number,
            module,
            number: place,
        })
    }
}

/// The types among a path's last arguments.
fn arguments(segment: &PathSegment) -> Vec<&syn::Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// A type that is only known to the runtime, as the struct has it.
fn other(ty: &syn::Type) -> Type {
    Type::Other(ty.to_token_stream().to_string())
}
