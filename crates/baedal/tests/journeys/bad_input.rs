//! Whatever cannot be taken is answered with a problem of its own, and leaves nothing behind.

mod baskets;
mod commands;
mod requests;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// A v7 id that nobody has.
const NOBODY: &str = "019aa8dc-0000-7000-8000-000000000000";

/// Everybody has heard everything, and no log has grown.
async fn nothing_left(app: &TestApp, before: &[(kernel::Context, u64)]) {
    app.rest().await;
    assert_eq!(app.logged(), before);
}

#[track_caller]
fn invalid(answer: Answer, field: &str) {
    let problem = answer.problem(422, "invalid-field");
    assert_eq!(problem["fields"][0]["field"], field, "{problem}");
}

async fn ordering(app: &TestApp, body: &Value) -> Answer {
    app.post("customer/1", "/orders", body.clone()).await
}

async fn sent(app: &TestApp, actor: &str, path: &str, kind: Option<&str>, body: Vec<u8>) -> Answer {
    let request = app.http.post(format!("{}{path}", app.gateway())).bearer_auth(app.token(actor).await).body(body);
    let request = kind.into_iter().fold(request, |request, kind| request.header("Content-Type", kind));
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

fn decision(refund: i64) -> Value {
    json!({ "reason": "support", "borneBy": "PLATFORM", "refundAmount": refund })
}

fn adjustment(line: &str, quantity: u32) -> Value {
    json!({ "lines": [{ "lineId": line, "quantity": quantity }], "reason": "missing", "borneBy": "STORE" })
}
