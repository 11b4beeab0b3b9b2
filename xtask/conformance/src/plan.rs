//! What is to be done with a case: nothing, if its end is known, or to build and run it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use hotplate_template_compiler as compiler;
use hotplate_template_compiler::libraries::BUILTIN;
use hotplate_template_compiler::{CompiledTemplate, Diagnostic, Source};

use crate::Contexts;
use crate::case::{Case, Outcome, Phase};
use crate::custom::Custom;
use crate::environment;
use crate::structs::Structs;
use crate::templates::{self, ANONYMOUS};

/// The compiler recurses to the depth of the templates' nesting.
const STACK: usize = 64 << 20;

pub(crate) enum Plan {
    Settled(Outcome),
    Run(Prepared),
}

/// A case whose entry compiled.
pub(crate) struct Prepared {
    /// The generated modules: one for each layer of templates.
    pub(crate) modules: Vec<String>,
    /// Whether it loads libraries that plugins define.
    pub(crate) custom: bool,
    /// The structs that stand for its context.
    pub(crate) structs: Option<Structs>,
    /// Why its entry is not compiled for these.
    pub(crate) refused: Option<String>,
}

impl Prepared {
    /// A case with this generated module.
    #[cfg(test)]
    pub(crate) fn of(rust: &str) -> Self {
        Self {
            modules: vec![rust.to_owned()],
            custom: false,
            structs: None,
            refused: None,
        }
    }
}

/// Plans all cases, on all cores.
pub(crate) fn plan_all(cases: &[Case], custom: &Custom, contexts: Contexts) -> Vec<Plan> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(share)
            .enumerate()
            .map(|(chunk, cases)| {
                let plans = move || {
                    let numbered = (chunk * share..).zip(cases);
                    let plans = numbered.map(|(number, case)| {
                        let number = (contexts != Contexts::Value).then_some(number);
                        plan(case, number, custom)
                    });
                    plans.collect::<Vec<_>>()
                };
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, plans)
            })
            .collect();
        let planned = threads.into_iter().zip(cases.chunks(share));
        planned
            .flat_map(|(thread, cases)| match thread.map(|thread| thread.join()) {
                Ok(Ok(plans)) => plans,
                _ => {
                    let lost = || Outcome::Broken("the compiler's thread was lost".to_owned());
                    cases.iter().map(|_| Plan::Settled(lost())).collect()
                }
            })
            .collect()
    })
}

/// Plans a case; with its number, if it is to have structs.
fn plan(case: &Case, number: Option<usize>, custom: &Custom) -> Plan {
    panic::catch_unwind(AssertUnwindSafe(|| compile(case, number, custom)))
        .unwrap_or_else(|_| Plan::Settled(Outcome::Broken("the compiler panicked".to_owned())))
}

/// A template to be compiled.
struct Template<'c> {
    /// Its name, of which it knows; an anonymous one has none.
    name: &'c str,
    /// The name of its unit.
    unit: &'c str,
    text: &'c str,
}

/// A template that does not compile: its unit's name, and what loading it raises.
struct Refused {
    unit: String,
    type_name: &'static str,
    message: String,
}

fn compile(case: &Case, number: Option<usize>, custom: &Custom) -> Plan {
    let mut options = compiler::Options::default();
    for module in &case.options.builtins {
        let name = module.rsplit('.').next().unwrap_or(module);
        match custom.libraries.get(name) {
            Some(library) => options.libraries.insert(name.to_owned(), library.clone()),
            None => {
                let reason = format!("needs the tags of {module} without loading them");
                return Plan::Settled(Outcome::Skipped(reason));
            }
        };
        options.builtins.push(name.to_owned());
    }
    options.registered = Some(case.options.libraries.keys().cloned().collect());
    for name in case.options.libraries.keys() {
        if BUILTIN.contains(&name.as_str()) {
            continue;
        }
        match custom.libraries.get(name) {
            Some(library) => options.libraries.insert(name.clone(), library.clone()),
            None => {
                let reason = format!("needs the tag library {name}");
                return Plan::Settled(Outcome::Skipped(reason));
            }
        };
    }
    let entry = entry(case);
    let structs = number.zip(entry).and_then(|(number, (_, name))| {
        let template = if name == ANONYMOUS { "" } else { name };
        Structs::of(case, number, template)
    });
    let mut mistaken = None;
    let embedded = templates::embedded(case);
    let mut modules = Vec::new();
    let mut refused = Vec::new();
    for (number, layer) in layers(case).into_iter().enumerate() {
        let mut set: Vec<Template<'_>> = layer
            .iter()
            .map(|(name, text)| Template {
                name: if name == ANONYMOUS { "" } else { name },
                unit: name,
                text,
            })
            .collect();
        if number == 0 {
            let others = embedded
                .iter()
                .filter(|(_, unit)| !layer.contains_key(*unit));
            set.extend(others.map(|(template, unit)| Template {
                name: template.name.as_deref().unwrap_or_default(),
                unit,
                text: &template.source,
            }));
        }
        if number + 1 == layers(case).len() && !options.libraries.is_empty() {
            let others = custom.templates.iter();
            let others = others.filter(|source| !layer.contains_key(&source.name));
            set.extend(others.map(|source| Template {
                name: &source.name,
                unit: &source.name,
                text: &source.text,
            }));
        }
        let mut compiled = Vec::new();
        let mut broken = Vec::new();
        for template in &set {
            let is_entry = entry == Some((number, template.unit));
            match compile_one(template, &options) {
                Ok(untyped) => {
                    let structs = structs.as_ref().filter(|_| is_entry && is_ordinary(case));
                    let typed = structs.map(|structs| typed(template, &options, structs));
                    compiled.push(match typed {
                        None => untyped,
                        Some(Ok(typed)) => typed,
                        Some(Err(mistake)) => {
                            mistaken = Some(mistake);
                            untyped
                        }
                    });
                }
                Err(mistake) => broken.push(mistake),
            }
        }
        // The set of a struct that does not fit its template has no code at all.
        if let (Some(structs), Some((layer, name))) = (&structs, entry)
            && layer == number
            && is_ordinary(case)
            && mistaken.is_none()
        {
            agree(&mut compiled, name, &options, structs);
        }
        modules.push(module(&compiled, &broken));
        refused.push(broken);
    }
    match refused_entry(case, &refused) {
        Some(outcome) => Plan::Settled(outcome),
        None => Plan::Run(Prepared {
            modules,
            custom: !options.libraries.is_empty(),
            structs,
            refused: mistaken,
        }),
    }
}

/// The template that is rendered, or whose partial is: the layer that it is in and its name.
fn entry(case: &Case) -> Option<(usize, &str)> {
    case.entry.names().iter().find_map(|name| {
        let name = name.split('#').next().unwrap_or_default();
        let mut layers = layers(case).into_iter();
        let layer = layers.position(|layer| layer.contains_key(name))?;
        Some((layer, name))
    })
}

/// Whether typed code stands for the circumstances of the case.
fn is_ordinary(case: &Case) -> bool {
    case.options.autoescape && !environment::settings(&case.options).use_thousand_separator
}

/// Compiles a template that is known to have no other mistakes for its context's type; gives
/// why the type does not fit it.
fn typed(
    template: &Template<'_>,
    options: &compiler::Options,
    structs: &Structs,
) -> Result<CompiledTemplate, String> {
    let mut options = options.clone();
    options.contexts = structs.contexts.clone();
    compile_one(template, &options).map_err(|refused| refused.message)
}

/// Gives templates of the set of `entry` their code for what they are used with.
fn agree(
    compiled: &mut [CompiledTemplate],
    entry: &str,
    options: &compiler::Options,
    structs: &Structs,
) {
    let mut options = options.clone();
    options.contexts = structs.contexts.clone();
    // The entry may know itself by another name than others know it by.
    let records = std::mem::take(&mut options.contexts.templates).into_values();
    let templates = records.map(|record| (entry.to_owned(), record));
    options.contexts.templates = templates.collect();
    let mut changed = compiler::agree(compiled.iter(), &options);
    for template in compiled {
        if let Some(changed) = changed.remove(&template.ir.name) {
            *template = changed;
        }
    }
}

/// The template directories, in the order in which they are searched.
pub(crate) fn layers(case: &Case) -> Vec<&BTreeMap<String, String>> {
    match case.options.layers.as_slice() {
        [] => vec![&case.templates],
        layers => layers.iter().collect(),
    }
}

fn compile_one(
    template: &Template<'_>,
    options: &compiler::Options,
) -> Result<CompiledTemplate, Refused> {
    let source = Source::new(template.name, template.text);
    let mistakes = match compiler::compile(&source, options) {
        Ok(mut compiled) => {
            rename(&mut compiled, template.unit);
            return Ok(compiled);
        }
        Err(mistakes) => mistakes,
    };
    let (type_name, message) = match mistakes.first() {
        Some(mistake) => (mistake.exception, raised(template.name, mistake)),
        None => ("BadCase", "refused without a reason".to_owned()),
    };
    Err(Refused {
        unit: template.unit.to_owned(),
        type_name,
        message,
    })
}

/// Gives the units of a template that is not known by its name another one.
fn rename(template: &mut CompiledTemplate, name: &str) {
    let ir = &mut template.ir;
    for unit in &mut ir.units {
        let part = unit.name.split_off(ir.name.len().min(unit.name.len()));
        unit.name = format!("{name}{part}");
    }
    name.clone_into(&mut ir.name);
}

/// The message with which Django raises a mistake: the name of the template goes before
/// it where there is one.
fn raised(name: &str, mistake: &Diagnostic) -> String {
    if mistake.exception == "TemplateSyntaxError" && !name.is_empty() {
        format!("Template: {name}, {}", mistake.message)
    } else {
        mistake.message.clone()
    }
}

/// What loading the entry raises, if it is one of the templates that do not compile.
fn refused_entry(case: &Case, refused: &[Vec<Refused>]) -> Option<Outcome> {
    for name in case.entry.names() {
        let name = name.split('#').next().unwrap_or_default();
        for (layer, refused) in layers(case).into_iter().zip(refused) {
            if let Some(refused) = refused.iter().find(|refused| refused.unit == name) {
                return Some(Outcome::Error {
                    type_name: refused.type_name.to_owned(),
                    message: refused.message.clone(),
                    phase: Phase::Compile,
                });
            }
            if layer.contains_key(name) {
                return None;
            }
        }
    }
    None
}

/// A module with the units of templates; those that do not compile raise when they are
/// rendered.
fn module(compiled: &[CompiledTemplate], broken: &[Refused]) -> String {
    let rust = compiler::print(&compiled.iter().collect::<Vec<_>>()).rust;
    if broken.is_empty() {
        return rust;
    }
    let count = broken.len();
    let mut text = format!("mod compiled {{\n{rust}\n}}\n\n");
    let mut units = String::new();
    for (number, refused) in broken.iter().enumerate() {
        let Refused {
            unit,
            type_name,
            message,
        } = refused;
        // Writing to a string cannot fail.
        let _ = writeln!(units, "    crate::broken({unit:?}, raise_{number}),");
        let _ = writeln!(
            text,
            "unsafe extern \"C\" fn raise_{number}(_: crate::api::unit::UnitData, \
             frame: &mut crate::api::Frame<'_>, _: &crate::api::Scope<'_>) -> crate::api::Status {{\n    \
             crate::raise(frame, {type_name:?}, {message:?})\n}}"
        );
    }
    let _ = write!(
        text,
        "\nstatic BROKEN: [crate::api::UnitDescriptor; {count}] = [\n{units}];\n\n\
         pub static UNITS: [crate::api::UnitDescriptor; {count} + compiled::UNITS.len()] =\n    \
         crate::join(&BROKEN, &compiled::UNITS);\n"
    );
    text
}
