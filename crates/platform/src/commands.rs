//! What every command at the edge goes through: once per idempotency key, decided, committed, answered.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{Extensions, HeaderMap};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use kernel::people::Actor;
use uuid::Uuid;

use crate::actor::Caller;
use crate::deadline::Deadline;
use crate::extract::RawBody;
use crate::idempotency::{Keyed, Known, Running, Turn, look_up};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::room::Room;
use crate::server::{RequestId, Trace};
use crate::store::{Cause, Changes, CommitError, StoreError};
use crate::streams::{Aggregate, HandleError, Loaded, Streams};

/// The longest idempotency key that is taken.
const LONGEST_KEY: usize = 255;
/// How long a repeat waits for the first to end, where it does not say less itself.
const WAIT_FOR_FIRST: Duration = Duration::from_secs(10);

/// A command as it came: who gave it, how it is known again, and its raw body.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who acts.
    pub actor: Actor,
    /// The request's id.
    pub id: Uuid,
    /// The W3C trace it belongs to.
    pub trace: Option<Arc<str>>,
    /// Until when an answer is of use.
    pub deadline: Deadline,
    /// How it is known again, where it carries an `Idempotency-Key`.
    pub keyed: Option<Keyed>,
    /// The body as it came.
    pub body: Bytes,
    json: bool,
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Caller(actor) = Caller::from_request_parts(&mut parts, state).await?;
        let json = crate::extract::is_json(&parts.headers);
        let key = key_of(&parts.headers)?;
        let (id, trace, deadline) = told_by_the_server(&parts.extensions);
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let RawBody(body) = RawBody::from_request(Request::from_parts(parts, body), state).await?;
        let keyed = key.map(|key| Keyed::new(&actor.to_string(), method.as_str(), &path, &key, &body));
        Ok(Self { actor, id, trace, deadline, keyed, body, json })
    }
}

impl Asked {
    /// What `actor` asks by a link instead of a command: without a body, and known again by what it names.
    pub fn by_link(actor: Actor, extensions: &Extensions) -> Self {
        let (id, trace, deadline) = told_by_the_server(extensions);
        Self { actor, id, trace, deadline, keyed: None, body: Bytes::new(), json: false }
    }

    /// The body as `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        if !self.json {
            return Err(Problem::unsupported_media_type());
        }
        crate::extract::parse(&self.body)
    }

    /// The body as `T`, or `T`'s default where there is none.
    pub fn json_or_default<T: serde::de::DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// What is recorded as the cause of what the command makes.
    pub fn cause(&self, room: &Room) -> Cause {
        let by = Arc::from(format!("{}/{}", self.actor.role(), self.id));
        Cause { at: room.clock.now(), by, trace: self.trace.clone() }
    }
}

/// The request's id, the trace it belongs to, and until when its answer is of use.
fn told_by_the_server(extensions: &Extensions) -> (Uuid, Option<Arc<str>>, Deadline) {
    let id = extensions.get::<RequestId>().map_or(Uuid::nil(), |id| id.0);
    let deadline = extensions.get::<Deadline>().copied().unwrap_or(Deadline::NONE);
    (id, extensions.get::<Trace>().map(|trace| Arc::clone(&trace.0)), deadline)
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(text) if (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(text.to_owned()))
        }
        Ok(_) | Err(_) => Err(Problem::invalid_field("Idempotency-Key", "1 to 255 visible ASCII characters")),
    }
}

/// Runs `work` once per idempotency key: a repeat gets the first answer, waits while the first runs,
/// and after a crash gets what `cut_off` says of the thing that the first made.
pub async fn once<W, C>(room: &Room, running: &Running, asked: &Asked, work: W, cut_off: C) -> Response
where
    W: AsyncFnOnce() -> Result<Reply, Problem>,
    C: FnOnce(Uuid) -> Result<Reply, Problem>,
{
    let Some(keyed) = &asked.keyed else { return respond(work().await) };
    let deadline = tokio::time::Instant::now() + asked.deadline.left_of(WAIT_FOR_FIRST);
    let _ticket = loop {
        match running.turn(keyed) {
            Turn::First(ticket) => break ticket,
            Turn::Wait(mut first) => {
                // Only the end of the first changes anything, and it shows as an error here.
                if tokio::time::timeout_at(deadline, first.changed()).await.is_err() {
                    return Problem::conflict("request-in-progress", "The same request is still running.")
                        .retry_after(1)
                        .into_response();
                }
            }
        }
    };
    match look_up(room, keyed) {
        Ok(None) => respond(work().await),
        Ok(Some(Known::Answered { answer, .. })) => match Reply::kept(&answer) {
            Ok(reply) => reply.replayed(),
            Err(error) => outage(&error).into_response(),
        },
        Ok(Some(Known::CutOff(subject))) => match cut_off(subject) {
            Ok(reply) => reply.replayed(),
            Err(problem) => problem.into_response(),
        },
        Ok(Some(Known::OtherRequest)) => Problem::unprocessable(
            "idempotency-key-reused",
            "This Idempotency-Key came with another body before. Use a new key for a new request.",
        )
        .into_response(),
        Err(error) => outage(&error).into_response(),
    }
}

fn respond(outcome: Result<Reply, Problem>) -> Response {
    match outcome {
        Ok(reply) => reply.into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Decides `command` on the stream of `id`, keeps the answer that `reply` makes of the stream
/// afterwards with the request's key, and gives it.
///
/// # Errors
/// What `refuse` makes of a rejection, or 503 when the database is out.
pub async fn decide<A: Aggregate>(
    room: &Room,
    streams: &Streams<A>,
    id: Uuid,
    asked: &Asked,
    command: A::Command,
    reply: impl Fn(&Loaded<A>) -> Result<Reply, StoreError> + Send + Sync,
    refuse: impl FnOnce(A::Rejection) -> Problem,
) -> Result<Reply, Problem> {
    let cause = asked.cause(room);
    let handled = streams
        .handle_with(id, &cause, command, |after, _, changes| keep(changes, asked, id, &cause, &reply(after)?))
        .await;
    match handled {
        Ok(handled) => reply(&handled.after).map_err(|error| outage(&error)),
        Err(HandleError::Rejected(rejection)) => Err(refuse(rejection)),
        Err(HandleError::Commit(error)) => Err(commit_problem(&error)),
    }
}

/// Adds to `changes` that the request is claimed and answered with `reply`.
pub fn keep(
    changes: &mut Changes,
    asked: &Asked,
    subject: Uuid,
    cause: &Cause,
    reply: &Reply,
) -> Result<(), StoreError> {
    if let Some(keyed) = &asked.keyed {
        changes.claims.push(keyed.claim(subject, cause.at));
        changes.answers.push(keyed.answer(reply.status, reply.keep()?));
    }
    Ok(())
}

/// The database is out: 503, and when to come back.
pub fn outage(error: &StoreError) -> Problem {
    tracing::error!(%error, "a request could not be served");
    Problem::unavailable("The service cannot read or write its data right now.", 2)
}

/// A commit that did not happen: 503, and when to come back.
pub fn commit_problem(error: &CommitError) -> Problem {
    match error {
        CommitError::Store(error) => outage(error),
        CommitError::Conflict | CommitError::Fenced | CommitError::KeyTaken => {
            Problem::conflict("busy", "Others are changing the same thing. Try again.").retry_after(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn key(text: &str) -> Result<Option<String>, Problem> {
        key_of(&HeaderMap::from_iter([(
            axum::http::HeaderName::from_static("idempotency-key"),
            HeaderValue::from_bytes(text.as_bytes()).unwrap(),
        )]))
    }

    #[test]
    fn a_key_is_up_to_255_visible_letters_of_ascii() {
        assert_eq!(key_of(&HeaderMap::new()), Ok(None));
        for good in ["k", "01a21ac7-f1bb", "\"quoted\"", &"k".repeat(255)] {
            assert_eq!(key(good), Ok(Some(good.to_owned())));
        }
        for bad in ["", " ", "a b", "a\tb", "열쇠", &"k".repeat(256)] {
            assert_eq!(key(bad).unwrap_err().status(), 422, "{bad:?}");
        }
    }
}
