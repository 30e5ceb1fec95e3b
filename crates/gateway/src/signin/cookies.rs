//! The cookie by which a browser shows its session.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use kernel::Time;
use platform::config::Sessions;

use crate::Gateway;
use crate::accounts::SignedIn;

/// Browsers take a cookie of this name only over TLS or from the machine itself, and only for this one host.
const SECURE: &str = "__Host-baedal";
/// Its name where browsers may send it over plain HTTP.
const PLAIN: &str = "baedal";

/// By which a browser is known that was sent to Kakao.
const ERRAND: (&str, &str) = ("__Host-baedal-kakao", "baedal-kakao");
/// How long it keeps that, in seconds.
const ERRAND_LASTS: i64 = 600;

/// By which the next page knows that a password was changed. No link can say so in its place.
const CHANGED: (&str, &str) = ("__Host-baedal-changed", "baedal-changed");
/// How long that page may take to come, in seconds.
const CHANGED_LASTS: i64 = 60;

const fn name(sessions: &Sessions) -> &'static str {
    of((SECURE, PLAIN), sessions)
}

const fn of((secure, plain): (&'static str, &'static str), sessions: &Sessions) -> &'static str {
    if sessions.insecure_cookies { plain } else { secure }
}

/// What the cookies of a request say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// Nothing of a session.
    Nothing,
    /// This token.
    Token(&'a str),
    /// Several, of which somebody else may have set one: none is believed.
    Several,
}

/// The session's token among the cookies of `headers`.
pub(crate) fn shown<'a>(headers: &'a HeaderMap, sessions: &Sessions) -> Shown<'a> {
    let mut tokens = pairs(headers).filter(|(key, _)| *key == name(sessions)).map(|(_, token)| token);
    match (tokens.next(), tokens.next()) {
        (None, _) => Shown::Nothing,
        (Some(token), None) => Shown::Token(token),
        (Some(_), Some(_)) => Shown::Several,
    }
}

/// Has the browser keep the session.
pub(crate) fn keep(headers: &mut HeaderMap, signed: &SignedIn, sessions: &Sessions, now: Time) {
    let age = signed.session.expires_at.duration_since(now).as_secs().max(0);
    put(headers, sessions, &signed.token, age);
}

/// Has the browser forget the session.
pub(crate) fn clear(headers: &mut HeaderMap, sessions: &Sessions) {
    put(headers, sessions, "", 0);
}

/// Has the browser bring `text` with it when it comes back from Kakao; an empty one is forgotten.
pub(crate) fn bring(headers: &mut HeaderMap, text: &str, sessions: &Sessions) {
    put_named(headers, of(ERRAND, sessions), sessions, text, if text.is_empty() { 0 } else { ERRAND_LASTS });
}

/// What a browser brings back from Kakao. The cookies of a request that the gateway itself answers are still there.
pub(crate) struct Brought(pub(crate) Option<String>);

impl FromRequestParts<Arc<Gateway>> for Brought {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Infallible> {
        // Only this one name: a neighbour's page can set the other, and have somebody end an errand that is not theirs.
        let own = of(ERRAND, gateway.accounts.settings());
        Ok(Self(pairs(&parts.headers).find(|(name, _)| *name == own).map(|(_, text)| text.to_owned())))
    }
}

/// Has the next page say that the password was changed.
pub(crate) fn tell_of_change(headers: &mut HeaderMap, sessions: &Sessions) {
    put_named(headers, of(CHANGED, sessions), sessions, "1", CHANGED_LASTS);
}

/// It is said once.
pub(crate) fn has_told_of_change(headers: &mut HeaderMap, sessions: &Sessions) {
    put_named(headers, of(CHANGED, sessions), sessions, "", 0);
}

/// Whether the page before this one changed the password.
pub(crate) struct Changed(pub(crate) bool);

impl FromRequestParts<Arc<Gateway>> for Changed {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Infallible> {
        let own = of(CHANGED, gateway.accounts.settings());
        Ok(Self(pairs(&parts.headers).any(|(name, _)| name == own)))
    }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

fn put(headers: &mut HeaderMap, sessions: &Sessions, token: &str, age: i64) {
    put_named(headers, name(sessions), sessions, token, age);
}

fn put_named(headers: &mut HeaderMap, name: &str, sessions: &Sessions, token: &str, age: i64) {
    let secure = if sessions.insecure_cookies { "" } else { "; Secure" };
    let cookie = format!("{name}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::try_from(cookie) {
        headers.append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn one_cookie_of_the_right_name_is_a_session_and_two_are_none() {
        let (secure, plain) = (Sessions::default(), Sessions { insecure_cookies: true, ..Sessions::default() });
        assert_eq!(shown(&headers(&["a=b; __Host-baedal=t; c=d"]), &secure), Shown::Token("t"));
        assert_eq!(shown(&headers(&["baedal=t"]), &secure), Shown::Nothing, "it came without protection");
        assert_eq!(shown(&headers(&["baedal=t"]), &plain), Shown::Token("t"));
        for twice in [&["__Host-baedal=t; __Host-baedal=u"][..], &["__Host-baedal=t", "__Host-baedal=u"]] {
            assert_eq!(shown(&headers(twice), &secure), Shown::Several);
        }
        assert_eq!(shown(&headers(&["", ";;=;__Host-baedal"]), &secure), Shown::Nothing);
    }
}
