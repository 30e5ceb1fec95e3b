//! What every answer has in common: names, shapes and texts that others build upon.

use kernel::Context;
use serde_json::{Value, json};

use crate::streams::Screen;
use crate::support::{GUKBAP, TestApp, id};

/// Beyond the head of every log here.
const ANOTHER_LOGS: &str = "999999999";

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_answer_is_camel_case() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.owner(&order, "delay", json!({ "minutes": 10 })).await.expect(200);
    app.start_cooking(&order).await;
    let line = app.look(&customer, &order).await["items"][0]["lineId"].clone();
    let less = json!({ "lines": [{ "lineId": line, "quantity": 1 }], "reason": "missing" });
    app.owner(&order, "adjust", less).await.expect(200);
    app.rest().await;
    let cancelled = id(&app.order_with(&customer, "refund-refused").await.expect(201));
    app.rest().await;
    app.cancel(&customer, &cancelled).await;
    app.order_with(&customer, "declined").await;
    app.order_with(&customer, "down").await;
    app.rest().await;
    let (owner, rider, operator) = (format!("owner/{GUKBAP}"), app.someone("rider"), "operator/1".to_owned());
    let story = format!("/orders/{order}/timeline");
    let end = format!("/orders/{cancelled}/timeline");
    let looks = [
        (&customer, "/stores"),
        (&customer, "/orders"),
        (&customer, &story),
        (&customer, &end),
        (&customer, "/notifications"),
        (&owner, "/tickets"),
        (&rider, "/deliveries"),
        (&operator, "/operations/app/waits"),
        (&operator, "/operations/store/lag"),
        (&operator, "/operations/app/orders"),
        (&operator, "/operations/pay/refunds"),
    ];
    for (actor, path) in looks {
        let found = app.get(actor, path).await.expect(200);
        assert_ne!(found["items"], json!([]), "{path} shows nothing");
        only_camel_case(&found, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_has_seen_another_log_begins_anew() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    let one = format!("/orders/{order}/stream");
    let owner = format!("owner/{GUKBAP}");
    for (actor, path, name) in [
        (&customer, one.as_str(), "order"),
        (&customer, "/orders/stream", "order"),
        (&customer, "/notifications/stream", "notification"),
        (&owner, "/tickets/stream", "ticket"),
        (&app.someone("rider"), "/deliveries/stream", "delivery"),
    ] {
        let mut screen = Screen::open(&app, actor, path, Some(ANOTHER_LOGS)).await;
        assert_eq!(screen.next(name).await["orderId"], order.as_str(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_shown_with_the_outcome_that_app_was_answered() {
    let app = TestApp::start().await;
    for (token, outcome, code) in
        [("ok", "APPROVED", Value::Null), ("insufficient-funds", "DECLINED", json!("BALANCE"))]
    {
        let order = app.order_with(&app.someone("customer"), token).await.body["orderId"].clone();
        let path = format!("/payments/{}", order.as_str().unwrap());
        let asked = app.at(Context::Pay, reqwest::Method::GET, "service/app", &path).send().await.unwrap();
        let payment: Value = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
        assert_eq!((&payment["outcome"], &payment["code"]), (&json!(outcome), &code), "{payment}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_sentence_and_names_the_field_it_is_about() {
    let app = TestApp::start().await;
    let (customer, rider) = (app.someone("customer"), app.someone("rider"));
    let order = app.placed(&customer).await;
    let missing = app.owner(&order, "accept", json!({})).await.problem(422, "invalid-field");
    assert_eq!(missing["fields"][0]["field"], "prepMinutes");
    let owner = format!("owner/{GUKBAP}");
    let unknown = app.get(&owner, "/tickets?status=open").await.problem(422, "invalid-field");
    assert_eq!(unknown["fields"][0]["field"], "status");
    app.accept(&order).await;
    let refused = [
        app.rider(&rider, &order, "pick-up", json!({})).await.problem(409, "not-claimed"),
        app.rider(&owner, &order, "pick-up", json!({})).await.body,
        app.owner(&order, "hand-over", json!({})).await.problem(409, "not-a-pickup"),
        app.owner(&order, "reject", json!({ "reason": "closing" })).await.problem(409, "withdraw-instead"),
    ];
    for problem in refused {
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(char::is_uppercase) && detail.ends_with('.'), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_shows_what_is_the_matter_on_the_way_until_it_goes_on() {
    let app = TestApp::start().await;
    let (customer, rider) = (app.someone("customer"), app.someone("rider"));
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    let steps = [
        ("claim", json!({}), Value::Null),
        ("pick-up", json!({}), Value::Null),
        ("interrupt", json!({ "reason": "vehicle" }), json!({ "what": "interrupted", "reason": "vehicle" })),
        ("resume", json!({}), Value::Null),
        ("fail", json!({ "reason": "address" }), json!({ "what": "failed", "reason": "address" })),
        ("complete", json!({}), Value::Null),
    ];
    for (step, body, trouble) in steps {
        app.rider(&rider, &order, step, body).await.expect(200);
        app.rest().await;
        assert_eq!(app.look(&customer, &order).await["trouble"], trouble, "after {step}");
    }
}

#[track_caller]
fn only_camel_case(value: &Value, path: &str) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                assert!(
                    !name.contains(['-', '_']) && !name.starts_with(char::is_uppercase),
                    "{path} has {name}: {inner}"
                );
                only_camel_case(inner, path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| only_camel_case(item, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
