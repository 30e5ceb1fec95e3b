//! The same request twice has its effect once.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, GUKBAP, PANCAKE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_twice_is_one_order_one_charge_and_one_answer() {
    let app = TestApp::start().await;
    let (customer, key) = (app.someone("customer"), app.key());
    let first = keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), &key).await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (201, ""));
    app.rest().await;
    app.accept(&id(&first.body)).await;
    let before = app.logged();
    let second = keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), &key).await;
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!((second.status, &second.body), (first.status, &first.body));
    assert_eq!(second.header("location"), first.header("location"));
    app.rest().await;
    assert_eq!(app.logged(), before);
    one_order_charged_once(&app, &customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_each_request_is_a_new_order() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let orders = [app.placed(&customer).await, app.placed(&customer).await];
    assert_ne!(orders[0], orders[1]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_of_the_same_at_once_are_one_order_one_charge_and_one_answer() {
    let app = TestApp::start().await;
    let (customer, key) = (app.someone("customer"), app.key());
    let body = paid_with(&app, "ok");
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let url = format!("{}/orders", app.gateway());
        let request =
            app.http.post(url).bearer_auth(app.token(&customer).await).header("Idempotency-Key", &key).json(&body);
        asking.spawn(async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        });
    }
    let mut answers = asking.join_all().await;
    answers.dedup();
    assert_eq!((answers.len(), answers[0].0), (1, 201), "{answers:?}");
    app.rest().await;
    one_order_charged_once(&app, &customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_and_a_deferred_payment_are_answered_the_same_again() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for (token, status) in [("declined", 402), ("down", 202), ("lost", 202)] {
        let key = app.key();
        let first = keyed(&app, &customer, "/orders", &paid_with(&app, token), &key).await;
        assert_eq!(first.status, status, "{}", first.body);
        app.rest().await;
        let second = keyed(&app, &customer, "/orders", &paid_with(&app, token), &key).await;
        assert_eq!(second.header("idempotency-replayed"), "true");
        assert_eq!((second.status, &second.body), (first.status, &first.body));
        assert_eq!(second.header("location"), first.header("location"));
        assert_eq!(second.header("retry-after"), first.header("retry-after"));
        assert_eq!(second.header("content-type"), first.header("content-type"));
    }
    assert_eq!(orders_of(&app, &customer).await.len(), 3);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_payment_twice_charges_once() {
    let app = TestApp::start().await;
    let (customer, key) = (app.someone("customer"), app.key());
    let order = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
    let path = format!("/orders/{order}/payment");
    let body = json!({ "method": "EASY_PAY", "token": "ok" });
    let first = keyed(&app, &customer, &path, &body, &key).await;
    let second = keyed(&app, &customer, &path, &body, &key).await;
    assert_eq!((first.status.as_u16(), first.status), (200, second.status));
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), "true");
    app.rest().await;
    one_order_charged_once(&app, &customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_payments_of_one_order_at_once_charge_once() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    for _ in 0..5 {
        let order = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
        let pay = async || app.pay(&customer, &order, "ok").await;
        let answers: [Answer; 8] = tokio::join!(pay(), pay(), pay(), pay(), pay(), pay(), pay(), pay()).into();
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for refused in answers.into_iter().filter(|answer| answer.status != 200) {
            let why = refused.expect(409)["type"].clone();
            assert!(
                ["/problems/payment-in-progress", "/problems/already-paid"].contains(&why.as_str().unwrap()),
                "{why}"
            );
        }
        app.rest().await;
        assert_eq!(app.provider(&order), [(22_000, 0)]);
    }
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_cut_off_is_answered_from_the_order_and_never_begun_again() {
    let mut app = TestApp::start_with(|settings| {
        settings.payment.deadline = SignedDuration::from_secs(9);
        settings.payment.provider_deadline = SignedDuration::from_secs(8);
    })
    .await;
    let (customer, key) = (app.someone("customer"), app.key());
    let body = paid_with(&app, "lost");
    let order = cut_off(&app, &customer, &body, &key).await;
    app.restart().await;

    let again = keyed(&app, &customer, "/orders", &body, &key).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (202, "true"));
    assert_eq!(again.body["status"], "AWAITING_PAYMENT");
    assert_eq!(id(&again.body), order);
    assert_ne!(again.header("retry-after"), "");

    app.pass(SignedDuration::from_secs(20)).await;
    let later = keyed(&app, &customer, "/orders", &body, &key).await;
    assert_eq!((later.status.as_u16(), later.header("idempotency-replayed")), (201, "true"));
    assert_eq!((&later.body["status"], id(&later.body)), (&json!("PLACED"), order));
    assert_eq!(later.header("location"), format!("/api/orders/{}", id(&later.body)));
    one_order_charged_once(&app, &customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_cut_off_is_not_answered_as_placed_when_its_order_has_ended_unpaid() {
    let mut app = TestApp::start_with(|settings| {
        settings.payment.deadline = SignedDuration::from_secs(9);
        settings.payment.provider_deadline = SignedDuration::from_secs(8);
    })
    .await;
    let (customer, key) = (app.someone("customer"), app.key());
    let body = paid_with(&app, "lost");
    let order = cut_off(&app, &customer, &body, &key).await;
    app.restart().await;
    app.cancel(&customer, &order).await.expect(200);

    let again = keyed(&app, &customer, "/orders", &body, &key).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.status, 409, "{}", again.body);
    assert_eq!(id(&again.body), order);
    app.pass_minutes(3).await;
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_hung_up_has_an_order_all_the_same() {
    let app = TestApp::start_with(|settings| {
        settings.payment.deadline = SignedDuration::from_secs(9);
        settings.payment.provider_deadline = SignedDuration::from_secs(8);
    })
    .await;
    let (customer, key) = (app.someone("customer"), app.key());
    let order = cut_off(&app, &customer, &paid_with(&app, "lost"), &key).await;
    app.pass(SignedDuration::from_secs(20)).await;
    assert_eq!(app.status(&customer, &order).await, "PLACED");
    one_order_charged_once(&app, &customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_bound_to_its_body() {
    let app = TestApp::start().await;
    let (customer, key) = (app.someone("customer"), app.key());
    keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), &key).await.expect(201);
    app.rest().await;
    let before = app.logged();
    let mut other = paid_with(&app, "ok");
    other["items"][0]["quantity"] = json!(3);
    keyed(&app, &customer, "/orders", &other, &key).await.problem(422, "idempotency-key-reused");
    app.rest().await;
    assert_eq!(app.logged(), before);
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_may_have_the_same_key_and_one_person_at_two_paths() {
    let app = TestApp::start().await;
    let (one, other, key) = (app.someone("customer"), app.someone("customer"), app.key());
    let body = app.basket(GUKBAP, PANCAKE, 2);
    let first = id(&keyed(&app, &one, "/orders", &body, &key).await.expect(202));
    let second = id(&keyed(&app, &other, "/orders", &body, &key).await.expect(202));
    assert_ne!(first, second);
    let ok = json!({ "token": "ok" });
    keyed(&app, &one, &format!("/orders/{first}/payment"), &ok, &key).await.expect(200);
    app.rest().await;
    assert_eq!(app.status(&one, &first).await, "PLACED");
    assert_eq!(app.status(&other, &second).await, "AWAITING_PAYMENT");
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_left_nothing_may_come_again_with_its_key() {
    let app = TestApp::start().await;
    let (customer, key) = (app.someone("customer"), app.key());
    app.menu(GUKBAP, PANCAKE, "sold-out").await;
    keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), &key).await.problem(409, "sold-out");
    app.menu(GUKBAP, PANCAKE, "back-in-stock").await;
    let answer = keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), &key).await;
    assert_eq!((answer.status.as_u16(), answer.header("idempotency-replayed")), (201, ""));
    app.rest().await;
    one_order_charged_once(&app, &customer).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_too_long_or_empty_is_refused() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let before = app.logged();
    for key in ["k".repeat(256).as_str(), ""] {
        let problem =
            keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), key).await.problem(422, "invalid-field");
        assert_eq!(problem["fields"][0]["field"], "Idempotency-Key");
    }
    app.rest().await;
    assert_eq!(app.logged(), before);
    keyed(&app, &customer, "/orders", &paid_with(&app, "ok"), &"k".repeat(255)).await.expect(201);
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_forgotten_after_a_day() {
    let app = TestApp::start().await;
    let (customer, key) = (app.someone("customer"), app.key());
    let body = app.basket(GUKBAP, PANCAKE, 2);
    let first = id(&keyed(&app, &customer, "/orders", &body, &key).await.expect(202));
    app.pass(SignedDuration::from_hours(23)).await;
    let same = keyed(&app, &customer, "/orders", &body, &key).await;
    assert_eq!((id(&same.body), same.header("idempotency-replayed")), (first.clone(), "true"));
    app.pass(SignedDuration::from_hours(2)).await;
    for _ in 0..500 {
        let answer = keyed(&app, &customer, "/orders", &body, &key).await;
        if id(&answer.body) != first {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the key is still known after 25 h");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_of_all_kinds_are_the_same_again_with_and_without_a_key() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let owner = format!("owner/{GUKBAP}");
    let order = app.placed(&customer).await;
    let minutes = json!({ "prepMinutes": 20 });
    twice(&app, &owner, &format!("/tickets/{order}/accept"), &minutes, 200).await;
    app.owner(&order, "accept", minutes).await.expect(200);
    for step in ["start-cooking", "finish-cooking"] {
        twice(&app, &owner, &format!("/tickets/{order}/{step}"), &json!({}), 200).await;
        app.owner(&order, step, json!({})).await.expect(200);
    }
    let rider = app.someone("rider");
    for step in ["claim", "pick-up", "complete"] {
        twice(&app, &rider, &format!("/deliveries/{order}/{step}"), &json!({}), 200).await;
        app.rider(&rider, &order, step, json!({})).await.expect(200);
        app.rest().await;
    }
    assert_eq!(app.story(&customer, &order).await.iter().filter(|event| *event == "OrderCompleted").count(), 1);

    let order = app.placed(&customer).await;
    twice(&app, &customer, &format!("/orders/{order}/cancel"), &json!({ "reason": "두 번" }), 202).await;
    assert_eq!(app.status(&customer, &order).await, "CANCELLED");
    assert_eq!(app.provider(&order), [(22_000, 22_000)]);

    let order = app.placed(&customer).await;
    let cancel = json!({ "reason": "support", "borneBy": "PLATFORM", "refundAmount": 1_000 });
    twice(&app, "operator/1", &format!("/operations/app/orders/{order}/cancel"), &cancel, 200).await;
    assert_eq!(app.provider(&order), [(22_000, 1_000)]);
    app.check();
}

/// Does it twice with one key: the second leaves nothing new behind and gets the first answer.
async fn twice(app: &TestApp, actor: &str, path: &str, body: &Value, status: u16) {
    let key = app.key();
    let first = keyed(app, actor, path, body, &key).await;
    assert_eq!(first.status, status, "{path}: {}", first.body);
    app.rest().await;
    let before = app.logged();
    let second = keyed(app, actor, path, body, &key).await;
    assert_eq!(second.header("idempotency-replayed"), "true", "{path}");
    assert_eq!((second.status, second.body), (first.status, first.body), "{path}");
    app.rest().await;
    assert_eq!(app.logged(), before, "{path}");
}

/// An order whose customer's connection broke after the provider had charged and before anybody was answered.
pub async fn cut_off(app: &TestApp, customer: &str, body: &Value, key: &str) -> String {
    let url = format!("{}/orders", app.gateway());
    let request = app.http.post(url).bearer_auth(app.token(customer).await).header("Idempotency-Key", key).json(body);
    let asking = tokio::spawn(request.send());
    let order = app.order_under_way(customer).await;
    while app.provider(&order).is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    order
}

pub async fn keyed(app: &TestApp, actor: &str, path: &str, body: &Value, key: &str) -> Answer {
    app.call(Method::POST, actor, path, Some(body), &[("Idempotency-Key", key)]).await
}

fn paid_with(app: &TestApp, token: &str) -> Value {
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["payment"] = json!({ "method": "CARD", "token": token });
    body
}

async fn orders_of(app: &TestApp, customer: &str) -> Vec<Value> {
    let found = app.get(customer, "/orders").await.expect(200);
    found["items"].as_array().unwrap().clone()
}

async fn one_order_charged_once(app: &TestApp, customer: &str) {
    let orders = orders_of(app, customer).await;
    assert_eq!(orders.len(), 1, "{orders:?}");
    assert_eq!(app.provider(&id(&orders[0])), [(22_000, 0)]);
}
