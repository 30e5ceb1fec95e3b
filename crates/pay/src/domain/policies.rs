//! What pay does when app says something.

use kernel::events::Recorded;
use kernel::events::app::{
    AppEvent, OrderAdjusted, OrderCancelled, OrderExpired, OrderUndelivered, PaidSoFar, PaymentUnconfirmed,
};
use kernel::events::pay::RefundReason;
use kernel::ids::RefundId;
use kernel::order::BorneBy;

use super::commands::What;

/// The command that an event of app brings about; it goes to the payment of the event's subject.
pub fn when_app(event: &Recorded<AppEvent>) -> Option<What> {
    match &event.event {
        AppEvent::PaymentUnconfirmed(event) => Some(resolve_payment_when_payment_unconfirmed(event)),
        AppEvent::OrderCancelled(event) => Some(close_payment_when_order_cancelled(event)),
        AppEvent::OrderExpired(event) => Some(close_payment_when_order_expired(event)),
        AppEvent::OrderUndelivered(event) => Some(close_payment_when_order_undelivered(event)),
        AppEvent::OrderAdjusted(event) => Some(request_refund_when_order_adjusted(event)),
        AppEvent::OrderCreated(_)
        | AppEvent::PaymentStarted(_)
        | AppEvent::PaymentDeferred(_)
        | AppEvent::PaymentFailed(_)
        | AppEvent::OrderPlaced(_)
        | AppEvent::OrderReceived(_)
        | AppEvent::OrderProgressed(_)
        | AppEvent::OrderDelayed(_)
        | AppEvent::DeliveryTroubled(_)
        | AppEvent::CancelRequested(_)
        | AppEvent::CancelRefused(_)
        | AppEvent::RefundRecorded(_)
        | AppEvent::DeliveredAfterCancel(_)
        | AppEvent::OrderCompleted(_)
        | AppEvent::PersonalDataErased(_) => None,
    }
}

/// app does not know what became of the attempt: ask the provider, never guess.
pub fn resolve_payment_when_payment_unconfirmed(event: &PaymentUnconfirmed) -> What {
    What::ResolvePayment { order_number: event.order_number.clone(), attempt: event.attempt }
}

/// A cancelled order takes no more money. What was paid goes back as decided; what was not known to be paid, in full.
pub fn close_payment_when_order_cancelled(event: &OrderCancelled) -> What {
    let refund_amount = match event.paid {
        PaidSoFar::Everything => Some(event.refund_amount),
        PaidSoFar::Unknown | PaidSoFar::Nothing => None,
    };
    What::ClosePayment {
        order_number: event.order_number.clone(),
        refund_amount,
        reason: RefundReason::Cancelled,
        borne_by: event.borne_by,
    }
}

/// Whatever turns out charged for an order whose time had run out goes back.
pub fn close_payment_when_order_expired(event: &OrderExpired) -> What {
    What::ClosePayment {
        order_number: event.order_number.clone(),
        refund_amount: None,
        reason: RefundReason::Expired,
        borne_by: BorneBy::Platform,
    }
}

/// An order that could not be delivered is refunded as the operator decided.
pub fn close_payment_when_order_undelivered(event: &OrderUndelivered) -> What {
    What::ClosePayment {
        order_number: event.order_number.clone(),
        refund_amount: Some(event.refund_amount),
        reason: RefundReason::Undelivered,
        borne_by: event.borne_by,
    }
}

/// What was taken out of an order goes back, once per adjustment.
pub fn request_refund_when_order_adjusted(event: &OrderAdjusted) -> What {
    What::RequestRefund {
        refund_id: RefundId::from(event.adjustment_id),
        amount: event.amount,
        reason: RefundReason::Adjusted,
        borne_by: event.borne_by,
    }
}

#[cfg(test)]
mod tests;
