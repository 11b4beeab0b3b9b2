//! Who may see the dashboard, and who may roll back with it.
//!
//! Other sites can make a browser send requests to this machine. They cannot read the answers,
//! and so not the token, unless a name of theirs leads here (DNS rebinding): only requests to
//! an address, or to `localhost`, are answered.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, header};

/// The rules, and the secret of this process.
#[derive(Debug)]
pub(crate) struct Guard {
    token: String,
    /// The address that the server listens on.
    own: IpAddr,
    /// Whether other machines may do what this one may.
    lets_in_others: bool,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It comes from another machine.
    OtherMachine,
    /// It was sent to a name.
    Name,
    /// It was sent by another site.
    OtherSite,
    /// It does not bring the token.
    Token,
}

impl Refused {
    /// What to say, in a sentence or two.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::OtherMachine => {
                "The dashboard answers the machine that it runs on. Start the server with \
                 --remote-dashboard to let others in."
            }
            Self::Name => {
                "The dashboard is found at an IP address or at localhost, not at another name, \
                 since names can be made to lead anywhere."
            }
            Self::OtherSite => "The request was sent by another site.",
            Self::Token => {
                "The form is not of this run of the server. Load the dashboard again, and then \
                 try again."
            }
        }
    }
}

impl Guard {
    pub(crate) fn new(own: IpAddr, lets_in_others: bool) -> Self {
        Self {
            token: secret(),
            own,
            lets_in_others,
        }
    }

    /// What a form has to bring.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a request may see the dashboard.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn check(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), Refused> {
        let peer = peer.to_canonical();
        let is_near = peer.is_loopback() || peer == self.own.to_canonical();
        if !is_near && !self.lets_in_others {
            return Err(Refused::OtherMachine);
        }
        let host = text(headers, &header::HOST).ok_or(Refused::Name)?;
        if is_address(host) {
            Ok(())
        } else {
            Err(Refused::Name)
        }
    }

    /// Whether a form that brings `token` may be obeyed.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn check_form(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        token: &str,
    ) -> Result<(), Refused> {
        self.check(peer, headers)?;
        let site = headers.get("sec-fetch-site");
        if site.is_some_and(|site| site != "same-origin") {
            return Err(Refused::OtherSite);
        }
        if headers.contains_key(header::ORIGIN) {
            let origin = text(headers, &header::ORIGIN);
            let origin = origin.and_then(|origin| Some(origin.split_once("://")?.1));
            if origin != text(headers, &header::HOST) {
                return Err(Refused::OtherSite);
            }
        }
        if is_same(token, &self.token) {
            Ok(())
        } else {
            Err(Refused::Token)
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a `Host` is an IP address or `localhost`, with or without a port.
fn is_address(host: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let is_here = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok();
    is_here && is_port(port)
}

/// Compares all of both, so that the time says nothing about where they differ.
fn is_same(found: &str, expected: &str) -> bool {
    let differing = found.bytes().zip(expected.bytes());
    found.len() == expected.len() && differing.fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// 128 bits that nobody can guess: the standard library keys its hashers with random numbers
/// of the system.
pub(crate) fn secret() -> String {
    let bits = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", bits(), bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(entries: &[(&'static str, &str)]) -> HeaderMap {
        let entries = entries.iter();
        let entries = entries.map(|(name, value)| {
            let name = header::HeaderName::from_static(name);
            (name, value.parse().expect("a header's value"))
        });
        entries.collect()
    }

    #[test]
    fn names_of_others_are_not_addresses() {
        let cases = [
            ("127.0.0.1:8000", true),
            ("127.0.0.1", true),
            ("[::1]:8000", true),
            ("[::1]", true),
            ("localhost:80", true),
            ("LOCALHOST", true),
            ("192.168.1.5:8000", true),
            ("evil.example:8000", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("127.0.0.1:8000@evil.example", false),
            ("[::1]evil.example", false),
            ("[::1", false),
            ("", false),
        ];
        for (host, expected) in cases {
            assert_eq!(is_address(host), expected, "{host}");
        }
    }

    #[test]
    fn only_this_machine_gets_in_unless_others_are_let_in() {
        let localhost = "127.0.0.1".parse().expect("an address");
        let (any, own) = ("0.0.0.0", "192.168.1.5");
        let cases = [
            ("127.0.0.1", any, false, true),
            ("::1", any, false, true),
            ("::ffff:127.0.0.1", any, false, true),
            ("192.168.1.5", any, false, false),
            ("192.168.1.5", any, true, true),
            ("192.168.1.5", own, false, true),
            ("192.168.1.6", own, false, false),
        ];
        let to_here = headers(&[("host", "127.0.0.1:8000")]);
        for (peer, own, lets_in_others, expected) in cases {
            let guard = Guard::new(own.parse().expect("an address"), lets_in_others);
            let found = guard.check(peer.parse().expect("an address"), &to_here);
            assert_eq!(found.is_ok(), expected, "{peer} {own} {lets_in_others}");
        }
        let guard = Guard::new(localhost, true);
        let to_name = headers(&[("host", "evil.example")]);
        assert_eq!(guard.check(localhost, &to_name), Err(Refused::Name));
        assert_eq!(guard.check(localhost, &headers(&[])), Err(Refused::Name));
    }

    #[test]
    fn forms_of_others_are_refused() {
        let localhost = "127.0.0.1".parse().expect("an address");
        let guard = Guard::new(localhost, false);
        let host = ("host", "127.0.0.1:8000");
        let check = |more: &[(&'static str, &str)], token: &str, expected| {
            let all = [&[host], more].concat();
            let found = guard.check_form(localhost, &headers(&all), token);
            assert_eq!(found, expected, "{more:?}");
        };
        let token = guard.token();
        let own = ("origin", "http://127.0.0.1:8000");
        check(&[], token, Ok(()));
        check(&[own], token, Ok(()));
        check(&[own, ("sec-fetch-site", "same-origin")], token, Ok(()));
        for other in ["cross-site", "same-site", "none"] {
            check(
                &[own, ("sec-fetch-site", other)],
                token,
                Err(Refused::OtherSite),
            );
        }
        for other in ["http://evil.example", "null", "http://127.0.0.1:8001"] {
            check(&[("origin", other)], token, Err(Refused::OtherSite));
        }
        for wrong in ["", &token[1..], "00000000000000000000000000000000"] {
            check(&[own], wrong, Err(Refused::Token));
        }
    }

    #[test]
    fn each_secret_is_another() {
        assert_eq!(secret().len(), 32);
        assert_ne!(secret(), secret());
    }
}
