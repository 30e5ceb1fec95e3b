//! By which name a browser reaches us.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Once;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use platform::config::Sessions;
use platform::server::Origin;

/// Where a browser reaches us, as the door saw it.
pub(crate) struct Reached {
    origin: Option<Origin>,
    /// Whether the browser itself asked for that name, and no setting or proxy says it in its place.
    is_asked_for: bool,
    /// Whether the browser takes the address for one that nobody listens to.
    is_trusted: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Reached {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Browsers send it to such addresses alone. A proxy may speak TLS for us that the door does not know of.
        let is_trusted = parts.headers.contains_key("sec-fetch-site");
        let origin: Option<Origin> = parts.extensions.get().cloned();
        let asked_for = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let is_asked_for = origin.as_ref().map(Origin::host) == asked_for;
        Ok(Self { origin, is_asked_for, is_trusted })
    }
}

impl Reached {
    /// Whether the browser drops the session that it is given; the first time the log says so too.
    pub(crate) fn loses_sessions(&self, sessions: &Sessions) -> bool {
        let is_plain = |origin: &Origin| !origin.is_secure() && !is_this_machine(origin);
        let loses = !sessions.insecure_cookies && !self.is_trusted && self.origin.as_ref().is_some_and(is_plain);
        if loses {
            tell_of_lost_sessions();
        }
        loses
    }

    /// Whether `other` is this machine too, by another name than the browser knows: what it keeps for one name it does
    /// not bring to the other. Only where it asked for the one, and at the same port, so that neither a setting nor a proxy
    /// that changes the name leads it in circles.
    pub(crate) fn is_beside(&self, other: &Origin) -> bool {
        let Some(own) = self.origin.as_ref().filter(|_| self.is_asked_for) else { return false };
        let is_same = own.is_secure() == other.is_secure() && port(own) == port(other);
        is_same && is_this_machine(own) && is_this_machine(other) && name(own) != name(other)
    }
}

fn tell_of_lost_sessions() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(
            "somebody wants to sign in over plain HTTP, where browsers keep no session: \
             serve TLS, or set sessions.insecure_cookies in a network that is trusted"
        );
    });
}

/// Whether browsers take the name of `origin` for the machine that they run on.
fn is_this_machine(origin: &Origin) -> bool {
    let Some(name) = name(origin) else { return false };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || name.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn name(origin: &Origin) -> Option<String> {
    origin.host().parse().ok().map(|authority: Authority| authority.host().to_ascii_lowercase())
}

fn port(origin: &Origin) -> u16 {
    let port = origin.host().parse().ok().and_then(|authority: Authority| authority.port_u16());
    port.unwrap_or(if origin.is_secure() { 443 } else { 80 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(origin: &str) -> Reached {
        Reached { origin: Origin::parse(origin), is_asked_for: true, is_trusted: false }
    }

    #[test]
    fn browsers_lose_sessions_over_plain_http_from_anywhere_but_this_machine() {
        let (secure, plain) = (Sessions::default(), Sessions { insecure_cookies: true, ..Sessions::default() });
        for lost in ["http://baedal.lan", "http://192.168.0.7:8088", "http://localhost.lan:8088", "http://[fd00::7]:80"]
        {
            assert!(at(lost).loses_sessions(&secure), "{lost}");
            assert!(!at(lost).loses_sessions(&plain), "{lost}: they are let keep it");
            let trusting = Reached { is_trusted: true, ..at(lost) };
            assert!(!trusting.loses_sessions(&secure), "{lost}: to the browser it is TLS");
        }
        for kept in [
            "https://baedal.example",
            "http://LOCALHOST:8088",
            "http://shop.localhost:8088",
            "http://127.0.0.1:8088",
            "http://127.1.2.3",
            "http://[::1]:8088",
        ] {
            assert!(!at(kept).loses_sessions(&secure), "{kept}");
        }
    }

    #[test]
    fn only_another_name_of_this_machine_and_the_same_port_is_beside() {
        let redirect = Origin::parse("http://127.0.0.1:8088").unwrap();
        for beside in ["http://localhost:8088", "http://shop.localhost:8088", "http://[::1]:8088"] {
            assert!(at(beside).is_beside(&redirect), "{beside}");
        }
        for not in [
            "http://127.0.0.1:8088",
            "http://localhost:3000",
            "http://localhost",
            "https://localhost:8088",
            "http://baedal.lan:8088",
            "http://192.168.0.7:8088",
        ] {
            assert!(!at(not).is_beside(&redirect), "{not}");
        }
        assert!(!at("http://localhost:8088").is_beside(&Origin::parse("http://baedal.lan:8088").unwrap()));
        assert!(at("http://localhost").is_beside(&Origin::parse("http://127.0.0.1:80").unwrap()));
        let told = Reached { is_asked_for: false, ..at("http://localhost:8088") };
        assert!(!told.is_beside(&redirect), "the browser may be there already");
        assert!(!at("").is_beside(&redirect), "nobody knows where that is");
    }
}
