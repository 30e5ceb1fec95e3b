use kernel::events::app::*;
use kernel::ids::{AdjustmentId, RefundId};
use kernel::lang::{Language, Localized};
use kernel::money::Currency;
use kernel::order::*;
use kernel::personal::Handover;

use super::{at, id, line_id, lines, number, person, private, store_id, store_name, won};

pub fn events() -> Vec<AppEvent> {
    let mut events = paying();
    events.extend(under_way());
    events.extend(ending());
    events
}

fn details() -> OrderDetails {
    OrderDetails {
        order_number: number(),
        customer_id: person("hana"),
        store_id: store_id(),
        store_name: store_name(),
        lines: lines(),
        charges: vec![Charge { kind: ChargeKind::Delivery, amount: won(3_000), owed_to: BorneBy::Rider }],
        items_amount: won(46_000),
        total_amount: won(49_000),
        vat_amount: won(4_455),
        currency: Currency::Krw,
        delivery_by: DeliveryBy::Rider,
        language: Language::Ko,
        prep_minutes: 30,
    }
}

fn paying() -> Vec<AppEvent> {
    let order_number = number;
    let (attempt, amount, hold_ends_at) = (1, won(49_000), at(10));
    vec![
        OrderCreated { details: details(), hold_ends_at, created_at: at(0), private: private() }.into(),
        PaymentStarted {
            order_number: order_number(),
            attempt,
            amount,
            method: PaymentMethod::Card,
            started_at: at(0),
            doubt_at: at(1),
        }
        .into(),
        PaymentDeferred { order_number: order_number(), attempt, retry_at: at(1), hold_ends_at, amount }.into(),
        PaymentUnconfirmed { order_number: order_number(), attempt, amount, operator_at: at(60) }.into(),
        PaymentFailed { order_number: order_number(), attempt, code: PaymentCode::Balance, hold_ends_at, amount }
            .into(),
        OrderPlaced {
            details: details(),
            attempt,
            method: PaymentMethod::Card,
            placed_at: at(1),
            unreachable_at: at(61),
            private: private(),
        }
        .into(),
        OrderExpired { order_number: order_number(), erase_at: at(129_600) }.into(),
    ]
}

fn under_way() -> Vec<AppEvent> {
    let order_number = number;
    vec![
        OrderReceived { order_number: order_number(), answer_by: at(11) }.into(),
        OrderProgressed { order_number: order_number(), to: Progress::Accepted, eta: Some(at(45)) }.into(),
        OrderDelayed { order_number: order_number(), cause: DelayCause::NoRider, old_eta: at(45), new_eta: at(55) }
            .into(),
        DeliveryTroubled { order_number: order_number(), trouble: Trouble::Interrupted(TroubleReason::Weather) }.into(),
        CancelRequested {
            order_number: order_number(),
            cause: CancelCause::CustomerAsked,
            reason: CancelReason::Customer,
            answer_by: at(8),
            private: private(),
        }
        .into(),
        CancelRefused {
            order_number: order_number(),
            cause: CancelCause::CustomerAsked,
            reason: RefuseReason::OnItsWay,
            eta: Some(at(45)),
        }
        .into(),
        OrderAdjusted {
            order_number: order_number(),
            adjustment_id: id!(AdjustmentId, "000000000006"),
            lines: vec![LineLeft { line_id: line_id(), quantity: 1 }],
            amount: won(23_000),
            reason: AdjustReason::WrongItem,
            borne_by: BorneBy::Store,
            summary: Localized::new("옛날 후라이드치킨 1개", "1 Old-style Fried Chicken"),
        }
        .into(),
        RefundRecorded {
            order_number: order_number(),
            refund_id: id!(RefundId, "000000000006"),
            amount: won(23_000),
            outcome: RefundOutcome::Done,
            method: PaymentMethod::Card,
            adjustment: Some(id!(AdjustmentId, "000000000006")),
            at: at(12),
        }
        .into(),
    ]
}

fn ending() -> Vec<AppEvent> {
    let order_number = number;
    let erase_at = at(129_600);
    vec![
        OrderCancelled {
            order_number: order_number(),
            cause: CancelCause::StoreRejected,
            reason: CancelReason::SoldOut,
            borne_by: BorneBy::Store,
            refund_amount: won(49_000),
            paid: PaidSoFar::Everything,
            method: Some(PaymentMethod::Card),
            erase_at,
            private: private(),
        }
        .into(),
        DeliveredAfterCancel { order_number: order_number() }.into(),
        OrderUndelivered {
            order_number: order_number(),
            reason: CancelReason::NoContact,
            borne_by: BorneBy::Customer,
            refund_amount: won(0),
            method: PaymentMethod::Card,
            erase_at,
        }
        .into(),
        OrderCompleted {
            order_number: order_number(),
            delivery_by: DeliveryBy::Rider,
            handover: Some(Handover::Lobby),
            done_at: at(43),
            erase_at,
        }
        .into(),
        PersonalDataErased { order_number: order_number() }.into(),
    ]
}
