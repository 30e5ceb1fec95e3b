//! The wall of delivery, pure: commands, the delivery itself, its waits, policies and the riders' board.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod commands;
pub mod delivery;
pub mod policies;
pub mod reach;
pub mod views;
pub mod waits;
