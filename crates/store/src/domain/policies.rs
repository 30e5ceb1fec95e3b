//! What a ticket does when something happens elsewhere. The order that an event is about is its
//! subject, and the ticket's id.

#[cfg(test)]
mod tests;

use kernel::events::Recorded;
use kernel::events::app::{AppEvent, CancelRequested, OrderAdjusted, OrderCancelled, OrderPlaced, PaidSoFar};
use kernel::events::delivery::{DeliveryEvent, DeliveryStarted};
use kernel::order::CancelCause;

use super::commands::{AdjustedBy, CancelAsker, HandedOverBy, OpenTicket, TicketWhat};

/// What app's events ask of the ticket.
pub fn when_app(event: &Recorded<AppEvent>) -> Option<TicketWhat> {
    match &event.event {
        AppEvent::OrderPlaced(placed) => Some(open_ticket_when_order_placed(placed)),
        AppEvent::CancelRequested(wanted) => Some(cancel_ticket_when_cancel_requested(&event.id, wanted)),
        AppEvent::OrderCancelled(cancelled) => void_ticket_when_order_cancelled(cancelled),
        AppEvent::OrderAdjusted(adjusted) => Some(adjust_ticket_when_order_adjusted(adjusted)),
        AppEvent::OrderCreated(_)
        | AppEvent::PaymentStarted(_)
        | AppEvent::PaymentDeferred(_)
        | AppEvent::PaymentUnconfirmed(_)
        | AppEvent::PaymentFailed(_)
        | AppEvent::OrderExpired(_)
        | AppEvent::OrderReceived(_)
        | AppEvent::OrderProgressed(_)
        | AppEvent::OrderDelayed(_)
        | AppEvent::DeliveryTroubled(_)
        | AppEvent::CancelRefused(_)
        | AppEvent::RefundRecorded(_)
        | AppEvent::DeliveredAfterCancel(_)
        | AppEvent::OrderUndelivered(_)
        | AppEvent::OrderCompleted(_)
        | AppEvent::PersonalDataErased(_) => None,
    }
}

/// What delivery's events ask of the ticket.
pub fn when_delivery(event: &Recorded<DeliveryEvent>) -> Option<TicketWhat> {
    match &event.event {
        DeliveryEvent::DeliveryStarted(started) => Some(hand_over_when_delivery_started(started)),
        DeliveryEvent::DeliveryRequested(_)
        | DeliveryEvent::RiderAssigned(_)
        | DeliveryEvent::RiderReleased(_)
        | DeliveryEvent::DeliveryReady(_)
        | DeliveryEvent::DeliveryInterrupted(_)
        | DeliveryEvent::DeliveryResumed(_)
        | DeliveryEvent::DeliveryCompleted(_)
        | DeliveryEvent::DeliveryFailed(_)
        | DeliveryEvent::DeliveryCancelled(_)
        | DeliveryEvent::DeliveryHandedToStore(_)
        | DeliveryEvent::NoRiderYet(_)
        | DeliveryEvent::RiderLate(_) => None,
    }
}

/// A paid order reaches the owner.
pub fn open_ticket_when_order_placed(placed: &OrderPlaced) -> TicketWhat {
    let details = &placed.details;
    TicketWhat::OpenTicket(Box::new(OpenTicket {
        order_number: details.order_number.clone(),
        store_id: details.store_id,
        lines: details.lines.clone(),
        delivery_by: details.delivery_by,
        placed_at: placed.placed_at,
        private: placed.private.clone(),
    }))
}

/// The ticket answers whether it is too late; `request` is the id of the event that asks.
pub fn cancel_ticket_when_cancel_requested(request: &str, wanted: &CancelRequested) -> TicketWhat {
    let asker = match wanted.cause {
        CancelCause::StoreUnreachable => CancelAsker::Unreachable,
        CancelCause::CustomerAsked
        | CancelCause::StoreRejected
        | CancelCause::StoreWithdrew
        | CancelCause::OperatorDecided
        | CancelCause::PaidTooLate => CancelAsker::Customer,
    };
    TicketWhat::CancelTicket { order_number: wanted.order_number.clone(), request: request.to_owned(), asker }
}

/// What is cancelled is not cooked. The store saw nothing of an order that was never paid.
pub fn void_ticket_when_order_cancelled(cancelled: &OrderCancelled) -> Option<TicketWhat> {
    match cancelled.paid {
        PaidSoFar::Nothing => None,
        PaidSoFar::Unknown | PaidSoFar::Everything => {
            Some(TicketWhat::VoidTicket { order_number: cancelled.order_number.clone() })
        }
    }
}

/// The kitchen cooks what is left of the order.
pub fn adjust_ticket_when_order_adjusted(adjusted: &OrderAdjusted) -> TicketWhat {
    TicketWhat::AdjustTicket {
        adjustment_id: adjusted.adjustment_id,
        lines: adjusted.lines.clone(),
        reason: adjusted.reason,
        borne_by: adjusted.borne_by,
        by: AdjustedBy::Order,
    }
}

/// Food that is on its way has left the store.
pub fn hand_over_when_delivery_started(_started: &DeliveryStarted) -> TicketWhat {
    TicketWhat::HandOver { by: HandedOverBy::Delivery }
}
