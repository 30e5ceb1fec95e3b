//! What an operator sees of the traffic.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kernel::Context;
use platform::actor::{Caller, require_operator};
use platform::problem::Problem;
use serde::Serialize;

use super::{rates, running};
use crate::Gateway;

/// Each limit, and how near it is.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "TrafficLimits")]
struct Seen {
    running: Running,
    streams: Streams,
    rates: Vec<rates::Seen>,
    /// The addresses of services in other processes.
    upstreams: Vec<Upstream>,
}

/// What is under way.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "RunningLimits")]
struct Running {
    most: u32,
    now: u32,
    /// By what is given up first.
    each: Vec<running::Seen>,
}

/// What is listened to.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "StreamLimits")]
struct Streams {
    most: u32,
    now: u32,
    /// Of how many.
    listeners: usize,
}

/// One address of a service.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "UpstreamAddress")]
struct Upstream {
    service: Context,
    address: String,
    running: usize,
    /// Whether it is asked, or left alone because it failed.
    used: bool,
}

platform::written!(Seen);

/// `GET /operations/gateway/limits`: each limit, and how near it is.
#[utoipa::path(
    get,
    path = "/api/operations/gateway/limits",
    operation_id = "showLimits",
    tag = "operations",
    summary = "Each limit of the traffic, and how near it is",
    responses((status = 200, description = "The limits.", body = Seen)),
)]
pub(crate) async fn limits(State(gateway): State<Arc<Gateway>>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let traffic = &gateway.traffic;
    let (most, now, each) = traffic.running.seen();
    let (most_streams, streams, listeners) = traffic.streams.seen();
    let upstreams = gateway.targets.iter().flat_map(|(context, target)| {
        let service = *context;
        let address = move |(address, running, used)| Upstream { service, address, running, used };
        target.seen().into_iter().map(address)
    });
    let body = Seen {
        running: Running { most, now, each },
        streams: Streams { most: most_streams, now: streams, listeners },
        rates: traffic.rates.seen(),
        upstreams: upstreams.collect(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}
