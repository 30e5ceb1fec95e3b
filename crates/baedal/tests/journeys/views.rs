//! What is folded from the logs can be folded again, and what is personal can be taken out of them.

use kernel::Context;
use serde_json::{Value, json};

use crate::data::{rows, tables, text};
use crate::support::{GUKBAP, PANCAKE, RICE, TestApp, id};

#[tokio::test(flavor = "multi_thread")]
async fn every_view_made_anew_from_its_log_equals_the_one_before() {
    let mut app = TestApp::start().await;
    busy_evening(&app).await;
    let roles = app.stop(Context::App).await;
    let before: Vec<_> = Context::ALL.map(|context| app.views(context)).into();
    assert!(before.iter().all(|views| views.iter().any(|(_, rows)| !rows.is_empty())), "every context has a view");
    for context in Context::ALL {
        app.drop_views(context);
        assert!(app.views(context).is_empty());
    }
    app.add(roles).await;
    app.rest().await;
    app.stop(Context::App).await;
    for (context, before) in Context::ALL.into_iter().zip(before) {
        let after = app.views(context);
        for ((name, before), (again, after)) in before.iter().zip(&after) {
            assert_eq!(name, again);
            assert_eq!(before.len(), after.len(), "{context} {name}");
            for (before, after) in before.iter().zip(after) {
                assert_eq!(before, after, "{context} {name}");
            }
        }
        assert_eq!(before.len(), after.len(), "{context}");
    }
    app.check();
}

/// Orders in every state, and the books, boards and inboxes that go with them.
async fn busy_evening(app: &TestApp) {
    let customer = app.someone("customer");
    let unpaid = id(&app.post(&customer, "/orders", app.basket(GUKBAP, PANCAKE, 2)).await.expect(202));
    app.pass_minutes(10).await;
    assert_eq!(app.status(&customer, &unpaid).await, "EXPIRED");
    let mut orders = Vec::new();
    for _ in 0..11 {
        orders.push(app.placed(&customer).await);
    }
    let [
        placed,
        accepted,
        cooking,
        ready,
        delivering,
        delivered,
        undelivered,
        cancelled,
        rejected,
        withdrawn,
        adjusted,
    ] = &orders[..]
    else {
        panic!("eleven orders");
    };
    app.cancel(&customer, cancelled).await.expect(202);
    app.owner(rejected, "reject", json!({ "reason": "sold-out" })).await.expect(200);
    let after_acceptance = [accepted, cooking, ready, delivering, delivered, undelivered, withdrawn, adjusted];
    for order in after_acceptance {
        app.owner(order, "accept", json!({ "prepMinutes": 20 })).await.expect(200);
    }
    for order in &after_acceptance[1..6] {
        app.owner(order, "start-cooking", json!({})).await.expect(200);
    }
    for order in &after_acceptance[2..6] {
        app.owner(order, "finish-cooking", json!({})).await.expect(200);
    }
    app.rest().await;
    let rider = app.someone("rider");
    for order in &after_acceptance[3..6] {
        app.rider(&rider, order, "claim", json!({})).await.expect(200);
        app.rider(&rider, order, "pick-up", json!({})).await.expect(200);
    }
    app.rest().await;
    app.rider(&rider, delivered, "complete", json!({})).await.expect(200);
    app.rider(&rider, undelivered, "fail", json!({ "reason": "address" })).await.expect(200);
    app.rest().await;
    let decision = json!({ "reason": "undeliverable", "borneBy": "RIDER", "refundAmount": 5_000 });
    app.operate(&format!("app/orders/{undelivered}/close-undelivered"), decision).await.expect(200);
    app.owner(withdrawn, "withdraw", json!({ "reason": "store-reasons" })).await.expect(200);
    let line = app.look(&customer, adjusted).await["items"][0]["lineId"].clone();
    let cut = json!({ "lines": [{ "lineId": line, "quantity": 1 }], "reason": "sold-out" });
    app.owner(adjusted, "adjust", cut).await.expect(200);
    app.post(&format!("owner/{GUKBAP}"), &format!("/stores/{GUKBAP}/menu/{RICE}/sold-out"), json!({}))
        .await
        .expect(200);
    let failed = app.order_with(&customer, "declined").await.expect(402);
    let doubted = app.order_with(&customer, "lost").await.expect(202);
    app.rest().await;
    for (order, status) in [
        (placed, "PLACED"),
        (accepted, "ACCEPTED"),
        (cooking, "COOKING"),
        (ready, "READY"),
        (delivering, "DELIVERING"),
        (delivered, "DELIVERED"),
        (undelivered, "UNDELIVERED"),
        (cancelled, "CANCELLED"),
        (rejected, "CANCELLED"),
        (withdrawn, "CANCELLED"),
        (adjusted, "ACCEPTED"),
        (&id(&failed), "PAYMENT_FAILED"),
        (&id(&doubted), "PLACED"),
    ] {
        assert_eq!(app.status(&customer, order).await, status);
    }
}

const SECRETS: [&str; 6] =
    ["010-1111-2222", "비밀로 77", "303호", "초인종은 두 번", "문 앞 화분 옆", "남에게 말 못 할 이유"];
const OTHERS: [&str; 3] = ["010-3333-4444", "열린길 5", "안 맵게"];

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_orders_personal_data_is_gone_from_every_file_when_an_operator_erases_it() {
    let mut app = TestApp::start().await;
    let customer = app.someone("customer");
    let delivered = secret_order(&app, &customer).await;
    app.operate(&format!("app/orders/{delivered}/erase"), json!({})).await.problem(409, "order-live");
    through_to_the_door(&app, &delivered).await;
    let cancelled = secret_order(&app, &customer).await;
    let words = json!({ "reason": "남에게 말 못 할 이유" });
    app.post(&customer, &format!("/orders/{cancelled}/cancel"), words).await.expect(202);
    app.rest().await;
    let other = open_order(&app, &customer).await;
    through_to_the_door(&app, &other).await;
    assert!(found_anywhere(&app, &SECRETS).len() >= SECRETS.len(), "they are there before");
    for order in [&delivered, &cancelled] {
        app.operate(&format!("app/orders/{order}/erase"), json!({})).await.expect(200);
        app.operate(&format!("app/orders/{order}/erase"), json!({})).await.expect(200);
    }
    app.rest().await;
    for (order, status) in [(&delivered, "DELIVERED"), (&cancelled, "CANCELLED")] {
        let order = app.look(&customer, order).await;
        assert_eq!((&order["status"], &order["address"]), (&json!(status), &Value::Null));
    }
    assert_eq!(app.look(&customer, &other).await["address"], "서울특별시 종로구 열린길 5");
    assert_eq!(app.told(&customer, &delivered).await.len(), 6);
    app.restart().await;
    app.rest().await;
    assert_eq!(app.status(&customer, &delivered).await, "DELIVERED");
    assert_eq!(app.look(&customer, &other).await["address"], "서울특별시 종로구 열린길 5");
    app.check();
    app.stop(Context::App).await;
    assert_eq!(found_anywhere(&app, &SECRETS), Vec::<String>::new());
    assert_eq!(found_in_raw_files(&app, &SECRETS), Vec::<String>::new());
    assert!(found_anywhere(&app, &OTHERS).len() >= OTHERS.len(), "another order keeps its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_gone_ninety_days_after_an_orders_end() {
    let mut app = TestApp::start().await;
    let customer = app.someone("customer");
    let order = secret_order(&app, &customer).await;
    through_to_the_door(&app, &order).await;
    app.pass(jiff::SignedDuration::from_hours(90 * 24 - 1)).await;
    let other = open_order(&app, &customer).await;
    through_to_the_door(&app, &other).await;
    assert_eq!(app.look(&customer, &order).await["address"], "서울특별시 종로구 비밀로 77");
    app.pass(jiff::SignedDuration::from_hours(1)).await;
    assert_eq!(app.look(&customer, &order).await["address"], Value::Null);
    assert!(app.story(&customer, &order).await.contains(&"PersonalDataErased".to_owned()));
    assert_eq!(app.look(&customer, &other).await["address"], "서울특별시 종로구 열린길 5");
    app.check();
    app.stop(Context::App).await;
    assert_eq!(found_anywhere(&app, &SECRETS), Vec::<String>::new());
    assert_eq!(found_in_raw_files(&app, &SECRETS), Vec::<String>::new());
    assert!(found_anywhere(&app, &OTHERS).len() >= OTHERS.len(), "another order keeps its own");
}

async fn secret_order(app: &TestApp, customer: &str) -> String {
    order_of(app, customer, "서울특별시 종로구 비밀로 77", "010-1111-2222", "초인종은 두 번").await
}

async fn open_order(app: &TestApp, customer: &str) -> String {
    order_of(app, customer, "서울특별시 종로구 열린길 5", "010-3333-4444", "안 맵게").await
}

async fn order_of(app: &TestApp, customer: &str, address: &str, phone: &str, words: &str) -> String {
    let mut body = app.basket(GUKBAP, PANCAKE, 2);
    body["address"] = json!(address);
    body["addressDetail"] = json!(if words == "안 맵게" { "1층" } else { "303호" });
    body["phone"] = json!(phone);
    body["requests"] =
        json!({ "store": words, "rider": if words == "안 맵게" { "고맙습니다" } else { "문 앞 화분 옆" } });
    body["payment"] = json!({ "method": "CARD", "token": "ok" });
    // With a key, so that the answer is kept as well.
    let key = app.key();
    let headers = [("Idempotency-Key", key.as_str())];
    let order = app.call(reqwest::Method::POST, customer, "/orders", Some(&body), &headers).await.expect(201);
    app.rest().await;
    id(&order)
}

async fn through_to_the_door(app: &TestApp, order: &str) {
    app.accept(order).await;
    app.start_cooking(order).await;
    app.finish_cooking(order).await;
    let rider = app.someone("rider");
    let key = app.key();
    let headers = [("Idempotency-Key", key.as_str())];
    let path = format!("/deliveries/{order}/claim");
    app.call(reqwest::Method::POST, &rider, &path, Some(&json!({})), &headers).await.expect(200);
    app.rider(&rider, order, "pick-up", json!({})).await.expect(200);
    app.rest().await;
    app.rider(&rider, order, "complete", json!({})).await.expect(200);
    app.rest().await;
}

fn database_files(app: &TestApp) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(&app.settings.data_dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect()
}

/// Where any of `words` stands in a column of a table.
fn found_anywhere(app: &TestApp, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in database_files(app) {
        let connection = rusqlite::Connection::open(&path).unwrap();
        for table in tables(&connection) {
            for value in rows(&connection, &format!("SELECT * FROM {table}")).into_iter().flatten() {
                let here = text(&value);
                let here = here.iter().flat_map(|here| words.iter().filter(move |word| here.contains(*word)));
                found.extend(here.map(|word| format!("{word} in {table} of {}", path.display())));
            }
        }
    }
    found
}

/// Where the bytes of any of `words` stand in a file, whether or not SQLite would still find them.
fn found_in_raw_files(app: &TestApp, words: &[&str]) -> Vec<String> {
    for path in database_files(app) {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&app.settings.data_dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let is_there = |word: &&&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        found.extend(words.iter().filter(is_there).map(|word| format!("{word} in {}", path.display())));
    }
    found
}
