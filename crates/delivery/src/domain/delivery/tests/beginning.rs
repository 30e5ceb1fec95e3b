//! From the request to the pick-up.

use super::*;

#[test]
fn a_delivery_is_requested_and_its_rider_missed_ten_minutes_before_the_food_is_ready() {
    given::<Delivery>([])
        .when(at(0, What::RequestDelivery(request(DeliveryBy::Rider))))
        .then([requested(DeliveryBy::Rider)]);
}

#[test]
fn of_food_that_is_ready_soon_a_rider_is_missed_when_it_is_and_never_before_the_request_itself() {
    for (requested, missed) in [(19, 20), (20, 30), (25, 30), (30, 30), (35, 35)] {
        let what = What::RequestDelivery(request(DeliveryBy::Rider));
        let outcome = Delivery::decide(&State::Unknown, at(requested, what)).unwrap();
        assert!(
            matches!(&outcome[..], [DeliveryEvent::DeliveryRequested(event)] if event.no_rider_at == Some(t(missed))),
            "{requested}: {outcome:?}"
        );
    }
}

#[test]
fn no_rider_is_sought_for_the_stores_own_delivery() {
    let state = given::<Delivery>([])
        .when(at(0, What::RequestDelivery(request(DeliveryBy::Store))))
        .then([requested(DeliveryBy::Store)]);
    assert_eq!(Delivery::waits(&state), []);
}

#[test]
fn an_order_that_the_customer_collects_gets_no_delivery() {
    given::<Delivery>([])
        .when(at(0, What::RequestDelivery(request(DeliveryBy::Pickup))))
        .then_rejected(&Rejection::CollectedByCustomer);
}

#[test]
fn a_second_request_changes_nothing() {
    sought([assigned("kim")]).when(at(1, What::RequestDelivery(request(DeliveryBy::Rider)))).then_nothing();
}

#[test]
fn a_cancel_of_an_unknown_order_is_recorded_and_a_later_request_does_nothing() {
    let state = given::<Delivery>([]).when(at(0, cancel())).then([cancelled()]);
    assert_eq!(state, State::NeverRequested);
    let never = || given::<Delivery>([cancelled()]);
    never().when(at(1, What::RequestDelivery(request(DeliveryBy::Rider)))).then_nothing();
    never().when(at(1, cancel())).then_nothing();
    never().when(at(1, What::MarkReady { ready_at: t(1) })).then_nothing();
    never().when(at(1, claim("kim"))).then_rejected(&Rejection::Unknown);
}

#[test]
fn nothing_is_known_of_an_order_without_a_delivery() {
    for what in [
        claim("kim"),
        release(By::Operator),
        What::MarkReady { ready_at: t(1) },
        What::PickUp { by: rider("kim") },
        interrupt(rider("kim")),
        What::Resume { by: rider("kim") },
        complete(rider("kim")),
        fail(rider("kim")),
        What::HandToStore,
        What::NoticeNoRider,
        What::NoticeRiderLate,
    ] {
        given::<Delivery>([]).when(at(1, what)).then_rejected(&Rejection::Unknown);
    }
}

#[test]
fn a_rider_claims_before_the_food_is_ready() {
    sought([]).when(at(1, claim("kim"))).then([assigned("kim")]);
}

#[test]
fn an_operator_assigns_a_rider() {
    sought([]).when(at(1, assign("kim"))).then([assigned("kim")]);
}

#[test]
fn the_same_claim_again_changes_nothing() {
    sought([assigned("kim")]).when(at(2, claim("kim"))).then_nothing();
}

#[test]
fn a_claim_may_be_lost_to_another() {
    sought([assigned("kim")]).when(at(2, claim("lee"))).then_rejected(&Rejection::TakenByAnother);
    sought([assigned("kim"), ready(), started(Some("kim"))])
        .when(at(40, claim("lee")))
        .then_rejected(&Rejection::TakenByAnother);
}

#[test]
fn an_operator_releases_one_rider_before_assigning_another() {
    sought([assigned("kim")]).when(at(2, assign("lee"))).then_rejected(&Rejection::TakenByAnother);
    sought([assigned("kim")]).when(at(2, release(By::Operator))).then([released("kim", t(20))]);
    sought([assigned("kim"), released("kim", t(20))]).when(at(3, assign("lee"))).then([assigned("lee")]);
}

#[test]
fn a_delivery_that_the_store_makes_cannot_be_claimed() {
    own([]).when(at(1, claim("kim"))).then_rejected(&Rejection::StoreDelivers);
    own([ready(), started(None)]).when(at(40, claim("kim"))).then_rejected(&Rejection::StoreDelivers);
}

#[test]
fn a_cancelled_delivery_cannot_be_claimed() {
    sought([cancelled()]).when(at(1, claim("kim"))).then_rejected(&Rejection::Cancelled);
}

#[test]
fn a_rider_gives_it_back_before_the_pick_up_and_says_why() {
    let what = What::ReleaseRider { by: rider("kim"), reason: Some(TroubleReason::Vehicle) };
    let event = RiderReleased {
        order_number: number(),
        rider_id: person("kim"),
        reason: Some(TroubleReason::Vehicle),
        no_rider_at: t(20),
    };
    let state = sought([assigned("kim")]).when(at(5, what)).then([event.into()]);
    assert_eq!(state.status(), Some(Status::Waiting));
}

#[test]
fn a_rider_given_back_late_is_missed_at_once() {
    sought([assigned("kim"), ready()]).when(at(33, release(rider("kim")))).then([released("kim", t(33))]);
}

#[test]
fn giving_it_back_again_changes_nothing() {
    sought([assigned("kim"), released("kim", t(20))]).when(at(6, release(rider("kim")))).then_nothing();
    sought([]).when(at(6, release(By::Operator))).then_nothing();
}

#[test]
fn nobody_gives_it_back_after_the_pick_up() {
    let out = || sought([assigned("kim"), ready(), started(Some("kim"))]);
    out().when(at(40, release(rider("kim")))).then_rejected(&Rejection::AlreadyStarted);
    out().when(at(40, release(By::Operator))).then_rejected(&Rejection::AlreadyStarted);
}

#[test]
fn there_is_no_rider_to_release_from_the_stores_own_delivery() {
    own([]).when(at(1, release(By::Operator))).then_rejected(&Rejection::StoreDelivers);
}

#[test]
fn cooked_food_is_ready_once() {
    sought([]).when(at(30, What::MarkReady { ready_at: t(30) })).then([ready()]);
    sought([ready()]).when(at(31, What::MarkReady { ready_at: t(31) })).then_nothing();
    sought([cancelled()]).when(at(30, What::MarkReady { ready_at: t(30) })).then_nothing();
}

#[test]
fn a_rider_picks_up_only_when_the_food_is_ready() {
    sought([assigned("kim")]).when(at(35, What::PickUp { by: rider("kim") })).then_rejected(&Rejection::NotReady);
    sought([assigned("kim"), ready()]).when(at(35, What::PickUp { by: rider("kim") })).then([started(Some("kim"))]);
    sought([ready(), assigned("kim")]).when(at(35, What::PickUp { by: By::Operator })).then([started(Some("kim"))]);
}

#[test]
fn the_same_pick_up_again_changes_nothing() {
    sought([assigned("kim"), ready(), started(Some("kim"))])
        .when(at(36, What::PickUp { by: rider("kim") }))
        .then_nothing();
}

#[test]
fn nothing_is_picked_up_without_a_rider() {
    sought([ready()]).when(at(35, What::PickUp { by: By::Operator })).then_rejected(&Rejection::NoRider);
}

#[test]
fn the_owner_picks_up_the_stores_own_delivery() {
    own([]).when(at(35, What::PickUp { by: By::Store(chicken()) })).then_rejected(&Rejection::NotReady);
    own([ready()]).when(at(35, What::PickUp { by: By::Store(chicken()) })).then([started(None)]);
}

#[test]
fn the_owner_leaves_a_riders_delivery_alone() {
    sought([assigned("kim"), ready()])
        .when(at(35, What::PickUp { by: By::Store(chicken()) }))
        .then_rejected(&Rejection::RiderDelivers);
    sought([ready()]).when(at(35, What::PickUp { by: By::Store(chicken()) })).then_rejected(&Rejection::RiderDelivers);
}

#[test]
fn what_is_another_ones_is_not_yours() {
    let others = [
        release(rider("lee")),
        What::PickUp { by: rider("lee") },
        interrupt(rider("lee")),
        What::Resume { by: rider("lee") },
        complete(rider("lee")),
        fail(rider("lee")),
        What::PickUp { by: By::Store(noodles()) },
        complete(By::Store(noodles())),
    ];
    for what in others {
        for history in [
            vec![],
            vec![assigned("kim")],
            vec![assigned("kim"), ready(), started(Some("kim"))],
            vec![assigned("kim"), cancelled()],
        ] {
            sought(history).when(at(40, what.clone())).then_rejected(&Rejection::NotYours);
        }
        own([ready(), started(None)]).when(at(40, what)).then_rejected(&Rejection::NotYours);
    }
}

#[test]
fn an_operator_hands_it_to_the_store() {
    sought([]).when(at(5, What::HandToStore)).then([handed_to_store()]);
    let state = sought([assigned("kim")]).when(at(5, What::HandToStore)).then([handed_to_store()]);
    assert_eq!(state.status(), Some(Status::Waiting));
    let handed = || sought([assigned("kim"), handed_to_store(), ready()]);
    handed().when(at(35, What::HandToStore)).then_nothing();
    handed().when(at(35, claim("lee"))).then_rejected(&Rejection::StoreDelivers);
    handed().when(at(35, What::PickUp { by: rider("kim") })).then_rejected(&Rejection::NotYours);
    handed().when(at(35, What::PickUp { by: By::Store(chicken()) })).then([started(None)]);
}

#[test]
fn what_has_left_the_store_is_not_handed_to_it() {
    sought([assigned("kim"), ready(), started(Some("kim"))])
        .when(at(40, What::HandToStore))
        .then_rejected(&Rejection::AlreadyStarted);
}

#[test]
fn a_rider_claims_only_what_waits_within_their_reach_and_an_operator_gives_it_to_anybody() {
    let store = Place::parse(37.55, 126.92).unwrap();
    let there = || {
        let what = What::RequestDelivery(RequestDelivery { store_place: Some(store), ..request(DeliveryBy::Rider) });
        given::<Delivery>(Delivery::decide(&State::Unknown, at(0, what)).unwrap())
    };
    let within = |lat: f64, metres: u32| Reach::Around { place: Place::parse(lat, 126.92).unwrap(), metres };
    let claims = |reach: Reach| What::AssignRider { rider_id: person("kim"), by: Assignment::Claim(reach) };
    there().when(at(1, claims(within(37.57, 2_300)))).then([assigned("kim")]);
    there().when(at(1, claims(within(37.57, 2_200)))).then_rejected(&Rejection::TooFar);
    there().when(at(1, claims(Reach::Nowhere))).then_rejected(&Rejection::PlaceUnknown);
    there().when(at(1, assign("kim"))).then([assigned("kim")]);
    // Where nobody knows where the store is, nobody can say that it is too far.
    sought([]).when(at(1, claims(within(37.57, 0)))).then([assigned("kim")]);
    sought([assigned("lee")]).when(at(1, claims(Reach::Nowhere))).then_rejected(&Rejection::TakenByAnother);
    sought([assigned("kim")]).when(at(1, claims(Reach::Nowhere))).then_nothing();
}
