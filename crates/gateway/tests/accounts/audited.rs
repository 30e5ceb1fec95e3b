use axum::http::Method;
use gateway::accounts::Demo;
use serde_json::{Value, json};

use crate::support::*;

const AUDIT: &str = "/api/operations/gateway/audit";

async fn audit(desk: &Desk, query: &str) -> Vec<Value> {
    let operator = desk.demo("operator").await;
    let page = desk.get(&format!("{AUDIT}?limit=200{query}"), &operator).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn whats(items: &[Value]) -> Vec<&str> {
    items.iter().rev().map(|item| item["what"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_sign_in_is_written_down_good_or_not() {
    let desk = Desk::open().await;
    let token = desk.sign_up(PHONE, GOOD).await.token();
    for _ in 0..6 {
        desk.sign_in(PHONE, OTHER).await;
    }
    desk.delete("/api/sessions/current", &token).await.expect(204);
    let items = audit(&desk, "").await;
    let failed = ["sign-in-failed"; 5];
    let expected =
        [&["code-sent", "signed-up", "signed-in"][..], &failed, &["sign-in-locked", "signed-out", "signed-in"]];
    assert_eq!(whats(&items), expected.concat());
    assert_eq!(items[0]["who"], "operator/demo-operator");
    assert_eq!(items[2]["address"], HOME);
    let whole = serde_json::to_string(&items).unwrap();
    for secret in ["01012345678", GOOD, OTHER, &token] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }
    let who = items.iter().find(|item| item["what"] == "sign-in-failed").unwrap()["who"].as_str().unwrap().to_owned();
    assert!(who.starts_with("login:"), "tries for one login belong together");
    assert_eq!(audit(&desk, &format!("&who={who}&what=sign-in-failed")).await.len(), 5);
}

#[tokio::test]
async fn each_command_of_an_operator_is_written_down_with_how_it_went() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    desk.post("/api/operations/app/orders/o1/cancel", &operator, json!({})).await.expect(200);
    desk.get("/api/operations/app/orders", &operator).await.expect(200);
    let put = Method::PUT;
    desk.call(put, "/api/operations/gateway/accounts/nobody/stores", &operator, json!({ "stores": [] }))
        .await
        .expect(404);
    let acts = audit(&desk, "&what=act").await;
    assert_eq!(acts.len(), 2, "to look is no act");
    assert_eq!(acts[1]["who"], "operator/demo-operator");
    assert_eq!(acts[1]["route"], "POST /operations/app/orders/{orderId}/cancel");
    assert_eq!((&acts[1]["subject"], &acts[1]["status"]), (&json!("o1"), &json!(200)));
    assert_eq!((&acts[0]["subject"], &acts[0]["status"]), (&json!("nobody"), &json!(404)));
}

#[tokio::test]
async fn what_an_owner_gives_back_is_written_down_and_what_others_do_is_not() {
    let desk = Desk::open().await;
    let (owner, rider) = (desk.demo("owner").await, desk.demo("rider").await);
    desk.post("/api/tickets/o1/withdraw", &owner, json!({})).await.expect(200);
    desk.post("/api/tickets/o1/accept", &owner, json!({})).await.expect(200);
    desk.post("/api/deliveries/o1/claim", &rider, json!({})).await.expect(200);
    let acts = audit(&desk, "&what=act").await;
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0]["who"], "owner/demo-owner");
    assert_eq!(acts[0]["route"], "POST /tickets/{orderId}/withdraw");
}

#[tokio::test]
async fn what_happened_is_not_changed_and_goes_when_it_is_old() {
    let desk = Desk::open().await;
    desk.demo("customer").await;
    let database = rusqlite::Connection::open(desk.database()).unwrap();
    let refused = |sql: &str| database.execute(sql, []).unwrap_err().to_string();
    assert_eq!(refused("UPDATE audit SET who = 'operator/mallory'"), "what happened is not changed");
    assert_eq!(refused("DELETE FROM audit"), "what happened is kept");
    drop(database);
    desk.pass(399 * 24);
    assert_eq!(whats(&audit(&desk, "").await), ["signed-in", "signed-in"]);
    desk.pass(2 * 24);
    assert_eq!(whats(&audit(&desk, "").await), ["signed-in", "signed-in"], "the one of 401 days ago is gone");
}

#[tokio::test]
async fn what_happened_is_read_in_pages_by_operators_alone_and_outlives_a_restart() {
    let desk = Desk::open().await;
    for _ in 0..4 {
        desk.demo("customer").await;
    }
    let desk = desk.restarted(Demo::People(vec![store()])).await;
    let (operator, owner) = (desk.demo("operator").await, desk.demo("owner").await);
    desk.get(AUDIT, &owner).await.expect(403);
    let mut ids = Vec::new();
    let mut path = format!("{AUDIT}?limit=2");
    loop {
        let page = desk.get(&path, &operator).await.expect(200).json();
        ids.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{AUDIT}?limit=2&cursor={next}");
    }
    assert_eq!(ids, [6, 5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    rusqlite::Connection::open(desk.database()).unwrap().execute_batch("DROP TABLE acts").unwrap();
    desk.get("/api/operations/app/orders", &operator).await.expect(200);
    let refused = desk.post("/api/operations/app/orders/o1/cancel", &operator, json!({})).await.expect(503);
    assert!(!refused.header("retry-after").is_empty());
}

#[tokio::test]
async fn each_code_that_opens_nothing_is_written_down_wherever_it_is_tried() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let body = json!({ "phone": PHONE, "code": "000000", "password": GOOD });
    desk.post("/api/accounts", "", body).await.expect(401);
    let rider = json!({ "login": PHONE, "role": "rider" });
    desk.post("/api/operations/gateway/accounts", &operator, rider).await.expect(201);
    let code = desk.code(PHONE).await;
    desk.by_code(PHONE, &code).await.expect(403);
    let failed = audit(&desk, "&what=sign-in-failed").await;
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[0]["who"], failed[1]["who"], "tries for one phone belong together");
    assert_eq!(failed[1].get("subject"), None, "nobody's as yet");
    let rider = failed[0]["subject"].as_str().unwrap();
    assert!(rider.starts_with("rider/"), "and whose it is can be seen: {rider}");
    assert_eq!(audit(&desk, &format!("&what=sign-in-failed&who={rider}")).await.len(), 1);
}
