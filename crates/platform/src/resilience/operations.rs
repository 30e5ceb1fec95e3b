//! What an operator sees of a guard, and makes it do: `/operations/<context>/breaker`.

use axum::extract::State;
use axum::{Json, Router};
use kernel::{Context, Time};
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::breaker::{Counts, Force, Standing};
use super::{Guard, HeldCounts};
use crate::actor::{Caller, require_operator};
use crate::commands::Asked;
use crate::describe::of_context;
use crate::problem::Problem;

/// A guard as it stands.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Guard")]
pub struct GuardView {
    pub(super) guard: &'static str,
    pub(super) state: Standing,
    /// What a person makes it do, if anyone does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forced: Option<Force>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open_until: Option<Time>,
    /// The calls in the window.
    pub(super) calls: Counts,
    pub(super) limit: u32,
    pub(super) in_flight: u32,
    pub(super) queued: usize,
    /// Who was turned away since the start.
    pub(super) held: HeldCounts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Wish {
    Open,
    Closed,
    Auto,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct ForceBody {
    state: Wish,
}

crate::written!(GuardView);
crate::taken!(ForceBody);

impl Guard {
    /// How it stands.
    pub fn view(&self) -> GuardView {
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        GuardView {
            guard: self.inner.name,
            state: state.breaker.standing(now),
            forced: state.breaker.force(),
            open_until: state.breaker.open_until(now).filter(|_| state.breaker.force().is_none()),
            calls: state.breaker.counts(now),
            limit: state.limit.most(),
            in_flight: state.limit.in_flight(),
            queued: state.waiting.len(),
            held: state.held,
        }
    }

    /// `GET` and `POST /operations/<context>/breaker`, for operators only.
    pub fn router(&self, context: Context) -> Router {
        routes(context).with_state(self.clone()).into()
    }
}

/// What operators find of the guard of `context`.
pub fn described(context: Context) -> OpenApi {
    routes(context).into_openapi()
}

fn routes(context: Context) -> OpenApiRouter<Guard> {
    OpenApiRouter::new().routes(of_context(context, routes!(show, force)))
}

#[utoipa::path(
    get,
    path = "/operations/{context}/breaker",
    operation_id = "{context}Breaker",
    tag = "operations",
    summary = "How the guard before a system stands",
    responses(
        (status = 200, description = "The guard.", body = GuardView),
    ),
)]
async fn show(State(guard): State<Guard>, Caller(actor): Caller) -> Result<Json<GuardView>, Problem> {
    require_operator(&actor)?;
    Ok(Json(guard.view()))
}

/// `{state: OPEN, CLOSED or AUTO}`; it lasts until it is changed, or the process starts anew.
#[utoipa::path(
    post,
    path = "/operations/{context}/breaker",
    operation_id = "{context}ForceBreaker",
    tag = "operations",
    summary = "Open or close a guard by hand",
    request_body(content = ForceBody, example = json!({"state": "AUTO"})),
    responses(
        (status = 200, description = "The guard.", body = GuardView),
    ),
)]
async fn force(State(guard): State<Guard>, asked: Asked) -> Result<Json<GuardView>, Problem> {
    let operator = require_operator(&asked.actor)?;
    let ForceBody { state } = asked.json()?;
    tracing::warn!(guard = guard.inner.name, ?state, by = operator.as_str(), "an operator sets a breaker");
    guard.set_force(match state {
        Wish::Open => Some(Force::Open),
        Wish::Closed => Some(Force::Closed),
        Wish::Auto => None,
    });
    Ok(Json(guard.view()))
}
