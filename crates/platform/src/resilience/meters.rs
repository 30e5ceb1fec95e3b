//! A guard's metrics, looked up once.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use super::Why;
use super::breaker::{Standing, Verdict};
use super::limit::Limit;

pub(super) struct Meters {
    standing: Gauge,
    limit: Gauge,
    in_flight: Gauge,
    queued: Gauge,
    calls: [Counter; 4],
    held: [Counter; 3],
    seconds: Histogram,
}

impl Meters {
    pub(super) fn new(guard: &'static str) -> Self {
        let calls = ["good", "slow", "bad", "none"]
            .map(|verdict| metrics::counter!("guard_calls_total", "guard" => guard, "verdict" => verdict));
        let held =
            ["open", "full", "late"].map(|why| metrics::counter!("guard_held_total", "guard" => guard, "why" => why));
        let standing = metrics::gauge!("guard_breaker", "guard" => guard);
        standing.set(0.0);
        Self {
            standing,
            limit: metrics::gauge!("guard_limit", "guard" => guard),
            in_flight: metrics::gauge!("guard_in_flight", "guard" => guard),
            queued: metrics::gauge!("guard_queued", "guard" => guard),
            calls,
            held,
            seconds: metrics::histogram!("guard_call_seconds", "guard" => guard),
        }
    }

    /// 0 closed, 1 half-open, 2 open.
    pub(super) fn stands(&self, standing: Standing) {
        self.standing.set(match standing {
            Standing::Closed => 0.0,
            Standing::HalfOpen => 1.0,
            Standing::Open => 2.0,
        });
    }

    pub(super) fn called(&self, verdict: Verdict, took: Duration) {
        let place = match verdict {
            Verdict::Good => 0,
            Verdict::Slow => 1,
            Verdict::Bad => 2,
            Verdict::None => 3,
        };
        self.calls[place].increment(1);
        self.seconds.record(took);
    }

    pub(super) fn held(&self, why: Why) {
        let place = match why {
            Why::Open => 0,
            Why::Full => 1,
            Why::Late => 2,
        };
        self.held[place].increment(1);
    }

    pub(super) fn queued(&self, waiting: usize) {
        self.queued.set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
    }

    pub(super) fn flow(&self, limit: &Limit, waiting: usize) {
        self.limit.set(f64::from(limit.most()));
        self.in_flight.set(f64::from(limit.in_flight()));
        self.queued(waiting);
    }
}
