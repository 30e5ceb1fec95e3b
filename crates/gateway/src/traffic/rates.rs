//! How often: one bucket for each who is counted, that refills steadily.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use kernel::people::Role;
use metrics::Counter;
use platform::config::{Limits, Rate};
use platform::problem::Problem;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use tokio::time::Instant;

/// After so many checks of one policy, the buckets that are full again are forgotten.
const SWEEP: u64 = 1 << 16;

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    Address,
    SignIn,
    Customer,
    Owner,
    Rider,
    Operator,
    Orders,
}

impl Policy {
    const ALL: [Self; 7] =
        [Self::Address, Self::SignIn, Self::Customer, Self::Owner, Self::Rider, Self::Operator, Self::Orders];

    /// The one that holds for everything somebody of `role` asks. A service of ours does not come here.
    pub(super) const fn of(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Owner => Self::Owner,
            Role::Rider => Self::Rider,
            Role::Operator | Role::Service => Self::Operator,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::SignIn => "sign-in",
            Self::Customer => "customer",
            Self::Owner => "owner",
            Self::Rider => "rider",
            Self::Operator => "operator",
            Self::Orders => "orders",
        }
    }

    const fn rate(self, limits: &Limits) -> Rate {
        match self {
            Self::Address => limits.address,
            Self::SignIn => limits.sign_in,
            Self::Customer => limits.customer,
            Self::Owner => limits.owner,
            Self::Rider => limits.rider,
            Self::Operator => limits.operator,
            Self::Orders => limits.orders,
        }
    }
}

/// All buckets.
pub(super) struct Rates {
    since: Since,
    /// Each policy has at most so many buckets, so that no crowd of strangers fills the memory.
    counted: u64,
    /// Nobody can choose with whom they share a bucket.
    hasher: RandomState,
    limited: [Option<Limited>; 7],
}

struct Limited {
    policy: Policy,
    rate: Rate,
    count: u32,
    per: Duration,
    buckets: RateLimiter<u64, DashMapStateStore<u64>, Since, StateInformationMiddleware>,
    checks: AtomicU64,
    refused: Counter,
    refusals: AtomicU64,
}

/// Counts from a beginning, so that a wall clock that jumps neither locks anybody out nor lets everybody in.
#[derive(Debug, Clone, Copy)]
struct Since(Instant);

impl Clock for Since {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How somebody stands with one policy after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    name: &'static str,
    count: u32,
    per: Duration,
    left: u32,
    /// Until there is something again, or all of it.
    resets: Duration,
}

/// One policy, as an operator sees it.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RateSeen")]
pub(super) struct Seen {
    #[schemars(schema_with = "policies")]
    policy: &'static str,
    /// How often, like `60/min`.
    rate: String,
    /// How many are counted.
    counted: usize,
    /// How many requests were refused.
    refused: u64,
}

fn policies(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": Policy::ALL.map(Policy::name)})
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        let since = Since(Instant::now());
        let limited = Policy::ALL.map(|policy| Limited::new(policy, policy.rate(limits), since));
        Self { since, counted: u64::from(limits.counted.max(1)), hasher: RandomState::new(), limited }
    }

    /// Counts one request of `whom`.
    ///
    /// # Errors
    /// 429, where they have asked too often.
    pub(super) fn check(&self, policy: Policy, whom: &impl Hash) -> Result<Option<Standing>, Problem> {
        let Some(limited) = &self.limited[policy as usize] else { return Ok(None) };
        if limited.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            limited.buckets.retain_recent();
            limited.buckets.shrink_to_fit();
        }
        let bucket = self.hasher.hash_one(whom) % self.counted;
        match limited.buckets.check_key(&bucket) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let used = limited.count.saturating_sub(left);
                Ok(Some(limited.standing(left, limited.per.mul_f64(f64::from(used) / f64::from(limited.count)))))
            }
            Err(not_until) => {
                limited.refused.increment(1);
                limited.refusals.fetch_add(1, Ordering::Relaxed);
                Err(limited.standing(0, not_until.wait_time_from(self.since.now())).problem())
            }
        }
    }

    /// What an operator sees.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let one = |limited: &Limited| Seen {
            policy: limited.policy.name(),
            rate: limited.rate.to_string(),
            counted: limited.buckets.len(),
            refused: limited.refusals.load(Ordering::Relaxed),
        };
        self.limited.iter().flatten().map(one).collect()
    }
}

impl Limited {
    /// `None` where nothing is limited.
    fn new(policy: Policy, rate: Rate, since: Since) -> Option<Self> {
        let (count, per) = rate.parts()?;
        let burst = NonZeroU32::new(count)?;
        let quota = Quota::with_period(per / count)?.allow_burst(burst);
        Some(Self {
            policy,
            rate,
            count,
            per,
            buckets: RateLimiter::dashmap_with_clock(quota, since).with_middleware(),
            checks: AtomicU64::new(0),
            refused: metrics::counter!("rate_limited_total", "policy" => policy.name()),
            refusals: AtomicU64::new(0),
        })
    }

    const fn standing(&self, left: u32, resets: Duration) -> Standing {
        Standing { name: self.policy.name(), count: self.count, per: self.per, left, resets }
    }
}

impl Standing {
    /// Writes `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
    pub(super) fn write(self, headers: &mut HeaderMap) {
        for (header, value) in self.headers() {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(header, value);
            }
        }
    }

    fn headers(self) -> [(HeaderName, String); 2] {
        let Self { name, count, per, left, resets } = self;
        let policy = format!("\"{name}\";q={count};w={}", per.as_secs());
        let now = format!("\"{name}\";r={left};t={}", whole_seconds(resets));
        [(HeaderName::from_static("ratelimit-policy"), policy), (HeaderName::from_static("ratelimit"), now)]
    }

    fn problem(self) -> Problem {
        self.told(Problem::too_many_requests(whole_seconds(self.resets).max(1)))
    }

    /// `problem`, which says this too.
    pub(super) fn told(self, problem: Problem) -> Problem {
        self.headers().into_iter().fold(problem, |problem, (name, value)| problem.with_header(name, &value))
    }
}

/// Rounded up: whoever comes back then is not too early.
fn whole_seconds(length: Duration) -> u64 {
    length.as_millis().div_ceil(1_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(orders: Rate, counted: u32) -> Rates {
        Rates::new(&Limits { orders, counted, address: Rate::OFF, ..Limits::default() })
    }

    fn passes(rates: &Rates, whom: &str) -> bool {
        rates.check(Policy::Orders, &whom).is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn each_has_a_bucket_that_refills_steadily() {
        let rates = rates(Rate::of(6, 60), 1_000);
        assert_eq!((0..20).filter(|_| passes(&rates, "mina")).count(), 6);
        assert!(passes(&rates, "jun"), "another one's bucket is another");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(!passes(&rates, "mina"));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(passes(&rates, "mina"), "one of six a minute is back after ten seconds");
        assert!(!passes(&rates, "mina"));
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!((0..20).filter(|_| passes(&rates, "mina")).count(), 6, "never more than a bucket holds");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_says_what_is_left_and_a_refusal_when_to_come_back() {
        let rates = rates(Rate::of(6, 60), 1_000);
        let standing = rates.check(Policy::Orders, &"mina").unwrap().unwrap();
        let mut headers = HeaderMap::new();
        standing.write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"orders\";q=6;w=60");
        assert_eq!(headers["ratelimit"], "\"orders\";r=5;t=10");
        while passes(&rates, "mina") {}
        tokio::time::advance(Duration::from_millis(2_500)).await;
        let problem = rates.check(Policy::Orders, &"mina").unwrap_err();
        let response = axum::response::IntoResponse::into_response(problem);
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"8".parse().unwrap()));
        assert_eq!(response.headers()["ratelimit"], "\"orders\";r=0;t=8");
        assert_eq!(rates.check(Policy::Address, &"mina"), Ok(None), "what is off holds nobody and says nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn no_crowd_fills_the_memory_and_full_buckets_are_forgotten() {
        let rates = rates(Rate::of(6, 60), 500);
        for stranger in 0..20_000 {
            let _ = rates.check(Policy::Orders, &stranger);
        }
        let counted = |rates: &Rates| rates.seen().iter().find(|seen| seen.policy == "orders").unwrap().counted;
        assert!(counted(&rates) <= 500);
        tokio::time::advance(Duration::from_secs(120)).await;
        for _ in 0..SWEEP {
            let _ = rates.check(Policy::Orders, &"mina");
        }
        assert_eq!(counted(&rates), 1);
    }
}
