//! One request goes to the context that owns its path, and its answer comes back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use kernel::Context;
use kernel::access::Place;
use platform::access::Found;
use platform::problem::Problem;

use crate::Gateway;
use crate::proxy::Outage;
use crate::routes::PREFIX;
use crate::traffic::turned_away;

/// Forwards a request, or answers 404 where the gateway has nothing of its own.
pub(crate) async fn forward(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    match forwarded(&gateway, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn forwarded(gateway: &Gateway, mut request: Request) -> Result<Response, Problem> {
    let found = request.extensions().get::<Found>().copied().ok_or_else(Problem::not_found)?;
    let context = found.context.ok_or_else(Problem::not_found)?;
    let prefixed = found.route.place == Place::Api;
    let path = request.uri().path();
    let path = if prefixed { path.strip_prefix(PREFIX).unwrap_or(path) } else { path };
    let inner = at_the_service(request.uri(), path).ok_or_else(Problem::not_found)?;
    *request.uri_mut() = inner;
    let target = gateway.targets.get(&context).ok_or_else(|| problem_of(context, Outage::Absent))?;
    let mut response = target.answer(request).await.map_err(|outage| {
        let problem = problem_of(context, outage);
        if outage != Outage::Busy {
            return problem;
        }
        let who = format!("The service \"{context}\"");
        turned_away(gateway, found.route.importance, &who).with_missing([context])
    })?;
    if prefixed {
        prefix_location(response.headers_mut());
    }
    Ok(response)
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
