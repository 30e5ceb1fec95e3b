//! All events as they come. A context that is away is named, waited for, and caught up with.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use kernel::Context;
use platform::identity::Identity;

use super::cursor::Cursor;
use super::frames::{Frame, Frames};
use crate::Gateway;
use crate::proxy::{EVENT_STREAM, Target, names_a_stream};

/// How long to wait before a context is asked again, and a reader comes back.
const AGAIN: Duration = Duration::from_secs(2);

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The events after `cursor`, until the reader goes or the process stops.
pub(super) fn stream(gateway: &Gateway, operator: &Identity, mut cursor: Cursor) -> Response {
    let tails = Context::ALL.map(|context| {
        let target = gateway.targets.get(&context).cloned();
        let tail = Tail::new(context, target, operator.clone(), cursor.of(context));
        stream::unfold(tail, async |mut tail| Some((tail.next().await, tail))).boxed()
    });
    let heard = stream::select_all(tails).map(move |heard| match heard {
        Heard::Event(context, position, frame) => {
            cursor.read(context, position);
            Event::default().id(cursor.to_string()).event(frame.event.replace('\r', "")).data(frame.data)
        }
        Heard::Missing(context) => Event::default().comment(format!("missing {context}")),
    });
    let shutdown = gateway.options.shutdown.clone();
    let events = stream::iter([Event::default().retry(AGAIN)])
        .chain(heard)
        .take_until(async move { shutdown.begun().await })
        .map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

enum Heard {
    Event(Context, u64, Frame),
    Missing(Context),
}

/// Reads one context's events for as long as it is asked for the next.
struct Tail {
    context: Context,
    target: Option<Target>,
    operator: Identity,
    position: u64,
    open: Option<(BodyDataStream, Frames)>,
    ready: VecDeque<Frame>,
    told: Told,
}

/// Whether the reader knows that a context is away.
#[derive(PartialEq, Eq)]
enum Told {
    No,
    Missing,
}

impl Tail {
    fn new(context: Context, target: Option<Target>, operator: Identity, position: u64) -> Self {
        Self { context, target, operator, position, open: None, ready: VecDeque::new(), told: Told::No }
    }

    async fn next(&mut self) -> Heard {
        loop {
            while let Some(frame) = self.ready.pop_front() {
                if let Some(position) = frame.id.filter(|position| *position > self.position) {
                    self.position = position;
                    return Heard::Event(self.context, position, frame);
                }
            }
            if self.open.is_some() {
                self.read().await;
                continue;
            }
            if self.told == Told::Missing {
                tokio::time::sleep(AGAIN).await;
            }
            self.open = self.connect().await;
            if self.open.is_some() {
                self.told = Told::No;
            } else if self.told == Told::No {
                self.told = Told::Missing;
                return Heard::Missing(self.context);
            }
        }
    }

    /// Takes what comes next; a stream that ended is opened again a little later.
    async fn read(&mut self) {
        let Some((body, frames)) = &mut self.open else { return };
        let bytes = body.next().await.and_then(Result::ok);
        if let Some(whole) = bytes.and_then(|bytes| frames.push(&bytes).ok()) {
            self.ready.extend(whole);
        } else {
            self.open = None;
            tokio::time::sleep(AGAIN / 4).await;
        }
    }

    async fn connect(&mut self) -> Option<(BodyDataStream, Frames)> {
        let target = self.target.as_ref()?;
        let mut request = super::request(&self.operator, EVENT_STREAM, self.position, None);
        request.headers_mut().insert("last-event-id", HeaderValue::from(self.position));
        let response = target.answer(request).await.ok()?;
        let streams = response.headers().get(CONTENT_TYPE).is_some_and(names_a_stream);
        let is_open = response.status() == StatusCode::OK && streams;
        is_open.then(|| (response.into_body().into_data_stream(), Frames::default()))
    }
}
