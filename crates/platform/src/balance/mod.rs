//! One service at several addresses: each request goes where the least is under way, and not to where nothing comes back.
//!
//! Of two addresses that are drawn by lot the one with fewer requests under way is taken: nearly as even as always taking
//! the least, and all balancers do not run to the same one. An address that fails is left out for a while, longer each
//! time. Where all are left out all are used: a guess is better than certainly nothing.

mod checks;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use metrics::{Counter, Gauge};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::ids::Ids;
use crate::resilience::retry::chance;

/// So many failures in a row, and an address is left out.
const FAILURES: u32 = 3;
/// For so long the first time; twice as long each time after it, and up to a quarter longer, by chance.
const LEFT_OUT: Duration = Duration::from_secs(5);
/// And never longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Chooses among the addresses of one service. Cheap to clone.
#[derive(Clone)]
pub struct Balancer(Arc<Inner>);

struct Inner {
    service: &'static str,
    replicas: Vec<Replica>,
    ids: Ids,
    usable: Gauge,
    left_out: Counter,
}

struct Replica {
    base: String,
    busy: AtomicUsize,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    /// In a row.
    failures: u32,
    /// How often it was left out since it last did its work.
    times: u32,
    until: Option<Instant>,
    /// Checks in a row that it did not pass.
    unready: u32,
}

/// How a request to one address came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Answered,
    /// It did not, or not in time.
    Failed,
    /// There was nobody: nothing was sent.
    Refused,
}

/// A request to one address that is under way. Dropping it ends it, and says nothing of the address.
pub struct Lease {
    balancer: Balancer,
    place: usize,
}

impl Balancer {
    /// For `service` at `bases`, like `http://10.0.0.7:8081`.
    pub fn new(service: &'static str, bases: impl IntoIterator<Item = String>, ids: &Ids) -> Self {
        let replica = |base: String| {
            let base = base.trim_end_matches('/').to_owned();
            Replica { base, busy: AtomicUsize::new(0), health: Mutex::default() }
        };
        let balancer = Self(Arc::new(Inner {
            service,
            replicas: bases.into_iter().map(replica).collect(),
            ids: ids.clone(),
            usable: metrics::gauge!("balancer_usable", "service" => service),
            left_out: metrics::counter!("balancer_left_out_total", "service" => service),
        }));
        balancer.measure();
        balancer
    }

    /// How many addresses there are.
    pub fn len(&self) -> usize {
        self.0.replicas.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An address that was not `tried` yet; `None` where all were.
    pub fn pick(&self, tried: &[usize]) -> Option<Lease> {
        let now = Instant::now();
        let untried = |place: &usize| !tried.contains(place);
        let usable = |place: &usize| self.0.replicas[*place].health.lock().is_usable(now);
        let mut among: Vec<usize> = (0..self.len()).filter(untried).filter(usable).collect();
        if among.is_empty() {
            among = (0..self.len()).filter(untried).collect();
        }
        let place = self.less_busy_of_two(&among)?;
        self.0.replicas[place].busy.fetch_add(1, Ordering::Relaxed);
        Some(Lease { balancer: self.clone(), place })
    }

    fn less_busy_of_two(&self, among: &[usize]) -> Option<usize> {
        let count = among.len();
        if count < 2 {
            return among.first().copied();
        }
        let lot = self.0.ids.bits();
        let first = (lot as usize) % count;
        let second = (first + 1 + (lot >> 64) as usize % (count - 1)) % count;
        let busy = |at: &usize| self.0.replicas[among[*at]].busy.load(Ordering::Relaxed);
        [first, second].into_iter().min_by_key(busy).map(|at| among[at])
    }

    /// Each address, how much is under way there, and whether it is used.
    pub fn seen(&self) -> Vec<(String, usize, bool)> {
        let now = Instant::now();
        let one = |replica: &Replica| {
            (replica.base.clone(), replica.busy.load(Ordering::Relaxed), replica.health.lock().is_usable(now))
        };
        self.0.replicas.iter().map(one).collect()
    }

    fn ended(&self, place: usize, outcome: Outcome) {
        let replica = &self.0.replicas[place];
        let mut health = replica.health.lock();
        match outcome {
            Outcome::Answered if health.failures == 0 => return,
            Outcome::Answered => (health.failures, health.times) = (0, 0),
            Outcome::Failed => health.failures += 1,
            Outcome::Refused => health.failures = health.failures.max(FAILURES - 1) + 1,
        }
        let now = Instant::now();
        if health.failures >= FAILURES && health.until.is_none_or(|until| until <= now) {
            let length = health.leave_out(now, chance(&self.0.ids));
            drop(health);
            self.0.left_out.increment(1);
            if self.len() > 1 {
                tracing::warn!(service = self.0.service, address = replica.base, ?length, "an address is left out");
            }
        } else {
            drop(health);
        }
        self.measure();
    }

    fn measure(&self) {
        let now = Instant::now();
        let usable = self.0.replicas.iter().filter(|replica| replica.health.lock().is_usable(now)).count();
        self.0.usable.set(f64::from(u32::try_from(usable).unwrap_or(u32::MAX)));
    }
}

impl Health {
    fn is_usable(&self, now: Instant) -> bool {
        self.unready < checks::FAILED && self.until.is_none_or(|until| until <= now)
    }

    fn leave_out(&mut self, now: Instant, chance: f64) -> Duration {
        let length = LEFT_OUT.saturating_mul(1 << self.times.min(8)).min(LONGEST);
        let length = length + length.mul_f64(chance / 4.0);
        self.times += 1;
        // It is tried again after that, and one failure more is enough.
        self.failures = FAILURES - 1;
        self.until = Some(now + length);
        length
    }
}

impl Lease {
    /// The address.
    pub fn base(&self) -> &str {
        &self.balancer.0.replicas[self.place].base
    }

    /// Which of the addresses it is.
    pub const fn place(&self) -> usize {
        self.place
    }

    /// Says how the request came out.
    pub fn ended(self, outcome: Outcome) {
        self.balancer.ended(self.place, outcome);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.balancer.0.replicas[self.place].busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
