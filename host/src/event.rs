//! What the host tells those who listen: one closed enum, and receipts.

mod json;
mod words;

use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use crate::artifact::ArtifactHash;
use crate::recoder::RecoderStatus;
use crate::state::StateReport;

/// Something that happened in the host.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "events are few, and a box would stand in the way of whoever matches on a receipt"
)]
pub enum Event {
    /// A directory is being watched.
    Watching {
        /// The directory.
        path: PathBuf,
        /// How many files in it count.
        files: usize,
    },
    /// File events do not work for a directory, so it is polled.
    Polling {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A directory can be neither watched nor polled.
    WatchFailed {
        /// The directory.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The contents of sources changed.
    Changed {
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// The contents of files that are not built changed.
    DataChanged {
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// A build began.
    BuildStarted {
        /// The plugins that are built.
        plugins: Vec<String>,
    },
    /// A build says what it is doing.
    BuildProgress {
        /// A line such as `Compiling site v0.1.0`.
        message: String,
    },
    /// A build was given up because its sources changed again.
    BuildCancelled {
        /// The plugins that were being built.
        plugins: Vec<String>,
    },
    /// A build gave the units that serve already; nothing was published.
    Unchanged {
        /// The plugins that were built.
        plugins: Vec<String>,
    },
    /// A change set is live.
    Published(Receipt),
    /// A change set was refused; what served goes on serving.
    Rejected(Rejection),
    /// What was refused earlier is right now. Comes before the publish that makes it live.
    Resolved {
        /// The latest change set that is still refused, if there is one.
        outstanding: Option<Rejection>,
    },
    /// The tests of a change set began, before anything of it is loaded.
    TestsStarted {
        /// The plugins that they are for.
        plugins: Vec<String>,
        /// The command.
        command: String,
    },
    /// The tests of a change set passed.
    TestsPassed {
        /// The plugins that they were for.
        plugins: Vec<String>,
        /// How long they took.
        elapsed: Duration,
    },
    /// A listener panicked; nobody else is hurt. In `before` it counts as a veto.
    ListenerPanicked {
        /// Its name.
        listener: String,
        /// `before`, `after` or `failed`.
        during: &'static str,
        /// The panic's message.
        message: String,
    },
    /// A rollback was refused; what served goes on serving.
    RollbackRefused(Rejection),
    /// The first calls of a new generation were good enough.
    TrialPassed {
        /// The generation.
        generation: u64,
        /// How many calls there were.
        calls: u64,
        /// How many of them failed.
        failures: u64,
    },
    /// Too many of the first calls of a new generation failed. The host goes back, which the
    /// next event tells.
    TrialFailed {
        /// The generation.
        generation: u64,
        /// How many calls there were.
        calls: u64,
        /// How many of them failed.
        failures: u64,
        /// One of the failures.
        example: String,
    },
    /// Many small libraries of a plugin's templates were folded into one; what serves
    /// means the same, and the generation is the same.
    Consolidated {
        /// The plugins.
        plugins: Vec<String>,
    },
    /// Changes were not taken, because their plugin only takes
    /// [additions](crate::PluginMode::Additive). Comes before the publish of the rest.
    LeftOut {
        /// The changes.
        changes: Vec<Change>,
    },
    /// Plugins changed that are not reloaded at present. The change is kept in mind.
    Held {
        /// The plugins.
        plugins: Vec<String>,
    },
    /// A plugin appeared in a directory that is searched for plugins.
    Discovered {
        /// The plugin.
        plugin: String,
        /// Its directory.
        path: PathBuf,
    },
    /// A callback of [`on_change`](crate::Template::on_change) panicked. It is called again
    /// at the next change.
    CallbackPanicked {
        /// The unit that it watches.
        unit: String,
        /// The panic's message.
        message: String,
    },
    /// A step of a [loop](crate::Steps) failed.
    StepFailed {
        /// The function.
        unit: String,
        /// Why it failed.
        message: String,
        /// How often the item has failed by now.
        attempts: u32,
        /// What the loop does next.
        next: NextStep,
    },
    /// A loop that waited goes on with the same item, and new code.
    StepResumed {
        /// The function.
        unit: String,
        /// The generation that it runs in.
        generation: u64,
    },
    /// A piece of source that a [`Recoder`](crate::Recoder) stands for has another status.
    Recoder {
        /// The plugin.
        plugin: String,
        /// The unit; for a whole file its path in the plugin.
        unit: String,
        /// The status from now on.
        status: RecoderStatus,
    },
    /// A patch of a [`Recoder`](crate::Recoder) was refused and dropped; what served goes on
    /// serving, and nothing is wrong with the sources.
    PatchRefused {
        /// The unit that was to be patched; for a whole file its path in the plugin.
        unit: String,
        /// What is wrong.
        rejection: Rejection,
    },
    /// An override stays in force though its guard was dropped.
    RevertFailed {
        /// The plugin.
        plugin: String,
        /// The unit.
        unit: String,
        /// Why what was there before could not be put back.
        message: String,
    },
    /// A template library that nothing uses any more was unloaded.
    Reclaimed {
        /// Its plugins.
        plugin: String,
        /// Its hash.
        artifact: ArtifactHash,
        /// Whether the system really unmapped it.
        unmapped: bool,
    },
}

/// What a loop does after a step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NextStep {
    /// It waits for the next publish that changes the plugin, and tries the item again.
    WaitForEdit,
    /// It goes on with the next item.
    Skip,
    /// It ends.
    GiveUp,
}

/// Proof of a publish: what changed, and what runs now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Receipt {
    /// The number of the snapshot that is current from here on.
    pub generation: u64,
    /// Why there was a publish.
    pub cause: Cause,
    /// What changed, plugin by plugin, in order of name.
    pub changes: Vec<Change>,
    /// Units that have another name now, by which handles of the old name run them. What
    /// changed has them with [`ChangeKind::Rename`].
    pub renames: Vec<Rename>,
    /// What was not taken, because a plugin only takes [additions](crate::PluginMode::Additive).
    pub left_out: Vec<Change>,
    /// The libraries that took over, with their plugins.
    pub artifacts: Vec<(String, ArtifactHash)>,
    /// What became of the plugins' state.
    pub state: StateReport,
    /// How long each stage took.
    pub timings: Timings,
}

/// Why a snapshot was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The host started.
    Start,
    /// Sources changed.
    Edit,
    /// Somebody went back.
    Rollback,
    /// The host went back by itself, since too many calls failed.
    Automatic {
        /// The generation whose calls failed.
        left: u64,
        /// How many calls of it there were by then.
        calls: u64,
        /// How many of them failed.
        failures: u64,
    },
    /// A [`Recoder`](crate::Recoder) patched something.
    Patch,
    /// A patch was taken back.
    Revert,
}

impl Cause {
    /// Whether somebody, or the host by itself, went back.
    pub fn is_rollback(self) -> bool {
        matches!(self, Self::Rollback | Self::Automatic { .. })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Edit => f.write_str("edit"),
            Self::Rollback => f.write_str("rollback"),
            Self::Patch => f.write_str("patch"),
            Self::Revert => f.write_str("revert"),
            Self::Automatic {
                left,
                calls,
                failures,
            } => write!(
                f,
                "automatic rollback: {failures} of the first {calls} calls of generation {left} \
                 failed"
            ),
        }
    }
}

/// One unit that differs from the snapshot before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The plugin.
    pub plugin: String,
    /// The unit, such as `index.html/content` or `slugify`.
    pub unit: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The line where the unit starts; none for a deleted one.
    pub line: Option<u32>,
}

/// What happened to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Its meaning changed.
    Update,
    /// It is new, or back.
    Add,
    /// It is gone.
    Delete,
    /// It has this name now and had another one; [`Receipt::renames`] has both.
    Rename,
}

/// A unit that had another name before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Rename {
    /// The plugin.
    pub plugin: String,
    /// The name that it had.
    pub from: String,
    /// The name that it has.
    pub to: String,
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{} is {} now", self.plugin, self.from, self.to)
    }
}

impl ChangeKind {
    /// The word in capitals: `Update`, `Add`, `Delete` or `Rename`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "Update",
            Self::Add => "Add",
            Self::Delete => "Delete",
            Self::Rename => "Rename",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}::{}", self.kind.as_str(), self.plugin, self.unit)?;
        match self.line {
            Some(line) => write!(f, " @L{line}"),
            None => Ok(()),
        }
    }
}

/// How long the stages of a reload took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    /// Compiling templates and running cargo.
    pub build: Duration,
    /// Copying, hashing and checking the artifacts, and loading them.
    pub verify: Duration,
    /// The command that was to succeed before anything is published.
    pub tests: Duration,
    /// Trial renderings and calls.
    pub canaries: Duration,
    /// Comparing units, asking listeners, checking live handles and making the snapshot
    /// current.
    pub publish: Duration,
    /// From the moment the change was noticed.
    pub total: Duration,
}

/// A refused change set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rejection {
    /// Where it was refused.
    pub stage: Stage,
    /// Whose fault it was, where one plugin can be named.
    pub plugin: Option<String>,
    /// What is wrong; at least one.
    pub diagnostics: Vec<Diagnostic>,
    /// The generation that goes on serving.
    pub serving: u64,
}

/// A step of the reload transaction that can refuse a change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading a plugin's directory or manifest.
    Source,
    /// Compiling templates to Rust.
    Template,
    /// Running cargo and rustc.
    Build,
    /// Copying and checking the built file.
    Artifact,
    /// Loading the library.
    Load,
    /// Comparing the layouts of host and plugin.
    Layout,
    /// Comparing signatures with those of live handles.
    Signature,
    /// Carrying state over to the new code.
    State,
    /// Running the command that is to succeed before each publish.
    Tests,
    /// Looking whether it is again the code of a generation whose calls failed.
    Trial,
    /// Running trial renderings and calls.
    Canary,
    /// Asking those who listen to publishes.
    Veto,
}

impl Stage {
    /// The stage's name in one lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Template => "template",
            Self::Build => "build",
            Self::Artifact => "artifact",
            Self::Load => "load",
            Self::Layout => "layout",
            Self::Signature => "signature",
            Self::State => "state",
            Self::Tests => "tests",
            Self::Trial => "trial",
            Self::Canary => "canary",
            Self::Veto => "veto",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rejected at stage ")?;
        f.write_str(self.stage.as_str())?;
        if let Some(plugin) = &self.plugin {
            write!(f, " ({plugin})")?;
        }
        for diagnostic in &self.diagnostics {
            write!(f, ": {diagnostic}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The file, as a path or a template's name.
    pub file: Option<String>,
    /// The line, from one.
    pub line: Option<u32>,
    /// The column in characters, from one.
    pub column: Option<u32>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The whole report as text for a terminal, with the source line and a marker where
    /// there is a place; without colours.
    pub rendered: String,
}

impl Diagnostic {
    pub(crate) fn message(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            file: None,
            line: None,
            column: None,
            rendered: format!("error: {message}\n"),
            message,
        }
    }

    /// A message about a place.
    pub(crate) fn at(message: String, file: String, line: u32, column: u32) -> Self {
        let rendered = format!("error: {message}\n --> {file}:{line}:{column}\n");
        Self {
            file: Some(file),
            line: Some(line),
            column: Some(column),
            rendered,
            message,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

/// A subscription to a host's events, from the moment it was made.
///
/// Events wait in memory until they are received. Dropping the subscription ends it.
#[derive(Debug)]
pub struct Events(pub(crate) mpsc::Receiver<Event>);

impl Events {
    /// Waits for the next event; nothing once the host is gone.
    pub fn recv(&self) -> Option<Event> {
        self.0.recv().ok()
    }

    /// Waits for the next event no longer than `timeout`.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        self.0.recv_timeout(timeout).ok()
    }

    /// The next event, if there is one already.
    pub fn try_recv(&self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.recv()
    }
}
