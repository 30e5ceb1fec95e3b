//! Calling an order off: by the customer, the store, or the operator; in time, too late, or just then.

use std::sync::Arc;

use kernel::Context;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{GUKBAP, PANCAKE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_order_is_cancelled_at_once() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
    let cancelled = app.cancel(&customer, &order).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["refund"]), (&json!("CANCELLED"), &json!("NONE")));
    app.rest().await;
    assert_eq!(app.told(&customer, &order).await, ["CANCEL_UNPAID"]);
    assert_eq!(app.cancel(&customer, &order).await.expect(200), cancelled);
    app.pay(&customer, &order, "ok").await.expect(409);
    app.rest().await;
    assert_eq!(app.provider(&order), []);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_store_has_not_answered_is_cancelled_and_refunded() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    let asked = app.cancel(&customer, &order).await.expect(202);
    assert_eq!(asked["status"], "CANCEL_REQUESTED");
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "CANCEL_ASKED", "CANCELLED", "REFUNDED"]);
    app.owner(&order, "accept", json!({ "prepMinutes": 20 })).await.problem(409, "wrong-state");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_order_is_cancelled_and_so_is_its_delivery() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    app.cancel(&customer, &order).await.expect(202);
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    let delivery = app.get("operator/1", &format!("/deliveries/{order}")).await.expect(200);
    assert_eq!(delivery["status"], "CANCELLED");
    app.rider(&rider, &order, "pick-up", json!({})).await.problem(409, "delivery-cancelled");
    app.owner(&order, "start-cooking", json!({})).await.problem(409, "wrong-state");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "CANCEL_ASKED", "CANCELLED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_pan_is_not_cancelled_any_more() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.cancel(&customer, &order).await.problem(409, "cooking-started");
    app.finish_cooking(&order).await;
    app.cancel(&customer, &order).await.problem(409, "cooking-started");
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    app.rider(&rider, &order, "pick-up", json!({})).await.expect(200);
    app.rest().await;
    app.cancel(&customer, &order).await.problem(409, "on-its-way");
    app.rider(&rider, &order, "complete", json!({})).await.expect(200);
    app.rest().await;
    app.cancel(&customer, &order).await.problem(409, "already-delivered");
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_reaches_the_ticket_after_cooking_began_is_refused() {
    let (app, customer, order) = accepted_with_store_apart().await;
    app.hide(Context::Store);
    wait_until_hidden(&app).await;
    app.owner(&order, "start-cooking", json!({})).await.expect(200);
    assert_eq!(app.status(&customer, &order).await, "ACCEPTED", "app has not heard of the pan");
    app.cancel(&customer, &order).await.expect(202);
    app.until("operator/1", "/operations/store/lag", heard_everything).await;
    assert_eq!(app.ticket(&order).await["status"], "COOKING");
    assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED");
    app.bring_back(Context::Store);
    let path = format!("/orders/{order}");
    app.until(&customer, &path, |order| order["status"] == "COOKING").await;
    app.rest().await;
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "CANCEL_ASKED", "COOKING", "CANCEL_REFUSED"]);
    assert!(app.story(&customer, &order).await.contains(&"CancelRefused".to_owned()));
    app.finish_cooking(&order).await;
    app.bring(&order).await;
    assert_eq!(app.status(&customer, &order).await, "DELIVERED");
    assert_eq!(app.provider(&order), [(22_000, 0)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_reaches_the_ticket_before_cooking_began_forbids_it() {
    let (app, customer, order) = accepted_with_store_apart().await;
    app.hide(Context::Store);
    wait_until_hidden(&app).await;
    app.cancel(&customer, &order).await.expect(202);
    let path = format!("/tickets/{order}");
    app.until(&format!("owner/{GUKBAP}"), &path, |ticket| ticket["status"] == "CANCELLED").await;
    app.owner(&order, "start-cooking", json!({})).await.problem(409, "wrong-state");
    assert_eq!(app.status(&customer, &order).await, "CANCEL_REQUESTED", "app has not heard the answer");
    app.bring_back(Context::Store);
    app.until(&customer, &format!("/orders/{order}"), |order| order["status"] == "CANCELLED").await;
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_cancels_that_race_with_the_pan_each_ends_one_way_or_the_other() {
    let app = Arc::new(TestApp::start().await);
    let customer = app.someone("customer");
    let mut races = Vec::new();
    for _ in 0..50 {
        let order = id(&app.order_with(&customer, "ok").await.expect(201));
        races.push(order);
    }
    app.rest().await;
    for order in &races {
        app.owner(order, "accept", json!({ "prepMinutes": 20 })).await.expect(200);
    }
    app.rest().await;
    let mut racing = JoinSet::new();
    for order in races {
        let (app, customer) = (Arc::clone(&app), customer.clone());
        racing.spawn(async move {
            let start = app.owner(&order, "start-cooking", json!({}));
            let (cancel, start) = tokio::join!(app.cancel(&customer, &order), start);
            (cancel.status.as_u16(), start.status.as_u16(), order)
        });
    }
    for (cancel, start, order) in racing.join_all().await {
        app.rest().await;
        let (status, ticket) = (app.status(&customer, &order).await, app.ticket(&order).await);
        match (cancel, start) {
            (202, 409) => {
                assert_cancelled(&app, &customer, &order).await;
                assert_eq!(ticket["status"], "CANCELLED");
            }
            (202 | 409, 200) => {
                assert_eq!((status.as_str(), &ticket["status"]), ("COOKING", &json!("COOKING")));
                assert_eq!(app.provider(&order), [(22_000, 0)]);
            }
            other => panic!("{order}: the cancel and the pan were answered {other:?}; {status}, {ticket}"),
        }
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_store_rejects_is_refunded() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.owner(&order, "reject", json!({ "reason": "too-busy" })).await.expect(200);
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    assert_eq!(app.ticket(&order).await["status"], "REJECTED");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "REJECTED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_give_up_what_is_in_the_pan() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.owner(&order, "withdraw", json!({ "reason": "store-reasons" })).await.expect(200);
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    let delivery = app.get("operator/1", &format!("/deliveries/{order}")).await.expect(200);
    assert_eq!(delivery["status"], "CANCELLED");
    assert_eq!(app.told(&customer, &order).await, ["PLACED", "ACCEPTED", "COOKING", "CANCELLED", "REFUNDED"]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_cancels_over_the_kitchens_head_and_decides_what_goes_back() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    let decision = json!({ "reason": "support", "borneBy": "CUSTOMER", "refundAmount": 10_000 });
    app.operate(&format!("app/orders/{order}/cancel"), decision).await.expect(200);
    app.rest().await;
    let order_now = app.look(&customer, &order).await;
    assert_eq!((&order_now["status"], &order_now["refund"]), (&json!("CANCELLED"), &json!("DONE")));
    assert_eq!(order_now["refundedAmount"], 10_000);
    assert_eq!(app.provider(&order), [(22_000, 10_000)]);
    assert_eq!(app.ticket(&order).await["status"], "CANCELLED");
    app.owner(&order, "finish-cooking", json!({})).await.problem(409, "wrong-state");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn food_that_arrives_after_the_operators_cancel_stays_cancelled_and_is_shown_to_them() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    let rider = app.someone("rider");
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    app.rider(&rider, &order, "pick-up", json!({})).await.expect(200);
    app.rest().await;
    let decision = json!({ "reason": "no-contact", "borneBy": "PLATFORM" });
    app.operate(&format!("app/orders/{order}/cancel"), decision).await.expect(200);
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    assert!(!needs_attention(&app, &order).await);
    app.rider(&rider, &order, "complete", json!({})).await.expect(200);
    app.rest().await;
    assert_cancelled(&app, &customer, &order).await;
    assert_eq!(app.story(&customer, &order).await.iter().filter(|event| *event == "DeliveredAfterCancel").count(), 1);
    assert!(needs_attention(&app, &order).await);
    assert!(!app.told(&customer, &order).await.contains(&"DELIVERED".to_owned()));
    app.check();
}

/// CANCELLED, and all of the money back.
#[track_caller]
pub fn assert_cancelled<'a>(app: &'a TestApp, customer: &'a str, order: &'a str) -> impl Future<Output = ()> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let found = app.look(customer, order).await;
        assert_eq!(found["status"], "CANCELLED", "{caller}: {found}");
        assert_eq!(found["refund"], "DONE", "{caller}: {found}");
        assert_eq!(found["refundedAmount"], 22_000, "{caller}");
        assert_eq!(app.provider(order), [(22_000, 22_000)], "{caller}");
    }
}

async fn accepted_with_store_apart() -> (TestApp, String, String) {
    let app = TestApp::start_with_store_apart().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    assert_eq!(app.status(&customer, &order).await, "ACCEPTED");
    (app, customer, order)
}

/// app looks a few times a second whether the file is still there.
pub async fn wait_until_hidden(app: &TestApp) {
    let store_is_unreadable = |lag: &Value| {
        let items = lag["items"].as_array().unwrap();
        items.iter().any(|item| item["source"] == "store" && item["unreadable"] == true)
    };
    app.until("operator/1", "/operations/app/lag", store_is_unreadable).await;
}

fn heard_everything(lag: &Value) -> bool {
    lag["items"].as_array().unwrap().iter().all(|item| item["behind"] == 0)
}

async fn needs_attention(app: &TestApp, order: &str) -> bool {
    let found = app.get("operator/1", "/operations/app/orders?attention=true").await.expect(200);
    found["items"].as_array().unwrap().iter().any(|item| item["orderId"] == order)
}
