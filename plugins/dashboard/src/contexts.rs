//! What the page shows, ready to be written: places of bars in pixels, times as text.

use hotplate_plugin_api::{Context, Template};

/// The whole page.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard.html")]
pub struct Dashboard {
    /// What tells the page's own scripts and styles from others.
    pub nonce: String,
    /// What a form has to bring to be believed.
    pub token: String,
    /// The generation that serves.
    pub generation: u64,
    /// What became of the last rollback that was asked for here.
    pub notice: Option<Notice>,
    /// What is refused now, and will be until it is right.
    pub refused: Vec<Incident>,
    /// What went wrong lately, the latest first.
    pub incidents: Vec<Incident>,
    /// How long the stages of the latest generations took.
    pub chart: Chart,
    /// The latest generations, and all that are kept, the newest first.
    pub entries: Vec<Entry>,
    /// Who holds which generation.
    pub holders: Vec<Holder>,
    /// All live units by plugin.
    pub plugins: Vec<Plugin>,
    /// What plugins keep between calls.
    pub states: Vec<State>,
    /// How much the host holds.
    pub totals: Totals,
}

/// The answer to a form.
#[derive(Debug, Clone, Context)]
pub struct Notice {
    /// Whether it was done.
    pub is_done: bool,
    /// What was done, or why not.
    pub text: String,
}

/// Something that went wrong.
#[derive(Debug, Clone, Context)]
pub struct Incident {
    /// What it is in a few words.
    pub title: String,
    /// When it was, in the form of ISO 8601; empty if it is now.
    pub moment: String,
    /// The same for people.
    pub time: String,
    /// How often it happened.
    pub count: u32,
    /// What was said about it, one text for each mistake.
    pub details: Vec<String>,
}

/// Stacked bars, one for each generation.
#[derive(Debug, Clone, Context)]
pub struct Chart {
    /// In pixels, as all that follows.
    pub width: u32,
    /// From the top of the labels to the end of the numbers below.
    pub height: u32,
    /// Where the plot begins on the left.
    pub left: u32,
    /// Where the bars stand.
    pub bottom: u32,
    /// Where the numbers of the generations stand.
    pub number_y: u32,
    /// The chart in a sentence.
    pub summary: String,
    /// What the colours mean.
    pub stages: Vec<Stage>,
    /// Lines across the plot.
    pub lines: Vec<GridLine>,
    /// The oldest first.
    pub bars: Vec<Bar>,
    /// Whether some bar is higher than the plot.
    pub has_clipped: bool,
}

/// A colour's meaning.
#[derive(Debug, Clone, Context)]
pub struct Stage {
    /// What it is called; also the class that has the colour.
    pub name: String,
}

/// A line across the plot.
#[derive(Debug, Clone, Context)]
pub struct GridLine {
    /// How high it is.
    pub y: u32,
    /// Where its label stands.
    pub label_y: u32,
    /// What it stands for.
    pub label: String,
}

/// The stages of a generation.
#[derive(Debug, Clone, Context)]
pub struct Bar {
    /// The generation.
    pub generation: u64,
    /// Its left edge.
    pub x: u32,
    /// Its middle.
    pub center: u32,
    /// How wide it is.
    pub width: u32,
    /// Where the sum stands.
    pub label_y: u32,
    /// All stages together.
    pub sum: String,
    /// The bar in words.
    pub summary: String,
    /// Whether it serves.
    pub is_current: bool,
    /// Whether it is higher than the plot.
    pub is_clipped: bool,
    /// From the bottom up.
    pub segments: Vec<Segment>,
}

/// One stage in a bar.
#[derive(Debug, Clone, Context)]
pub struct Segment {
    /// The stage.
    pub stage: String,
    /// Its upper edge.
    pub y: u32,
    /// How high it is.
    pub height: u32,
    /// The stage in words.
    pub title: String,
}

/// A generation.
#[derive(Debug, Clone, Context)]
pub struct Entry {
    /// The generation.
    pub generation: u64,
    /// When it was published, in the form of ISO 8601.
    pub moment: String,
    /// The same for people.
    pub time: String,
    /// Why it was published.
    pub cause: String,
    /// What changed.
    pub changes: Vec<String>,
    /// Whether the changes are so many that they are folded away.
    pub has_many_changes: bool,
    /// How long its stages took; empty if that is no longer known.
    pub stages: Vec<StageTime>,
    /// From the moment that the change was noticed; empty if that is no longer known.
    pub total: String,
    /// Whether it serves.
    pub is_current: bool,
    /// Whether its units are those that serve, since a rollback brought them back.
    pub is_restored: bool,
    /// Whether it was left because its calls failed.
    pub has_failed: bool,
    /// Whether it can be gone back to.
    pub is_kept: bool,
}

/// How long a stage took.
#[derive(Debug, Clone, Context)]
pub struct StageTime {
    /// The milliseconds; a dash for none.
    pub text: String,
}

/// A generation that somebody holds.
#[derive(Debug, Clone, Context)]
pub struct Holder {
    /// The generation.
    pub generation: u64,
    /// How many pins hold it.
    pub pins: usize,
    /// How many handles of one thread hold it.
    pub local_handles: usize,
    /// Whether it serves, is kept or is held by nobody else.
    pub standing: String,
}

/// A plugin.
#[derive(Debug, Clone, Context)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// Its live units.
    pub units: Vec<Unit>,
    /// Whether they are so many that they are folded away.
    pub has_many_units: bool,
}

/// A live unit.
#[derive(Debug, Clone, Context)]
pub struct Unit {
    /// Its name in the plugin.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Its file and line.
    pub place: String,
    /// The generation that last changed it, if that is known.
    pub since: Option<u64>,
}

/// What a plugin keeps between calls.
#[derive(Debug, Clone, Context)]
pub struct State {
    /// The plugin and the type.
    pub name: String,
    /// The version of the code that handles it.
    pub version: u32,
    /// How many instances there are.
    pub instances: usize,
    /// Whether a live unit uses it.
    pub is_in_use: bool,
    /// What it holds.
    pub value: String,
}

/// How much the host holds.
#[derive(Debug, Clone, Context)]
pub struct Totals {
    /// Live units.
    pub units: usize,
    /// Earlier snapshots that can be gone back to.
    pub kept: usize,
    /// Hand-written libraries that are mapped.
    pub native_libraries: usize,
    /// How many of those there may be.
    pub native_budget: usize,
    /// Template libraries that were unmapped so far.
    pub reclaimed: usize,
    /// How often calls that touch state were held back.
    pub pauses: usize,
}
