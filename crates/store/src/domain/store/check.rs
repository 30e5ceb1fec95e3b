//! Which terms can be kept, and which items can be sold.

use kernel::events::store::{AutoCooking, MenuItem, OptionGroup, StoreTerms};
use kernel::hours::HoursError;
use kernel::lang::Localized;
use kernel::money::Amount;

use super::StoreRejection;
use crate::domain::ticket::MOST_MINUTES;

/// The longest name, in characters; a template's line holds no more.
const LONGEST_NAME: usize = 80;
/// The longest description, address or remark, in characters.
const LONGEST_TEXT: usize = 500;
/// The highest price; with the largest quantities, sums stay far from what an amount can hold.
const HIGHEST: Amount = Amount::new(100_000_000);
/// Cooking that starts by itself starts within two hours.
const LATEST_START_SECONDS: u32 = 7_200;
/// More groups or options than this is a mistake.
const MOST_CHOICES: usize = 100;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing where something is needed.
    #[error("is empty")]
    Empty,
    /// More than fits.
    #[error("is too long")]
    TooLong,
    /// Less than nothing, or more than anybody pays.
    #[error("is not an amount between nothing and {HIGHEST}")]
    Price,
    /// Not within its bounds.
    #[error("is out of range")]
    OutOfRange,
    /// The same twice.
    #[error("names the same twice")]
    Repeated,
    /// More must be chosen than may be, or than there is.
    #[error("asks for more choices than there are")]
    Choices,
    /// Hours that cannot be kept.
    #[error("cannot be kept: {0}")]
    Hours(HoursError),
}

type Checked = Result<(), (&'static str, Fault)>;

pub(super) fn terms(terms: &StoreTerms) -> Result<(), StoreRejection> {
    terms_fault(terms).map_err(|(field, fault)| StoreRejection::InvalidTerms { field, fault })
}

pub(super) fn item(item: &MenuItem) -> Result<(), StoreRejection> {
    item_fault(item).map_err(|(field, fault)| StoreRejection::InvalidItem { field, fault })
}

fn terms_fault(terms: &StoreTerms) -> Checked {
    name("name", &terms.name)?;
    name("category", &terms.category.name)?;
    text("category", &terms.category.slug, LONGEST_NAME)?;
    text("phone", &terms.phone, LONGEST_NAME)?;
    text("address", &terms.address, LONGEST_TEXT)?;
    ensure("lat", Fault::OutOfRange, (-90.0..=90.0).contains(&terms.lat))?;
    ensure("lng", Fault::OutOfRange, (-180.0..=180.0).contains(&terms.lng))?;
    price("minimumAmount", terms.minimum_amount)?;
    ensure("offers", Fault::Empty, !terms.offers.is_empty())?;
    ensure("offers", Fault::Repeated, all_different(terms.offers.iter().map(|offer| offer.delivery_by)))?;
    terms.offers.iter().try_for_each(|offer| price("offers", offer.fee_amount))?;
    ensure("prepMinutes", Fault::OutOfRange, (1..=MOST_MINUTES).contains(&terms.prep_minutes))?;
    terms.hours.validate().map_err(|error| ("hours", Fault::Hours(error)))?;
    let seconds = match terms.auto_cooking {
        AutoCooking::Default | AutoCooking::Off | AutoCooking::AtOnce => 0,
        AutoCooking::After { seconds } => seconds,
    };
    ensure("autoCooking", Fault::OutOfRange, seconds <= LATEST_START_SECONDS)
}

fn item_fault(item: &MenuItem) -> Checked {
    name("name", &item.name)?;
    let description = [&item.description.ko, &item.description.en];
    let short = description.iter().all(|text| text.chars().count() <= LONGEST_TEXT);
    ensure("description", Fault::TooLong, short)?;
    price("priceAmount", item.price_amount)?;
    ensure("optionGroups", Fault::TooLong, item.option_groups.len() <= MOST_CHOICES)?;
    item.option_groups.iter().try_for_each(group_fault)?;
    let ids = item.option_groups.iter().flat_map(|group| &group.options).map(|option| option.option_id);
    ensure("optionGroups", Fault::Repeated, all_different(ids))
}

fn group_fault(group: &OptionGroup) -> Checked {
    name("optionGroups", &group.name)?;
    ensure("optionGroups", Fault::TooLong, group.options.len() <= MOST_CHOICES)?;
    let choices = group.min <= group.max && group.max as usize <= group.options.len();
    ensure("optionGroups", Fault::Choices, choices)?;
    group.options.iter().try_for_each(|option| {
        name("optionGroups", &option.name)?;
        price("optionGroups", option.price_amount)
    })
}

fn name(field: &'static str, name: &Localized) -> Checked {
    text(field, &name.ko, LONGEST_NAME)?;
    text(field, &name.en, LONGEST_NAME)
}

fn text(field: &'static str, text: &str, longest: usize) -> Checked {
    ensure(field, Fault::Empty, !text.trim().is_empty())?;
    ensure(field, Fault::TooLong, text.chars().count() <= longest)
}

fn price(field: &'static str, amount: Amount) -> Checked {
    ensure(field, Fault::Price, (Amount::ZERO..=HIGHEST).contains(&amount))
}

fn ensure(field: &'static str, fault: Fault, holds: bool) -> Checked {
    if holds { Ok(()) } else { Err((field, fault)) }
}

fn all_different<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items.windows(2).all(|pair| pair[0] != pair[1])
}
