//! From what the attributes say to what the template compiler wants to know.

use std::collections::BTreeMap;

use hotplate_plugin_attributes::{
    Custom, Filter, Parameter as Given, Role, Tag, TagKind as Kind, library_of,
};
use hotplate_template_compiler::filters::Argument;
use hotplate_template_compiler::libraries::{
    FilterSpec, Library, Names, Parameter, ParameterSpec, TagKind, TagSpec,
};

/// Adds a filter or a tag of a crate to its library, unless the library has one of that
/// name.
pub(super) fn add(
    libraries: &mut BTreeMap<String, Library>,
    crate_name: &str,
    modules: &[String],
    custom: &Custom,
) {
    let (library, name) = match custom {
        Custom::Filter(filter) => (&filter.library, &filter.name),
        Custom::Tag(tag) => (&tag.library, &tag.name),
    };
    let library = library.clone().unwrap_or_else(|| {
        let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
        library_of(crate_name, &modules)
    });
    let library = libraries.entry(library).or_default();
    match custom {
        Custom::Filter(filter) => {
            let filters = library.filters.entry(name.clone());
            filters.or_insert_with(|| filter_spec(filter));
        }
        Custom::Tag(tag) => {
            let tags = library.tags.entry(name.clone());
            tags.or_insert_with(|| tag_spec(tag));
        }
    }
}

fn filter_spec(filter: &Filter) -> FilterSpec {
    let parameters = filter.parameters.iter();
    let mut given = parameters.filter(|parameter| parameter.role == Role::Positional);
    let argument = match given.nth(1) {
        None => Argument::None,
        Some(argument) if argument.has_default() => Argument::Optional,
        Some(_) => Argument::Required,
    };
    FilterSpec {
        argument,
        is_safe: filter.is_safe,
    }
}

fn tag_spec(tag: &Tag) -> TagSpec {
    let takes_context = tag.takes_context();
    let kind = match &tag.kind {
        Kind::Simple => TagKind::Simple { takes_context },
        Kind::Inclusion { template } => TagKind::Inclusion {
            template: template.clone(),
            takes_context,
        },
        Kind::Full { names } => TagKind::Full {
            names: names.clone().map(|(reads, writes)| Names { reads, writes }),
        },
    };
    let is_given =
        |parameter: &Given| !matches!(parameter.role, Role::Context | Role::Content | Role::State);
    let takes_any_words =
        matches!(kind, TagKind::Full { .. }) && !tag.parameters.iter().any(is_given);
    TagSpec {
        kind,
        parameters: (!takes_any_words).then(|| parameter_spec(tag)),
        ends: tag.ends.clone(),
    }
}

fn parameter_spec(tag: &Tag) -> ParameterSpec {
    let of_role = |role: Role| {
        let parameters = tag.parameters.iter();
        let parameters = parameters.filter(move |parameter| parameter.role == role);
        let parameters = parameters.map(|parameter| Parameter {
            name: parameter.name.clone(),
            has_default: parameter.has_default(),
        });
        parameters.collect()
    };
    ParameterSpec {
        positional: of_role(Role::Positional),
        varargs: tag.has(Role::Args),
        keyword_only: of_role(Role::Keyword),
        varkw: tag.has(Role::Kwargs),
    }
}
