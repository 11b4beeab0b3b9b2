//! One plugin in many builds, made once by one run of cargo.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use hotplate::{Builder, Error, Function, Host, Instance, Receipt};
use hotplate_tests::{Bench, build_variants};

/// The plugin's name.
pub(super) const GAME: &str = "state_variants_game";

/// What every build begins with.
const HEAD: &str = r#"
#![allow(dead_code, unused_imports)]
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};

use hotplate_plugin_api::state::{Instance, Misfit, Saved, State};
use hotplate_plugin_api::{Persist, plugin_fn, state};

hotplate_plugin_api::plugin!();
"#;

/// The first layout of the counter.
const COUNTER: &str = r#"
#[state]
#[derive(Default)]
pub struct Counter {
    hits: AtomicU64,
    inside: AtomicU64,
    released: AtomicBool,
}
"#;

/// Functions for every counter with the fields of the first.
const COUNTING: &str = r#"
#[plugin_fn]
pub fn hit(#[state] counter: &Counter, by: u64) -> u64 {
    counter.hits.fetch_add(by, SeqCst) + by
}

/// Gives the build's name, and how much was hit before and after somebody let it go on.
#[plugin_fn]
pub fn hold(#[state] counter: &Counter) -> String {
    let before = counter.hits.load(SeqCst);
    counter.inside.fetch_add(1, SeqCst);
    while !counter.released.load(SeqCst) {
        std::thread::yield_now();
    }
    counter.inside.fetch_sub(1, SeqCst);
    format!("{NAME} {before} {}", counter.hits.load(SeqCst))
}

#[plugin_fn]
pub fn release(#[state] counter: &Counter, released: bool) {
    counter.released.store(released, SeqCst);
}
"#;

const PLAYER: &str = r#"
#[state]
#[derive(Default)]
pub struct Player {
    name: String,
    score: AtomicU64,
}

#[plugin_fn]
pub fn score(#[instance] player: &Player, points: u64) -> String {
    let score = player.score.fetch_add(points, SeqCst) + points;
    format!("{NAME} {}: {score}", player.name)
}
"#;

const JOIN: &str = r#"
#[plugin_fn]
pub fn join(name: &str) -> Instance<Player> {
    Instance::new(Player { name: name.to_owned(), ..Player::default() })
}
"#;

/// Another type of instances.
const ENEMY: &str = r#"
#[state]
#[derive(Default)]
pub struct Enemy {
    name: String,
    score: AtomicU64,
}

#[plugin_fn]
pub fn fight(#[instance] enemy: &Enemy, #[instance] player: &Player) -> String {
    format!("{} fights {}", enemy.name, player.name)
}

#[plugin_fn]
pub fn spawn(name: &str) -> Result<Instance<Enemy>, String> {
    if name.is_empty() {
        return Err("nobody".to_owned());
    }
    Ok(Instance::new(Enemy { name: name.to_owned(), ..Enemy::default() }))
}
"#;

/// Says when it is dropped, through a count that the program reads in the next build too.
const NOISY: &str = r#"
#[state]
#[derive(Default)]
pub struct Noisy {
    number: AtomicU64,
    file: Mutex<String>,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        let file = self.file.lock().unwrap();
        if !file.is_empty() {
            let text = std::fs::read_to_string(&*file).unwrap_or_default();
            std::fs::write(&*file, format!("{text}{NAME} ")).unwrap();
        }
    }
}

#[plugin_fn]
pub fn tell(#[state] noisy: &Noisy, file: &str) {
    *noisy.file.lock().unwrap() = file.to_owned();
}
"#;

fn counter(fields: &str) -> String {
    COUNTER.replace("    hits: AtomicU64,\n", fields)
}

/// The builds, by name.
fn sources() -> Vec<(&'static str, String)> {
    let wide = counter("    level: u32,\n    names: Mutex<Vec<String>>,\n    hits: AtomicU64,\n");
    let wide = wide.replace("    inside: AtomicU64,\n", "");
    let wide_counting = r#"
#[plugin_fn]
pub fn hit(#[state] counter: &Counter, by: u64) -> u64 {
    counter.names.lock().unwrap().push(by.to_string());
    counter.hits.fetch_add(by, SeqCst) + by
}
"#;
    let migrating = |body: &str| {
        let state = COUNTER.replace("#[state]", "#[state(version = 2, migrate = from_one)]");
        let migrate = format!(
            "fn from_one(from: u32, saved: &mut Saved<'_>) -> Result<Counter, Misfit> {{\n    {body}\n}}\n"
        );
        format!("{state}{COUNTING}{migrate}")
    };
    let doubled = "let hits: u64 = saved.take(\"hits\")?.unwrap_or_default();\n    \
                   let mut counter = Counter::by_name(saved)?;\n    \
                   assert!(from < 9);\n    *counter.hits.get_mut() = hits * 2;\n    Ok(counter)";
    let wide_player = PLAYER.replace("    name: String,\n", "    level: u8,\n    name: String,\n");
    let bodies: Vec<(&str, String)> = vec![
        (
            "one",
            format!("{COUNTER}{COUNTING}{PLAYER}{JOIN}{ENEMY}{NOISY}"),
        ),
        (
            "two",
            format!("{COUNTER}{COUNTING}{PLAYER}{JOIN}{ENEMY}{NOISY}"),
        ),
        (
            "wide",
            format!(
                "{wide}{wide_counting}{wide_player}{JOIN}{ENEMY}{}",
                NOISY.replace("AtomicU64", "AtomicI64")
            ),
        ),
        ("doubled", migrating(doubled)),
        (
            "failing",
            migrating(
                "Err(Misfit::new(format!(\"no way from {from} with {} fields\", saved.names().count())))",
            ),
        ),
        (
            "panicking",
            migrating("panic!(\"broken migration of {from} with {saved:?}\")"),
        ),
        (
            "unfit",
            counter("    hits: Mutex<String>,\n")
                + "#[plugin_fn]\npub fn text(#[state] counter: &Counter) -> String {\n    \
               counter.hits.lock().unwrap().clone()\n}\n",
        ),
        (
            "gone",
            "#[plugin_fn]\npub fn version() -> i64 {\n    0\n}\n".to_owned(),
        ),
        (
            "further",
            format!(
                "{COUNTER}{COUNTING}\
            #[state]\n#[derive(Default)]\npub struct Second {{\n    hits: AtomicU64,\n}}\n\n\
            #[plugin_fn]\npub fn second(#[state] counter: &Counter, #[state] second: &Second) -> u64 {{\n    \
            second.hits.fetch_add(counter.hits.load(SeqCst), SeqCst)\n}}\n"
            ),
        ),
        (
            "ambiguous",
            format!(
                "{COUNTER}{COUNTING}mod inner {{\n    use super::*;\n    {COUNTER}\n    \
            #[plugin_fn]\n    pub fn other(#[state] counter: &Counter) -> u64 {{\n        \
            counter.hits.load(SeqCst)\n    }}\n}}\n"
            ),
        ),
        (
            "unmakeable",
            format!(
                "{COUNTER}{COUNTING}#[state]\npub struct Bad {{\n    hits: AtomicU64,\n}}\n\n\
            impl Default for Bad {{\n    fn default() -> Self {{\n        panic!(\"no default\")\n    }}\n}}\n\n\
            #[plugin_fn]\npub fn bad(#[state] bad: &Bad) -> u64 {{\n    bad.hits.load(SeqCst)\n}}\n"
            ),
        ),
    ];
    let named = bodies.into_iter().map(|(name, body)| {
        (
            name,
            format!("{HEAD}\npub const NAME: &str = {name:?};\n{body}"),
        )
    });
    named.collect()
}

/// The library of a build.
fn library(name: &str) -> &'static [u8] {
    static LIBRARIES: OnceLock<BTreeMap<&str, Vec<u8>>> = OnceLock::new();
    let libraries = LIBRARIES.get_or_init(|| {
        let bench = Bench::new("state_variants");
        let folder = bench.native("game", "hotplate_plugin_api::plugin!();\n");
        let sources = sources();
        let paths = build_variants(&bench, &folder, &sources);
        let names = sources.iter().map(|(name, _)| *name);
        let libraries = names.zip(paths);
        libraries
            .map(|(name, path)| (name, fs::read(path).expect("the library was built")))
            .collect()
    });
    &libraries[name]
}

/// A host that follows a folder in which one build of the plugin lies.
pub(super) struct Stage {
    pub(super) host: Host,
    pub(super) bench: Bench,
}

impl Stage {
    /// A host with a build; `test` is a name that no other test has.
    pub(super) fn new(test: &'static str, build: &str) -> Self {
        Self::with(test, build, |builder, _| builder).expect("the first build is fine")
    }

    /// The same, with more said to the builder.
    pub(super) fn with(
        test: &'static str,
        build: &str,
        more: impl FnOnce(Builder, &Bench) -> Builder,
    ) -> Result<Self, Error> {
        let bench = Bench::new(test);
        fs::create_dir_all(bench.path("libraries")).expect("a folder can be made");
        put(&bench, build);
        let builder = bench.builder().manual().artifacts(bench.path("libraries"));
        let host = more(builder, &bench).start()?;
        Ok(Self { host, bench })
    }

    /// Swaps the plugin for another build of it.
    pub(super) fn swap(&self, build: &str) -> Result<Receipt, Error> {
        put(&self.bench, build);
        let receipt = self.host.refresh()?;
        Ok(receipt.expect("the builds differ"))
    }

    /// Takes the plugin away.
    pub(super) fn remove(&self) -> Receipt {
        fs::remove_file(place(&self.bench)).expect("it is there");
        let receipt = self.host.refresh().expect("a plugin may go");
        receipt.expect("it had units")
    }

    pub(super) fn hit(&self) -> Function<(u64,), u64> {
        self.host.function(GAME, "hit").expect("there is a counter")
    }

    pub(super) fn join(&self, name: &str) -> Instance {
        let join = self.host.function::<(&str,), Instance>(GAME, "join");
        let join = join.expect("there are players");
        join.call((name,)).expect("it does not fail")
    }

    pub(super) fn score(&self) -> Function<(&'static Instance, u64), String> {
        self.host
            .function(GAME, "score")
            .expect("there are players")
    }

    /// What state there is, as `Type {fields}`.
    pub(super) fn states(&self) -> Vec<String> {
        let states = self.host.states().into_iter();
        let states = states.map(|state| {
            let used = if state.in_use { "" } else { " unused" };
            format!(
                "{} {}{used}",
                state.name,
                state.json().expect("it can be shown")
            )
        });
        states.collect()
    }
}

fn place(bench: &Bench) -> std::path::PathBuf {
    bench.path("libraries/game.so")
}

/// Replaces the library as a careful deployment does.
pub(super) fn put(bench: &Bench, build: &str) {
    let incoming = bench.path("libraries/incoming");
    fs::write(&incoming, library(build)).expect("it can be written");
    fs::rename(&incoming, place(bench)).expect("it can be renamed");
}
