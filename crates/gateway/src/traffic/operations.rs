//! What an operator sees of the traffic.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use platform::actor::{Caller, require_operator};
use platform::problem::Problem;
use serde_json::json;

use crate::Gateway;

/// `GET /operations/gateway/limits`: each limit, and how near it is.
pub(crate) async fn limits(State(gateway): State<Arc<Gateway>>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let traffic = &gateway.traffic;
    let (most, now, each) = traffic.running.seen();
    let (most_streams, streams, listeners) = traffic.streams.seen();
    let upstreams = gateway.targets.iter().flat_map(|(context, target)| {
        let address = move |(address, running, used)| json!({"service": context, "address": address, "running": running, "used": used});
        target.seen().into_iter().map(address)
    });
    let body = json!({
        "running": {"most": most, "now": now, "each": each},
        "streams": {"most": most_streams, "now": streams, "listeners": listeners},
        "rates": traffic.rates.seen(),
        "upstreams": upstreams.collect::<Vec<_>>(),
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}
