//! What customer looks up: the facts of an order, and what a customer was told.

#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::events::Recorded;
use kernel::events::app::{AppEvent, OrderAdjusted, OrderDetails};
use kernel::events::customer::{Channel, CustomerEvent, NoticeKind, NoticeQueued};
use kernel::ids::{AdjustmentId, LineId, NoticeId, OrderId};
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::order::{AdjustReason, DeliveryBy, LineLeft, OrderNumber};
use kernel::people::PersonId;
use kernel::personal::{Handover, PersonalData, Requests};
use serde::{Deserialize, Serialize};

use crate::domain::templates::{self, Variable};

/// What messages say about an order, in the customer's language. One row an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderFacts {
    /// The number people say.
    pub order_number: OrderNumber,
    /// Who ordered.
    pub customer_id: PersonId,
    /// The store's name.
    pub store_name: String,
    /// What was ordered and is still part of the order.
    pub dishes: Vec<Dish>,
    /// What it costs, after adjustments.
    pub total_amount: Amount,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// The customer's language.
    pub language: Language,
    /// When it was ordered.
    pub created_at: Time,
    /// When it is expected, once that is known.
    pub eta: Option<Time>,
    /// What was taken out of it.
    pub adjustments: Vec<Adjustment>,
    /// Phone number, link token and how to hand over; gone once erased.
    #[serde(skip)]
    pub private: Option<Box<PersonalData>>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dish {
    /// The line.
    pub line_id: LineId,
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: u32,
}

/// What was taken out of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// The adjustment.
    pub adjustment_id: AdjustmentId,
    /// What, in words.
    pub items: String,
    /// Why.
    pub reason: AdjustReason,
}

impl OrderFacts {
    /// The facts after `event`, in app's log. Placing an order that is known adds nothing: what was paid how is
    /// said by the events that tell of money.
    pub fn apply(row: Option<Self>, event: &Recorded<AppEvent>) -> Option<Self> {
        match row {
            Some(facts) => Some(facts.after(&event.event)),
            None => Self::first(&event.event),
        }
    }

    /// What was ordered, in a few words.
    pub fn summary(&self) -> String {
        let dishes = self.dishes.iter().map(|dish| (dish.name.as_str(), dish.quantity));
        let at_most = templates::registry().at_most(Variable::Summary).unwrap_or(usize::MAX);
        templates::format::summary(dishes, self.language, at_most)
    }

    /// How the customer wants it handed over.
    pub fn handover(&self) -> Handover {
        let requests = self.private.as_ref().and_then(|private| private.requests.as_ref());
        requests.and_then(|requests| requests.handover).unwrap_or_default()
    }

    fn first(event: &AppEvent) -> Option<Self> {
        if let AppEvent::OrderCreated(created) = event {
            Some(Self::of(&created.details, created.private.as_deref(), created.created_at))
        } else if let AppEvent::OrderPlaced(placed) = event {
            Some(Self::of(&placed.details, placed.private.as_deref(), placed.placed_at))
        } else {
            None
        }
    }

    fn of(details: &OrderDetails, private: Option<&PersonalData>, created_at: Time) -> Self {
        let language = details.language;
        let dish = |line: &kernel::order::Line| Dish {
            line_id: line.line_id,
            name: line.name.get(language).to_owned(),
            quantity: line.quantity,
        };
        Self {
            order_number: details.order_number.clone(),
            customer_id: details.customer_id.clone(),
            store_name: details.store_name.get(language).to_owned(),
            dishes: details.lines.iter().map(dish).collect(),
            total_amount: details.total_amount,
            delivery_by: details.delivery_by,
            language,
            created_at,
            eta: None,
            adjustments: Vec::new(),
            private: private.map(|private| Box::new(needed(private))),
        }
    }

    fn after(mut self, event: &AppEvent) -> Self {
        match event {
            AppEvent::OrderProgressed(progressed) => self.eta = progressed.eta.or(self.eta),
            AppEvent::OrderDelayed(delayed) => self.eta = Some(delayed.new_eta),
            AppEvent::OrderAdjusted(adjusted) => self.adjust(adjusted),
            AppEvent::PersonalDataErased(_) => self.private = None,
            AppEvent::OrderCreated(_)
            | AppEvent::OrderPlaced(_)
            | AppEvent::PaymentStarted(_)
            | AppEvent::PaymentDeferred(_)
            | AppEvent::PaymentUnconfirmed(_)
            | AppEvent::PaymentFailed(_)
            | AppEvent::OrderExpired(_)
            | AppEvent::OrderReceived(_)
            | AppEvent::DeliveryTroubled(_)
            | AppEvent::CancelRequested(_)
            | AppEvent::CancelRefused(_)
            | AppEvent::OrderCancelled(_)
            | AppEvent::RefundRecorded(_)
            | AppEvent::DeliveredAfterCancel(_)
            | AppEvent::OrderUndelivered(_)
            | AppEvent::OrderCompleted(_) => {}
        }
        self
    }

    fn adjust(&mut self, adjusted: &OrderAdjusted) {
        for LineLeft { line_id, quantity } in &adjusted.lines {
            if let Some(dish) = self.dishes.iter_mut().find(|dish| dish.line_id == *line_id) {
                dish.quantity = dish.quantity.min(*quantity);
            }
        }
        self.total_amount = self.total_amount.saturating_minus(adjusted.amount);
        self.adjustments.push(Adjustment {
            adjustment_id: adjusted.adjustment_id,
            items: Localized::get(&adjusted.summary, self.language).to_owned(),
            reason: adjusted.reason,
        });
    }
}

/// Only what messages need is kept: no address.
fn needed(private: &PersonalData) -> PersonalData {
    let handover = private.requests.as_ref().and_then(|requests| requests.handover);
    PersonalData {
        phone: private.phone.clone(),
        link_token: private.link_token.clone(),
        requests: handover.map(|handover| Requests { handover: Some(handover), ..Requests::default() }),
        ..PersonalData::default()
    }
}

/// How far a notice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoticeState {
    /// To be sent.
    Queued,
    /// It reached the customer.
    Sent,
    /// It did not, and will not.
    Failed,
    /// The order moved on before it was sent.
    Skipped,
}

/// What a customer was told. One row a notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboxRow {
    /// The notice.
    pub notification_id: NoticeId,
    /// The order that it is about.
    pub order_id: OrderId,
    /// The number people say.
    pub order_number: OrderNumber,
    /// Who was told.
    pub customer_id: PersonId,
    /// The name of its template.
    pub kind: NoticeKind,
    /// What it says.
    pub text: String,
    /// In which language.
    pub language: Language,
    /// How far it has come.
    pub state: NoticeState,
    /// When it was queued.
    pub queued_at: Time,
    /// When it came this far.
    pub at: Time,
    /// How it reached the phone, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Why it failed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl InboxRow {
    /// The row that `event` is about.
    pub const fn key(event: &CustomerEvent) -> NoticeId {
        match event {
            CustomerEvent::NoticeQueued(queued) => queued.notice_id,
            CustomerEvent::NoticeSent(sent) => sent.notice_id,
            CustomerEvent::NoticeFailed(failed) => failed.notice_id,
            CustomerEvent::NoticeSkipped(skipped) => skipped.notice_id,
        }
    }

    /// Its title: it follows from the text, so no row keeps it.
    pub fn title(&self) -> String {
        templates::title(self.kind, self.language, &self.text)
    }

    /// The row after `event`, in customer's own log.
    pub fn apply(row: Option<Self>, event: &Recorded<CustomerEvent>) -> Option<Self> {
        match &event.event {
            CustomerEvent::NoticeQueued(queued) => Some(Self::queued(queued, event.subject.into())),
            CustomerEvent::NoticeSent(sent) => {
                row.map(|row| Self { channel: sent.channel, ..row.now(NoticeState::Sent, sent.sent_at) })
            }
            CustomerEvent::NoticeFailed(failed) => {
                row.map(|row| Self { code: failed.code.clone(), ..row.now(NoticeState::Failed, failed.failed_at) })
            }
            CustomerEvent::NoticeSkipped(skipped) => row.map(|row| row.now(NoticeState::Skipped, skipped.skipped_at)),
        }
    }

    fn queued(queued: &NoticeQueued, order_id: OrderId) -> Self {
        Self {
            notification_id: queued.notice_id,
            order_id,
            order_number: queued.order_number.clone(),
            customer_id: queued.customer_id.clone(),
            kind: queued.kind,
            text: queued.text.clone(),
            language: queued.language,
            state: NoticeState::Queued,
            queued_at: queued.queued_at,
            at: queued.queued_at,
            channel: None,
            code: None,
        }
    }

    fn now(self, state: NoticeState, at: Time) -> Self {
        Self { state, at, ..self }
    }
}
