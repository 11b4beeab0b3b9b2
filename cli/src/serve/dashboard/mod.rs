//! The dashboard at `/_hotplate`: what the host does, and a way back.
//!
//! Its page is a plugin of its own, in a host of its own, so that it is not among what the
//! user serves, and serves on when nothing else does.

mod chart;
mod guard;
mod record;
mod view;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use hotplate::{Error, Host, TypedTemplate};

pub(crate) use guard::{Guard, Refused};
pub(crate) use record::Record;

use crate::failure::with_sources;
use crate::serve::live::Live;

/// Where it is.
pub(crate) const PATH: &str = "/_hotplate";

/// Where it is, too.
pub(crate) const PATH_WITH_SLASH: &str = "/_hotplate/";

/// Where its forms go.
pub(crate) const ROLLBACK_PATH: &str = "/_hotplate/rollback";

/// The dashboard of one server.
#[derive(Debug)]
pub(crate) struct Dashboard {
    /// Keeps the template alive.
    _host: Host,
    page: TypedTemplate<dashboard::Dashboard>,
    record: Arc<Record>,
    guard: Guard,
}

/// A rendered dashboard.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// What the scripts and styles of the page have.
    pub(crate) nonce: String,
}

impl Dashboard {
    /// Sets up the dashboard of what `record` remembers.
    ///
    /// # Errors
    ///
    /// If its plugin cannot be used, which would be a mistake in this program.
    pub(crate) fn new(record: Arc<Record>, guard: Guard) -> Result<Self, Error> {
        let host = Host::builder().linked(dashboard::PLUGIN).start()?;
        Ok(Self {
            page: host.typed("dashboard")?,
            _host: host,
            record,
            guard,
        })
    }

    /// Whether a request may see it.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn check(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), Refused> {
        self.guard.check(peer, headers)
    }

    /// Renders the page for `host`, with the answer to a form if its number is given.
    ///
    /// # Errors
    ///
    /// If rendering fails, which would be a mistake in the template.
    pub(crate) fn render(
        &self,
        host: &Host,
        live: &Live,
        answer: Option<u64>,
    ) -> Result<Rendered, Error> {
        let nonce = guard::secret();
        let moment = live.moment();
        let refusals = live.refusals();
        let request = view::Request {
            token: self.guard.token(),
            nonce: &nonce,
            answer,
            refusals: &refusals,
        };
        let mut text = self
            .page
            .render(&view::page(host, &self.record, &request))?;
        live.equip_dashboard(&mut text, &moment, &nonce);
        Ok(Rendered { text, nonce })
    }

    /// Does what a form asks for, and keeps an answer; gives its number.
    ///
    /// # Errors
    ///
    /// If the form is not to be believed.
    pub(crate) fn roll_back(
        &self,
        host: &Host,
        peer: IpAddr,
        headers: &HeaderMap,
        form: &str,
    ) -> Result<u64, Refused> {
        let token = field(form, "token").unwrap_or_default();
        self.guard.check_form(peer, headers, token)?;
        let wanted = field(form, "generation").unwrap_or_default();
        let Ok(generation) = wanted.parse::<u64>() else {
            let text = "The form names no generation.".to_owned();
            return Ok(self.record.answer(false, text, host.generation()));
        };
        let (is_done, text, serving) = match host.rollback_to(generation) {
            Ok(receipt) => {
                self.record.published(&receipt);
                let changes = receipt.changes.len();
                let plural = if changes == 1 { "" } else { "s" };
                let text = format!(
                    "Went back to generation {generation}, which is now generation {}: {changes} \
                     unit{plural} in {} ms.",
                    receipt.generation,
                    chart::shown(receipt.timings.total),
                );
                (true, text, receipt.generation)
            }
            Err(error) => (
                false,
                format!(
                    "Could not go back to generation {generation}: {}",
                    with_sources(&error)
                ),
                host.generation(),
            ),
        };
        Ok(self.record.answer(is_done, text, serving))
    }

    /// Takes note of a page that could not be rendered.
    pub(crate) fn page_failed(&self, path: &str, failure: String) {
        self.record.page_failed(path, failure);
    }
}

/// The field of a form or query whose values need no decoding.
pub(crate) fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = form.split('&').filter_map(|field| field.split_once('='));
    fields.find(|(own, _)| *own == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_fields() {
        let cases = [
            ("a=1&b=2", "b", Some("2")),
            ("a=1", "b", None),
            ("b", "b", None),
            ("b=", "b", Some("")),
            ("", "b", None),
        ];
        for (form, name, expected) in cases {
            assert_eq!(field(form, name), expected, "{form}");
        }
    }

    fn dashboard_of(record: &Arc<Record>) -> Dashboard {
        let guard = Guard::new(IpAddr::from([127, 0, 0, 1]), false);
        Dashboard::new(record.clone(), guard).expect("the plugin is right")
    }

    #[test]
    fn shows_who_holds_what_and_what_plugins_keep() {
        let record = Arc::new(Record::default());
        let shown = dashboard_of(&record);
        let host = Host::builder().linked(dashboard::PLUGIN).start();
        let host = host.expect("it needs nothing");
        let _pins = [host.pin(), host.pin()];
        let request = view::Request {
            token: "t",
            nonce: "n",
            answer: None,
            refusals: &[],
        };
        let mut page = view::page(&host, &record, &request);
        page.states.push(dashboard::State {
            name: "shop::Cart".to_owned(),
            version: 2,
            instances: 3,
            is_in_use: false,
            value: "<b>".to_owned(),
        });
        let text = shown.page.render(&page).expect("it renders");
        for part in [
            "<th scope=\"row\">1</th><td class=\"figure\">2</td><td class=\"figure\">0</td><td>serves</td>",
            "<code>shop::Cart</code>",
            "version 2, 3 instances, not in use",
            "&lt;b&gt;</pre>",
            "<code>dashboard.html</code>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_host_without_history_can_be_shown() {
        let record = Arc::new(Record::default());
        record.page_failed("/<script>", "<script>alert(1)</script>".to_owned());
        let shown = dashboard_of(&record);
        let host = Host::builder().start().expect("it needs nothing");
        let live = Live::new();
        let page = shown.render(&host, &live, None).expect("it renders").text;
        for part in [
            "There are no units.",
            "Nothing is refused",
            "/&lt;script&gt; could not be rendered",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("<script>"), "{page}");
    }
}
