//! Money in minor units with checked arithmetic.

use serde::{Deserialize, Serialize};

/// The sum does not fit: beyond what 63 bits of minor units can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large")]
pub struct AmountOverflow;

/// An amount of money in minor units of one currency (won for KRW).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `minor` minor units.
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// This and `other` together.
    pub fn plus(self, other: Self) -> Result<Self, AmountOverflow> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountOverflow)
    }

    /// This without `other`; may be negative.
    pub fn minus(self, other: Self) -> Result<Self, AmountOverflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountOverflow)
    }

    /// This `count` times.
    pub fn times(self, count: u32) -> Result<Self, AmountOverflow> {
        self.0.checked_mul(i64::from(count)).map(Self).ok_or(AmountOverflow)
    }

    /// All of `amounts` together.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountOverflow> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// For folds that must not fail: what `decide` let through fits, so the bound is never reached.
    #[must_use]
    pub const fn saturating_plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// For folds that must not fail, as [`Amount::saturating_plus`].
    #[must_use]
    pub const fn saturating_minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The value-added tax within a price that includes it: one eleventh, rounded (Korean VAT of 10 %).
    #[must_use]
    pub const fn vat_included(self) -> Self {
        Self(self.0.saturating_add(5).div_euclid(11))
    }
}

impl std::fmt::Display for Amount {
    /// With a comma every three digits: `31,500`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        if self.0 < 0 {
            text.push('-');
        }
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

/// The currency of every amount beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// South Korean won, which has no smaller unit.
    #[default]
    Krw,
}
