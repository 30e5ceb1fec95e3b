//! Asking for one's place, and operating the rooms.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use kernel::Time;
use kernel::ids::StoreId;
use platform::actor::{Caller, require_customer, require_operator};
use platform::commands::outage;
use platform::extract::{self, Params};
use platform::problem::{FieldProblem, Problem};
use serde::{Deserialize, Serialize};

use super::line::{Rules, Standing};
use super::{Rooms, Scope, asks_again, full};
use crate::Gateway;

/// For which store somebody asks.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wanted {
    pub(super) store_id: Option<StoreId>,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub(super) enum Place {
    /// Nobody waits: orders are taken.
    Open,
    /// They may order until then.
    Admitted { until: Time },
    /// They wait.
    Waiting { position: u64, wait_seconds: u64 },
}

/// `GET /waiting-room?storeId=`: the place of whoever asks; who has none takes one at the end.
pub(crate) async fn places(
    State(gateway): State<Arc<Gateway>>,
    Caller(actor): Caller,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Problem> {
    let person = require_customer(&actor)?;
    let asked = gateway.waiting.ask(&gateway, wanted.store_id, person).await?;
    let place = match asked.map(|(_, standing)| standing) {
        None => Place::Open,
        Some(Standing::Admitted { until }) => Place::Admitted { until },
        Some(Standing::Waiting { position, seconds }) => Place::Waiting { position, wait_seconds: seconds },
        Some(Standing::Full) => return Err(full()),
    };
    let mut response = ([(CACHE_CONTROL, "no-store")], Json(place)).into_response();
    if let Place::Waiting { wait_seconds, .. } = place {
        response.headers_mut().insert(RETRY_AFTER, asks_again(wait_seconds).into());
    }
    Ok(response)
}

/// A room, as an operator sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    #[serde(flatten)]
    rules: Rules,
    waiting: usize,
    admitted: usize,
}

/// What an operator wants of a room.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Asked {
    /// Without it the room for all is meant.
    #[serde(default)]
    store_id: Option<StoreId>,
    state: Switch,
    #[serde(default = "usual_pace")]
    per_second: u32,
    #[serde(default = "usual_crowd")]
    at_a_time: u32,
    #[serde(default = "usual_stay")]
    stay_seconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Switch {
    On,
    Off,
}

const fn usual_pace() -> u32 {
    20
}

const fn usual_crowd() -> u32 {
    1_000
}

const fn usual_stay() -> u32 {
    300
}

/// `GET /operations/gateway/waiting-room`: the rooms that are on.
pub(crate) async fn rooms(State(gateway): State<Arc<Gateway>>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    seen(&gateway).await
}

/// `PUT /operations/gateway/waiting-room`: switches one on or off.
pub(crate) async fn operate(
    State(gateway): State<Arc<Gateway>>,
    Caller(actor): Caller,
    asked: extract::Json<Asked>,
) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let Asked { store_id, state, per_second, at_a_time, stay_seconds } = asked.value;
    let ranges = [
        ("perSecond", per_second, 1..=10_000),
        ("atATime", at_a_time, 1..=100_000),
        ("staySeconds", stay_seconds, 30..=3_600),
    ];
    let wrong = ranges
        .into_iter()
        .filter(|(_, value, range)| !range.contains(value))
        .map(|(name, _, range)| FieldProblem::new(name, format!("a number from {} to {}", range.start(), range.end())));
    let wrong: Vec<_> = wrong.collect();
    if !wrong.is_empty() {
        return Err(Problem::invalid_fields(wrong));
    }
    let rules = (state == Switch::On).then_some(Rules { per_second, at_a_time, stay_seconds });
    let scope = Scope::of(store_id);
    gateway.waiting.switch(&gateway, scope, rules).await.map_err(|error| outage(&error))?;
    seen(&gateway).await
}

async fn seen(gateway: &Gateway) -> Result<Response, Problem> {
    let rooms = gateway.waiting.rooms(gateway).await.map_err(|error| outage(&error))?;
    let body = serde_json::json!({"items": list(&rooms.lock())});
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn list(rooms: &Rooms) -> Vec<Seen> {
    let one = |(scope, line): (&Scope, &super::Line)| {
        let (waiting, admitted) = line.counts();
        Seen { store_id: scope.store(), rules: line.rules(), waiting, admitted }
    };
    rooms.0.iter().map(one).collect()
}
