//! The faults at the edge: where operators ask for them, and what a context that is paused answers.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use kernel::Context;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked::FaultsBody;
use super::{AskedFaults, Faults};
use crate::actor::{Caller, require_operator};
use crate::describe::of_context;
use crate::extract;
use crate::problem::Problem;
use crate::room::Room;

/// When to try again what is paused, in seconds.
const RETRY_AFTER: u64 = 2;

#[derive(Clone)]
struct Edge {
    context: Context,
    faults: Faults,
}

/// `router`, which is all that the context of `room` answers, and its faults: `GET`, `PUT` and `DELETE
/// /operations/<context>/faults`, for operators only. While it is paused, the rest is 503, but for `/health/live` and
/// `/metrics`.
///
/// Call it only where the settings allow faults: without it nobody can ask for any.
pub fn around(router: Router, room: &Room) -> Router {
    let context = room.store.context();
    let edge = Edge { context, faults: room.faults.clone() };
    let control: Router = routes(context).with_state(edge.clone()).into();
    router.layer(from_fn_with_state(edge, refuse_while_paused)).merge(control)
}

/// What operators find of the faults of `context`.
pub fn described(context: Context) -> OpenApi {
    routes(context).into_openapi()
}

fn routes(context: Context) -> OpenApiRouter<Edge> {
    OpenApiRouter::new().routes(of_context(context, routes!(show, ask, clear)))
}

async fn refuse_while_paused(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !edge.faults.is_paused() || path == "/health/live" || path == "/metrics" {
        return next.run(request).await;
    }
    let detail = format!("The service \"{}\" is paused: somebody asked for this fault.", edge.context);
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "paused", detail).with_missing([edge.context]);
    problem.retry_after(RETRY_AFTER).into_response()
}

#[utoipa::path(
    get,
    path = "/operations/{context}/faults",
    operation_id = "{context}Faults",
    tag = "faults",
    summary = "What is broken on purpose",
    responses(
        (status = 200, description = "The faults.", body = AskedFaults),
        (status = 404, description = "not-found"),
    ),
)]
async fn show(State(edge): State<Edge>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    Ok(edge.shown())
}

#[utoipa::path(
    put,
    path = "/operations/{context}/faults",
    operation_id = "{context}AskFaults",
    tag = "faults",
    summary = "Break something on purpose",
    request_body(content = FaultsBody, example = json!({"paused": true})),
    responses(
        (status = 200, description = "The faults.", body = AskedFaults),
        (status = 404, description = "not-found"),
    ),
)]
async fn ask(
    State(edge): State<Edge>,
    Caller(actor): Caller,
    faults: extract::Json<FaultsBody>,
) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let FaultsBody(faults) = faults.value;
    faults.refuse_misfits(edge.context, "")?;
    edge.ask(faults);
    Ok(edge.shown())
}

#[utoipa::path(
    delete,
    path = "/operations/{context}/faults",
    operation_id = "{context}ClearFaults",
    tag = "faults",
    summary = "End all that is broken on purpose",
    responses(
        (status = 200, description = "The faults: none.", body = AskedFaults),
        (status = 404, description = "not-found"),
    ),
)]
async fn clear(State(edge): State<Edge>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    edge.ask(AskedFaults::default());
    Ok(edge.shown())
}

impl Edge {
    fn ask(&self, faults: AskedFaults) {
        self.faults.ask(faults);
        tracing::warn!(context = %self.context, %faults, "an operator asked for faults");
    }

    fn shown(&self) -> Response {
        ([(CACHE_CONTROL, "no-store")], Json(self.faults.asked())).into_response()
    }
}
