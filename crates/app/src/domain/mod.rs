//! The pure middle of app: what can be asked of an order, what comes of it, and what is shown of it.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod commands;
pub mod order;
pub mod phone;
pub mod policies;
pub mod pricing;
pub mod reference;
pub mod storefront;
pub mod views;
pub mod waits;

#[cfg(test)]
pub(crate) mod tests;
