//! `hotplate serve`: a dev server whose pages are as new as the last save.

use std::io::{self, ErrorKind, IsTerminal};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hotplate::{Event, Events, Host};
use tokio::runtime::Runtime;

use crate::args::ServeArguments;
use crate::failure::Failure;
use crate::plugin_dir::{PluginDir, require_cargo};
use crate::report::{self, Notice, SharedReporter};
use crate::serve::content;
use crate::serve::dashboard::{Dashboard, Guard, Record};
use crate::serve::http::{self, Server};
use crate::serve::live::Live;
use crate::serve::overlay::Refusal;
use crate::serve::pages::{CurrentSite, Pages};
use crate::serve::site;

/// How long plugin code may go on once the server has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs the command until the process is told to end.
///
/// # Errors
///
/// If something about the arguments is wrong, or the first build fails.
pub(crate) fn run(arguments: &ServeArguments) -> Result<(), Failure> {
    let plugins = arguments
        .directories
        .iter()
        .map(|directory| PluginDir::open(directory))
        .collect::<Result<Vec<_>, _>>()?;
    // Bound before the first build, so that a port in use is reported at once.
    let listener = bind(arguments.host, arguments.port)?;
    require_cargo()?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::line(format_args!("cannot listen: {error}")))?;
    if arguments.verbose > 1 {
        log_to_stderr();
    }

    let main = plugins
        .iter()
        .find(|plugin| plugin.path.join(site::FILE).is_file())
        .or_else(|| plugins.first())
        .ok_or_else(|| Failure::line("no plugin directory was given"))?;
    let mut data = Vec::new();
    let mut site = None;
    if main.path.join(site::FILE).is_file() {
        let loaded = content::load(&main.path)
            .map_err(|problems| Failure::Problems(problems, "the site cannot be read".into()))?;
        data.push(main.path.join(site::FILE));
        data.extend(loaded.content.clone());
        site = Some(Arc::new(CurrentSite::new(loaded)));
    }
    let assets: Vec<PathBuf> = plugins
        .iter()
        .map(|plugin| plugin.path.join("static"))
        .filter(|directory| directory.is_dir())
        .collect();
    data.extend(assets.iter().cloned());

    let reporter: SharedReporter = Arc::new(Mutex::new(report::reporter(
        arguments.events,
        arguments.verbose,
    )));
    let live = Arc::new(Live::new());
    let record = Arc::new(Record::default());
    let guard = Guard::new(address.ip(), arguments.remote_dashboard);
    let dashboard = Dashboard::new(record.clone(), guard).map_err(|error| Failure::host(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::line(format_args!("cannot start the server: {error}")))?;
    let (host, follower) = start_host(
        &runtime,
        arguments,
        &plugins,
        &data,
        Follower {
            reporter: reporter.clone(),
            live: live.clone(),
            record,
            site: site.clone().map(|site| (main.path.clone(), site)),
            plugin: main.name.clone(),
            serving: 0,
        },
    )?;
    let server = Arc::new(Server {
        pages: Pages::new(host, main.name.clone(), main.templates.clone(), site),
        live,
        assets,
        dashboard,
    });
    if let Some(path) = arguments.control.path() {
        report(&reporter, &Notice::Control { path: &path });
    }
    let served = serve(runtime, &server, listener, address, &reporter);
    if let Some(server) = Arc::into_inner(server) {
        // With the host the events end, and with them the follower.
        drop(server);
        let _ = follower.join();
    }
    served?;
    report(&reporter, &Notice::Stopped);
    Ok(())
}

fn bind(host: IpAddr, port: u16) -> Result<TcpListener, Failure> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).map_err(|error| {
        Failure::Line(match error.kind() {
            ErrorKind::AddrInUse => {
                format!("port {port} on {host} is in use; choose another with --port")
            }
            ErrorKind::PermissionDenied => {
                format!(
                    "port {port} on {host} is not allowed for this user; choose another with --port"
                )
            }
            _ => format!("cannot listen on {address}: {error}"),
        })
    })
}

pub(super) fn log_to_stderr() {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG);
    // An error says that a subscriber is there already.
    let _ = subscriber.try_init();
}

/// Builds everything once and starts to follow edits.
fn start_host(
    runtime: &Runtime,
    arguments: &ServeArguments,
    plugins: &[PluginDir],
    data: &[PathBuf],
    follower: Follower,
) -> Result<(Host, JoinHandle<bool>), Failure> {
    let mut builder = Host::builder();
    for plugin in plugins {
        builder = builder.plugin(&plugin.path);
    }
    for path in &arguments.watch {
        builder = builder.watch(path);
    }
    for path in data {
        builder = builder.data(path);
    }
    if let Some(quiet) = arguments.debounce {
        builder = builder.quiet_period(quiet);
    }
    if let Some(interval) = arguments.poll {
        builder = builder.poll(interval);
    }
    if let Some(path) = arguments.control.path() {
        builder = builder.control_socket(path);
    }
    let events = builder.subscribe();
    let (started, has_started) = mpsc::channel();
    let follower = thread::Builder::new()
        .name("hotplate-events".to_owned())
        .spawn(move || follower.follow(&events, &started))
        .map_err(|error| Failure::line(format_args!("cannot start a thread: {error}")))?;
    match first_build(runtime, builder) {
        Ok(host) => {
            // So that the report of the first generation precedes that of the server.
            let _ = has_started.recv();
            Ok((host, follower))
        }
        Err(error) if error.is_closed() => {
            Err(Failure::line("told to end before the first build was done"))
        }
        Err(error) => {
            let reported = follower.join().unwrap_or(false);
            Err(if reported {
                Failure::line("the first build was rejected, so there is nothing to serve")
            } else {
                Failure::host(&error)
            })
        }
    }
}

/// Starts the host and waits for its first build, or for a signal that ends both.
pub(super) fn first_build(
    runtime: &Runtime,
    builder: hotplate::Builder,
) -> Result<Host, hotplate::Error> {
    let host = Arc::new(builder.start_unbuilt()?);
    let building = host.clone();
    let built = runtime.spawn_blocking(move || building.refresh());
    let stop = stop_signal(runtime);
    let interrupted = host.clone();
    let result = runtime.block_on(async move {
        let mut built = built;
        if let Ok(stop) = stop {
            tokio::select! {
                result = &mut built => return result,
                () = stop => interrupted.stop(),
            }
        }
        built.await
    });
    match result {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(error),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
    // The build's clone went with its thread's closure.
    Ok(Arc::into_inner(host).expect("no other thread holds the host"))
}

/// Turns the host's events into reports, and into what open pages are told.
struct Follower {
    reporter: SharedReporter,
    live: Arc<Live>,
    /// What the dashboard shows.
    record: Arc<Record>,
    /// The site's directory, and where a new version of it goes.
    site: Option<(PathBuf, Arc<CurrentSite>)>,
    /// The plugin whose pages are served.
    plugin: String,
    /// The generation that is current.
    serving: u64,
}

impl Follower {
    /// Follows the events until the host is gone. Gives whether a change was rejected.
    fn follow(mut self, events: &Events, started: &mpsc::Sender<()>) -> bool {
        let mut rejected = false;
        while let Some(event) = events.recv() {
            // First, since open pages ask at once for what they are told of.
            let went_wrong = self.record.observe(&event);
            match &event {
                Event::DataChanged { .. } => {
                    self.reload_site(&event);
                    continue;
                }
                Event::Published(receipt) => {
                    self.serving = receipt.generation;
                    self.live.published();
                }
                Event::Resolved { outstanding } => {
                    self.live.resolved(outstanding.as_ref().map(Refusal::from));
                }
                Event::Rejected(rejection) => {
                    rejected = true;
                    self.live.rejected(Refusal::from(rejection));
                }
                _ if went_wrong => self.live.noted(),
                _ => {}
            }
            report(&self.reporter, &Notice::Host(&event));
            if matches!(event, Event::Published(_) | Event::Unchanged { .. }) {
                // Only the start waits for this, and only for the first.
                let _ = started.send(());
            }
        }
        rejected
    }

    /// Reads the site's files again; with a mistake in them the last good ones stay.
    fn reload_site(&self, event: &Event) {
        if let Some((directory, current)) = &self.site {
            match content::load(directory) {
                Ok(site) => current.replace(site),
                Err(problems) => {
                    let refusal = Refusal {
                        stage: "content".to_owned(),
                        plugin: Some(self.plugin.clone()),
                        problems,
                        serving: self.serving,
                    };
                    report(&self.reporter, &Notice::SiteRejected(&refusal));
                    self.record.site_rejected(&refusal);
                    self.live.content_rejected(refusal);
                    return;
                }
            }
        }
        self.live.content_changed();
        report(&self.reporter, &Notice::Host(event));
    }
}

pub(super) fn report(reporter: &SharedReporter, notice: &Notice<'_>) {
    let mut reporter = reporter.lock().unwrap_or_else(PoisonError::into_inner);
    reporter.report(notice);
}

/// Answers requests until a signal ends the process.
fn serve(
    runtime: Runtime,
    server: &Arc<Server>,
    listener: TcpListener,
    address: SocketAddr,
    reporter: &SharedReporter,
) -> Result<(), Failure> {
    server
        .pages
        .check_functions()
        .map_err(|error| Failure::host(&error))?;
    let served = stop_signal(&runtime).and_then(|stop| {
        let url = format!("http://{address}/");
        let generation = server.pages.generation();
        let ready = Notice::Ready {
            url: &url,
            generation,
        };
        report(reporter, &ready);
        runtime.block_on(http::serve(listener, server.clone(), stop))
    });
    runtime.shutdown_timeout(PATIENCE);
    served.map_err(|error| Failure::line(format_args!("cannot serve: {error}")))
}

/// Done when the process is told to end. The signals are taken over at once.
pub(super) fn stop_signal(
    runtime: &Runtime,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let _entered = runtime.enter();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}
