//! pay's rules: pure, and named as on the wall.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod commands;
pub mod payment;
pub mod policies;
pub mod reconciliation;
pub mod views;
pub mod waits;
