//! What a basket costs at a store, or what is wrong with it. The price is ours, from our own copy of the menu.

mod problem;
mod recheck;
#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::events::app::OrderDetails;
use kernel::events::store::{MenuItem, Offer, OptionGroup};
use kernel::ids::{LineId, MenuId, OptionId};
use kernel::lang::{Language, Localized};
use kernel::money::{Amount, AmountOverflow, Currency};
use kernel::order::{BorneBy, Charge, ChargeKind, ChosenOption, DeliveryBy, Line, OrderNumber};
use kernel::people::PersonId;

pub use problem::{Kind, Problem};
pub use recheck::{Changed, recheck};

use crate::domain::storefront::{MenuEntry, StoreFrontRow};

/// The most lines an order has.
pub const MOST_LINES: usize = 50;
/// The most of one line.
pub const MOST_OF_ONE: u32 = 100;

/// What a customer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Of what.
    pub items: Vec<BasketItem>,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// What the customer believes it costs.
    pub expected_total: Option<Amount>,
}

/// One thing that a customer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketItem {
    /// The line it becomes.
    pub line_id: LineId,
    /// The item on the menu.
    pub menu_id: MenuId,
    /// How many.
    pub quantity: u32,
    /// With which options.
    pub options: Vec<OptionId>,
}

/// What a basket costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The store's name.
    pub store_name: Localized,
    /// The lines.
    pub lines: Vec<Line>,
    /// What comes on top.
    pub charges: Vec<Charge>,
    /// The lines with their options.
    pub items_amount: Amount,
    /// Lines and charges together.
    pub total_amount: Amount,
    /// The value-added tax in it.
    pub vat_amount: Amount,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// How long the store usually needs, in minutes.
    pub prep_minutes: u32,
}

impl Quote {
    /// The order that this quote becomes.
    pub fn into_details(
        self,
        order_number: OrderNumber,
        customer_id: PersonId,
        front: &StoreFrontRow,
        language: Language,
    ) -> OrderDetails {
        OrderDetails {
            order_number,
            customer_id,
            store_id: front.store_id,
            store_name: self.store_name,
            lines: self.lines,
            charges: self.charges,
            items_amount: self.items_amount,
            total_amount: self.total_amount,
            vat_amount: self.vat_amount,
            currency: self.currency,
            delivery_by: self.delivery_by,
            language,
            prep_minutes: self.prep_minutes,
        }
    }
}

/// The price of `basket` at `front`, or all that is wrong with it.
pub fn quote(front: &StoreFrontRow, basket: &Basket, at: Time) -> Result<Quote, Vec<Problem>> {
    let mut problems = Vec::new();
    if let Err(closed) = front.open_at(at) {
        problems.push(Problem::StoreClosed(closed));
    }
    let offer = front.offer(basket.delivery_by);
    if offer.is_none() {
        problems.push(Problem::WayNotOffered);
    }
    if basket.items.is_empty() {
        problems.push(Problem::NoItems);
    }
    if basket.items.len() > MOST_LINES {
        problems.push(Problem::TooManyItems);
        return Err(problems);
    }
    let mut lines = Vec::with_capacity(basket.items.len());
    for (index, item) in basket.items.iter().enumerate() {
        lines.extend(line(front, item, index, &mut problems));
    }
    match offer {
        Some(offer) if lines.len() == basket.items.len() && !lines.is_empty() => {
            let total = total(front, *offer, lines);
            add_up(front, basket, total, problems)
        }
        Some(_) | None => Err(problems),
    }
}

/// Checks what only the whole basket shows; a closed store's basket is still told its other faults.
fn add_up(
    front: &StoreFrontRow,
    basket: &Basket,
    total: Result<Quote, AmountOverflow>,
    mut problems: Vec<Problem>,
) -> Result<Quote, Vec<Problem>> {
    let Ok(quote) = total else {
        problems.push(Problem::TotalOutOfRange);
        return Err(problems);
    };
    let minimum = front.terms.minimum_amount;
    if quote.items_amount < minimum {
        problems.push(Problem::BelowMinimum { minimum, items: quote.items_amount });
    }
    if basket.expected_total.is_some_and(|expected| expected != quote.total_amount) {
        problems.push(Problem::TotalDiffers { total: quote.total_amount });
    }
    if problems.is_empty() { Ok(quote) } else { Err(problems) }
}

fn total(front: &StoreFrontRow, offer: Offer, lines: Vec<Line>) -> Result<Quote, AmountOverflow> {
    let amounts = lines.iter().map(Line::amount).collect::<Result<Vec<_>, _>>()?;
    let items_amount = Amount::sum(amounts)?;
    let charges: Vec<Charge> = charge(offer).into_iter().collect();
    let total_amount = Amount::sum(charges.iter().map(|charge| charge.amount))?.plus(items_amount)?;
    // The tax is rounded by adding half of its divisor: that has to fit too.
    total_amount.plus(Amount::new(5))?;
    // What costs nothing cannot be paid, and an order that is not paid is never established.
    if total_amount <= Amount::ZERO {
        return Err(AmountOverflow);
    }
    Ok(Quote {
        store_name: front.terms.name.clone(),
        lines,
        charges,
        items_amount,
        total_amount,
        vat_amount: total_amount.vat_included(),
        currency: front.terms.currency,
        delivery_by: offer.delivery_by,
        prep_minutes: front.terms.prep_minutes,
    })
}

/// The fee for bringing it; one of nothing is none.
fn charge(offer: Offer) -> Option<Charge> {
    let owed_to = match offer.delivery_by {
        DeliveryBy::Rider => BorneBy::Rider,
        DeliveryBy::Store | DeliveryBy::Pickup => BorneBy::Store,
    };
    (offer.fee_amount > Amount::ZERO).then_some(Charge {
        kind: ChargeKind::Delivery,
        amount: offer.fee_amount,
        owed_to,
    })
}

/// The line that `item` becomes, where nothing is wrong with it that keeps it from having a price.
fn line(front: &StoreFrontRow, item: &BasketItem, index: usize, problems: &mut Vec<Problem>) -> Option<Line> {
    let Some(entry) = front.entry(item.menu_id) else {
        problems.push(Problem::UnknownItem { index });
        return None;
    };
    if !(1..=MOST_OF_ONE).contains(&item.quantity) {
        problems.push(Problem::QuantityOutOfRange { index });
        return None;
    }
    if entry.item.sold_out {
        problems.push(Problem::SoldOut { index, name: entry.item.name.clone() });
    }
    let options = chosen(&entry.item, &item.options, index).map_err(|found| problems.extend(found)).ok()?;
    snapshot(entry, item.line_id, item.quantity, options).map_err(|_| problems.push(Problem::TotalOutOfRange)).ok()
}

/// The line as the menu has it now.
fn snapshot(
    entry: &MenuEntry,
    line_id: LineId,
    quantity: u32,
    options: Vec<ChosenOption>,
) -> Result<Line, AmountOverflow> {
    let extras = Amount::sum(options.iter().map(|option| option.price_amount))?;
    let unit_amount = entry.item.price_amount.plus(extras)?;
    if unit_amount < Amount::ZERO {
        return Err(AmountOverflow);
    }
    Ok(Line {
        line_id,
        menu_id: entry.item.menu_id,
        menu_version: entry.menu_version,
        name: entry.item.name.clone(),
        quantity,
        unit_amount,
        options,
    })
}

/// The chosen options with their groups and prices, if every group's rule is kept.
fn chosen(item: &MenuItem, ids: &[OptionId], index: usize) -> Result<Vec<ChosenOption>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut chosen = Vec::with_capacity(ids.len());
    for (option, id) in ids.iter().enumerate() {
        match find(item, *id) {
            None => problems.push(Problem::UnknownOption { index, option }),
            Some(_) if ids[..option].contains(id) => problems.push(Problem::DuplicateOption { index, option }),
            Some(found) => chosen.push(found),
        }
    }
    for group in &item.option_groups {
        problems.extend(group_rule(group, ids, index));
    }
    if problems.is_empty() { Ok(chosen) } else { Err(problems) }
}

fn find(item: &MenuItem, id: OptionId) -> Option<ChosenOption> {
    item.option_groups.iter().find_map(|group| {
        let option = group.options.iter().find(|option| option.option_id == id)?;
        Some(ChosenOption {
            option_id: id,
            group: group.name.clone(),
            name: option.name.clone(),
            price_amount: option.price_amount,
        })
    })
}

fn group_rule(group: &OptionGroup, ids: &[OptionId], index: usize) -> Option<Problem> {
    let count = group.options.iter().filter(|option| ids.contains(&option.option_id)).count();
    let group_name = || group.name.clone();
    if count < group.min as usize {
        Some(Problem::TooFewOptions { index, group: group_name(), min: group.min })
    } else if count > group.max as usize {
        Some(Problem::TooManyOptions { index, group: group_name(), max: group.max })
    } else {
        None
    }
}
