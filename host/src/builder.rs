//! Setting up a host.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use hotplate_plugin_api::StaticPlugin;
use hotplate_plugin_api::environment::{self, Environment, Locale};

use crate::error::Error;
use crate::event::{Event, Events};
use crate::files::{PathFilter, leave_out_nothing, path_fits};
use crate::host::Host;
use crate::options::Defaults;
use crate::publish::{Publishing, TestCommand};
use crate::reload::machine::Mode;
use crate::reload::modes::{Modes, PluginMode, ReloadMode};
use crate::sync::Arc;

/// Collects what a host watches and how; [`start`](Self::start) makes the host.
#[must_use = "a host runs only after `start`"]
pub struct Builder {
    pub(crate) plugins: Vec<PathBuf>,
    pub(crate) linked: Vec<StaticPlugin>,
    pub(crate) artifacts: Vec<PathBuf>,
    pub(crate) watch: Vec<PathBuf>,
    pub(crate) data: Vec<PathBuf>,
    /// Directories whose sub-directories are plugins.
    pub(crate) discover: Vec<PathBuf>,
    /// Which files do not count.
    pub(crate) leave_out: PathFilter,
    pub(crate) modes: Modes,
    pub(crate) settings: Settings,
    pub(crate) defaults: Defaults,
    /// A mistake that `start` reports.
    pub(crate) mistake: Option<String>,
    pub(crate) listeners: Vec<mpsc::Sender<Event>>,
    pub(crate) control_sockets: Vec<PathBuf>,
    pub(crate) publishing: Publishing,
}

/// What a host was told besides paths.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) quiet_period: Duration,
    pub(crate) poll: Option<Duration>,
    pub(crate) mode: Mode,
    pub(crate) target_dir: Option<PathBuf>,
    pub(crate) cargo: PathBuf,
    pub(crate) offline: bool,
    pub(crate) nesting_limit: Option<usize>,
    pub(crate) build_timeout: Duration,
    pub(crate) keep_snapshots: usize,
    pub(crate) native_budget: usize,
    pub(crate) consolidate_after: Option<usize>,
    pub(crate) cache_limit: u64,
    pub(crate) migration_timeout: Duration,
    pub(crate) state_file: Option<PathBuf>,
    pub(crate) test_command: Option<TestCommand>,
    pub(crate) test_timeout: Duration,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("plugins", &self.plugins)
            .field("discover", &self.discover)
            .field("artifacts", &self.artifacts)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quiet_period: Duration::from_millis(5),
            poll: None,
            mode: Mode::Background,
            target_dir: None,
            cargo: crate::build::default_cargo(),
            offline: false,
            nesting_limit: None,
            build_timeout: Duration::from_secs(600),
            keep_snapshots: 8,
            native_budget: crate::native_budget::LIMIT,
            consolidate_after: Some(16),
            cache_limit: 1 << 30,
            migration_timeout: Duration::from_secs(1),
            state_file: None,
            test_command: None,
            test_timeout: Duration::from_secs(600),
        }
    }
}

impl Settings {
    /// Where the host keeps what it makes and can make again: the target directory if it
    /// was given one, else the user's cache.
    pub(crate) fn own_directory(&self) -> PathBuf {
        if let Some(directory) = &self.target_dir {
            return directory.clone();
        }
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = set("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")));
        cache.unwrap_or_else(std::env::temp_dir).join("hotplate")
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            plugins: Vec::new(),
            linked: Vec::new(),
            artifacts: Vec::new(),
            watch: Vec::new(),
            data: Vec::new(),
            discover: Vec::new(),
            leave_out: leave_out_nothing(),
            modes: Modes::default(),
            settings: Settings::default(),
            defaults: Defaults::default(),
            mistake: None,
            listeners: Vec::new(),
            control_sockets: Vec::new(),
            publishing: Publishing::default(),
        }
    }

    /// Adds a plugin: the directory of a crate, or a plain folder of templates.
    ///
    /// Its name is the package's, or the folder's.
    pub fn plugin(mut self, directory: impl AsRef<Path>) -> Self {
        self.plugins.push(directory.as_ref().to_owned());
        self
    }

    /// Adds a plugin that is linked into the program: a plugin crate among its dependencies,
    /// which has the constant `PLUGIN`.
    ///
    /// It is there as soon as the host is, is never swapped, and its handles are like all
    /// others; receipts name [`ArtifactHash::LINKED`](crate::ArtifactHash::LINKED) in place of
    /// a library. A host all of whose plugins are linked needs no cargo and starts no thread.
    /// Can be called again, and together with [`plugin`](Self::plugin).
    ///
    /// ```ignore
    /// let host = Host::builder().linked(site::PLUGIN).linked(text::PLUGIN).start()?;
    /// let page = host.template("site", "index.html")?;
    /// ```
    pub fn linked(mut self, plugin: StaticPlugin) -> Self {
        self.linked.push(plugin);
        self
    }

    /// Whether there is nothing to build and nothing to watch.
    pub(crate) fn has_only_linked(&self) -> bool {
        let paths = [
            &self.plugins,
            &self.artifacts,
            &self.watch,
            &self.data,
            &self.discover,
        ];
        let mut paths = paths.into_iter();
        !self.linked.is_empty() && paths.all(Vec::is_empty)
    }

    /// Follows a folder of prebuilt plugin libraries, for machines without a toolchain.
    ///
    /// Each `*.so` in it goes through the same transaction as a built one. A file that
    /// is deleted removes its plugins.
    pub fn artifacts(mut self, directory: impl AsRef<Path>) -> Self {
        self.artifacts.push(directory.as_ref().to_owned());
        self
    }

    /// Watches a further file or directory, such as a crate that plugins share; a change
    /// in it rebuilds every plugin that is a crate.
    pub fn watch(mut self, path: impl AsRef<Path>) -> Self {
        self.watch.push(path.as_ref().to_owned());
        self
    }

    /// Watches files that are not built: a change in them gives [`Event::DataChanged`]
    /// and nothing else, also where they lie inside a plugin.
    pub fn data(mut self, path: impl AsRef<Path>) -> Self {
        self.data.push(path.as_ref().to_owned());
        self
    }

    /// Searches a directory for plugins: each directory in it that is one is added, now or when
    /// it appears while the host runs. One that is deleted removes its units, whose handles
    /// work again when it returns. Directories that are no plugins are passed over.
    ///
    /// `plugins/*` means the same as `plugins`. A new directory is taken once nothing in it has
    /// changed for a quarter of a second, or for forty [quiet periods](Self::quiet_period) if
    /// that is longer, so that a half-copied one is no mistake.
    ///
    /// ```no_run
    /// # use hotplate::{Event, Host};
    /// let host = Host::builder().discover("plugins/*").start()?;
    /// for event in host.events() {
    ///     if let Event::Discovered { plugin, .. } = event {
    ///         println!("there is {plugin}, too");
    ///     }
    /// }
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn discover(mut self, directory: impl AsRef<Path>) -> Self {
        let directory = directory.as_ref();
        let directory = match directory.file_name() {
            Some(name) if name == "*" => directory.parent().unwrap_or(directory),
            _ => directory,
        };
        self.discover.push(directory.to_owned());
        self
    }

    /// Leaves files and directories out of what is watched, by a pattern in which `*` stands for
    /// any text: of names, such as `*.bak`, or of paths, such as `site/drafts/*`. Can be called
    /// again.
    ///
    /// A change of such a file is not noticed. It is still part of its plugin: a build for
    /// another reason sees it.
    pub fn ignore(self, pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        self.filter(move |path| !path_fits(&pattern, path))
    }

    /// Watches only files and directories for which `counts` says true; it is asked about
    /// absolute paths. As [`ignore`](Self::ignore), and together with it.
    pub fn filter(mut self, counts: impl Fn(&Path) -> bool + Send + Sync + 'static) -> Self {
        let before = self.leave_out;
        self.leave_out = Arc::new(move |path| before(path) || !counts(path));
        self
    }

    /// Which plugins are reloaded when they change; all by default. [`Host::set_mode`] sets it
    /// while the host runs.
    pub fn mode(mut self, mode: ReloadMode) -> Self {
        self.modes.mode = mode;
        self
    }

    /// Has plugins take new units only: those that are there are neither replaced nor deleted.
    pub fn additive(mut self) -> Self {
        self.modes.additive = true;
        self
    }

    /// How much of one plugin is reloaded, whatever holds for the others.
    pub fn plugin_mode(mut self, plugin: impl Into<String>, mode: PluginMode) -> Self {
        self.modes.plugins.insert(plugin.into(), mode);
        self
    }

    /// How long files must be still before a change counts; 5 ms by default. When many
    /// files change together, as in a checkout, they must be still twenty times as long.
    ///
    /// No edit is lost at any setting: contents decide, not events.
    pub fn quiet_period(mut self, quiet: Duration) -> Self {
        self.settings.quiet_period = quiet;
        self
    }

    /// Looks at the files at this interval instead of waiting for the system's events.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.settings.poll = Some(interval);
        self
    }

    /// Publishes nothing in the background: only [`Host::refresh`] and [`Host::tick`]
    /// make what was built current.
    pub fn manual(mut self) -> Self {
        self.settings.mode = Mode::Manual;
        self
    }

    /// Where cargo builds; by default `hotplate` in the target directory of each
    /// plugin's workspace, so that the host and other uses of cargo do not wait for
    /// each other.
    pub fn target_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.settings.target_dir = Some(directory.as_ref().to_owned());
        self
    }

    /// The cargo to run; by default the one that runs this process, if one does, else
    /// `cargo` on the `PATH`.
    pub fn cargo(mut self, program: impl AsRef<Path>) -> Self {
        self.settings.cargo = program.as_ref().to_owned();
        self
    }

    /// Tells cargo not to use the network.
    pub fn offline(mut self, offline: bool) -> Self {
        self.settings.offline = offline;
        self
    }

    /// How long one build may take; ten minutes by default.
    pub fn build_timeout(mut self, timeout: Duration) -> Self {
        self.settings.build_timeout = timeout;
        self
    }

    /// How many earlier snapshots are kept to go back to; eight by default.
    pub fn keep_snapshots(mut self, count: usize) -> Self {
        self.settings.keep_snapshots = count;
        self
    }

    /// How many hand-written libraries the process may load before a change is refused.
    ///
    /// They stay mapped for good, and each may hold one of the process's 1,024 thread
    /// keys; more than 896 are never allowed.
    pub fn native_budget(mut self, libraries: usize) -> Self {
        self.settings.native_budget = libraries;
        self
    }

    /// How many bytes of compiled templates are kept on disk, so that an undo, a switch of
    /// branches or a restart needs no compiler; 1 GiB by default, and 0 keeps nothing.
    ///
    /// They lie in `artifacts` in the target directory that the host was given, else in
    /// the user's cache, and hosts share them.
    pub fn cache_limit(mut self, bytes: u64) -> Self {
        self.settings.cache_limit = bytes;
        self
    }

    /// How many small libraries, each made by an edit of templates, may be alive before one
    /// background build folds them into one; 16 by default, and `None` folds nothing.
    ///
    /// An edit is never delayed: it ends that build, which begins again later.
    pub fn consolidate_after(mut self, libraries: Option<usize>) -> Self {
        self.settings.consolidate_after = libraries;
        self
    }

    /// The most bytes that one rendering may write; 256 MiB by default.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.defaults.limits.output = bytes;
        self
    }

    /// The most bytes that a filter may make of its input; 64 MiB by default.
    pub fn filter_limit(mut self, bytes: usize) -> Self {
        self.defaults.limits.filter = bytes;
        self
    }

    /// What templates need from outside: translations, formats, zones, URLs, a cache. By
    /// default an [`environment::Site`](crate::environment::Site) with nothing registered.
    pub fn environment(mut self, environment: impl Environment) -> Self {
        self.defaults.environment = Arc::new(environment);
        self
    }

    /// What Django calls settings; by default those of a new project.
    pub fn settings(mut self, settings: environment::Settings) -> Self {
        self.defaults.settings = settings;
        self
    }

    /// The language and the zone of renderings that are not told other ones; by default
    /// American English in UTC.
    pub fn locale(mut self, locale: Locale) -> Self {
        self.defaults.locale = locale;
        self
    }

    /// Plugins that share their templates, as the directories of Django's loaders do: a
    /// name in a template of one of them means the template of the first that has it.
    ///
    /// A template that extends its own name gets that of the next plugin. Templates of
    /// plugins outside are not found. Can be called again, for other plugins.
    ///
    /// ```no_run
    /// # use hotplate::Host;
    /// let host = Host::builder()
    ///     .plugin("plugins/theme")
    ///     .plugin("plugins/site")
    ///     .layers(["theme", "site"])
    ///     .start()?;
    /// let page = host.find_template("index.html")?;
    /// # Ok::<(), hotplate::Error>(())
    /// ```
    pub fn layers<T: Into<String>>(mut self, plugins: impl IntoIterator<Item = T>) -> Self {
        let plugins = plugins.into_iter().map(Into::into).collect();
        if let Err(plugin) = self.defaults.layers.add(plugins) {
            self.mistake = Some(format!("plugin {plugin} is named twice in layers"));
        }
        self
    }

    /// How deep includes, parents, blocks and partials may nest; 128 by default, which fits a stack
    /// of 2 MiB.
    pub fn include_depth(mut self, depth: usize) -> Self {
        self.defaults.limits.depth = depth;
        self
    }

    /// How deep tags may be nested in templates of plain folders; 200 by default. A crate
    /// says it in its manifest: `nesting-limit` under `[package.metadata.hotplate]`.
    pub fn nesting_limit(mut self, depth: usize) -> Self {
        self.settings.nesting_limit = Some(depth);
        self
    }

    /// What stands in place of a variable that does not resolve; nothing by default.
    pub fn string_if_invalid(mut self, text: impl Into<String>) -> Self {
        self.defaults.string_if_invalid = text.into();
        self
    }

    /// Begins with the state that [`Host::save_state`] wrote, if the file is there.
    ///
    /// Each type is restored when its plugin is there, as after a swap: through its migration
    /// if the version is another one. What no plugin asks for is kept, and saved again.
    pub fn restore_state(mut self, file: impl AsRef<Path>) -> Self {
        self.settings.state_file = Some(file.as_ref().to_owned());
        self
    }

    /// How long a publish whose state migrates waits for calls that touch state, and holds
    /// others back, before it is refused; one second by default.
    pub fn migration_timeout(mut self, timeout: Duration) -> Self {
        self.settings.migration_timeout = timeout;
        self
    }

    /// Subscribes to events from the very first one.
    pub fn subscribe(&mut self) -> Events {
        let (sender, receiver) = mpsc::channel();
        self.listeners.push(sender);
        Events(receiver)
    }

    /// Builds and loads everything, and starts watching.
    ///
    /// # Errors
    ///
    /// If a path is not what it should be, there is no cargo, or the first build is
    /// rejected; [`Error::rejection`] then has the diagnostics.
    pub fn start(self) -> Result<Host, Error> {
        let host = self.start_unbuilt()?;
        host.refresh()?;
        Ok(host)
    }

    /// Starts watching, and leaves the first build to go on in the background.
    ///
    /// There are no units until it is published; [`Host::refresh`] waits for it, and
    /// [`Host::stop`] ends it.
    ///
    /// # Errors
    ///
    /// If a path is not what it should be, or there is no cargo to ask about a crate.
    pub fn start_unbuilt(mut self) -> Result<Host, Error> {
        if let Some(mistake) = self.mistake {
            return Err(Error::setup(mistake));
        }
        if let Some(mistake) = self.publishing_mistake() {
            return Err(Error::setup(mistake));
        }
        let sockets = std::mem::take(&mut self.control_sockets);
        let host = Host::start(self)?;
        for path in sockets {
            host.serve_control(path)?;
        }
        Ok(host)
    }
}
