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
use super::{Scope, asks_again, full};
use crate::Gateway;

/// For which store somebody asks.
#[derive(Debug, Clone, Copy, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wanted {
    /// Where one wants to order; without it the room for all is asked.
    pub(super) store_id: Option<StoreId>,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
#[schemars(rename = "PlaceInLine")]
pub(super) enum Place {
    /// Nobody waits: orders are taken.
    Open,
    /// They may order until then.
    Admitted { until: Time },
    /// They wait.
    Waiting { position: u64, wait_seconds: u64 },
}

platform::asked_in_query!(Wanted);
platform::written!(Place, Rooms);
platform::taken!(Asked);

/// `GET /waiting-room?storeId=`: the place of whoever asks; who has none takes one at the end.
#[utoipa::path(
    get,
    path = "/api/waiting-room",
    operation_id = "showPlace",
    tag = "orders",
    summary = "One's place in the line, which is kept by asking",
    params(Wanted),
    responses(
        (status = 200, description = "How one stands. It is asked again after `Retry-After`.", body = Place,
            headers(("Retry-After" = u64, description = "There while one waits: when to ask again, in seconds."))),
        (status = 503, description = "overloaded"),
    ),
)]
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
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WaitingRoom")]
struct Seen {
    /// Not there for the room for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
    #[serde(flatten)]
    rules: Rules,
    /// How many wait.
    waiting: usize,
    /// How many were let in.
    admitted: usize,
}

/// The rooms that are on.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ListOfWaitingRoom")]
struct Rooms {
    items: Vec<Seen>,
}

/// What an operator wants of a room.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "WaitingRoomBody")]
pub(crate) struct Asked {
    /// Without it the room for all is meant.
    #[serde(default)]
    store_id: Option<StoreId>,
    state: Switch,
    /// So many are let in each second.
    #[serde(default = "usual_pace")]
    #[schemars(range(min = 1, max = 10_000))]
    per_second: u32,
    /// So many may be choosing and ordering at a time.
    #[serde(default = "usual_crowd")]
    #[schemars(range(min = 1, max = 100_000))]
    at_a_time: u32,
    /// For so long somebody who was let in may order.
    #[serde(default = "usual_stay")]
    #[schemars(range(min = 30, max = 3_600))]
    stay_seconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
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
#[utoipa::path(
    get,
    path = "/api/operations/gateway/waiting-room",
    operation_id = "listWaitingRooms",
    tag = "operations",
    summary = "The waiting rooms that are on",
    responses((status = 200, description = "The rooms.", body = Rooms)),
)]
pub(crate) async fn rooms(State(gateway): State<Arc<Gateway>>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    seen(&gateway).await
}

/// `PUT /operations/gateway/waiting-room`: switches one on or off.
#[utoipa::path(
    put,
    path = "/api/operations/gateway/waiting-room",
    operation_id = "switchWaitingRoom",
    tag = "operations",
    summary = "Switch a waiting room on or off",
    request_body(
        content = Asked,
        example = json!({"storeId": "019aa8dc-4883-7518-b416-a51e317821cf", "state": "ON", "perSecond": 5, "atATime": 100}),
    ),
    responses((status = 200, description = "The rooms that are on now.", body = Rooms)),
)]
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
    let body = Rooms { items: list(&rooms.lock()) };
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn list(rooms: &super::Rooms) -> Vec<Seen> {
    let one = |(scope, line): (&Scope, &super::Line)| {
        let (waiting, admitted) = line.counts();
        Seen { store_id: scope.store(), rules: line.rules(), waiting, admitted }
    };
    rooms.0.iter().map(one).collect()
}
