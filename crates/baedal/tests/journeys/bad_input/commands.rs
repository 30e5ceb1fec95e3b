//! Commands at the wrong time, of the wrong person or in the wrong words.

use serde_json::{Value, json};

use super::{NOBODY, adjustment, decision, invalid, nothing_left};
use crate::support::{CAULDRON, GUKBAP, PANCAKE, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_the_wrong_state_is_409_and_says_why() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let rider = app.someone("rider");
    let order = app.placed(&customer).await;
    let before = app.logged();
    for (step, body, slug) in [
        ("start-cooking", json!({}), "wrong-state"),
        ("finish-cooking", json!({}), "wrong-state"),
        ("delay", json!({ "minutes": 5 }), "wrong-state"),
        ("withdraw", json!({ "reason": "store-reasons" }), "reject-instead"),
        ("hand-over", json!({}), "not-a-pickup"),
    ] {
        app.owner(&order, step, body).await.problem(409, slug);
    }
    app.pay(&customer, &order, "ok").await.problem(409, "already-paid");
    app.operate(&format!("app/orders/{order}/close-undelivered"), decision(0)).await.problem(409, "not-delivering");
    app.operate(&format!("app/orders/{order}/erase"), json!({})).await.problem(409, "order-live");
    app.rider(&rider, &order, "claim", json!({})).await.problem(404, "not-found");
    nothing_left(&app, &before).await;

    app.accept(&order).await;
    let before = app.logged();
    app.owner(&order, "accept", json!({ "prepMinutes": 45 })).await.expect(200);
    app.owner(&order, "reject", json!({ "reason": "too-busy" })).await.problem(409, "withdraw-instead");
    app.rider(&rider, &order, "pick-up", json!({})).await.problem(409, "not-claimed");
    nothing_left(&app, &before).await;
    app.rider(&rider, &order, "claim", json!({})).await.expect(200);
    let before = app.logged();
    app.rider(&app.someone("rider"), &order, "claim", json!({})).await.problem(409, "taken-by-another");
    app.rider(&rider, &order, "pick-up", json!({})).await.problem(409, "not-ready");
    app.rider(&rider, &order, "complete", json!({})).await.problem(409, "not-started");
    app.rider(&rider, &order, "resume", json!({})).await.problem(409, "not-started");
    nothing_left(&app, &before).await;

    app.start_cooking(&order).await;
    app.finish_cooking(&order).await;
    app.rider(&rider, &order, "pick-up", json!({})).await.expect(200);
    app.rider(&rider, &order, "release", json!({})).await.problem(409, "already-started");
    app.rider(&rider, &order, "complete", json!({})).await.expect(200);
    app.rest().await;
    let before = app.logged();
    app.cancel(&customer, &order).await.problem(409, "already-delivered");
    app.operate(&format!("app/orders/{order}/cancel"), decision(0)).await.problem(409, "order-ended");
    app.operate(&format!("delivery/{order}/hand-to-store"), json!({})).await.problem(409, "already-delivered");
    app.rider(&rider, &order, "fail", json!({ "reason": "address" })).await.problem(409, "already-delivered");
    nothing_left(&app, &before).await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_without_saying_who_or_in_another_role() {
    let app = TestApp::start().await;
    let order = app.placed("customer/1").await;
    let before = app.logged();
    let commands = [
        ("customer", "/orders".to_owned()),
        ("customer", format!("/orders/{order}/payment")),
        ("customer", format!("/orders/{order}/cancel")),
        ("owner", format!("/tickets/{order}/accept")),
        ("owner", format!("/tickets/{order}/withdraw")),
        ("rider", format!("/deliveries/{order}/claim")),
        ("owner operator", format!("/stores/{GUKBAP}/close")),
        ("owner operator", format!("/stores/{GUKBAP}/menu/{PANCAKE}/sold-out")),
        ("operator", format!("/operations/app/orders/{order}/cancel")),
        ("operator", format!("/operations/delivery/{order}/hand-to-store")),
        ("operator", format!("/operations/pay/refunds/{order}/settle")),
        ("operator", format!("/operations/pay/payments/{order}/look-up")),
        ("operator", "/operations/app/parked/1/skip".to_owned()),
    ];
    let everyone = ["customer/2".to_owned(), format!("owner/{GUKBAP}"), "rider/2".to_owned(), "operator/2".to_owned()];
    for (roles, path) in &commands {
        for (name, claim) in [
            ("Baedal-Actor", "operator/1"),
            ("Authorization", "customer/1"),
            ("Authorization", "Bearer operator/1"),
            ("Baedal-Identity", "service/app"),
        ] {
            let answer = app.call(reqwest::Method::POST, "", path, Some(&json!({})), &[(name, claim)]).await;
            answer.problem(401, "unauthenticated");
        }
        for actor in everyone.iter().filter(|actor| !roles.contains(actor.split_once('/').unwrap().0)) {
            app.post(actor, path, json!({})).await.problem(403, "forbidden");
        }
    }
    let lists = [
        ("customer", "/orders".to_owned()),
        ("customer operator", "/notifications".to_owned()),
        ("owner operator", "/tickets".to_owned()),
        ("rider owner operator", "/deliveries".to_owned()),
        ("operator", "/operations/pay/ledger".to_owned()),
        ("operator", "/operations/store/lag".to_owned()),
        ("operator", "/events".to_owned()),
    ];
    for (roles, path) in &lists {
        app.get("", path).await.problem(401, "unauthenticated");
        for actor in everyone.iter().filter(|actor| !roles.contains(actor.split_once('/').unwrap().0)) {
            app.get(actor, path).await.problem(403, "forbidden");
        }
    }
    nothing_left(&app, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_one_s_order_ticket_and_delivery_are_not_there() {
    let app = TestApp::start().await;
    let order = app.placed("customer/1").await;
    let other = format!("owner/{CAULDRON}");
    let before = app.logged();
    for path in ["", "/timeline", "/stream"] {
        app.get("customer/2", &format!("/orders/{order}{path}")).await.problem(404, "not-found");
    }
    app.pay("customer/2", &order, "ok").await.problem(404, "not-found");
    app.cancel("customer/2", &order).await.problem(404, "not-found");
    assert_eq!(app.get("customer/2", "/orders").await.expect(200)["items"], json!([]));
    assert_eq!(app.told("customer/2", &order).await, Vec::<String>::new());
    app.get(&other, &format!("/tickets/{order}")).await.problem(404, "not-found");
    app.get(&other, &format!("/tickets?storeId={GUKBAP}")).await.problem(404, "not-found");
    for (step, body) in [("accept", json!({ "prepMinutes": 20 })), ("reject", json!({ "reason": "too-busy" }))] {
        app.owner_of(CAULDRON, &order, step, body).await.problem(404, "not-found");
    }
    app.post(&other, &format!("/stores/{GUKBAP}/close"), json!({})).await.problem(404, "not-found");
    nothing_left(&app, &before).await;

    app.accept(&order).await;
    app.rider("rider/1", &order, "claim", json!({})).await.expect(200);
    let before = app.logged();
    app.get("rider/2", &format!("/deliveries/{order}")).await.problem(404, "not-found");
    app.get(&other, &format!("/deliveries/{order}")).await.problem(404, "not-found");
    for step in ["pick-up", "release", "resume", "complete"] {
        app.rider("rider/2", &order, step, json!({})).await.problem(404, "not-found");
        app.rider(&other, &order, step, json!({})).await.problem(404, "not-found");
    }
    let mine = app.get("rider/1", &format!("/deliveries/{order}")).await.expect(200);
    assert!(mine["phone"].is_string() && mine["address"].is_object() | mine["address"].is_string(), "{mine}");
    let owners = app.get(&format!("owner/{GUKBAP}"), &format!("/deliveries/{order}")).await.expect(200);
    assert_eq!((&owners["phone"], &owners["address"]), (&Value::Null, &Value::Null));
    nothing_left(&app, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_amounts_outside_the_closed_lists_are_refused() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let placed = app.placed(&customer).await;
    let order = app.placed(&customer).await;
    app.accept(&order).await;
    app.rider("rider/1", &order, "claim", json!({})).await.expect(200);
    let line = app.look(&customer, &order).await["items"][0]["lineId"].as_str().unwrap().to_owned();
    let before = app.logged();
    let cancel = format!("app/orders/{order}/cancel");
    let refund = |amount: Value| json!({ "reason": "support", "borneBy": "PLATFORM", "refundAmount": amount });
    app.operate(&cancel, decision(-1)).await.problem(422, "refund-negative");
    app.operate(&cancel, decision(i64::MAX)).await.problem(422, "refund-too-large");
    for amount in [json!(0.5), json!("1"), json!(1e30)] {
        invalid(app.operate(&cancel, refund(amount)).await, "refundAmount");
    }
    invalid(app.operate(&cancel, json!({ "reason": "boredom", "borneBy": "RIDER" })).await, "reason");
    invalid(app.operate(&cancel, json!({ "reason": "support", "borneBy": "NOBODY" })).await, "borneBy");

    invalid(app.owner(&placed, "reject", json!({ "reason": "boredom" })).await, "reason");
    app.owner(&placed, "reject", json!({ "reason": "silent" })).await.problem(422, "silence-is-not-a-reason");
    for minutes in [json!(0), json!(100_000)] {
        let body = json!({ "prepMinutes": minutes });
        app.owner(&placed, "accept", body).await.problem(422, "prep-minutes-out-of-range");
    }
    invalid(app.owner(&placed, "accept", json!({ "prepMinutes": -5 })).await, "prepMinutes");
    invalid(app.owner(&placed, "accept", json!({})).await, "prepMinutes");
    app.owner(&order, "delay", json!({ "minutes": 0 })).await.problem(422, "delay-out-of-range");
    invalid(app.owner(&order, "withdraw", json!({ "reason": "sold-out" })).await, "reason");

    let adjust = format!("app/orders/{order}/adjust");
    app.operate(&adjust, adjustment(NOBODY, 0)).await.problem(422, "no-such-line");
    app.operate(&adjust, adjustment(&line, 3)).await.problem(422, "nothing-taken");
    app.operate(&adjust, adjustment(&line, 0)).await.problem(422, "nothing-left");
    let lines = json!([{ "lineId": line, "quantity": 0 }]);
    let owners = json!({ "lines": lines, "reason": "sold-out" });
    app.owner(&order, "adjust", owners).await.problem(422, "takes-everything");
    invalid(app.owner(&order, "adjust", json!({ "lines": lines, "reason": "boredom" })).await, "reason");
    app.owner(&order, "adjust", json!({ "lines": [], "reason": "late" })).await.problem(422, "nothing-taken");

    invalid(app.rider("rider/1", &order, "interrupt", json!({ "reason": "boredom" })).await, "reason");
    invalid(app.rider("rider/1", &order, "complete", json!({ "handover": "catapult" })).await, "handover");
    invalid(
        app.post(&customer, &format!("/orders/{placed}/cancel"), json!({ "reason": "가".repeat(201) })).await,
        "reason",
    );
    invalid(app.operate(&format!("delivery/{order}/assign"), json!({ "riderId": "a b" })).await, "riderId");
    nothing_left(&app, &before).await;
    app.check();
}
