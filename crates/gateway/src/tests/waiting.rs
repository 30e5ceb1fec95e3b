//! The waiting room as customers and operators meet it.

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::Context;
use platform::config::Limits;
use serde_json::{Value, json};

use super::world::{Got, HERE, World};
use crate::Upstream;

const ROOM: &str = "/api/operations/gateway/waiting-room";
const POPULAR: &str = "0190f3a0-0000-7000-8000-000000000001";
const QUIET: &str = "0190f3a0-0000-7000-8000-000000000002";

/// app that takes every order, but not one without a basket.
fn app() -> [(Context, Upstream); 1] {
    let take = async |body: String| {
        let status = if body.contains("items") { 201 } else { 422 };
        (axum::http::StatusCode::from_u16(status).unwrap(), body)
    };
    let app = Router::new().route("/orders", post(take).get(async || "mine")).fallback(async || "answered");
    [(Context::App, Upstream::Local(app))]
}

fn world() -> World {
    World::new(Limits::default(), app())
}

fn on(per_second: u32, at_a_time: u32) -> Value {
    json!({"state": "ON", "perSecond": per_second, "atATime": at_a_time, "staySeconds": 300})
}

async fn switch(world: &World, asked: Value) -> Got {
    let operator = world.token("operator/o1").await;
    let got = world.by(&operator, HERE, "PUT", ROOM, asked).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got
}

async fn orders_at(world: &World, token: &str, store: &str) -> Got {
    world.by(token, HERE, "POST", "/api/orders", json!({"storeId": store, "items": [1]})).await
}

async fn orders(world: &World, token: &str) -> Got {
    orders_at(world, token, POPULAR).await
}

async fn place(world: &World, token: &str) -> Value {
    let got = world.by(token, HERE, "GET", "/api/waiting-room", Value::Null).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json()
}

async fn customers<const N: usize>(world: &World) -> [String; N] {
    let names: Vec<_> = (0..N).map(|number| format!("customer/c{number}")).collect();
    join_all(names.iter().map(|name| world.token(name))).await.try_into().unwrap()
}

fn later(world: &World, seconds: i64) {
    world.hand.advance(SignedDuration::from_secs(seconds));
}

#[tokio::test]
async fn while_no_room_is_on_nobody_waits() {
    let world = world();
    let mina = world.token("customer/mina").await;
    assert_eq!(orders(&world, &mina).await.status, 201);
    assert_eq!(place(&world, &mina).await, json!({"state": "OPEN"}));
}

#[tokio::test]
async fn in_a_rush_orders_are_let_in_one_after_the_other_in_the_order_in_which_people_came() {
    let world = world();
    switch(&world, on(1, 100)).await;
    let [first, second, third] = customers(&world).await;
    assert_eq!(orders(&world, &first).await.status, 201);
    let held = orders(&world, &second).await;
    assert_eq!(held.problem(), (503, "waiting".to_owned()));
    assert_eq!((held.json()["position"].as_u64(), held.json()["waitSeconds"].as_u64()), (Some(1), Some(1)));
    assert_eq!((held.header("retry-after"), held.header("location")), (Some("2"), Some("/waiting")));
    assert_eq!(orders(&world, &third).await.json()["position"], 2);
    later(&world, 1);
    assert_eq!(orders(&world, &third).await.status, 503, "the one before was let in, and not whoever asks first");
    assert_eq!(orders(&world, &second).await.status, 201);
    later(&world, 1);
    assert_eq!(place(&world, &third).await["state"], "ADMITTED");
    assert_eq!(orders(&world, &third).await.status, 201);
}

#[tokio::test]
async fn a_place_is_its_persons_whatever_session_they_show_and_nobody_elses() {
    let world = world();
    switch(&world, on(1, 100)).await;
    let [first, second, third] = customers(&world).await;
    orders(&world, &first).await;
    assert_eq!(place(&world, &second).await["position"], 1);
    assert_eq!(place(&world, &third).await["position"], 2);
    let [_, again] = customers(&world).await;
    assert_eq!(place(&world, &again).await["position"], 1, "a second session of the same person has no second place");
    later(&world, 1);
    assert_eq!(orders(&world, &third).await.status, 503);
    assert_eq!(orders(&world, &again).await.status, 201);
}

#[tokio::test]
async fn many_who_come_at_once_get_places_of_their_own_and_no_more_than_may_are_let_in() {
    let world = world();
    switch(&world, on(5, 100)).await;
    let tokens: [String; 40] = customers(&world).await;
    let ask_twice = tokens.iter().chain(&tokens).map(|token| orders(&world, token));
    let got = join_all(ask_twice).await;
    let taken = got.iter().filter(|got| got.status == 201).count();
    assert_eq!(taken, 10, "five people, each twice");
    let mut positions: Vec<_> =
        got[..40].iter().filter(|got| got.status == 503).map(|got| got.json()["position"].as_u64().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=35).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_restart_changes_nobodys_turn() {
    let world = world();
    switch(&world, on(1, 100)).await;
    let [first, second, third, late] = customers(&world).await;
    orders(&world, &first).await;
    assert_eq!(place(&world, &second).await["position"], 1);
    assert_eq!(place(&world, &third).await["position"], 2);
    let world = world.restarted(20, Limits::default(), app()).await;
    assert_eq!(orders(&world, &late).await.json()["position"], 3);
    assert_eq!(orders(&world, &first).await.status, 201, "whoever was let in still is");
    later(&world, 1);
    assert_eq!(orders(&world, &third).await.status, 503);
    assert_eq!(orders(&world, &second).await.status, 201);
    let operator = world.token("operator/o1").await;
    let rooms = world.by(&operator, HERE, "GET", ROOM, Value::Null).await.json();
    assert_eq!((&rooms["items"][0]["perSecond"], &rooms["items"][0]["waiting"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn what_is_under_way_is_never_held() {
    let world = world();
    switch(&world, on(1, 1)).await;
    let [first, second] = customers(&world).await;
    assert_eq!(place(&world, &first).await["state"], "ADMITTED");
    assert_eq!(orders(&world, &second).await.status, 503);
    for path in ["/api/orders/o1/payment", "/api/orders/o1/cancel", "/api/quotes"] {
        assert_eq!(world.by(&second, HERE, "POST", path, json!({})).await.status, 200, "{path}");
    }
    for path in ["/api/stores", "/api/orders", "/api/orders/o1"] {
        assert_eq!(world.by(&second, HERE, "GET", path, Value::Null).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_order_makes_room_and_one_that_was_refused_does_not() {
    let world = world();
    switch(&world, on(10, 1)).await;
    let [first, second] = customers(&world).await;
    let refused = world.by(&first, HERE, "POST", "/api/orders", json!({"storeId": POPULAR})).await;
    assert_eq!(refused.status, 422);
    later(&world, 5);
    assert_eq!(orders(&world, &second).await.status, 503);
    assert_eq!(orders(&world, &first).await.status, 201);
    assert_eq!(orders(&world, &second).await.status, 201);
}

#[tokio::test]
async fn a_store_has_a_room_of_its_own_and_the_others_go_on() {
    let world = world();
    switch(&world, json!({"storeId": POPULAR, "state": "ON", "perSecond": 1, "atATime": 1})).await;
    let [first, second] = customers(&world).await;
    assert_eq!(orders(&world, &first).await.status, 201);
    let held = orders(&world, &second).await;
    assert_eq!(held.header("location"), Some(format!("/waiting?storeId={POPULAR}").as_str()));
    assert_eq!(orders_at(&world, &second, QUIET).await.status, 201);
    assert_eq!(place(&world, &second).await["state"], "OPEN");
    let path = format!("/api/waiting-room?storeId={POPULAR}");
    let own = world.by(&second, HERE, "GET", &path, Value::Null).await;
    assert_eq!((own.json()["state"].as_str(), own.header("retry-after")), (Some("WAITING"), Some("2")));
    switch(&world, json!({"storeId": POPULAR, "state": "OFF"})).await;
    assert_eq!(orders(&world, &second).await.status, 201);
}

#[tokio::test]
async fn only_operators_switch_rooms_and_only_to_what_can_be() {
    let world = world();
    let (mina, operator) = (world.token("customer/mina").await, world.token("operator/o1").await);
    assert_eq!(world.by(&mina, HERE, "PUT", ROOM, on(1, 1)).await.status, 403);
    for wrong in [on(0, 1), on(1, 0), json!({"state": "ON", "staySeconds": 5}), json!({"state": "MAYBE"}), json!({})] {
        assert_eq!(world.by(&operator, HERE, "PUT", ROOM, wrong.clone()).await.status, 422, "{wrong}");
    }
    assert_eq!(world.by(&operator, HERE, "GET", ROOM, Value::Null).await.json(), json!({"items": []}));
}

#[tokio::test]
async fn the_page_shows_the_place_and_comes_back_without_a_script() {
    let world = world();
    switch(&world, on(1, 1)).await;
    let [first, second] = customers(&world).await;
    let page = async |token: Option<&str>| {
        let request = World::request(HERE, "GET", "/waiting").header("accept", "text/html");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
        world.send(request.body(Body::empty()).unwrap()).await
    };
    let turn = page(Some(&first)).await.text;
    assert!(turn.contains("차례가 되었습니다") && !turn.contains("http-equiv"), "{turn}");
    let minutes = turn.split("within ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!((1..=60).contains(&minutes.parse::<u64>().unwrap()), "{turn}");
    let waits = page(Some(&second)).await;
    assert!(waits.text.contains("<strong>1</strong>") && waits.text.contains("http-equiv=\"refresh\" content=\"2\""));
    assert!(!waits.text.contains("<script") && waits.header("content-security-policy").is_some());
    assert!(page(None).await.text.contains("href=\"/sign-in?next=%2Fwaiting\""));
    let order = World::request(HERE, "POST", "/api/orders")
        .header("accept", "text/html")
        .header("authorization", format!("Bearer {second}"));
    let held = world.send(order.body(Body::from(r#"{"items": []}"#)).unwrap()).await;
    assert!(held.text.contains("content=\"2;url=/waiting\""), "{}", held.text);
}
