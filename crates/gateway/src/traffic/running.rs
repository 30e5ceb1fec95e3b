//! How much at a time, and what is given up first when there is too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use kernel::Context;
use kernel::access::Importance;
use metrics::{Counter, Gauge};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// Which share of the places (%) may be taken when somebody of an importance comes: the rest is kept for what is more
/// important.
const SHARES: [u32; 4] = [60, 80, 95, 100];

const ALL: [Importance; 4] = [Importance::Browsing, Importance::Ordering, Importance::Serving, Importance::Paying];

/// The requests under way, of all or at one service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Running(Arc<Inner>);

struct Inner {
    most: u32,
    now: AtomicU32,
    gauge: Gauge,
    each: [Each; 4],
}

struct Each {
    /// It is let in while fewer than this are under way.
    below: u32,
    now: AtomicU32,
    turned_away: AtomicU64,
    counter: Counter,
}

/// A request under way.
pub(crate) struct Slot {
    running: Running,
    importance: Importance,
}

/// One importance, as an operator sees it.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunningSeen")]
pub(super) struct Seen {
    #[schemars(schema_with = "importances")]
    importance: &'static str,
    /// It is let in while fewer than these are under way.
    below: u32,
    now: u32,
    /// How many requests were turned away.
    turned_away: u64,
}

fn importances(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ALL.map(name)})
}

impl Running {
    /// Of all, at most `most`.
    pub(super) fn new(most: u32) -> Self {
        Self::measured(most, metrics::gauge!("gateway_running"))
    }

    /// At one service, at most `most`: one that hangs must not take the places of all the others with it.
    pub(crate) fn at(context: Context, most: u32) -> Self {
        Self::measured(most, metrics::gauge!("gateway_running_at", "context" => context.name()))
    }

    fn measured(most: u32, gauge: Gauge) -> Self {
        let most = most.max(4);
        let each = ALL.map(|importance| Each {
            below: (u64::from(most) * u64::from(SHARES[importance as usize]) / 100).max(1) as u32,
            now: AtomicU32::new(0),
            turned_away: AtomicU64::new(0),
            counter: metrics::counter!("gateway_turned_away_total", "importance" => name(importance)),
        });
        Self(Arc::new(Inner { most, now: AtomicU32::new(0), gauge, each }))
    }

    /// A place, if there is one for this importance.
    pub(crate) fn enter(&self, importance: Importance) -> Option<Slot> {
        let each = &self.0.each[importance as usize];
        let take = |now: u32| (now < each.below).then_some(now + 1);
        self.0.now.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).ok()?;
        each.now.fetch_add(1, Ordering::Relaxed);
        self.0.gauge.increment(1);
        Some(Slot { running: self.clone(), importance })
    }

    /// Counts one of this importance that is turned away.
    pub(super) fn turn_away(&self, importance: Importance) {
        let each = &self.0.each[importance as usize];
        each.turned_away.fetch_add(1, Ordering::Relaxed);
        each.counter.increment(1);
    }

    /// How many may be, and are, under way.
    pub(super) fn seen(&self) -> (u32, u32, Vec<Seen>) {
        let one = |importance: Importance| {
            let each = &self.0.each[importance as usize];
            Seen {
                importance: name(importance),
                below: each.below,
                now: each.now.load(Ordering::Relaxed),
                turned_away: each.turned_away.load(Ordering::Relaxed),
            }
        };
        (self.0.most, self.0.now.load(Ordering::Relaxed), ALL.map(one).into())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let inner = &self.running.0;
        inner.each[self.importance as usize].now.fetch_sub(1, Ordering::Relaxed);
        inner.now.fetch_sub(1, Ordering::AcqRel);
        inner.gauge.decrement(1);
    }
}

const fn name(importance: Importance) -> &'static str {
    match importance {
        Importance::Browsing => "browsing",
        Importance::Ordering => "ordering",
        Importance::Serving => "serving",
        Importance::Paying => "paying",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_is_turned_away_first_and_paying_last() {
        let running = Running::new(100);
        let mut held = Vec::new();
        for (importance, most) in ALL.into_iter().zip([60, 80, 95, 100]) {
            while let Some(slot) = running.enter(importance) {
                held.push(slot);
            }
            running.turn_away(importance);
            assert_eq!(held.len(), most, "{importance:?}");
        }
        assert!(ALL.iter().all(|importance| running.enter(*importance).is_none()));
        held.truncate(94);
        assert!(running.enter(Importance::Ordering).is_none());
        drop(running.enter(Importance::Serving).unwrap());
        held.truncate(59);
        assert!(running.enter(Importance::Browsing).is_some());
        drop(held);
        let (most, now, each) = running.seen();
        assert_eq!((most, now), (100, 0), "every place came back");
        assert_eq!(each.iter().map(|one| one.turned_away).collect::<Vec<_>>(), [1, 1, 1, 1]);
    }

    #[test]
    fn however_few_may_run_each_may() {
        let running = Running::new(0);
        assert!(ALL.iter().all(|importance| running.enter(*importance).is_some()));
    }
}
