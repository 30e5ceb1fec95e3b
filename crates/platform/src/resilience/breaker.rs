//! The circuit breaker: a state machine that is told the time, and knows nothing of tasks or clocks.
//!
//! Closed, it counts calls in a window of time and opens when too many were bad or slow. Open, it refuses everybody
//! for a moment. Half-open, it admits probes: one, then two, then four, each step after the one before it went well.
//! A probe that does not come back in time makes room for another, so that one call that hangs does not keep the way
//! shut that is open again.

use jiff::SignedDuration;
use kernel::Time;

/// Parts of the window; it moves on by one of them at a time.
const PARTS: usize = 10;
/// Steps of probes before it closes: 1, 2, 4.
const STEPS: u32 = 3;

/// When it opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How far back calls count.
    pub window: SignedDuration,
    /// From how many calls in the window on it may open.
    pub minimum: u32,
    /// It opens at this share of bad calls, in percent.
    pub bad_percent: u32,
    /// Or at so many bad calls in a row: what went well before may fill the window for a long time.
    pub bad_in_a_row: u32,
    /// A good call that took longer than this was slow.
    pub slow_after: SignedDuration,
    /// It opens at this share of slow calls, in percent.
    pub slow_percent: u32,
    /// How long it stays open; up to a quarter longer, by chance.
    pub open: SignedDuration,
    /// How long a probe holds its place.
    pub probe: SignedDuration,
}

impl Default for Rules {
    /// Half of at least 10 calls in 10 s; open for 2 to 2.5 s; a probe holds its place for 1.5 s: together less than
    /// the 5 s within which the end of a fault has to be noticed.
    fn default() -> Self {
        Self {
            window: SignedDuration::from_secs(10),
            minimum: 10,
            bad_percent: 50,
            bad_in_a_row: 25,
            slow_after: SignedDuration::from_secs(3),
            slow_percent: 80,
            open: SignedDuration::from_secs(2),
            probe: SignedDuration::from_millis(1_500),
        }
    }
}

/// How a call came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Usable, in time.
    Good,
    /// Usable, but late.
    Slow,
    /// No usable answer.
    Bad,
    /// It says nothing of the other side: refused by a guard of theirs, or its caller went away.
    None,
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "GuardState")]
pub enum Standing {
    /// Everybody passes.
    Closed,
    /// Probes pass.
    HalfOpen,
    /// Nobody passes.
    Open,
}

/// What a person makes it do, whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "GuardForce")]
pub enum Force {
    /// Nobody passes.
    Open,
    /// Everybody passes.
    Closed,
}

/// The calls in the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "GuardCalls")]
pub struct Counts {
    /// Good and in time.
    pub good: u32,
    /// Good and late.
    pub slow: u32,
    /// Bad.
    pub bad: u32,
}

/// A call that was let through; to be given back with its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    number: u64,
    era: u64,
    since: Time,
    probe: bool,
}

impl Ticket {
    /// Whether it is one of the few that a half-open breaker lets through.
    pub const fn is_probe(&self) -> bool {
        self.probe
    }
}

/// The breaker.
#[derive(Debug, Clone)]
pub struct Breaker {
    rules: Rules,
    force: Option<Force>,
    state: State,
    /// Rises with each change of state: what began in an earlier one is no evidence any more.
    era: u64,
    number: u64,
    parts: [(i64, Counts); PARTS],
    /// Bad calls since the last usable answer.
    bad_in_a_row: u32,
}

#[derive(Debug, Clone)]
enum State {
    Closed,
    Open { until: Time },
    HalfOpen { step: u32, succeeded: u32, probes: Vec<Ticket>, good_since: Option<Time> },
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(rules: Rules) -> Self {
        let nothing = (i64::MIN, Counts { good: 0, slow: 0, bad: 0 });
        Self { rules, force: None, state: State::Closed, era: 0, number: 0, parts: [nothing; PARTS], bad_in_a_row: 0 }
    }

    /// Its rules.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What it does, at `now`.
    pub fn standing(&self, now: Time) -> Standing {
        match (self.force, &self.state) {
            (Some(Force::Open), _) => Standing::Open,
            (Some(Force::Closed), _) | (None, State::Closed) => Standing::Closed,
            (None, State::Open { until }) if self.is_before(now, *until) => Standing::Open,
            (None, State::Open { .. } | State::HalfOpen { .. }) => Standing::HalfOpen,
        }
    }

    /// What a person makes it do.
    pub const fn force(&self) -> Option<Force> {
        self.force
    }

    /// A person makes it do something, or leaves it to itself again, as if it were new.
    pub fn set_force(&mut self, force: Option<Force>) {
        if self.force != force {
            self.force = force;
            self.become_closed();
        }
    }

    /// Asks to pass.
    ///
    /// # Errors
    /// The moment from which asking again makes sense.
    pub fn ask(&mut self, now: Time) -> Result<Ticket, Time> {
        match self.force {
            Some(Force::Open) => return Err(later(now, self.rules.open)),
            Some(Force::Closed) => return Ok(self.ticket(now)),
            None => {}
        }
        if let State::Open { until } = self.state {
            if self.is_before(now, until) {
                return Err(until);
            }
            self.era += 1;
            self.state = State::HalfOpen { step: 0, succeeded: 0, probes: Vec::new(), good_since: None };
        }
        let mut ticket = self.ticket(now);
        let State::HalfOpen { step, probes, .. } = &mut self.state else { return Ok(ticket) };
        ticket.probe = true;
        probes.retain(|probe| now.duration_since(probe.since) < self.rules.probe);
        if probes.len() >= 1 << *step {
            let first = probes.iter().map(|probe| probe.since).min().unwrap_or(now);
            return Err(later(first, self.rules.probe));
        }
        probes.push(ticket);
        Ok(ticket)
    }

    /// A call came out so. `chance` is from 0 (inclusive) to 1 (exclusive) and decides how long it opens.
    pub fn answered(&mut self, ticket: Ticket, verdict: Verdict, now: Time, chance: f64) {
        if self.force.is_some() || ticket.era != self.era {
            return;
        }
        match &mut self.state {
            State::Closed => {
                self.count(verdict, now);
                if self.is_too_much(now) {
                    self.open(now, chance);
                }
            }
            State::Open { .. } => {}
            State::HalfOpen { step, succeeded, probes, good_since } => {
                probes.retain(|probe| probe.number != ticket.number);
                match verdict {
                    Verdict::None => {}
                    Verdict::Good => {
                        *good_since = Some(good_since.map_or(ticket.since, |since| since.max(ticket.since)));
                        *succeeded += 1;
                        if *succeeded == 1 << *step {
                            (*step, *succeeded) = (*step + 1, 0);
                        }
                        if *step == STEPS {
                            self.become_closed();
                        }
                    }
                    // A later call has gone well since this one began.
                    Verdict::Bad | Verdict::Slow if good_since.is_some_and(|since| ticket.since < since) => {}
                    Verdict::Bad | Verdict::Slow => self.open(now, chance),
                }
            }
        }
    }

    /// The calls that count at `now`.
    pub fn counts(&self, now: Time) -> Counts {
        let part = self.part(now);
        let recent = self.parts.iter().filter(|(number, _)| *number > part - PARTS as i64 && *number <= part);
        recent.fold(Counts::default(), |sum, (_, counts)| Counts {
            good: sum.good + counts.good,
            slow: sum.slow + counts.slow,
            bad: sum.bad + counts.bad,
        })
    }

    /// Until when nobody passes, if that is so.
    pub fn open_until(&self, now: Time) -> Option<Time> {
        match (self.force, &self.state) {
            (Some(Force::Open), _) => Some(later(now, self.rules.open)),
            (None, State::Open { until }) if self.is_before(now, *until) => Some(*until),
            (Some(Force::Closed), _) | (None, State::Open { .. } | State::Closed | State::HalfOpen { .. }) => None,
        }
    }

    fn ticket(&mut self, now: Time) -> Ticket {
        self.number += 1;
        Ticket { number: self.number, era: self.era, since: now, probe: false }
    }

    fn count(&mut self, verdict: Verdict, now: Time) {
        let part = self.part(now);
        let (number, counts) = &mut self.parts[part.rem_euclid(PARTS as i64) as usize];
        if *number != part {
            (*number, *counts) = (part, Counts::default());
        }
        match verdict {
            Verdict::Good => counts.good += 1,
            Verdict::Slow => counts.slow += 1,
            Verdict::Bad => counts.bad += 1,
            Verdict::None => {}
        }
        self.bad_in_a_row = match verdict {
            Verdict::Good | Verdict::Slow => 0,
            Verdict::Bad => self.bad_in_a_row.saturating_add(1),
            Verdict::None => self.bad_in_a_row,
        };
    }

    fn is_too_much(&self, now: Time) -> bool {
        if self.bad_in_a_row >= self.rules.bad_in_a_row {
            return true;
        }
        let Counts { good, slow, bad } = self.counts(now);
        let all = good + slow + bad;
        let share = |some: u32, percent: u32| some > 0 && some * 100 >= percent * all;
        all >= self.rules.minimum && (share(bad, self.rules.bad_percent) || share(slow, self.rules.slow_percent))
    }

    /// Whether it stays open until later than `now`. It never opens for longer than that: where more is left, somebody
    /// has set the clock back.
    fn is_before(&self, now: Time, until: Time) -> bool {
        now < until && until <= later(now, self.rules.open + self.rules.open / 4)
    }

    fn open(&mut self, now: Time, chance: f64) {
        self.era += 1;
        let until = later(now, self.rules.open + self.rules.open.mul_f64(chance / 4.0));
        self.state = State::Open { until };
    }

    fn become_closed(&mut self) {
        *self = Self { force: self.force, era: self.era + 1, number: self.number, ..Self::new(self.rules) };
    }

    fn part(&self, now: Time) -> i64 {
        let length = (self.rules.window.as_millis() / PARTS as i128).max(1) as i64;
        now.as_millisecond().div_euclid(length)
    }
}

fn later(at: Time, by: SignedDuration) -> Time {
    at.saturating_add(by).unwrap_or(Time::MAX)
}
