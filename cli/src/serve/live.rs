//! Live reload: what open pages are told, and what is put into each page.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::broadcast;

use crate::serve::html;
use crate::serve::overlay::{self, Refusal};

/// The path of the event stream.
pub(crate) const PATH: &str = "/_hotplate/events";

const SCRIPT: &str = include_str!("live.js");

/// Messages that a slow page may be behind before it is told to reload instead.
const BACKLOG: usize = 64;

/// A message to an open page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) event: &'static str,
    /// A JSON object on one line.
    pub(crate) data: String,
}

/// What open pages have to know.
#[derive(Debug)]
pub(crate) struct Live {
    /// Tells this process from the one before, so that its pages reload.
    process: u128,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    version: u64,
    /// Changes with whatever the dashboard shows.
    moment: u64,
    /// What the host refused, until it is right.
    host: Option<Refusal>,
    /// What is wrong with the site's files, until they are right.
    content: Option<Refusal>,
    /// Nothing once the server closes.
    sender: Option<broadcast::Sender<Message>>,
}

#[derive(Serialize)]
struct Version<'a> {
    version: &'a str,
    moment: &'a str,
}

#[derive(Serialize)]
struct Overlay<'a> {
    html: &'a str,
    moment: &'a str,
}

#[derive(Serialize)]
struct Moment<'a> {
    moment: &'a str,
}

impl Live {
    pub(crate) fn new() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            process: started.map_or(0, |since| since.as_nanos()),
            state: Mutex::new(State {
                version: 1,
                moment: 1,
                host: None,
                content: None,
                sender: Some(broadcast::Sender::new(BACKLOG)),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// New code is current: pages load again.
    pub(crate) fn published(&self) {
        self.reload(&mut self.lock());
    }

    /// Files of the site changed and are right: pages load again.
    pub(crate) fn content_changed(&self) {
        let mut state = self.lock();
        state.content = None;
        self.reload(&mut state);
    }

    /// What the host refused is right now, but for `outstanding`.
    pub(crate) fn resolved(&self, outstanding: Option<Refusal>) {
        let mut state = self.lock();
        state.host = outstanding;
        self.tell(&mut state);
    }

    /// The host refused a change.
    pub(crate) fn rejected(&self, refusal: Refusal) {
        let mut state = self.lock();
        state.host = Some(refusal);
        self.tell(&mut state);
    }

    /// The site's files have mistakes.
    pub(crate) fn content_rejected(&self, refusal: Refusal) {
        let mut state = self.lock();
        state.content = Some(refusal);
        self.tell(&mut state);
    }

    /// Something happened that only the dashboard shows.
    pub(crate) fn noted(&self) {
        let mut state = self.lock();
        state.moment += 1;
        let moment = self.moment_of(&state);
        send(&state, message("noted", &Moment { moment: &moment }));
    }

    /// What is refused now.
    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        self.lock().refusals().cloned().collect()
    }

    /// Ends the event streams of all pages.
    pub(crate) fn close(&self) {
        self.lock().sender = None;
    }

    fn reload(&self, state: &mut State) {
        state.version += 1;
        state.moment += 1;
        send(state, self.version_message("reload", state));
    }

    fn tell(&self, state: &mut State) {
        state.moment += 1;
        let overlay = self.overlay_message(state);
        send(
            state,
            overlay.unwrap_or_else(|| self.version_message("cleared", state)),
        );
    }

    fn version_of(&self, state: &State) -> String {
        format!("{:x}-{}", self.process, state.version)
    }

    fn moment_of(&self, state: &State) -> String {
        format!("{:x}-{}", self.process, state.moment)
    }

    fn version_message(&self, event: &'static str, state: &State) -> Message {
        let (version, moment) = (self.version_of(state), self.moment_of(state));
        let content = Version {
            version: &version,
            moment: &moment,
        };
        message(event, &content)
    }

    fn overlay_message(&self, state: &State) -> Option<Message> {
        let (html, moment) = (state.overlay()?, self.moment_of(state));
        let content = Overlay {
            html: &html,
            moment: &moment,
        };
        Some(message("rejected", &content))
    }

    /// The version to give to a page, taken before the page is rendered: what changes
    /// meanwhile makes it load again.
    pub(crate) fn version(&self) -> String {
        let state = self.lock();
        self.version_of(&state)
    }

    /// The same for the dashboard, which also shows what changes no page.
    pub(crate) fn moment(&self) -> String {
        let state = self.lock();
        self.moment_of(&state)
    }

    /// What a page is told first, and what comes after; nothing if the server closes.
    pub(crate) fn subscribe(&self) -> Option<(Vec<Message>, broadcast::Receiver<Message>)> {
        let state = self.lock();
        let receiver = state.sender.as_ref()?.subscribe();
        let mut first = vec![self.version_message("hello", &state)];
        first.extend(self.overlay_message(&state));
        Some((first, receiver))
    }

    /// The message for a page that missed some.
    pub(crate) fn missed(&self) -> Message {
        self.version_message("reload", &self.lock())
    }

    /// Puts the script into a page, and the overlay if something is rejected.
    pub(crate) fn equip(&self, page: &mut String, version: &str) {
        let mut addition = String::new();
        if let Some(html) = self.lock().overlay() {
            addition.push_str("<div id=\"hotplate-overlay\"><template shadowrootmode=\"open\">\n");
            addition.push_str(&html);
            addition.push_str("</template></div>\n");
        }
        let version = html::escape(version);
        addition.push_str(&format!(
            "<script data-version=\"{version}\">\n{SCRIPT}</script>\n"
        ));
        html::inject(page, &addition);
    }

    /// Puts the script into the dashboard, which shows rejections itself and loads again at
    /// every moment that differs from `moment`.
    pub(crate) fn equip_dashboard(&self, page: &mut String, moment: &str, nonce: &str) {
        let (moment, nonce) = (html::escape(moment), html::escape(nonce));
        let script =
            format!("<script nonce=\"{nonce}\" data-moment=\"{moment}\">\n{SCRIPT}</script>\n");
        html::inject(page, &script);
    }
}

impl State {
    fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        [&self.host, &self.content].into_iter().flatten()
    }

    fn overlay(&self) -> Option<String> {
        let refusals: Vec<&Refusal> = self.refusals().collect();
        (!refusals.is_empty()).then(|| overlay::render(&refusals))
    }
}

fn send(state: &State, message: Message) {
    if let Some(sender) = &state.sender {
        // An error says that no page is open.
        let _ = sender.send(message);
    }
}

fn message(event: &'static str, data: &impl Serialize) -> Message {
    Message {
        event,
        data: serde_json::to_string(data).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(stage: &str) -> Refusal {
        Refusal {
            stage: stage.to_owned(),
            plugin: None,
            problems: Vec::new(),
            serving: 1,
        }
    }

    fn received(receiver: &mut broadcast::Receiver<Message>) -> Vec<&'static str> {
        std::iter::from_fn(|| receiver.try_recv().ok())
            .map(|message| message.event)
            .collect()
    }

    fn equipped(live: &Live) -> String {
        let mut page = "<body></body>".to_owned();
        live.equip(&mut page, &live.version());
        page
    }

    #[test]
    fn pages_are_told_what_happens() {
        let live = Live::new();
        let (first, mut receiver) = live.subscribe().expect("the server is open");
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].event, "hello");
        live.published();
        live.rejected(refusal("template"));
        live.content_rejected(refusal("content"));
        live.resolved(None);
        live.content_changed();
        let expected = ["reload", "rejected", "rejected", "rejected", "reload"];
        assert_eq!(received(&mut receiver), expected);
    }

    #[test]
    fn a_resolved_rejection_clears_the_overlay_without_a_reload() {
        let live = Live::new();
        let (_, mut receiver) = live.subscribe().expect("the server is open");
        live.rejected(refusal("template"));
        live.resolved(None);
        assert_eq!(received(&mut receiver), ["rejected", "cleared"]);
        assert!(!equipped(&live).contains("hotplate-overlay\"><template"));
    }

    #[test]
    fn a_page_that_comes_late_gets_the_overlay_at_once() {
        let live = Live::new();
        live.rejected(refusal("template"));
        let (first, _) = live.subscribe().expect("the server is open");
        assert_eq!(first[1].event, "rejected");
        assert!(equipped(&live).contains("<strong>template</strong>"));
        live.published();
        assert!(equipped(&live).contains("<strong>template</strong>"));
        live.resolved(Some(refusal("build")));
        assert!(equipped(&live).contains("<strong>build</strong>"));
        live.resolved(None);
        assert!(!equipped(&live).contains("hotplate-overlay\"><template"));
    }

    #[test]
    fn each_change_gives_another_version() {
        let live = Live::new();
        let before = live.version();
        live.published();
        assert_ne!(live.version(), before);
        assert!(equipped(&live).contains(&live.version()));
    }

    #[test]
    fn the_dashboard_is_told_of_everything_and_pages_are_not() {
        let live = Live::new();
        let (_, mut receiver) = live.subscribe().expect("the server is open");
        let version = live.version();
        let mut moments = vec![live.moment()];
        live.noted();
        moments.push(live.moment());
        live.rejected(refusal("template"));
        moments.push(live.moment());
        live.resolved(None);
        moments.push(live.moment());
        assert_eq!(live.version(), version);
        live.published();
        moments.push(live.moment());
        moments.dedup();
        assert_eq!(moments.len(), 5);
        let expected = ["noted", "rejected", "cleared", "reload"];
        assert_eq!(received(&mut receiver), expected);
    }

    #[test]
    fn the_dashboard_has_the_script_and_no_overlay() {
        let live = Live::new();
        live.rejected(refusal("template"));
        let mut page = "<body></body>".to_owned();
        live.equip_dashboard(&mut page, "a-1", "n");
        assert!(page.contains("<script nonce=\"n\" data-moment=\"a-1\">"));
        assert!(!page.contains("<strong>template"), "{page}");
        assert_eq!(live.refusals(), [refusal("template")]);
    }

    #[test]
    fn closing_ends_the_streams() {
        let live = Live::new();
        let (_, mut receiver) = live.subscribe().expect("the server is open");
        live.close();
        assert_eq!(
            receiver.try_recv(),
            Err(broadcast::error::TryRecvError::Closed)
        );
        assert!(live.subscribe().is_none());
    }
}
