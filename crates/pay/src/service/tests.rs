use std::time::Duration;

use kernel::events::app::OrderExpired;
use kernel::money::Amount;

use super::*;
use crate::domain::payment::{Answer, RefundStanding};
use crate::testing::{PRICE, TestPay, cancelled, noon, number, order, payment, unconfirmed};

const APPROVED: PaymentReply = PaymentReply::Approved { approved_at: Time::UNIX_EPOCH };

/// The reply without its time.
fn kind(reply: PaymentReply) -> PaymentReply {
    match reply {
        PaymentReply::Approved { .. } => APPROVED,
        PaymentReply::NotSent { .. } => PaymentReply::NotSent { retry_after: 0, why: NotSent::Refused },
        PaymentReply::Declined { .. } | PaymentReply::InDoubt => reply,
    }
}

const NOT_SENT: PaymentReply = PaymentReply::NotSent { retry_after: 0, why: NotSent::Refused };

fn answer(pay: &PayService, attempt: u32) -> Option<Answer> {
    pay.payments().load(order().uuid()).unwrap().state.answer(attempt)
}

fn is_approved(pay: &PayService) -> bool {
    matches!(answer(pay, 1), Some(Answer::Approved { .. }))
}

fn has_refund(standing: RefundStanding) -> impl Fn(&PayService) -> bool {
    move |pay| pay.refunded_orders(Some(standing), None, 1).unwrap().len() == 1
}

#[tokio::test]
async fn a_payment_takes_two_commits_and_one_call() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let before = test.pay.room().store.commits();
    assert_eq!(test.ask(1, "ok").await, PaymentReply::Approved { approved_at: noon() });
    assert_eq!(test.pay.room().store.commits() - before, 2);
    assert_eq!(test.charge_calls(), 1);
}

#[tokio::test]
async fn the_same_attempt_again_is_answered_and_not_charged_again() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let first = test.ask(1, "ok").await;
    test.pass(60);
    assert_eq!(test.ask(1, "ok").await, first);
    assert_eq!((test.charge_calls(), test.charges().len()), (1, 1));
}

#[tokio::test]
async fn the_same_attempt_twice_at_once_is_charged_once() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let (one, other) = tokio::join!(test.ask(1, "ok"), test.ask(1, "ok"));
    let replies = [kind(one), kind(other)];
    assert!(replies.contains(&APPROVED), "{replies:?}");
    assert!(replies.iter().all(|reply| [APPROVED, PaymentReply::InDoubt].contains(reply)), "{replies:?}");
    assert_eq!((test.charge_calls(), test.charges().len()), (1, 1));
}

#[tokio::test]
async fn a_decline_says_why_and_another_attempt_may_pay() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    let code = kernel::order::PaymentCode::Balance;
    assert_eq!(test.ask(1, "insufficient-funds").await, PaymentReply::Declined { code });
    assert_eq!(kind(test.ask(2, "ok").await), APPROVED);
    assert_eq!(kind(test.ask(3, "ok").await), NOT_SENT);
    assert_eq!(test.charges().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_over_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert_eq!(test.ask(1, "down").await, PaymentReply::NotSent { retry_after: 5, why: NotSent::Unreachable });
    assert_eq!(kind(test.ask(1, "ok").await), NOT_SENT);
    assert_eq!((test.charge_calls(), test.charges().len()), (1, 0));
}

#[tokio::test]
async fn an_attempt_beside_an_open_one_is_over_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert_eq!(test.ask(1, "vanish").await, PaymentReply::InDoubt);
    assert_eq!(kind(test.ask(2, "ok").await), NOT_SENT);
    test.start();
    test.until(|pay| answer(pay, 1) == Some(Answer::InDoubt)).await;
    test.pass(121);
    test.until(|pay| answer(pay, 1) == Some(Answer::NotSent)).await;
    assert_eq!(kind(test.ask(2, "ok").await), NOT_SENT);
    assert_eq!(test.charges().len(), 0);
    test.close().await;
}

#[tokio::test]
async fn a_lost_answer_is_found_at_the_provider() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    assert_eq!(test.ask(1, "lost").await, PaymentReply::InDoubt);
    test.until(is_approved).await;
    assert_eq!(kind(test.ask(1, "lost").await), APPROVED);
    assert_eq!(test.charge_calls(), 1);
    test.close().await;
}

#[tokio::test]
async fn a_crash_between_request_and_outcome_is_resolved_after_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open_with(dir.path(), Duration::from_secs(10)).await;
    let gone = tokio::time::timeout(Duration::from_millis(100), test.ask(1, "lost")).await;
    assert!(gone.is_err());
    assert_eq!((test.charges().len(), answer(&test.pay, 1)), (1, Some(Answer::InDoubt)));
    test.close().await;

    let test = TestPay::open(dir.path()).await;
    test.start();
    assert_eq!(test.ask(1, "lost").await, PaymentReply::InDoubt);
    test.app_says(unconfirmed(1)).await;
    test.until(is_approved).await;
    assert_eq!((test.charge_calls(), test.charges().len()), (0, 1));
    test.close().await;
}

#[tokio::test]
async fn an_attempt_whose_caller_went_away_is_asked_after_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open_with(dir.path(), Duration::from_secs(10)).await;
    test.start();
    assert!(tokio::time::timeout(Duration::from_millis(100), test.ask(1, "lost")).await.is_err());
    assert_eq!(kind(test.ask(2, "ok").await), NOT_SENT);
    test.until(is_approved).await;
    assert_eq!((test.charge_calls(), test.charges().len()), (1, 1));
    test.close().await;
}

#[tokio::test]
async fn an_attempt_that_app_doubts_before_it_came_never_is_charged() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    test.app_says(unconfirmed(1)).await;
    test.until(|pay| answer(pay, 1) == Some(Answer::NotSent)).await;
    assert_eq!(kind(test.ask(1, "ok").await), NOT_SENT);
    assert_eq!(test.charge_calls(), 0);
    test.close().await;
}

#[tokio::test]
async fn an_order_that_is_over_takes_no_money() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.start();
    test.app_says(OrderExpired { order_number: number(), erase_at: noon() }).await;
    test.until(|pay| pay.payments().load(order().uuid()).unwrap().state.is_closed()).await;
    assert_eq!(kind(test.ask(1, "ok").await), NOT_SENT);
    assert_eq!(test.charge_calls(), 0);
    test.close().await;
}

#[tokio::test]
async fn a_cancelled_order_is_refunded_and_the_books_balance() {
    for token in ["ok", "refund-later"] {
        let dir = tempfile::tempdir().unwrap();
        let test = TestPay::open(dir.path()).await;
        test.start();
        test.ask(1, token).await;
        test.app_says(cancelled(Amount::new(20_000))).await;
        test.until(has_refund(if token == "ok" { RefundStanding::Done } else { RefundStanding::Pending })).await;
        while !has_refund(RefundStanding::Done)(&test.pay) {
            test.pass(1);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(test.charges()[0].refunded, Amount::new(20_000));
        let balances = test.pay.balances().await.unwrap();
        assert!(balances.balanced);
        assert_eq!(balances.debit_amount, Amount::new(31_500 + 20_000 + 20_000));
        test.close().await;
    }
}

#[tokio::test]
async fn what_turns_out_charged_for_a_cancelled_order_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert_eq!(test.ask(1, "lost").await, PaymentReply::InDoubt);
    let mut event = cancelled(Amount::ZERO);
    event.paid = kernel::events::app::PaidSoFar::Unknown;
    test.app_says(event).await;
    test.start();
    test.until(has_refund(RefundStanding::Done)).await;
    assert_eq!(test.charges()[0].refunded, PRICE);
    test.close().await;
}

#[tokio::test]
async fn the_ledger_made_anew_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.pay.request(payment(1, "ok")).await;
    let live = test.pay.ledger_before(None, 10).unwrap();
    let own = &test.pay.room().store;
    rebuild::rebuild::<LedgerView>(own, &mut Source::local(own), |_, _| {}).await.unwrap();
    assert_eq!(test.pay.ledger_before(None, 10).unwrap(), live);
    assert_eq!(live.len(), 1);
}

#[tokio::test]
async fn money_found_on_an_attempt_that_was_over_goes_back_once() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert_eq!(kind(test.ask(1, "down").await), NOT_SENT);
    test.look_up().await.unwrap();
    assert_eq!(answer(&test.pay, 1), Some(Answer::NotSent), "nothing was charged");
    test.charge_turns_up(1).await;
    test.start();
    for _ in 0..2 {
        assert_eq!(test.look_up().await.unwrap().state.refunds().count(), 1);
        test.until(has_refund(RefundStanding::Done)).await;
    }
    assert_eq!(answer(&test.pay, 1), Some(Answer::NotSent), "it pays for nothing");
    assert_eq!(test.charges()[0].refunded, PRICE);
    assert_eq!(kind(test.ask(2, "ok").await), APPROVED, "the order can be paid for all the same");
    test.close().await;
}

#[tokio::test]
async fn looking_again_at_what_is_known_records_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    test.ask(1, "declined").await;
    test.ask(2, "ok").await;
    let before = test.pay.payments().load(order().uuid()).unwrap().version;
    assert_eq!(test.look_up().await.unwrap().version, before);
    assert_eq!(test.charge_calls(), 2);
}

#[tokio::test]
async fn an_attempt_that_may_still_arrive_stays_open_after_a_look_up() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert_eq!(test.ask(1, "vanish").await, PaymentReply::InDoubt);
    test.look_up().await.unwrap();
    assert_eq!(answer(&test.pay, 1), Some(Answer::InDoubt));
    test.pass(120);
    test.look_up().await.unwrap();
    assert_eq!(answer(&test.pay, 1), Some(Answer::NotSent));
}

#[tokio::test]
async fn a_look_up_says_what_it_could_not_find_out() {
    let dir = tempfile::tempdir().unwrap();
    let test = TestPay::open(dir.path()).await;
    assert!(matches!(test.look_up().await, Err(LookUpError::NoSuchPayment)));
    test.start();
    test.app_says(unconfirmed(1)).await;
    test.until(|pay| answer(pay, 1) == Some(Answer::NotSent)).await;
    test.charge_turns_up(1).await;
    let found = test.look_up().await;
    assert!(matches!(found, Err(LookUpError::NeverAskedFor { reference }) if reference == format!("{}-1", order())));
    test.deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(test.look_up().await, Err(LookUpError::NoAnswer)));
    test.close().await;
}
