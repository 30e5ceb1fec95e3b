use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::body::BodyDataStream;
use axum::extract::Query;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::*;

/// A context with `count` events, one each ten seconds from `second` on; its stream ends after them.
fn log(context: Context, second: usize, count: u64) -> Router {
    let event = move |position: u64| {
        let time = format!("2026-11-22T03:{:02}:{second:02}Z", position * 10 / 60);
        json!({"id": format!("log/{position}"), "source": format!("/{context}"), "time": time})
    };
    let events = async move |Query(asked): Query<BTreeMap<String, String>>, headers: HeaderMap| -> Response {
        assert!(headers.contains_key("baedal-identity") || context != Context::Store);
        assert!(!headers.contains_key("authorization"));
        let from: u64 = asked["from"].parse().unwrap();
        let after = from + 1..=count;
        if headers["accept"] == "text/event-stream" {
            assert_eq!(headers["last-event-id"], from.to_string());
            let messages = after.map(move |at| {
                Ok::<_, Infallible>(Event::default().id(at.to_string()).event("made").data(event(at).to_string()))
            });
            return Sse::new(stream::iter(messages)).into_response();
        }
        let limit: usize = asked["limit"].parse().unwrap();
        Json(json!({"items": after.take(limit).map(event).collect::<Vec<Value>>()})).into_response()
    };
    Router::new().route("/events", get(events))
}

/// app and pay run here, store elsewhere, and the others are away.
async fn gateway(shutdown: &Shutdown) -> Router {
    let upstreams = BTreeMap::from([
        (Context::App, Upstream::Local(log(Context::App, 1, 12))),
        (Context::Pay, Upstream::Local(log(Context::Pay, 2, 6))),
        (Context::Store, Upstream::Remote(served(log(Context::Store, 0, 3), shutdown).await)),
        (Context::Delivery, Upstream::Remote("http://127.0.0.1:1".to_owned())),
    ]);
    router(upstreams, options(shutdown))
}

async fn request(path: &str, actor: &str) -> Request {
    by(actor, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn only_an_operator_sees_all_events() {
    let gateway = all_local();
    for (actor, status) in [("customer/mina", 403), ("", 401)] {
        assert_eq!(asked(&gateway, request("/api/events", actor).await).await.status, status, "{actor}");
    }
    for query in ["from=120", "limit=0", "limit=201", "from=king:1"] {
        let path = format!("/api/events?{query}");
        assert_eq!(asked(&gateway, request(&path, "operator/o1").await).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn following_next_reads_every_event_once_by_time() {
    let shutdown = Shutdown::new();
    let gateway = gateway(&shutdown).await;
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/events?limit=4&from={next}");
        let page = asked(&gateway, request(&path, "operator/o1").await).await.json();
        assert_eq!(page["missing"], json!(["delivery", "customer"]));
        let items = page["items"].as_array().unwrap().clone();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|item| (item["time"].to_string(), item["source"].to_string())));
        page["next"].as_str().unwrap().clone_into(&mut next);
    }
    assert_eq!((seen.len(), next.as_str()), (21, "app:12;pay:6;store:3"));
    assert!(seen.is_sorted());
    shutdown.begin();
}

/// Reads until `count` events have come, and gives their ids and the comments.
async fn read(body: &mut BodyDataStream, count: usize) -> (Vec<String>, Vec<String>) {
    let mut text = String::new();
    while text.matches("\ndata: ").count() < count || text.matches(": missing").count() < 2 {
        let bytes = tokio::time::timeout(Duration::from_secs(5), body.next()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    let lines = |start: &str| text.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect();
    (lines("id: "), lines(": "))
}

#[tokio::test]
async fn a_stream_of_all_events_is_resumed_and_ends_with_the_process() {
    let shutdown = Shutdown::new();
    let gateway = gateway(&shutdown).await;
    let stream = async |seen: &str| {
        let mut request = request("/api/events?from=app:2", "operator/o1").await;
        let headers = request.headers_mut();
        headers.insert("accept", "text/event-stream".parse().unwrap());
        headers.insert("last-event-id", seen.parse().unwrap());
        gateway.clone().oneshot(request).await.unwrap().into_body().into_data_stream()
    };
    let (ids, mut missing) = read(&mut stream("").await, 21).await;
    missing.sort();
    assert_eq!((ids.len(), ids.last().unwrap().as_str()), (21, "app:12;pay:6;store:3"));
    assert_eq!(missing, ["missing customer", "missing delivery"]);
    let mut resumed = stream("app:10;pay:6;store:3").await;
    let (ids, _) = read(&mut resumed, 2).await;
    assert_eq!(ids, ["app:11;pay:6;store:3", "app:12;pay:6;store:3"]);
    shutdown.begin();
    assert!(tokio::time::timeout(Duration::from_secs(5), resumed.next()).await.unwrap().is_none());
}
