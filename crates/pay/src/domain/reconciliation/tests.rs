use jiff::tz::TimeZone;

use super::super::payment::closing_refund;
use super::*;
use crate::testing::{noon, order};

fn day() -> Day {
    Day::of("2026-11-22".parse().unwrap(), &TimeZone::fixed(jiff::tz::offset(9))).unwrap()
}

fn charge(attempt: u32, amount: i64) -> Movement {
    Movement { reference: reference(order(), attempt), kind: Moved::Charge, amount: Amount::new(amount), at: noon() }
}

fn refund(refund_id: impl Into<Option<RefundId>>, amount: i64) -> Movement {
    Movement { kind: Moved::Refund { refund_id: refund_id.into() }, ..charge(1, amount) }
}

fn ours() -> RefundId {
    closing_refund(order(), 1)
}

fn yesterday(movement: Movement) -> Movement {
    Movement { at: day().from.saturating_sub(jiff::SignedDuration::from_secs(1)).unwrap(), ..movement }
}

fn kinds(theirs: &[Movement], ours: &[Movement]) -> Vec<Kind> {
    compare(&day(), theirs, ours).into_iter().map(|difference| difference.kind).collect()
}

#[test]
fn books_that_agree_have_no_differences_whatever_their_order() {
    let theirs = [refund(ours(), 500), charge(1, 1_000), charge(2, 700)];
    let ours = [charge(2, 700), charge(1, 1_000), refund(ours(), 500)];
    assert_eq!(kinds(&theirs, &ours), []);
    assert_eq!(kinds(&[], &[]), []);
}

#[test]
fn a_charge_that_is_unknown_here_is_looked_up_once_per_order() {
    let found = compare(&day(), &[charge(1, 1_000), charge(2, 1_000)], &[]);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].kind, found[0].provider_amount), (Kind::ChargeUnknownHere, Some(Amount::new(1_000))));
    assert_eq!(to_look_up(&found), BTreeSet::from([order()]));
    assert_eq!(counts(&found)[&Kind::ChargeUnknownHere], 2);
}

#[test]
fn a_charge_that_is_unknown_there_is_a_difference_on_its_own_day_only() {
    assert_eq!(kinds(&[], &[charge(1, 1_000)]), [Kind::ChargeUnknownThere]);
    assert_eq!(kinds(&[], &[yesterday(charge(1, 1_000))]), []);
    assert_eq!(to_look_up(&compare(&day(), &[], &[charge(1, 1_000)])), BTreeSet::new());
}

#[test]
fn what_was_booked_on_another_day_is_no_difference() {
    assert_eq!(kinds(&[charge(1, 1_000)], &[yesterday(charge(1, 1_000))]), []);
}

#[test]
fn amounts_that_differ_are_told_with_both() {
    let found = compare(&day(), &[charge(1, 1_000)], &[charge(1, 900)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, Kind::AmountsDiffer);
    assert_eq!((found[0].provider_amount, found[0].ledger_amount), (Some(Amount::new(1_000)), Some(Amount::new(900))));
    assert_eq!(kinds(&[refund(ours(), 5)], &[refund(ours(), 6)]), [Kind::AmountsDiffer]);
}

#[test]
fn refunds_that_one_side_lacks_are_differences() {
    assert_eq!(kinds(&[refund(ours(), 500)], &[]), [Kind::RefundUnknownHere]);
    assert_eq!(kinds(&[], &[refund(ours(), 500)]), [Kind::RefundUnknownThere]);
    let other = closing_refund(order(), 2);
    let both = [Kind::RefundUnknownHere, Kind::RefundUnknownThere];
    assert_eq!(kinds(&[refund(other, 500)], &[refund(ours(), 500)]), both);
}

#[test]
fn a_nameless_refund_is_known_by_its_amount_and_takes_nobody_elses() {
    let other = closing_refund(order(), 2);
    assert_eq!(kinds(&[refund(None, 500)], &[refund(ours(), 500)]), []);
    assert_eq!(kinds(&[refund(None, 500), refund(ours(), 500)], &[refund(ours(), 500), refund(other, 500)]), []);
    let both = [Kind::RefundUnknownHere, Kind::RefundUnknownThere];
    assert_eq!(kinds(&[refund(None, 400)], &[refund(ours(), 500)]), both);
}

#[test]
fn the_same_twice_there_is_once_too_often() {
    assert_eq!(kinds(&[charge(1, 1_000), charge(1, 1_000)], &[charge(1, 1_000)]), [Kind::ChargeUnknownHere]);
}

#[test]
fn what_is_not_about_our_orders_is_passed_over() {
    let strange =
        ["subscription-17", "", "-1", &format!("{}-0", order()), &format!("{}-01", order())].map(str::to_owned);
    for reference in strange {
        assert_eq!(kinds(&[Movement { reference, ..charge(1, 1_000) }], &[]), []);
    }
}

#[test]
fn totals_count_both_ways() {
    let total = Total::of(&[charge(1, 1_000), refund(ours(), 300), charge(2, 50)]);
    let expected =
        Total { charges: 2, charged_amount: Amount::new(1_050), refunds: 1, refunded_amount: Amount::new(300) };
    assert_eq!(total, expected);
}
