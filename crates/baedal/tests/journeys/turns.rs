//! A rush at one store: orders wait their turn there, and nothing else does.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, CAULDRON, FRIES, GUKBAP, TestApp, id};

async fn switch(app: &TestApp, room: Value) {
    app.call(Method::PUT, "operator/1", "/operations/gateway/waiting-room", Some(&room), &[]).await.expect(200);
}

async fn place(app: &TestApp, customer: &str) -> Value {
    app.get(customer, &format!("/waiting-room?storeId={GUKBAP}")).await.expect(200)
}

async fn fries(app: &TestApp, customer: &str) -> Answer {
    app.post(customer, "/orders", app.basket(CAULDRON, FRIES, 3)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_rush_at_one_store_orders_wait_their_turn_across_a_restart_and_nothing_else_waits() {
    let mut app = TestApp::start().await;
    let [first, second, third] = ["first", "second", "third"].map(|name| format!("customer/{name}"));
    let before = app.placed(&third).await;
    switch(&app, json!({ "storeId": GUKBAP, "state": "ON", "perSecond": 1, "atATime": 1 })).await;
    let order = id(&app.order_with(&first, "ok").await.expect(201));
    assert_eq!(app.order_with(&second, "ok").await.problem(503, "waiting")["position"], 1);
    assert_eq!(app.order_with(&third, "ok").await.problem(503, "waiting")["position"], 2);
    fries(&app, &third).await.expect(202);
    app.rest().await;
    app.cancel(&third, &before).await.expect(202);
    app.accept(&order).await;

    app.restart().await;
    assert_eq!(place(&app, &third).await["position"], 2);
    app.pass(SignedDuration::from_secs(1)).await;
    app.order_with(&third, "ok").await.problem(503, "waiting");
    app.order_with(&second, "ok").await.expect(201);
    app.pass(SignedDuration::from_secs(1)).await;
    assert_eq!(place(&app, &third).await["state"], "ADMITTED");
    app.order_with(&third, "ok").await.expect(201);

    let late = app.someone("customer");
    app.order_with(&late, "ok").await.problem(503, "waiting");
    switch(&app, json!({ "storeId": GUKBAP, "state": "OFF" })).await;
    app.order_with(&late, "ok").await.expect(201);
    app.rest().await;
    app.check();
}
