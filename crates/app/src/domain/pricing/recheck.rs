//! Whether an order could still be made as it was, before another attempt to pay for it.

use kernel::Time;
use kernel::events::app::OrderDetails;
use kernel::ids::OptionId;
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::Line;

use super::{charge, chosen, snapshot};
use crate::domain::storefront::{Closed, StoreFrontRow};

/// Something that changed at the store since the order was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it; `index` counts the order's lines from 0")]
pub enum Changed {
    #[error("the store takes no orders now")]
    StoreClosed(Closed),
    #[error("the store no longer offers this way of delivery")]
    WayNotOffered,
    #[error("the delivery fee was {was} and is {now}")]
    Fee { was: Amount, now: Amount },
    #[error("{} is no longer on the menu", name.en)]
    ItemGone { index: usize, name: Localized },
    #[error("{} is sold out", name.en)]
    SoldOut { index: usize, name: Localized },
    #[error("{} can no longer be had with these options", name.en)]
    Options { index: usize, name: Localized },
    #[error("{} was {was} and is {now}", name.en)]
    Price { index: usize, name: Localized, was: Amount, now: Amount },
    #[error("the store delivers from {minimum} now")]
    BelowMinimum { minimum: Amount },
}

impl Changed {
    /// The stable name of the problem.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::StoreClosed(_) => "store-closed",
            Self::SoldOut { .. } => "sold-out",
            Self::WayNotOffered
            | Self::Fee { .. }
            | Self::ItemGone { .. }
            | Self::Options { .. }
            | Self::Price { .. }
            | Self::BelowMinimum { .. } => "order-changed",
        }
    }

    /// The path of the order's field that it is about.
    pub fn field(&self) -> String {
        match self {
            Self::StoreClosed(_) => "storeId".to_owned(),
            Self::WayNotOffered => "deliveryBy".to_owned(),
            Self::Fee { .. } => "deliveryAmount".to_owned(),
            Self::ItemGone { index, .. } | Self::SoldOut { index, .. } => format!("items[{index}].menuId"),
            Self::Options { index, .. } => format!("items[{index}].options"),
            Self::Price { index, .. } => format!("items[{index}].unitAmount"),
            Self::BelowMinimum { .. } => "itemsAmount".to_owned(),
        }
    }
}

/// What changed at `front` since the order of `details` was made there.
pub fn recheck(details: &OrderDetails, front: &StoreFrontRow, at: Time) -> Result<(), Vec<Changed>> {
    let mut changes = Vec::new();
    if let Err(closed) = front.open_at(at) {
        changes.push(Changed::StoreClosed(closed));
    }
    changes.extend(fee(details, front));
    let lines = details.lines.iter().enumerate();
    changes.extend(lines.filter_map(|(index, line)| line_changed(line, index, front)));
    let minimum = front.terms.minimum_amount;
    if details.items_amount < minimum {
        changes.push(Changed::BelowMinimum { minimum });
    }
    if changes.is_empty() { Ok(()) } else { Err(changes) }
}

fn fee(details: &OrderDetails, front: &StoreFrontRow) -> Option<Changed> {
    let Some(offer) = front.offer(details.delivery_by) else {
        return Some(Changed::WayNotOffered);
    };
    let sum = |charges: &[kernel::order::Charge]| {
        charges.iter().fold(Amount::ZERO, |sum, charge| sum.saturating_plus(charge.amount))
    };
    let was = sum(&details.charges);
    let now = sum(charge(*offer).as_slice());
    (was != now).then_some(Changed::Fee { was, now })
}

fn line_changed(line: &Line, index: usize, front: &StoreFrontRow) -> Option<Changed> {
    let name = || line.name.clone();
    let Some(entry) = front.entry(line.menu_id) else {
        return Some(Changed::ItemGone { index, name: name() });
    };
    if entry.item.sold_out {
        return Some(Changed::SoldOut { index, name: name() });
    }
    if entry.menu_version == line.menu_version {
        return None;
    }
    let ids: Vec<OptionId> = line.options.iter().map(|option| option.option_id).collect();
    let now = chosen(&entry.item, &ids, index)
        .ok()
        .and_then(|options| snapshot(entry, line.line_id, line.quantity, options).ok());
    match now {
        None => Some(Changed::Options { index, name: name() }),
        Some(now) if now.unit_amount != line.unit_amount => {
            Some(Changed::Price { index, name: name(), was: line.unit_amount, now: now.unit_amount })
        }
        Some(_) => None,
    }
}
