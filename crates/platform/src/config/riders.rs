//! How far riders see.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::span;

/// Which waiting deliveries a rider sees and may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Riders {
    /// How far from where they are a store may be, in metres as the crow flies.
    pub near: u32,
    /// How long a place is kept that a rider does not say again.
    #[serde(with = "span")]
    pub place_kept: SignedDuration,
    /// What riders see who have not said where they are.
    pub unplaced: Unplaced,
}

impl Default for Riders {
    fn default() -> Self {
        Self { near: 3_000, place_kept: SignedDuration::from_mins(10), unplaced: Unplaced::Auto }
    }
}

/// What riders see who have not said where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unplaced {
    /// All that waits while there is demo data, whose riders are nowhere; otherwise nothing.
    Auto,
    /// All that waits.
    All,
    /// Nothing until they say it.
    Nothing,
}
