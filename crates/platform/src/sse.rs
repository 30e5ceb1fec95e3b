//! Server-Sent Events: one stream per screen, resumable, and ended by shutdown so that draining ends.

use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;

use crate::shutdown::Shutdown;

/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a browser waits before it connects again.
const RECONNECT: Duration = Duration::from_secs(2);

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where to go on from: a log's position.
    pub id: i64,
    /// What kind of message it is.
    pub event: Cow<'static, str>,
    /// JSON.
    pub data: String,
}

impl Message {
    /// A message with `data` as JSON.
    pub fn new(id: i64, event: impl Into<Cow<'static, str>>, data: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { id, event: event.into(), data: serde_json::to_string(data)? })
    }
}

/// Answers with `messages` as they come, until they end, the reader goes, or `shutdown` begins.
pub fn respond(messages: impl Stream<Item = Message> + Send + 'static, shutdown: &Shutdown) -> Response {
    let shutdown = shutdown.clone();
    // The first bytes go out at once: a browser's `open` waits for them.
    let opening = stream::iter([Event::default().retry(RECONNECT)]);
    let events = opening
        .chain(
            messages.map(|message| Event::default().id(message.id.to_string()).event(message.event).data(message.data)),
        )
        .take_until(async move { shutdown.begun().await })
        .map(Ok::<_, Infallible>);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that follow nginx's header would otherwise hold the messages back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The last message that a reader who comes back has seen; anything but a number counts as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastEventId(pub Option<i64>);

impl LastEventId {
    /// The last message seen of a log whose last position is `head`. One beyond it is none: the log is another now,
    /// and a reader who waited for that position would miss everything until then.
    pub fn within(self, head: u64) -> Option<i64> {
        self.0.filter(|last| u64::try_from(*last).is_ok_and(|last| last <= head))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
        Ok(Self(header.and_then(|text| text.trim().parse().ok())))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn messages_carry_id_event_and_json_and_end_with_shutdown() {
        let shutdown = Shutdown::new();
        let message = Message::new(7, "order", &serde_json::json!({"status": "PLACED"})).unwrap();
        let response = respond(stream::iter([message]).chain(stream::pending()), &shutdown);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut body = response.into_body();
        let mut text = String::new();
        while !text.contains("PLACED") {
            let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
            text.push_str(std::str::from_utf8(&frame).unwrap());
        }
        assert_eq!(text, "retry: 2000\n\nid: 7\nevent: order\ndata: {\"status\":\"PLACED\"}\n\n");
        shutdown.begin();
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_says_every_fifteen_seconds_that_it_is_alive() {
        let mut body = respond(stream::pending(), &Shutdown::new()).into_body();
        body.frame().await.unwrap().unwrap();
        let before = tokio::time::Instant::now();
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(before.elapsed().as_secs(), 15);
        assert!(frame.starts_with(b":"));
    }

    #[test]
    fn what_a_reader_has_seen_of_another_log_does_not_count() {
        assert_eq!(LastEventId(Some(7)).within(7), Some(7));
        assert_eq!(LastEventId(Some(8)).within(7), None);
        assert_eq!(LastEventId(Some(-1)).within(7), None);
        assert_eq!(LastEventId(None).within(7), None);
    }

    #[tokio::test]
    async fn a_reader_who_comes_back_says_what_it_has_seen() {
        for (header, seen) in [("41", Some(41)), ("rubbish", None), ("", None)] {
            let request = axum::http::Request::get("/").header("Last-Event-ID", header).body(()).unwrap();
            let found = LastEventId::from_request_parts(&mut request.into_parts().0, &()).await;
            assert_eq!(found, Ok(LastEventId(seen)));
        }
    }
}
