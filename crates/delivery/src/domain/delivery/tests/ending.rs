//! From the pick-up to the door.

use super::*;

/// With rider kim on the way, and what followed.
fn out(then: impl IntoIterator<Item = DeliveryEvent>) -> Given<Delivery> {
    sought([assigned("kim"), ready(), started(Some("kim"))].into_iter().chain(then))
}

#[test]
fn a_delivery_is_interrupted_and_goes_on() {
    out([]).when(at(40, interrupt(rider("kim")))).then([interrupted()]);
    out([interrupted()]).when(at(41, What::Resume { by: rider("kim") })).then([resumed()]);
    out([interrupted()]).when(at(41, What::Resume { by: By::Operator })).then([resumed()]);
}

#[test]
fn interrupting_or_going_on_again_changes_nothing() {
    out([interrupted()]).when(at(41, interrupt(rider("kim")))).then_nothing();
    out([interrupted(), resumed()]).when(at(42, What::Resume { by: rider("kim") })).then_nothing();
}

#[test]
fn what_has_not_left_the_store_is_neither_interrupted_nor_brought_nor_failed() {
    for what in [interrupt(rider("kim")), What::Resume { by: rider("kim") }, complete(rider("kim")), fail(rider("kim"))]
    {
        sought([assigned("kim"), ready()]).when(at(33, what)).then_rejected(&Rejection::NotStarted);
    }
}

#[test]
fn it_is_handed_over_as_the_rider_says_or_the_customer_asked() {
    let said = What::Complete { by: rider("kim"), handover: Some(Handover::HandToMe) };
    out([]).when(at(50, said)).then([completed(Handover::HandToMe, t(50))]);
    out([]).when(at(50, complete(rider("kim")))).then([completed(Handover::Guard, t(50))]);
}

#[test]
fn it_is_left_at_the_door_when_nobody_said_otherwise() {
    let mut unasked = request(DeliveryBy::Store);
    unasked.private = None;
    let requested = Delivery::decide(&State::Unknown, at(0, What::RequestDelivery(unasked))).unwrap();
    given::<Delivery>(requested.into_iter().chain([ready(), started(None)]))
        .when(at(50, complete(By::Store(chicken()))))
        .then([completed(Handover::LeaveAtDoor, t(50))]);
}

#[test]
fn it_is_completed_while_interrupted_and_when_found_after_all() {
    out([interrupted()]).when(at(50, complete(rider("kim")))).then([completed(Handover::Guard, t(50))]);
    out([failed()]).when(at(60, complete(rider("kim")))).then([completed(Handover::Guard, t(60))]);
}

#[test]
fn completing_again_changes_nothing() {
    out([completed(Handover::Guard, t(50))]).when(at(51, complete(rider("kim")))).then_nothing();
}

#[test]
fn a_delivery_fails_and_the_operator_is_reminded_half_an_hour_later() {
    out([]).when(at(50, fail(rider("kim")))).then([failed()]);
    out([interrupted()]).when(at(50, fail(By::Operator))).then([failed()]);
    out([failed()]).when(at(51, fail(rider("kim")))).then_nothing();
}

#[test]
fn a_failed_delivery_neither_goes_on_nor_is_given_back() {
    for what in [interrupt(rider("kim")), What::Resume { by: rider("kim") }, release(rider("kim")), What::HandToStore] {
        out([failed()]).when(at(60, what)).then_rejected(&Rejection::AlreadyFailed);
    }
}

#[test]
fn a_finished_delivery_neither_fails_nor_is_interrupted_nor_assigned() {
    for what in [interrupt(rider("kim")), fail(rider("kim")), release(By::Operator), assign("lee")] {
        out([completed(Handover::Guard, t(50))]).when(at(60, what)).then_rejected(&Rejection::AlreadyDelivered);
    }
}

#[test]
fn a_delivery_is_cancelled_before_it_starts() {
    let history = [vec![], vec![assigned("kim")], vec![assigned("kim"), ready()], vec![handed_to_store()]];
    for history in history {
        let state = sought(history).when(at(10, cancel())).then([cancelled()]);
        assert_eq!((state.status(), Delivery::waits(&state)), (Some(Status::Cancelled), vec![]));
    }
    sought([cancelled()]).when(at(11, cancel())).then_nothing();
}

#[test]
fn what_was_cancelled_in_time_goes_nowhere() {
    let kims = [
        release(rider("kim")),
        What::PickUp { by: rider("kim") },
        interrupt(rider("kim")),
        What::Resume { by: rider("kim") },
        complete(rider("kim")),
        fail(rider("kim")),
        claim("kim"),
        What::HandToStore,
    ];
    for what in kims {
        sought([assigned("kim"), ready(), cancelled()]).when(at(35, what)).then_rejected(&Rejection::Cancelled);
    }
}

#[test]
fn what_was_cancelled_on_the_way_may_still_be_completed_once() {
    for history in [vec![], vec![interrupted()], vec![failed()]] {
        let history = || history.clone().into_iter().chain([cancelled()]);
        out(history()).when(at(40, cancel())).then_nothing();
        out(history()).when(at(40, What::Resume { by: rider("kim") })).then_rejected(&Rejection::Cancelled);
        out(history()).when(at(50, complete(rider("kim")))).then([completed(Handover::Guard, t(50))]);
        out(history().chain([completed(Handover::Guard, t(50))])).when(at(51, complete(rider("kim")))).then_nothing();
    }
}

#[test]
fn a_cancel_after_the_door_comes_too_late() {
    out([completed(Handover::Guard, t(50))]).when(at(51, cancel())).then_nothing();
    out([cancelled(), completed(Handover::Guard, t(50))]).when(at(51, cancel())).then_nothing();
}

#[test]
fn the_owner_brings_the_stores_own_delivery_to_its_end() {
    let out = || own([ready(), started(None)]);
    let owner = By::Store(chicken());
    out().when(at(40, interrupt(owner.clone()))).then([interrupted()]);
    out().when(at(50, fail(owner.clone()))).then([failed()]);
    out().when(at(50, complete(owner))).then([completed(Handover::Guard, t(50))]);
}

#[test]
fn an_event_that_fits_nowhere_changes_nothing() {
    for event in [completed(Handover::Guard, t(1)), failed(), interrupted(), resumed(), rider_late(LateAt::Door, t(2))]
    {
        assert_eq!(sought([event.clone()]).state(), sought([]).state());
        assert_eq!(given::<Delivery>([event]).state(), State::Unknown);
    }
}

#[test]
fn every_rejection_has_its_own_slug_and_sentence() {
    let all = [
        Rejection::Unknown,
        Rejection::NotYours,
        Rejection::CollectedByCustomer,
        Rejection::TakenByAnother,
        Rejection::StoreDelivers,
        Rejection::RiderDelivers,
        Rejection::NotReady,
        Rejection::NoRider,
        Rejection::NotStarted,
        Rejection::AlreadyStarted,
        Rejection::AlreadyFailed,
        Rejection::AlreadyDelivered,
        Rejection::Cancelled,
    ];
    let slugs: std::collections::BTreeSet<_> = all.iter().map(Rejection::slug).collect();
    let sentences: std::collections::BTreeSet<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!((slugs.len(), sentences.len()), (all.len(), all.len()));
}

#[test]
fn every_status_is_read_back_from_its_word() {
    for status in Status::ALL {
        assert_eq!(Status::parse(status.name()), Some(status));
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.name()));
    }
    assert_eq!(Status::parse("LOST"), None);
}
