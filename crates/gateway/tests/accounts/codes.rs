use futures_util::future::join_all;
use platform::config::Sessions;
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn a_guest_orders_with_a_phone_number_and_keeps_the_account_when_they_sign_up() {
    let desk = Desk::open().await;
    desk.get("/api/stores", "").await.expect(200);
    desk.post("/api/orders", "", json!({})).await.expect(401);
    let code = desk.code(PHONE).await;
    let guest = desk.by_code("+821012345678", &code).await.expect(201);
    assert_eq!(guest.json()["role"], "customer");
    let guest = guest.token();
    desk.post("/api/orders", &guest, json!({})).await.expect(200);
    desk.pass_seconds(60);
    let code = desk.code(PHONE).await;
    let again = desk.by_code(PHONE, &code).await.token();
    assert_eq!(desk.seen(&again).await, desk.seen(&guest).await, "known by the number");
    desk.sign_in(PHONE, "").await.expect(401);
    desk.pass_seconds(60);
    let before = desk.seen(&guest).await;
    let whole = desk.sign_up(PHONE, GOOD).await.token();
    assert_eq!(desk.seen(&whole).await, before, "the same customer, now with a password");
    desk.get("/api/sessions/current", &guest).await.expect(401);
    desk.pass_seconds(60);
    let code = desk.code(PHONE).await;
    let body = json!({ "phone": PHONE, "code": code, "password": OTHER });
    desk.post("/api/accounts", "", body).await.expect(409);
    desk.by_code(PHONE, &code).await.expect(201);
    desk.sign_in(PHONE, GOOD).await.expect(201);
}

#[tokio::test]
async fn who_has_forgotten_the_password_chooses_another_after_a_code() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    desk.pass_seconds(60);
    let code = desk.code(PHONE).await;
    let token = desk.by_code(PHONE, &code).await.token();
    let path = "/api/accounts/current/password";
    let put = async |new: &str| desk.call(axum::http::Method::PUT, path, &token, json!({ "newPassword": new })).await;
    put(OTHER).await.expect(204);
    desk.sign_in(PHONE, OTHER).await.expect(201);
    desk.pass_seconds(601);
    put(GOOD).await.expect(422);
}

#[tokio::test]
async fn a_code_is_used_once_even_by_two_at_once() {
    let desk = Desk::open().await;
    let code = desk.code(PHONE).await;
    let (one, two) = tokio::join!(desk.by_code(PHONE, &code), desk.by_code(PHONE, &code));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
}

#[tokio::test]
async fn a_code_is_over_after_five_minutes_or_five_tries() {
    let desk = Desk::open().await;
    let code = desk.code(PHONE).await;
    desk.pass_seconds(299);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    join_all((0..5).map(|_| desk.by_code(PHONE, wrong))).await;
    desk.by_code(PHONE, &code).await.expect(401);
    let code = desk.code(PHONE).await;
    desk.pass_seconds(301);
    desk.by_code(PHONE, &code).await.expect(401);
    let before = desk.code(PHONE).await;
    desk.pass_seconds(31);
    let code = desk.code(PHONE).await;
    assert_eq!(desk.by_code(PHONE, &before).await.status == 401, before != code, "only the newest is good");
    desk.by_code("010-8765-4321", &code).await.expect(401);
    desk.by_code(PHONE, &code).await.expect(if before == code { 401 } else { 201 });
}

#[tokio::test]
async fn one_phone_gets_so_many_codes_and_no_more() {
    let desk = Desk::open().await;
    let ask = async || desk.post("/api/phone-codes", "", json!({ "phone": PHONE })).await;
    ask().await.expect(202);
    assert_eq!(ask().await.expect(429).header("retry-after"), "30");
    for _ in 0..4 {
        desk.pass_seconds(30);
        ask().await.expect(202);
    }
    desk.pass_seconds(30);
    let told = ask().await.expect(429);
    assert_eq!(told.header("retry-after"), "3450", "an hour after the first of five");
    desk.pass(1);
    for _ in 0..5 {
        ask().await.expect(202);
        desk.pass_seconds(30);
    }
    desk.pass(2);
    ask().await.expect(429);
    desk.pass(22);
    ask().await.expect(202);
}

#[tokio::test]
async fn one_address_asks_for_so_many_codes_and_no_more() {
    let sessions = Sessions { codes_an_hour_each: 20, ..Sessions::default() };
    let desk = Desk::with(sessions, gateway::accounts::Codes::Shown).await;
    let ask =
        async |n: u32| desk.post("/api/phone-codes", "", json!({ "phone": format!("0101234{n:04}") })).await.status;
    for n in 0..20 {
        assert_eq!(ask(n).await, 202);
    }
    assert_eq!(ask(20).await, 429);
    desk.from("192.0.2.1");
    assert_eq!(ask(20).await, 202, "whose phone it is has not to wait for that");
}

#[tokio::test]
async fn strangers_who_have_all_codes_of_a_phone_sent_leave_whoever_has_it_theirs() {
    let desk = Desk::open().await;
    let ask = async || desk.post("/api/phone-codes", "", json!({ "phone": PHONE })).await.status;
    let code = desk.code(PHONE).await;
    desk.by_code(PHONE, &code).await.expect(201);
    let mut sent = 0;
    for stranger in 0..40 {
        desk.from(&format!("192.0.2.{}", stranger % 4));
        desk.pass_seconds(30);
        sent += i32::from(ask().await == 202);
    }
    assert_eq!(sent, 9, "ten in an hour, the first of which was not theirs");
    desk.from(HOME);
    assert_eq!(ask().await, 202);
}

#[tokio::test]
async fn who_guesses_elsewhere_uses_up_tries_of_their_own() {
    let desk = Desk::open().await;
    let code = desk.code(PHONE).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    desk.from("192.0.2.9");
    for _ in 0..3 {
        desk.by_code(PHONE, wrong).await.expect(401);
    }
    desk.by_code(PHONE, &code).await.expect(401);
    desk.from("192.0.2.10");
    desk.by_code(PHONE, &code).await.expect(401);
    desk.from(HOME);
    desk.by_code(PHONE, &code).await.expect(201);
}

#[tokio::test]
async fn whoever_tries_codes_of_many_phones_from_one_address_has_to_wait() {
    let desk = Desk::open().await;
    for n in 0..20 {
        desk.by_code(&format!("0105555{n:04}"), "123456").await.expect(401);
    }
    assert_eq!(desk.by_code("01055550020", "123456").await.expect(429).header("retry-after"), "3600");
    let body = json!({ "phone": PHONE, "code": "123456", "password": GOOD });
    desk.post("/api/accounts", "", body).await.expect(429);
    desk.from("192.0.2.1");
    let code = desk.code(PHONE).await;
    desk.by_code(PHONE, &code).await.expect(201);
    desk.from(HOME);
    desk.pass(1);
    desk.by_code("01055550020", "123456").await.expect(401);
}

#[tokio::test]
async fn so_many_codes_are_sent_in_all_and_no_more() {
    let sessions = Sessions { codes_an_hour: 3, ..Sessions::default() };
    let desk = Desk::with(sessions, gateway::accounts::Codes::Shown).await;
    let ask = async |n: u32| {
        desk.from(&format!("192.0.2.{n}"));
        desk.post("/api/phone-codes", "", json!({ "phone": format!("0101234{n:04}") })).await
    };
    for n in 0..3 {
        ask(n).await.expect(202);
        desk.pass_seconds(60);
    }
    for _ in 0..6 {
        assert_eq!(ask(3).await.expect(429).header("retry-after"), "3420");
    }
    desk.pass_seconds(3_420);
    ask(3).await.expect(202);
}

#[tokio::test]
async fn a_code_goes_to_the_phone_and_is_not_told_otherwise() {
    let desk = Desk::sending().await;
    let answer = desk.post("/api/phone-codes", "", json!({ "phone": PHONE })).await.expect(202);
    assert_eq!(answer.json(), json!({ "expiresIn": 300 }));
    let (phone, text) = desk.sent.texts.lock()[0].clone();
    assert_eq!(phone, "01012345678");
    let code: String = text.chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect();
    desk.by_code(PHONE, &code).await.expect(201);
}

#[tokio::test]
async fn a_code_that_could_not_be_sent_is_none() {
    let desk = Desk::sending().await;
    *desk.sent.is_down.lock() = true;
    let answer = desk.post("/api/phone-codes", "", json!({ "phone": PHONE })).await.expect(503);
    assert_eq!(answer.header("retry-after"), "30");
    for _ in 0..3 {
        desk.by_code(PHONE, "000000").await.expect(401);
    }
    let nowhere = Desk::with(Sessions::default(), gateway::accounts::Codes::Nowhere).await;
    nowhere.post("/api/phone-codes", "", json!({ "phone": PHONE })).await.expect(503);
}

#[tokio::test]
async fn whoever_can_do_more_than_order_is_not_let_in_by_a_telephone_alone() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let made = json!({ "login": PHONE, "role": "rider" });
    desk.post("/api/operations/gateway/accounts", &operator, made).await.expect(201);
    let code = desk.code(PHONE).await;
    let refused = desk.by_code(PHONE, &code).await.expect(403);
    assert!(refused.text.contains("takes the password"), "{}", refused.text);
    desk.by_code(PHONE, &code).await.expect(401);
}

#[tokio::test]
async fn what_is_sent_has_to_be_one_of_the_two() {
    let desk = Desk::open().await;
    for (body, field) in [
        (json!({ "login": "mina" }), "password"),
        (json!({ "phone": PHONE }), "code"),
        (json!({}), "login"),
        (json!({ "login": "mina", "password": "x", "phone": PHONE, "code": "1" }), "login"),
        (json!({ "phone": "02-123-4567", "code": "1" }), "phone"),
    ] {
        let answer = desk.post("/api/sessions", "", body).await.expect(422);
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }
    for (body, field) in [
        (json!({ "phone": PHONE, "password": GOOD }), "code"),
        (json!({ "email": "nobody", "password": GOOD }), "email"),
        (json!({ "password": GOOD }), "phone"),
        (json!({ "email": "a@b.kr" }), "password"),
    ] {
        let answer = desk.post("/api/accounts", "", body).await.expect(422);
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }
}

#[tokio::test]
async fn strangers_who_have_all_codes_sent_leave_some_to_whoever_has_signed_in_before() {
    let sessions = Sessions { codes_an_hour: 10, ..Sessions::default() };
    let desk = Desk::with(sessions, gateway::accounts::Codes::Shown).await;
    let code = desk.code(PHONE).await;
    desk.by_code(PHONE, &code).await.expect(201);
    let ask = async |phone: &str| desk.post("/api/phone-codes", "", json!({ "phone": phone })).await.status;
    let mut sent = 0;
    for stranger in 0..20 {
        desk.from(&format!("192.0.2.{stranger}"));
        sent += i32::from(ask(&format!("0105555{stranger:04}")).await == 202);
    }
    assert_eq!(sent, 7, "eight, the first of which was not theirs");
    desk.from(HOME);
    for status in [202, 202, 429] {
        desk.pass_seconds(60);
        assert_eq!(ask(PHONE).await, status, "ten in all, and no more");
    }
}

#[tokio::test]
async fn a_code_that_a_stranger_has_sent_takes_the_place_of_nobodys() {
    let desk = Desk::open().await;
    let mine = desk.code(PHONE).await;
    desk.pass_seconds(30);
    desk.from("192.0.2.1");
    let theirs = desk.code(PHONE).await;
    desk.from("192.0.2.2");
    for _ in 0..3 {
        desk.by_code(PHONE, "x").await.expect(401);
    }
    desk.from(HOME);
    desk.by_code(PHONE, &theirs).await.expect(401);
    desk.by_code(PHONE, &mine).await.expect(201);
    desk.from("192.0.2.1");
    desk.by_code(PHONE, &theirs).await.expect(401);
}

#[tokio::test]
async fn each_of_several_codes_has_so_many_tries_and_no_more() {
    let desk = Desk::open().await;
    let mut codes = Vec::new();
    for stranger in 0..3 {
        desk.from(&format!("192.0.2.{stranger}"));
        codes.push(desk.code(PHONE).await);
        desk.pass_seconds(30);
    }
    for (guesser, times) in [("192.0.2.9", 3), ("192.0.2.0", 5), ("192.0.2.1", 5), ("192.0.2.2", 5)] {
        desk.from(guesser);
        for _ in 0..times {
            desk.by_code(PHONE, "x").await.expect(401);
        }
    }
    for place in [0, 1, 2, 9] {
        desk.from(&format!("192.0.2.{place}"));
        for code in &codes {
            desk.by_code(PHONE, code).await.expect(401);
        }
    }
}
