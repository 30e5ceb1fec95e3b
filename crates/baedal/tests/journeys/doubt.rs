//! Nobody knows for a while whether it is paid: it is found out by asking, never by guessing.

use baedal::compose::Roles;
use jiff::SignedDuration;
use kernel::Context::{App, Customer, Delivery, Pay, Store};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_got_lost_is_asked_for_and_the_order_is_placed_and_charged_once() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let answer = app.order_with(&customer, "lost").await;
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    let order = answer.expect(202);
    assert_eq!(order["status"], "PAYMENT_CHECKING");
    assert_eq!(order["waitingFor"]["what"], "payment-outcome");
    let order = id(&order);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "PLACED"]);
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.pay(&customer, &order, "ok").await.problem(409, "already-paid");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_pay_is_stopped_nothing_is_sent_and_the_order_is_paid_when_it_is_back() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let pay = app.stop(Pay).await;
    let answer = app.order_with(&customer, "ok").await;
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    let order = answer.expect(202);
    assert_eq!(order["status"], "AWAITING_PAYMENT");
    let order = id(&order);
    app.add(pay).await;
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.rest().await;
    assert_eq!(app.told(&customer, &order).await, ["PAY_DEFERRED", "PLACED"]);
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_pay_never_saw_is_ended_there_and_a_late_request_of_it_never_charges() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let (order, pay) = unanswered(&mut app, &customer).await;
    // The hold is over, but nobody knows whether it is paid.
    app.pass_minutes(15).await;
    assert_eq!(app.status(&customer, &order).await, "PAYMENT_CHECKING");
    app.pay(&customer, &order, "ok").await.problem(409, "payment-in-progress");
    app.add(pay).await;
    app.rest().await;
    let waiting = app.look(&customer, &order).await;
    assert_eq!(waiting["status"], "AWAITING_PAYMENT");
    assert_eq!(waiting["holdEndsAt"], "2026-11-22T10:17:00Z", "who was kept waiting has two minutes more");
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "PAY_DEFERRED"]);
    assert_eq!(late_request(&app, &order, 1).await, "NOT_SENT");
    assert_eq!(app.provider(&order), []);
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    assert_eq!(late_request(&app, &order, 1).await, "NOT_SENT");
    app.rest().await;
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_reaches_pay_after_the_order_expired_never_charges() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let (order, pay) = unanswered(&mut app, &customer).await;
    app.add(pay).await;
    app.rest().await;
    app.pass_minutes(9).await;
    assert_eq!(app.status(&customer, &order).await, "AWAITING_PAYMENT");
    app.pass_minutes(1).await;
    assert_eq!(app.status(&customer, &order).await, "EXPIRED");
    for attempt in [1, 2] {
        assert_eq!(late_request(&app, &order, attempt).await, "NOT_SENT");
    }
    app.rest().await;
    assert_eq!(app.provider(&order), []);
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "PAY_DEFERRED", "EXPIRED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_before_pay_ever_saw_it_is_never_charged() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let (order, pay) = unanswered(&mut app, &customer).await;
    assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
    app.add(pay).await;
    app.rest().await;
    assert_eq!(late_request(&app, &order, 1).await, "NOT_SENT");
    app.rest().await;
    assert_eq!(app.provider(&order), []);
    let cancelled = app.look(&customer, &order).await;
    assert_eq!((&cancelled["status"], &cancelled["refund"]), (&json!("CANCELLED"), &json!("NONE")));
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "CANCEL_CHECKING"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hold_does_not_end_while_the_outcome_is_unknown_and_an_approval_in_time_places_the_order() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let (order, pay) = charged_unheard(&mut app, &customer).await;
    app.pass(SignedDuration::from_secs(10 * 60)).await;
    assert_eq!(app.status(&customer, &order).await, "PAYMENT_CHECKING");
    app.add(pay).await;
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "PLACED"]);
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_is_heard_of_too_late_is_cancelled_and_refunded_at_once() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let (order, pay) = charged_unheard(&mut app, &customer).await;
    app.pass(SignedDuration::from_secs(10 * 60 + 1)).await;
    assert_eq!(app.status(&customer, &order).await, "PAYMENT_CHECKING");
    app.add(pay).await;
    app.rest().await;
    refunded(&app, &customer, &order).await;
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "CANCELLED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_while_it_is_checked_and_turns_out_charged_is_refunded() {
    let mut app = apart(2_000).await;
    let customer = app.someone("customer");
    let (order, pay) = charged_unheard(&mut app, &customer).await;
    assert_eq!(app.status(&customer, &order).await, "PAYMENT_CHECKING");
    assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
    app.rest().await;
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.add(pay).await;
    app.rest().await;
    refunded(&app, &customer, &order).await;
    assert_eq!(app.told(&customer, &order).await, ["PAY_CHECKING", "CANCEL_CHECKING", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_while_the_customer_pays_for_it_is_refunded() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (answer, order) = tokio::join!(app.order_with(&customer, "lost"), async {
        let order = app.order_under_way(&customer).await;
        assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
        order
    });
    assert_eq!(answer.problem(409, "order-ended")["orderId"], json!(order));
    app.rest().await;
    refunded(&app, &customer, &order).await;
    assert_eq!(app.told(&customer, &order).await, ["CANCEL_CHECKING", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pays_in_one_window_and_cancels_in_the_other_is_not_told_that_it_is_paid() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "down").await.expect(202));
    let (answer, ()) = tokio::join!(app.pay(&customer, &order, "lost"), async {
        app.until(&customer, &format!("/orders/{order}"), |order| order["payment"].is_null()).await;
        assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
    });
    assert_eq!(answer.problem(409, "order-ended")["orderId"], json!(order));
    app.rest().await;
    refunded(&app, &customer, &order).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn paying_and_cancelling_at_once_leaves_nobody_s_money_behind() {
    // So many that cannot be sent would open the breaker.
    let app = TestApp::start_with(|settings| settings.resilience.minimum_calls = 100).await;
    let customer = app.someone("customer");
    for milliseconds in 0..12 {
        let order = id(&app.order_with(&customer, "down").await.expect(202));
        let late = std::time::Duration::from_millis(milliseconds);
        let (paid, cancelled) = tokio::join!(app.pay(&customer, &order, "ok"), async {
            tokio::time::sleep(late).await;
            app.cancel(&customer, &order).await
        });
        assert!([200, 409].contains(&paid.status.as_u16()), "{}", paid.body);
        assert!([200, 202].contains(&cancelled.status.as_u16()), "{}", cancelled.body);
        app.rest().await;
        assert_eq!(app.status(&customer, &order).await, "CANCELLED");
        let back: Vec<_> = app.provider(&order).into_iter().filter(|(charged, back)| charged != back).collect();
        assert_eq!(back, []);
    }
    app.check();
}

async fn refunded(app: &TestApp, customer: &str, order: &str) {
    let found = app.look(customer, order).await;
    assert_eq!((&found["status"], &found["refund"]), (&json!("CANCELLED"), &json!("DONE")));
    assert_eq!(found["refundedAmount"], 22_000);
    assert_eq!(app.provider(order), [(22_000, 22_000)]);
}

/// pay as its own process; app waits for it so many milliseconds, and pay for the provider much longer.
async fn apart(deadline: i64) -> TestApp {
    TestApp::start_apart_with(&[&[App, Store, Delivery, Customer], &[Pay]], |settings| {
        settings.payment.deadline = SignedDuration::from_millis(deadline);
        settings.payment.provider_deadline = SignedDuration::from_secs(9);
    })
    .await
}

/// An order whose request for payment somebody took at pay's address who never answers. pay is stopped.
async fn unanswered(app: &mut TestApp, customer: &str) -> (String, Roles) {
    let pay = app.stop(Pay).await;
    let deaf = TcpListener::bind(("127.0.0.1", app.settings.ports.pay)).await.unwrap();
    let order = app.order_with(customer, "ok").await.expect(202);
    assert_eq!(order["status"], "PAYMENT_CHECKING");
    drop(deaf);
    app.rest().await;
    (id(&order), pay)
}

/// An order that the provider has charged while pay was stopped before it could hear of it.
async fn charged_unheard(app: &mut TestApp, customer: &str) -> (String, Roles) {
    let (http, gateway) = (app.http.clone(), app.gateway());
    let mut body = app.basket(crate::support::GUKBAP, crate::support::PANCAKE, 2);
    body["payment"] = json!({ "method": "CARD", "token": "lost" });
    let request = http.post(format!("{gateway}/orders")).bearer_auth(app.token(customer).await).json(&body);
    let answer = tokio::spawn(async move { request.send().await.unwrap().status() });
    let order = app.order_under_way(customer).await;
    while app.provider(&order).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let pay = app.stop(Pay).await;
    assert_eq!(answer.await.unwrap(), 202);
    app.rest().await;
    (order, pay)
}

/// What pay says to attempt n of an order, whoever it comes from and however late.
async fn late_request(app: &TestApp, order: &str, attempt: u32) -> String {
    let body = json!({
        "orderId": order, "attempt": attempt, "amount": 22_000, "currency": "KRW", "method": "CARD", "token": "ok",
    });
    let request = app.at(Pay, reqwest::Method::POST, "service/app", "/payments");
    let answer: serde_json::Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    answer["outcome"].as_str().unwrap().to_owned()
}
