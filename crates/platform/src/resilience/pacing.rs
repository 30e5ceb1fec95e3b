//! When those who were turned away may come back: not all at once, but as fast as they can be served.

use std::time::Duration;

use jiff::SignedDuration;
use kernel::Time;

/// Nobody is sent away for longer than this.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// Nor for less.
const SHORTEST: Duration = Duration::from_secs(1);

/// Gives out the moments to come back at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pacing {
    next: Option<Time>,
}

impl Pacing {
    /// How long the next one is sent away: until `earliest` at least, and behind those before, of whom `per_second`
    /// can be served.
    pub fn next(&mut self, now: Time, earliest: Time, per_second: f64) -> Duration {
        let at = self.next.map_or(earliest, |next| next.max(earliest));
        // Past the longest pause the line begins anew: whoever is there by then is one more among many.
        let at = if at.duration_since(now) > LONGEST { earliest } else { at };
        let step = SignedDuration::from_millis((1_000.0 / per_second.max(1.0)).ceil() as i64);
        self.next = Some(at.saturating_add(step).unwrap_or(Time::MAX));
        Duration::try_from(at.duration_since(now)).unwrap_or_default().max(SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_are_turned_away_come_back_one_after_the_other() {
        let now = Time::UNIX_EPOCH;
        let earliest = now.saturating_add(SignedDuration::from_secs(2)).unwrap();
        let mut pacing = Pacing::default();
        let pauses: Vec<_> = (0..100).map(|_| pacing.next(now, earliest, 10.0)).collect();
        assert_eq!(pauses[0], Duration::from_secs(2));
        assert!(pauses.windows(2).all(|pair| pair[0] + Duration::from_millis(100) == pair[1]));
        assert_eq!(pauses[99], Duration::from_millis(11_900));
    }

    #[test]
    fn nobody_is_sent_away_for_longer_than_a_minute() {
        let now = Time::UNIX_EPOCH;
        let mut pacing = Pacing::default();
        let pauses = (0..10_000).map(|_| pacing.next(now, now, 1.0));
        assert!(pauses.max().unwrap() <= Duration::from_secs(60));
    }

    #[test]
    fn the_line_is_forgotten_when_its_time_has_passed() {
        let mut pacing = Pacing::default();
        for _ in 0..100 {
            pacing.next(Time::UNIX_EPOCH, Time::UNIX_EPOCH, 10.0);
        }
        let now = Time::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(100)).unwrap();
        assert_eq!(pacing.next(now, now, 10.0), SHORTEST);
    }
}
