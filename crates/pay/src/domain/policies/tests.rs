use kernel::Time;
use kernel::events::Recorded;
use kernel::events::app::{
    AppEvent, DeliveredAfterCancel, OrderAdjusted, OrderCancelled, OrderExpired, OrderUndelivered, PaidSoFar,
    PaymentUnconfirmed,
};
use kernel::events::pay::RefundReason;
use kernel::ids::{AdjustmentId, RefundId};
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::{AdjustReason, BorneBy, CancelCause, CancelReason, OrderNumber, PaymentMethod};
use uuid::Uuid;

use super::when_app;
use crate::domain::commands::What;

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

fn heard(event: impl Into<AppEvent>) -> Option<What> {
    when_app(&Recorded {
        id: "log/1".to_owned(),
        position: 1,
        subject: Uuid::from_u128(1),
        version: 1,
        at: Time::UNIX_EPOCH,
        causation: String::new(),
        trace: None,
        event: event.into(),
    })
}

fn cancelled(paid: PaidSoFar) -> OrderCancelled {
    OrderCancelled {
        order_number: number(),
        cause: CancelCause::StoreWithdrew,
        reason: CancelReason::SoldOut,
        borne_by: BorneBy::Store,
        refund_amount: Amount::new(20_000),
        paid,
        method: Some(PaymentMethod::Card),
        erase_at: Time::UNIX_EPOCH,
        private: None,
    }
}

fn close(refund_amount: Option<i64>, reason: RefundReason, borne_by: BorneBy) -> What {
    let refund_amount = refund_amount.map(Amount::new);
    What::ClosePayment { order_number: number(), refund_amount, reason, borne_by }
}

#[test]
fn an_unconfirmed_payment_is_resolved() {
    let event = PaymentUnconfirmed {
        order_number: number(),
        attempt: 2,
        amount: Amount::new(1),
        operator_at: Time::UNIX_EPOCH,
    };
    assert_eq!(heard(event), Some(What::ResolvePayment { order_number: number(), attempt: 2 }));
}

#[test]
fn a_cancelled_order_that_was_paid_gives_back_what_was_decided() {
    let closing = Some(close(Some(20_000), RefundReason::Cancelled, BorneBy::Store));
    assert_eq!(heard(cancelled(PaidSoFar::Everything)), closing);
}

#[test]
fn a_cancelled_order_that_was_not_known_to_be_paid_gives_back_all() {
    for paid in [PaidSoFar::Unknown, PaidSoFar::Nothing] {
        assert_eq!(heard(cancelled(paid)), Some(close(None, RefundReason::Cancelled, BorneBy::Store)));
    }
}

#[test]
fn an_expired_order_gives_back_all() {
    let event = OrderExpired { order_number: number(), erase_at: Time::UNIX_EPOCH };
    assert_eq!(heard(event), Some(close(None, RefundReason::Expired, BorneBy::Platform)));
}

#[test]
fn an_undelivered_order_gives_back_what_the_operator_decided() {
    let event = OrderUndelivered {
        order_number: number(),
        reason: CancelReason::NoContact,
        borne_by: BorneBy::Customer,
        refund_amount: Amount::ZERO,
        method: PaymentMethod::Card,
        erase_at: Time::UNIX_EPOCH,
    };
    assert_eq!(heard(event), Some(close(Some(0), RefundReason::Undelivered, BorneBy::Customer)));
}

#[test]
fn an_adjusted_order_gives_the_part_back_under_the_adjustments_id() {
    let adjustment_id = AdjustmentId::from(Uuid::from_u128(5));
    let event = OrderAdjusted {
        order_number: number(),
        adjustment_id,
        lines: Vec::new(),
        amount: Amount::new(9_000),
        reason: AdjustReason::Missing,
        borne_by: BorneBy::Rider,
        summary: Localized { ko: "김치".to_owned(), en: "kimchi".to_owned() },
    };
    let refund = What::RequestRefund {
        refund_id: RefundId::from(adjustment_id),
        amount: Amount::new(9_000),
        reason: RefundReason::Adjusted,
        borne_by: BorneBy::Rider,
    };
    assert_eq!(heard(event), Some(refund));
}

#[test]
fn other_news_of_an_order_is_nothing_to_pay() {
    assert_eq!(heard(DeliveredAfterCancel { order_number: number() }), None);
}
