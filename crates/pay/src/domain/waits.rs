//! How long pay waits. It has no timers of its own: app's doubt and its own outbound work drive it.

use jiff::SignedDuration;
use kernel::Time;

/// The durations in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waits {
    /// How old an attempt must be before "not found" at the provider means that it will never arrive there.
    pub not_found: SignedDuration,
    /// The pause after the first call in vain; it doubles with each.
    pub first_pause: SignedDuration,
    /// The longest pause between two calls.
    pub longest_pause: SignedDuration,
    /// After how long a pending refund, or an attempt in doubt, is an operator's matter.
    pub operator: SignedDuration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            not_found: SignedDuration::from_mins(2),
            first_pause: SignedDuration::from_secs(1),
            longest_pause: SignedDuration::from_secs(60),
            operator: SignedDuration::from_hours(1),
        }
    }
}

/// How long to wait after `attempts` calls in vain.
pub fn pause(attempts: u32, waits: &Waits) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(30);
    waits.first_pause.checked_mul(1 << doublings).map_or(waits.longest_pause, |pause| pause.min(waits.longest_pause))
}

/// `at` and `wait` later, or the end of time.
pub(crate) fn after(at: Time, wait: SignedDuration) -> Time {
    at.saturating_add(wait).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_one_second_to_sixty() {
        let seconds = |attempts| pause(attempts, &Waits::default()).as_secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 100, u32::MAX].map(seconds), [1, 1, 2, 4, 32, 60, 60, 60]);
    }
}
