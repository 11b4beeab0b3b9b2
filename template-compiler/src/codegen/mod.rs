//! Intermediate form to Rust text. Only prints; knows the runtime by name alone.

mod expression;
mod quote;
mod run;
mod split;
mod spot;
mod statement;
mod tags;
mod typed;
mod writer;

use std::collections::{BTreeSet, VecDeque};

use crate::ir::{CellId, Local, LoopId, Node, Reference, TypedContext, Unit, UnitKind};
use crate::source::Position;
use crate::source_map::SourceMap;
use crate::{CompiledTemplate, CompiledUnit};
use quote::quote;
use run::{Rows, Run};
use spot::PrintedSpot;
use typed::Near;
use writer::Writer;

/// Prints templates as items that can be included into a module; `units` are theirs, in order.
pub(crate) fn print(
    templates: &[&CompiledTemplate],
    units: &[CompiledUnit],
) -> (String, SourceMap) {
    let mut out = Writer::default();
    out.line("// Made by the Hotplate template compiler from templates; edits are lost.");
    let near = Near::new(templates);
    let templates_with_code: Vec<_> = templates
        .iter()
        .enumerate()
        .map(|(number, template)| (*template, print_template(&mut out, number, template, &near)))
        .collect();
    out.origin("", Position { line: 1, column: 1 });
    print_descriptors(&mut out, &templates_with_code, units);
    out.finish()
}

/// Prints a template, and gives the code of its units, as text of type `rt::Code`.
fn print_template(
    out: &mut Writer,
    t: usize,
    template: &CompiledTemplate,
    near: &Near<'_>,
) -> Vec<String> {
    out.line("");
    out.line("#[allow(warnings, clippy::all, clippy::pedantic)]");
    out.open(&format!("mod t{t} {{"));
    out.line("use ::hotplate_template_runtime as rt;");
    out.line("");
    out.line(&format!("const T: &str = {};", quote(&template.ir.name)));
    let (mut parts, mut codes) = (0, Vec::new());
    for (number, unit) in template.ir.units.iter().enumerate() {
        let positions = &template.positions[number];
        out.line("");
        out.origin(&template.ir.name, positions.start);
        let (name, sites) = (&template.ir.name, &positions.sites);
        let mut pending = VecDeque::new();
        let is_run =
            Function::new(out, number, name, sites, &mut pending, &mut parts).print_as_run(unit);
        let dynamic = if is_run {
            codes.push(format!("rt::run_code(&t{t}::RUN{number})"));
            format!("RUN{number}.run(f, s)")
        } else {
            codes.push(format!("rt::code(t{t}::entry{number})"));
            print_functions(out, number, unit, template, &mut parts);
            format!("unit{number}(f, s)")
        };
        print_cycles(out, number, unit, template);
        if let Some(typed) = &unit.typed {
            let place = typed::Place {
                number,
                unit,
                typed,
                template: name,
                sites,
                dynamic: &dynamic,
                near,
            };
            typed::print(out, place, &mut parts);
        }
    }
    out.close("}");
    codes
}

/// Prints the entry of a unit, and the functions that it consists of.
fn print_functions(
    out: &mut Writer,
    number: usize,
    unit: &Unit,
    template: &CompiledTemplate,
    parts: &mut usize,
) {
    out.open(&format!(
        "pub(super) extern \"C\" fn entry{number}(_: rt::UnitData, f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Status {{"
    ));
    out.line(&format!("rt::enter(f, s, unit{number})"));
    out.close("}");
    let whole = Part {
        name: format!("unit{number}"),
        nodes: &unit.body,
        locals: BTreeSet::new(),
        cells: BTreeSet::new(),
        rows: Rows::default(),
        is_whole: true,
    };
    let mut pending = VecDeque::from([whole]);
    while let Some(part) = pending.pop_front() {
        let (name, sites) = (&template.ir.name, &template.positions[number].sites);
        let mut function = Function::new(out, number, name, sites, &mut pending, parts);
        function.rows = part.rows.clone();
        function.print(unit, &part);
    }
}

/// Prints the functions of the cycles that stand in a unit more than once.
fn print_cycles(out: &mut Writer, number: usize, unit: &Unit, template: &CompiledTemplate) {
    for place in 0..unit.cycles.len() {
        let (name, sites) = (&template.ir.name, &template.positions[number].sites);
        let (mut pending, mut parts) = (VecDeque::new(), 0);
        Function::new(out, number, name, sites, &mut pending, &mut parts).cycle_values(unit, place);
    }
}

/// Prints the descriptors of all units, whose code is given.
fn print_descriptors(
    out: &mut Writer,
    templates: &[(&CompiledTemplate, Vec<String>)],
    units: &[CompiledUnit],
) {
    let count = units.len();
    out.line("");
    out.line("/// The units of these templates.");
    out.line("#[allow(unreachable_pub, clippy::all, clippy::pedantic)]");
    out.open(&format!(
        "pub static UNITS: [::hotplate_template_runtime::api::UnitDescriptor; {count}] = {{"
    ));
    out.line("use ::hotplate_template_runtime as rt;");
    for (t, (template, _)) in templates.iter().enumerate() {
        for (u, (unit, positions)) in template
            .ir
            .units
            .iter()
            .zip(&template.positions)
            .enumerate()
        {
            let sites = positions.sites.iter().map(|site| {
                format!(
                    "rt::Site {{ line: {}, column: {} }}",
                    site.line, site.column
                )
            });
            let sites: Vec<String> = sites.collect();
            out.line(&format!(
                "static SITES_{t}_{u}: [rt::Site; {}] = [{}];",
                sites.len(),
                sites.join(", ")
            ));
            if let UnitKind::Template { blocks, .. } = &unit.kind {
                let names: Vec<String> = blocks
                    .iter()
                    .map(|name| format!("rt::rstr({})", quote(name)))
                    .collect();
                out.line(&format!(
                    "static BLOCKS_{t}: [rt::RStr<'static>; {}] = [{}];",
                    names.len(),
                    names.join(", ")
                ));
            }
            print_references(out, (t, u), unit, &template.ir.name);
        }
    }
    out.open("[");
    let mut units = units.iter();
    for (t, (template, codes)) in templates.iter().enumerate() {
        let here = template.ir.units.iter().zip(&template.positions);
        for (u, ((unit, positions), compiled)) in here.zip(units.by_ref()).enumerate() {
            let typed = match unit.typed.as_deref().map(|typed| &typed.context) {
                Some(TypedContext::Record(_)) => {
                    format!("Some(rt::typed_entry::<t{t}::Typed{u}>())")
                }
                Some(TypedContext::Names(_)) | None => "None".to_owned(),
            };
            let names_others = !unit.references(&template.ir.name).is_empty();
            let (name, template) = (quote(&unit.name), quote(&template.ir.name));
            let Position { line, column } = positions.start;
            let place = format!("rt::place({template}, {line}, {column})");
            let common = format!(
                "{name}, {}, {:#018x}, {place}, &SITES_{t}_{u}",
                codes[u], compiled.hash
            );
            let mut descriptor = match &unit.kind {
                UnitKind::Template {
                    parent, extends, ..
                } => {
                    let parent = match parent {
                        Some(parent) => format!("Some({})", quote(parent)),
                        None => "None".to_owned(),
                    };
                    format!(
                        "rt::template_unit({common}, {parent}, {extends}, &BLOCKS_{t}, {typed})"
                    )
                }
                UnitKind::Block { .. } => format!("rt::block_unit({common}, {typed})"),
                UnitKind::Partial { .. } => format!("rt::partial_unit({common})"),
            };
            descriptor.push_str(&format!(".ends_at({})", positions.end_line));
            if names_others {
                descriptor.push_str(&format!(".names(&REFERENCES_{t}_{u})"));
            }
            if knows_names(unit) {
                descriptor.push_str(&format!(".binds(&t{t}::BOUND{u})"));
            }
            if !unit.renamed_from.is_empty() {
                let names = unit.renamed_from.iter();
                let names: Vec<String> = names
                    .map(|name| format!("rt::rstr({})", quote(name)))
                    .collect();
                descriptor.push_str(&format!(".was(&[{}])", names.join(", ")));
            }
            descriptor.push(',');
            out.line(&descriptor);
        }
    }
    out.close("]");
    out.close("};");
}

/// Whether a unit has code for names of known types.
fn knows_names(unit: &Unit) -> bool {
    (unit.typed.as_deref()).is_some_and(|typed| matches!(typed.context, TypedContext::Names(_)))
}

/// Prints what a unit names, if it names anything.
fn print_references(out: &mut Writer, (t, u): (usize, usize), unit: &Unit, template: &str) {
    let references = unit.references(template);
    if references.is_empty() {
        return;
    }
    let printed: Vec<String> = references
        .iter()
        .map(|reference| match reference {
            Reference::Own(name) => format!("rt::to_own({})", quote(name)),
            Reference::Template(name) => format!("rt::to_template({})", quote(name)),
            Reference::AnyTemplate => "rt::to_any_template()".to_owned(),
            Reference::Filter(name) => format!("rt::to_filter({})", quote(name)),
            Reference::Tag(name) => format!("rt::to_tag({})", quote(name)),
        })
        .collect();
    out.line(&format!(
        "static REFERENCES_{t}_{u}: [rt::api::UnitReference; {}] = [{}];",
        printed.len(),
        printed.join(", ")
    ));
}

/// Nodes that become a function of their own.
struct Part<'t> {
    name: String,
    nodes: &'t [Node],
    /// The locals that are its parameters.
    locals: BTreeSet<Local>,
    /// The cells that it declares.
    cells: BTreeSet<CellId>,
    /// What is known of the locals.
    rows: Rows,
    /// Whether it is the whole body of the unit.
    is_whole: bool,
}

/// The function that is being printed, of units that live for `'t`.
struct Function<'f, 't> {
    out: &'f mut Writer,
    /// The template's name.
    template: &'t str,
    sites: &'t [Position],
    /// The unit's number.
    unit: usize,
    /// The loops whose state is a variable of this function, not a parameter.
    own_loops: BTreeSet<LoopId>,
    /// The cells that are variables of this function, not parameters.
    own_cells: BTreeSet<CellId>,
    /// The functions that are still to be printed.
    pending: &'f mut VecDeque<Part<'t>>,
    /// How many parts the template has so far.
    parts: &'f mut usize,
    /// The locals that know the places of their fields.
    rows: Rows,
    /// What is constant about the places in the function so far.
    spots: Vec<PrintedSpot>,
    /// What the runtime is to do next.
    run: Run,
    /// What it is to do at other places.
    runs: Vec<Vec<PrintedSpot>>,
    /// The loops that it is to run.
    loops: Vec<String>,
    /// The units that it is to call.
    links: Vec<String>,
    /// The names that these see, of each scope.
    names: Vec<Vec<String>>,
    /// Text that is still to be written, by what comes next.
    before: String,
}

impl<'f, 't> Function<'f, 't> {
    /// A function of a unit, with nothing in it yet.
    fn new(
        out: &'f mut Writer,
        unit: usize,
        template: &'t str,
        sites: &'t [Position],
        pending: &'f mut VecDeque<Part<'t>>,
        parts: &'f mut usize,
    ) -> Self {
        Self {
            out,
            template,
            sites,
            unit,
            own_loops: BTreeSet::new(),
            own_cells: BTreeSet::new(),
            pending,
            parts,
            rows: Rows::default(),
            spots: Vec::new(),
            run: Run::default(),
            runs: Vec::new(),
            loops: Vec::new(),
            links: Vec::new(),
            names: Vec::new(),
            before: String::new(),
        }
    }
}
