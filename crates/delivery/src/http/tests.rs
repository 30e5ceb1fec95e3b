//! The edge, as people use it.

use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use kernel::order::DeliveryBy;
use serde_json::json;

use crate::service::testing::{CHOI, KIM, LEE, OWNER, STORE, TestApp};

const OTHER_OWNER: &str = "owner/01890000-0000-7000-8000-00000000000d";

#[tokio::test]
async fn a_rider_claims_picks_up_and_completes_and_knows_the_address_meanwhile() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    let waiting = json!({
        "orderId": order, "orderNumber": "1122-K7Q3", "storeId": STORE, "storeName": "치킨집", "status": "WAITING",
        "ready": false, "deliveryBy": "RIDER", "storeAddress": "Teheran-ro 1",
        "readyBy": "2026-11-22T12:30:00Z", "requestedAt": "2026-11-22T12:00:00Z",
    });
    assert_eq!(app.get(KIM, "/deliveries").await, (200, json!({"items": [waiting]})));

    let claimed = app.does(KIM, order, "claim", "").await;
    assert_eq!(claimed["status"], "ASSIGNED");
    assert_eq!(claimed["riderId"], "kim");
    assert_eq!(claimed["address"], json!({"road": "Sejong-daero 110"}));
    assert_eq!(claimed["phone"], "010-1234-5678");
    assert_eq!(claimed["requests"], json!({"rider": "do not ring", "handover": "guard"}));
    assert_eq!(app.does(KIM, order, "claim", "").await, claimed);

    let (status, problem) = app.post(KIM, &format!("/deliveries/{order}/pick-up"), "").await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/not-ready")));
    app.cooked(order).await;
    assert_eq!(app.does(KIM, order, "pick-up", "").await["status"], "DELIVERING");
    assert_eq!(app.does(KIM, order, "interrupt", r#"{"reason": "weather"}"#).await["status"], "INTERRUPTED");
    assert_eq!(app.does(KIM, order, "resume", "").await["status"], "DELIVERING");
    let done = app.does(KIM, order, "complete", r#"{"handover": "hand-to-me"}"#).await;
    assert_eq!(done["status"], "DELIVERED");
    assert_eq!(done.get("address"), None);
}

#[tokio::test]
async fn a_claim_lost_to_another_is_a_conflict_and_the_rest_of_it_does_not_exist() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    let (status, problem) = app.post(LEE, &format!("/deliveries/{order}/pick-up"), "").await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/not-claimed")));
    app.does(KIM, order, "claim", "").await;
    let (status, problem) = app.post(LEE, &format!("/deliveries/{order}/claim"), "").await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/taken-by-another")));
    assert_eq!(app.get(LEE, &format!("/deliveries/{order}")).await.0, 404);
    assert_eq!(app.post(LEE, &format!("/deliveries/{order}/pick-up"), "").await.0, 404);
    assert_eq!(app.get(LEE, "/deliveries").await.1, json!({"items": []}));
    app.does(KIM, order, "release", r#"{"reason": "vehicle"}"#).await;
    assert_eq!(app.does(LEE, order, "claim", "").await["riderId"], "lee");
}

#[tokio::test]
async fn everyone_sees_their_own_and_customers_nothing() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Store).await;
    let path = format!("/deliveries/{order}");
    for (who, status) in [(OWNER, 200), (CHOI, 200), (KIM, 404), (OTHER_OWNER, 404), ("customer/park", 403), ("", 401)]
    {
        assert_eq!(app.get(who, &path).await.0, status, "{who}");
    }
    for (who, seen) in [(OWNER, 1), (CHOI, 1), (KIM, 0), (OTHER_OWNER, 0)] {
        let (_, list) = app.get(who, "/deliveries").await;
        assert_eq!(list["items"].as_array().unwrap().len(), seen, "{who}");
    }
    for path in ["/deliveries", "/deliveries/stream"] {
        assert_eq!(app.get("customer/park", path).await.0, 403);
    }
    assert_eq!(app.get(OWNER, &path).await.1["phone"], "010-1234-5678");
    assert_eq!(app.get(CHOI, &path).await.1.get("phone"), None);
    assert_eq!(app.post(KIM, &format!("{path}/claim"), "").await.0, 404);
    assert_eq!(app.post(OWNER, &format!("{path}/claim"), "").await.0, 403);
    app.cooked(order).await;
    assert_eq!(app.post(OTHER_OWNER, &format!("{path}/pick-up"), "").await.0, 404);
    app.does(OWNER, order, "pick-up", "").await;
    assert_eq!(app.does(OWNER, order, "complete", "").await["status"], "DELIVERED");
}

#[tokio::test]
async fn lists_go_from_the_oldest_in_pages_and_by_status() {
    let app = TestApp::start();
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(app.accepted(DeliveryBy::Rider).await);
    }
    app.does(KIM, orders[1], "claim", "").await;
    for who in [KIM, CHOI, OWNER] {
        let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
        loop {
            let (_, page) = app.get(who, &format!("/deliveries?{query}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["orderId"].clone()));
            match page["next"].as_str() {
                Some(next) => query = format!("limit=2&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, orders.iter().map(|order| json!(order)).collect::<Vec<_>>(), "{who}");
    }
    for (query, count) in [("WAITING", 4), ("ASSIGNED", 1), ("FAILED", 0)] {
        let (_, page) = app.get(KIM, &format!("/deliveries?status={query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(app.get(KIM, "/deliveries?status=LOST").await.0, 422);
}

#[tokio::test]
async fn a_repeat_with_the_same_key_gets_the_same_answer() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    let claim = || {
        let request = Request::post(format!("/deliveries/{order}/claim")).extension(platform::testing::acts(KIM));
        request.header("idempotency-key", "one").body(Body::empty()).unwrap()
    };
    let first = app.send(claim()).await;
    app.does(KIM, order, "release", "").await;
    assert_eq!(app.send(claim()).await, first);
    assert_eq!(app.history(order), ["DeliveryRequested", "RiderAssigned", "RiderReleased"]);
}

#[tokio::test]
async fn an_operator_assigns_releases_and_hands_to_the_store() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    let path = format!("/operations/delivery/{order}");
    assert_eq!(app.post(KIM, &format!("{path}/assign"), r#"{"riderId": "kim"}"#).await.0, 403);
    assert_eq!(app.post(CHOI, &format!("{path}/assign"), r#"{"riderId": "not a rider"}"#).await.0, 422);
    assert_eq!(app.post(CHOI, &format!("{path}/assign"), r#"{"riderId": "kim"}"#).await.1["riderId"], "kim");
    assert_eq!(app.post(CHOI, &format!("{path}/release"), "").await.1["status"], "WAITING");
    let (status, handed) = app.post(CHOI, &format!("{path}/hand-to-store"), "").await;
    assert_eq!((status, &handed["deliveryBy"]), (200, &json!("STORE")));
    assert_eq!(app.get(KIM, &format!("/deliveries/{order}")).await.0, 404);
}

#[tokio::test]
async fn an_operator_sees_that_a_failure_stays_open() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    app.does(KIM, order, "claim", "").await;
    app.cooked(order).await;
    app.does(KIM, order, "pick-up", "").await;
    assert_eq!(app.post(KIM, &format!("/deliveries/{order}/fail"), "{}").await.0, 422);
    app.does(KIM, order, "fail", r#"{"reason": "no-contact"}"#).await;
    let path = "/operations/delivery/orders?status=FAILED";
    assert_eq!(app.get(CHOI, path).await.1["items"][0]["overdue"], false);
    app.hand.advance(SignedDuration::from_mins(30));
    let (_, list) = app.get(CHOI, path).await;
    assert_eq!(list["items"][0]["overdue"], true);
    assert_eq!(list["items"][0]["remindAt"], "2026-11-22T12:30:00Z");
    assert_eq!(list["items"][0]["nextReminderAt"], "2026-11-22T13:00:00Z");
    assert_eq!(app.get(KIM, path).await.0, 403);
}

#[tokio::test]
async fn a_live_board_tells_what_stands_what_changes_and_what_another_took() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    let (mut kim, mut lee) = (app.watch(KIM, None).await, app.watch(LEE, None).await);
    for live in [&mut kim, &mut lee] {
        let (event, id, data) = live.next().await;
        assert_eq!((event.as_str(), id.as_str(), &data["status"]), ("delivery", "1", &json!("WAITING")));
    }
    app.does(KIM, order, "claim", "").await;
    let (event, id, data) = kim.next().await;
    assert_eq!((event.as_str(), id.as_str(), &data["phone"]), ("delivery", "2", &json!("010-1234-5678")));
    assert_eq!(lee.next().await, ("gone".to_owned(), "2".to_owned(), json!({"orderId": order})));
    // Once told, what another does with it is no business of lee's: the next message is about the next order.
    app.cooked(order).await;
    let next = app.accepted(DeliveryBy::Rider).await;
    assert_eq!(lee.next().await.2["orderId"], json!(next));
}

#[tokio::test]
async fn a_live_board_goes_on_where_it_broke_off() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    app.does(KIM, order, "claim", "").await;
    let next = app.accepted(DeliveryBy::Store).await;
    let mut lee = app.watch(LEE, Some("1")).await;
    assert_eq!(lee.next().await.0, "gone");
    let mut owner = app.watch(OWNER, Some("2")).await;
    assert_eq!(owner.next().await.2["orderId"], json!(next));
    // A position that the log does not have is of another log: the board is told anew.
    let mut lost = app.watch(OWNER, Some("77")).await;
    assert_eq!(lost.next().await.2["orderId"], json!(order));
    app.service.room().shutdown.begin();
}
