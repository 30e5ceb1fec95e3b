//! The one place where time is read, so that tests and the simulator own it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kernel::Time;
use tokio::sync::watch;

/// The longest single sleep: a wall clock that jumps is noticed within this time.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// Tells the time in whole milliseconds, and wakes whoever waits for a moment.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Fake(Arc<watch::Sender<Time>>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until the other half moves it.
    pub fn fake(start: Time) -> (Self, FakeClock) {
        let hand = Arc::new(watch::Sender::new(whole_milliseconds(start)));
        (Self(Source::Fake(Arc::clone(&hand))), FakeClock(hand))
    }

    /// The time now, truncated to milliseconds: what is stored and what was answered are then the same.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else asks")]
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::System => whole_milliseconds(Time::now()),
            Source::Fake(hand) => *hand.borrow(),
        }
    }

    /// Waits until the clock shows `at` or later; a moment that has passed does not wait.
    pub async fn sleep_until(&self, at: Time) {
        match &self.0 {
            Source::System => loop {
                let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_NAP)).await;
            },
            // The sender lives as long as this clock does, so waiting ends only with the moment itself.
            Source::Fake(hand) => drop(hand.subscribe().wait_for(|now| *now >= at).await),
        }
    }

    /// Waits for `length` by this clock, counted from this call; nothing or less does not wait.
    pub fn sleep(&self, length: SignedDuration) -> impl Future<Output = ()> + Send + '_ {
        self.sleep_until(self.now().saturating_add(length).unwrap_or(Time::MAX))
    }
}

/// The hand of a fake clock.
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<watch::Sender<Time>>);

impl FakeClock {
    /// Moves the clock on and wakes whoever waited for a moment up to then.
    pub fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|now| *now = whole_milliseconds(now.saturating_add(by).unwrap_or(Time::MAX)));
    }

    /// Puts the clock to `time`.
    pub fn set(&self, time: Time) {
        self.0.send_modify(|now| *now = whole_milliseconds(time));
    }
}

fn whole_milliseconds(time: Time) -> Time {
    Time::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Time {
        "2026-11-22T12:00:00.123456Z".parse().unwrap()
    }

    #[test]
    fn the_time_has_whole_milliseconds() {
        let (clock, _hand) = Clock::fake(noon());
        assert_eq!(clock.now().to_string(), "2026-11-22T12:00:00.123Z");
        assert_eq!(Clock::system().now().subsec_nanosecond() % 1_000_000, 0);
    }

    #[tokio::test]
    async fn a_waiter_is_woken_when_the_fake_clock_reaches_its_moment() {
        let (clock, hand) = Clock::fake(noon());
        let waiting = clock.sleep(SignedDuration::from_mins(10));
        tokio::pin!(waiting);
        hand.advance(SignedDuration::from_mins(9));
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut waiting).await.is_err());
        hand.advance(SignedDuration::from_mins(1));
        tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap();
    }

    #[tokio::test]
    async fn a_moment_that_has_passed_does_not_wait() {
        Clock::system().sleep_until(noon().saturating_sub(SignedDuration::from_hours(24 * 365)).unwrap()).await;
        let (clock, _hand) = Clock::fake(noon());
        clock.sleep_until(noon().saturating_sub(SignedDuration::from_secs(1)).unwrap()).await;
    }
}
