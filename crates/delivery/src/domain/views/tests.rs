//! What the board says, and to whom.

use kernel::events::delivery::{DeliveryCancelled, DeliveryCompleted, DeliveryFailed, DeliveryStarted, RiderAssigned};
use kernel::order::TroubleReason;
use kernel::personal::Requests;

use super::*;

const ORDER: &str = "01890000-0000-7000-8000-00000000000a";
const STORE: &str = "01890000-0000-7000-8000-00000000000c";
const OTHER_STORE: &str = "01890000-0000-7000-8000-00000000000d";

fn t(minute: i64) -> Time {
    Time::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

fn owner(store: StoreId) -> Actor {
    kernel::testing::actor(&format!("owner/{store}"))
}

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

fn store(id: &str) -> StoreId {
    StoreId::parse(id).unwrap()
}

fn recorded(event: DeliveryEvent) -> Recorded<DeliveryEvent> {
    Recorded {
        id: "log/1".to_owned(),
        position: 1,
        subject: OrderId::parse(ORDER).unwrap().uuid(),
        version: 1,
        at: t(1),
        causation: String::new(),
        trace: None,
        event,
    }
}

fn private() -> PersonalData {
    PersonalData {
        phone: Some("010-1234-5678".to_owned()),
        address: Some(Address { road: "Sejong-daero 110".to_owned(), ..Address::default() }),
        requests: Some(Requests {
            store: Some("no pickles".to_owned()),
            rider: Some("do not ring".to_owned()),
            handover: Some(Handover::Guard),
            cutlery: None,
        }),
        ..PersonalData::default()
    }
}

fn requested(delivery_by: DeliveryBy) -> DeliveryEvent {
    DeliveryRequested {
        order_number: number(),
        store_id: store(STORE),
        store_name: Localized::new("치킨집", "Chicken"),
        store_address: "Teheran-ro 1".to_owned(),
        store_lat: Some(37.5),
        store_lng: Some(127.0),
        delivery_by,
        ready_by: t(30),
        no_rider_at: None,
        private: Some(Box::new(private())),
    }
    .into()
}

fn assigned() -> DeliveryEvent {
    RiderAssigned { order_number: number(), rider_id: person("kim") }.into()
}

fn started() -> DeliveryEvent {
    DeliveryStarted {
        order_number: number(),
        delivery_by: DeliveryBy::Rider,
        rider_id: Some(person("kim")),
        started_at: t(35),
        late_at: t(95),
    }
    .into()
}

fn failed() -> DeliveryEvent {
    DeliveryFailed { order_number: number(), reason: TroubleReason::NoContact, remind_at: t(80) }.into()
}

fn completed() -> DeliveryEvent {
    DeliveryCompleted { order_number: number(), handover: Handover::Guard, completed_at: t(50) }.into()
}

fn cancelled() -> DeliveryEvent {
    DeliveryCancelled { order_number: number() }.into()
}

fn board(delivery_by: DeliveryBy, then: impl IntoIterator<Item = DeliveryEvent>) -> Row {
    std::iter::once(requested(delivery_by)).chain(then).fold(None, |row, event| apply(row, &recorded(event))).unwrap()
}

fn kim() -> Actor {
    Actor::Rider(person("kim"))
}

fn lee() -> Actor {
    Actor::Rider(person("lee"))
}

fn sees_destination(row: &Row, actor: &Actor) -> bool {
    matches!(shown_to(row, actor, &Reach::Everywhere), Shown::RowAndDestination(_))
}

#[test]
fn a_requested_delivery_stands_on_the_board() {
    let row = board(DeliveryBy::Rider, []);
    assert_eq!(
        serde_json::to_value(&row).unwrap(),
        serde_json::json!({
            "orderId": ORDER,
            "orderNumber": "1122-K7Q3",
            "storeId": STORE,
            "storeName": {"ko": "치킨집", "en": "Chicken"},
            "storeAddress": "Teheran-ro 1",
            "storePlace": {"lat": 37.5, "lng": 127.0},
            "status": "WAITING",
            "ready": false,
            "deliveryBy": "RIDER",
            "readyBy": "1970-01-01T00:30:00Z",
            "requestedAt": "1970-01-01T00:01:00Z",
        })
    );
    let stored: Row = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
    assert_eq!(stored, Row { private: None, ..row });
}

#[test]
fn a_delivery_that_was_never_requested_has_no_row() {
    assert_eq!(apply(None, &recorded(cancelled())), None);
}

#[test]
fn riders_see_what_waits_for_one_but_not_where_it_goes() {
    let row = board(DeliveryBy::Rider, []);
    assert_eq!(shown_to(&row, &kim(), &Reach::Everywhere), Shown::Row);
    assert_eq!(shown_to(&board(DeliveryBy::Store, []), &kim(), &Reach::Everywhere), Shown::Nothing);
}

#[test]
fn its_rider_sees_where_it_goes_from_claim_to_completion_and_others_not_even_the_row() {
    for then in [vec![assigned()], vec![assigned(), started()], vec![assigned(), started(), failed()]] {
        let row = board(DeliveryBy::Rider, then);
        assert!(sees_destination(&row, &kim()), "{row:?}");
        assert_eq!(shown_to(&row, &lee(), &Reach::Everywhere), Shown::Nothing);
    }
    for then in [vec![assigned(), started(), completed()], vec![assigned(), cancelled()]] {
        let row = board(DeliveryBy::Rider, then);
        assert_eq!(shown_to(&row, &kim(), &Reach::Everywhere), Shown::Row);
        assert_eq!(shown_to(&row, &lee(), &Reach::Everywhere), Shown::Nothing);
    }
}

#[test]
fn what_was_asked_of_the_store_is_not_told_to_the_rider() {
    let row = board(DeliveryBy::Rider, [assigned()]);
    let address = private().address.unwrap();
    let expected = Destination {
        address: Some(&address),
        phone: Some("010-1234-5678"),
        request: Some("do not ring"),
        handover: Some(Handover::Guard),
    };
    assert_eq!(shown_to(&row, &kim(), &Reach::Everywhere), Shown::RowAndDestination(expected));
}

#[test]
fn an_owner_sees_where_the_stores_own_delivery_goes_and_only_the_row_of_a_riders() {
    let (owner, other) = (owner(store(STORE)), owner(store(OTHER_STORE)));
    assert!(sees_destination(&board(DeliveryBy::Store, []), &owner));
    assert_eq!(shown_to(&board(DeliveryBy::Store, []), &other, &Reach::Everywhere), Shown::Nothing);
    assert_eq!(shown_to(&board(DeliveryBy::Rider, [assigned()]), &owner, &Reach::Everywhere), Shown::Row);
    assert_eq!(shown_to(&board(DeliveryBy::Rider, []), &other, &Reach::Everywhere), Shown::Nothing);
}

#[test]
fn the_operator_sees_every_row_and_a_customer_none() {
    let row = board(DeliveryBy::Rider, [assigned()]);
    assert_eq!(shown_to(&row, &Actor::Operator(person("choi")), &Reach::Everywhere), Shown::Row);
    assert_eq!(shown_to(&row, &Actor::Customer(person("park")), &Reach::Everywhere), Shown::Nothing);
}

#[test]
fn where_it_went_is_gone_once_erased() {
    let row = Row { private: None, ..board(DeliveryBy::Rider, [assigned()]) };
    assert_eq!(shown_to(&row, &kim(), &Reach::Everywhere), Shown::Row);
}

#[test]
fn an_open_failure_reminds_the_operator_every_half_hour_until_it_is_closed() {
    let every = SignedDuration::from_mins(30);
    let row = board(DeliveryBy::Rider, [assigned(), started(), failed()]);
    assert_eq!(row.remind_at, Some(t(80)));
    for (now, next) in [(50, 80), (79, 80), (80, 110), (109, 110), (110, 140)] {
        assert_eq!(row.next_reminder(t(now), every), Some(t(next)), "at minute {now}");
    }
    assert_eq!(row.next_reminder(t(200), SignedDuration::ZERO), Some(t(80)));
    for end in [completed(), cancelled()] {
        let row = board(DeliveryBy::Rider, [assigned(), started(), failed(), end]);
        assert_eq!(row.next_reminder(t(50), every), None);
    }
}
