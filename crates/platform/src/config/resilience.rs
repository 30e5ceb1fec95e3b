//! How we stand before a system that may be slow or down.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::span;
use crate::resilience::Options;
use crate::resilience::breaker::Rules;
use crate::resilience::limit::Bounds;

/// The guards between app and pay, and between pay and the payment provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Resilience {
    /// How far back calls count.
    #[serde(with = "span")]
    pub window: SignedDuration,
    /// From how many calls in the window on a breaker may open.
    pub minimum_calls: u32,
    /// It opens at this share of calls without a usable answer (%).
    pub bad_percent: u32,
    /// Or at so many calls in a row without a usable answer.
    pub bad_in_a_row: u32,
    /// An answer that took longer than this was slow.
    #[serde(with = "span")]
    pub slow_after: SignedDuration,
    /// It opens at this share of slow answers (%).
    pub slow_percent: u32,
    /// How long it stays open; up to a quarter longer, by chance.
    #[serde(with = "span")]
    pub open: SignedDuration,
    /// How long a probe that does not come back keeps others from going.
    #[serde(with = "span")]
    pub probe: SignedDuration,
    /// How many calls may be under way at first.
    pub limit: u32,
    /// And at least, however slow the answers are; one, where less is said: without any call nobody would learn that
    /// the other side is back.
    pub limit_least: u32,
    /// And at most.
    pub limit_most: u32,
    /// Answers within this time are no reason to let fewer through.
    #[serde(with = "span")]
    pub limit_tolerates: SignedDuration,
    /// How many callers may wait for a place.
    pub queue: u32,
    /// For how long one waits at most.
    #[serde(with = "span")]
    pub queue_patience: SignedDuration,
}

impl Default for Resilience {
    fn default() -> Self {
        let Options { rules, bounds, queue, patience, enough: _ } = Options::default();
        Self {
            window: rules.window,
            minimum_calls: rules.minimum,
            bad_percent: rules.bad_percent,
            bad_in_a_row: rules.bad_in_a_row,
            slow_after: rules.slow_after,
            slow_percent: rules.slow_percent,
            open: rules.open,
            probe: rules.probe,
            limit: bounds.initial,
            limit_least: bounds.least,
            limit_most: bounds.most,
            limit_tolerates: SignedDuration::try_from(bounds.tolerable).unwrap_or_default(),
            queue: u32::try_from(queue).unwrap_or(u32::MAX),
            queue_patience: SignedDuration::try_from(patience).unwrap_or_default(),
        }
    }
}

impl Resilience {
    /// As the guard takes it before calls that have to be answered within `deadline`.
    pub fn options(&self, deadline: SignedDuration) -> Options {
        let length = |length: SignedDuration| std::time::Duration::try_from(length).unwrap_or_default();
        let least = self.limit_least.max(1);
        let most = self.limit_most.max(least);
        Options {
            rules: Rules {
                window: self.window,
                minimum: self.minimum_calls,
                bad_percent: self.bad_percent,
                bad_in_a_row: self.bad_in_a_row.max(1),
                slow_after: self.slow_after,
                slow_percent: self.slow_percent,
                open: self.open,
                probe: self.probe,
            },
            bounds: Bounds {
                initial: self.limit.clamp(least, most),
                least,
                most,
                tolerable: length(self.limit_tolerates),
            },
            queue: self.queue as usize,
            patience: length(self.queue_patience),
            enough: length(deadline) / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_set_at_least_one_call_may_be_under_way() {
        for (limit, limit_least, limit_most) in [(0, 0, 0), (9, 0, 0), (0, 0, 9), (1, 9, 3)] {
            let set = Resilience { limit, limit_least, limit_most, ..Resilience::default() };
            let Bounds { initial, least, most, .. } = set.options(SignedDuration::from_secs(5)).bounds;
            assert!(1 <= least && least <= initial && initial <= most, "{set:?}");
        }
    }
}
