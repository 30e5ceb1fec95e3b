use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::domain::payment::{RefundStanding, closing_refund};
use crate::testing::{TestPay, adjusted, cancelled, order};

const APP: &str = "service/app";
const OPERATOR: &str = "operator/jun";

async fn send(pay: &PayService, actor: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).extension(platform::testing::acts(actor));
    let request = request.header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = router(pay.clone()).oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn get(pay: &PayService, actor: &str, path: &str) -> (StatusCode, Value) {
    send(pay, actor, "GET", path, None).await
}

fn body(token: &str) -> Value {
    json!({"orderId": order(), "orderNumber": "1122-K7Q3", "attempt": 1, "amount": 31_500, "currency": "KRW",
           "method": "CARD", "token": token})
}

async fn ask(pay: &PayService, token: &str) -> (StatusCode, Value) {
    send(pay, APP, "POST", "/payments", Some(body(token))).await
}

#[tokio::test]
async fn a_payment_is_answered_with_its_outcome() {
    let cases = [
        ("ok", json!({"outcome": "APPROVED", "approvedAt": "2026-11-22T04:00:00Z"})),
        ("declined", json!({"outcome": "DECLINED", "code": "CARD"})),
        ("down", json!({"outcome": "NOT_SENT", "retryAfter": 5, "why": "UNREACHABLE"})),
        ("lost", json!({"outcome": "IN_DOUBT"})),
    ];
    for (token, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        let test = TestPay::open(dir.path()).await;
        assert_eq!(ask(&test.pay, token).await, (StatusCode::OK, expected.clone()));
        let (status, again) = ask(&test.pay, "ok").await;
        assert_eq!((status, &again["outcome"]), (StatusCode::OK, &expected["outcome"]), "{token}, again");
        assert_eq!(test.charge_calls(), 1);
    }
}

#[tokio::test]
async fn only_app_may_ask_and_only_app_and_operators_may_look() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    for actor in ["customer/mina", OPERATOR, "rider/ho", "service/store"] {
        let (status, _) = send(&test.pay, actor, "POST", "/payments", Some(body("ok"))).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{actor}");
    }
    assert_eq!(test.charge_calls(), 0);
    let path = format!("/payments/{}", order());
    assert_eq!(get(&test.pay, APP, &path).await.0, StatusCode::NOT_FOUND);
    ask(&test.pay, "ok").await;
    for (actor, status) in [(APP, 200), (OPERATOR, 200), ("customer/mina", 403), ("service/store", 403), ("", 401)] {
        assert_eq!(get(&test.pay, actor, &path).await.0, status, "{actor}");
    }
    for path in ["ledger", "balances", "refunds"] {
        let path = format!("/operations/pay/{path}");
        assert_eq!(get(&test.pay, APP, &path).await.0, StatusCode::FORBIDDEN);
        assert_eq!(get(&test.pay, OPERATOR, &path).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn fields_that_cannot_be_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    for (field, value) in [("attempt", json!(0)), ("amount", json!(0)), ("token", json!("")), ("method", json!("CASH"))]
    {
        let mut wrong = body("ok");
        wrong[field] = value;
        let (status, problem) = send(&test.pay, APP, "POST", "/payments", Some(wrong)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert_eq!(problem["fields"][0]["field"], field);
    }
    assert_eq!(test.charge_calls(), 0);
}

#[tokio::test]
async fn a_payment_shows_its_attempts() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    ask(&test.pay, "ok").await;
    let (_, payment) = get(&test.pay, OPERATOR, &format!("/payments/{}", order())).await;
    let expected = json!({
        "orderId": order(), "orderNumber": "1122-K7Q3", "closed": false, "leftAmount": 31_500, "refunds": [],
        "outcome": "APPROVED", "approvedAt": "2026-11-22T04:00:00Z",
        "attempts": [{"attempt": 1, "outcome": "APPROVED", "approvedAt": "2026-11-22T04:00:00Z",
            "reference": format!("{}-1", order()), "amount": 31_500, "currency": "KRW", "method": "CARD",
            "requestedAt": "2026-11-22T04:00:00Z"}],
    });
    assert_eq!(payment, expected);
}

#[tokio::test]
async fn a_refused_refund_is_settled_by_hand_once() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    ask(&test.pay, "refund-refused").await;
    test.app_says(cancelled(crate::testing::PRICE)).await;
    let failed = "/operations/pay/refunds?standing=FAILED";
    test.until(|pay| !pay.refunded_orders(Some(RefundStanding::Failed), None, 1).unwrap().is_empty()).await;
    let (_, list) = get(&test.pay, OPERATOR, failed).await;
    let refund_id = closing_refund(order(), 1);
    assert_eq!(list["items"][0]["refundId"], json!(refund_id));
    assert_eq!(list["items"][0]["needsOperator"], true);

    let settle = format!("/operations/pay/refunds/{refund_id}/settle");
    assert_eq!(send(&test.pay, "customer/mina", "POST", &settle, None).await.0, StatusCode::FORBIDDEN);
    for _ in 0..2 {
        let (status, refund) = send(&test.pay, OPERATOR, "POST", &settle, None).await;
        assert_eq!((status, &refund["standing"]), (StatusCode::OK, &json!("SETTLED_BY_HAND")));
    }
    let retry = format!("/operations/pay/refunds/{refund_id}/retry");
    let (status, problem) = send(&test.pay, OPERATOR, "POST", &retry, None).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("/problems/already-refunded")));
    let unknown = format!("/operations/pay/refunds/{}/settle", order());
    assert_eq!(send(&test.pay, OPERATOR, "POST", &unknown, None).await.0, StatusCode::NOT_FOUND);

    assert_eq!(get(&test.pay, OPERATOR, failed).await.1["items"], json!([]));
    let (_, balances) = get(&test.pay, OPERATOR, "/operations/pay/balances").await;
    assert_eq!(balances["balanced"], true);
    let (_, ledger) = get(&test.pay, OPERATOR, "/operations/pay/ledger").await;
    assert_eq!(ledger["items"][0]["entries"].as_array().unwrap().len(), 6);
    test.close().await;
}

#[tokio::test]
async fn a_refused_refund_can_be_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    ask(&test.pay, "refund-refused").await;
    test.app_says(cancelled(crate::testing::PRICE)).await;
    let is_failed = |pay: &PayService| !pay.refunded_orders(Some(RefundStanding::Failed), None, 1).unwrap().is_empty();
    test.until(is_failed).await;
    let retry = format!("/operations/pay/refunds/{}/retry", closing_refund(order(), 1));
    let (status, refund) = send(&test.pay, OPERATOR, "POST", &retry, None).await;
    assert_eq!((status, &refund["standing"]), (StatusCode::OK, &json!("PENDING")));
    test.until(is_failed).await;
    test.close().await;
}

#[tokio::test]
async fn every_refund_of_an_order_is_listed_once_and_found() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    ask(&test.pay, "ok").await;
    for n in 1..=3 {
        test.app_says(adjusted(n, 1_000)).await;
    }
    let all_done = |pay: &PayService| {
        let rows = pay.refunded_orders(Some(RefundStanding::Done), None, 1).unwrap();
        rows.first().is_some_and(|row| row.refunds.len() == 3 && row.open_refunds().next().is_none())
    };
    test.until(all_done).await;
    let (mut seen, mut query) = (Vec::new(), "standing=DONE&limit=2".to_owned());
    loop {
        let (_, page) = get(&test.pay, OPERATOR, &format!("/operations/pay/refunds?{query}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["refundId"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => query = format!("standing=DONE&limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3].map(|n| uuid::Uuid::from_u128(n).to_string()));
    assert_eq!(get(&test.pay, OPERATOR, "/operations/pay/refunds").await.1["items"], json!([]));
    for refund_id in seen {
        let settle = format!("/operations/pay/refunds/{refund_id}/settle");
        assert_eq!(send(&test.pay, OPERATOR, "POST", &settle, None).await.0, StatusCode::CONFLICT);
    }
    test.close().await;
}

#[tokio::test]
async fn an_operator_has_a_payment_looked_up() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let path = format!("/operations/pay/payments/{}/look-up", order());
    assert_eq!(send(&test.pay, OPERATOR, "POST", &path, None).await.0, StatusCode::NOT_FOUND);
    ask(&test.pay, "down").await;
    test.charge_turns_up(1).await;
    for actor in [APP, "customer/mina"] {
        assert_eq!(send(&test.pay, actor, "POST", &path, None).await.0, StatusCode::FORBIDDEN, "{actor}");
    }
    for _ in 0..2 {
        let (status, payment) = send(&test.pay, OPERATOR, "POST", &path, None).await;
        assert_eq!((status, &payment["attempts"][0]["outcome"]), (StatusCode::OK, &json!("NOT_SENT")));
        assert_eq!(payment["refunds"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&payment["refunds"][0]["reason"], &payment["refunds"][0]["amount"]),
            (&json!("charged-in-error"), &json!(31_500))
        );
    }
    test.deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    let (status, problem) = send(&test.pay, OPERATOR, "POST", &path, None).await;
    assert_eq!((status, &problem["type"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("/problems/unavailable")));
}

#[tokio::test]
async fn a_webhook_says_which_order_to_ask_about_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let hook = async |body: Value| send(&test.pay, "", "POST", "/webhooks/toss", Some(body)).await.0.as_u16();
    let ours = format!("{}-1", order());
    let changed = json!({ "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-11-22T13:00:00.000000",
        "data": { "orderId": ours, "status": "DONE", "totalAmount": 1, "paymentKey": "forged" } });
    assert_eq!(hook(changed.clone()).await, 200, "an order that nobody knows is none of ours");
    ask(&test.pay, "down").await;
    for _ in 0..3 {
        assert_eq!(hook(changed.clone()).await, 200);
    }
    let (_, payment) = get(&test.pay, OPERATOR, &format!("/payments/{}", order())).await;
    assert_eq!((&payment["outcome"], &payment["refunds"]), (&json!("NOT_SENT"), &json!([])), "it is not believed");
    test.charge_turns_up(1).await;
    let deposit = json!({ "createdAt": "x", "secret": "s", "status": "DONE", "transactionKey": "k", "orderId": ours });
    assert_eq!(hook(deposit).await, 200);
    let (_, payment) = get(&test.pay, OPERATOR, &format!("/payments/{}", order())).await;
    assert_eq!(payment["refunds"][0]["reason"], "charged-in-error");
    test.deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(hook(changed).await, 503, "so that it is sent again");
}

#[tokio::test]
async fn webhooks_about_other_things_are_heard_and_rubbish_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let others = [
        json!({ "eventType": "payout.changed", "data": "anything" }),
        json!({ "eventType": "BILLING_DELETED", "data": { "billingKey": "k" } }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": { "orderId": "another-shops-order" } }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": { "orderId": { "deep": [1] } } }),
        json!({ "eventType": "PAYMENT_STATUS_CHANGED" }),
    ];
    for body in others {
        assert_eq!(send(&test.pay, "", "POST", "/webhooks/toss", Some(body.clone())).await.0, StatusCode::OK, "{body}");
    }
    for body in [json!({}), json!([]), json!(7), json!({ "eventType": 7 }), json!({ "data": { "status": "DONE" } })] {
        let (status, _) = send(&test.pay, "", "POST", "/webhooks/toss", Some(body.clone())).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    for (body, expected) in [("{", 400), (&"x".repeat(300_000), 413), ("", 400)] {
        let request =
            Request::builder().method("POST").uri("/webhooks/toss").header("content-type", "application/json");
        let response = router(test.pay.clone()).oneshot(request.body(Body::from(body.to_owned())).unwrap());
        assert_eq!(response.await.unwrap().status().as_u16(), expected);
    }
}

#[tokio::test]
async fn an_operator_sees_the_books_of_a_day_beside_the_providers() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    ask(&test.pay, "ok").await;
    let path = "/operations/pay/reconciliation";
    assert_eq!(get(&test.pay, APP, path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&test.pay, "customer/mina", path).await.0, StatusCode::FORBIDDEN);
    let (status, yesterday) = get(&test.pay, OPERATOR, path).await;
    assert_eq!(
        (status, &yesterday["date"], &yesterday["provider"]["charges"]),
        (StatusCode::OK, &json!("2026-11-21"), &json!(0))
    );
    let (_, today) = get(&test.pay, OPERATOR, &format!("{path}?date=2026-11-22")).await;
    assert_eq!(today["provider"], json!({"charges": 1, "chargedAmount": 31_500, "refunds": 0, "refundedAmount": 0}));
    assert_eq!((&today["ledger"], &today["differences"]), (&today["provider"], &json!([])));
    test.charge_turns_up(2).await;
    let (_, today) = get(&test.pay, OPERATOR, &format!("{path}?date=2026-11-22")).await;
    let expected = json!([{"kind": "charge-unknown-here", "orderId": order(), "reference": format!("{}-2", order()),
        "providerAmount": 31_500}]);
    assert_eq!(today["differences"], expected);
    for wrong in ["2026-11-23", "today", "2026-02-30", "9999-12-31"] {
        let (status, _) = get(&test.pay, OPERATOR, &format!("{path}?date={wrong}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    test.deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(get(&test.pay, OPERATOR, path).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
