//! One line of people who wait, and who of them may order now. It knows no clock: each step is told the time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::SignedDuration;
use kernel::Time;
use kernel::people::PersonId;
use serde::{Deserialize, Serialize};

/// Who does not ask for so long has gone.
pub(super) const LAPSES: SignedDuration = SignedDuration::from_secs(60);
/// Positions are counted anew this often; in between, each moves up by as many as were let in.
const COUNTED: SignedDuration = SignedDuration::from_secs(1);
/// Over how many seconds the pace is smoothed.
const SMOOTHED: f64 = 30.0;
/// The most who may wait in one line.
const MOST: usize = 200_000;

/// How a line moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WaitingRoomRules")]
pub(crate) struct Rules {
    /// So many are let in each second.
    pub(crate) per_second: u32,
    /// So many may be choosing and ordering at a time.
    pub(crate) at_a_time: u32,
    /// For so long somebody who was let in may order.
    pub(crate) stay_seconds: u32,
}

/// One line.
pub(super) struct Line {
    rules: Rules,
    waiting: BTreeMap<u64, Waiting>,
    places: HashMap<PersonId, u64>,
    next: u64,
    admitted: HashMap<PersonId, Admitted>,
    /// In the order in which their time ends.
    ends: VecDeque<(Time, PersonId)>,
    /// Of those who were let in, who has not ordered yet.
    choosing: u32,
    /// How many may be let in right now, and since when that is so.
    allowance: f64,
    refilled: Time,
    /// How many were let in since positions were counted.
    let_in: u64,
    counted: Time,
    /// How many are let in a second, as it has been lately.
    pace: f64,
}

struct Waiting {
    person: PersonId,
    asked: Time,
    /// How many were before them when positions were counted.
    before: u64,
}

struct Admitted {
    seq: u64,
    until: Time,
    ordered: Ordered,
}

/// Whether somebody who was let in has made an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ordered {
    NotYet,
    Yes,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// They may order until then.
    Admitted { until: Time },
    /// They wait; the first has position 1.
    Waiting { position: u64, seconds: u64 },
    /// There is no room to wait in.
    Full,
}

/// What changed, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Somebody has a place, or was let in until then.
    Has { seq: u64, person: PersonId, until: Option<Time> },
    /// Whoever was let in has ordered.
    Ordered { seq: u64 },
    /// A place is nobody's any more.
    Gone { seq: u64 },
}

impl Line {
    /// A line that opens now.
    pub(super) fn new(rules: Rules, now: Time) -> Self {
        Self {
            rules,
            waiting: BTreeMap::new(),
            places: HashMap::new(),
            next: 1,
            admitted: HashMap::new(),
            ends: VecDeque::new(),
            choosing: 0,
            allowance: f64::from(rules.per_second),
            refilled: now,
            let_in: 0,
            counted: now,
            pace: f64::from(rules.per_second),
        }
    }

    pub(super) const fn rules(&self) -> Rules {
        self.rules
    }

    /// From now on it moves like this; whoever waits keeps their place.
    pub(super) fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
        self.allowance = self.allowance.min(f64::from(rules.per_second));
        self.pace = self.pace.min(f64::from(rules.per_second));
    }

    /// Puts somebody back where they were before a restart; they have as long to ask again as anybody.
    pub(super) fn put_back(&mut self, seq: u64, person: PersonId, inside: Option<(Time, Ordered)>, now: Time) {
        self.next = self.next.max(seq + 1);
        // What was let in before is not let in again at once.
        self.allowance = 0.0;
        match inside {
            Some((until, ordered)) => {
                // They come nearly in order: to sort all of them for each would keep a full room waiting.
                let at = self.ends.partition_point(|(other, _)| *other <= until);
                self.ends.insert(at, (until, person.clone()));
                self.hold_inside(seq, person, until, ordered);
            }
            None => self.stand(seq, person, now),
        }
    }

    /// `person` asks: they get a place, or keep theirs, and learn how they stand.
    pub(super) fn ask(&mut self, person: &PersonId, now: Time) -> (Standing, Vec<Change>) {
        let mut changes = self.end_stays(now);
        if let Some(admitted) = self.admitted.get(person) {
            return (Standing::Admitted { until: admitted.until }, changes);
        }
        let is_full = self.waiting.len() >= MOST;
        match self.places.get(person).and_then(|seq| self.waiting.get_mut(seq)) {
            Some(waiting) => waiting.asked = now,
            None if is_full => return (Standing::Full, changes),
            None => {
                let seq = self.next;
                self.next += 1;
                self.stand(seq, person.clone(), now);
                changes.push(Change::Has { seq, person: person.clone(), until: None });
            }
        }
        self.let_in(now, &mut changes);
        self.count(now, &mut changes);
        (self.standing(person), changes)
    }

    /// `person` has ordered: they make room for another, and may still order what they forgot.
    pub(super) fn ordered(&mut self, person: &PersonId) -> Option<Change> {
        let admitted = self.admitted.get_mut(person).filter(|admitted| admitted.ordered == Ordered::NotYet)?;
        admitted.ordered = Ordered::Yes;
        self.choosing -= 1;
        Some(Change::Ordered { seq: admitted.seq })
    }

    /// How many wait, and how many may order.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.waiting.len(), self.admitted.len())
    }

    fn standing(&self, person: &PersonId) -> Standing {
        if let Some(admitted) = self.admitted.get(person) {
            return Standing::Admitted { until: admitted.until };
        }
        let before = self.places.get(person).and_then(|seq| self.waiting.get(seq)).map_or(0, |waiting| waiting.before);
        let position = before.saturating_sub(self.let_in) + 1;
        let seconds = (number(position) / self.pace.max(0.01)).ceil() as u64;
        Standing::Waiting { position, seconds: seconds.max(1) }
    }

    fn stand(&mut self, seq: u64, person: PersonId, now: Time) {
        let before = self.waiting.len() as u64 + self.let_in;
        self.places.insert(person.clone(), seq);
        self.waiting.insert(seq, Waiting { person, asked: now, before });
    }

    /// Lets in from the front as many as may be.
    fn let_in(&mut self, now: Time, changes: &mut Vec<Change>) {
        let per_second = f64::from(self.rules.per_second);
        let passed = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.allowance = passed.mul_add(per_second, self.allowance).min(per_second.max(1.0));
        self.refilled = now;
        while self.allowance >= 1.0 && self.choosing < self.rules.at_a_time {
            let Some((seq, waiting)) = self.waiting.pop_first() else { return };
            self.places.remove(&waiting.person);
            self.let_in += 1;
            if now.duration_since(waiting.asked) > LAPSES {
                changes.push(Change::Gone { seq });
                continue;
            }
            let until = now.saturating_add(self.stay()).unwrap_or(Time::MAX);
            changes.push(Change::Has { seq, person: waiting.person.clone(), until: Some(until) });
            self.let_one_in(seq, waiting.person, until, Ordered::NotYet);
            self.allowance -= 1.0;
        }
    }

    fn let_one_in(&mut self, seq: u64, person: PersonId, until: Time, ordered: Ordered) {
        self.ends.push_back((until, person.clone()));
        self.hold_inside(seq, person, until, ordered);
    }

    fn hold_inside(&mut self, seq: u64, person: PersonId, until: Time, ordered: Ordered) {
        self.choosing += u32::from(ordered == Ordered::NotYet);
        self.admitted.insert(person, Admitted { seq, until, ordered });
    }

    fn stay(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.rules.stay_seconds))
    }

    /// Whoever's time is over has to wait again.
    fn end_stays(&mut self, now: Time) -> Vec<Change> {
        let mut changes = Vec::new();
        while self.ends.front().is_some_and(|(until, _)| *until <= now) {
            let Some((_, person)) = self.ends.pop_front() else { break };
            if let Some(admitted) = self.admitted.remove(&person) {
                changes.push(Change::Gone { seq: admitted.seq });
                if admitted.ordered == Ordered::NotYet {
                    self.choosing -= 1;
                }
            }
        }
        changes
    }

    /// Counts positions anew, without those who have gone.
    fn count(&mut self, now: Time, changes: &mut Vec<Change>) {
        let passed = now.duration_since(self.counted);
        if passed.abs() < COUNTED {
            return;
        }
        let seconds = passed.as_secs_f64().abs();
        let lately = number(self.let_in) / seconds;
        self.pace += (lately - self.pace) * (seconds / SMOOTHED).min(1.0);
        let (places, mut before) = (&mut self.places, 0);
        self.waiting.retain(|seq, waiting| {
            if now.duration_since(waiting.asked) > LAPSES {
                places.remove(&waiting.person);
                changes.push(Change::Gone { seq: *seq });
                return false;
            }
            waiting.before = before;
            before += 1;
            true
        });
        (self.let_in, self.counted) = (0, now);
    }
}

/// A line has far fewer places than this holds.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
