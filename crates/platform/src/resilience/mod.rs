//! What stands between us and a system that may be slow or down: a breaker, a limit that adapts, a short queue, and
//! moments to come back at. The same guard stands before a call in this process and one over HTTP.

pub mod breaker;
pub mod limit;
mod meters;
pub mod operations;
mod pacing;
pub mod retry;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use kernel::Time;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use self::breaker::{Breaker, Force, Rules, Standing, Ticket, Verdict};
use self::limit::{Bounds, Limit};
use self::meters::Meters;
use self::pacing::Pacing;
use crate::clock::Clock;
use crate::deadline::Deadline;
use crate::ids::Ids;

/// Less than this is too little for a call: it is refused before anything is done.
pub const LEAST: Duration = Duration::from_millis(100);

/// How a guard behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// When the breaker opens, and for how long.
    pub rules: Rules,
    /// Between what the limit moves.
    pub bounds: Bounds,
    /// How many callers may wait for a place.
    pub queue: usize,
    /// For how long one waits at most.
    pub patience: Duration,
    /// Whoever gives a call less time than this, and gets no usable answer, has learnt nothing of the other side.
    pub enough: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let (rules, bounds, patience) = (Rules::default(), Bounds::default(), Duration::from_millis(500));
        Self { rules, bounds, queue: 32, patience, enough: Duration::ZERO }
    }
}

/// The guard before one other system. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    inner: Arc<Inner>,
}

struct Inner {
    name: &'static str,
    clock: Clock,
    ids: Ids,
    options: Options,
    state: Mutex<State>,
    meters: Meters,
}

struct State {
    breaker: Breaker,
    limit: Limit,
    waiting: VecDeque<oneshot::Sender<Place>>,
    pacing: Pacing,
    held: HeldCounts,
    /// What was last said of the breaker.
    said: (Standing, Option<Force>),
}

/// How many were turned away, by why.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "GuardHeld")]
struct HeldCounts {
    open: u64,
    full: u64,
    late: u64,
}

/// Why a call was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The breaker is open.
    Open,
    /// Too many calls are under way, and too many wait.
    Full,
    /// Too little time was left.
    Late,
}

/// A call that was not made, and when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Why.
    pub why: Why,
    /// How long to stay away.
    pub retry_after: Duration,
}

/// A place among the calls under way.
struct Place {
    guard: Guard,
    used: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.used {
            self.guard.inner.state.lock().limit.leave();
            self.guard.next_in_line();
        }
    }
}

/// A call that the breaker lets through. Dropped before its verdict is told, it says nothing of the other side.
struct Admitted {
    guard: Guard,
    ticket: Ticket,
    told: bool,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if !self.told {
            let inner = &self.guard.inner;
            let now = inner.clock.now();
            inner.state.lock().breaker.answered(self.ticket, Verdict::None, now, 0.0);
        }
    }
}

/// Leave to make one call. Dropping it gives the place back, and says nothing of the other side.
pub struct Pass {
    admitted: Admitted,
    place: Place,
    began: Time,
}

impl Guard {
    /// The guard before `name`.
    pub fn new(name: &'static str, options: Options, clock: &Clock, ids: &Ids) -> Self {
        let state = State {
            breaker: Breaker::new(options.rules),
            limit: Limit::new(options.bounds),
            waiting: VecDeque::new(),
            pacing: Pacing::default(),
            held: HeldCounts::default(),
            said: (Standing::Closed, None),
        };
        let (clock, ids, meters) = (clock.clone(), ids.clone(), Meters::new(name));
        Self { inner: Arc::new(Inner { name, clock, ids, options, state: Mutex::new(state), meters }) }
    }

    /// Leave to make a call that has to be answered by `deadline`; waits a moment for a place where there is none.
    ///
    /// # Errors
    /// Why not, and when to come back.
    pub async fn enter(&self, deadline: Deadline) -> Result<Pass, Held> {
        if deadline.left().is_some_and(|left| left < LEAST) {
            return Err(self.held(Why::Late, self.inner.clock.now()));
        }
        let admitted = Admitted { guard: self.clone(), ticket: self.ask()?, told: false };
        // There are few probes, and those who still hang at a provider that is well again must not be in their way.
        let place = if admitted.ticket.is_probe() { Ok(self.place_of_a_probe()) } else { self.place(deadline).await };
        let place = place.map_err(|why| self.held(why, self.inner.clock.now()))?;
        // It may have opened while we waited.
        if self.is_shut().is_some() {
            return Err(self.held(Why::Open, self.inner.clock.now()));
        }
        Ok(Pass { admitted, place, began: self.inner.clock.now() })
    }

    /// How long work that can wait should stay away, where nobody passes now.
    pub fn is_shut(&self) -> Option<Duration> {
        let now = self.inner.clock.now();
        let until = self.inner.state.lock().breaker.open_until(now)?;
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    }

    /// A person makes the breaker do something, or leaves it to itself.
    pub fn set_force(&self, force: Option<Force>) {
        let now = self.inner.clock.now();
        self.change(now, |state| state.breaker.set_force(force));
    }

    fn ask(&self) -> Result<Ticket, Held> {
        let now = self.inner.clock.now();
        let asked = self.change(now, |state| state.breaker.ask(now));
        asked.map_err(|_| self.held(Why::Open, now))
    }

    /// A place at once, or in turn.
    async fn place(&self, deadline: Deadline) -> Result<Place, Why> {
        let turn = {
            let mut state = self.inner.state.lock();
            if state.waiting.is_empty() && state.limit.enter() {
                drop(state);
                return Ok(self.new_place());
            }
            state.waiting.retain(|waiting| !waiting.is_closed());
            if state.waiting.len() >= self.inner.options.queue {
                return Err(Why::Full);
            }
            let (call, turn) = oneshot::channel();
            state.waiting.push_back(call);
            self.inner.meters.queued(state.waiting.len());
            turn
        };
        let patience = deadline.left_of(self.inner.options.patience);
        match tokio::time::timeout(patience, turn).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Why::Full),
        }
    }

    fn place_of_a_probe(&self) -> Place {
        self.inner.state.lock().limit.enter_beyond();
        self.new_place()
    }

    /// Gives places that are free to those who wait. A place whose receiver is gone comes back by being dropped.
    fn next_in_line(&self) {
        loop {
            let next = {
                let mut state = self.inner.state.lock();
                while state.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                    state.waiting.pop_front();
                }
                if state.waiting.is_empty() || !state.limit.enter() {
                    return;
                }
                state.waiting.pop_front()
            };
            let Some(next) = next else { return };
            if let Err(mut place) = next.send(self.new_place()) {
                place.used = true;
                self.inner.state.lock().limit.leave();
            }
        }
    }

    fn new_place(&self) -> Place {
        Place { guard: self.clone(), used: false }
    }

    fn held(&self, why: Why, now: Time) -> Held {
        let mut state = self.inner.state.lock();
        let count = match why {
            Why::Open => &mut state.held.open,
            Why::Full => &mut state.held.full,
            Why::Late => &mut state.held.late,
        };
        *count += 1;
        let earliest = state.breaker.open_until(now).unwrap_or(now);
        let per_second = state.limit.calls_per_second();
        let retry_after = state.pacing.next(now, earliest, per_second);
        drop(state);
        self.inner.meters.held(why);
        Held { why, retry_after }
    }

    /// Does something that may change what the breaker does, and says so if it does something else than was last said.
    fn change<T>(&self, now: Time, what: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.inner.state.lock();
        let done = what(&mut state);
        let after = (state.breaker.standing(now), state.breaker.force());
        if std::mem::replace(&mut state.said, after) != after {
            let counts = state.breaker.counts(now);
            drop(state);
            self.inner.meters.stands(after.0);
            let (guard, standing, forced) = (self.inner.name, after.0, after.1);
            if standing == Standing::Open {
                tracing::warn!(guard, ?standing, ?forced, ?counts, "the breaker changed");
            } else {
                tracing::info!(guard, ?standing, ?forced, "the breaker changed");
            }
        }
        done
    }
}

impl Pass {
    /// Makes the call, until `deadline` at most; `None` when it was not answered by then. `judge` says what the answer
    /// tells of the other side.
    pub async fn run<T>(
        mut self,
        deadline: Deadline,
        call: impl Future<Output = T>,
        judge: impl FnOnce(&T) -> Verdict,
    ) -> Option<T> {
        let left = deadline.left();
        let answered = match left {
            Some(left) => tokio::time::timeout(left, call).await.ok(),
            None => Some(call.await),
        };
        let verdict = answered.as_ref().map_or(Verdict::Bad, judge);
        // The time comes from whoever asks: a few who are in a hurry must not shut the way for everybody.
        let hurried = left.is_some_and(|left| left < self.admitted.guard.inner.options.enough);
        self.settle(if hurried && verdict == Verdict::Bad { Verdict::None } else { verdict });
        answered
    }

    fn settle(&mut self, verdict: Verdict) {
        self.admitted.told = true;
        self.place.used = true;
        let guard = self.place.guard.clone();
        let inner = &guard.inner;
        let now = inner.clock.now();
        let took = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
        let is_slow = took > Duration::try_from(inner.options.rules.slow_after).unwrap_or_default();
        let verdict = if verdict == Verdict::Good && is_slow { Verdict::Slow } else { verdict };
        let chance = retry::chance(&inner.ids);
        guard.change(now, |state| {
            state.breaker.answered(self.admitted.ticket, verdict, now, chance);
            match verdict {
                Verdict::Good | Verdict::Slow => state.limit.answered(took),
                Verdict::Bad => state.limit.failed(),
                Verdict::None => state.limit.leave(),
            }
            inner.meters.flow(&state.limit, state.waiting.len());
        });
        inner.meters.called(verdict, took);
        guard.next_in_line();
    }
}

#[cfg(test)]
mod tests;
