//! Payments that fail too often are not even tried for a moment: customers are led to pay a little later.

use std::time::Instant;

use jiff::SignedDuration;
use kernel::Context::{App, Customer, Delivery, Pay, Store};
use serde_json::{Value, json};

use crate::support::{Answer, GUKBAP, PANCAKE, TestApp, id};

/// So many payments that cannot be sent open the breaker.
const ENOUGH: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn while_payments_fail_nobody_is_charged_and_the_first_after_it_is_paid_within_five_seconds() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for _ in 0..ENOUGH {
        app.order_with(&customer, "down").await.expect(202);
    }
    assert_eq!(breaker(&app, "app").await["state"], "OPEN");
    assert_eq!(breaker(&app, "pay").await["state"], "OPEN");
    let before = app.logged();
    let held = app.order_with(&customer, "ok").await;
    assert!(seconds(&held) >= 2);
    let held = held.expect(202);
    assert_eq!(held["status"], "AWAITING_PAYMENT");
    assert_eq!(held["holdEndsAt"], "2026-11-22T10:10:00Z");
    assert_eq!(app.logged()[1], before[1], "pay heard nothing of it");
    // The fault is over: nothing has to be told to anybody.
    app.pass(SignedDuration::from_millis(2_500)).await;
    assert_eq!(app.pay(&customer, &id(&held), "ok").await.expect(200)["status"], "PLACED");
    for _ in 0..6 {
        app.order_with(&customer, "ok").await.expect(201);
    }
    assert_eq!(breaker(&app, "app").await["state"], "CLOSED");
    assert_eq!(breaker(&app, "pay").await["state"], "CLOSED");
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_fails_shuts_the_way_again() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for _ in 0..ENOUGH {
        app.order_with(&customer, "down").await.expect(202);
    }
    app.pass(SignedDuration::from_millis(2_500)).await;
    app.order_with(&customer, "down").await.expect(202);
    assert_eq!(breaker(&app, "app").await["state"], "OPEN");
    app.order_with(&customer, "ok").await.expect(202);
    app.pass(SignedDuration::from_millis(2_500)).await;
    app.order_with(&customer, "ok").await.expect(201);
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_payments_do_not_open_it() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for _ in 0..2 * ENOUGH {
        app.order_with(&customer, "declined").await.problem(402, "payment-declined");
    }
    assert_eq!(breaker(&app, "app").await["state"], "CLOSED");
    app.order_with(&customer, "ok").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_guard_stands_before_pay_in_another_process() {
    let mut app = TestApp::start_apart(&[&[App, Store, Delivery, Customer], &[Pay]]).await;
    let customer = app.someone("customer");
    let pay = app.stop(Pay).await;
    for _ in 0..ENOUGH {
        let answer = app.order_with(&customer, "ok").await;
        assert!(seconds(&answer) >= 1);
        assert_eq!(answer.expect(202)["status"], "AWAITING_PAYMENT");
    }
    assert_eq!(breaker(&app, "app").await["state"], "OPEN");
    app.add(pay).await;
    let held = app.order_with(&customer, "ok").await.expect(202);
    app.pass(SignedDuration::from_millis(2_500)).await;
    assert_eq!(app.pay(&customer, &id(&held), "ok").await.expect(200)["status"], "PLACED");
    assert_eq!(app.provider(&id(&held)), [(22_000, 0)]);
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_are_turned_away_are_not_all_called_back_at_once() {
    let app = TestApp::start_with(|settings| settings.resilience.limit = 8).await;
    let customer = app.someone("customer");
    operate(&app, "app", "OPEN").await.expect(200);
    let mut pauses = Vec::new();
    for _ in 0..40 {
        let mut body = app.basket(GUKBAP, PANCAKE, 2);
        body["payment"] = json!({ "method": "CARD", "token": "ok" });
        pauses.push(app.post(&customer, "/orders", body).await);
    }
    let retry_at: std::collections::BTreeSet<_> = {
        let mut found = std::collections::BTreeSet::new();
        for answer in &pauses {
            let order = answer.body["orderId"].as_str().unwrap();
            let timeline = app.get(&customer, &format!("/orders/{order}/timeline")).await.expect(200);
            let deferred = timeline["items"].as_array().unwrap().iter().find(|item| item["event"] == "PaymentDeferred");
            found.insert(deferred.unwrap()["detail"].to_string());
        }
        found
    };
    assert_eq!(retry_at.len(), pauses.len(), "{retry_at:?}");
    // Eight at a time, and 2.5 s each as far as anybody knows: 40 of them are served in 12.5 s.
    let pauses: Vec<_> = pauses.iter().map(seconds).collect();
    assert!(pauses.is_sorted() && pauses[0] == 2 && (14..=16).contains(&pauses[39]), "{pauses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_opens_and_closes_it_by_hand() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    operate(&app, "app", "OPEN").await.expect(200);
    app.order_with(&customer, "ok").await.expect(202);
    app.pass_minutes(5).await;
    app.order_with(&customer, "ok").await.expect(202);
    operate(&app, "app", "AUTO").await.expect(200);
    app.order_with(&customer, "ok").await.expect(201);
    operate(&app, "app", "CLOSED").await.expect(200);
    operate(&app, "pay", "CLOSED").await.expect(200);
    for _ in 0..2 * ENOUGH {
        app.order_with(&customer, "down").await.expect(202);
    }
    app.order_with(&customer, "ok").await.expect(201);
    operate(&app, "pay", "OPEN").await.expect(200);
    let held = app.order_with(&customer, "ok").await.expect(202);
    assert_eq!(held["status"], "AWAITING_PAYMENT");
    assert_eq!(app.provider(&id(&held)), []);
    operate(&app, "app", "AJAR").await.expect(422);
    app.post(&customer, "/operations/app/breaker", json!({ "state": "OPEN" })).await.expect(403);
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_longer_than_the_deadline_that_came_with_the_request() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let began = Instant::now();
    let answer = within(&app, &customer, "lost", "1200").await.expect(202);
    assert_eq!(answer["status"], "PAYMENT_CHECKING");
    assert!(began.elapsed().as_millis() < 1_900, "{:?}", began.elapsed());
    let hasty = within(&app, &customer, "ok", "50").await.expect(202);
    assert_eq!(hasty["status"], "AWAITING_PAYMENT");
    assert_eq!(app.provider(&id(&hasty)), []);
    app.rest().await;
    assert_eq!(app.status(&customer, &id(&answer)).await, "PLACED");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_in_a_hurry_do_not_shut_the_way_for_the_others() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for _ in 0..ENOUGH + 2 {
        let answer = within(&app, &customer, "lost", "450").await.expect(202);
        assert_eq!(answer["status"], "PAYMENT_CHECKING");
    }
    for context in ["app", "pay"] {
        let breaker = breaker(&app, context).await;
        assert_eq!((&breaker["state"], &breaker["calls"]["bad"]), (&json!("CLOSED"), &json!(0)), "{breaker}");
    }
    app.order_with(&customer, "ok").await.expect(201);
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_repeats_a_request_that_still_runs_waits_no_longer_than_they_say() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["payment"] = json!({ "method": "CARD", "token": "lost" });
    let asked = async |headers: &[(&str, &str)]| {
        app.call(reqwest::Method::POST, &customer, "/orders", Some(&body), headers).await
    };
    let (first, ()) = tokio::join!(asked(&[("Idempotency-Key", "k")]), async {
        app.until(&customer, "/orders", |orders| orders["items"][0]["orderId"].is_string()).await;
        let repeat = asked(&[("Idempotency-Key", "k"), ("Baedal-Deadline", "200")]).await;
        assert_eq!(repeat.header("retry-after"), "1");
        repeat.problem(409, "request-in-progress");
    });
    assert_eq!(first.expect(202)["status"], "PAYMENT_CHECKING");
    app.rest().await;
    app.check();
}

async fn within(app: &TestApp, customer: &str, token: &str, milliseconds: &str) -> Answer {
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["payment"] = json!({ "method": "CARD", "token": token });
    app.call(reqwest::Method::POST, customer, "/orders", Some(&body), &[("Baedal-Deadline", milliseconds)]).await
}

async fn breaker(app: &TestApp, context: &str) -> Value {
    app.get("operator/1", &format!("/operations/{context}/breaker")).await.expect(200)
}

async fn operate(app: &TestApp, context: &str, state: &str) -> Answer {
    app.operate(&format!("{context}/breaker"), json!({ "state": state })).await
}

fn seconds(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().unwrap()
}
