//! One request goes to the context that owns its path, and its answer comes back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use kernel::Context;
use kernel::people::Actor;
use platform::actor::ACTOR_HEADER;
use platform::problem::Problem;

use crate::Gateway;
use crate::proxy::Outage;
use crate::routes::{self, PREFIX};

/// Forwards a request, or answers 404 when nobody owns its path.
pub(crate) async fn forward(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    match forwarded(&gateway, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn forwarded(gateway: &Gateway, mut request: Request) -> Result<Response, Problem> {
    let route = routes::route(request.method(), request.uri().path()).ok_or_else(Problem::not_found)?;
    refuse_services(request.headers())?;
    let (context, prefixed) = (route.context, route.path.len() < request.uri().path().len());
    let inner = at_the_service(request.uri(), route.path).ok_or_else(Problem::not_found)?;
    *request.uri_mut() = inner;
    let target = gateway.targets.get(&context).ok_or_else(|| problem_of(context, Outage::Absent))?;
    let mut response = target.answer(request).await.map_err(|outage| problem_of(context, outage))?;
    if prefixed {
        prefix_location(response.headers_mut());
    }
    Ok(response)
}

/// Only services call services: nobody becomes one by saying so from outside.
pub(crate) fn refuse_services(headers: &HeaderMap) -> Result<(), Problem> {
    let claims_to_be_one = |value: &HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.trim_start().to_ascii_lowercase().starts_with("service/")
            || matches!(Actor::parse(&text), Ok(Actor::Service(_)))
    };
    if headers.get_all(ACTOR_HEADER).iter().any(claims_to_be_one) {
        return Err(Problem::unauthenticated("Services do not come through the gateway."));
    }
    Ok(())
}

/// What a caller is told of an outage.
pub(crate) fn problem_of(context: Context, outage: Outage) -> Problem {
    metrics::counter!("gateway_outages_total", "context" => context.name(), "outage" => outage.name()).increment(1);
    tracing::debug!(context = context.name(), %outage, "a request could not be forwarded");
    outage.problem(context)
}

/// `path` with the query of `uri`, without a host.
fn at_the_service(uri: &Uri, path: &str) -> Option<Uri> {
    let inner = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    inner.ok().map(Uri::from)
}

/// A service names its own path; its caller finds it under the prefix.
fn prefix_location(headers: &mut HeaderMap) {
    let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else { return };
    if location.starts_with('/')
        && !location.starts_with("//")
        && let Ok(prefixed) = HeaderValue::try_from(format!("{PREFIX}{location}"))
    {
        headers.insert(LOCATION, prefixed);
    }
}
