//! What is around every answer of the gateway: headers for browsers, compression, and pages of other origins.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER,
    SET_COOKIE,
};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::middleware::{self, Next};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::server::{Origin, TOLD_ALWAYS, TOLD_OVER_TLS};
use sha2::{Digest, Sha256};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// An answer that is shorter than this is not worth the work.
const WORTH_COMPRESSING: u64 = 1024;

/// How long a browser remembers that a page of another origin may call.
const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(600);

/// Where somebody signs in. What is secret there stands beside what whoever asks has chosen, and the length of both
/// together, compressed, would tell how much they are alike (BREACH).
const SECRET: [&str; 7] = [
    "/api/sessions",
    "/api/accounts",
    "/api/phone-codes",
    "/api/operations/gateway/accounts",
    "/sign-in",
    "/sign-up",
    "/account",
];

/// What a browser is told with every answer that does not say it otherwise.
static USUAL: LazyLock<[(HeaderName, HeaderValue); 8]> =
    LazyLock::new(|| TOLD_ALWAYS.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));

/// Puts around `router` what every answer has; pages of the origins `callers` may call it.
pub(crate) fn all(router: Router, callers: Vec<HeaderValue>) -> Router {
    let worth = SizeAbove::new(WORTH_COMPRESSING)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES)
        .and(sets_no_cookie);
    let compressing = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth);
    let router = router.layer(compressing);
    let router = if callers.is_empty() { router } else { router.layer(other_origins(callers)) };
    router.layer(middleware::from_fn(dressed))
}

/// The hash by which a policy knows a style or script that is in the page.
pub(crate) fn known_by(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content.as_bytes())))
}

fn sets_no_cookie(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(SET_COOKIE)
}

/// Credentials are not among what is allowed: who calls from elsewhere shows a bearer token and no cookie.
fn other_origins(callers: Vec<HeaderValue>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(callers))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            ACCEPT,
            ACCEPT_LANGUAGE,
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([
            LOCATION,
            RETRY_AFTER,
            HeaderName::from_static("idempotency-replayed"),
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(REMEMBERED)
}

async fn dressed(mut request: Request, next: Next) -> Response {
    let secure = request.extensions().get::<Origin>().is_some_and(Origin::is_secure);
    let path = request.uri().path();
    if SECRET.iter().any(|start| path.starts_with(start)) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in &*USUAL {
        if !headers.contains_key(name) {
            headers.insert(name, value.clone());
        }
    }
    if secure {
        let (name, value) = TOLD_OVER_TLS;
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
