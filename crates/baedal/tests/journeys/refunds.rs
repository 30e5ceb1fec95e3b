//! Money that goes back, in whole and in part.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{GUKBAP, PANCAKE, RICE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_cancelled_before_it_is_accepted_is_refunded_and_booked() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let asked = app.cancel(&customer, &order).await.expect(202);
    assert_eq!(asked["status"], "CANCEL_REQUESTED");
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "DONE", 22_000).await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "CANCEL_ASKED", "CANCELLED", "REFUNDED"]);
    let booked = ledger(&app, &order).await;
    let sides: Vec<_> = booked["entries"].as_array().unwrap().iter().map(side).collect();
    assert_eq!(
        sides,
        [
            ("provider", 22_000, 0),
            ("orders", 0, 22_000),
            ("orders", 22_000, 0),
            ("refunds-payable", 0, 22_000),
            ("refunds-payable", 22_000, 0),
            ("provider", 0, 22_000),
        ]
    );
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_the_provider_refuses_for_good_is_settled_by_hand() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "refund-refused").await.expect(201));
    app.rest().await;
    app.cancel(&customer, &order).await.expect(202);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "FAILED", 0).await;
    app.check();
    let open = refunds(&app, "").await;
    assert_eq!(open.len(), 1);
    assert_eq!((&open[0]["orderId"], &open[0]["standing"]), (&json!(order), &json!("FAILED")));
    assert_eq!((&open[0]["amount"], &open[0]["needsOperator"]), (&json!(22_000), &json!(true)));
    let refund = open[0]["refundId"].as_str().unwrap();
    let settle = format!("pay/refunds/{refund}/settle");

    app.operate(&format!("pay/refunds/{refund}/retry"), json!({})).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "FAILED", 0).await;

    app.post(&customer, &format!("/operations/{settle}"), json!({})).await.problem(403, "forbidden");
    let settled = app.operate(&settle, json!({})).await.expect(200);
    assert_eq!((&settled["standing"], &settled["needsOperator"]), (&json!("SETTLED_BY_HAND"), &json!(false)));
    app.operate(&settle, json!({})).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "DONE", 22_000).await;
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "CANCEL_ASKED", "CANCELLED", "REFUNDED"]);
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    assert_eq!(refunds(&app, "").await, Vec::<Value>::new());
    app.operate(&format!("pay/refunds/{refund}/retry"), json!({})).await.problem(409, "already-refunded");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_without_a_usable_answer_is_tried_again_until_it_is_given() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "refund-later").await.expect(201));
    app.rest().await;
    app.cancel(&customer, &order).await.expect(202);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "PENDING", 0).await;
    app.check();
    let pending = refunds(&app, "").await;
    assert_eq!((&pending[0]["standing"], &pending[0]["needsOperator"]), (&json!("PENDING"), &json!(false)));
    let settle = format!("pay/refunds/{}/settle", pending[0]["refundId"].as_str().unwrap());
    app.operate(&settle, json!({})).await.problem(409, "too-early");
    app.pass(SignedDuration::from_secs(1)).await;
    refund_is(&app, &customer, &order, "CANCELLED", "PENDING", 0).await;
    app.pass(SignedDuration::from_secs(2)).await;
    refund_is(&app, &customer, &order, "CANCELLED", "DONE", 22_000).await;
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    app.operate(&settle, json!({})).await.problem(409, "already-refunded");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dish_that_ran_out_is_taken_out_and_paid_back_and_the_rest_is_delivered() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (order, rice) = with_rice(&app, &customer).await;
    let body = json!({ "lines": [{ "lineId": rice, "quantity": 1 }], "reason": "sold-out" });
    app.owner(&order, "adjust", body.clone()).await.problem(409, "wrong-state");
    app.accept(&order).await;
    for _ in 0..2 {
        let ticket = app.owner(&order, "adjust", body.clone()).await.expect(200);
        assert_eq!(ticket["items"][1]["quantity"], 1);
    }
    app.rest().await;
    let adjusted = app.look(&customer, &order).await;
    assert_eq!((&adjusted["status"], &adjusted["refund"]), (&json!("ACCEPTED"), &json!("DONE")));
    assert_eq!((&adjusted["itemsAmount"], &adjusted["totalAmount"]), (&json!(21_500), &json!(23_500)));
    assert_eq!((&adjusted["deliveryAmount"], &adjusted["refundedAmount"]), (&json!(2_000), &json!(1_500)));
    assert_eq!((&adjusted["items"][1]["quantity"], &adjusted["items"][1]["amount"]), (&json!(1), &json!(1_500)));
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    refund_is(&app, &customer, &order, "DELIVERED", "DONE", 1_500).await;
    assert_eq!(
        app.told(&customer, &order).await,
        ["PLACED", "ACCEPTED", "PART_REFUNDED", "COOKING", "READY", "ON_THE_WAY", "DELIVERED"]
    );
    assert_eq!(app.provider(&order), [(25_000, 1_500)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_dish_is_paid_back_by_the_operator_after_the_delivery() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (order, rice) = with_rice(&app, &customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    let missing = |quantity: u32| json!({ "lines": [{ "lineId": rice, "quantity": quantity }], "reason": "missing", "borneBy": "STORE" });
    let path = format!("app/orders/{order}/adjust");
    assert_eq!(app.operate(&path, missing(1)).await.expect(200)["refund"], "PENDING");
    app.rest().await;
    refund_is(&app, &customer, &order, "DELIVERED", "DONE", 1_500).await;
    app.operate(&path, missing(1)).await.expect(200);
    app.operate(&path, missing(2)).await.problem(422, "nothing-taken");
    app.rest().await;
    refund_is(&app, &customer, &order, "DELIVERED", "DONE", 1_500).await;
    app.operate(&path, missing(0)).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "DELIVERED", "DONE", 3_000).await;
    assert_eq!(app.look(&customer, &order).await["totalAmount"], 22_000);
    assert_eq!(app.told(&customer, &order).await.iter().filter(|kind| *kind == "PART_REFUNDED").count(), 2);
    assert_eq!(app.provider(&order), [(25_000, 3_000)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_after_an_adjustment_goes_back_when_the_store_withdraws() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (order, rice) = with_rice(&app, &customer).await;
    app.accept(&order).await;
    let body = json!({ "lines": [{ "lineId": rice, "quantity": 0 }], "reason": "sold-out" });
    app.owner(&order, "adjust", body).await.expect(200);
    app.rest().await;
    app.owner(&order, "withdraw", json!({ "reason": "store-reasons" })).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "DONE", 25_000).await;
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "PART_REFUNDED", "CANCELLED", "REFUNDED"]);
    assert_eq!(app.provider(&order), [(25_000, 25_000)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_cancels_what_is_cooking_and_gives_back_a_part() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.cancel(&customer, &order).await.problem(409, "cooking-started");
    let path = format!("app/orders/{order}/cancel");
    let part = |amount: i64| json!({ "reason": "support", "borneBy": "PLATFORM", "refundAmount": amount });
    app.operate(&path, part(22_001)).await.problem(422, "refund-too-large");
    app.operate(&path, part(-1)).await.problem(422, "refund-negative");
    assert_eq!(app.operate(&path, part(10_000)).await.expect(200)["status"], "CANCELLED");
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "DONE", 10_000).await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    assert_eq!(app.provider(&order), [(22_000, 10_000)]);
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "COOKING", "CANCELLED", "REFUNDED"]);
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.problem(409, "delivery-cancelled");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_the_provider_refuses_to_give_back_does_not_hold_up_the_order() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (order, rice) = with_rice_paid_by(&app, &customer, "refund-refused").await;
    app.accept(&order).await;
    let body = json!({ "lines": [{ "lineId": rice, "quantity": 0 }], "reason": "sold-out" });
    app.owner(&order, "adjust", body).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "ACCEPTED", "FAILED", 0).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    refund_is(&app, &customer, &order, "DELIVERED", "FAILED", 0).await;
    let open = refunds(&app, "?standing=FAILED").await;
    let settle = format!("pay/refunds/{}/settle", open[0]["refundId"].as_str().unwrap());
    app.operate(&settle, json!({})).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "DELIVERED", "DONE", 3_000).await;
    assert_eq!(app.told(&customer, &order).await.last().unwrap(), "PART_REFUNDED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_goes_back_than_was_paid_whoever_decides_and_however_often() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (order, rice) = with_rice(&app, &customer).await;
    app.accept(&order).await;
    let one_less = json!({ "lines": [{ "lineId": rice, "quantity": 1 }], "reason": "support", "borneBy": "PLATFORM" });
    app.operate(&format!("app/orders/{order}/adjust"), one_less).await.expect(200);
    app.rest().await;
    assert_eq!(app.ticket(&order).await["items"][1]["quantity"], 1, "the kitchen hears of it");
    let cancel = format!("app/orders/{order}/cancel");
    let all = |amount: i64| json!({ "reason": "support", "borneBy": "STORE", "refundAmount": amount });
    app.operate(&cancel, all(23_501)).await.problem(422, "refund-too-large");
    app.operate(&cancel, all(23_500)).await.expect(200);
    app.operate(&cancel, all(1)).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "DONE", 25_000).await;
    assert_eq!(app.provider(&order), [(25_000, 25_000)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_gives_nothing_back_needs_no_refund() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let nothing = json!({ "reason": "no-contact", "borneBy": "CUSTOMER", "refundAmount": 0 });
    app.operate(&format!("app/orders/{order}/cancel"), nothing).await.expect(200);
    app.rest().await;
    refund_is(&app, &customer, &order, "CANCELLED", "NONE", 0).await;
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "CANCELLED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_delivered_is_closed_with_the_refund_that_is_decided() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    let path = format!("app/orders/{order}/close-undelivered");
    let close = json!({ "reason": "no-contact", "borneBy": "CUSTOMER", "refundAmount": 5_000 });
    app.operate(&path, close.clone()).await.problem(409, "not-delivering");
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    app.rider(&rider, &order, "pick-up", json!({})).await.expect(200);
    app.rider(&rider, &order, "fail", json!({ "reason": "no-contact" })).await.expect(200);
    app.rest().await;
    app.cancel(&customer, &order).await.problem(409, "on-its-way");
    assert_eq!(app.operate(&path, close.clone()).await.expect(200)["status"], "UNDELIVERED");
    assert_eq!(app.operate(&path, close).await.expect(200)["status"], "UNDELIVERED");
    app.rest().await;
    refund_is(&app, &customer, &order, "UNDELIVERED", "DONE", 5_000).await;
    assert_eq!(app.provider(&order), [(22_000, 5_000)]);
    let told = app.told(&customer, &order).await;
    assert_eq!(told[4..], ["ON_THE_WAY", "TROUBLE", "UNDELIVERED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_order_is_refunded_whether_the_owner_says_why_or_nothing() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let rejected = app.placed(&customer).await;
    app.owner(&rejected, "reject", json!({ "reason": "too-busy" })).await.expect(200);
    let ignored = app.placed(&customer).await;
    app.pass_minutes(10).await;
    for order in [rejected, ignored] {
        refund_is(&app, &customer, &order, "CANCELLED", "DONE", 22_000).await;
        assert_eq!(app.told(&customer, &order).await, ["PLACED", "REJECTED", "REFUNDED"]);
        assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    }
    app.check();
}

/// Two pancakes and two bowls of rice, placed; and the line of the rice.
async fn with_rice(app: &TestApp, customer: &str) -> (String, String) {
    with_rice_paid_by(app, customer, "ok").await
}

async fn with_rice_paid_by(app: &TestApp, customer: &str, token: &str) -> (String, String) {
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["items"].as_array_mut().unwrap().push(json!({ "menuId": RICE, "quantity": 2 }));
    body["payment"] = json!({ "method": "CARD", "token": token });
    let order = app.post(customer, "/orders", body).await.expect(201);
    assert_eq!(order["totalAmount"], 25_000);
    app.rest().await;
    (id(&order), order["items"][1]["lineId"].as_str().unwrap().to_owned())
}

#[track_caller]
fn side(entry: &Value) -> (&str, i64, i64) {
    let amount = |field: &str| entry[field].as_i64().unwrap();
    (entry["account"].as_str().unwrap(), amount("debitAmount"), amount("creditAmount"))
}

async fn refund_is(app: &TestApp, customer: &str, order: &str, status: &str, refund: &str, amount: i64) {
    let found = app.look(customer, order).await;
    let told = (&found["status"], &found["refund"], &found["refundedAmount"]);
    assert_eq!(told, (&json!(status), &json!(refund), &json!(amount)));
}

async fn ledger(app: &TestApp, order: &str) -> Value {
    let books = app.get("operator/1", "/operations/pay/ledger").await.expect(200);
    let items = books["items"].as_array().unwrap();
    items.iter().find(|row| row["orderId"] == order).cloned().unwrap()
}

async fn refunds(app: &TestApp, query: &str) -> Vec<Value> {
    let found = app.get("operator/1", &format!("/operations/pay/refunds{query}")).await.expect(200);
    found["items"].as_array().unwrap().clone()
}
