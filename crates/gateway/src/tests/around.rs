use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, SET_COOKIE};

use super::*;
use crate::around::known_by;

/// A gateway before one app, whose answers are long.
fn before_an_app(callers: &[&'static str]) -> Router {
    let long = "배달 ".repeat(1_000);
    let stream = async || ([(CONTENT_TYPE, "text/event-stream")], "data: 배달\n\n".repeat(200));
    let page = async || ([("content-security-policy", "default-src 'self'"), ("cache-control", "max-age=60")], "page");
    let cookie = long.clone();
    let app = Router::new()
        .route("/pay/failed", get(stream))
        .route("/stores/1", get(async || "short"))
        .route("/pay/return", get(page))
        .route("/stores/2", get(async move || ([(SET_COOKIE, "a=b")], cookie)))
        .fallback(async move || long.clone());
    let callers = callers.iter().map(|origin| HeaderValue::from_static(origin)).collect();
    let options = Options { callers, ..options(&Shutdown::new()) };
    router(BTreeMap::from([(Context::App, Upstream::Local(app))]), options)
}

async fn headers_of(gateway: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> HeaderMap {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    gateway.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().headers().clone()
}

#[tokio::test]
async fn every_answer_tells_browsers_to_take_it_for_no_more_than_it_is() {
    let gateway = before_an_app(&[]);
    for path in
        ["/", "/api/status", "/api/stores", "/api/nowhere", "/nowhere", "/health/live", "/metrics", "/pay/failed"]
    {
        let headers = headers_of(&gateway, "GET", path, &[]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(self), microphone=(), usb=()"),
            ("cache-control", "no-store"),
        ] {
            let values: Vec<_> = headers.get_all(name).iter().collect();
            let is_stream = path == "/pay/failed" && name == "cache-control";
            assert!(values == [value] || is_stream, "{path} {name} {values:?}");
        }
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!headers.contains_key("strict-transport-security") && !headers.contains_key("server"));
    }
    let own = headers_of(&gateway, "GET", "/pay/return", &[]).await;
    assert_eq!(
        (&own["content-security-policy"], &own["cache-control"]),
        (&"default-src 'self'".parse().unwrap(), &"max-age=60".parse().unwrap())
    );
}

#[tokio::test]
async fn only_those_who_are_seen_over_tls_say_that_they_are_there_by_tls_alone() {
    let gateway = before_an_app(&[]);
    for (origin, told) in [("https://baedal.example", true), ("http://baedal.example", false)] {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        request.extensions_mut().insert(platform::server::Origin::parse(origin).unwrap());
        let response = gateway.clone().oneshot(request).await.unwrap();
        let header = response.headers().get("strict-transport-security");
        assert_eq!(header.is_some_and(|value| value == "max-age=31536000"), told, "{origin}");
    }
}

#[tokio::test]
async fn the_start_page_has_one_style_and_the_policy_knows_it() {
    let page = got(&before_an_app(&[]), "/").await;
    let (_, rest) = page.text.split_once("<style>").unwrap();
    let (style, rest) = rest.split_once("</style>").unwrap();
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("style-src {};", known_by(style))), "{policy}");
    for inline in ["<style", "style=", "<script", " onclick", " onload", "javascript:"] {
        assert!(!rest.contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn long_answers_are_compressed_as_whoever_asks_can_read_them() {
    let gateway = before_an_app(&[]);
    for (asked, coded) in [("gzip", Some("gzip")), ("zstd, gzip;q=0.5", Some("zstd")), ("identity", None), ("br", None)]
    {
        let headers = headers_of(&gateway, "GET", "/api/stores", &[(ACCEPT_ENCODING.as_str(), asked)]).await;
        assert_eq!(headers.get("content-encoding").map(|value| value.to_str().unwrap()), coded, "{asked}");
        let varies = headers.get_all("vary").iter().any(|value| value == "accept-encoding");
        assert!(varies, "a cache has to know");
    }
}

#[tokio::test]
async fn streams_short_answers_and_what_stands_beside_a_secret_are_not_compressed() {
    let gateway = before_an_app(&[]);
    for path in ["/pay/failed", "/api/stores/1", "/api/stores/2", "/api/sessions", "/api/sessions/current"] {
        let headers = headers_of(&gateway, "GET", path, &[(ACCEPT_ENCODING.as_str(), "gzip, zstd")]).await;
        assert!(!headers.contains_key("content-encoding"), "{path}");
    }
}

const PREFLIGHT: [(&str, &str); 2] =
    [("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];

fn allowed(headers: &HeaderMap) -> Vec<&str> {
    let names = headers.keys().filter(|name| name.as_str().starts_with("access-control-allow"));
    let mut names: Vec<_> = names.map(|name| name.as_str().trim_start_matches("access-control-allow-")).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn no_page_of_another_origin_may_call_unless_it_is_named() {
    let closed = before_an_app(&[]);
    let open = before_an_app(&["https://shop.example"]);
    let shop = ("origin", "https://shop.example");
    let nothing: [&str; 0] = [];
    assert_eq!(allowed(&headers_of(&closed, "GET", "/api/stores", &[shop]).await), nothing);
    assert_eq!(
        allowed(&headers_of(&closed, "OPTIONS", "/api/stores", &[shop, PREFLIGHT[0], PREFLIGHT[1]]).await),
        nothing
    );
    let headers = headers_of(&open, "GET", "/api/stores", &[shop]).await;
    assert_eq!(
        (allowed(&headers), &headers["access-control-allow-origin"]),
        (vec!["origin"], &"https://shop.example".parse().unwrap())
    );
    assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("location"));
    let headers = headers_of(&open, "OPTIONS", "/api/stores", &[shop, PREFLIGHT[0], PREFLIGHT[1]]).await;
    assert_eq!(allowed(&headers), ["headers", "methods", "origin"], "and no credentials: cookies do not count");
    assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    for other in [
        "https://shop.example.evil.example",
        "http://shop.example",
        "https://shop.example:444",
        "https://SHOP.example",
        "null",
        "*",
    ] {
        let headers = headers_of(&open, "GET", "/api/stores", &[("origin", other)]).await;
        assert!(!headers.contains_key("access-control-allow-origin"), "{other}");
        assert!(headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin")));
    }
}
