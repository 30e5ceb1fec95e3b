//! The store as its own process that is away, comes back, or cannot be read: orders go on being taken, and nobody who
//! was only unheard is presumed silent.

use std::time::{Duration, Instant};

use baedal::compose::Roles;
use jiff::SignedDuration;
use kernel::Context;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cancelling::{assert_cancelled, wait_until_hidden};
use crate::support::{Answer, GUKBAP, TestApp, id};

/// Longer than a wait that is held back pauses before it is looked at again.
const A_LOOK: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn an_order_at_an_unreachable_store_is_placed_all_the_same_and_cancelled_an_hour_later() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let store = app.stop(Context::Store).await;
    let order = app.placed(&customer).await;
    app.pass_minutes(59).await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    app.pass_minutes(1).await;
    assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED");
    app.pass_minutes(3).await;
    assert_cancelled(&app, &customer, &order).await;
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "REJECTED", "REFUNDED"]);
    app.add(store).await;
    app.rest().await;
    let kitchen = app.get(&format!("owner/{GUKBAP}"), "/tickets?status=OPEN").await.expect(200);
    assert_eq!(kitchen["items"], json!([]));
    app.owner(&order, "accept", json!({ "prepMinutes": 20 })).await.problem(409, "wrong-state");
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_a_stopped_store_does_not_answer_is_granted_after_three_minutes() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    assert!(app.story(&customer, &order).await.contains(&"OrderReceived".to_owned()));
    let store = app.stop(Context::Store).await;
    app.cancel(&customer, &order).await.expect(202);
    app.pass(SignedDuration::from_secs(179)).await;
    assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED");
    app.pass(SignedDuration::from_secs(1)).await;
    assert_cancelled(&app, &customer, &order).await;
    app.add(store).await;
    app.rest().await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    app.owner(&order, "accept", json!({ "prepMinutes": 20 })).await.problem(409, "wrong-state");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "CANCEL_ASKED", "CANCELLED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_cancel_voids_what_is_in_the_pan_of_a_store_that_was_away() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    let store = app.stop(Context::Store).await;
    let decision = json!({ "reason": "support", "borneBy": "PLATFORM" });
    app.operate(&format!("app/orders/{order}/cancel"), decision).await.expect(200);
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    app.add(store).await;
    app.rest().await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    app.owner(&order, "finish-cooking", json!({})).await.problem(409, "wrong-state");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_stores_log_cannot_be_read_a_cancel_waits_ten_minutes_more() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let store = app.stop(Context::Store).await;
    app.hide(Context::Store);
    wait_until_hidden(&app).await;
    app.cancel(&customer, &order).await.expect(202);
    for minutes in [4, 8] {
        app.hand.advance(SignedDuration::from_mins(minutes));
        tokio::time::sleep(A_LOOK).await;
        assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED");
        assert!(is_held_back(&app, &order).await, "operators see what is waited for");
    }
    app.hand.advance(SignedDuration::from_mins(1));
    app.until(&customer, &format!("/orders/{order}"), |order| order["status"] == "CANCELLED").await;
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    app.bring_back(Context::Store);
    app.add(store).await;
    app.rest().await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_stores_log_cannot_be_read_the_store_is_unreachable_when_its_hour_is_over() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let store = app.stop(Context::Store).await;
    app.hide(Context::Store);
    wait_until_hidden(&app).await;
    let order = app.placed(&customer).await;
    app.pass_minutes(59).await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    app.pass_minutes(1).await;
    assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED");
    app.hand.advance(SignedDuration::from_mins(13));
    app.until(&customer, &format!("/orders/{order}"), |order| order["status"] == "CANCELLED").await;
    app.rest().await;
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "REJECTED", "REFUNDED"]);
    app.bring_back(Context::Store);
    app.add(store).await;
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_accepted_while_app_was_away_is_not_cancelled_when_it_comes_back() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let store = app.stop(Context::Store).await;
    let order = app.placed(&customer).await;
    let rest = app.stop(Context::App).await;
    app.add(store).await;
    app.rest().await;
    at_the_store(&mut app, &order, "accept", json!({ "prepMinutes": 90 })).await.expect(200);
    app.pass_minutes(75).await;
    app.add(rest).await;
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "COOKING", "app's hour was over, but the store was not silent");
    let timeline = app.story(&customer, &order).await;
    assert!(!timeline.contains(&"CancelRequested".to_owned()), "{timeline:?}");
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_answered_while_app_was_away_is_not_decided_by_the_clock() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    let store = app.stop(Context::Store).await;
    app.cancel(&customer, &order).await.expect(202);
    let rest = app.stop(Context::App).await;
    // The minute until cooking begins by itself is over before the store hears of the cancel.
    app.hand.advance(SignedDuration::from_mins(30));
    app.add(store).await;
    app.rest().await;
    let ticket = look_at_the_store(&mut app, &order).await;
    app.add(rest).await;
    app.rest().await;
    assert_eq!(ticket["status"], "CANCELLED", "a cancel that was on its way comes before the store's own timer");
    assert_cancelled(&app, &customer, &order).await;
    let timeline = app.get(&customer, &format!("/orders/{order}/timeline")).await.expect(200);
    let cancelled =
        timeline["items"].as_array().unwrap().iter().find(|item| item["event"] == "OrderCancelled").unwrap();
    assert!(!cancelled["cause"].as_str().unwrap().starts_with("timer"), "{cancelled}");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_put_by_holds_the_timers_of_its_order_back_and_only_these() {
    let mut app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let (order, other) = (app.placed(&customer).await, app.placed(&customer).await);
    let store = app.stop(Context::Store).await;
    spoil(&app, &order);
    let parked = |found: &Value| found["items"].as_array().is_some_and(|items| items.len() == 1);
    let found = app.until("operator/1", "/operations/app/parked", parked).await;
    assert_eq!(found["items"][0]["subject"], order.as_str());
    app.cancel(&customer, &order).await.expect(202);
    app.cancel(&customer, &other).await.expect(202);
    app.pass_minutes(30).await;
    tokio::time::sleep(A_LOOK).await;
    assert_cancelled(&app, &customer, &other).await;
    assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED");
    assert!(is_held_back(&app, &order).await);
    let message = found["items"][0]["id"].as_i64().unwrap();
    app.operate(&format!("app/parked/{message}/skip"), json!({})).await.expect(200);
    app.until(&customer, &format!("/orders/{order}"), |order| order["status"] == "CANCELLED").await;
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    let timeline = app.get(&customer, &format!("/orders/{order}/timeline")).await.expect(200);
    assert!(timeline.to_string().contains("skipped"), "{timeline}");
    app.add(store).await;
    app.rest().await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_store_stopped_orders_are_placed_as_fast_and_all_tickets_come_when_it_is_back() {
    let mut last = None;
    for _ in 0..3 {
        let mut app = TestApp::start_with_store_apart().await;
        let customer = app.someone("customer");
        let (with, first) = place_a_hundred(&app, &customer).await;
        app.rest().await;
        let store = app.stop(Context::Store).await;
        let (without, second) = place_a_hundred(&app, &customer).await;
        app.rest().await;
        app.add(store).await;
        app.rest().await;
        let tickets = all_tickets(&app).await;
        let mut placed = [first, second].concat();
        placed.sort();
        assert_eq!(tickets, placed, "every order has its ticket, once");
        app.check();
        if without <= with.mul_f64(1.5) {
            return;
        }
        last = Some((with, without));
    }
    panic!("the median with and without the store: {last:?}");
}

/// The median time that an order took, and the orders.
async fn place_a_hundred(app: &TestApp, customer: &str) -> (Duration, Vec<String>) {
    let (mut times, mut orders) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let begin = Instant::now();
        let order = app.order_with(customer, "ok").await.expect(201);
        times.push(begin.elapsed());
        orders.push(id(&order));
    }
    times.sort();
    (times[50], orders)
}

/// The orders of all tickets of the store, sorted.
async fn all_tickets(app: &TestApp) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("owner/{GUKBAP}"), &format!("/tickets?limit=150{cursor}")).await.expect(200);
        found.extend(page["items"].as_array().unwrap().iter().map(id));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    found.sort();
    found
}

/// What the owner does while app and its gateway are away: through another gateway.
async fn at_the_store(app: &mut TestApp, order: &str, what: &str, body: Value) -> Answer {
    app.add(Roles::only(&[], true)).await;
    let answer = app.owner(order, what, body).await;
    app.stop_gateway().await;
    answer
}

async fn look_at_the_store(app: &mut TestApp, order: &str) -> Value {
    app.add(Roles::only(&[], true)).await;
    let ticket = app.ticket(order).await;
    app.stop_gateway().await;
    ticket
}

/// Whether a wait of the order is over and held back.
async fn is_held_back(app: &TestApp, order: &str) -> bool {
    let waits = app.get("operator/1", "/operations/app/waits").await.expect(200);
    let of_order = waits["items"].as_array().unwrap().iter().find(|wait| wait["subject"] == order).cloned();
    of_order.is_some_and(|wait| wait["heldBack"] == true)
}

/// Writes an event about the order into store's log that nobody can read; beside the ticket, so that the ticket
/// itself stays whole.
fn spoil(app: &TestApp, order: &str) {
    let subject = Uuid::parse_str(order).unwrap();
    app.raw(Context::Store)
        .execute(
            "INSERT INTO events (stream, version, type, body, at, correlation, causation) VALUES (?1, 1, 'Gibberish', '{', ?2, ?3, 'test')",
            (format!("oddity/{order}"), app.now().as_millisecond(), subject.as_bytes()),
        )
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_menu_to_door_with_every_service_by_itself() {
    let mut app = TestApp::start_apart(&[&[Context::Store], &[Context::Pay]]).await;
    for context in [Context::App, Context::Delivery, Context::Customer] {
        app.add(Roles::only(&[context], false)).await;
    }
    app.rest().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    app.restart().await;
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    let told = app.told(&customer, &order).await;
    assert_eq!(told, ["PLACED", "ACCEPTED", "COOKING", "READY", "ON_THE_WAY", "DELIVERED"]);
    app.check();
}
