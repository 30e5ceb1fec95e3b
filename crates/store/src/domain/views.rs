//! `KitchenBoard`: what the owner sees.

#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::events::Recorded;
use kernel::events::store::{StoreEvent, TicketOpened, TicketStatus};
use kernel::ids::{OrderId, StoreId};
use kernel::order::{CancelReason, DeliveryBy, Line, OrderNumber, adjust_lines};
use kernel::personal::{PersonalData, Requests};
use serde::{Deserialize, Serialize};

/// A ticket on the board. It is filtered by store and status, oldest order first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KitchenRow {
    /// The order.
    pub order_id: OrderId,
    /// The number people say.
    pub order_number: OrderNumber,
    /// Whose ticket.
    pub store_id: StoreId,
    /// Where it stands.
    pub status: TicketStatus,
    /// What to cook, after adjustments; a line of quantity 0 was taken out.
    pub lines: Vec<Line>,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// How long the owner said it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prep_minutes: Option<u32>,
    /// When it is expected to be ready; once it is, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_by: Option<Time>,
    /// Until when the owner answers, while the ticket is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Time>,
    /// When the kitchen counts as late, while there is something to cook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_at: Option<Time>,
    /// Since when the kitchen has been late, until it is done or says how much longer it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_since: Option<Time>,
    /// From when an uncollected pick-up is the operator's matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncollected_at: Option<Time>,
    /// Why it was rejected or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
    /// When the order was placed.
    pub placed_at: Time,
    /// The version of the ticket that the row shows.
    pub version: u64,
    /// Recipient and requests.
    #[serde(skip)]
    pub private: Option<Box<PersonalData>>,
}

impl KitchenRow {
    /// What the customer asks for.
    pub fn requests(&self) -> Option<&Requests> {
        self.private.as_deref()?.requests.as_ref()
    }

    /// What the customer asks of the store.
    pub fn note(&self) -> Option<&str> {
        self.requests()?.store.as_deref()
    }

    /// From when the operator has to look at it.
    pub fn overdue_at(&self) -> Option<Time> {
        self.uncollected_at.or(self.late_since)
    }

    /// Whether the kitchen still has something to do with it.
    pub const fn is_active(&self) -> bool {
        match self.status {
            TicketStatus::Open | TicketStatus::Accepted | TicketStatus::Cooking | TicketStatus::Cooked => true,
            TicketStatus::Out | TicketStatus::Rejected | TicketStatus::Cancelled => false,
        }
    }
}

/// The board's row after `event`; a ticket that ended before it was opened never appears.
pub fn apply(row: Option<KitchenRow>, event: &Recorded<StoreEvent>) -> Option<KitchenRow> {
    if let StoreEvent::TicketOpened(opened) = &event.event {
        return Some(put_up(opened, event));
    }
    let mut row = row?;
    change(&mut row, event);
    row.version = event.version;
    Some(row)
}

fn put_up(opened: &TicketOpened, event: &Recorded<StoreEvent>) -> KitchenRow {
    KitchenRow {
        order_id: event.subject.into(),
        order_number: opened.order_number.clone(),
        store_id: opened.store_id,
        status: TicketStatus::Open,
        lines: opened.lines.clone(),
        delivery_by: opened.delivery_by,
        prep_minutes: None,
        ready_by: None,
        answer_by: Some(opened.answer_by),
        late_at: None,
        late_since: None,
        uncollected_at: None,
        reason: None,
        placed_at: opened.placed_at,
        version: event.version,
        private: opened.private.clone(),
    }
}

fn change(row: &mut KitchenRow, recorded: &Recorded<StoreEvent>) {
    match &recorded.event {
        StoreEvent::TicketAccepted(event) => {
            row.enter(TicketStatus::Accepted);
            row.prep_minutes = Some(event.prep_minutes);
            row.expect_ready(event.ready_by, event.late_at);
        }
        StoreEvent::TicketRejected(event) => {
            row.enter(TicketStatus::Rejected);
            row.reason = Some(event.reason.into());
        }
        StoreEvent::TicketDelayed(event) => {
            row.expect_ready(event.ready_by, event.late_at);
            row.late_since = None;
        }
        StoreEvent::KitchenLate(event) => {
            row.expect_ready(event.ready_by, event.late_at);
            row.late_since.get_or_insert(recorded.at);
        }
        StoreEvent::CookingStarted(_) => row.status = TicketStatus::Cooking,
        StoreEvent::CookingFinished(event) => {
            row.enter(TicketStatus::Cooked);
            row.ready_by = Some(event.ready_at);
            row.uncollected_at = event.uncollected_at;
        }
        StoreEvent::TicketHandedOver(_) => row.enter(TicketStatus::Out),
        StoreEvent::TicketCancelled(_) | StoreEvent::TicketVoided(_) => row.enter(TicketStatus::Cancelled),
        StoreEvent::TicketWithdrawn(event) => {
            row.enter(TicketStatus::Cancelled);
            row.reason = Some(event.reason.into());
        }
        StoreEvent::TicketAdjusted(event) => adjust_lines(&mut row.lines, &event.lines),
        StoreEvent::TicketOpened(_)
        | StoreEvent::TicketCancelRefused(_)
        | StoreEvent::StoreRegistered(_)
        | StoreEvent::StoreTermsChanged(_)
        | StoreEvent::StoreOpened(_)
        | StoreEvent::StoreClosed(_)
        | StoreEvent::StorePaused(_)
        | StoreEvent::MenuItemChanged(_)
        | StoreEvent::MenuItemSoldOut(_)
        | StoreEvent::MenuItemBack(_) => {}
    }
}

impl KitchenRow {
    /// What the earlier status was waiting for is over.
    fn enter(&mut self, status: TicketStatus) {
        self.status = status;
        (self.answer_by, self.late_at, self.late_since, self.uncollected_at) = (None, None, None, None);
    }

    fn expect_ready(&mut self, ready_by: Time, late_at: Time) {
        (self.ready_by, self.late_at) = (Some(ready_by), Some(late_at));
    }
}
