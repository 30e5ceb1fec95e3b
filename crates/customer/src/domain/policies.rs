//! When the customer is told what. customer listens to app alone, where an order's whole story is told.

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::events::Recorded;
use kernel::events::app::{
    AppEvent, CancelRefused, CancelRequested, DeliveryTroubled, OrderCancelled, OrderCompleted, OrderDelayed,
    OrderExpired, OrderPlaced, OrderProgressed, OrderUndelivered, PaidSoFar, PaymentDeferred, PaymentFailed,
    PaymentUnconfirmed, RefundOutcome, RefundRecorded, Trouble,
};
use kernel::events::customer::NoticeKind;
use kernel::money::Amount;
use kernel::order::{CancelCause, DeliveryBy, PaymentMethod, Progress};
use kernel::personal::PersonalData;

use crate::domain::commands::{QueueNotice, What};
use crate::domain::notice::notice_id_for;
use crate::domain::templates::{Form, Values, Variable, format, text};
use crate::domain::views::OrderFacts;
use crate::domain::words::{self, Words};

/// What customer does when app says `event`; `facts` are those of its order, `event` included.
pub fn when_app(event: &Recorded<AppEvent>, facts: &OrderFacts, zone: &TimeZone) -> Option<What> {
    let teller = Teller { facts, zone, cause: &event.id, at: event.at };
    match &event.event {
        AppEvent::OrderPlaced(placed) => Some(queue_notice_when_order_placed(placed, &teller)),
        AppEvent::OrderProgressed(progressed) => queue_notice_when_order_progressed(progressed, &teller),
        AppEvent::OrderCompleted(completed) => Some(queue_notice_when_order_completed(completed, &teller)),
        AppEvent::OrderUndelivered(undelivered) => Some(queue_notice_when_order_undelivered(undelivered, &teller)),
        AppEvent::OrderDelayed(delayed) => Some(queue_notice_when_order_delayed(delayed, &teller)),
        AppEvent::DeliveryTroubled(troubled) => queue_notice_when_delivery_troubled(troubled, &teller),
        AppEvent::PaymentDeferred(deferred) => Some(queue_notice_when_payment_deferred(deferred, &teller)),
        AppEvent::PaymentUnconfirmed(open) => Some(queue_notice_when_payment_unconfirmed(open, &teller)),
        AppEvent::PaymentFailed(failed) => Some(queue_notice_when_payment_failed(failed, &teller)),
        AppEvent::OrderExpired(expired) => Some(queue_notice_when_order_expired(expired, &teller)),
        AppEvent::CancelRequested(requested) => queue_notice_when_cancel_requested(requested, &teller),
        AppEvent::CancelRefused(refused) => queue_notice_when_cancel_refused(refused, &teller),
        AppEvent::OrderCancelled(cancelled) => Some(queue_notice_when_order_cancelled(cancelled, &teller)),
        AppEvent::RefundRecorded(recorded) => queue_notice_when_refund_recorded(recorded, &teller),
        AppEvent::OrderCreated(_)
        | AppEvent::PaymentStarted(_)
        | AppEvent::OrderReceived(_)
        | AppEvent::OrderAdjusted(_)
        | AppEvent::DeliveredAfterCancel(_)
        | AppEvent::PersonalDataErased(_) => None,
    }
    .map(What::QueueNotice)
}

/// The order is paid and with the store.
pub fn queue_notice_when_order_placed(event: &OrderPlaced, teller: &Teller<'_>) -> QueueNotice {
    let values = teller
        .order()
        .with(Variable::PaidAmount, &event.details.total_amount.to_string())
        .with(Variable::PayMethod, teller.word(words::payment_method(event.method)))
        .with(
            Variable::OrderedAt,
            &format::date_and_clock(teller.facts.created_at, teller.zone, teller.facts.language),
        );
    teller.tell(NoticeKind::Placed, teller.form_of_way(), &values)
}

/// It came further. Nobody is on the way with what is collected.
pub fn queue_notice_when_order_progressed(event: &OrderProgressed, teller: &Teller<'_>) -> Option<QueueNotice> {
    let is_pickup = teller.facts.delivery_by == DeliveryBy::Pickup;
    let kind = match event.to {
        Progress::Accepted => NoticeKind::Accepted,
        Progress::Cooking => NoticeKind::Cooking,
        Progress::Ready if is_pickup => NoticeKind::PickupReady,
        Progress::Ready => NoticeKind::Ready,
        Progress::Delivering if is_pickup => return None,
        Progress::Delivering => NoticeKind::OnTheWay,
    };
    let values = teller
        .order()
        .with(Variable::DeliveryBy, teller.word(words::delivery_by(teller.facts.delivery_by)))
        .with(Variable::Handover, teller.word(words::handover(teller.facts.handover())))
        .with(Variable::DoneAt, &teller.clock(teller.at));
    Some(teller.tell_with_eta(kind, event.eta, values))
}

/// It was delivered or picked up.
pub fn queue_notice_when_order_completed(event: &OrderCompleted, teller: &Teller<'_>) -> QueueNotice {
    let handover = event.handover.unwrap_or_else(|| teller.facts.handover());
    let values = teller
        .order()
        .with(Variable::DoneAt, &teller.clock(event.done_at))
        .with(Variable::Handover, teller.word(words::handover(handover)));
    let kind = match event.delivery_by {
        DeliveryBy::Pickup => NoticeKind::PickedUp,
        DeliveryBy::Rider | DeliveryBy::Store => NoticeKind::Delivered,
    };
    teller.tell(kind, Form::Usual, &values)
}

/// It could not be delivered and was closed.
pub fn queue_notice_when_order_undelivered(event: &OrderUndelivered, teller: &Teller<'_>) -> QueueNotice {
    let values = teller
        .refund(event.refund_amount, Some(event.method))
        .with(Variable::CancelReason, teller.word(words::undelivered_reason(event.reason)));
    teller.tell(NoticeKind::Undelivered, form_of_refund(event.refund_amount), &values)
}

/// It comes later than said.
pub fn queue_notice_when_order_delayed(event: &OrderDelayed, teller: &Teller<'_>) -> QueueNotice {
    let values = teller
        .order()
        .with(Variable::DelayReason, teller.word(words::delay_reason(event.cause)))
        .with(Variable::OldEta, &teller.clock(event.old_eta))
        .with(Variable::NewEta, &teller.clock(event.new_eta));
    teller.tell(NoticeKind::Delayed, teller.form_of_way(), &values)
}

/// Something is the matter on the way. That it goes on again needs no message: the next one says so.
pub fn queue_notice_when_delivery_troubled(event: &DeliveryTroubled, teller: &Teller<'_>) -> Option<QueueNotice> {
    match event.trouble {
        Trouble::Interrupted(_) | Trouble::Failed(_) => {
            Some(teller.tell(NoticeKind::Trouble, Form::Usual, &teller.order()))
        }
        Trouble::Resumed => None,
    }
}

/// The customer has to pay a little later.
pub fn queue_notice_when_payment_deferred(event: &PaymentDeferred, teller: &Teller<'_>) -> QueueNotice {
    let values = teller
        .order()
        .with(Variable::PaidAmount, &event.amount.to_string())
        .with(Variable::RetryAt, &teller.clock(event.retry_at))
        .with(Variable::HoldUntil, &teller.clock(event.hold_ends_at));
    teller.tell(NoticeKind::PayDeferred, Form::Usual, &values)
}

/// Nobody knows yet whether it is paid.
pub fn queue_notice_when_payment_unconfirmed(event: &PaymentUnconfirmed, teller: &Teller<'_>) -> QueueNotice {
    let values = teller.order().with(Variable::PaidAmount, &event.amount.to_string());
    teller.tell(NoticeKind::PayChecking, Form::Usual, &values)
}

/// The payment was declined.
pub fn queue_notice_when_payment_failed(event: &PaymentFailed, teller: &Teller<'_>) -> QueueNotice {
    let values = teller
        .order()
        .with(Variable::PaidAmount, &event.amount.to_string())
        .with(Variable::FailReason, teller.word(words::payment_code(event.code)))
        .with(Variable::HoldUntil, &teller.clock(event.hold_ends_at));
    teller.tell(NoticeKind::PayFailed, Form::Usual, &values)
}

/// The time to pay ran out.
pub fn queue_notice_when_order_expired(_event: &OrderExpired, teller: &Teller<'_>) -> QueueNotice {
    teller.tell(NoticeKind::Expired, Form::Usual, &teller.order())
}

/// A cancel was asked for. An unreachable store is our own affair until it ends one way or the other.
pub fn queue_notice_when_cancel_requested(event: &CancelRequested, teller: &Teller<'_>) -> Option<QueueNotice> {
    if event.cause == CancelCause::StoreUnreachable {
        return None;
    }
    let values = teller.order().with(Variable::AnswerBy, &teller.clock(event.answer_by));
    Some(teller.tell(NoticeKind::CancelAsked, Form::Usual, &values))
}

/// The cancel that was asked for came too late.
pub fn queue_notice_when_cancel_refused(event: &CancelRefused, teller: &Teller<'_>) -> Option<QueueNotice> {
    if event.cause == CancelCause::StoreUnreachable {
        return None;
    }
    let values = teller.order().with(Variable::RefuseReason, teller.word(words::refuse_reason(event.reason)));
    Some(teller.tell_with_eta(NoticeKind::CancelRefused, event.eta, values))
}

/// The order is cancelled. What the customer is told depends on what had been paid, and on who ended it.
pub fn queue_notice_when_order_cancelled(event: &OrderCancelled, teller: &Teller<'_>) -> QueueNotice {
    let kind = match (event.paid, event.cause) {
        (PaidSoFar::Nothing, _) => NoticeKind::CancelUnpaid,
        (PaidSoFar::Unknown, _) => NoticeKind::CancelChecking,
        (PaidSoFar::Everything, CancelCause::StoreRejected | CancelCause::StoreUnreachable) => NoticeKind::Rejected,
        (
            PaidSoFar::Everything,
            CancelCause::CustomerAsked
            | CancelCause::StoreWithdrew
            | CancelCause::OperatorDecided
            | CancelCause::PaidTooLate,
        ) => NoticeKind::Cancelled,
    };
    let reason = teller.word(words::cancel_reason(event.reason));
    let values = teller
        .refund(event.refund_amount, event.method)
        .with(Variable::CancelReason, reason)
        .with(Variable::RejectReason, reason);
    teller.tell(kind, form_of_refund(event.refund_amount), &values)
}

/// Money is back. Money that does not come back is an operator's work, and no news for the customer.
pub fn queue_notice_when_refund_recorded(event: &RefundRecorded, teller: &Teller<'_>) -> Option<QueueNotice> {
    match event.outcome {
        RefundOutcome::Done => {}
        RefundOutcome::Failed => return None,
    }
    let values = teller
        .refund(event.amount, Some(event.method))
        .with(Variable::RefundedAt, &format::date_and_clock(event.at, teller.zone, teller.facts.language));
    let adjustment =
        teller.facts.adjustments.iter().find(|adjustment| Some(adjustment.adjustment_id) == event.adjustment);
    Some(match adjustment {
        None => teller.tell(NoticeKind::Refunded, Form::Usual, &values),
        Some(adjustment) => {
            let values = values
                .with(Variable::RefundItems, &adjustment.items)
                .with(Variable::RefundReason, teller.word(words::adjust_reason(adjustment.reason)));
            teller.tell(NoticeKind::PartRefunded, Form::Usual, &values)
        }
    })
}

/// Puts an event of an order into the customer's words.
#[derive(Debug, Clone, Copy)]
pub struct Teller<'a> {
    /// The order.
    pub facts: &'a OrderFacts,
    /// Where the clock on the wall hangs.
    pub zone: &'a TimeZone,
    /// The id of the event that is told.
    pub cause: &'a str,
    /// When it was recorded.
    pub at: Time,
}

impl Teller<'_> {
    /// The values that nearly every message has.
    fn order(&self) -> Values {
        Values::default()
            .with(Variable::OrderNo, self.facts.order_number.as_str())
            .with(Variable::StoreName, &self.facts.store_name)
            .with(Variable::Summary, &self.facts.summary())
    }

    fn refund(&self, amount: Amount, method: Option<PaymentMethod>) -> Values {
        let method = method.unwrap_or_default();
        self.order()
            .with(Variable::RefundAmount, &amount.to_string())
            .with(Variable::PayMethod, self.word(words::payment_method(method)))
    }

    fn word(&self, words: Words) -> &'static str {
        words.get(self.facts.language)
    }

    fn clock(&self, at: Time) -> String {
        format::clock(at, self.zone, self.facts.language)
    }

    fn form_of_way(&self) -> Form {
        match self.facts.delivery_by {
            DeliveryBy::Pickup => Form::NoArrival,
            DeliveryBy::Rider | DeliveryBy::Store => Form::Usual,
        }
    }

    /// Tells when it arrives, if it does and that is known.
    fn tell_with_eta(&self, kind: NoticeKind, eta: Option<Time>, values: Values) -> QueueNotice {
        match (self.form_of_way(), eta.or(self.facts.eta)) {
            (Form::Usual, Some(eta)) => self.tell(kind, Form::Usual, &values.with(Variable::Eta, &self.clock(eta))),
            (Form::Usual | Form::NoArrival | Form::NoRefund, _) => self.tell(kind, Form::NoArrival, &values),
        }
    }

    fn tell(&self, kind: NoticeKind, form: Form, values: &Values) -> QueueNotice {
        let facts = self.facts;
        let private = facts.private.as_ref().map(|private| PersonalData {
            phone: private.phone.clone(),
            link_token: private.link_token.clone(),
            ..PersonalData::default()
        });
        QueueNotice {
            notice_id: notice_id_for(self.cause, self.at),
            kind,
            customer_id: facts.customer_id.clone(),
            language: facts.language,
            order_number: facts.order_number.clone(),
            text: text(kind, form, facts.language, values),
            private: private.map(Box::new),
        }
    }
}

fn form_of_refund(amount: Amount) -> Form {
    if amount == Amount::ZERO { Form::NoRefund } else { Form::Usual }
}
