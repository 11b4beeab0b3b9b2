//! The attributes of tags.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, Result};

use crate::function::{self, Returned, plain_name};
use crate::options::Options;
use crate::{Kind, Parameter, Role, Tag, TagKind};

pub(crate) fn read(kind: Kind, arguments: TokenStream, function: &ItemFn) -> Result<Tag> {
    let start = if arguments.is_empty() {
        function.sig.ident.span()
    } else {
        arguments.span()
    };
    let mut options = Options::parse(kind, arguments)?;
    let name = options.text("name")?;
    let name = name.unwrap_or_else(|| plain_name(&function.sig.ident));
    let library = options.text("library")?;
    let mut ends = Vec::new();
    let mut takes_context = false;
    let tag_kind = match kind {
        Kind::InclusionTag => {
            takes_context = options.flag("takes_context")?;
            let Some(template) = options.bare_text() else {
                let message = "name the template first: #[inclusion_tag(\"results.html\")]";
                return Err(Error::new(start, message));
            };
            let template = template.value();
            TagKind::Inclusion { template }
        }
        Kind::Tag => {
            takes_context = true;
            ends = ends_of(&mut options, &name, start)?;
            let reads = options.names("reads")?;
            let writes = options.names("writes")?;
            let declares = reads.is_some() || writes.is_some();
            TagKind::Full {
                names: declares.then(|| (reads.unwrap_or_default(), writes.unwrap_or_default())),
            }
        }
        _ => {
            takes_context |= options.flag("takes_context")?;
            if kind == Kind::SimpleBlockTag {
                let end = options.text("end_name")?;
                ends.push(end.unwrap_or_else(|| format!("end{name}")));
            }
            TagKind::Simple
        }
    };
    options.finish()?;

    let mut parameters = function::parameters(kind, function)?;
    let mut implicit = Vec::new();
    if takes_context {
        implicit.push((Role::Context, "context", "&mut TagContext<'_, '_>"));
    }
    if kind == Kind::SimpleBlockTag {
        implicit.push((Role::Content, "content", "&str"));
    }
    let count = implicit.len();
    for (place, (role, name, ty)) in implicit.into_iter().enumerate() {
        match parameters.get_mut(place) {
            Some(parameter)
                if parameter.name.trim_start_matches('_') == name
                    && parameter.default.is_none() =>
            {
                parameter.role = role;
            }
            found => {
                let ordinal = ["first", "second"][place];
                let message = format!(
                    "the {ordinal} parameter of this #[{}] function is `{name}: {ty}`; add it",
                    kind.name()
                );
                let span = found.map_or(function.sig.ident.span(), |found| found.ty.span());
                return Err(Error::new(span, message));
            }
        }
    }
    check_order(&parameters[count..])?;
    Ok(Tag {
        name,
        library,
        kind: tag_kind,
        ends,
        parameters,
        returned: Returned::of(function),
    })
}

fn ends_of(options: &mut Options, name: &str, start: Span) -> Result<Vec<String>> {
    let end = options.flag_or_text("end")?;
    let parts = options.names("parts")?;
    match (end, parts) {
        (None, None) => Ok(Vec::new()),
        (None, Some(_)) => {
            let message = "a tag with parts has a closing tag: add `end`";
            Err(Error::new(start, message))
        }
        (Some(end), parts) => {
            let mut ends = parts.unwrap_or_default();
            ends.push(end.unwrap_or_else(|| format!("end{name}")));
            Ok(ends)
        }
    }
}

/// Python's order: required, with defaults, `*args`, by name alone, `**kwargs`.
fn check_order(parameters: &[Parameter]) -> Result<()> {
    let rank = |parameter: &Parameter| match parameter.role {
        Role::Positional if !parameter.has_default() => 0,
        Role::Positional => 1,
        Role::Args => 2,
        Role::Keyword => 3,
        _ => 4,
    };
    let parameters: Vec<&Parameter> = parameters
        .iter()
        .filter(|parameter| parameter.role != Role::State)
        .collect();
    for pair in parameters.windows(2) {
        let (before, after) = (rank(pair[0]), rank(pair[1]));
        let repeated = before == after && matches!(before, 2 | 4);
        if before > after || repeated {
            let message = "parameters come in this order: those that must be given, those with \
                           defaults, one #[args], those with #[keyword], one #[kwargs]; \
                           move this one";
            return Err(Error::new(pair[1].ty.span(), message));
        }
    }
    Ok(())
}
