//! Comparing the layouts of host and plugin, and naming the field that differs.

use abi_stable::abi_stability::abi_checking::{
    AbiInstability, AbiInstabilityErrors, CheckingGlobals, check_layout_compatibility_with_globals,
};
use abi_stable::type_layout::{TLFieldOrFunction, TypeLayout};
use hotplate_plugin_api::signature::{LayoutFn, Signature};

/// Compares two layouts; the error names the path to the first field that differs.
pub(crate) fn compare(
    expected: &'static TypeLayout,
    found: &'static TypeLayout,
) -> Result<(), String> {
    // Fresh globals: the process-wide ones would keep references into the library.
    let globals = CheckingGlobals::new();
    check_layout_compatibility_with_globals(expected, found, &globals)
        .map_err(|errors| describe(&errors))
}

/// Compares what a handle expects with what a plugin function has.
pub(crate) fn compare_signatures(
    parameters: &[LayoutFn],
    returned: LayoutFn,
    found: &Signature,
) -> Result<(), String> {
    let found_parameters = found.parameters.as_slice();
    if parameters.len() != found_parameters.len() {
        let names: Vec<&str> = found_parameters
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        return Err(format!(
            "the handle passes {} arguments and the function takes {} ({})",
            parameters.len(),
            found_parameters.len(),
            names.join(", ")
        ));
    }
    for (place, (expected, found)) in parameters.iter().zip(found_parameters).enumerate() {
        compare(expected(), (found.layout)()).map_err(|difference| {
            format!("parameter {} `{}`: {difference}", place + 1, found.name)
        })?;
    }
    compare(returned(), (found.returned)()).map_err(|difference| format!("result: {difference}"))
}

fn describe(errors: &AbiInstabilityErrors) -> String {
    // The deepest error is the cause; those above it follow from it.
    let Some(error) = errors
        .errors
        .iter()
        .max_by_key(|error| error.stack_trace.len())
    else {
        return "the layouts differ".to_owned();
    };
    let mut path = vec![errors.interface.name()];
    path.extend(error.stack_trace.iter().map(|level| match &level.expected {
        TLFieldOrFunction::Field(field) => field.name(),
        TLFieldOrFunction::Function(function) => function.name.as_str(),
    }));
    let difference = error
        .errs
        .iter()
        .map(difference)
        .min_by_key(|(rank, _)| *rank)
        .map_or_else(|| "differs".to_owned(), |(_, text)| text);
    format!("`{}`: {difference}", path.join("."))
}

/// What differs, in words, and how little it explains.
fn difference(error: &AbiInstability) -> (u8, String) {
    use AbiInstability as A;
    match error {
        A::Name(names) => (
            0,
            format!("expected type {}, found {}", names.expected, names.found),
        ),
        A::MismatchedPrimitive(types) => (
            0,
            format!("expected {:?}, found {:?}", types.expected, types.found),
        ),
        A::UnexpectedField(fields) => (
            1,
            format!(
                "expected field `{}`, found `{}`",
                fields.expected.name(),
                fields.found.name()
            ),
        ),
        A::UnexpectedVariant(names) => (
            1,
            format!(
                "expected variant `{}`, found `{}`",
                names.expected, names.found
            ),
        ),
        A::FieldCountMismatch(counts) => (
            2,
            format!(
                "expected {} fields, found {}",
                counts.expected, counts.found
            ),
        ),
        A::TooManyVariants(counts) => (
            2,
            format!(
                "expected {} variants, found {}",
                counts.expected, counts.found
            ),
        ),
        A::Package(names) => (
            3,
            format!(
                "expected the type of package {}, found that of {}; define it in a crate that \
                 host and plugin share",
                names.expected, names.found
            ),
        ),
        A::PackageVersion(versions) => (
            3,
            format!(
                "expected version {}, found {}",
                versions.expected, versions.found
            ),
        ),
        A::Size(sizes) => (
            4,
            format!("expected {} bytes, found {}", sizes.expected, sizes.found),
        ),
        A::Alignment(sizes) => (
            4,
            format!(
                "expected alignment {}, found {}",
                sizes.expected, sizes.found
            ),
        ),
        other => (5, format!("{other:?}")),
    }
}
