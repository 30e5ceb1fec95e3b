//! What happens when something does not happen: every wait of an order's way, and what goes wrong on it.

use jiff::SignedDuration;
use serde_json::json;

use crate::cancelling::assert_cancelled;
use crate::support::{GUKBAP, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_does_not_answer_for_ten_minutes_has_rejected() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.pass_minutes(9).await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    app.pass_minutes(1).await;
    assert_cancelled(&app, &customer, &order).await;
    assert_eq!(app.ticket(&order).await["status"], "REJECTED");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "REJECTED", "REFUNDED"]);
    let story = app.get(&customer, &format!("/orders/{order}/timeline")).await.expect(200);
    assert!(story.to_string().contains("\"silent\""), "{story}");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn cooking_begins_by_itself_a_minute_after_acceptance() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.pass(SignedDuration::from_secs(59)).await;
    assert_eq!(app.status(&customer, &order).await, "ACCEPTED");
    app.pass(SignedDuration::from_secs(1)).await;
    assert_eq!(app.status(&customer, &order).await, "COOKING");
    app.start_cooking(&order).await;
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "COOKING"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_have_cooking_begin_at_once_or_only_when_pressed() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    cook(&app, "AT_ONCE").await;
    let at_once = app.placed(&customer).await;
    app.accept(&at_once).await;
    assert_eq!(app.status(&customer, &at_once).await, "COOKING");
    cook(&app, "OFF").await;
    let when_pressed = app.placed(&customer).await;
    app.accept(&when_pressed).await;
    app.pass_minutes(5).await;
    assert_eq!(app.status(&customer, &when_pressed).await, "ACCEPTED");
    app.start_cooking(&when_pressed).await;
    assert_eq!(app.status(&customer, &when_pressed).await, "COOKING");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_needs_longer_moves_the_expected_time() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    assert_eq!(eta(&app, &customer, &order).await, 35);
    app.owner(&order, "delay", json!({ "minutes": 15 })).await.expect(200);
    app.rest().await;
    assert_eq!(eta(&app, &customer, &order).await, 50);
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "DELAYED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_no_rider_takes_is_delayed_again_and_again_until_an_operator_assigns_one() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.pass_minutes(9).await;
    assert_eq!(delays(&app, &customer, &order).await, 0);
    app.pass_minutes(1).await;
    assert_eq!(delays(&app, &customer, &order).await, 1);
    assert_eq!(app.told(&customer, &order).await.last().unwrap(), "DELAYED");
    app.pass_minutes(10).await;
    assert_eq!(delays(&app, &customer, &order).await, 2);
    let rider = app.someone("rider");
    let rider_id = rider.strip_prefix("rider/").unwrap();
    app.operate(&format!("delivery/{order}/assign"), json!({ "riderId": rider_id })).await.expect(200);
    app.finish_cooking(&order).await;
    app.pass_minutes(10).await;
    assert_eq!(delays(&app, &customer, &order).await, 2);
    app.rider(&rider, &order, "pick-up", json!({})).await.expect(200);
    app.rider(&rider, &order, "complete", json!({})).await.expect(200);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kitchen_that_is_late_is_told_every_ten_minutes() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.rider(&app.someone("rider"), &order, "claim", json!({})).await.expect(200);
    app.pass_minutes(34).await;
    assert_eq!(delays(&app, &customer, &order).await, 0);
    app.pass_minutes(1).await;
    assert_eq!(delays(&app, &customer, &order).await, 1);
    app.pass_minutes(10).await;
    assert_eq!(delays(&app, &customer, &order).await, 2);
    app.finish_cooking(&order).await;
    app.pass_minutes(10).await;
    assert_eq!(delays(&app, &customer, &order).await, 2);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rider_who_is_late_at_the_store_or_at_the_door_is_told() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    app.pass_minutes(20).await;
    app.finish_cooking(&order).await;
    app.pass_minutes(14).await;
    assert_eq!(delays(&app, &customer, &order).await, 0);
    app.pass_minutes(1).await;
    assert_eq!(delays(&app, &customer, &order).await, 1);
    app.rider(&rider, &order, "pick-up", json!({})).await.expect(200);
    app.pass_minutes(59).await;
    assert_eq!(delays(&app, &customer, &order).await, 1);
    app.pass_minutes(1).await;
    assert_eq!(delays(&app, &customer, &order).await, 2);
    app.rider(&rider, &order, "complete", json!({})).await.expect(200);
    app.pass_minutes(30).await;
    assert_eq!(delays(&app, &customer, &order).await, 2);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_has_one_rider_at_a_time_and_leaves_when_the_food_is_ready() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    let (first, second) = (app.someone("rider"), app.someone("rider"));
    let claimed = app.rider(&first, &order, "claim", json!({})).await.expect(200);
    assert_eq!(claimed["phone"], "010-0000-0000");
    assert_eq!(app.rider(&first, &order, "claim", json!({})).await.expect(200), claimed, "a repeat changes nothing");
    app.rider(&second, &order, "claim", json!({})).await.problem(409, "taken-by-another");
    app.rider(&first, &order, "pick-up", json!({})).await.problem(409, "not-ready");
    let released = app.rider(&first, &order, "release", json!({ "reason": "vehicle" })).await.expect(200);
    assert_eq!((&released["status"], released.get("phone")), (&json!("WAITING"), None));
    app.rider(&second, &order, "claim", json!({})).await.expect(200);
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.rider(&first, &order, "pick-up", json!({})).await.expect(404);
    app.rider(&second, &order, "pick-up", json!({})).await.expect(200);
    app.rest().await;
    app.rider(&second, &order, "complete", json!({})).await.expect(200);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_on_the_way_is_told_and_a_delivery_that_fails_is_closed_by_an_operator() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    let rider = app.someone("rider");
    for (what, body) in [
        ("claim", json!({})),
        ("pick-up", json!({})),
        ("interrupt", json!({ "reason": "accident" })),
        ("resume", json!({})),
        ("fail", json!({ "reason": "address" })),
    ] {
        app.rider(&rider, &order, what, body).await.expect(200);
        app.rest().await;
    }
    assert_eq!(app.status(&customer, &order).await, "DELIVERING");
    let waiting = app.get("operator/1", "/operations/app/orders?attention=true").await.expect(200);
    assert_eq!(waiting["items"][0]["orderId"], order.as_str());
    let decision = json!({ "reason": "undeliverable", "borneBy": "PLATFORM", "refundAmount": 22_000 });
    app.operate(&format!("app/orders/{order}/close-undelivered"), decision).await.expect(200);
    app.rest().await;
    let closed = app.look(&customer, &order).await;
    assert_eq!((&closed["status"], &closed["refund"]), (&json!("UNDELIVERED"), &json!("DONE")));
    assert_eq!(
        app.told(&customer, &order).await,
        ["PLACED", "ACCEPTED", "COOKING", "READY", "ON_THE_WAY", "TROUBLE", "TROUBLE", "UNDELIVERED", "REFUNDED"]
    );
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    app.check();
}

/// When cooking begins at the store of `placed`.
async fn cook(app: &TestApp, mode: &str) {
    let (owner, path) = (format!("owner/{GUKBAP}"), format!("/stores/{GUKBAP}"));
    let mut terms = app.get(&owner, &format!("/operations/store{path}")).await.expect(200);
    terms["autoCooking"] = json!({ "mode": mode });
    app.call(reqwest::Method::PUT, &owner, &path, Some(&terms), &[]).await.expect(200);
    app.rest().await;
}

/// How many minutes from now the food is expected.
async fn eta(app: &TestApp, customer: &str, order: &str) -> i64 {
    let found = app.look(customer, order).await;
    let eta: kernel::Time = found["eta"].as_str().unwrap().parse().unwrap();
    eta.duration_since(app.now()).as_mins()
}

/// How often the order was delayed; the customer was told each time.
async fn delays(app: &TestApp, customer: &str, order: &str) -> usize {
    let delays = app.story(customer, order).await.iter().filter(|event| *event == "OrderDelayed").count();
    let told = app.told(customer, order).await.iter().filter(|kind| *kind == "DELAYED").count();
    assert_eq!(delays, told);
    delays
}
