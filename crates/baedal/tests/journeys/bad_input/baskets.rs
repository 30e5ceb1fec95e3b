//! Orders that cannot be.

use reqwest::Method;
use serde_json::{Value, json};

use super::{NOBODY, invalid, nothing_left, ordering};
use crate::support::{BITES, GUKBAP, PANCAKE, RICE, TestApp};

/// Original bites at BITES: one of each of two groups has to be chosen.
const ORIGINAL: &str = "019aa8dc-484f-74c6-b26f-739506df41fe";
/// Open from 13:00 to 23:30.
const JOKBAL: &str = "019aa8dc-48b9-7f79-ad25-0099a94a7277";
/// Noodles at JOKBAL: 11,000, no options.
const NOODLES: &str = "019aa8dc-48b7-72d3-bfc4-ed987156d7c1";

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
    invalid(ordering(&app, &with("payment", json!({ "method": "CARD" }))).await, "payment.token");
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
    let mut terms = app.get(&owner, &format!("/operations/store{path}")).await.expect(200);
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
