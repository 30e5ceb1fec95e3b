//! The stores as customers see them: replicated from store's log, so that ordering goes on while store is down.

use kernel::Time;
use kernel::events::Recorded;
use kernel::events::store::{MenuItem, Offer, StoreEvent, StoreTerms};
use kernel::ids::{MenuId, StoreId};
use kernel::order::DeliveryBy;
use serde::{Deserialize, Serialize};

/// A store with its menu, as far as it was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreFrontRow {
    /// The store.
    pub store_id: StoreId,
    /// Its terms.
    pub terms: StoreTerms,
    /// Whether its switch is on.
    pub switched_on: bool,
    /// Until when it is paused.
    pub paused_until: Option<Time>,
    /// Its menu, in the order in which items were added.
    pub menu: Vec<MenuEntry>,
    /// The version of the store's stream that this is.
    pub version: u64,
}

/// An item on the menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MenuEntry {
    /// The item.
    pub item: MenuItem,
    /// The version of the store's stream that last changed it.
    pub menu_version: u64,
}

/// Why a store takes no orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The owner switched it off.
    SwitchedOff,
    /// The owner paused it.
    Paused {
        /// Until when.
        until: Time,
    },
    /// Its hours say so.
    OutOfHours,
}

impl StoreFrontRow {
    /// Whether it takes orders at `at`, and why not.
    pub fn open_at(&self, at: Time) -> Result<(), Closed> {
        match self.paused_until {
            Some(until) if at < until => Err(Closed::Paused { until }),
            _ if !self.switched_on => Err(Closed::SwitchedOff),
            _ if !self.terms.hours.take_orders_at(at) => Err(Closed::OutOfHours),
            _ => Ok(()),
        }
    }

    /// The item on its menu.
    pub fn entry(&self, menu_id: MenuId) -> Option<&MenuEntry> {
        self.menu.iter().find(|entry| entry.item.menu_id == menu_id)
    }

    /// Its offer of this way of fulfilment.
    pub fn offer(&self, delivery_by: DeliveryBy) -> Option<&Offer> {
        self.terms.offers.iter().find(|offer| offer.delivery_by == delivery_by)
    }
}

/// The row after `event`; events of tickets change no store.
pub fn apply(row: Option<StoreFrontRow>, event: &Recorded<StoreEvent>) -> Option<StoreFrontRow> {
    let mut row = match (row, &event.event) {
        (Some(row), _) => row,
        (None, StoreEvent::StoreRegistered(registered)) => StoreFrontRow {
            store_id: StoreId::from(event.subject),
            terms: registered.terms.clone(),
            switched_on: false,
            paused_until: None,
            menu: Vec::new(),
            version: 0,
        },
        (None, _) => return None,
    };
    if changed(&mut row, event) {
        row.version = event.version;
    }
    Some(row)
}

fn changed(row: &mut StoreFrontRow, event: &Recorded<StoreEvent>) -> bool {
    match &event.event {
        StoreEvent::StoreRegistered(registered) => row.terms = registered.terms.clone(),
        StoreEvent::StoreTermsChanged(changed) => row.terms = changed.terms.clone(),
        StoreEvent::StoreOpened(_) => {
            row.switched_on = true;
            row.paused_until = None;
        }
        StoreEvent::StoreClosed(_) => row.switched_on = false,
        StoreEvent::StorePaused(paused) => row.paused_until = Some(paused.until),
        StoreEvent::MenuItemChanged(changed) => put(row, &changed.item, event.version),
        StoreEvent::MenuItemSoldOut(sold_out) => mark(row, sold_out.menu_id, true),
        StoreEvent::MenuItemBack(back) => mark(row, back.menu_id, false),
        StoreEvent::TicketOpened(_)
        | StoreEvent::TicketAccepted(_)
        | StoreEvent::TicketRejected(_)
        | StoreEvent::TicketDelayed(_)
        | StoreEvent::CookingStarted(_)
        | StoreEvent::CookingFinished(_)
        | StoreEvent::TicketHandedOver(_)
        | StoreEvent::TicketCancelled(_)
        | StoreEvent::TicketCancelRefused(_)
        | StoreEvent::TicketWithdrawn(_)
        | StoreEvent::TicketAdjusted(_)
        | StoreEvent::TicketVoided(_)
        | StoreEvent::KitchenLate(_) => return false,
    }
    true
}

fn put(row: &mut StoreFrontRow, item: &MenuItem, menu_version: u64) {
    let entry = MenuEntry { item: item.clone(), menu_version };
    match row.menu.iter_mut().find(|known| known.item.menu_id == item.menu_id) {
        Some(known) => *known = entry,
        None => row.menu.push(entry),
    }
}

fn mark(row: &mut StoreFrontRow, menu_id: MenuId, sold_out: bool) {
    if let Some(entry) = row.menu.iter_mut().find(|entry| entry.item.menu_id == menu_id) {
        entry.item.sold_out = sold_out;
    }
}

#[cfg(test)]
mod tests;
