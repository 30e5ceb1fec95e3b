//! An order's whole story, oldest first.

use kernel::decider::Decider;
use kernel::events::app::{AppEvent, OrderCancelled, RefundOutcome, Trouble};
use kernel::events::{DomainEvent, Recorded};
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::{
    AdjustReason, CancelCause, CancelReason, DelayCause, DeliveryBy, OrderStatus, PaymentCode, Progress, RefuseReason,
};
use kernel::{Context, Time};
use serde::{Deserialize, Serialize};

use crate::domain::order::Order;

/// One step of an order's story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineItem {
    /// When.
    pub at: Time,
    /// What happened: an event's name, or a note's.
    pub event: String,
    /// Who brought it about.
    pub context: Context,
    /// Where the order stood from then on, where that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderStatus>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// The id of what caused it.
    pub cause: String,
}

/// More about a step; the edge says it in the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "each is the event's field of that name")]
#[schemars(rename = "TimelineDetail")]
pub enum Detail {
    Attempt(u32),
    RetryAt(Time),
    Declined(PaymentCode),
    AnswerBy(Time),
    Eta(Time),
    Delay { cause: DelayCause, new_eta: Time },
    Trouble(Trouble),
    Cancel { cause: CancelCause, reason: CancelReason },
    Cancelled { cause: CancelCause, reason: CancelReason, refund_amount: Amount },
    Refused(RefuseReason),
    Adjusted { reason: AdjustReason, amount: Amount, summary: Localized },
    Refund { outcome: RefundOutcome, amount: Amount },
    Undelivered { reason: CancelReason, refund_amount: Amount },
    Note(String),
}

/// Something that left no event: a policy's rejection, a message that was put by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// When.
    pub at: Time,
    /// What was heard or asked.
    pub event: String,
    /// From whom.
    pub context: Context,
    /// What came of it.
    pub detail: String,
    /// The id of what caused it.
    pub cause: String,
}

/// The story that `events` (all of one order's, in their order) and `notes` tell.
pub fn timeline(events: &[Recorded<AppEvent>], notes: &[Note]) -> Vec<TimelineItem> {
    let mut state = None;
    let mut status = None;
    let mut items = Vec::with_capacity(events.len() + notes.len());
    for event in events {
        state = Order::evolve(state, &event.event);
        let now = state.as_deref().map(crate::domain::order::Known::status);
        items.push(TimelineItem {
            at: event.at,
            event: event.event.name().to_owned(),
            context: context(&event.event),
            status: now.filter(|_| now != status),
            detail: detail(&event.event),
            cause: event.causation.clone(),
        });
        status = now;
    }
    for note in notes {
        // Events keep their order even where a clock stepped back; a note comes after what was known by then.
        let place = items.iter().rposition(|item| item.at <= note.at).map_or(0, |before| before + 1);
        items.insert(place, item(note.clone()));
    }
    items
}

fn item(note: Note) -> TimelineItem {
    TimelineItem {
        at: note.at,
        event: note.event,
        context: note.context,
        status: None,
        detail: Some(Detail::Note(note.detail)),
        cause: note.cause,
    }
}

/// Whose news an event is.
fn context(event: &AppEvent) -> Context {
    match event {
        AppEvent::OrderCreated(_)
        | AppEvent::PaymentStarted(_)
        | AppEvent::OrderPlaced(_)
        | AppEvent::OrderExpired(_)
        | AppEvent::CancelRequested(_)
        | AppEvent::OrderAdjusted(_)
        | AppEvent::OrderUndelivered(_)
        | AppEvent::PersonalDataErased(_) => Context::App,
        AppEvent::PaymentDeferred(_)
        | AppEvent::PaymentUnconfirmed(_)
        | AppEvent::PaymentFailed(_)
        | AppEvent::RefundRecorded(_) => Context::Pay,
        AppEvent::OrderReceived(_) | AppEvent::CancelRefused(_) => Context::Store,
        AppEvent::DeliveryTroubled(_) | AppEvent::DeliveredAfterCancel(_) => Context::Delivery,
        AppEvent::OrderProgressed(event) => match event.to {
            Progress::Accepted | Progress::Cooking | Progress::Ready => Context::Store,
            Progress::Delivering => Context::Delivery,
        },
        AppEvent::OrderDelayed(event) => match event.cause {
            DelayCause::ManyOrders | DelayCause::Kitchen => Context::Store,
            DelayCause::NoRider | DelayCause::Traffic | DelayCause::Trouble => Context::Delivery,
        },
        AppEvent::OrderCancelled(event) => canceller(event),
        AppEvent::OrderCompleted(event) => match event.delivery_by {
            DeliveryBy::Rider | DeliveryBy::Store => Context::Delivery,
            DeliveryBy::Pickup => Context::Store,
        },
    }
}

fn canceller(event: &OrderCancelled) -> Context {
    match event.cause {
        CancelCause::StoreRejected | CancelCause::StoreWithdrew => Context::Store,
        CancelCause::CustomerAsked
        | CancelCause::StoreUnreachable
        | CancelCause::OperatorDecided
        | CancelCause::PaidTooLate => Context::App,
    }
}

fn detail(event: &AppEvent) -> Option<Detail> {
    match event {
        AppEvent::PaymentStarted(event) => Some(Detail::Attempt(event.attempt)),
        AppEvent::PaymentUnconfirmed(event) => Some(Detail::Attempt(event.attempt)),
        AppEvent::PaymentDeferred(event) => Some(Detail::RetryAt(event.retry_at)),
        AppEvent::PaymentFailed(event) => Some(Detail::Declined(event.code)),
        AppEvent::OrderReceived(event) => Some(Detail::AnswerBy(event.answer_by)),
        AppEvent::OrderProgressed(event) => event.eta.map(Detail::Eta),
        AppEvent::OrderDelayed(event) => Some(Detail::Delay { cause: event.cause, new_eta: event.new_eta }),
        AppEvent::DeliveryTroubled(event) => Some(Detail::Trouble(event.trouble)),
        AppEvent::CancelRequested(event) => Some(Detail::Cancel { cause: event.cause, reason: event.reason }),
        AppEvent::CancelRefused(event) => Some(Detail::Refused(event.reason)),
        AppEvent::OrderCancelled(event) => {
            Some(Detail::Cancelled { cause: event.cause, reason: event.reason, refund_amount: event.refund_amount })
        }
        AppEvent::OrderAdjusted(event) => {
            Some(Detail::Adjusted { reason: event.reason, amount: event.amount, summary: event.summary.clone() })
        }
        AppEvent::RefundRecorded(event) => Some(Detail::Refund { outcome: event.outcome, amount: event.amount }),
        AppEvent::OrderUndelivered(event) => {
            Some(Detail::Undelivered { reason: event.reason, refund_amount: event.refund_amount })
        }
        AppEvent::OrderCreated(_)
        | AppEvent::OrderPlaced(_)
        | AppEvent::OrderExpired(_)
        | AppEvent::DeliveredAfterCancel(_)
        | AppEvent::OrderCompleted(_)
        | AppEvent::PersonalDataErased(_) => None,
    }
}
