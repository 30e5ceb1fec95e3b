//! Trying again: only what is harmless to repeat, only a small share of all calls, and never in step with others.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::ids::Ids;

/// What a call adds to the budget, in hundredths of a retry: one in ten may be tried again.
const PER_CALL: u32 = 10;
/// What a retry costs.
const COST: u32 = 100;
/// What the budget holds at most, and at first.
const MOST: u32 = 1_000;
/// The least pause before a retry; at most three times as long, by chance.
const PAUSE: Duration = Duration::from_millis(50);

/// How many calls may still be tried again. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Arc<Mutex<u32>>,
    most: u32,
    ids: Ids,
}

impl Budget {
    /// A full budget.
    pub fn new(ids: &Ids) -> Self {
        Self { left: Arc::new(Mutex::new(MOST)), most: MOST, ids: ids.clone() }
    }

    /// One that never holds anything: nothing is tried again.
    pub fn none(ids: &Ids) -> Self {
        Self { left: Arc::default(), most: 0, ids: ids.clone() }
    }

    /// A call was made for the first time.
    pub fn called(&self) {
        let mut left = self.left.lock();
        *left = (*left + PER_CALL).min(self.most);
    }

    /// Whether one more may be tried again, and after which pause.
    pub fn retry(&self) -> Option<Duration> {
        let mut left = self.left.lock();
        *left = left.checked_sub(COST)?;
        Some(PAUSE + PAUSE.mul_f64(2.0 * chance(&self.ids)))
    }
}

/// From 0 (inclusive) to 1 (exclusive).
pub(crate) fn chance(ids: &Ids) -> f64 {
    f64::from((ids.bits() >> 96) as u32) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_in_ten_may_be_tried_again() {
        let budget = Budget::new(&Ids::seeded(1));
        assert_eq!((0..50).filter(|_| budget.retry().is_some()).count(), 10);
        (0..100).for_each(|_| budget.called());
        assert_eq!((0..50).filter(|_| budget.retry().is_some()).count(), 10);
    }

    #[test]
    fn pauses_are_short_and_differ() {
        let budget = Budget::new(&Ids::seeded(1));
        let pauses: Vec<_> = std::iter::from_fn(|| budget.retry()).collect();
        assert!(pauses.iter().all(|pause| (PAUSE..PAUSE * 3).contains(pause)));
        assert!(pauses.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
