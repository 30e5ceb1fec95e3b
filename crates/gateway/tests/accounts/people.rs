use axum::http::Method;
use gateway::accounts::Demo;
use platform::config::Secret;
use serde_json::json;

use crate::support::*;

const PEOPLE: &str = "/api/operations/gateway/accounts";

#[tokio::test]
async fn an_operator_makes_an_owner_who_chooses_a_password() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let asked = json!({ "login": "sajang@example.com", "role": "owner", "stores": [STORE] });
    let made = desk.post(PEOPLE, &operator, asked.clone()).await.expect(201).json();
    let once = made["password"].as_str().unwrap();
    assert_eq!(made["logins"], json!(["sajang@example.com"]));
    desk.post(PEOPLE, &operator, asked).await.expect(409);
    let refused = desk.sign_in("sajang@example.com", once).await.expect(403);
    assert_eq!(refused.json()["type"], "/problems/password-needed");
    let choose = |new: &str| json!({ "login": "sajang@example.com", "password": once, "newPassword": new });
    desk.post("/api/sessions", "", choose(once)).await.expect(422);
    let unfit = desk.post("/api/sessions", "", choose("password1")).await.expect(422);
    assert_eq!(unfit.json()["fields"][0]["field"], "newPassword");
    let token = desk.post("/api/sessions", "", choose(GOOD)).await.token();
    assert!(desk.seen(&token).await.ends_with(" of 1"));
    desk.sign_in("sajang@example.com", once).await.expect(401);
    desk.sign_in("sajang@example.com", GOOD).await.expect(201);
}

#[tokio::test]
async fn a_password_that_was_drawn_is_good_for_a_week() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let made = desk.post(PEOPLE, &operator, json!({ "login": "rider2", "role": "rider" })).await.expect(201).json();
    desk.pass(7 * 24);
    let late = json!({ "login": "rider2", "password": made["password"], "newPassword": GOOD });
    desk.post("/api/sessions", "", late).await.expect(401);
    let operator = desk.demo("operator").await;
    let path = format!("{PEOPLE}/{}/reset-password", made["id"].as_str().unwrap());
    let again = desk.post(&path, &operator, json!(null)).await.expect(200).json();
    let choose = json!({ "login": "rider2", "password": again["password"], "newPassword": GOOD });
    desk.post("/api/sessions", "", choose).await.expect(201);
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_comes_back_when_enabled() {
    let desk = Desk::open().await;
    let (operator, rider) = (desk.demo("operator").await, desk.demo("rider").await);
    let disabled = desk.post(&format!("{PEOPLE}/demo-rider/disable"), &operator, json!(null)).await.expect(200);
    assert_eq!(disabled.json()["disabledAt"], "2026-11-22T10:00:00Z");
    desk.get("/api/deliveries", &rider).await.expect(401);
    desk.sign_in("rider", "baedal").await.expect(401);
    desk.post(&format!("{PEOPLE}/demo-rider/enable"), &operator, json!(null)).await.expect(200);
    desk.get("/api/deliveries", &rider).await.expect(401);
    desk.sign_in("rider", "baedal").await.expect(201);
    desk.post(&format!("{PEOPLE}/demo-operator/disable"), &operator, json!(null)).await.expect(409);
    desk.post(&format!("{PEOPLE}/nobody/disable"), &operator, json!(null)).await.expect(404);
}

#[tokio::test]
async fn a_reset_password_ends_what_is_open() {
    let desk = Desk::open().await;
    let mina = desk.sign_up(PHONE, GOOD).await.token();
    let id = desk.get("/api/sessions/current", &mina).await.json()["id"].as_str().unwrap().to_owned();
    let operator = desk.demo("operator").await;
    desk.post(&format!("{PEOPLE}/{id}/reset-password"), &operator, json!(null)).await.expect(200);
    desk.get("/api/orders", &mina).await.expect(401);
    desk.sign_in(PHONE, GOOD).await.expect(401);
    desk.post(&format!("{PEOPLE}/demo-rider/reset-password"), &operator, json!(null)).await.expect(409);
}

#[tokio::test]
async fn only_owners_have_stores_and_only_operators_say_which() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let put = async |token: &str, who: &str, stores| {
        desk.call(Method::PUT, &format!("{PEOPLE}/{who}/stores"), token, json!({ "stores": stores })).await
    };
    put(&operator, "demo-rider", json!([STORE])).await.expect(409);
    put(&operator, "demo-owner", json!(["no store"])).await.expect(422);
    let rider = json!({ "login": "rider2", "role": "rider", "stores": [STORE] });
    desk.post(PEOPLE, &operator, rider).await.expect(422);
    desk.post(PEOPLE, &operator, json!({ "login": "app", "role": "service" })).await.expect(422);
    desk.post(PEOPLE, &operator, json!({ "login": "<b>", "role": "rider" })).await.expect(422);
    for role in ["customer", "owner", "rider"] {
        let token = desk.demo(role).await;
        put(&token, "demo-owner", json!([])).await.expect(403);
        desk.get(PEOPLE, &token).await.expect(403);
    }
    desk.get(PEOPLE, "").await.expect(401);
}

#[tokio::test]
async fn people_are_listed_in_pages() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let first = desk.get(&format!("{PEOPLE}?limit=3"), &operator).await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let next = format!("{PEOPLE}?limit=3&cursor={}", first["next"].as_str().unwrap());
    let rest = desk.get(&next, &operator).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    let riders = desk.get(&format!("{PEOPLE}?role=rider"), &operator).await.expect(200).json();
    assert_eq!(riders["items"][0]["id"], "demo-rider");
    let found = desk.get(&format!("{PEOPLE}?login=RIDER&role=rider"), &operator).await.expect(200).json();
    assert_eq!(found["items"], riders["items"]);
    for nobody in ["login=010-1111-2222", "login=rider&role=owner"] {
        assert_eq!(desk.get(&format!("{PEOPLE}?{nobody}"), &operator).await.json()["items"], json!([]), "{nobody}");
    }
    desk.get(&format!("{PEOPLE}?login=a"), &operator).await.expect(422);
    let one = desk.get(&format!("{PEOPLE}/demo-rider"), &operator).await.expect(200);
    assert_eq!(one.json(), riders["items"][0]);
    assert!(!one.text.contains("argon2"), "{}", one.text);
}

#[tokio::test]
async fn the_demo_people_are_gone_where_people_are_real_and_back_in_the_demo() {
    let desk = Desk::open().await;
    let token = desk.demo("operator").await;
    assert_eq!(desk.accounts.demo_people().await.unwrap().len(), 4);
    let desk = desk.restarted(Demo::Nobody).await;
    desk.get("/api/operations/app/orders", &token).await.expect(401);
    for role in ["customer", "owner", "rider", "operator"] {
        desk.sign_in(role, "baedal").await.expect(401);
    }
    assert_eq!(desk.accounts.demo_people().await.unwrap(), []);
    let desk = desk.restarted(Demo::People(vec![store()])).await;
    desk.demo("operator").await;
}

#[tokio::test]
async fn the_first_operator_has_the_password_that_was_given_and_keeps_the_one_they_choose() {
    let desk = Desk::open().await;
    let secret = Secret::new(GOOD);
    desk.accounts.prepare(Demo::Nobody, None).await.unwrap();
    assert!(!desk.accounts.has_operator().await.unwrap());
    desk.accounts.prepare(Demo::Nobody, Some(&secret)).await.unwrap();
    assert!(desk.accounts.has_operator().await.unwrap());
    desk.sign_in("operator", "baedal").await.expect(401);
    let token = desk.sign_in("operator", GOOD).await.token();
    desk.get(PEOPLE, &token).await.expect(200);
    desk.post(&format!("{PEOPLE}/demo-rider/enable"), &token, json!(null)).await.expect(409);
    let change = json!({ "password": GOOD, "newPassword": OTHER });
    desk.call(Method::PUT, "/api/accounts/current/password", &token, change).await.expect(204);
    desk.accounts.prepare(Demo::People(vec![store()]), Some(&secret)).await.unwrap();
    desk.sign_in("operator", OTHER).await.expect(201);
    desk.sign_in("operator", GOOD).await.expect(401);
    desk.sign_in("rider", "baedal").await.expect(201);
    let common = desk.accounts.prepare(Demo::Nobody, Some(&Secret::new("password1"))).await;
    assert!(common.is_ok(), "there is an operator, so it is not looked at");
}

#[tokio::test]
async fn whoever_is_shut_out_cannot_undo_it_with_what_they_had_begun() {
    let desk = Desk::open().await;
    let thief = desk.sign_up(PHONE, GOOD).await.token();
    let id = desk.get("/api/sessions/current", &thief).await.json()["id"].as_str().unwrap().to_owned();
    let operator = desk.demo("operator").await;
    let body = json!({ "password": GOOD, "newPassword": OTHER });
    let reset = format!("{PEOPLE}/{id}/reset-password");
    let changing = desk.call(Method::PUT, "/api/accounts/current/password", &thief, body);
    let (_, reset) = tokio::join!(changing, desk.post(&reset, &operator, json!(null)));
    let drawn = reset.expect(200).json()["password"].as_str().unwrap().to_owned();
    desk.sign_in(PHONE, OTHER).await.expect(401);
    let needed = desk.sign_in(PHONE, &drawn).await.expect(403);
    assert_eq!(needed.json()["type"], "/problems/password-needed");
}

#[tokio::test]
async fn nobody_has_more_stores_than_an_identity_can_say() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let stores = |count: u32| (0..count).map(|at| format!("0192f000-0000-7000-8000-{at:012}")).collect::<Vec<_>>();
    let put = async |count| {
        let body = json!({ "stores": stores(count) });
        desk.call(Method::PUT, &format!("{PEOPLE}/demo-owner/stores"), &operator, body).await
    };
    put(200).await.expect(200);
    put(201).await.expect(422);
    let made = json!({ "login": "chain@example.com", "role": "owner", "stores": stores(201) });
    desk.post(PEOPLE, &operator, made).await.expect(422);
}
