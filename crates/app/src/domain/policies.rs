//! What app does when it hears of the others: every policy by its name, and one dispatcher per source.
//!
//! The order is always the one that the event is about: its subject.

use kernel::Time;
use kernel::events::Recorded;
use kernel::events::app::{RefundOutcome, Trouble};
use kernel::events::delivery::{
    DeliveryCompleted, DeliveryEvent, DeliveryFailed, DeliveryInterrupted, DeliveryStarted, LateAt, NoRiderYet,
    RiderLate,
};
use kernel::events::pay::{
    AttemptAbandoned, PayEvent, PaymentApproved, PaymentDeclined, PaymentInDoubt, PaymentRefunded, RefundFailed,
    RefundSettledByHand,
};
use kernel::events::store::{
    KitchenLate, StoreEvent, TicketAccepted, TicketAdjusted, TicketCancelRefused, TicketDelayed, TicketHandedOver,
    TicketOpened, TicketRejected, TicketWithdrawn,
};
use kernel::order::{BorneBy, CancelCause, DelayCause, DeliveryBy, Progress};

use crate::domain::commands::{Outcome, What};

/// What app does when it hears of pay.
pub fn when_pay(event: &Recorded<PayEvent>) -> Option<What> {
    match &event.event {
        PayEvent::PaymentApproved(event) => Some(record_payment_when_payment_approved(event)),
        PayEvent::PaymentDeclined(event) => Some(record_payment_when_payment_declined(event)),
        PayEvent::PaymentInDoubt(event) => Some(doubt_payment_when_payment_in_doubt(event)),
        PayEvent::AttemptAbandoned(event) => Some(record_payment_when_attempt_abandoned(event)),
        PayEvent::PaymentRefunded(event) => Some(record_refund_when_payment_refunded(event)),
        PayEvent::RefundFailed(event) => Some(record_refund_when_refund_failed(event)),
        PayEvent::RefundSettledByHand(event) => Some(record_refund_when_refund_settled_by_hand(event)),
        PayEvent::PaymentRequested(_) | PayEvent::PaymentClosed(_) | PayEvent::RefundRequested(_) => None,
    }
}

/// What app does when it hears of store.
pub fn when_store(event: &Recorded<StoreEvent>) -> Option<What> {
    match &event.event {
        StoreEvent::TicketOpened(event) => Some(record_receipt_when_ticket_opened(event)),
        StoreEvent::TicketAccepted(event) => Some(record_progress_when_ticket_accepted(event)),
        StoreEvent::TicketRejected(event) => Some(cancel_order_when_ticket_rejected(event)),
        StoreEvent::TicketDelayed(event) => Some(record_delay_when_ticket_delayed(event)),
        StoreEvent::CookingStarted(_) => Some(record_progress_when_cooking_started()),
        StoreEvent::CookingFinished(_) => Some(record_progress_when_cooking_finished()),
        StoreEvent::TicketHandedOver(event) => complete_order_when_ticket_handed_over(event),
        StoreEvent::TicketCancelled(_) => Some(confirm_cancel_when_ticket_cancelled()),
        StoreEvent::TicketCancelRefused(event) => Some(refuse_cancel_when_ticket_cancel_refused(event)),
        StoreEvent::TicketWithdrawn(event) => Some(cancel_order_when_ticket_withdrawn(event)),
        StoreEvent::TicketAdjusted(event) => Some(adjust_order_when_ticket_adjusted(event)),
        StoreEvent::KitchenLate(event) => Some(record_delay_when_kitchen_late(event)),
        StoreEvent::TicketVoided(_)
        | StoreEvent::StoreRegistered(_)
        | StoreEvent::StoreTermsChanged(_)
        | StoreEvent::StoreOpened(_)
        | StoreEvent::StoreClosed(_)
        | StoreEvent::StorePaused(_)
        | StoreEvent::MenuItemChanged(_)
        | StoreEvent::MenuItemSoldOut(_)
        | StoreEvent::MenuItemBack(_) => None,
    }
}

/// What app does when it hears of delivery.
pub fn when_delivery(event: &Recorded<DeliveryEvent>) -> Option<What> {
    match &event.event {
        DeliveryEvent::DeliveryStarted(event) => Some(record_progress_when_delivery_started(event)),
        DeliveryEvent::DeliveryInterrupted(event) => Some(record_trouble_when_delivery_interrupted(event)),
        DeliveryEvent::DeliveryResumed(_) => Some(record_trouble_when_delivery_resumed()),
        DeliveryEvent::DeliveryCompleted(event) => Some(complete_order_when_delivery_completed(event)),
        DeliveryEvent::DeliveryFailed(event) => Some(record_trouble_when_delivery_failed(event)),
        DeliveryEvent::NoRiderYet(no_rider) => Some(record_delay_when_no_rider_yet(no_rider, event.at)),
        DeliveryEvent::RiderLate(event) => Some(record_delay_when_rider_late(event)),
        DeliveryEvent::DeliveryRequested(_)
        | DeliveryEvent::RiderAssigned(_)
        | DeliveryEvent::RiderReleased(_)
        | DeliveryEvent::DeliveryReady(_)
        | DeliveryEvent::DeliveryCancelled(_)
        | DeliveryEvent::DeliveryHandedToStore(_) => None,
    }
}

/// pay: the attempt was charged.
pub fn record_payment_when_payment_approved(event: &PaymentApproved) -> What {
    let outcome = Outcome::Approved { method: event.method, approved_at: event.approved_at };
    What::RecordPayment { attempt: event.attempt, outcome }
}

/// pay: the attempt was declined.
pub fn record_payment_when_payment_declined(event: &PaymentDeclined) -> What {
    What::RecordPayment { attempt: event.attempt, outcome: Outcome::Declined { code: event.code } }
}

/// pay: the provider gave no usable answer.
pub fn doubt_payment_when_payment_in_doubt(event: &PaymentInDoubt) -> What {
    What::DoubtPayment { attempt: event.attempt }
}

/// pay: the attempt can never be charged.
pub fn record_payment_when_attempt_abandoned(event: &AttemptAbandoned) -> What {
    What::RecordPayment { attempt: event.attempt, outcome: Outcome::Abandoned }
}

/// pay: money is back.
pub fn record_refund_when_payment_refunded(event: &PaymentRefunded) -> What {
    What::RecordRefund {
        refund_id: event.refund_id,
        amount: event.amount,
        outcome: RefundOutcome::Done,
        method: event.method,
    }
}

/// pay: the provider refuses to give money back.
pub fn record_refund_when_refund_failed(event: &RefundFailed) -> What {
    What::RecordRefund {
        refund_id: event.refund_id,
        amount: event.amount,
        outcome: RefundOutcome::Failed,
        method: event.method,
    }
}

/// pay: an operator gave money back by other means.
pub fn record_refund_when_refund_settled_by_hand(event: &RefundSettledByHand) -> What {
    What::RecordRefund {
        refund_id: event.refund_id,
        amount: event.amount,
        outcome: RefundOutcome::Done,
        method: event.method,
    }
}

/// store: the owner has it in front of them.
pub fn record_receipt_when_ticket_opened(event: &TicketOpened) -> What {
    What::RecordReceipt { answer_by: event.answer_by }
}

/// store: the owner accepted.
pub fn record_progress_when_ticket_accepted(event: &TicketAccepted) -> What {
    What::RecordProgress { to: Progress::Accepted, ready_by: Some(event.ready_by) }
}

/// store: it is in the pan.
pub fn record_progress_when_cooking_started() -> What {
    What::RecordProgress { to: Progress::Cooking, ready_by: None }
}

/// store: it is cooked.
pub fn record_progress_when_cooking_finished() -> What {
    What::RecordProgress { to: Progress::Ready, ready_by: None }
}

/// store: the owner needs longer.
pub fn record_delay_when_ticket_delayed(event: &TicketDelayed) -> What {
    What::RecordDelay { cause: event.cause, ready_by: Some(event.ready_by) }
}

/// store: the kitchen is behind.
pub fn record_delay_when_kitchen_late(event: &KitchenLate) -> What {
    What::RecordDelay { cause: DelayCause::Kitchen, ready_by: Some(event.ready_by) }
}

/// store: the owner rejected, or did not answer.
pub fn cancel_order_when_ticket_rejected(event: &TicketRejected) -> What {
    What::CancelOrder {
        cause: CancelCause::StoreRejected,
        reason: event.reason.into(),
        borne_by: BorneBy::Store,
        refund_amount: None,
    }
}

/// store: the owner gives it up.
pub fn cancel_order_when_ticket_withdrawn(event: &TicketWithdrawn) -> What {
    What::CancelOrder {
        cause: CancelCause::StoreWithdrew,
        reason: event.reason.into(),
        borne_by: event.borne_by,
        refund_amount: event.refund_amount,
    }
}

/// store: the ticket agrees to the cancel.
pub fn confirm_cancel_when_ticket_cancelled() -> What {
    What::ConfirmCancel
}

/// store: the ticket refuses the cancel.
pub fn refuse_cancel_when_ticket_cancel_refused(event: &TicketCancelRefused) -> What {
    What::RefuseCancel { reason: event.reason }
}

/// store: the owner took a part out.
pub fn adjust_order_when_ticket_adjusted(event: &TicketAdjusted) -> What {
    What::AdjustOrder {
        adjustment_id: event.adjustment_id,
        lines: event.lines.clone(),
        reason: event.reason,
        borne_by: event.borne_by,
    }
}

/// store: the customer has fetched it. What a rider takes is not with the customer yet.
pub fn complete_order_when_ticket_handed_over(event: &TicketHandedOver) -> Option<What> {
    match event.delivery_by {
        DeliveryBy::Pickup => Some(What::CompleteOrder { handover: None, done_at: event.at }),
        DeliveryBy::Rider | DeliveryBy::Store => None,
    }
}

/// delivery: it left the store.
pub fn record_progress_when_delivery_started(_event: &DeliveryStarted) -> What {
    What::RecordProgress { to: Progress::Delivering, ready_by: None }
}

/// delivery: it stands still.
pub fn record_trouble_when_delivery_interrupted(event: &DeliveryInterrupted) -> What {
    What::RecordTrouble { trouble: Trouble::Interrupted(event.reason) }
}

/// delivery: it goes on.
pub fn record_trouble_when_delivery_resumed() -> What {
    What::RecordTrouble { trouble: Trouble::Resumed }
}

/// delivery: it could not be delivered; an operator decides.
pub fn record_trouble_when_delivery_failed(event: &DeliveryFailed) -> What {
    What::RecordTrouble { trouble: Trouble::Failed(event.reason) }
}

/// delivery: nobody fetches it yet. Whoever takes it by the next look needs as long again to come to the store.
pub fn record_delay_when_no_rider_yet(event: &NoRiderYet, noticed_at: Time) -> What {
    let pause = event.again_at.duration_since(noticed_at);
    let leaves_at = event.again_at.saturating_add(pause).unwrap_or(event.again_at);
    What::RecordDelay { cause: DelayCause::NoRider, ready_by: Some(leaves_at) }
}

/// delivery: the rider is late.
pub fn record_delay_when_rider_late(event: &RiderLate) -> What {
    let cause = match event.at {
        LateAt::Store => DelayCause::NoRider,
        LateAt::Door => DelayCause::Traffic,
    };
    What::RecordDelay { cause, ready_by: None }
}

/// delivery: it is with the customer.
pub fn complete_order_when_delivery_completed(event: &DeliveryCompleted) -> What {
    What::CompleteOrder { handover: Some(event.handover), done_at: event.completed_at }
}

#[cfg(test)]
mod tests;
