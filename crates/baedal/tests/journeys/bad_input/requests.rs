//! Requests that ask for what is not there, or in a way that nobody understands.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{NOBODY, adjustment, decision, invalid, nothing_left, ordering, sent};
use crate::support::{FRIES, GUKBAP, PANCAKE, TestApp};

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
            ("operator/1", format!("/operations/pay/payments/{unknown}/look-up"), json!({})),
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
    let token = app.token("customer/1").await;
    let head = format!(
        "POST /api/orders HTTP/1.1\r\nhost: baedal\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    );
    let halves = [
        "POST /api/or".to_owned(),
        head.clone(),
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
