//! What an operator sees of a guard, and makes it do: `/operations/<context>/breaker`.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use kernel::{Context, Time};
use serde::{Deserialize, Serialize};

use super::breaker::{Counts, Force, Standing};
use super::{Guard, HeldCounts};
use crate::actor::{Caller, require_operator};
use crate::commands::Asked;
use crate::problem::Problem;

/// A guard as it stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Wish {
    Open,
    Closed,
    Auto,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    state: Wish,
}

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
        Router::new().route(&format!("/operations/{context}/breaker"), get(show).post(force)).with_state(self.clone())
    }
}

async fn show(State(guard): State<Guard>, Caller(actor): Caller) -> Result<Json<GuardView>, Problem> {
    require_operator(&actor)?;
    Ok(Json(guard.view()))
}

/// `{state: OPEN, CLOSED or AUTO}`; it lasts until it is changed, or the process starts anew.
async fn force(State(guard): State<Guard>, asked: Asked) -> Result<Json<GuardView>, Problem> {
    let operator = require_operator(&asked.actor)?;
    let Body { state } = asked.json()?;
    tracing::warn!(guard = guard.inner.name, ?state, by = operator.as_str(), "an operator sets a breaker");
    guard.set_force(match state {
        Wish::Open => Some(Force::Open),
        Wish::Closed => Some(Force::Closed),
        Wish::Auto => None,
    });
    Ok(Json(guard.view()))
}
