//! The shared language of Baedal: ids, money, time, deciders and the published events. Pure.
//!
//! Nothing here reads a clock, draws a random number or touches the outside: times and ids come in
//! as arguments. The contexts share this crate and nothing else of each other.

pub mod access;
pub mod decider;
pub mod events;
pub mod hours;
pub mod ids;
pub mod lang;
pub mod money;
pub mod order;
pub mod people;
pub mod personal;
pub mod phone;
pub mod place;
pub mod testing;

/// A moment, printed as RFC 3339 in UTC.
pub type Time = jiff::Timestamp;

/// The five bounded contexts that own a log.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// Orders.
    App,
    /// Payments.
    Pay,
    /// Stores and tickets.
    Store,
    /// Deliveries.
    Delivery,
    /// Notices.
    Customer,
}

impl Context {
    /// Every context, in the order in which they start.
    pub const ALL: [Self; 5] = [Self::Store, Self::Pay, Self::App, Self::Delivery, Self::Customer];

    /// The name used in paths, file names and event types.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Pay => "pay",
            Self::Store => "store",
            Self::Delivery => "delivery",
            Self::Customer => "customer",
        }
    }
}

impl std::fmt::Display for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
