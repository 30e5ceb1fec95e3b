//! What is shown of an order: its status, listed for its customer, and its story.

#[cfg(test)]
mod tests;
mod timeline;

use kernel::Time;
use kernel::decider::Decider;
use kernel::events::Recorded;
use kernel::events::app::{AppEvent, Trouble};
use kernel::ids::{OrderId, StoreId};
use kernel::money::Amount;
use kernel::order::{ChargeKind, OrderStatus, RefundStatus};
use kernel::people::PersonId;
use serde::{Deserialize, Serialize};

pub use timeline::{Detail, Note, TimelineItem, timeline};

use crate::domain::order::{Known, Order, Stage};
use crate::domain::reference::Reference;
use crate::domain::waits::{self, WaitingFor};

/// The row of the views `OrderStatus` and `MyOrders`, which lists it by its customer.
///
/// It folds with the order's own `evolve`, so what is shown can never differ from what is decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRow {
    /// The order's id.
    pub order_id: OrderId,
    /// What is known of it; its `private` part is stored apart.
    pub order: Box<Known>,
    /// The version of the order's stream that this is.
    pub version: u64,
    /// When the last event was recorded.
    pub changed_at: Time,
}

/// What a provider's payment window needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDue {
    /// What the provider will know the next attempt by: `<orderId>-<n>`.
    pub reference: String,
    /// What is to be paid.
    pub amount: Amount,
    /// The path of the page that opens the provider's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The row after `event`.
pub fn apply(row: Option<OrderRow>, event: &Recorded<AppEvent>) -> Option<OrderRow> {
    let order = Order::evolve(row.map(|row| row.order), &event.event)?;
    Some(OrderRow { order_id: OrderId::from(event.subject), order, version: event.version, changed_at: event.at })
}

impl OrderRow {
    /// Whose order it is.
    pub fn customer_id(&self) -> &PersonId {
        &self.order.details.customer_id
    }

    /// The token of its message link, until it is erased.
    pub fn link_token(&self) -> Option<&str> {
        self.order.private.as_ref()?.link_token.as_deref()
    }

    /// From which store.
    pub fn store_id(&self) -> StoreId {
        self.order.details.store_id
    }

    /// Where it stands.
    pub fn status(&self) -> OrderStatus {
        self.order.status()
    }

    /// Where its money stands.
    pub fn refund(&self) -> RefundStatus {
        self.order.refund_status()
    }

    /// The charge for bringing it.
    pub fn delivery_amount(&self) -> Amount {
        let charges = self.order.details.charges.iter().filter(|charge| charge.kind == ChargeKind::Delivery);
        charges.fold(Amount::ZERO, |sum, charge| sum.saturating_plus(charge.amount))
    }

    /// Until when it can be paid, while it is not.
    pub fn hold_ends_at(&self) -> Option<Time> {
        match &self.order.stage {
            Stage::Unpaid(_) => Some(self.order.hold_ends_at),
            Stage::Live(_) | Stage::Ended(_) => None,
        }
    }

    /// What is to be paid, and by which reference, while no attempt is open.
    pub fn payment_due(&self) -> Option<PaymentDue> {
        match &self.order.stage {
            Stage::Unpaid(unpaid) if unpaid.open.is_none() => Some(PaymentDue {
                reference: Reference { order_id: self.order_id, attempt: self.order.next_attempt() }.to_string(),
                amount: self.order.total_amount(),
                url: self.link_token().map(|token| format!("/o/{token}/pay")),
            }),
            Stage::Unpaid(_) | Stage::Live(_) | Stage::Ended(_) => None,
        }
    }

    /// What is the matter on the way, until the delivery goes on or the order ends.
    pub fn trouble(&self) -> Option<Trouble> {
        match &self.order.stage {
            Stage::Live(live) => live.trouble,
            Stage::Unpaid(_) | Stage::Ended(_) => None,
        }
    }

    /// What it waits for.
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        waits::waiting_for(&self.order)
    }
}
