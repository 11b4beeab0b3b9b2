//! Chromium without a window, driven through the DevTools protocol on two pipes.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest that a page may take to be as it should.
const PATIENCE: Duration = Duration::from_secs(120);

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Calls `changed` for every change of a page, as soon as there is one.
const OBSERVER: &str = "new MutationObserver(() => changed('')).observe(document, \
                        { subtree: true, childList: true, attributes: true, characterData: true });\
                        addEventListener('focusin', () => changed(''));";

/// A browser with one page. It ends with this.
pub(crate) struct Browser {
    process: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    session: Value,
    next: u64,
    /// Whether the page has changed since it was last looked at.
    has_changed: bool,
    _profile: TempDir,
}

/// A browser on the `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut places = NAMES.iter().flat_map(|name| {
        let directories = directories.iter();
        directories.map(move |directory| directory.join(name))
    });
    places.find(|place| place.is_file())
}

impl Browser {
    /// Starts a browser.
    pub(crate) fn start(program: &PathBuf) -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        // The protocol is spoken on descriptors 3 and 4, which the shell makes of the pipes.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>&2"])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync"])
            .arg("--disable-dev-shm-usage")
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let requests = process.stdin.take().expect("requests go through a pipe");
        let output = process.stdout.take().expect("messages come through a pipe");
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("messages are JSON");
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            process,
            requests,
            messages,
            session: Value::Null,
            next: 0,
            has_changed: false,
            _profile: profile,
        };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.ask("Target.attachToTarget", &target);
        browser.session = attached["sessionId"].clone();
        browser.ask("Page.enable", &json!({}));
        browser.ask("Runtime.enable", &json!({}));
        // Elements take the focus as in a window that somebody looks at.
        let enabled = json!({ "enabled": true });
        browser.ask("Emulation.setFocusEmulationEnabled", &enabled);
        browser.ask("Runtime.addBinding", &json!({ "name": "changed" }));
        let observer = json!({ "source": OBSERVER });
        browser.ask("Page.addScriptToEvaluateOnNewDocument", &observer);
        browser
    }

    /// Sends a command and waits for its result.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        let answer = self.try_ask(method, parameters);
        assert_eq!(answer["error"], Value::Null, "{method}");
        answer["result"].clone()
    }

    fn try_ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.next += 1;
        let number = self.next;
        let mut request = json!({ "id": number, "method": method, "params": parameters });
        if !self.session.is_null() {
            request["sessionId"] = self.session.clone();
        }
        let sent = write!(self.requests, "{request}\0").and_then(|()| self.requests.flush());
        sent.expect("the browser reads");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.receive(deadline);
            let message = message.unwrap_or_else(|| panic!("there is no answer to {method}"));
            if message["id"] == number {
                return message;
            }
        }
    }

    /// The next message, if one comes in time.
    fn receive(&mut self, deadline: Instant) -> Option<Value> {
        let left = deadline.saturating_duration_since(Instant::now());
        let message = self.messages.recv_timeout(left).ok()?;
        let method = message["method"].as_str().unwrap_or_default();
        self.has_changed |= method == "Page.loadEventFired" || method == "Runtime.bindingCalled";
        Some(message)
    }

    /// Opens an address.
    pub(crate) fn open(&mut self, url: &str) {
        self.ask("Page.navigate", &json!({ "url": url }));
    }

    /// What an expression gives in the page; `null` if the page goes away meanwhile.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true });
        let answer = self.try_ask("Runtime.evaluate", &parameters);
        answer["result"]["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page, looking at it after each change.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.has_changed = false;
            if self.evaluate(expression) == json!(true) {
                return;
            }
            while !self.has_changed {
                if self.receive(deadline).is_none() {
                    let shown = self.evaluate("document.documentElement.outerHTML");
                    panic!("it did not come to {expression}; the page is {shown}");
                }
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
