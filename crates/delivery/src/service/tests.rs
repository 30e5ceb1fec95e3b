//! What delivery does by itself.

use jiff::SignedDuration;
use kernel::order::DeliveryBy;

use super::testing::{CHOI, KIM, TestApp, until};
use crate::domain::views::Row;
use crate::tables::Board;
use platform::bus::Source;
use platform::rebuild::rebuild;

fn rows(app: &TestApp) -> Vec<Row> {
    let choi = kernel::testing::actor(CHOI);
    app.service.list(&choi, None, "", 100).unwrap()
}

#[tokio::test]
async fn a_delivery_is_requested_when_a_ticket_is_accepted_but_not_for_a_pick_up() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    let collected = app.accepted(DeliveryBy::Pickup).await;
    app.cooked(order).await;
    assert_eq!(app.history(order), ["DeliveryRequested", "DeliveryReady"]);
    assert!(app.history(collected).is_empty());
}

#[tokio::test]
async fn a_cancelled_order_is_not_brought_even_when_the_cancel_is_heard_first() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    app.cancelled(order).await;
    assert_eq!(app.history(order), ["DeliveryRequested", "DeliveryCancelled"]);
    let unknown = app.service.room().ids.uuid().into();
    app.cancelled(unknown).await;
    assert_eq!(app.history(unknown), ["DeliveryCancelled"]);
    assert_eq!(app.get(CHOI, &format!("/deliveries/{unknown}")).await.0, 404);
}

#[tokio::test]
async fn a_missing_rider_is_noticed_ten_minutes_before_the_food_is_ready_and_again() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    app.hand.advance(SignedDuration::from_mins(20));
    until("the missing rider is noticed", || app.history(order).len() == 2).await;
    app.hand.advance(SignedDuration::from_mins(10));
    until("the missing rider is noticed again", || app.history(order).len() == 3).await;
    assert_eq!(app.history(order), ["DeliveryRequested", "NoRiderYet", "NoRiderYet"]);
}

#[tokio::test]
async fn erased_personal_data_is_gone_from_the_board_and_the_log() {
    let app = TestApp::start();
    let order = app.accepted(DeliveryBy::Rider).await;
    assert_eq!(app.does(KIM, order, "claim", "").await["phone"], "010-1234-5678");
    app.erased(order).await;
    let (status, seen) = app.get(KIM, &format!("/deliveries/{order}")).await;
    assert_eq!(status, 200);
    assert_eq!((seen.get("phone"), seen.get("address"), seen.get("requests")), (None, None, None));
    assert!(rows(&app).iter().all(|row| row.private.is_none()));
}

#[tokio::test]
async fn the_board_folded_anew_equals_the_live_one() {
    let app = TestApp::start();
    for by in [DeliveryBy::Rider, DeliveryBy::Store, DeliveryBy::Rider] {
        let order = app.accepted(by).await;
        if by == DeliveryBy::Rider {
            app.does(KIM, order, "claim", "").await;
        }
    }
    let live = rows(&app);
    assert_eq!(live.len(), 3);
    let store = &app.service.room().store;
    rebuild::<Board>(store, &mut Source::local(store), |_, _| {}).await.unwrap();
    assert_eq!(rows(&app), live);
    app.service.prepare().await.unwrap();
    assert_eq!(rows(&app), live);
}
