//! Every published event of a context: as they come, or a page of them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Operations;
use crate::actor::{Caller, require_operator};
use crate::cloudevents::{CloudEvent, type_of};
use crate::commands::outage;
use crate::describe::Resumable;
use crate::paging::{LARGEST_LIMIT, USUAL_LIMIT};
use crate::problem::Problem;
use crate::room::Room;
use crate::sse::{LastEventId, Message, respond};
use crate::store::{StoreError, StoredEvent};

/// Events that a live stream reads at a time.
const BATCH: usize = 64;

#[derive(Deserialize, schemars::JsonSchema)]
pub(super) struct From {
    /// The events after this position.
    #[schemars(with = "Option<u64>")]
    from: Option<String>,
    /// How many items the page has.
    #[schemars(with = "Option<u64>")]
    limit: Option<String>,
}

crate::asked_in_query!(From);

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "EventPage")]
struct EventPage {
    /// In their envelopes.
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    items: Vec<Box<RawValue>>,
    /// Where the next page begins; the same again at the end of the log.
    next: u64,
}

crate::written!(EventPage);

/// Every published event of this context, after the position `from`: live, or a page of them.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "{context}Events",
    tag = "operations",
    summary = "Every published event of this context, live or a page of them",
    params(From, Resumable),
    responses(
        (status = 200, description = "A page; a stream for those who accept text/event-stream.", body = EventPage),
    ),
)]
pub(super) async fn events(
    State(Operations { room, .. }): State<Operations>,
    Caller(actor): Caller,
    last: LastEventId,
    headers: HeaderMap,
    Query(From { from, limit }): Query<From>,
) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let from: Option<u64> = number("from", from)?;
    let from = last.within(room.store.tail().head()).and_then(|last| u64::try_from(last).ok()).or(from).unwrap_or(0);
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/event-stream") {
        let shutdown = room.shutdown.clone();
        return Ok(respond(live(room, from), &shutdown));
    }
    let limit = number("limit", limit)?.unwrap_or(USUAL_LIMIT).clamp(1, LARGEST_LIMIT);
    let found = room.store.events_after(from, limit).map_err(|error| outage(&error))?;
    let next = found.last().map_or(from, |event| event.position);
    let items = found.iter().map(|event| enveloped(&room, event)).collect::<Result<_, _>>();
    Ok(Json(EventPage { items: items.map_err(|error| outage(&error))?, next }).into_response())
}

fn number<T: std::str::FromStr>(field: &str, text: Option<String>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| Problem::invalid_field(field, "a whole number, not below 0"))).transpose()
}

fn enveloped(room: &Room, event: &StoredEvent) -> Result<Box<RawValue>, StoreError> {
    let envelope = CloudEvent::of(room.store.context(), room.store.log(), event)?;
    serde_json::value::to_raw_value(&envelope)
        .map_err(|error| StoreError::Unreadable(format!("an envelope cannot be written as JSON: {error}")))
}

/// Ends when the log cannot be read: the reader comes back with its last position.
fn live(room: Room, from: u64) -> impl Stream<Item = Message> + Send {
    let head = room.store.tail().watch();
    let batches = stream::unfold((room, head, from), async |(room, mut head, from)| {
        head.wait_for(|head| *head > from).await.ok()?;
        let events = room.store.events_after(from, BATCH).ok()?;
        let messages = events.iter().map(|event| message(&room, event)).collect::<Result<Vec<_>, _>>().ok()?;
        let from = events.last().map_or(from, |event| event.position);
        Some((stream::iter(messages), (room, head, from)))
    });
    batches.flatten()
}

fn message(room: &Room, event: &StoredEvent) -> Result<Message, StoreError> {
    let data = enveloped(room, event)?.get().to_owned();
    Ok(Message { id: event.position as i64, event: type_of(room.store.context(), &event.name).into(), data })
}
