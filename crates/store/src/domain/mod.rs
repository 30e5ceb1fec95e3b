//! The pure middle: what a kitchen's tickets and the stores may do.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod commands;
pub mod policies;
pub mod store;
pub mod ticket;
pub mod views;
pub mod waits;

#[cfg(test)]
pub(crate) mod tests;
