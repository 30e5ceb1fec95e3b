//! What operators see and do, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use common::*;
use http_body_util::BodyExt;
use kernel::Context;
use kernel::order::DeliveryBy;
use platform::operations::Operations;
use platform::room::Room;
use platform::store::{Changes, Note, Parked};
use platform::testing::World;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

async fn send(router: &Router, method: Method, path: &str, actor: Option<&str>, accept: &str) -> Response {
    let mut request = Request::builder().method(method).uri(path).header("accept", accept);
    if let Some(actor) = actor {
        request = request.extension(platform::testing::acts(actor));
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn get(router: &Router, path: &str) -> Value {
    let response = send(router, Method::GET, path, Some("operator/kim"), "application/json").await;
    assert_eq!(response.status(), 200, "{path}");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn post(router: &Router, path: &str) -> u16 {
    send(router, Method::POST, path, Some("operator/kim"), "application/json").await.status().as_u16()
}

async fn furnished(dir: &TempDir) -> (World, Room, Router) {
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    let until = room.clock.now().saturating_add(seconds(60)).unwrap();
    tell(&room, &streams, subject(1), Do::Request { by: DeliveryBy::Store, no_rider_at: Some(until) }).await;
    tell(&room, &streams, subject(2), Do::Start).await;
    let mut changes = Changes::default();
    changes.notes.push(Note {
        subject: subject(2),
        at: room.clock.now(),
        cause: "test".into(),
        what: "refused".into(),
    });
    for position in [7, 8] {
        changes.parked.push(Parked {
            source: "store",
            position,
            subject: subject(3),
            name: "TicketAccepted".into(),
            error: "broken".into(),
            attempts: 5,
            at: room.clock.now(),
        });
    }
    room.store.commit(changes).await.unwrap();
    let router = Operations::new(&room).with_waits_of(&streams).router();
    (world, room, router)
}

#[tokio::test]
async fn only_an_operator_may_look_or_act() {
    let dir = TempDir::new().unwrap();
    let (_world, _room, router) = furnished(&dir).await;
    let notes = format!("notes/{}", subject(2));
    let paths = ["lag", "waits", "parked", "work", &notes].map(|rest| format!("/operations/delivery/{rest}"));
    for path in paths.iter().map(String::as_str).chain(["/events"]) {
        for (actor, status) in [(None, 401), (Some("customer/kim"), 403), (Some("operator/kim"), 200)] {
            assert_eq!(send(&router, Method::GET, path, actor, "*/*").await.status(), status, "{path} {actor:?}");
        }
    }
    for what in ["retry", "skip"] {
        let path = format!("/operations/delivery/parked/1/{what}");
        for (actor, status) in [(None, 401), (Some("rider/kim"), 403)] {
            assert_eq!(send(&router, Method::POST, &path, actor, "*/*").await.status(), status);
        }
    }
}

#[tokio::test]
async fn waits_say_what_for_and_whether_they_are_held_back() {
    let dir = TempDir::new().unwrap();
    let (world, room, router) = furnished(&dir).await;
    let expected = |held_back: bool| {
        json!({"items": [{
            "stream": format!("delivery/{}", subject(1)), "subject": subject(1), "due": "2026-11-22T12:01:00Z",
            "waitsFor": [{"what": "no-rider", "until": "2026-11-22T12:01:00Z", "presumesSilent": ["store"], "heldBack": held_back}],
            "heldBack": held_back,
        }]})
    };
    assert_eq!(get(&router, "/operations/delivery/waits").await, expected(false));
    world.hand.advance(seconds(60));
    assert_eq!(get(&router, "/operations/delivery/waits").await, expected(true));
    let _ = room.hearings.of(Context::Store);
    let lag = json!({"items": [{"source": "store", "position": 0, "behind": 0, "unreadable": false, "ready": false}]});
    assert_eq!(get(&router, "/operations/delivery/lag").await, lag);
}

#[tokio::test]
async fn calls_and_notes_are_listed() {
    let dir = TempDir::new().unwrap();
    let (_world, _room, router) = furnished(&dir).await;
    let noon = "2026-11-22T12:00:00Z";
    let work = json!({"items": [{"stream": format!("delivery/{}", subject(2)), "task": "bring/1", "attempts": 0, "due": noon, "since": noon, "underWay": false}]});
    assert_eq!(get(&router, "/operations/delivery/work").await, work);
    let notes = json!({"items": [{"at": noon, "cause": "test", "what": "refused"}]});
    assert_eq!(get(&router, &format!("/operations/delivery/notes/{}", subject(2))).await, notes);
}

#[tokio::test]
async fn parked_messages_are_retried_and_skipped_once() {
    let dir = TempDir::new().unwrap();
    let (_world, _room, router) = furnished(&dir).await;
    let items = get(&router, "/operations/delivery/parked").await["items"].clone();
    assert_eq!(
        (&items[0]["position"], &items[0]["event"], &items[0]["retry"]),
        (&json!(7), &json!("TicketAccepted"), &json!(false))
    );
    let (first, second) = (items[0]["id"].clone(), items[1]["id"].clone());
    assert_eq!(post(&router, &format!("/operations/delivery/parked/{first}/retry")).await, 200);
    assert_eq!(get(&router, "/operations/delivery/parked").await["items"][0]["retry"], true);
    assert_eq!(post(&router, &format!("/operations/delivery/parked/{first}/skip")).await, 200);
    assert_eq!(post(&router, &format!("/operations/delivery/parked/{first}/skip")).await, 404);
    assert_eq!(post(&router, &format!("/operations/delivery/parked/{first}/retry")).await, 404);
    assert_eq!(post(&router, "/operations/delivery/parked/none/retry").await, 404);
    assert_eq!(get(&router, "/operations/delivery/parked").await["items"][0]["id"], second);
    let notes = get(&router, &format!("/operations/delivery/notes/{}", subject(3))).await;
    assert_eq!(notes["items"][0]["cause"], "operator/kim");
}

#[tokio::test]
async fn published_events_have_the_agreed_envelope_without_personal_data() {
    let dir = TempDir::new().unwrap();
    let (_world, room, router) = furnished(&dir).await;
    let page = get(&router, "/events?limit=1").await;
    let golden = json!({"items": [{
        "specversion": "1.0",
        "id": format!("{}/1", room.store.log()),
        "type": "baedal.delivery.DeliveryRequested.v1",
        "source": "/delivery",
        "subject": subject(1),
        "time": "2026-11-22T12:00:00Z",
        "sequence": "1",
        "correlationid": subject(1),
        "causationid": "operator/test",
        "datacontenttype": "application/json",
        "data": {
            "orderNumber": "1122-K7Q3", "storeId": "00000000-0000-0000-0000-000000000001",
            "storeName": {"ko": "가게", "en": "Store"}, "storeAddress": "서울", "deliveryBy": "STORE",
            "readyBy": "1970-01-01T00:00:00Z", "noRiderAt": "2026-11-22T12:01:00Z",
        },
    }], "next": 1});
    assert_eq!(page, golden);
    assert_eq!(get(&router, "/events?from=1").await["items"][0]["type"], "baedal.delivery.DeliveryStarted.v1");
    assert_eq!(get(&router, "/events?from=2").await, json!({"items": [], "next": 2}));
    let wrong = send(&router, Method::GET, "/events?from=-1", Some("operator/kim"), "*/*").await;
    assert_eq!(wrong.status(), 422);
}

#[tokio::test]
async fn the_live_stream_goes_on_from_a_position_and_ends_with_shutdown() {
    let dir = TempDir::new().unwrap();
    let (world, room, router) = furnished(&dir).await;
    let response = send(&router, Method::GET, "/events?from=1", Some("operator/kim"), "text/event-stream").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut body, mut text) = (response.into_body(), String::new());
    tell(&room, &streams(&room), subject(9), Do::Assign("kim".into())).await;
    while !text.contains("RiderAssigned.v1\ndata: ") || !text.ends_with("\n\n") {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        text.push_str(std::str::from_utf8(&frame).unwrap());
    }
    assert!(!text.contains("DeliveryRequested"));
    assert!(
        text.contains("id: 2\nevent: baedal.delivery.DeliveryStarted.v1\ndata: {\"specversion\":\"1.0\""),
        "{text}"
    );
    assert!(text.contains("id: 3\nevent: baedal.delivery.RiderAssigned.v1\n"));
    world.shutdown.begin();
    assert!(body.frame().await.is_none());
}
