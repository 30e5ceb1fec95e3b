use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn whoever_signs_up_signs_in_and_is_known_to_the_services() {
    let desk = Desk::open().await;
    let first = desk.sign_up(PHONE, GOOD).await.token();
    let session = desk.sign_in("+82 10 1234 5678", GOOD).await.expect(201);
    assert_eq!(session.header("cache-control"), "no-store");
    assert_eq!(session.json()["role"], "customer");
    assert_eq!(session.json()["expiresAt"], "2027-02-20T10:00:00Z");
    assert_eq!(session.json()["idleEndsAt"], "2026-12-22T10:00:00Z");
    let token = session.token();
    assert_eq!(token.len(), 44, "256 bits");
    let me = desk.get("/api/sessions/current", &token).await.expect(200).json();
    assert_eq!(desk.seen(&token).await, format!("customer/{}", me["id"].as_str().unwrap()));
    assert_eq!(desk.seen(&first).await, desk.seen(&token).await);
    assert_eq!(desk.seen("").await, "nobody");
    let mail = json!({ "email": "Mina@Example.com", "password": GOOD });
    desk.post("/api/accounts", "", mail).await.expect(201);
    desk.sign_in("mina@example.com", GOOD).await.expect(201);
}

#[tokio::test]
async fn the_demo_people_sign_in_with_their_roles_names() {
    let desk = Desk::open().await;
    for (role, seen) in [
        ("customer", "customer/demo-customer"),
        ("owner", "owner/demo-owner of 1"),
        ("rider", "rider/demo-rider"),
        ("operator", "operator/demo-operator"),
    ] {
        let token = desk.demo(role).await;
        assert_eq!(desk.seen(&token).await, seen);
        let change = json!({ "password": "baedal", "newPassword": GOOD });
        desk.call(axum::http::Method::PUT, "/api/accounts/current/password", &token, change).await.expect(403);
    }
}

#[tokio::test]
async fn who_is_not_known_and_who_errs_hear_the_same() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    let known = desk.sign_in(PHONE, OTHER).await.expect(401);
    for login in ["010-9999-9999", "nobody@example.com", "nobody", "<script>", "", &"x".repeat(5_000)] {
        let answer = desk.sign_in(login, OTHER).await.expect(401);
        assert_eq!(answer.text, known.text, "{login}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    desk.sign_in(PHONE, "").await.expect(401);
    desk.sign_in(PHONE, &"x".repeat(100_000)).await.expect(401);
}

#[tokio::test]
async fn a_password_that_anybody_would_try_is_refused_before_anything_is_made() {
    let desk = Desk::open().await;
    for password in ["short", "password1", "01012345678", "12345678"] {
        let answer = desk.sign_up(PHONE, password).await.expect(422);
        assert_eq!(answer.json()["fields"][0]["field"], "password");
        desk.pass_seconds(3_600);
    }
    assert_eq!(desk.sign_in(PHONE, "password1").await.status, 401);
}

#[tokio::test]
async fn of_two_who_sign_up_with_one_login_at_once_one_has_it() {
    let desk = Desk::open().await;
    let asked = || json!({ "email": "mina@example.com", "password": GOOD });
    let (one, two) = tokio::join!(desk.post("/api/accounts", "", asked()), desk.post("/api/accounts", "", asked()));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let taken = if one.status == 409 { one } else { two };
    assert_eq!(taken.json()["type"], "/problems/login-taken");
}

#[tokio::test]
async fn signing_out_takes_effect_at_once_and_for_that_session_alone() {
    let desk = Desk::open().await;
    let (one, two) = (desk.demo("customer").await, desk.demo("customer").await);
    desk.delete("/api/sessions/current", &one).await.expect(204);
    let over = desk.get("/api/orders", &one).await.expect(401);
    assert_eq!(over.json()["type"], "/problems/unauthenticated");
    desk.get("/api/stores", &one).await.expect(401);
    desk.get("/api/orders", &two).await.expect(200);
}

#[tokio::test]
async fn a_session_is_seen_and_ended_from_another() {
    let desk = Desk::open().await;
    let (one, two) = (desk.demo("customer").await, desk.demo("customer").await);
    let rider = desk.demo("rider").await;
    let all = desk.get("/api/sessions", &one).await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert_eq!(all["items"][0]["device"], "curl/8.5");
    let items = all["items"].as_array().unwrap();
    let other = items.iter().find(|item| item["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    desk.delete(&format!("/api/sessions/{other}"), &rider).await.expect(404);
    desk.delete(&format!("/api/sessions/{other}"), &one).await.expect(204);
    desk.delete(&format!("/api/sessions/{other}"), &one).await.expect(404);
    desk.get("/api/orders", &two).await.expect(401);
    desk.get("/api/orders", &one).await.expect(200);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_of_ones_own_sessions() {
    let desk = Desk::open().await;
    let (one, two) = (desk.demo("customer").await, desk.demo("customer").await);
    let rider = desk.demo("rider").await;
    desk.delete("/api/sessions", &one).await.expect(204);
    for token in [&one, &two] {
        desk.get("/api/orders", token).await.expect(401);
    }
    desk.get("/api/deliveries", &rider).await.expect(200);
}

#[tokio::test]
async fn another_password_ends_all_other_sessions() {
    let desk = Desk::open().await;
    let this = desk.sign_up(PHONE, GOOD).await.token();
    let other = desk.sign_in(PHONE, GOOD).await.token();
    let change = async |old: &str, new: &str| {
        let body = json!({ "password": old, "newPassword": new });
        desk.call(axum::http::Method::PUT, "/api/accounts/current/password", &this, body).await
    };
    change(OTHER, "yet another good one").await.expect(403);
    change(GOOD, "short").await.expect(422);
    desk.get("/api/orders", &other).await.expect(200);
    change(GOOD, OTHER).await.expect(204);
    desk.get("/api/orders", &other).await.expect(401);
    desk.get("/api/orders", &this).await.expect(200);
    desk.sign_in(PHONE, GOOD).await.expect(401);
    desk.sign_in(PHONE, OTHER).await.expect(201);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_at_last_in_any_case() {
    let desk = Desk::open().await;
    for (role, path, idle, last) in [
        ("customer", "/api/orders", 30 * 24, 90 * 24),
        ("owner", "/api/tickets", 3 * 24, 14 * 24),
        ("rider", "/api/deliveries", 3 * 24, 14 * 24),
        ("operator", "/api/operations/app/orders", 1, 12),
    ] {
        let (used, unused, mut minutes) = (desk.demo(role).await, desk.demo(role).await, 0);
        while minutes + idle * 30 < last * 60 {
            desk.pass_seconds(idle * 1_800);
            minutes += idle * 30;
            assert_eq!(desk.get(path, &used).await.status, 200, "{role} after {minutes} min, used all the while");
            if minutes == idle * 60 {
                assert_eq!(desk.get(path, &unused).await.status, 401, "{role} after {minutes} min");
            }
        }
        desk.pass_seconds(idle * 1_800);
        assert_eq!(desk.get(path, &used).await.status, 401, "{role} after {last} h");
    }
}

#[tokio::test]
async fn sessions_and_their_use_outlive_a_restart_and_ended_ones_do_not() {
    let desk = Desk::open().await;
    let (kept, ended) = (desk.demo("rider").await, desk.demo("rider").await);
    desk.pass(2 * 24);
    desk.get("/api/deliveries", &kept).await.expect(200);
    desk.delete("/api/sessions/current", &ended).await.expect(204);
    let desk = desk.restarted(gateway::accounts::Demo::People(vec![store()])).await;
    desk.pass(2 * 24);
    desk.get("/api/deliveries", &kept).await.expect(200);
    desk.get("/api/deliveries", &ended).await.expect(401);
}

#[tokio::test]
async fn a_session_that_is_being_ended_does_not_come_back_by_a_request_that_reads_it() {
    let desk = Desk::open().await;
    for _ in 0..40 {
        let token = desk.demo("customer").await;
        // Read from the database by each of these, while it is being ended.
        let desk_ref = &desk;
        let reads = async {
            for _ in 0..5 {
                drop(desk_ref.get("/api/orders", &token).await);
            }
        };
        tokio::join!(reads, desk.delete("/api/sessions/current", &token));
        desk.get("/api/orders", &token).await.expect(401);
    }
}

#[tokio::test]
async fn one_session_is_shown_at_a_time_and_in_one_way() {
    let desk = Desk::open().await;
    let token = desk.demo("customer").await;
    let ask = async |lines: &[String]| {
        let request = lines
            .iter()
            .fold(axum::http::Request::get("/api/orders"), |request, line| request.header("authorization", line));
        desk.ask(request, "").await.status
    };
    assert_eq!(ask(&[format!("bearer {token}")]).await, 200);
    assert_eq!(ask(&[format!("Bearer {token}"), format!("Bearer {token}")]).await, 401);
    for wrong in [
        "Bearer",
        "Bearer ",
        "Basic abc",
        &token,
        &format!("Bearer {token}x"),
        &format!("Bearer {}", "x".repeat(9_000)),
    ] {
        assert_eq!(ask(&[wrong.to_owned()]).await, 401, "{wrong}");
    }
}

#[tokio::test]
async fn a_password_that_is_being_changed_stays_where_the_session_has_ended_meanwhile() {
    let desk = Desk::open().await;
    let this = desk.sign_up(PHONE, GOOD).await.token();
    let other = desk.sign_in(PHONE, GOOD).await.token();
    let body = json!({ "password": GOOD, "newPassword": OTHER });
    let changing = desk.call(axum::http::Method::PUT, "/api/accounts/current/password", &this, body);
    let (changed, ended) = tokio::join!(changing, desk.delete("/api/sessions", &other));
    ended.expect(204);
    changed.expect(401);
    desk.sign_in(PHONE, OTHER).await.expect(401);
    desk.sign_in(PHONE, GOOD).await.expect(201);
}
