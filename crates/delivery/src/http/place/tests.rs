use jiff::SignedDuration;
use kernel::ids::OrderId;
use kernel::order::DeliveryBy;
use platform::config::{Riders, Settings, Unplaced};
use serde_json::json;

use crate::service::testing::{CHOI, KIM, LEE, OWNER, TestApp};

/// Two stores, 2.2 km apart, and one in another city.
const HERE: (f64, f64) = (37.55, 126.92);
const NEAR: (f64, f64) = (37.57, 126.92);
const FAR: (f64, f64) = (35.18, 129.08);

fn strict() -> Settings {
    Settings { riders: Riders { unplaced: Unplaced::Nothing, ..Riders::default() }, ..Settings::default() }
}

async fn seen(app: &TestApp, who: &str) -> Vec<String> {
    let (status, list) = app.get(who, "/deliveries").await;
    assert_eq!(status, 200, "{list}");
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["orderId"].as_str().unwrap().to_owned()).collect()
}

fn ids(orders: &[OrderId]) -> Vec<String> {
    orders.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_rider_sees_what_waits_near_them_and_what_is_theirs_wherever_they_are() {
    let app = TestApp::start();
    let (here, near) =
        (app.accepted_at(DeliveryBy::Rider, Some(HERE)).await, app.accepted_at(DeliveryBy::Rider, Some(NEAR)).await);
    let (far, unknown) = (app.accepted_at(DeliveryBy::Rider, Some(FAR)).await, app.accepted(DeliveryBy::Rider).await);
    assert_eq!(seen(&app, KIM).await, ids(&[here, near, far, unknown]), "the demo's riders are nowhere");
    let said = (200, json!({ "near": 3000, "until": "2026-11-22T12:10:00Z" }));
    assert_eq!(app.moves(KIM, Some(HERE)).await, said);
    assert_eq!(seen(&app, KIM).await, ids(&[here, near, unknown]));
    assert_eq!(seen(&app, LEE).await, ids(&[here, near, far, unknown]), "another rider is somewhere else");
    let (_, shown) = app.get(KIM, &format!("/deliveries/{near}")).await;
    assert_eq!(
        (&shown["metresAway"], &shown["storeLat"], &shown["storeLng"]),
        (&json!(2224), &json!(37.57), &json!(126.92))
    );
    assert_eq!(app.get(KIM, &format!("/deliveries/{far}")).await.0, 404);
    app.does(KIM, near, "claim", "").await;
    app.moves(KIM, Some(FAR)).await;
    assert_eq!(seen(&app, KIM).await, ids(&[near, far, unknown]), "what is theirs stays theirs");
    for who in [CHOI, OWNER] {
        assert_eq!(seen(&app, who).await.len(), 4, "{who}");
    }
}

#[tokio::test]
async fn what_is_too_far_away_cannot_be_claimed_and_an_operator_may_give_it_all_the_same() {
    let app = TestApp::start();
    let far = app.accepted_at(DeliveryBy::Rider, Some(FAR)).await;
    app.moves(KIM, Some(HERE)).await;
    let claim = format!("/deliveries/{far}/claim");
    let (status, problem) = app.post(KIM, &claim, "").await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/too-far")), "{problem}");
    assert_eq!(app.post(KIM, &format!("/deliveries/{far}/pick-up"), "").await.0, 404, "it is not shown");
    let (status, _) = app.post(CHOI, &format!("/operations/delivery/{far}/assign"), r#"{"riderId": "kim"}"#).await;
    assert_eq!(status, 200);
    assert_eq!(seen(&app, KIM).await, ids(&[far]));
    app.does(KIM, far, "claim", "").await;
}

#[tokio::test]
async fn where_it_is_set_so_nothing_waits_for_riders_who_are_nowhere() {
    let app = TestApp::start_with(&strict());
    let (here, unknown) = (app.accepted_at(DeliveryBy::Rider, Some(HERE)).await, app.accepted(DeliveryBy::Rider).await);
    assert_eq!(seen(&app, KIM).await, ids(&[]));
    for order in [here, unknown] {
        let (status, problem) = app.post(KIM, &format!("/deliveries/{order}/claim"), "").await;
        assert_eq!((status, &problem["type"]), (409, &json!("/problems/place-unknown")));
    }
    app.moves(KIM, Some(HERE)).await;
    assert_eq!(seen(&app, KIM).await, ids(&[here, unknown]));
    app.does(KIM, here, "claim", "").await;
    assert_eq!(app.moves(KIM, None).await.0, 204);
    assert_eq!(seen(&app, KIM).await, ids(&[here]), "off duty, but with something to bring");
    let without_demo = Settings { demo_data: false, ..Settings::default() };
    let app = TestApp::start_with(&without_demo);
    app.accepted_at(DeliveryBy::Rider, Some(HERE)).await;
    assert_eq!(seen(&app, KIM).await, ids(&[]), "without demo data that is the default");
}

#[tokio::test]
async fn a_place_is_forgotten_that_is_not_said_again() {
    let app = TestApp::start_with(&strict());
    let here = app.accepted_at(DeliveryBy::Rider, Some(HERE)).await;
    app.moves(KIM, Some(HERE)).await;
    app.hand.advance(SignedDuration::from_secs(599));
    assert_eq!(seen(&app, KIM).await, ids(&[here]));
    app.moves(KIM, Some(NEAR)).await;
    app.hand.advance(SignedDuration::from_secs(599));
    assert_eq!(seen(&app, KIM).await, ids(&[here]));
    app.hand.advance(SignedDuration::from_secs(1));
    assert_eq!(seen(&app, KIM).await, ids(&[]));
}

#[tokio::test]
async fn only_riders_are_anywhere_and_only_on_the_earth() {
    let app = TestApp::start();
    for who in [OWNER, CHOI, "customer/park"] {
        assert_eq!(app.moves(who, Some(HERE)).await.0, 403, "{who}");
        assert_eq!(app.moves(who, None).await.0, 403, "{who}");
    }
    assert_eq!(app.moves("", Some(HERE)).await.0, 401);
    for place in [(91.0, 0.0), (0.0, -181.0), (1e300, 0.0)] {
        assert_eq!(app.moves(KIM, Some(place)).await.0, 422, "{place:?}");
    }
}

#[tokio::test]
async fn an_open_board_follows_its_rider() {
    let app = TestApp::start();
    let (here, far) =
        (app.accepted_at(DeliveryBy::Rider, Some(HERE)).await, app.accepted_at(DeliveryBy::Rider, Some(FAR)).await);
    app.accepted_at(DeliveryBy::Store, Some(HERE)).await;
    app.moves(KIM, Some(HERE)).await;
    let mut live = app.watch(KIM, None).await;
    let told = async |live: &mut crate::service::testing::Live| {
        let (kind, id, data) = live.next().await;
        (kind, data["orderId"].as_str().unwrap().to_owned(), id)
    };
    let (kind, order, _) = told(&mut live).await;
    assert_eq!((kind.as_str(), order), ("delivery", here.to_string()));
    app.moves(KIM, Some(FAR)).await;
    let mut both = [told(&mut live).await, told(&mut live).await].map(|(kind, order, _)| (kind, order));
    both.sort();
    let expected = [("delivery".to_owned(), far.to_string()), ("gone".to_owned(), here.to_string())];
    assert_eq!(both, expected);
    // What waits near the old place is none of their business any more; what is said next is of the new place.
    app.accepted_at(DeliveryBy::Rider, Some(NEAR)).await;
    let another = app.accepted_at(DeliveryBy::Rider, Some(FAR)).await;
    let (kind, order, last) = told(&mut live).await;
    assert_eq!((kind.as_str(), order), ("delivery", another.to_string()));
    drop(live);
    // Somewhere else, with the connection gone meanwhile: what was shown before is taken back, whatever it was.
    app.moves(KIM, Some(HERE)).await;
    let mut live = app.watch(KIM, Some(&last)).await;
    let mut told_anew = Vec::new();
    for _ in 0..4 {
        let (kind, order, _) = told(&mut live).await;
        told_anew.push((kind, order));
    }
    for (kind, order) in [("delivery", here), ("gone", far), ("gone", another)] {
        assert!(told_anew.contains(&(kind.to_owned(), order.to_string())), "{kind} {order}: {told_anew:?}");
    }
}

#[tokio::test]
async fn pages_are_whole_however_much_waits_elsewhere() {
    let app = TestApp::start();
    let mut near = Vec::new();
    for round in 0..24 {
        let place = if round % 4 == 0 { HERE } else { FAR };
        let order = app.accepted_at(DeliveryBy::Rider, Some(place)).await;
        if place == HERE {
            near.push(order.to_string());
        }
    }
    app.moves(KIM, Some(HERE)).await;
    let (mut found, mut path) = (Vec::new(), "/deliveries?limit=4".to_owned());
    loop {
        let (status, page) = app.get(KIM, &path).await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item["orderId"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => {
                assert_eq!(items.len(), 4);
                path = format!("/deliveries?limit=4&cursor={next}");
            }
            None => break,
        }
    }
    assert_eq!(found, near);
}
