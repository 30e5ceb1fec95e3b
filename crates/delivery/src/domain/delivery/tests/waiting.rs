//! What a delivery waits for, and until when.

use super::super::super::waits::{NO_RIDER, RIDER_LATE, command_when_due};
use super::*;

/// The only wait of a history: its name and its minute.
fn wait(history: Given<Delivery>) -> Option<(&'static str, Time)> {
    let waits = Delivery::waits(&history.state());
    assert!(waits.len() <= 1, "{waits:?}");
    waits.into_iter().next().map(|wait| (wait.what, wait.until))
}

#[test]
fn a_rider_is_sought_until_ten_minutes_before_the_food_is_ready_and_again_every_ten() {
    assert_eq!(wait(sought([])), Some((NO_RIDER, t(20))));
    sought([]).when(at(20, What::NoticeNoRider)).then([no_rider_yet(t(30))]);
    assert_eq!(wait(sought([no_rider_yet(t(30))])), Some((NO_RIDER, t(30))));
    sought([no_rider_yet(t(30))]).when(at(30, What::NoticeNoRider)).then([no_rider_yet(t(40))]);
}

#[test]
fn a_missing_rider_is_not_noticed_too_early_or_too_late() {
    sought([]).when(at(19, What::NoticeNoRider)).then_nothing();
    sought([no_rider_yet(t(30))]).when(at(20, What::NoticeNoRider)).then_nothing();
    sought([assigned("kim")]).when(at(20, What::NoticeNoRider)).then_nothing();
    own([]).when(at(20, What::NoticeNoRider)).then_nothing();
    sought([cancelled()]).when(at(20, What::NoticeNoRider)).then_nothing();
}

#[test]
fn a_rider_who_gives_it_back_is_sought_again() {
    assert_eq!(wait(sought([assigned("kim"), released("kim", t(33))])), Some((NO_RIDER, t(33))));
}

#[test]
fn a_rider_is_late_fifteen_minutes_after_the_food_is_ready_and_again_every_ten() {
    assert_eq!(wait(sought([assigned("kim")])), None);
    assert_eq!(wait(sought([assigned("kim"), ready()])), Some((RIDER_LATE, t(45))));
    assert_eq!(wait(sought([ready(), assigned("kim")])), Some((RIDER_LATE, t(45))));
    let late = rider_late(LateAt::Store, t(55));
    sought([assigned("kim"), ready()]).when(at(45, What::NoticeRiderLate)).then([late.clone()]);
    assert_eq!(wait(sought([assigned("kim"), ready(), late])), Some((RIDER_LATE, t(55))));
}

#[test]
fn an_owner_who_does_not_set_out_is_late_too() {
    assert_eq!(wait(own([ready()])), Some((RIDER_LATE, t(45))));
    own([ready()]).when(at(45, What::NoticeRiderLate)).then([rider_late(LateAt::Store, t(55))]);
}

#[test]
fn a_rider_is_late_an_hour_after_the_start_and_again_every_ten_minutes() {
    let out = [assigned("kim"), ready(), started(Some("kim"))];
    assert_eq!(wait(sought(out.clone())), Some((RIDER_LATE, t(95))));
    let late = rider_late(LateAt::Door, t(105));
    sought(out.clone()).when(at(95, What::NoticeRiderLate)).then([late.clone()]);
    assert_eq!(wait(sought(out.into_iter().chain([late]))), Some((RIDER_LATE, t(105))));
}

#[test]
fn an_interrupted_delivery_is_still_waited_for() {
    let stuck = [assigned("kim"), ready(), started(Some("kim")), interrupted()];
    assert_eq!(wait(sought(stuck.clone())), Some((RIDER_LATE, t(95))));
    let late = rider_late(LateAt::Door, t(105));
    sought(stuck.clone()).when(at(95, What::NoticeRiderLate)).then([late.clone()]);
    assert_eq!(wait(sought(stuck.into_iter().chain([late, resumed()]))), Some((RIDER_LATE, t(105))));
}

#[test]
fn a_rider_is_not_late_too_early_or_for_nothing() {
    sought([assigned("kim")]).when(at(60, What::NoticeRiderLate)).then_nothing();
    sought([assigned("kim"), ready()]).when(at(44, What::NoticeRiderLate)).then_nothing();
    sought([ready()]).when(at(60, What::NoticeRiderLate)).then_nothing();
    sought([assigned("kim"), ready(), started(Some("kim"))]).when(at(94, What::NoticeRiderLate)).then_nothing();
    sought([assigned("kim"), ready(), cancelled()]).when(at(60, What::NoticeRiderLate)).then_nothing();
}

#[test]
fn who_takes_food_that_has_stood_there_is_not_late_at_once() {
    let taken_late = [ready(), no_rider_yet(t(40)), no_rider_yet(t(50)), assigned("kim")];
    assert_eq!(wait(sought(taken_late)), Some((RIDER_LATE, t(50))));
}

#[test]
fn an_end_waits_for_nothing() {
    let out = [assigned("kim"), ready(), started(Some("kim"))];
    for end in [completed(Handover::Guard, t(50)), failed(), cancelled()] {
        assert_eq!(wait(sought(out.clone().into_iter().chain([end]))), None);
    }
    assert_eq!(wait(given([])), None);
    assert_eq!(wait(given([cancelled()])), None);
}

#[test]
fn what_is_due_asks_for_its_command_only_while_it_is_waited_for() {
    let seeking = sought([]).state();
    assert_eq!(command_when_due(NO_RIDER, &seeking), Some(What::NoticeNoRider));
    assert_eq!(command_when_due(RIDER_LATE, &seeking), None);
    let out = sought([assigned("kim"), ready(), started(Some("kim"))]).state();
    assert_eq!(command_when_due(RIDER_LATE, &out), Some(What::NoticeRiderLate));
    assert_eq!(command_when_due(NO_RIDER, &out), None);
    assert_eq!(command_when_due("no-such-wait", &out), None);
}

#[test]
fn every_wait_presumes_the_silence_of_store_and_app() {
    use kernel::Context;
    let waits = Delivery::waits(&sought([]).state());
    let presumed: Vec<_> = waits[0].presumes.iter().map(|silence| (silence.of, silence.grace_seconds)).collect();
    assert_eq!(presumed, [(Context::Store, 0), (Context::App, 0)]);
}
