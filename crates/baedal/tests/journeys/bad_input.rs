//! Whatever cannot be taken is answered with a problem of its own, and leaves nothing behind.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, BITES, CAULDRON, FRIES, GUKBAP, PANCAKE, RICE, TestApp};

/// A v7 id that nobody has.
const NOBODY: &str = "019aa8dc-0000-7000-8000-000000000000";
/// Original bites at BITES: one of each of two groups has to be chosen.
const ORIGINAL: &str = "019aa8dc-484f-74c6-b26f-739506df41fe";
/// Open from 13:00 to 23:30.
const JOKBAL: &str = "019aa8dc-48b9-7f79-ad25-0099a94a7277";
/// Noodles at JOKBAL: 11,000, no options.
const NOODLES: &str = "019aa8dc-48b7-72d3-bfc4-ed987156d7c1";

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_404_in_a_path_and_422_in_a_body() {
    let app = TestApp::start().await;
    let customer = app.someone("customer");
    let owner = format!("owner/{GUKBAP}");
    app.rest().await;
    let before = app.logged();
    for unknown in [NOBODY, "7", "not-an-id", "019aa8dc000070008000000000000000", "%F0%9F%8D%95"] {
        for (actor, path) in [
            (customer.as_str(), format!("/orders/{unknown}")),
            (&customer, format!("/orders/{unknown}/timeline")),
            (&customer, format!("/orders/{unknown}/stream")),
            (&customer, format!("/stores/{unknown}")),
            (&owner, format!("/tickets/{unknown}")),
            ("rider/1", format!("/deliveries/{unknown}")),
            ("operator/1", format!("/operations/app/orders/{unknown}")),
        ] {
            app.get(actor, &path).await.problem(404, "not-found");
        }
        for (actor, path, body) in [
            (customer.as_str(), format!("/orders/{unknown}/payment"), json!({ "token": "ok" })),
            (&customer, format!("/orders/{unknown}/cancel"), json!({})),
            (&owner, format!("/tickets/{unknown}/accept"), json!({ "prepMinutes": 20 })),
            (&owner, format!("/stores/{GUKBAP}/menu/{unknown}/sold-out"), json!({})),
            ("rider/1", format!("/deliveries/{unknown}/claim"), json!({})),
            ("operator/1", format!("/stores/{unknown}/open"), json!({})),
            ("operator/1", format!("/operations/app/orders/{unknown}/cancel"), decision(0)),
            ("operator/1", format!("/operations/app/orders/{unknown}/adjust"), adjustment(NOBODY, 1)),
            ("operator/1", format!("/operations/delivery/{unknown}/assign"), json!({ "riderId": "1" })),
            ("operator/1", format!("/operations/pay/refunds/{unknown}/settle"), json!({})),
            ("operator/1", format!("/operations/pay/parked/{unknown}/retry"), json!({})),
        ] {
            app.post(actor, &path, body).await.problem(404, "not-found");
        }
    }
    for path in ["/nowhere", "/payments", "/orders/", "/orders//x", "/operations/moon/lag", "/../etc/passwd"] {
        app.get("operator/1", path).await.problem(404, "not-found");
    }
    ordering(&app, &app.basket(NOBODY, PANCAKE, 2)).await.problem(422, "unknown-store");
    let item = ordering(&app, &app.basket(GUKBAP, NOBODY, 2)).await.problem(422, "unknown-item");
    assert_eq!(item["fields"][0]["field"], "items[0].menuId");
    ordering(&app, &app.basket(GUKBAP, FRIES, 2)).await.problem(422, "unknown-item");
    invalid(ordering(&app, &app.basket("seven", PANCAKE, 2)).await, "storeId");
    nothing_left(&app, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_or_paused_store_takes_no_orders() {
    let app = TestApp::start().await;
    let owner = format!("owner/{GUKBAP}");
    let jokbal = app.basket(JOKBAL, NOODLES, 3);
    app.call(Method::POST, "", "/quotes", Some(&jokbal), &[]).await.expect(200);
    // From 19:00 to midnight.
    app.pass_minutes(300).await;
    let before = app.logged();
    assert_eq!(app.get("", &format!("/stores/{JOKBAL}")).await.expect(200)["open"], false);
    app.call(Method::POST, "", "/quotes", Some(&jokbal), &[]).await.problem(409, "store-closed");
    ordering(&app, &jokbal).await.problem(409, "store-closed");
    nothing_left(&app, &before).await;

    let gukbap = app.basket(GUKBAP, PANCAKE, 2);
    app.post(&owner, &format!("/stores/{GUKBAP}/close"), json!({})).await.expect(200);
    app.rest().await;
    ordering(&app, &gukbap).await.problem(409, "store-closed");
    app.post(&owner, &format!("/stores/{GUKBAP}/pause"), json!({ "minutes": 10 }))
        .await
        .problem(409, "store-switched-off");
    app.post(&owner, &format!("/stores/{GUKBAP}/open"), json!({})).await.expect(200);
    app.post(&owner, &format!("/stores/{GUKBAP}/pause"), json!({ "minutes": 10 })).await.expect(200);
    app.rest().await;
    ordering(&app, &gukbap).await.problem(409, "store-closed");
    app.pass_minutes(10).await;
    ordering(&app, &gukbap).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_basket_that_cannot_be_is_refused_field_by_field() {
    let app = TestApp::start().await;
    app.rest().await;
    let before = app.logged();
    let with = |field: &str, value: Value| {
        let mut body = app.basket(GUKBAP, PANCAKE, 2);
        body[field] = value;
        body
    };
    let item = |quantity: Value| json!([{ "menuId": PANCAKE, "quantity": quantity }]);
    for quantity in [json!(0), json!(101), json!(1_000_000)] {
        invalid(ordering(&app, &with("items", item(quantity))).await, "items[0].quantity");
    }
    for quantity in [json!(-1), json!(1.5), json!("2"), json!(null), json!(99_999_999_999_u64)] {
        invalid(ordering(&app, &with("items", item(quantity))).await, "items[0].quantity");
    }
    invalid(ordering(&app, &with("items", json!([]))).await, "items");
    let many: Vec<_> = (0..51).map(|_| json!({ "menuId": PANCAKE, "quantity": 1 })).collect();
    invalid(ordering(&app, &with("items", json!(many))).await, "items");
    ordering(&app, &with("items", json!([{ "menuId": RICE, "quantity": 1 }]))).await.problem(422, "below-minimum");
    invalid(ordering(&app, &with("deliveryBy", json!("STORE"))).await, "deliveryBy");
    invalid(ordering(&app, &with("deliveryBy", json!("DRONE"))).await, "deliveryBy");
    for phone in [json!(""), json!("12"), json!("+1 555 0100"), json!("010-1234-56789"), json!(null)] {
        invalid(ordering(&app, &with("phone", phone)).await, "phone");
    }
    invalid(ordering(&app, &with("phone", json!(1_012_345_678))).await, "phone");
    for address in [json!(null), json!(""), json!("   ")] {
        invalid(ordering(&app, &with("address", address)).await, "address");
    }
    invalid(ordering(&app, &with("address", json!("가".repeat(201)))).await, "address");
    invalid(ordering(&app, &with("lat", json!(91))).await, "lat");
    invalid(ordering(&app, &with("language", json!("xx"))).await, "language");
    invalid(ordering(&app, &with("requests", json!({ "store": "가".repeat(201) }))).await, "requests.store");
    invalid(ordering(&app, &with("requests", json!({ "handover": "catapult" }))).await, "requests.handover");
    invalid(ordering(&app, &with("payment", json!({ "method": "CASH", "token": "ok" }))).await, "payment.method");
    invalid(ordering(&app, &with("payment", json!({ "method": "CARD" }))).await, "payment");
    for token in [String::new(), "t".repeat(301)] {
        invalid(ordering(&app, &with("payment", json!({ "token": token }))).await, "payment.token");
    }
    let total = ordering(&app, &with("expectedTotal", json!(i64::MAX))).await.problem(409, "total-differs");
    assert_eq!(total["totalAmount"], 22_000);
    invalid(ordering(&app, &with("expectedTotal", json!(1e30))).await, "expectedTotal");
    nothing_left(&app, &before).await;
    let mut pickup = app.basket(GUKBAP, PANCAKE, 1);
    pickup["deliveryBy"] = json!("PICKUP");
    pickup["address"] = Value::Null;
    assert_eq!(ordering(&app, &pickup).await.expect(202)["totalAmount"], 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_chosen_as_their_groups_say() {
    let app = TestApp::start().await;
    app.rest().await;
    let before = app.logged();
    let store = app.get("", &format!("/stores/{BITES}")).await.expect(200);
    let original = store["menu"].as_array().unwrap().iter().find(|item| item["menuId"] == ORIGINAL).unwrap();
    let option = |group: usize, option: usize| original["optionGroups"][group]["options"][option]["optionId"].clone();
    let with = |options: Value| {
        let mut body = app.basket(BITES, ORIGINAL, 1);
        body["items"][0]["options"] = options;
        body
    };
    for (options, field) in [
        (json!([]), "items[0].options"),
        (json!([option(0, 0)]), "items[0].options"),
        (json!([option(0, 0), option(0, 1), option(1, 0)]), "items[0].options"),
        (json!([option(0, 0), option(0, 0), option(1, 0)]), "items[0].options[1]"),
        (json!([option(0, 0), option(1, 0), NOBODY]), "items[0].options[2]"),
    ] {
        invalid(ordering(&app, &with(options)).await, field);
    }
    nothing_left(&app, &before).await;
    let order = ordering(&app, &with(json!([option(0, 1), option(1, 2)]))).await.expect(202);
    assert_eq!(order["itemsAmount"], 25_900);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_nothing_cannot_be_ordered_because_it_cannot_be_paid() {
    let app = TestApp::start().await;
    app.price_of_pancakes(0).await;
    let owner = format!("owner/{GUKBAP}");
    let path = format!("/stores/{GUKBAP}");
    let at_the_store = format!("{}{path}", app.service(kernel::Context::Store));
    let found = app.http.get(at_the_store).header("Baedal-Actor", &owner).send().await.unwrap();
    let mut terms: Value = found.json().await.unwrap();
    terms["minimumAmount"] = json!(0);
    app.call(Method::PUT, &owner, &path, Some(&terms), &[]).await.expect(200);
    app.rest().await;
    let before = app.logged();
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["deliveryBy"] = json!("PICKUP");
    invalid(ordering(&app, &body).await, "items");
    nothing_left(&app, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_price_can_make_a_total_that_does_not_fit() {
    let app = TestApp::start().await;
    app.rest().await;
    let before = app.logged();
    let path = format!("/stores/{GUKBAP}/menu/{PANCAKE}");
    let name = json!({ "ko": "김치전", "en": "Kimchi Pancake" });
    for price in [json!(i64::MAX), json!(100_000_001), json!(-1), json!(1.5), json!(1e300), json!("10000")] {
        let item = json!({ "name": name, "priceAmount": price });
        let answer = app.call(Method::PUT, "operator/1", &path, Some(&item), &[]).await;
        assert_eq!(answer.expect(422)["fields"][0]["field"], "priceAmount");
    }
    nothing_left(&app, &before).await;
    let dearest = json!({ "name": name, "priceAmount": 100_000_000 });
    app.call(Method::PUT, "operator/1", &path, Some(&dearest), &[]).await.expect(200);
    app.rest().await;
    let mut body = app.basket(GUKBAP, PANCAKE, 100);
    let line = body["items"][0].clone();
    body["items"] = json!(vec![line; 50]);
    body["payment"] = json!({ "token": "ok" });
    let order = app.post("customer/rich", "/orders", body).await.expect(201);
    assert_eq!(order["totalAmount"], 500_000_002_000_i64);
    app.rest().await;
    app.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_broken_or_of_another_kind_is_not_read() {
    let app = TestApp::start().await;
    let order = app.placed("customer/1").await;
    let before = app.logged();
    let owner = format!("owner/{GUKBAP}");
    let json_type = Some("application/json");
    for (actor, path) in [
        ("customer/1", "/orders".to_owned()),
        ("customer/1", "/quotes".to_owned()),
        ("customer/1", format!("/orders/{order}/payment")),
        ("customer/1", format!("/orders/{order}/cancel")),
        (&owner, format!("/tickets/{order}/accept")),
        ("rider/1", format!("/deliveries/{order}/fail")),
        ("operator/1", format!("/operations/app/orders/{order}/cancel")),
    ] {
        let large = vec![b' '; 10 * 1024 * 1024];
        sent(&app, actor, &path, json_type, large).await.problem(413, "body-too-large");
        for broken in ["{", "{]", "", "nul", "{\"a\":1}}", "\u{feff}{}", "{'a':1}"] {
            if !(broken.is_empty() && path.ends_with("cancel") && actor == "customer/1") {
                sent(&app, actor, &path, json_type, broken.into()).await.problem(400, "malformed-json");
            }
        }
        sent(&app, actor, &path, json_type, b"{\"a\":\"\xff\"}".to_vec()).await.problem(400, "malformed-json");
        let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
        sent(&app, actor, &path, json_type, deep.into()).await.problem(400, "malformed-json");
        for kind in [Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/xml"), None] {
            sent(&app, actor, &path, kind, b"{}".to_vec()).await.problem(415, "unsupported-media-type");
        }
        for wrong in ["[]", "7", "\"text\"", "null"] {
            sent(&app, actor, &path, json_type, wrong.into()).await.problem(422, "invalid-field");
        }
    }
    nothing_left(&app, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_is_cut_off_and_others_go_on() {
    let app = TestApp::start().await;
    app.rest().await;
    let before = app.logged();
    let address = app.gateway().trim_start_matches("http://").trim_end_matches("/api").to_owned();
    let head =
        "POST /api/orders HTTP/1.1\r\nhost: baedal\r\nbaedal-actor: customer/1\r\ncontent-type: application/json\r\n";
    let halves = [
        "POST /api/or".to_owned(),
        head.to_owned(),
        format!("{head}content-length: 400\r\n\r\n{{\"storeId\":"),
        format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n{{\"a\":"),
    ];
    let mut waiting = tokio::task::JoinSet::new();
    for half in halves {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        waiting.spawn(async move {
            stream.write_all(half.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
            String::from_utf8(answer).unwrap()
        });
    }
    app.get("", &format!("/stores/{GUKBAP}")).await.expect(200);
    for answer in waiting.join_all().await {
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("/problems/request-timeout"), "{answer}");
    }
    nothing_left(&app, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_knows_its_methods() {
    let app = TestApp::start().await;
    let order = app.placed("customer/1").await;
    let before = app.logged();
    for (method, path) in [
        (Method::DELETE, "/orders".to_owned()),
        (Method::PUT, format!("/orders/{order}")),
        (Method::DELETE, format!("/orders/{order}")),
        (Method::GET, format!("/orders/{order}/cancel")),
        (Method::PATCH, format!("/tickets/{order}/accept")),
        (Method::GET, format!("/deliveries/{order}/claim")),
        (Method::POST, "/notifications".to_owned()),
        (Method::POST, format!("/stores/{GUKBAP}")),
        (Method::GET, format!("/operations/app/orders/{order}/cancel")),
    ] {
        let answer = app.call(method, "operator/1", &path, Some(&json!({})), &[]).await;
        assert_ne!(answer.header("allow"), "", "{path}");
        answer.problem(405, "method-not-allowed");
    }
    nothing_left(&app, &before).await;
}

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
        ("operator", "/operations/app/parked/1/skip".to_owned()),
    ];
    let everyone = ["customer/2".to_owned(), format!("owner/{GUKBAP}"), "rider/2".to_owned(), "operator/2".to_owned()];
    for (roles, path) in &commands {
        for nobody in ["", "nobody", "king/1", "customer/", "service/app", "Service/app"] {
            app.post(nobody, path, json!({})).await.problem(401, "unauthenticated");
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
    invalid(app.owner(&placed, "accept", json!({})).await, ".");
    app.owner(&order, "delay", json!({ "minutes": 0 })).await.problem(422, "delay-out-of-range");
    invalid(app.owner(&order, "withdraw", json!({ "reason": "sold-out" })).await, "reason");

    let adjust = format!("app/orders/{order}/adjust");
    app.operate(&adjust, adjustment(NOBODY, 0)).await.problem(422, "no-such-line");
    app.operate(&adjust, adjustment(&line, 2)).await.problem(422, "nothing-taken");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_is_refused_and_an_unknown_parameter_is_not_looked_at() {
    let app = TestApp::start().await;
    let order = app.placed("customer/1").await;
    let owner = format!("owner/{GUKBAP}");
    let before = app.logged();
    for (actor, path) in [
        ("customer/1", "/orders"),
        ("customer/1", "/notifications"),
        (&owner, "/tickets"),
        ("rider/1", "/deliveries"),
        ("operator/1", "/operations/app/orders"),
        ("operator/1", "/operations/pay/ledger"),
        ("operator/1", "/operations/pay/refunds"),
        ("operator/1", "/operations/customer/notices"),
        ("operator/1", "/operations/store/tickets"),
        ("operator/1", "/operations/delivery/orders"),
        ("", "/stores"),
    ] {
        for rubbish in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=ten",
            "limit=",
            "limit=1&limit=2",
            "cursor=nonsense",
            "cursor=22",
        ] {
            app.get(actor, &format!("{path}?{rubbish}")).await.problem(422, "invalid-field");
        }
        let found = app.get(actor, &format!("{path}?limit=1&colour=red&%F0%9F%8D%95")).await.expect(200);
        assert!(found["items"].as_array().unwrap().len() <= 1, "{path}");
    }
    for (actor, path) in [
        (owner.as_str(), "/tickets?status=COLD"),
        (&owner, "/tickets?storeId=seven"),
        ("rider/1", "/deliveries?status=COLD"),
        ("operator/1", "/operations/app/orders?status=COLD"),
        ("operator/1", "/operations/app/orders?attention=perhaps"),
        ("customer/1", "/notifications?orderId=seven"),
        ("operator/1", "/operations/pay/refunds?standing=ODD"),
        ("operator/1", "/operations/customer/notices?state=ODD"),
    ] {
        app.get(actor, path).await.problem(422, "invalid-field");
    }
    assert_eq!(app.get("customer/1", "/orders").await.expect(200)["items"][0]["orderId"], json!(order));
    nothing_left(&app, &before).await;
}

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
    let request = app.http.post(format!("{}{path}", app.gateway())).header("Baedal-Actor", actor).body(body);
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
