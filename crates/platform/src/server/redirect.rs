//! Plain HTTP that answers nothing but where TLS is spoken.

use axum::Router;
use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::client::Origin;
use crate::problem::Problem;

/// Leads everybody to the same path at `public`, whatever name was asked for.
pub fn to_https(public: &Origin) -> Router {
    let public = public.to_string();
    Router::new().fallback(move |request: Request| {
        let answer = led(&public, &request);
        async move { answer }
    })
}

fn led(public: &str, request: &Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let location = path.starts_with('/').then(|| HeaderValue::try_from(format!("{public}{path}")).ok()).flatten();
    let Some(location) = location else { return Problem::not_found().into_response() };
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    response.headers_mut().insert(LOCATION, location);
    response
}
