//! What an operator sees and does in every context: lag, waits, parked messages, outbound work, notes, events.

mod events;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use kernel::{Context, Time};
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::actor::{Caller, require_operator};
use crate::commands::{Asked, commit_problem, outage};
use crate::describe::{Idempotent, of_context};
use crate::extract::{PathId, PathNumber};
use crate::parking::{self, ParkedMessage};
use crate::problem::Problem;
use crate::room::Room;
use crate::store::StoreError;
use crate::streams::{Aggregate, Streams};

/// The most waits and calls that are listed.
const MOST_LISTED: usize = 1000;

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
        routes(self.room.store.context()).with_state(self).into()
    }
}

/// What operators find in `context`.
pub fn described(context: Context) -> OpenApi {
    routes(context).into_openapi()
}

fn routes(context: Context) -> OpenApiRouter<Operations> {
    OpenApiRouter::new()
        .routes(of_context(context, routes!(lag)))
        .routes(of_context(context, routes!(waits)))
        .routes(of_context(context, routes!(parked)))
        .routes(of_context(context, routes!(retry)))
        .routes(of_context(context, routes!(skip)))
        .routes(of_context(context, routes!(work)))
        .routes(of_context(context, routes!(notes)))
        .routes(of_context(context, routes!(events::events)))
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(crate) struct Items<T> {
    items: Vec<T>,
}

type LagList = Items<Lag>;
type WaitsList = Items<Waits>;
type ParkedList = Items<ParkedMessage>;
type WorkList = Items<Work>;
type NoteList = Items<Noted>;

fn items<T: Serialize>(items: Vec<T>) -> Response {
    Json(Items { items }).into_response()
}

#[derive(Serialize, schemars::JsonSchema)]
struct Lag {
    source: Context,
    position: u64,
    behind: u64,
    unreadable: bool,
    ready: bool,
}

#[utoipa::path(
    get,
    path = "/operations/{context}/lag",
    operation_id = "{context}Lag",
    tag = "operations",
    summary = "How far each source has been heard",
    responses(
        (status = 200, description = "As it stands.", body = LagList),
    ),
)]
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

#[derive(Serialize, schemars::JsonSchema)]
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

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WaitsFor {
    what: &'static str,
    until: Time,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    presumes_silent: Vec<Context>,
    held_back: bool,
}

#[utoipa::path(
    get,
    path = "/operations/{context}/waits",
    operation_id = "{context}Waits",
    tag = "operations",
    summary = "What is waited for, and until when",
    responses(
        (status = 200, description = "As it stands.", body = WaitsList),
    ),
)]
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

#[utoipa::path(
    get,
    path = "/operations/{context}/parked",
    operation_id = "{context}Parked",
    tag = "operations",
    summary = "Messages that were set aside",
    responses(
        (status = 200, description = "As it stands.", body = ParkedList),
    ),
)]
async fn parked(State(operations): State<Operations>, Caller(actor): Caller) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let messages: Vec<ParkedMessage> = parking::list(&operations.room.store).map_err(|error| outage(&error))?;
    Ok(items(messages))
}

#[utoipa::path(
    post,
    path = "/operations/{context}/parked/{id}/retry",
    operation_id = "{context}RetryParked",
    tag = "operations",
    summary = "Try a message that was set aside again",
    params(Idempotent),
    responses(
        (status = 200, description = "As it stands.", body = Done),
        (status = 409, description = "busy"),
    ),
)]
async fn retry(
    State(Operations { room, .. }): State<Operations>,
    PathNumber(id): PathNumber,
    asked: Asked,
) -> Result<Response, Problem> {
    require_operator(&asked.actor)?;
    found(room.parking.retry(&room.store, id).await.map_err(|error| commit_problem(&error))?)
}

#[utoipa::path(
    post,
    path = "/operations/{context}/parked/{id}/skip",
    operation_id = "{context}SkipParked",
    tag = "operations",
    summary = "Leave a message that was set aside",
    params(Idempotent),
    responses(
        (status = 200, description = "As it stands.", body = Done),
        (status = 409, description = "busy"),
    ),
)]
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

/// It is done; there is nothing to say about it.
#[derive(Serialize, schemars::JsonSchema)]
struct Done {}

crate::written!(Done);

fn found(there: bool) -> Result<Response, Problem> {
    if there { Ok(Json(Done {}).into_response()) } else { Err(Problem::not_found()) }
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Work {
    stream: String,
    task: String,
    attempts: u32,
    due: Time,
    since: Time,
    under_way: bool,
}

#[utoipa::path(
    get,
    path = "/operations/{context}/work",
    operation_id = "{context}Work",
    tag = "operations",
    summary = "Calls to the outside that are due",
    responses(
        (status = 200, description = "As it stands.", body = WorkList),
    ),
)]
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

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Note")]
struct Noted {
    at: Time,
    cause: String,
    what: String,
}

#[utoipa::path(
    get,
    path = "/operations/{context}/notes/{subject}",
    operation_id = "{context}Notes",
    tag = "operations",
    summary = "What was noted of an order",
    responses(
        (status = 200, description = "As it stands.", body = NoteList),
    ),
)]
async fn notes(
    State(operations): State<Operations>,
    PathId(subject): PathId<Uuid>,
    Caller(actor): Caller,
) -> Result<Response, Problem> {
    require_operator(&actor)?;
    let notes = operations.room.store.readers().with(|reader| reader.notes(subject)).map_err(|error| outage(&error))?;
    Ok(items(notes.into_iter().map(|note| Noted { at: note.at, cause: note.cause, what: note.what }).collect()))
}

fn time(milliseconds: i64) -> Time {
    Time::from_millisecond(milliseconds).unwrap_or(Time::UNIX_EPOCH)
}
