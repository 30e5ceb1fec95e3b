//! What the provider says long after everybody went on: money that turns up goes back, and a late no keeps its reason.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::repeats::{cut_off, keyed};
use crate::support::{GUKBAP, PANCAKE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_after_expiry_is_refunded() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "down").await.expect(202));
    app.pass_minutes(10).await;
    assert_eq!(app.status(&customer, &order).await, "EXPIRED");
    look_up(&app, &order).await;
    stands(&app, &customer, &order, ("EXPIRED", "NONE", 0)).await;

    charge_turns_up(&app, &order, 1);
    for _ in 0..2 {
        let payment = look_up(&app, &order).await;
        assert_eq!((&payment["closed"], &payment["leftAmount"]), (&json!(true), &json!(0)));
        assert_eq!(payment["refunds"].as_array().unwrap().len(), 1);
    }
    stands(&app, &customer, &order, ("EXPIRED", "DONE", 22_000)).await;
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    assert_eq!(app.told(&customer, &order).await, ["PAY_DEFERRED", "EXPIRED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_after_a_cancel_before_paying_is_refunded() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "down").await.expect(202));
    assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
    app.rest().await;
    charge_turns_up(&app, &order, 1);
    look_up(&app, &order).await;
    stands(&app, &customer, &order, ("CANCELLED", "DONE", 22_000)).await;
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    assert_eq!(app.told(&customer, &order).await, ["PAY_DEFERRED", "CANCEL_UNPAID", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_an_attempt_that_another_followed_is_refunded_and_the_order_goes_on() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "down").await.expect(202));
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.rest().await;
    charge_turns_up(&app, &order, 1);
    let payment = look_up(&app, &order).await;
    assert_eq!(payment["leftAmount"], 22_000, "the order is paid by its second attempt");
    assert_eq!(
        (&payment["refunds"][0]["attempt"], &payment["refunds"][0]["reason"]),
        (&json!(1), &json!("charged-in-error"))
    );
    stands(&app, &customer, &order, ("PLACED", "DONE", 22_000)).await;
    assert_eq!(app.provider(&order), [(22_000, 22_000), (22_000, 0)], "one net charge");
    assert_eq!(app.told(&customer, &order).await, ["PAY_DEFERRED", "PLACED", "REFUNDED"]);
    app.check();

    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    assert_eq!(app.provider(&order), [(22_000, 22_000), (22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_a_declined_attempt_is_refunded_and_the_order_can_still_be_paid() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "declined").await.problem(402, "payment-declined"));
    app.rest().await;
    at_the_provider(&app, &order, "UPDATE charges SET outcome = 'APPROVED' WHERE order_id = ?1");
    look_up(&app, &order).await;
    assert_eq!(app.status(&customer, &order).await, "PAYMENT_FAILED");
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.rest().await;
    assert_eq!(app.provider(&order), [(22_000, 22_000), (22_000, 0)]);
    app.cancel(&customer, &order).await.expect(202);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "CANCELLED");
    assert_eq!(app.provider(&order), [(22_000, 22_000), (22_000, 22_000)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_that_was_heard_of_late_is_answered_with_its_reason_to_who_was_cut_off() {
    let mut app = TestApp::start_with(|settings| {
        settings.payment.deadline = SignedDuration::from_secs(9);
        settings.payment.provider_deadline = SignedDuration::from_secs(8);
    })
    .await;
    let (customer, key) = (app.someone("customer"), app.key());
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["payment"] = json!({ "method": "CARD", "token": "lost" });
    let order = cut_off(&app, &customer, &body, &key).await;
    at_the_provider(&app, &order, "UPDATE charges SET outcome = 'BALANCE' WHERE order_id = ?1");
    app.restart().await;
    app.pass(SignedDuration::from_secs(20)).await;
    let again = keyed(&app, &customer, "/orders", &body, &key).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let problem = again.problem(402, "payment-declined");
    let heard = app.order_with(&customer, "insufficient-funds").await.problem(402, "payment-declined");
    assert_eq!((problem["orderId"].as_str(), &problem["detail"]), (Some(order.as_str()), &heard["detail"]));
    app.check();
}

/// The provider holds a charge for attempt n, as if the request had arrived after all.
fn charge_turns_up(app: &TestApp, order: &str, attempt: u32) {
    let row = format!(
        "INSERT INTO charges (reference, order_id, amount, method, outcome, approved_at, refunds, later)
         VALUES (?1 || '-{attempt}', ?1, 22000, 'CARD', 'APPROVED', {}, 'GIVEN', 0)",
        app.now().as_millisecond()
    );
    at_the_provider(app, order, &row);
}

fn at_the_provider(app: &TestApp, order: &str, statement: &str) {
    let books = rusqlite::Connection::open(app.settings.data_dir.join("provider.db")).unwrap();
    books.pragma_update(None, "busy_timeout", 5000).unwrap();
    assert_eq!(books.execute(statement, [order]).unwrap(), 1);
}

/// What support does when a customer says that they were charged.
async fn look_up(app: &TestApp, order: &str) -> Value {
    let payment = app.operate(&format!("pay/payments/{order}/look-up"), json!({})).await.expect(200);
    app.rest().await;
    payment
}

async fn stands(app: &TestApp, customer: &str, order: &str, (status, refund, amount): (&str, &str, i64)) {
    let found = app.look(customer, order).await;
    let told = (&found["status"], &found["refund"], &found["refundedAmount"]);
    assert_eq!(told, (&json!(status), &json!(refund), &json!(amount)));
}
