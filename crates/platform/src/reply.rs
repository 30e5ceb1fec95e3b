//! Answers that can be kept with their idempotency key and given again.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::problem::{PROBLEM_JSON, Problem};
use crate::store::StoreError;

/// Set on an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer as a command makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
    /// `Location`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `Retry-After` in seconds, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Reply {
    /// An answer with `body` as JSON.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, StoreError> {
        let body = crate::view::to_json(body)?;
        Ok(Self { status: status.as_u16(), body, location: None, retry_after: None })
    }

    /// The same with a `Location`.
    #[must_use]
    pub fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// The same with a `Retry-After` in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A problem as an answer that can be kept.
    pub fn problem(problem: &Problem) -> Self {
        let body = String::from_utf8_lossy(&problem.json()).into_owned();
        Self { status: problem.status().as_u16(), body, location: None, retry_after: None }
    }

    /// As it is kept.
    pub fn keep(&self) -> Result<String, StoreError> {
        crate::view::to_json(self)
    }

    /// As it was kept.
    pub fn kept(text: &str) -> Result<Self, StoreError> {
        crate::view::from_json(text)
    }

    /// The response, marked as given before.
    pub fn replayed(self) -> Response {
        let mut response = self.into_response();
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media =
            if status.is_client_error() || status.is_server_error() { PROBLEM_JSON } else { "application/json" };
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        if let Some(location) = self.location.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(LOCATION, location);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
