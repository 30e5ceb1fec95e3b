//! The faults of a stub: which call meets what, and how often.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::ids::Ids;

/// A fault that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The name of the call that meets it, like `confirm`, or `webhook`; any call where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What happens.
    #[serde(flatten)]
    pub kind: Kind,
    /// How many calls meet it; every one until it is cleared where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// What happens to a call, or to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Kind {
    /// It begins later; a webhook is late.
    Slow {
        /// By so many milliseconds at least,
        ms: u64,
        /// and by up to so many more.
        #[serde(default)]
        jitter_ms: u64,
    },
    /// It is answered with this status, and nothing is done.
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// It is answered with an error of this code, in the words of the system that is stubbed.
    Code {
        /// The code.
        code: String,
    },
    /// The connection is reset before anything is done.
    Reset,
    /// All is done, and then the connection is reset; a webhook is not sent.
    Lost,
    /// A webhook comes again so often.
    Repeat {
        /// How often.
        more: u32,
    },
    /// A webhook waits for the next one and comes after it.
    Reorder,
}

/// The faults of one stub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Faults {
    asked: Arc<Mutex<Vec<Fault>>>,
    ids: Ids,
}

impl Default for Faults {
    fn default() -> Self {
        Self { asked: Arc::default(), ids: Ids::system(Clock::system()) }
    }
}

impl Faults {
    /// From now on this fault is met, after those that were asked for before it.
    pub fn add(&self, fault: Fault) {
        self.asked.lock().push(fault);
    }

    /// The call `on` meets `kind`, `times` times.
    pub fn on(&self, on: &str, kind: Kind, times: u32) {
        self.add(Fault { on: Some(on.to_owned()), kind, times: Some(times) });
    }

    /// The call `on` meets `kind` until it is cleared.
    pub fn always(&self, on: &str, kind: Kind) {
        self.add(Fault { on: Some(on.to_owned()), kind, times: None });
    }

    /// No more faults.
    pub fn clear(&self) {
        self.asked.lock().clear();
    }

    /// What is asked for and not used up.
    pub fn all(&self) -> Vec<Fault> {
        self.asked.lock().clone()
    }

    /// What the call `name` meets now.
    pub fn take(&self, name: &str) -> Option<Kind> {
        let mut asked = self.asked.lock();
        let place = asked.iter().position(|fault| fault.on.as_deref().is_none_or(|on| on == name))?;
        let kind = asked[place].kind.clone();
        match &mut asked[place].times {
            Some(left) if *left > 1 => *left -= 1,
            Some(_) => drop(asked.remove(place)),
            None => {}
        }
        Some(kind)
    }

    /// How late a call is: `ms` at least, and up to `jitter` more.
    pub(super) fn late(&self, ms: u64, jitter: u64) -> Duration {
        Duration::from_millis(ms.saturating_add(self.draw(jitter)))
    }

    /// A random number up to `most`.
    fn draw(&self, most: u64) -> u64 {
        (self.ids.bits() % (u128::from(most) + 1)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_met_as_often_as_it_was_asked_for_and_only_by_its_call() {
        let faults = Faults::default();
        faults.on("confirm", Kind::Reset, 2);
        faults.always("cancel", Kind::Lost);
        assert_eq!(faults.take("look-up"), None);
        assert_eq!([faults.take("confirm"), faults.take("confirm")], [Some(Kind::Reset), Some(Kind::Reset)]);
        assert_eq!(faults.take("confirm"), None);
        assert_eq!([faults.take("cancel"), faults.take("cancel")], [Some(Kind::Lost), Some(Kind::Lost)]);
    }

    #[test]
    fn however_late_a_call_is_to_be_it_can_be_asked_for() {
        let faults = Faults::default();
        assert!((400..=620).contains(&faults.late(400, 220).as_millis()));
        assert_eq!(faults.late(u64::MAX, u64::MAX), Duration::from_millis(u64::MAX));
    }

    #[test]
    fn a_fault_is_written_as_people_would() {
        let fault: Fault = serde_json::from_str(r#"{"on": "confirm", "do": "slow", "ms": 400, "times": 3}"#).unwrap();
        let kind = Kind::Slow { ms: 400, jitter_ms: 0 };
        assert_eq!(fault, Fault { on: Some("confirm".to_owned()), kind, times: Some(3) });
    }
}
