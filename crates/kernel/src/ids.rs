//! A distinct type per thing that has an id; the text form is a UUID.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta] $Name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $Name(Uuid);

        impl $Name {
            /// Reads the id's text form.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
            }

            /// The id as a plain UUID, as streams and subjects use it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $Name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id! {
    /// An order, and with it its payment, ticket, delivery and notices: the correlation key everywhere.
    OrderId,
    /// A store.
    StoreId,
    /// An item on a store's menu.
    MenuId,
    /// A choice within an item's option group.
    OptionId,
    /// A line of an order.
    LineId,
    /// One refund of an order's money.
    RefundId,
    /// One adjustment of an order; the refund that follows carries the same id.
    AdjustmentId,
    /// One message to a customer.
    NoticeId,
}

impl From<AdjustmentId> for RefundId {
    fn from(id: AdjustmentId) -> Self {
        Self(id.0)
    }
}
