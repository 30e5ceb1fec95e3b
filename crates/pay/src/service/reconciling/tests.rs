use std::sync::atomic::Ordering::SeqCst;

use kernel::money::Amount;

use super::*;
use crate::testing::{PRICE, TestPay, cancelled, noon};

/// The day of [`noon`].
fn today(test: &TestPay) -> Day {
    Day::of("2026-11-22".parse().unwrap(), &test.pay.options().zone).unwrap()
}

/// Moves the clock to a time in Korea.
fn set(test: &TestPay, time: &str) {
    test.hand.set(format!("{time}+09:00").parse().unwrap());
}

async fn kinds(test: &TestPay) -> Vec<Kind> {
    let found = test.pay.reconcile(&today(test)).await.unwrap();
    found.differences.iter().map(|difference| difference.kind).collect()
}

fn notes(test: &TestPay) -> Vec<String> {
    let notes = test.pay.room().store.readers().with(|reader| reader.notes(NOTED_OF)).unwrap();
    notes.into_iter().map(|note| note.what).collect()
}

fn at_the_provider(dir: &std::path::Path, statement: &str) {
    let books = rusqlite::Connection::open(dir.join("provider.db")).unwrap();
    books.pragma_update(None, "busy_timeout", 5000).unwrap();
    assert_eq!(books.execute(statement, []).unwrap(), 1);
}

#[tokio::test]
async fn books_that_agree_have_the_same_totals() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    test.ask(1, "ok").await;
    test.app_says(cancelled(Amount::new(20_000))).await;
    test.until(|pay| pay.ledger_before(None, 1).unwrap()[0].refunded() == Amount::new(20_000)).await;
    let found = test.pay.reconcile(&today(&test)).await.unwrap();
    assert_eq!((&found.differences, found.foreign, found.provider), (&Vec::new(), 0, found.ledger));
    assert_eq!(found.provider.charged_amount, PRICE);
    assert_eq!(found.provider.refunded_amount, Amount::new(20_000));
    test.close().await;
}

#[tokio::test]
async fn every_kind_of_difference_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.ask(1, "ok").await;
    assert_eq!(kinds(&test).await, []);
    at_the_provider(dir.path(), "UPDATE charges SET amount = 1000");
    assert_eq!(kinds(&test).await, [Kind::AmountsDiffer]);
    at_the_provider(
        dir.path(),
        &format!("INSERT INTO refunds SELECT 'x', reference, 500, {} FROM charges", noon().as_millisecond()),
    );
    assert_eq!(kinds(&test).await, [Kind::AmountsDiffer, Kind::RefundUnknownHere]);
    at_the_provider(dir.path(), "DELETE FROM refunds");
    at_the_provider(dir.path(), "DELETE FROM charges");
    assert_eq!(kinds(&test).await, [Kind::ChargeUnknownThere]);
    test.strange_charge("another-shops-order").await;
    test.strange_charge(&format!("{}-1", Uuid::from_u128(9))).await;
    assert_eq!(kinds(&test).await, [Kind::ChargeUnknownHere, Kind::ChargeUnknownThere]);
    assert_eq!(test.pay.reconcile(&today(&test)).await.unwrap().foreign, 1);
}

#[tokio::test]
async fn what_was_charged_before_midnight_and_booked_after_it_is_no_difference_on_either_day() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    set(&test, "2026-11-22T23:59:59.9");
    test.ask(1, "lost").await;
    set(&test, "2026-11-23T00:00:00.1");
    test.look_up().await.unwrap();
    for date in ["2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"] {
        let day = Day::of(date.parse().unwrap(), &test.pay.options().zone).unwrap();
        assert_eq!(test.pay.reconcile(&day).await.unwrap().differences, [], "{date}");
    }
}

#[tokio::test]
async fn in_the_night_money_that_nobody_knew_of_is_found_and_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.ask(1, "down").await;
    test.charge_turns_up(1).await;
    test.strange_charge("another-shops-order").await;
    set(&test, "2026-11-22T23:00");
    test.start();
    set(&test, "2026-11-23T03:59:59");
    // The day before yesterday was made up for at the start; yesterday comes at four.
    test.until(|_| notes(&test) == ["2026-11-21 was compared with the provider's books: 0 differences"]).await;
    set(&test, "2026-11-23T04:00");
    test.until(|_| notes(&test).len() == 2).await;
    assert_eq!(notes(&test)[1], "2026-11-22 was compared with the provider's books: 1 differences");
    test.until(|_| test.charges().iter().any(|charge| charge.refunded == PRICE)).await;
    assert_eq!(test.charges().iter().filter(|charge| charge.refunded > Amount::ZERO).count(), 1);
    test.until(|pay| pay.ledger_before(None, 1).unwrap()[0].refunded() == PRICE).await;
    let found = test.pay.reconcile(&today(&test)).await.unwrap();
    assert_eq!(found.differences, []);
    test.close().await;
}

#[tokio::test]
async fn a_night_that_was_slept_through_is_made_up_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.ask(1, "ok").await;
    test.close().await;
    let test = TestPay::open(dir.path()).await;
    set(&test, "2026-11-23T12:00");
    test.start();
    test.until(|_| notes(&test).len() == 1).await;
    assert!(notes(&test)[0].starts_with("2026-11-22"));
    test.close().await;
    let test = TestPay::open(dir.path()).await;
    set(&test, "2026-11-25T04:00");
    test.start();
    test.until(|_| notes(&test).len() == 3).await;
    let dates: Vec<_> = notes(&test).iter().map(|note| note[..10].to_owned()).collect();
    assert_eq!(dates, ["2026-11-22", "2026-11-23", "2026-11-24"]);
    test.close().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_asked_again_later() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.ask(1, "ok").await;
    test.deaf.store(true, SeqCst);
    assert!(matches!(test.pay.reconcile(&today(&test)).await, Err(ReconcileError::NoAnswer)));
    set(&test, "2026-11-23T05:00");
    let next = test.pay.reconcile_due().await;
    assert_eq!((next, notes(&test).len()), ("2026-11-23T05:05:00+09:00".parse().unwrap(), 0));
    test.deaf.store(false, SeqCst);
    let next = test.pay.reconcile_due().await;
    assert_eq!((next, notes(&test).len()), ("2026-11-24T04:00:00+09:00".parse().unwrap(), 1));
}

#[tokio::test]
async fn what_was_not_listed_is_not_missing_while_the_provider_does_not_say() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.ask(1, "ok").await;
    at_the_provider(dir.path(), "DELETE FROM charges");
    let shut = test.gate.write().await;
    assert!(matches!(test.pay.reconcile(&today(&test)).await, Err(ReconcileError::NoAnswer)));
    drop(shut);
    assert_eq!(kinds(&test).await, [Kind::ChargeUnknownThere]);
}

#[tokio::test]
async fn before_anything_was_taken_nothing_is_compared() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.pay.reconcile_due().await;
    assert_eq!(notes(&test), Vec::<String>::new());
    assert_eq!(kinds(&test).await, []);
}
