use kernel::events::pay::*;
use kernel::ids::RefundId;
use kernel::money::Currency;
use kernel::order::{BorneBy, PaymentCode, PaymentMethod};

use super::{at, id, number, won};

pub fn events() -> Vec<PayEvent> {
    let refund_id = id!(RefundId, "000000000004");
    let (order_number, method) = (number(), PaymentMethod::EasyPay);
    let attempt = 1;
    vec![
        PaymentRequested {
            order_number: number(),
            attempt,
            reference: "019aa8dc-4830-7900-a32a-000000000000-1".to_owned(),
            amount: won(49_000),
            currency: Currency::Krw,
            method,
            requested_at: at(0),
        }
        .into(),
        PaymentApproved { order_number: number(), attempt, amount: won(49_000), method, approved_at: at(0) }.into(),
        PaymentDeclined { order_number: number(), attempt, code: PaymentCode::Limit }.into(),
        PaymentInDoubt { order_number: number(), attempt }.into(),
        AttemptAbandoned { order_number: number(), attempt }.into(),
        PaymentClosed {
            order_number: number(),
            reason: RefundReason::Cancelled,
            borne_by: BorneBy::Store,
            refund_amount: Some(won(49_000)),
        }
        .into(),
        RefundRequested {
            order_number: number(),
            refund_id,
            attempt,
            amount: won(23_000),
            reason: RefundReason::ChargedInError,
            borne_by: BorneBy::Platform,
            requested_at: at(9),
        }
        .into(),
        PaymentRefunded { order_number: number(), refund_id, amount: won(23_000), method, refunded_at: at(10) }.into(),
        RefundFailed {
            order_number: number(),
            refund_id,
            amount: won(23_000),
            method,
            code: "ALREADY_CLOSED".to_owned(),
        }
        .into(),
        RefundSettledByHand { order_number, refund_id, amount: won(23_000), method, settled_at: at(70) }.into(),
    ]
}
