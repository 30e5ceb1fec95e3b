//! Refusals of requests that no router gets to see: some are written by hand, where hyper has no request that it could
//! answer.

use std::time::Duration;

use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::Limits;
use super::client::REQUEST_ID;
use super::strict::Refused;
use super::wire::Wire;
use crate::clock::Clock;
use crate::problem::{PROBLEM_JSON, Problem};

/// What a browser is told with every answer that does not say it otherwise.
pub const TOLD_ALWAYS: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(self), microphone=(), usb=()"),
    // What may be kept says so itself; everything else is somebody's.
    ("cache-control", "no-store"),
];

/// What it is told besides where we are seen over TLS: a year, as those who keep lists of such hosts ask for.
pub const TOLD_OVER_TLS: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// How much of a refused request is still read, so that the sender gets to see the refusal, and for how long.
const LINGER: (usize, Duration) = (16 * 1024 * 1024, Duration::from_secs(2));

impl Refused {
    /// What the sender is told.
    pub(super) fn problem(self, limits: &Limits) -> Problem {
        match self {
            Self::Ambiguous => {
                let detail = "Where this request ends could be understood in two ways.";
                Problem::new(StatusCode::BAD_REQUEST, "ambiguous-request", detail)
            }
            Self::LongLine => {
                let detail = format!("The first line of a request may have at most {} bytes.", limits.line_bytes);
                Problem::new(StatusCode::URI_TOO_LONG, "address-too-long", detail)
            }
            Self::LargeHead => {
                let Limits { head_bytes, headers, .. } = limits;
                let detail =
                    format!("A request may have at most {headers} headers and {head_bytes} bytes before its body.");
                Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", detail)
            }
        }
    }
}

/// How somebody is seen to reach us, as far as that is known before anything is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    Tls,
}

/// Tells in `headers` what every answer tells.
pub(super) fn dress(headers: &mut HeaderMap, way: Way) {
    let over_tls = (way == Way::Tls).then_some(TOLD_OVER_TLS);
    for (name, value) in TOLD_ALWAYS.into_iter().chain(over_tls) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// All that is said before the body of a refusal that is known by `id`.
fn head(problem: &Problem, id: Uuid, way: Way, length: usize) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    dress(&mut headers, way);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&Clock::system().now());
    for (name, text) in [(DATE, date.ok()), (HeaderName::from_static(REQUEST_ID), Some(id.to_string()))] {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
    let mut head = format!("HTTP/1.1 {}\r\n", problem.status()).into_bytes();
    for (name, value) in &headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head
}

/// Answers with `problem`, which is known by `id`, and closes.
pub(super) async fn refuse(stream: &mut Wire, problem: &Problem, id: Uuid, way: Way) {
    let body = problem.json();
    let message = [head(problem, id, way, body.len()), body].concat();
    let written = async {
        stream.write_all(&message).await?;
        stream.shutdown().await
    };
    if !matches!(tokio::time::timeout(LINGER.1, written).await, Ok(Ok(()))) {
        tracing::debug!("a client whose request was not taken was gone before it was told");
    }
    linger(stream).await;
}

/// Reads on for a moment: closing on unread bytes resets the connection, and the answer would be lost with it.
pub(super) async fn linger(stream: &mut Wire) {
    let drain = async {
        let (mut buffer, mut left) = (vec![0; 16 * 1024], LINGER.0);
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            left = left.saturating_sub(count);
            if left == 0 {
                return;
            }
        }
    };
    // Whether the sender ended or our patience did, the connection closes now.
    drop(tokio::time::timeout(LINGER.1, drain).await);
}
