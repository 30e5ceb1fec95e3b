//! Signing in, up and out for people with a browser: plain forms without script, Korean first.

mod account;
mod device;
mod frame;
mod kakao;
mod sign_in;
mod sign_up;
mod told;

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::{IntoResponse, Response};
use platform::extract::RawBody;
use platform::problem::Problem;
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::frame::Frame;
pub(crate) use self::told::again;
use super::cookies;
use crate::Gateway;
use crate::accounts::SignedIn;

/// The longest address that somebody is led back to.
const LONGEST_NEXT: usize = 512;

pub(super) fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::show, sign_in::act))
        .routes(routes!(kakao::begin))
        .routes(routes!(kakao::come_back))
        .routes(routes!(sign_up::show, sign_up::act))
        .routes(routes!(account::sign_out))
        .routes(routes!(account::show))
        .routes(routes!(account::change_password, account::lead_back))
        .routes(routes!(account::sign_out_elsewhere))
}

/// What a form says.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let RawBody(raw) = RawBody::from_request(request, state).await?;
        let read = serde_urlencoded::from_bytes(&raw);
        read.map(Self).map_err(|error| Problem::invalid_field("form", error))
    }
}

/// Leads to `to`.
fn go(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to), (CACHE_CONTROL, "no-store")]).into_response()
}

/// Leads somebody who has signed in to `to`, with the session in a cookie.
fn enter(gateway: &Gateway, signed: &SignedIn, to: &str) -> Response {
    let mut response = go(to);
    let sessions = gateway.accounts.settings();
    cookies::keep(response.headers_mut(), signed, sessions, signed.session.opened_at);
    response
}

/// The address that leads to Kakao, and from there to `next`.
fn by_kakao(next: &str) -> String {
    let asked = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    format!("/sign-in/kakao?{asked}")
}

/// Where somebody is led to after signing in: a page of ours, and nothing else.
fn local(next: &str) -> &str {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_local = next.starts_with('/') && !next.starts_with("//") && next.len() <= LONGEST_NEXT;
    if is_plain && is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away_from_here() {
        for good in ["/", "/account", "/o/k7q3?a=b&c=%20#d"] {
            assert_eq!(local(good), good);
        }
        let long = format!("/{}", "a".repeat(LONGEST_NEXT));
        for bad in [
            "",
            "account",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "https://elsewhere.example",
            "/\t/elsewhere",
            "javascript:alert(1)",
            "/\r\nSet-Cookie: a=b",
            "\\\\elsewhere",
            " //elsewhere",
            "/길",
            &long,
        ] {
            assert_eq!(local(bad), "/", "{bad}");
        }
    }
}
