use jiff::SignedDuration;
use kernel::events::pay::{PaymentRequested, RefundFailed};
use kernel::order::PaymentMethod;
use uuid::Uuid;

use super::*;

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

fn id(n: u128) -> RefundId {
    RefundId::from(Uuid::from_u128(n))
}

fn books(events: impl IntoIterator<Item = PayEvent>) -> Option<Ledger> {
    events.into_iter().enumerate().fold(None, |row, (index, event)| {
        let version = index as u64 + 1;
        let recorded = Recorded {
            id: format!("log/{version}"),
            position: version,
            subject: Uuid::from_u128(1),
            version,
            at: Time::UNIX_EPOCH,
            causation: String::new(),
            trace: None,
            event,
        };
        ledger(row, &recorded)
    })
}

fn requested() -> PayEvent {
    PaymentRequested {
        order_number: number(),
        attempt: 1,
        reference: "r-1".to_owned(),
        amount: Amount::new(30_000),
        currency: Currency::Krw,
        method: PaymentMethod::Card,
        requested_at: Time::UNIX_EPOCH,
    }
    .into()
}

fn approved() -> PayEvent {
    let (order_number, amount, method) = (number(), Amount::new(30_000), PaymentMethod::Card);
    PaymentApproved { order_number, attempt: 1, amount, method, approved_at: Time::UNIX_EPOCH }.into()
}

fn promised(n: u128, amount: i64, reason: RefundReason, borne_by: BorneBy) -> PayEvent {
    RefundRequested {
        order_number: number(),
        refund_id: id(n),
        attempt: 1,
        amount: Amount::new(amount),
        reason,
        borne_by,
        requested_at: Time::UNIX_EPOCH,
    }
    .into()
}

fn part(n: u128, amount: i64, borne_by: BorneBy) -> PayEvent {
    promised(n, amount, RefundReason::Adjusted, borne_by)
}

fn refunded(n: u128, amount: i64) -> PayEvent {
    let (order_number, amount, method) = (number(), Amount::new(amount), PaymentMethod::Card);
    PaymentRefunded { order_number, refund_id: id(n), amount, method, refunded_at: Time::UNIX_EPOCH }.into()
}

fn failed(n: u128, amount: i64) -> PayEvent {
    let (order_number, amount, method) = (number(), Amount::new(amount), PaymentMethod::Card);
    RefundFailed { order_number, refund_id: id(n), amount, method, code: "NO".to_owned() }.into()
}

fn settled(n: u128, amount: i64) -> PayEvent {
    let (order_number, amount, method) = (number(), Amount::new(amount), PaymentMethod::Card);
    RefundSettledByHand { order_number, refund_id: id(n), amount, method, settled_at: Time::UNIX_EPOCH }.into()
}

fn balances(row: &Ledger) -> [i64; 6] {
    [
        Account::Provider,
        Account::Orders,
        Account::RefundsPayable,
        Account::RiderDues,
        Account::PlatformCosts,
        Account::SettledByHand,
    ]
    .map(|account| row.balance(account).minor())
}

#[test]
fn there_are_no_books_before_money_moves() {
    assert_eq!(books([requested()]), None);
}

#[test]
fn a_charge_is_held_for_the_order() {
    let row = books([requested(), approved()]).unwrap();
    assert_eq!(balances(&row), [30_000, -30_000, 0, 0, 0, 0]);
    assert_eq!(row.captured(), Amount::new(30_000));
    assert_eq!(row.order_id, OrderId::from(Uuid::from_u128(1)));
}

#[test]
fn a_refund_that_the_store_or_the_customer_bears_comes_out_of_the_order() {
    for borne_by in [BorneBy::Store, BorneBy::Customer] {
        let row = books([approved(), part(1, 9_000, borne_by)]).unwrap();
        assert_eq!(balances(&row), [30_000, -21_000, -9_000, 0, 0, 0]);
    }
}

#[test]
fn a_refund_that_rider_or_platform_bear_leaves_the_orders_money_whole() {
    let row = books([approved(), part(1, 9_000, BorneBy::Rider), part(2, 1_000, BorneBy::Platform)]).unwrap();
    assert_eq!(balances(&row), [30_000, -30_000, -10_000, 9_000, 1_000, 0]);
}

#[test]
fn nobody_bears_a_charge_in_error_or_after_the_time_to_pay() {
    for reason in [RefundReason::ChargedInError, RefundReason::Expired] {
        let row = books([approved(), promised(1, 30_000, reason, BorneBy::Platform), refunded(1, 30_000)]).unwrap();
        assert_eq!(balances(&row), [0; 6]);
    }
}

#[test]
fn a_given_refund_is_owed_no_longer() {
    let row = books([approved(), part(1, 9_000, BorneBy::Store), refunded(1, 9_000)]).unwrap();
    assert_eq!(balances(&row), [21_000, -21_000, 0, 0, 0, 0]);
    assert_eq!(row.refunded(), Amount::new(9_000));
    assert_eq!(row.open_refunds().count(), 0);
    assert_eq!(row.refund(id(1)).map(|refund| refund.standing), Some(RefundStanding::Done));
}

#[test]
fn a_refused_refund_stays_owed_and_is_an_operators_matter() {
    let row = books([approved(), part(1, 9_000, BorneBy::Store), failed(1, 9_000)]).unwrap();
    assert_eq!(balances(&row), [30_000, -21_000, -9_000, 0, 0, 0]);
    let refund = row.refund(id(1)).unwrap();
    assert_eq!(refund.code.as_deref(), Some("NO"));
    assert!(refund.needs_operator(Time::UNIX_EPOCH, &Waits::default()));
    assert_eq!(row.refunded(), Amount::ZERO);
    assert_eq!(row.open_refunds().count(), 1);
}

#[test]
fn a_refund_that_is_tried_again_is_booked_once() {
    let again = part(1, 9_000, BorneBy::Store);
    let history = [approved(), again.clone(), failed(1, 9_000), again, refunded(1, 9_000)];
    let row = books(history).unwrap();
    assert_eq!(balances(&row), [21_000, -21_000, 0, 0, 0, 0]);
    assert_eq!(row.refunds.len(), 1);
}

#[test]
fn a_refund_settled_by_hand_leaves_the_provider_as_it_is() {
    let settled_row = [approved(), part(1, 9_000, BorneBy::Store), failed(1, 9_000), settled(1, 9_000)];
    let row = books(settled_row.clone()).unwrap();
    assert_eq!(balances(&row), [30_000, -21_000, 0, 0, 0, -9_000]);
    assert_eq!(row.refunded(), Amount::new(9_000));

    let twice = books(settled_row.into_iter().chain([refunded(1, 9_000)])).unwrap();
    assert_eq!(balances(&twice), [21_000, -21_000, 0, 0, 0, 0]);
}

#[test]
fn a_pending_refund_is_an_operators_matter_after_an_hour() {
    let row = books([approved(), part(1, 9_000, BorneBy::Store)]).unwrap();
    let needs_operator = |minutes| {
        let now = Time::UNIX_EPOCH.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
        row.refunds[0].needs_operator(now, &Waits::default())
    };
    assert!(!needs_operator(59));
    assert!(needs_operator(60));
    let done = books([approved(), part(1, 9_000, BorneBy::Store), refunded(1, 9_000)]).unwrap();
    assert!(!done.refunds[0].needs_operator(Time::MAX, &Waits::default()));
}

#[test]
fn the_books_read_back_as_written() {
    let row = books([approved(), part(1, 9_000, BorneBy::Store), failed(1, 9_000)]).unwrap();
    let json = serde_json::to_string(&row).unwrap();
    assert!(json.contains(r#""account":"refunds-payable""#), "{json}");
    assert_eq!(serde_json::from_str::<Ledger>(&json).unwrap(), row);
}
