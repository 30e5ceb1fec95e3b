//! Whoever signs in, from the code on the phone to the order at the door.

use platform::config::{MessageOutlet, Secret};
use platform::stub::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::alimtalk::desk::{BOTH, Desk};
use crate::support::{Answer, GUKBAP, PANCAKE, TestApp, id};

const PHONE: &str = "010-1234-5678";

/// A call with the token of somebody who has signed in by themselves.
async fn call(app: &TestApp, method: Method, token: &str, path: &str, body: Value) -> Answer {
    let request = app.http.request(method, format!("{}{path}", app.gateway())).json(&body);
    let request = if token.is_empty() { request } else { request.bearer_auth(token) };
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: response.json().await.unwrap_or(Value::Null) }
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> Answer {
    call(app, Method::POST, "", "/sessions", json!({ "login": login, "password": password })).await
}

fn token(answer: Answer) -> String {
    answer.expect(201)["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_guest_confirms_a_phone_by_a_short_message_and_orders() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        let asked = call(&desk.app, Method::POST, "", "/phone-codes", json!({ "phone": PHONE })).await.expect(202);
        assert_eq!(asked, json!({ "expiresIn": 300 }), "nobody is told the code but the phone");
        let texts = desk.texts();
        let [(phone, text)] = texts.as_slice() else { panic!("{texts:?}") };
        assert_eq!(phone, "01012345678");
        assert!(encoding_rs::EUC_KR.encode(text).0.len() <= 90, "it is one short message: {text}");
        let code: String = text.chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect();
        let guest = call(&desk.app, Method::POST, "", "/sessions", json!({ "phone": PHONE, "code": code })).await;
        let guest = token(guest);
        let mut basket = desk.app.basket(GUKBAP, PANCAKE, 2);
        basket["payment"] = json!({ "method": "CARD", "token": "ok" });
        let order = call(&desk.app, Method::POST, &guest, "/orders", basket).await.expect(201);
        let path = format!("/orders/{}", id(&order));
        call(&desk.app, Method::GET, &guest, &path, Value::Null).await.expect(200);
        assert_eq!(desk.app.get("customer/somebody-else", &path).await.status, 404);
    }
}

#[tokio::test]
async fn where_the_provider_refuses_nobody_waits_for_a_code_in_vain() {
    for outlet in BOTH {
        let desk = Desk::start(outlet).await;
        let call_of = if outlet == MessageOutlet::Nhn { "sms" } else { "send" };
        desk.faults().on(call_of, Kind::Status { status: 503 }, 1);
        let refused = call(&desk.app, Method::POST, "", "/phone-codes", json!({ "phone": PHONE })).await;
        refused.problem(503, "unavailable");
        desk.app.hand.advance(jiff::SignedDuration::from_secs(30));
        call(&desk.app, Method::POST, "", "/phone-codes", json!({ "phone": PHONE })).await.expect(202);
        assert_eq!(desk.texts().len(), 1);
    }
}

#[tokio::test]
async fn the_demo_people_bring_an_order_to_its_door() {
    let app = TestApp::start().await;
    let customer = token(sign_in(&app, "customer", "baedal").await);
    let owner = token(sign_in(&app, "owner", "baedal").await);
    let rider = token(sign_in(&app, "rider", "baedal").await);
    let operator = token(sign_in(&app, "operator", "baedal").await);
    let mut basket = app.basket(GUKBAP, PANCAKE, 2);
    basket["payment"] = json!({ "method": "CARD", "token": "ok" });
    let order = id(&call(&app, Method::POST, &customer, "/orders", basket).await.expect(201));
    app.rest().await;
    let accept = json!({ "prepMinutes": 20 });
    call(&app, Method::POST, &owner, &format!("/tickets/{order}/accept"), accept).await.expect(200);
    app.rest().await;
    call(&app, Method::POST, &rider, &format!("/deliveries/{order}/claim"), json!({})).await.expect(200);
    let cancel = json!({ "reason": "OTHER", "borneBy": "PLATFORM" });
    let path = format!("/operations/app/orders/{order}/cancel");
    let status = call(&app, Method::POST, &operator, &path, cancel).await.status.as_u16();
    let audit = call(&app, Method::GET, &operator, "/operations/gateway/audit?what=act", Value::Null).await.expect(200);
    let act = &audit["items"][0];
    assert_eq!((&act["who"], &act["subject"]), (&json!("operator/demo-operator"), &json!(order)));
    assert_eq!((&act["status"], &act["address"]), (&json!(status), &json!("127.0.0.1")));
    assert!(act["request"].is_string());
}

#[tokio::test]
async fn where_people_are_real_the_operator_has_the_password_that_was_given() {
    let mut app = TestApp::start().await;
    token(sign_in(&app, "operator", "baedal").await);
    app.settings.demo_data = false;
    app.secrets.operator_password = Some(Secret::new("무지개 국밥 자전거"));
    app.restart().await;
    for role in ["customer", "owner", "rider", "operator"] {
        sign_in(&app, role, "baedal").await.problem(401, "unauthenticated");
    }
    let operator = token(sign_in(&app, "operator", "무지개 국밥 자전거").await);
    let made = json!({ "login": "sajang@example.com", "role": "owner", "stores": [GUKBAP] });
    let made = call(&app, Method::POST, &operator, "/operations/gateway/accounts", made).await.expect(201);
    let first = json!({
        "login": "sajang@example.com", "password": made["password"], "newPassword": "correct horse battery staple",
    });
    let owner = token(call(&app, Method::POST, "", "/sessions", first).await);
    call(&app, Method::GET, &owner, "/tickets", Value::Null).await.expect(200);
    let codes = call(&app, Method::POST, "", "/phone-codes", json!({ "phone": PHONE })).await;
    codes.problem(503, "unavailable");
}
