use std::sync::Arc;

use axum::extract::State;
use axum::http::Method;
use platform::clock::Clock;
use platform::identity::{Gate, Keys};
use platform::ids::Ids;
use platform::room::Room;
use platform::testing::World;
use serde_json::{Value, json};

use super::*;

const PATH: &str = "/api/operations/faults";

/// A context that takes faults.
fn faulty(world: &World, context: Context) -> (Room, Router) {
    let room =
        Room::open(&world.dir, context, &[], Clock::system(), Ids::system(Clock::system()), world.shutdown.clone())
            .unwrap();
    let router = platform::faults::around(Router::new(), &room);
    (room, platform::problem::with_fallbacks(router))
}

fn with_faults(upstreams: impl Into<BTreeMap<Context, Upstream>>) -> Router {
    router(upstreams.into(), Options { faults: true, ..options(&Shutdown::new()) })
}

async fn send(router: &Router, method: Method, actor: &str, body: Option<Value>) -> (u16, Value) {
    let request = Request::builder().method(method).uri(PATH).header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let answer = asked(router, by(actor, request.body(body).unwrap()).await).await;
    assert!(!answer.text.is_empty());
    (answer.status, answer.json())
}

#[tokio::test]
async fn faults_are_asked_of_the_contexts_that_are_named_and_cleared_in_all() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let ((store_room, store), (pay_room, pay)) = (faulty(&world, Context::Store), faulty(&world, Context::Pay));
    let gate = Gate::new(Context::Pay, vec![Keys::here(signer())], &Clock::system());
    let address = served(gate.around(pay), &world.shutdown).await;
    let gateway = with_faults([(Context::Store, Upstream::Local(store)), (Context::Pay, Upstream::Remote(address))]);
    let operator = "operator/kim";

    let wanted = json!({ "pay": { "payment": { "mode": "down" } }, "store": { "paused": true } });
    let (status, answer) = send(&gateway, Method::PUT, operator, Some(wanted)).await;
    assert_eq!((status, &answer["faults"]["pay"]["payment"]["mode"]), (200, &json!("down")));
    assert!(store_room.faults.is_paused() && pay_room.faults.any());
    let (_, answer) = send(&gateway, Method::PUT, operator, Some(json!({ "pay": {} }))).await;
    assert_eq!(answer["faults"].as_object().unwrap().len(), 1, "the others are left as they are");
    assert!(store_room.faults.is_paused() && !pay_room.faults.any());

    let (status, answer) = send(&gateway, Method::GET, operator, None).await;
    assert_eq!((status, &answer["faults"]["store"]["paused"]), (200, &json!(true)), "a paused context still says so");
    assert_eq!(answer["missing"], json!(["app", "delivery", "customer"]));
    let (_, answer) = send(&gateway, Method::DELETE, operator, None).await;
    assert_eq!(answer["missing"], json!(["app", "delivery", "customer"]));
    assert!(!store_room.faults.any());
    world.shutdown.begin();
}

#[tokio::test]
async fn rubbish_changes_nothing_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let (room, store) = faulty(&world, Context::Store);
    let gateway = with_faults([(Context::Store, Upstream::Local(store))]);
    for (rubbish, field) in [
        (json!({ "store": { "paused": true }, "pay": { "payment": { "delayMs": 600_001 } } }), "pay.payment.delayMs"),
        (json!({ "store": { "paused": true }, "pay": { "payment": { "failingPercent": "all" } } }), "failingPercent"),
        (json!({ "store": { "paused": true }, "kitchen": {} }), "kitchen"),
        (json!({ "store": { "payment": { "mode": "down" } } }), "store.payment"),
        (json!([]), "object"),
    ] {
        let (status, problem) = send(&gateway, Method::PUT, "operator/kim", Some(rubbish.clone())).await;
        assert_eq!(status, 422, "{rubbish}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(field), "{problem}");
    }
    assert!(!room.faults.any());
    let (status, answer) = send(&gateway, Method::PUT, "operator/kim", Some(json!({}))).await;
    assert_eq!((status, answer), (200, json!({ "faults": {} })));
}

#[tokio::test]
async fn only_operators_and_only_where_faults_are_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let (room, store) = faulty(&world, Context::Store);
    let gateway = with_faults([(Context::Store, Upstream::Local(store.clone()))]);
    let without = router(BTreeMap::from([(Context::Store, Upstream::Local(store))]), options(&Shutdown::new()));
    let wanted = || Some(json!({ "store": { "paused": true } }));
    for (method, body) in [(Method::GET, None), (Method::PUT, wanted()), (Method::DELETE, None)] {
        for (actor, expected) in [("", 401), ("customer/kim", 403), ("rider/kim", 403)] {
            assert_eq!(send(&gateway, method.clone(), actor, body.clone()).await.0, expected, "{method} {actor}");
            assert_eq!(send(&without, method.clone(), actor, body.clone()).await.0, expected, "{method} {actor}");
        }
        assert_eq!(send(&without, method, "operator/kim", body).await.0, 404);
    }
    assert!(!room.faults.any());
    // A gateway that allows them before contexts that do not.
    let closed =
        Context::ALL.map(|context| (context, Upstream::Local(platform::problem::with_fallbacks(Router::new()))));
    assert_eq!(send(&with_faults(closed), Method::PUT, "operator/kim", wanted()).await.0, 404);
}

#[tokio::test]
async fn who_does_not_answer_or_takes_none_is_named() {
    async fn silent(State(shutdown): State<Arc<Shutdown>>) {
        shutdown.begun().await;
    }
    let shutdown = Shutdown::new();
    let silent = Router::new().fallback(silent).with_state(Arc::new(shutdown.clone()));
    let gateway = with_faults([
        (Context::App, Upstream::Local(platform::problem::with_fallbacks(Router::new()))),
        (Context::Store, Upstream::Remote("http://127.0.0.1:1".to_owned())),
        (Context::Pay, Upstream::Local(Router::new().fallback(async || "rubbish"))),
        (Context::Delivery, Upstream::Remote(served(silent, &shutdown).await)),
        (Context::Customer, Upstream::Local(Router::new().fallback(async || r#"{"paused":true}"#))),
    ]);
    let (status, answer) = send(&gateway, Method::GET, "operator/kim", None).await;
    assert_eq!((status, &answer["faults"]["customer"]["paused"]), (200, &json!(true)));
    assert_eq!((&answer["off"], &answer["missing"]), (&json!(["app"]), &json!(["store", "pay", "delivery"])));
    let (status, problem) = send(&gateway, Method::PUT, "operator/kim", Some(json!({ "store": {} }))).await;
    assert_eq!((status, &problem["type"]), (503, &json!("/problems/service-unavailable")));
    assert!(problem["detail"].as_str().unwrap().contains("store"));
    shutdown.begin();
}
