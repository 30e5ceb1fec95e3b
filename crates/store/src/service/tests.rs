use axum::body::Body;
use axum::http::Request;
use jiff::SignedDuration;
use kernel::events::delivery::DeliveryStarted;
use kernel::order::DeliveryBy;
use serde_json::json;

use super::testing::*;
use crate::domain::tests::samples;

const DEMO: &str = include_str!("../../../baedal/src/demo-data.json");

#[tokio::test]
async fn a_placed_order_lies_before_its_store_in_the_agreed_shape() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    let (status, ticket) = app.get(&owner(), &format!("/tickets/{order}")).await;
    assert_eq!(status, 200);
    let line = |last, quantity, unit: i64| {
        json!({
            "lineId": samples::line_id(last), "menuId": samples::menu_id(last), "name": "메뉴", "quantity": quantity,
            "unitAmount": unit, "options": [], "amount": unit * quantity,
        })
    };
    let expected = json!({
        "orderId": order, "orderNumber": "1122-K7Q3", "storeId": samples::store_id(), "status": "OPEN",
        "items": [line(1, 2, 20_000), line(2, 1, 2_000)], "note": "less spicy", "cutlery": false,
        "deliveryBy": "RIDER", "answerBy": samples::at(10), "placedAt": samples::at(0), "version": 1,
    });
    assert_eq!(ticket, expected);
    let (_, list) = app.get(&owner(), "/tickets?status=OPEN").await;
    assert_eq!(list["items"], json!([expected]));
    let request = Request::get(format!("/tickets/{order}")).extension(platform::testing::acts(&owner()));
    let request = request.header("accept-language", "en").body(Body::empty()).unwrap();
    assert_eq!(app.send(request).await.1["items"][0]["name"], "Dish");
}

#[tokio::test]
async fn the_kitchen_takes_an_order_to_the_counter() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Pickup).await;
    let accepted = app.does(order, "accept", r#"{"prepMinutes": 20}"#).await;
    assert_eq!((&accepted["status"], &accepted["readyBy"]), (&json!("ACCEPTED"), &json!(samples::at(20))));
    assert_eq!(app.does(order, "accept", r#"{"prepMinutes": 20}"#).await["version"], 2, "a repeat changes nothing");
    assert_eq!(app.does(order, "delay", r#"{"minutes": 10}"#).await["readyBy"], json!(samples::at(30)));
    assert_eq!(app.does(order, "start-cooking", "").await["status"], "COOKING");
    assert_eq!(app.does(order, "finish-cooking", "").await["status"], "COOKED");
    assert_eq!(app.does(order, "hand-over", "").await["status"], "OUT");
    let told =
        ["TicketOpened", "TicketAccepted", "TicketDelayed", "CookingStarted", "CookingFinished", "TicketHandedOver"];
    assert_eq!(app.history(order), told);
}

#[tokio::test]
async fn an_order_is_rejected_withdrawn_or_adjusted_for_reasons_of_the_closed_lists() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    for (what, body) in [
        ("reject", r#"{"reason": "silent"}"#),
        ("reject", r#"{"reason": "moody"}"#),
        ("accept", r#"{"prepMinutes": 0}"#),
        ("accept", "{}"),
    ] {
        assert_eq!(app.post(&owner(), &format!("/tickets/{order}/{what}"), body).await.0, 422, "{what} {body}");
    }
    let rejected = app.does(order, "reject", r#"{"reason": "sold-out"}"#).await;
    assert_eq!((&rejected["status"], &rejected["reason"]), (&json!("REJECTED"), &json!("sold-out")));
    let (status, problem) = app.post(&owner(), &format!("/tickets/{order}/start-cooking"), "").await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/wrong-state")));

    let order = app.placed(DeliveryBy::Rider).await;
    app.does(order, "accept", r#"{"prepMinutes": 20}"#).await;
    let body = json!({"lines": [{"lineId": samples::line_id(1), "quantity": 1}], "reason": "sold-out"}).to_string();
    assert_eq!(app.does(order, "adjust", &body).await["items"][0]["quantity"], 1);
    let (status, problem) = app.post(&owner(), &format!("/tickets/{order}/hand-over"), "").await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/not-a-pickup")));
    assert_eq!(app.does(order, "withdraw", r#"{"reason": "store-reasons"}"#).await["status"], "CANCELLED");
}

#[tokio::test]
async fn a_ticket_is_its_stores_and_nobody_elses() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    let (ticket, accept) = (format!("/tickets/{order}"), format!("/tickets/{order}/accept"));
    let body = r#"{"prepMinutes": 20}"#;
    for (who, see, act) in [(OTHER, 404, 404), (CHOI, 200, 403), ("customer/hana", 403, 403), ("", 401, 401)] {
        assert_eq!(app.get(who, &ticket).await.0, see, "{who}");
        assert_eq!(app.post(who, &accept, body).await.0, act, "{who}");
    }
    let own = format!("/tickets?storeId={}", samples::store_id());
    for (who, path, status) in [
        (OTHER, own.as_str(), 404),
        ("rider/kim", "/tickets", 403),
        ("rider/kim", "/tickets/stream", 403),
        (CHOI, "/tickets/stream", 403),
        (&owner(), "/operations/store/tickets", 403),
    ] {
        assert_eq!(app.get(who, path).await.0, status, "{who} {path}");
    }
    assert_eq!(app.get(OTHER, "/tickets").await.1["items"], json!([]));
    for path in ["/tickets", "/tickets?status=OPEN", &own] {
        assert_eq!(app.get(CHOI, path).await.1["items"][0]["orderId"], json!(order), "{path}");
    }
    assert_eq!(app.get(&owner(), &format!("/tickets/{}", samples::store_id())).await.0, 404);
}

#[tokio::test]
async fn the_board_is_walked_in_pages_oldest_first() {
    let app = TestApp::start().await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(app.placed(DeliveryBy::Rider).await);
    }
    app.does(orders[1], "accept", r#"{"prepMinutes": 20}"#).await;
    for who in [owner().as_str(), CHOI] {
        let (mut seen, mut path) = (Vec::new(), "/tickets?limit=2".to_owned());
        loop {
            let (_, page) = app.get(who, &path).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["orderId"].clone()));
            match page["next"].as_str() {
                Some(next) => path = format!("/tickets?limit=2&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(seen), json!(orders), "{who}");
    }
    let (_, open) = app.get(&owner(), "/tickets?status=OPEN").await;
    assert_eq!(open["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn the_live_board_begins_with_what_is_to_do_and_goes_on_where_it_was() {
    let app = TestApp::start().await;
    let (done, order) = (app.placed(DeliveryBy::Rider).await, app.placed(DeliveryBy::Rider).await);
    app.does(done, "reject", r#"{"reason": "too-busy"}"#).await;
    let mut live = app.watch(None).await;
    let (first, ticket) = live.next().await;
    assert_eq!((&ticket["orderId"], &ticket["status"]), (&json!(order), &json!("OPEN")));
    app.does(order, "accept", r#"{"prepMinutes": 20}"#).await;
    assert_eq!(live.next().await.1["status"], "ACCEPTED");
    app.does(order, "withdraw", r#"{"reason": "support"}"#).await;
    let mut again = app.watch(Some(&first)).await;
    for live in [&mut live, &mut again] {
        let mut status = live.next().await.1["status"].clone();
        if status == "REJECTED" {
            status = live.next().await.1["status"].clone();
        }
        assert_eq!(status, "CANCELLED");
    }
}

#[tokio::test]
async fn a_cancel_is_answered_and_a_cancelled_order_is_not_cooked() {
    let app = TestApp::start().await;
    let (early, late, never) =
        (app.placed(DeliveryBy::Rider).await, app.placed(DeliveryBy::Rider).await, app.service.room().ids.uuid());
    app.cancel_requested(early).await;
    app.does(late, "accept", r#"{"prepMinutes": 20}"#).await;
    app.does(late, "start-cooking", "").await;
    app.cancel_requested(late).await;
    app.cancelled(late).await;
    app.cancelled(never.into()).await;
    assert_eq!(app.history(early), ["TicketOpened", "TicketCancelled"]);
    let told = ["TicketOpened", "TicketAccepted", "CookingStarted", "TicketCancelRefused", "TicketVoided"];
    assert_eq!(app.history(late), told);
    assert_eq!(app.history(never.into()), ["TicketVoided"]);
    assert_eq!(app.get(&owner(), &format!("/tickets/{never}")).await.0, 404, "it never was on the board");
}

#[tokio::test]
async fn food_that_is_on_its_way_has_left_the_store() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    app.does(order, "accept", r#"{"prepMinutes": 20}"#).await;
    app.picked_up(order, started()).await;
    assert_eq!(app.get(&owner(), &format!("/tickets/{order}")).await.1["status"], "OUT");
    let other = app.placed(DeliveryBy::Rider).await;
    app.picked_up(other, started()).await;
    let notes = app.service.room().store.readers().with(|reader| reader.notes(other.uuid())).unwrap();
    assert!(notes[0].what.starts_with("delivery DeliveryStarted: not while"), "{notes:?}");
}

#[tokio::test]
async fn timers_reject_for_the_silent_start_cooking_and_tell_of_late_kitchens() {
    let app = TestApp::start().await;
    let (silent, cooking) = (app.placed(DeliveryBy::Rider).await, app.placed(DeliveryBy::Pickup).await);
    app.does(cooking, "accept", r#"{"prepMinutes": 5}"#).await;
    app.hand.advance(SignedDuration::from_mins(2));
    until("cooking starts by itself", || app.history(cooking).ends_with(&["CookingStarted"])).await;
    app.hand.advance(SignedDuration::from_mins(9));
    until("silence rejects", || app.history(silent).ends_with(&["TicketRejected"])).await;
    assert_eq!(app.get(CHOI, "/operations/store/tickets").await.1["items"], json!([]));
    app.hand.advance(SignedDuration::from_mins(10));
    until("the kitchen is late", || app.history(cooking).ends_with(&["KitchenLate"])).await;
    let overdue = async |query: &str| {
        let (_, page) = app.get(CHOI, &format!("/operations/store/tickets{query}")).await;
        page["items"].as_array().unwrap().iter().map(|item| item["orderId"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(overdue("").await, [json!(cooking)]);
    assert_eq!((overdue("?late").await.len(), overdue("?uncollected").await.len()), (1, 0));
    app.does(cooking, "finish-cooking", "").await;
    assert_eq!(overdue("").await.len(), 0, "it is late no more");
    app.hand.advance(SignedDuration::from_mins(61));
    assert_eq!((overdue("?late").await.len(), overdue("?uncollected").await.len()), (0, 1));
    app.does(cooking, "hand-over", "").await;
    assert_eq!(overdue("?uncollected").await.len(), 0);
}

#[tokio::test]
async fn what_is_erased_is_gone_from_ticket_and_board() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    app.erased(order).await;
    let (_, ticket) = app.get(&owner(), &format!("/tickets/{order}")).await;
    assert_eq!((&ticket["status"], &ticket["note"]), (&json!("OPEN"), &json!(null)));
    let (_, list) = app.get(&owner(), "/tickets").await;
    assert_eq!(list["items"][0], ticket);
}

#[tokio::test]
async fn a_command_with_a_key_is_carried_out_once() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    app.does(order, "accept", r#"{"prepMinutes": 20}"#).await;
    let delay = |minutes: u32| {
        Request::post(format!("/tickets/{order}/delay"))
            .extension(platform::testing::acts(&owner()))
            .header("content-type", "application/json")
            .header("idempotency-key", "k1")
            .body(Body::from(format!("{{\"minutes\": {minutes}}}")))
            .unwrap()
    };
    let first = app.send(delay(10)).await;
    assert_eq!(first.0, 200);
    assert_eq!(app.send(delay(10)).await, first);
    assert_eq!(app.send(delay(20)).await.0, 422);
    assert_eq!(app.history(order), ["TicketOpened", "TicketAccepted", "TicketDelayed"]);
}

#[tokio::test]
async fn a_store_is_kept_by_its_owner_and_registered_by_an_operator() {
    let app = TestApp::empty().await;
    let store = format!("/stores/{}", samples::store_id());
    let terms = serde_json::to_string(&samples::terms()).unwrap();
    for (who, status) in [(owner().as_str(), 403), (OTHER, 404), ("customer/hana", 403), (CHOI, 201)] {
        assert_eq!(app.put(who, &store, &terms).await.0, status, "{who}");
    }
    let dearer = terms.replace("17000", "18000");
    let (status, answer) = app.put(&owner(), &store, &dearer).await;
    assert_eq!((status, &answer["minimumAmount"], &answer["name"]), (200, &json!(18_000), &json!("윤슬골목치킨")));
    assert_eq!(answer["open"], false);
    let (status, problem) = app.put(&owner(), &store, &terms.replace("17000", "-1")).await;
    assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("minimumAmount")));
    assert_eq!(app.post(&owner(), &format!("{store}/pause"), r#"{"minutes": 30}"#).await.0, 409);
    assert_eq!(app.post(&owner(), &format!("{store}/open"), "").await.1["open"], true);
    let (_, paused) = app.post(CHOI, &format!("{store}/pause"), r#"{"minutes": 30}"#).await;
    assert_eq!((&paused["open"], &paused["pausedUntil"]), (&json!(false), &json!(samples::at(30))));
    assert_eq!(app.post(&owner(), &format!("{store}/close"), "").await.0, 200);
    assert_eq!(app.post(OTHER, &format!("{store}/close"), "").await.0, 404);
}

#[tokio::test]
async fn a_menu_is_written_item_by_item_and_read_back_in_both_languages() {
    let app = TestApp::start().await;
    let item = format!("/stores/{}/menu/{}", samples::store_id(), samples::menu_id(1));
    assert_eq!(app.post(&owner(), &format!("{item}/sold-out"), "").await.0, 404, "it is not on the menu");
    let body = r#"{"name": {"ko": "후라이드", "en": "Fried Chicken"}, "priceAmount": 20000}"#;
    let (status, store) = app.put(&owner(), &item, body).await;
    assert_eq!((status, &store["menu"][0]["name"]), (201, &json!("후라이드")));
    assert_eq!(app.post(&owner(), &format!("{item}/sold-out"), "").await.1["menu"][0]["soldOut"], true);
    let (status, store) = app.put(&owner(), &item, &body.replace("20000", "21000")).await;
    let expected = (200, &json!(21_000), &json!(true));
    assert_eq!((status, &store["menu"][0]["priceAmount"], &store["menu"][0]["soldOut"]), expected);
    assert_eq!(app.post(&owner(), &format!("{item}/back-in-stock"), "").await.1["menu"][0]["soldOut"], false);
    let (_, own) = app.get(&owner(), &format!("/operations/store/stores/{}", samples::store_id())).await;
    assert_eq!(
        (&own["menu"][0]["name"]["en"], &own["name"]["en"]),
        (&json!("Fried Chicken"), &json!("Yunseul Alley Chicken"))
    );
    assert_eq!((&own["switchedOn"], &own["autoCooking"]["mode"]), (&json!(true), &json!("DEFAULT")));
}

#[tokio::test]
async fn demo_stores_are_made_once_in_one_commit() {
    let app = TestApp::empty().await;
    let before = app.service.room().store.commits();
    assert_eq!(app.service.make_demo_stores(DEMO).await.unwrap(), 12);
    assert!(app.service.room().store.commits() <= before + 2, "and perhaps one sweep of keys");
    assert_eq!(app.service.make_demo_stores(DEMO).await.unwrap(), 0);
    let data: serde_json::Value = serde_json::from_str(DEMO).unwrap();
    for store in data["stores"].as_array().unwrap() {
        let (status, own) =
            app.get(CHOI, &format!("/operations/store/stores/{}", store["storeId"].as_str().unwrap())).await;
        assert_eq!((status, &own["switchedOn"]), (200, &json!(true)));
        assert_eq!((&own["menu"], &own["name"], &own["hours"]), (&store["menu"], &store["name"], &store["hours"]));
    }
    assert!(app.service.make_demo_stores("{}").await.is_ok(), "a log with stores is left alone");
    assert!(TestApp::empty().await.service.make_demo_stores("{}").await.is_err());
}

#[tokio::test]
async fn a_board_made_anew_is_the_same() {
    let app = TestApp::start().await;
    let order = app.placed(DeliveryBy::Rider).await;
    app.does(order, "accept", r#"{"prepMinutes": 20}"#).await;
    let (_, before) = app.get(&owner(), "/tickets").await;
    let own = &app.service.room().store;
    let mut source = platform::bus::Source::local(own);
    platform::rebuild::rebuild::<crate::KitchenBoardView>(own, &mut source, |_, _| {}).await.unwrap();
    assert_eq!(app.get(&owner(), "/tickets").await.1, before);
}

fn started() -> DeliveryStarted {
    DeliveryStarted {
        order_number: samples::number(),
        delivery_by: DeliveryBy::Rider,
        rider_id: None,
        started_at: samples::at(20),
        late_at: samples::at(80),
    }
}
