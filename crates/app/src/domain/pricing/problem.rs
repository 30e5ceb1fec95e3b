//! What can be wrong with a basket.

use kernel::lang::Localized;
use kernel::money::Amount;

use super::{MOST_LINES, MOST_OF_ONE};
use crate::domain::storefront::Closed;

/// Whether the basket is wrong, or only the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It could never be ordered so (422).
    Invalid,
    /// It cannot be ordered now, or not so (409).
    Conflict,
}

/// Something wrong with a basket. `index` and `option` count from 0, as the fields' paths do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences and the module's first line say it")]
pub enum Problem {
    #[error("the store takes no orders now")]
    StoreClosed(Closed),
    #[error("the store does not offer this way of delivery")]
    WayNotOffered,
    #[error("an order has at least one item")]
    NoItems,
    #[error("an order has at most {MOST_LINES} items")]
    TooManyItems,
    #[error("the store has no such item")]
    UnknownItem { index: usize },
    #[error("{} is sold out", name.en)]
    SoldOut { index: usize, name: Localized },
    #[error("between 1 and {MOST_OF_ONE} of an item can be ordered")]
    QuantityOutOfRange { index: usize },
    #[error("the item has no such option")]
    UnknownOption { index: usize, option: usize },
    #[error("an option is chosen once")]
    DuplicateOption { index: usize, option: usize },
    #[error("at least {min} of {} must be chosen", group.en)]
    TooFewOptions { index: usize, group: Localized, min: u32 },
    #[error("at most {max} of {} can be chosen", group.en)]
    TooManyOptions { index: usize, group: Localized, max: u32 },
    #[error("the total is out of range")]
    TotalOutOfRange,
    #[error("the store delivers from {minimum}; this comes to {items}")]
    BelowMinimum { minimum: Amount, items: Amount },
    #[error("the total is {total}")]
    TotalDiffers { total: Amount },
}

impl Problem {
    /// Whether the basket is wrong, or only the moment.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::StoreClosed(_) | Self::SoldOut { .. } | Self::TotalDiffers { .. } => Kind::Conflict,
            Self::WayNotOffered
            | Self::NoItems
            | Self::TooManyItems
            | Self::UnknownItem { .. }
            | Self::QuantityOutOfRange { .. }
            | Self::UnknownOption { .. }
            | Self::DuplicateOption { .. }
            | Self::TooFewOptions { .. }
            | Self::TooManyOptions { .. }
            | Self::TotalOutOfRange
            | Self::BelowMinimum { .. } => Kind::Invalid,
        }
    }

    /// The stable name of the problem.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::StoreClosed(_) => "store-closed",
            Self::SoldOut { .. } => "sold-out",
            Self::TotalDiffers { .. } => "total-differs",
            Self::UnknownItem { .. } => "unknown-item",
            Self::BelowMinimum { .. } => "below-minimum",
            Self::WayNotOffered
            | Self::NoItems
            | Self::TooManyItems
            | Self::QuantityOutOfRange { .. }
            | Self::UnknownOption { .. }
            | Self::DuplicateOption { .. }
            | Self::TooFewOptions { .. }
            | Self::TooManyOptions { .. }
            | Self::TotalOutOfRange => "invalid-field",
        }
    }

    /// The path of the field that it is about.
    pub fn field(&self) -> String {
        match self {
            Self::StoreClosed(_) => "storeId".to_owned(),
            Self::WayNotOffered => "deliveryBy".to_owned(),
            Self::NoItems | Self::TooManyItems | Self::TotalOutOfRange | Self::BelowMinimum { .. } => {
                "items".to_owned()
            }
            Self::UnknownItem { index } | Self::SoldOut { index, .. } => format!("items[{index}].menuId"),
            Self::QuantityOutOfRange { index } => format!("items[{index}].quantity"),
            Self::UnknownOption { index, option } | Self::DuplicateOption { index, option } => {
                format!("items[{index}].options[{option}]")
            }
            Self::TooFewOptions { index, .. } | Self::TooManyOptions { index, .. } => {
                format!("items[{index}].options")
            }
            Self::TotalDiffers { .. } => "expectedTotal".to_owned(),
        }
    }
}
