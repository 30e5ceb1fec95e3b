//! The pure middle of customer: which notice an order's story calls for, in which words, and in which
//! order the notices are handed over.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod commands;
pub mod notice;
pub mod policies;
pub mod templates;
pub mod views;
pub mod waits;
pub mod words;

#[cfg(test)]
pub(crate) mod samples;
