//! What an operator sees and does in every context: lag, waits, parked messages, outbound work, notes, events.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{Stream, StreamExt, stream};
use kernel::{Context, Time};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::actor::{Caller, require_operator};
use crate::cloudevents::{CloudEvent, type_of};
use crate::commands::{Asked, commit_problem, outage};
use crate::extract::{PathId, PathNumber};
use crate::paging::{LARGEST_LIMIT, USUAL_LIMIT};
use crate::parking::{self, ParkedMessage};
use crate::problem::Problem;
use crate::room::Room;
use crate::sse::{LastEventId, Message, respond};
use crate::store::{StoreError, StoredEvent};
use crate::streams::{Aggregate, Streams};

/// The most waits and calls that are listed.
const MOST_LISTED: usize = 1000;
/// Events that a live stream reads at a time.
const BATCH: usize = 64;

/// What the streams of one aggregate wait for.
pub type Waiting = Arc<dyn Fn(Uuid) -> Result<Vec<kernel::decider::Wait>, StoreError> + Send + Sync>;

/// One context's operations.
#[derive(Clone)]
pub struct Operations {
    room: Room,
    waiting: Vec<(&'static str, Waiting)>,
}

impl Operations {
    /// The operations of `room`.
    pub fn new(room: &Room) -> Self {
        Self { room: room.clone(), waiting: Vec::new() }
    }

    /// With the waits of `streams`.
    #[must_use]
    pub fn with_waits_of<A: Aggregate>(mut self, streams: &Streams<A>) -> Self {
        let streams = streams.clone();
        let waits: Waiting = Arc::new(move |id| Ok(A::waits(&streams.load(id)?.state)));
        self.waiting.push((A::CATEGORY, waits));
        self
    }

    /// `/operations/<context>/…` and `/events`, for operators only.
    pub fn router(self) -> Router {
        let context = self.room.store.context();
        let path = |rest: &str| format!("/operations/{context}/{rest}");
        Router::new()
            .route(&path("lag"), get(lag))
            .route(&path("waits"), get(waits))
            .route(&path("parked"), get(parked))
            .route(&path("parked/{id}/retry"), post(retry))
            .route(&path("parked/{id}/skip"), post(skip))
            .route(&path("work"), get(work))
            .route(&path("notes/{subject}"), get(notes))
            .route("/events", get(events))
            .with_state(self)
    }
}

#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

fn items<T: Serialize>(items: Vec<T>) -> Response {
    Json(Items { items }).into_response()
}

#[derive(Serialize)]
struct Lag {
    source: Context,
    position: u64,
    behind: u64,
    unreadable: bool,
    ready: bool,
}

async fn lag(State(operations): State<Operations>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let sources = operations.room.hearings.all().into_iter().map(|(source, hearing)| Lag {
        source,
        position: hearing.position(),
        behind: hearing.behind(),
        unreadable: hearing.is_unreadable(),
        ready: hearing.is_ready(),
    });
    Ok(items(sources.collect()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Waits {
    stream: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Uuid>,
    due: Time,
    #[serde(rename = "waitsFor")]
    waiting_for: Vec<WaitsFor>,
    held_back: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WaitsFor {
    what: &'static str,
    until: Time,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    presumes_silent: Vec<Context>,
    held_back: bool,
}

async fn waits(State(operations): State<Operations>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let found: Vec<(String, i64)> = operations
        .room
        .store
        .readers()
        .with(|reader| {
            reader
                .connection()
                .prepare_cached("SELECT stream, due FROM timers ORDER BY due, stream LIMIT ?1")?
                .query_map([MOST_LISTED], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .map_err(|error| outage(&error))?;
    let waits = found.into_iter().map(|(stream, due)| operations.waits_of(stream, due));
    Ok(items(waits.collect::<Result<_, _>>().map_err(|error| outage(&error))?))
}

impl Operations {
    fn waits_of(&self, stream: String, due: i64) -> Result<Waits, StoreError> {
        let now = self.room.clock.now();
        let (category, id) = stream.split_once('/').unwrap_or_default();
        let subject = Uuid::try_parse(id).ok();
        let waiting = self.waiting.iter().find(|(known, _)| *known == category);
        let waits = match (waiting, subject) {
            (Some((_, waits)), Some(id)) => waits(id)?,
            (Some(_) | None, _) => Vec::new(),
        };
        let parked = subject.is_some_and(|id| self.room.parking.holds(id));
        let waiting_for: Vec<_> = waits
            .iter()
            .map(|wait| WaitsFor {
                what: wait.what,
                until: wait.until,
                presumes_silent: wait.presumes.iter().map(|silence| silence.of).collect(),
                held_back: wait.until <= now && (parked || !self.room.hearings.allow(wait, now)),
            })
            .collect();
        let held_back = waiting_for.iter().any(|wait| wait.held_back);
        Ok(Waits { stream, subject, due: time(due), waiting_for, held_back })
    }
}

async fn parked(State(operations): State<Operations>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let messages: Vec<ParkedMessage> = parking::list(&operations.room.store).map_err(|error| outage(&error))?;
    Ok(items(messages))
}

async fn retry(
    State(Operations { room, .. }): State<Operations>,
    PathNumber(id): PathNumber,
    asked: Asked,
) -> Result<Response, Problem> {
    require_operator(&asked.actor)?;
    found(room.parking.retry(&room.store, id).await.map_err(|error| commit_problem(&error))?)
}

async fn skip(
    State(Operations { room, .. }): State<Operations>,
    PathNumber(id): PathNumber,
    asked: Asked,
) -> Result<Response, Problem> {
    require_operator(&asked.actor)?;
    let by = asked.actor.to_string();
    let skipped = room.parking.skip(&room.store, id, &by, room.clock.now()).await;
    found(skipped.map_err(|error| commit_problem(&error))?)
}

fn found(there: bool) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Done {}
    if there { Ok(Json(Done {}).into_response()) } else { Err(Problem::not_found()) }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Work {
    stream: String,
    task: String,
    attempts: u32,
    due: Time,
    since: Time,
    under_way: bool,
}

async fn work(State(operations): State<Operations>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let now = operations.room.clock.now();
    let rows = operations.room.store.readers().with(|reader| {
        reader
            .connection()
            .prepare_cached(
                "SELECT stream, task, attempts, due, since, lease_until FROM work ORDER BY since, stream LIMIT ?1",
            )?
            .query_map([MOST_LISTED], |row| {
                Ok(Work {
                    stream: row.get(0)?,
                    task: row.get(1)?,
                    attempts: row.get(2)?,
                    due: time(row.get(3)?),
                    since: time(row.get(4)?),
                    under_way: time(row.get(5)?) > now,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    });
    Ok(items(rows.map_err(|error| outage(&error))?))
}

#[derive(Serialize)]
struct Noted {
    at: Time,
    cause: String,
    what: String,
}

async fn notes(
    State(operations): State<Operations>,
    PathId(subject): PathId<Uuid>,
    Caller(actor): Caller,
) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let notes = operations.room.store.readers().with(|reader| reader.notes(subject)).map_err(|error| outage(&error))?;
    Ok(items(notes.into_iter().map(|note| Noted { at: note.at, cause: note.cause, what: note.what }).collect()))
}

#[derive(Deserialize)]
struct From {
    from: Option<String>,
    limit: Option<String>,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    /// Where the next page begins; the same again at the end of the log.
    next: u64,
}

/// Every published event of this context, after the position `from`: live, or a page of them.
async fn events(
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
    Ok(Json(Page { items: items.map_err(|error| outage(&error))?, next }).into_response())
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

fn time(milliseconds: i64) -> Time {
    Time::from_millisecond(milliseconds).unwrap_or(Time::UNIX_EPOCH)
}
