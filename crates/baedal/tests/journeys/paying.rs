//! Paying at the second try, later, or not at all.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{GUKBAP, PANCAKE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_order_is_paid_with_another_card() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let declined = app.order_with(&customer, "declined").await;
    let location = declined.header("location").to_owned();
    let problem = declined.problem(402, "payment-declined");
    let order = id(&problem);
    assert_eq!(location, format!("/api/orders/{order}"));
    assert_eq!(problem["fields"][0]["reason"], "CARD");
    let waiting = app.look(&customer, &order).await;
    assert_eq!(waiting["status"], "PAYMENT_FAILED");
    assert_eq!(waiting["payment"]["reference"], format!("{order}-2"));
    assert_eq!(waiting["payment"]["amount"], 22_000);
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.rest().await;
    assert_eq!(app.told(&customer, &order).await, ["PAY_FAILED", "PLACED"]);
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    assert_eq!(app.ticket(&order).await["status"], "OPEN");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_be_declined_again_and_again_until_somebody_has_the_money() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "insufficient-funds").await.problem(402, "payment-declined"));
    for _ in 0..3 {
        let again = app.pay(&customer, &order, "insufficient-funds").await;
        assert_eq!(again.header("location"), format!("/api/orders/{order}"));
        let problem = again.problem(402, "payment-declined");
        assert_eq!((&problem["orderId"], &problem["fields"][0]["reason"]), (&json!(order), &json!("BALANCE")));
    }
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.pay(&customer, &order, "ok").await.problem(409, "already-paid");
    app.rest().await;
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_provider_cannot_be_reached_the_customer_is_led_to_pay_a_little_later() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let answer = app.order_with(&customer, "down").await;
    assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    let order = answer.expect(202);
    assert_eq!(order["status"], "AWAITING_PAYMENT");
    assert_eq!(order["holdEndsAt"], "2026-11-22T10:10:00Z");
    assert_eq!(order["waitingFor"]["what"], "payment");
    let order = id(&order);
    let again = app.pay(&customer, &order, "down").await;
    assert!(again.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(again.expect(202)["status"], "AWAITING_PAYMENT");
    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.rest().await;
    assert_eq!(app.told(&customer, &order).await, ["PAY_DEFERRED", "PAY_DEFERRED", "PLACED"]);
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_payment_waits_for_the_provider_s_window() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let answer = app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await;
    let location = answer.header("location").to_owned();
    let order = answer.expect(202);
    assert_eq!(order["status"], "AWAITING_PAYMENT");
    let order_id = id(&order);
    assert_eq!(location, format!("/api/orders/{order_id}"));
    let due = &order["payment"];
    assert_eq!((&due["reference"], &due["amount"]), (&json!(format!("{order_id}-1")), &json!(22_000)));
    assert!(due["url"].as_str().unwrap().starts_with("/o/"), "{due}");
    app.rest().await;
    app.get(&format!("owner/{GUKBAP}"), &format!("/tickets/{order_id}")).await.problem(404, "not-found");
    let paid = app.pay(&customer, &order_id, "ok").await.expect(200);
    assert_eq!((&paid["status"], &paid["payment"]), (&json!("PLACED"), &Value::Null));
    app.rest().await;
    assert_eq!(app.told(&customer, &order_id).await, ["PLACED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_is_waited_for_within_the_deadline() {
    let app = TestApp::start_with(|settings| {
        settings.payment.deadline = SignedDuration::from_secs(5);
        settings.payment.provider_deadline = SignedDuration::from_secs(4);
    })
    .await;
    let customer = app.someone("customer");
    let order = app.order_with(&customer, "slow").await.expect(201);
    assert_eq!(order["status"], "PLACED");
    app.rest().await;
    assert_eq!(app.provider(&id(&order)), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_attempt_is_open_another_is_refused() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let (first, order) = tokio::join!(app.order_with(&customer, "lost"), async {
        let order = app.order_under_way(&customer).await;
        app.pay(&customer, &order, "ok").await.problem(409, "payment-in-progress");
        order
    });
    assert_eq!(id(&first.expect(202)), order);
    app.rest().await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_at_the_store_since_the_first_attempt_is_told_before_the_next() {
    let app = TestApp::start().await;
    let (customer, owner) = (app.someone("customer"), format!("owner/{GUKBAP}"));
    let order = id(&app.order_with(&customer, "down").await.expect(202));
    app.rest().await;
    let refused = async |slug: &str| {
        let before = app.logged();
        let problem = app.pay(&customer, &order, "ok").await.problem(409, slug);
        assert_eq!(problem["orderId"], json!(order));
        app.rest().await;
        assert_eq!(app.logged(), before, "a refused attempt leaves nothing behind");
        problem["fields"][0].clone()
    };

    app.menu(GUKBAP, PANCAKE, "sold-out").await;
    assert_eq!(refused("sold-out").await["field"], "items[0].menuId");
    app.menu(GUKBAP, PANCAKE, "back-in-stock").await;

    app.post(&owner, &format!("/stores/{GUKBAP}/close"), json!({})).await.expect(200);
    app.rest().await;
    assert_eq!(refused("store-closed").await["field"], "storeId");
    app.post(&owner, &format!("/stores/{GUKBAP}/open"), json!({})).await.expect(200);

    app.price_of_pancakes(12_000).await;
    let changed = refused("order-changed").await;
    assert_eq!(changed["field"], "items[0].unitAmount");
    assert!(changed["reason"].as_str().unwrap().contains("12,000"), "{changed}");
    app.price_of_pancakes(10_000).await;

    assert_eq!(app.pay(&customer, &order, "ok").await.expect(200)["status"], "PLACED");
    app.rest().await;
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sold_out_between_browsing_and_ordering_is_not_ordered() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let seen = app.get("", &format!("/stores/{GUKBAP}")).await.expect(200);
    let menu = seen["menu"].as_array().unwrap();
    assert_eq!(menu.iter().find(|item| item["menuId"] == PANCAKE).unwrap()["soldOut"], false);
    app.menu(GUKBAP, PANCAKE, "sold-out").await;
    let before = app.logged();
    let problem = app.order_with(&customer, "ok").await.problem(409, "sold-out");
    assert_eq!(problem["fields"][0]["field"], "items[0].menuId");
    app.rest().await;
    assert_eq!(app.logged(), before);
    app.menu(GUKBAP, PANCAKE, "back-in-stock").await;
    app.placed(&customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_moved_is_told_before_anything_is_paid() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    let quote = app.call(Method::POST, "", "/quotes", Some(&body), &[]).await.expect(200);
    assert_eq!((&quote["itemsAmount"], &quote["totalAmount"]), (&json!(20_000), &json!(22_000)));
    body["expectedTotal"] = quote["totalAmount"].clone();
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    app.price_of_pancakes(11_000).await;
    let before = app.logged();
    let problem = app.post(&customer, "/orders", body.clone()).await.problem(409, "total-differs");
    assert_eq!(problem["totalAmount"], 24_000);
    app.rest().await;
    assert_eq!(app.logged(), before);
    body["expectedTotal"] = problem["totalAmount"].clone();
    let order = app.post(&customer, "/orders", body).await.expect(201);
    assert_eq!(order["totalAmount"], 24_000);
    app.rest().await;
    assert_eq!(app.provider(&id(&order)), [(24_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_nobody_pays_expires_and_the_store_never_hears_of_it() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
    app.pass(SignedDuration::from_secs(10 * 60 - 1)).await;
    assert_eq!(app.status(&customer, &order).await, "AWAITING_PAYMENT");
    app.pass(SignedDuration::from_secs(1)).await;
    assert_eq!(app.status(&customer, &order).await, "EXPIRED");
    app.pay(&customer, &order, "ok").await.problem(409, "hold-over");
    app.cancel(&customer, &order).await.problem(409, "order-ended");
    app.pass_minutes(60).await;
    assert_eq!(app.status(&customer, &order).await, "EXPIRED");
    assert_eq!(app.told(&customer, &order).await, ["EXPIRED"]);
    assert_eq!(app.provider(&order), []);
    app.get(&format!("owner/{GUKBAP}"), &format!("/tickets/{order}")).await.problem(404, "not-found");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tried_to_pay_at_the_last_moment_has_two_minutes_more() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
    app.pass(SignedDuration::from_secs(10 * 60 - 1)).await;
    let problem = app.pay(&customer, &order, "declined").await.problem(402, "payment-declined");
    assert_eq!(problem["orderId"], json!(order));
    assert_eq!(app.look(&customer, &order).await["holdEndsAt"], "2026-11-22T10:11:59Z");
    app.pass(SignedDuration::from_secs(119)).await;
    assert_eq!(app.status(&customer, &order).await, "PAYMENT_FAILED");
    app.pass(SignedDuration::from_secs(1)).await;
    assert_eq!(app.status(&customer, &order).await, "EXPIRED");
    assert_eq!(app.told(&customer, &order).await, ["PAY_FAILED", "EXPIRED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_order_is_cancelled_at_once() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.order_with(&customer, "declined").await.problem(402, "payment-declined"));
    assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
    assert_eq!(app.cancel(&customer, &order).await.expect(200)["status"], "CANCELLED");
    app.pay(&customer, &order, "ok").await.problem(409, "order-ended");
    app.rest().await;
    let cancelled = app.look(&customer, &order).await;
    assert_eq!((&cancelled["refund"], &cancelled["refundedAmount"]), (&json!("NONE"), &json!(0)));
    assert_eq!(app.told(&customer, &order).await, ["PAY_FAILED", "CANCEL_UNPAID"]);
    assert_eq!(app.provider(&order), []);
    app.check();
}
