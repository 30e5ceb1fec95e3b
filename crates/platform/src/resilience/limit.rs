//! How many calls may be under way: as many as the other side takes without becoming slower.
//!
//! The limit grows while it is used and answers take as long as they usually do, or no longer than can be waited for; it
//! falls when they take longer or do not come. After the gradient of Netflix's concurrency-limits, which knows no time
//! that can be waited for: a provider that has become slower, and still is fast enough, would be left alone by it.

use std::time::Duration;

/// How much of a new estimate is taken on at once.
const SMOOTHING: f64 = 0.2;
/// How much longer than usual answers may take before the limit falls.
const TOLERANCE: f64 = 1.5;
/// Of how many answers the usual time is made.
const USUAL_OVER: f64 = 600.0;
/// By how much a call without a usable answer lowers the limit.
const BACK_OFF: f64 = 0.95;

/// Between what the limit moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Where it begins.
    pub initial: u32,
    /// Never lower.
    pub least: u32,
    /// Never higher.
    pub most: u32,
    /// Answers within this time are no reason to lower it.
    pub tolerable: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { initial: 128, least: 8, most: 1_024, tolerable: Duration::from_millis(2_500) }
    }
}

/// A limit that adapts.
#[derive(Debug, Clone)]
pub struct Limit {
    bounds: Bounds,
    now: f64,
    in_flight: u32,
    /// The usual time of an answer (s); 0 before the first.
    usual: f64,
}

impl Limit {
    /// A limit at its beginning.
    pub const fn new(bounds: Bounds) -> Self {
        Self { bounds, now: bounds.initial as f64, in_flight: 0, usual: 0.0 }
    }

    /// How many calls may be under way.
    pub const fn most(&self) -> u32 {
        self.now as u32
    }

    /// How many are.
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Takes a place, if there is one.
    pub const fn enter(&mut self) -> bool {
        let free = self.in_flight < self.most();
        if free {
            self.in_flight += 1;
        }
        free
    }

    /// Takes a place, also where there is none.
    pub const fn enter_beyond(&mut self) {
        self.in_flight += 1;
    }

    /// Gives a place back that was not used.
    pub const fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Gives a place back after a usable answer that took so long.
    pub fn answered(&mut self, took: Duration) {
        let was_used = self.in_flight * 2 >= self.most();
        self.leave();
        let took = took.as_secs_f64().max(0.000_1);
        self.usual = if self.usual == 0.0 { took } else { self.usual + (took - self.usual) / USUAL_OVER };
        // After a time of slow answers the usual comes down faster than it would by itself.
        if self.usual / took > 2.0 {
            self.usual *= 0.95;
        }
        let allowed = (TOLERANCE * self.usual).max(self.bounds.tolerable.as_secs_f64());
        let gradient = (allowed / took).clamp(0.5, 1.0);
        if gradient < 1.0 || was_used {
            let estimate = self.now * gradient + self.now.sqrt();
            self.set(self.now + (estimate - self.now) * SMOOTHING);
        }
    }

    /// Gives a place back after a call without a usable answer.
    pub fn failed(&mut self) {
        self.leave();
        self.set(self.now * BACK_OFF);
    }

    /// How many calls a second that is. Before the first answer it is the fewest that could be waited for.
    pub fn calls_per_second(&self) -> f64 {
        let takes = if self.usual == 0.0 { self.bounds.tolerable.as_secs_f64() } else { self.usual };
        self.now / takes.max(0.01)
    }

    fn set(&mut self, limit: f64) {
        self.now = limit.clamp(f64::from(self.bounds.least), f64::from(self.bounds.most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Duration = Duration::from_millis(500);

    fn limit() -> Limit {
        Limit::new(Bounds { initial: 20, least: 4, most: 100, tolerable: Duration::from_secs(1) })
    }

    /// So many at a time, each answered after `took`.
    fn rounds(limit: &mut Limit, rounds: u32, at_a_time: u32, took: Duration) {
        for _ in 0..rounds {
            let entered = (0..at_a_time).filter(|_| limit.enter()).count();
            (0..entered).for_each(|_| limit.answered(took));
        }
    }

    #[test]
    fn no_more_than_the_limit_are_under_way() {
        let mut limit = limit();
        assert_eq!((0..30).filter(|_| limit.enter()).count(), 20);
        limit.leave();
        assert!(limit.enter() && !limit.enter());
    }

    #[test]
    fn it_grows_while_it_is_used_and_answers_take_as_long_as_usual() {
        let mut limit = limit();
        rounds(&mut limit, 20, 100, USUAL);
        assert_eq!(limit.most(), 100);
    }

    #[test]
    fn it_stays_while_few_use_it() {
        let mut limit = limit();
        rounds(&mut limit, 100, 3, USUAL);
        assert_eq!(limit.most(), 20);
    }

    #[test]
    fn it_falls_when_answers_take_much_longer_and_grows_again_after() {
        let mut limit = limit();
        rounds(&mut limit, 20, 100, USUAL);
        rounds(&mut limit, 3, 100, USUAL * 8);
        assert!(limit.most() < 20, "{}", limit.most());
        rounds(&mut limit, 60, 100, USUAL);
        assert!(limit.most() > 60, "{}", limit.most());
    }

    #[test]
    fn slower_answers_that_can_be_waited_for_do_not_lower_it() {
        let mut limit = limit();
        rounds(&mut limit, 20, 100, USUAL / 5);
        rounds(&mut limit, 20, 100, USUAL * 2);
        assert_eq!(limit.most(), 100);
    }

    #[test]
    fn answers_that_do_not_come_lower_it_to_its_least() {
        let mut limit = limit();
        for _ in 0..200 {
            assert!(limit.enter());
            limit.failed();
        }
        assert_eq!((limit.most(), limit.in_flight()), (4, 0));
    }

    #[test]
    fn before_the_first_answer_no_more_are_promised_than_could_be_waited_for() {
        let mut limit = limit();
        assert!((limit.calls_per_second() - 20.0).abs() < 0.1);
        rounds(&mut limit, 1, 1, USUAL);
        assert!((limit.calls_per_second() - 40.0).abs() < 0.1);
    }

    #[test]
    fn answers_that_vary_as_they_always_do_do_not_lower_it() {
        let mut limit = limit();
        for round in 0..200_u64 {
            rounds(&mut limit, 1, 100, Duration::from_millis(400 + round * 37 % 220));
        }
        assert!(limit.most() > 90, "{}", limit.most());
    }
}
