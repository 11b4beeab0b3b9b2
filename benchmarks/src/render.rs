//! Rendering through a live handle of a loaded library, with peers in the same run.
//!
//! Every engine renders the same text from the same data, each from a template in its own
//! idiom, by the quickest of its ordinary calls that gives a text of its own, with escaping
//! on. The texts are compared byte for byte, entities decoded. What an engine needs of a
//! context is made beforehand, as are its templates.
//!
//! A round measures every engine once, each for about the same time, on one core, after some
//! renderings that do not count, and each round in another order. The ratios are between times
//! of the same round.
//!
//! | subject | |
//! |---|---|
//! | `hotplate-typed` | a template that was compiled for a struct, through a local handle of a loaded plugin |
//! | `hotplate-static` | the same, of a plugin that is linked into this program |
//! | `hotplate-dynamic` | a template that knows nothing of its context, through a local handle of a loaded plugin |
//! | `floor` | written by hand in safe Rust |
//! | `memcpy` | a copy of the finished text, the limit |
//! | `sailfish`, `askama`, `maud` | templates that are compiled into this program |
//! | `minijinja`, `tera`, `handlebars` | templates that are interpreted |
//! | `jinja2`, `django` | the same in processes of their own, which measure themselves |

mod askama;
mod compare;
mod engine;
mod floor;
mod handlebars;
mod hotplate;
mod interpreter;
mod lists;
mod maud;
mod memcpy;
mod minijinja;
mod python;
mod sailfish;
mod tags;
mod tera;
mod workload;

use std::path::PathBuf;
use std::time::Duration;

use self::engine::Engine;
use self::workload::Data;
use crate::pin::Pinned;
use crate::python::{Python, environment};
use crate::rounds::measure_lasting;
use crate::{Fault, Row, Subject, project_folder};

/// The benchmark's workloads.
///
/// Tables of integers of 100 by 100 and 500 by 500 cells and one of integers of all widths;
/// the short page that benchmarks of template engines share; a page of 45 KB with
/// navigation, conditions, escapes, filters and dates; a page that extends a page that
/// extends a page, with partials in partials; a thousand texts in a loop with a condition;
/// a tag of a plugin in a loop; and lists of ten to a million texts, in time per text.
pub const WORKLOADS: [&str; 9] = [
    "big-100",
    "big-500",
    "big-mixed",
    "teams",
    "page",
    "inherit",
    "gsoc",
    TAG,
    LISTS,
];

/// A workload that only we have.
const TAG: &str = "tag";

/// The workloads, one for each length, that only we have; they are measured if they are
/// asked for.
const LISTS: &str = "lists";

/// Who can be measured: of the last four three, and nobody else, for `tag`, and one for
/// `lists` alone.
pub const SUBJECTS: [&str; 17] = [
    "hotplate-typed",
    "hotplate-dynamic",
    "hotplate-static",
    "floor",
    "memcpy",
    "sailfish",
    "askama",
    "maud",
    "minijinja",
    "tera",
    "handlebars",
    "jinja2",
    "django",
    "interpreter-style",
    "hotplate-undeclared",
    "hotplate-declared",
    "hotplate-reused",
];

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// How often everything is measured.
    pub rounds: usize,
    /// Of [`WORKLOADS`]; all if it is empty.
    pub only: Vec<String>,
    /// Of [`SUBJECTS`]; all if it is empty.
    pub subjects: Vec<String>,
    /// How long every subject is measured at least in a round; it renders at least once.
    pub least: Duration,
    /// Whether to measure what others do in Python, and with which one.
    pub python: Option<Python>,
    /// Where the environment of the peers is made; it is kept from run to run.
    pub directory: PathBuf,
    /// Is told what is being done.
    pub progress: fn(&str),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: 200,
            only: Vec::new(),
            subjects: Vec::new(),
            least: Duration::from_micros(250),
            python: None,
            directory: project_folder("target/bench"),
            progress: |_| {},
        }
    }
}

impl Options {
    fn wants_workload(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }

    fn wants_subject(&self, name: &str) -> bool {
        self.subjects.is_empty() || self.subjects.iter().any(|wanted| wanted == name)
    }
}

/// Runs the benchmark.
///
/// # Errors
///
/// If a template does not compile, a peer cannot be set up, or what two subjects render
/// differs.
pub fn run(options: &Options) -> Result<Vec<Row>, Fault> {
    let workloads = workload::NAMES.into_iter();
    let workloads: Vec<_> = workloads
        .filter(|name| options.wants_workload(name))
        .collect();
    let wants_lists = options.only.iter().any(|wanted| wanted == LISTS);
    let mut rows = Vec::new();
    if !workloads.is_empty() || wants_lists {
        let plugin = hotplate::Plugin::load()?;
        let linked = hotplate::Plugin::linked()?;
        let interpreted = interpreted(options)?;
        let engines = Engines {
            reference: hotplate::Dynamic(&plugin),
            typed: [("hotplate-typed", &plugin), ("hotplate-static", &linked)]
                .map(|(name, plugin)| hotplate::Typed { name, plugin }),
            peers: peers()?.into_iter().chain(interpreted).collect(),
        };
        let _pinned = pinned(options)?;
        for workload in workloads {
            rows.extend(engines.measure(workload, options)?);
        }
        if wants_lists {
            let Engines {
                reference, typed, ..
            } = &engines;
            rows.extend(lists::run(typed, reference, options)?);
        }
    }
    if options.wants_workload(TAG) {
        let tags = tags::Tags::load()?;
        let _pinned = pinned(options)?;
        (options.progress)(TAG);
        let subjects = tags.subjects()?.into_iter();
        let subjects = subjects.filter(|subject| options.wants_subject(subject.name));
        rows.extend(measured(TAG, &mut subjects.collect::<Vec<_>>(), options)?);
    }
    Ok(rows)
}

fn pinned(options: &Options) -> Result<Option<Pinned>, Fault> {
    let pinned = Pinned::to_one_core()?;
    if pinned.is_none() {
        (options.progress)("nothing is kept on one core: this system is not Linux");
    }
    Ok(pinned)
}

/// Everyone who renders all workloads.
struct Engines<'p> {
    /// Ours, whose text the others have to render.
    reference: hotplate::Dynamic<'p>,
    typed: [hotplate::Typed<'p>; 2],
    peers: Vec<Box<dyn Engine>>,
}

/// The engines of this process.
fn peers() -> Result<Vec<Box<dyn Engine>>, Fault> {
    Ok(vec![
        Box::new(floor::Floor),
        Box::new(sailfish::Sailfish),
        Box::new(askama::Askama),
        Box::new(maud::Maud),
        Box::new(minijinja::Minijinja::new()?),
        Box::new(tera::Tera::new()?),
        Box::new(handlebars::Handlebars::new()?),
    ])
}

/// The engines in Python, if they are wanted.
fn interpreted(options: &Options) -> Result<Vec<Box<dyn Engine>>, Fault> {
    let Some(wanted) = &options.python else {
        return Ok(Vec::new());
    };
    (options.progress)("looking for an environment of Python's, or making one");
    let interpreter = environment(&options.directory.join("python"), wanted)?;
    let engines = python::Interpreted::all(&interpreter, &options.directory.join("render"))?;
    let boxed = |engine| Box::new(engine) as Box<dyn Engine>;
    Ok(engines.into_iter().map(boxed).collect())
}

impl Engines<'_> {
    fn measure(&self, workload: &str, options: &Options) -> Result<Vec<Row>, Fault> {
        let data = Data::of(workload).ok_or_else(|| format!("there is no workload {workload}"))?;
        let expected = self.reference.contender(&data)?.text()?;
        (options.progress)(&format!("{workload}, {} bytes", expected.len()));
        let copy = memcpy::Memcpy(&expected);
        let [typed, linked] = &self.typed;
        let ours: [&dyn Engine; 4] = [typed, &self.reference, linked, &copy];
        let peers = self.peers.iter().map(|engine| &**engine);
        let mut subjects = Vec::new();
        for engine in ours.into_iter().chain(peers) {
            let name = engine.name();
            if !options.wants_subject(name) {
                continue;
            }
            let mut contender = engine.contender(&data)?;
            compare::same(name, &contender.text()?, &expected)?;
            subjects.push(Subject::timed(name, move |renderings| {
                contender.repeat(renderings)
            }));
        }
        measured(workload, &mut subjects, options)
    }
}

fn measured(
    workload: &str,
    subjects: &mut [Subject<'_>],
    options: &Options,
) -> Result<Vec<Row>, Fault> {
    let samples = measure_lasting(subjects, options.least, options.rounds)?;
    let names: Vec<_> = subjects.iter().map(|subject| subject.name).collect();
    Ok(Row::paired("render", workload, "ns", &names, &samples))
}
