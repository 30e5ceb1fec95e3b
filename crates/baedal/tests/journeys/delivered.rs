//! An order that goes well, in each of the three ways of fulfilment.

use serde_json::json;

use crate::support::{CAULDRON, FRIES, GUKBAP, PANCAKE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_delivered_by_a_rider_and_the_customer_hears_of_every_step() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    assert_eq!(app.ticket(&order).await["status"], "OPEN");
    app.accept(&order).await;
    assert_eq!(app.status(&customer, &order).await, "ACCEPTED");
    app.start_cooking(&order).await;
    assert_eq!(app.status(&customer, &order).await, "COOKING");
    app.finish_cooking(&order).await;
    assert_eq!(app.status(&customer, &order).await, "READY");
    app.bring(&order).await;
    let delivered = app.look(&customer, &order).await;
    assert_eq!(delivered["status"], "DELIVERED");
    assert_eq!(delivered["refund"], "NONE");
    assert_eq!(
        app.told(&customer, &order).await,
        ["PLACED", "ACCEPTED", "COOKING", "READY", "ON_THE_WAY", "DELIVERED"]
    );
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_delivered_by_the_store_itself_and_no_rider_is_sought() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let mut body = app.basket(CAULDRON, FRIES, 2);
    body["deliveryBy"] = json!("STORE");
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    let order = id(&app.post(&customer, "/orders", body).await.expect(201));
    app.rest().await;
    for (what, body) in
        [("accept", json!({ "prepMinutes": 20 })), ("start-cooking", json!({})), ("finish-cooking", json!({}))]
    {
        app.owner_of(CAULDRON, &order, what, body).await.expect(200);
        app.rest().await;
    }
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.problem(404, "not-found");
    let owner = format!("owner/{CAULDRON}");
    app.rider(&owner, &order, "pick-up", json!({})).await.expect(200);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERING");
    app.rider(&owner, &order, "complete", json!({ "handover": "hand-to-me" })).await.expect(200);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_picked_up_and_handing_over_completes_it() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["deliveryBy"] = json!("PICKUP");
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    let order = id(&app.post(&customer, "/orders", body).await.expect(201));
    app.rest().await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.owner(&order, "hand-over", json!({})).await.problem(409, "wrong-state");
    app.finish_cooking(&order).await;
    assert_eq!(app.status(&customer, &order).await, "READY");
    app.owner(&order, "hand-over", json!({})).await.expect(200);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "COOKING", "PICKUP_READY", "PICKED_UP"]);
    app.check();
}
