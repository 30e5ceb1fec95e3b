//! What this process knows of the notices that it handed over, beyond what the outlet says of them.
//!
//! A call whose answer never came may still be under way, and a list may lag behind what was accepted. So a look-up that
//! finds nothing is believed only once the call has certainly ended. Whoever has just started knows of no call and
//! takes every notice that was tried before for one whose answer never came.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use kernel::Time;
use kernel::ids::NoticeId;
use parking_lot::Mutex;

use crate::ports::Code;

/// How long a call whose answer never came may still arrive: longer than anybody waits for an answer.
const SETTLES: SignedDuration = SignedDuration::from_secs(15);
/// How long a notice is remembered that nobody speaks of any more; it is given up long before.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);

/// Whether the outlet has a notice, as far as this process knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It certainly does not.
    NotThere,
    /// It may.
    MayBeThere {
        /// Since the last call.
        since: Time,
    },
    /// It said so.
    Accepted,
}

impl Standing {
    /// Whether a look-up at `now` that finds nothing means that there is nothing.
    pub fn believes_absence(self, now: Time) -> bool {
        match self {
            Self::NotThere => true,
            Self::MayBeThere { since } => now.duration_since(since) > SETTLES,
            Self::Accepted => false,
        }
    }
}

struct Known {
    standing: Standing,
    code: Option<Code>,
    /// How many of its messages had failed when it was last called for.
    failed: u32,
    at: Time,
}

/// The notices that were handed over and are not settled.
pub struct Handed {
    started: Time,
    known: Mutex<BTreeMap<NoticeId, Known>>,
}

impl Handed {
    /// Nothing is known at `now`, the start.
    pub fn new(now: Time) -> Self {
        Self { started: now, known: Mutex::default() }
    }

    /// How long it has been possible to hand anything over.
    pub fn at_work_for(&self, now: Time) -> SignedDuration {
        now.duration_since(self.started)
    }

    /// Where a notice stands that was tried `before`, or never.
    pub fn standing(&self, notice_id: NoticeId, before: Tried) -> Standing {
        let known = self.known.lock().get(&notice_id).map(|known| known.standing);
        known.unwrap_or(match before {
            Tried::Never => Standing::NotThere,
            Tried::Before => Standing::MayBeThere { since: self.started },
        })
    }

    /// It is called for `notice_id`, of which `failed` messages are known to have failed.
    pub fn calls(&self, notice_id: NoticeId, failed: u32, now: Time) {
        self.note(notice_id, Standing::MayBeThere { since: now }, None, now);
        if let Some(known) = self.known.lock().get_mut(&notice_id) {
            known.failed = failed;
        }
    }

    /// Whether `times` failures say that the message called for last has failed too: a list may lag, and show only those
    /// before it.
    pub fn includes_the_last(&self, notice_id: NoticeId, times: u32) -> bool {
        self.known.lock().get(&notice_id).is_some_and(|known| times > known.failed)
    }

    /// The outlet has it.
    pub fn accepted(&self, notice_id: NoticeId, now: Time) {
        self.note(notice_id, Standing::Accepted, None, now);
    }

    /// The outlet does not have it, for the reason `code`.
    pub fn refused(&self, notice_id: NoticeId, code: Code, now: Time) {
        self.note(notice_id, Standing::NotThere, Some(code), now);
    }

    /// It is settled.
    pub fn forget(&self, notice_id: NoticeId) {
        self.known.lock().remove(&notice_id);
    }

    /// Why it was refused last, if it was.
    pub fn last_code(&self, notice_id: NoticeId) -> Option<Code> {
        self.known.lock().get(&notice_id).and_then(|known| known.code.clone())
    }

    fn note(&self, notice_id: NoticeId, standing: Standing, code: Option<Code>, at: Time) {
        let mut known = self.known.lock();
        let (code_before, failed) = known.remove(&notice_id).map_or((None, 0), |before| (before.code, before.failed));
        known.insert(notice_id, Known { standing, code: code.or(code_before), failed, at });
        // Ids rise with time, so those that nobody settled come first.
        while let Some(oldest) = known.first_entry().filter(|it| at.duration_since(it.get().at) > REMEMBERED) {
            oldest.remove();
        }
    }
}

/// Whether a notice was tried before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It was not.
    Never,
    /// It was, by this process or one before it.
    Before,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::samples::at;

    #[test]
    fn an_absence_is_believed_once_no_call_can_be_under_way() {
        let (handed, notice) = (Handed::new(at("18:42:00")), NoticeId::from(Uuid::from_u128(1)));
        assert_eq!(handed.standing(notice, Tried::Never), Standing::NotThere);
        let restarted = handed.standing(notice, Tried::Before);
        assert!(!restarted.believes_absence(at("18:42:15")) && restarted.believes_absence(at("18:42:16")));
        handed.calls(notice, 0, at("18:43:00"));
        assert!(!handed.standing(notice, Tried::Before).believes_absence(at("18:43:15")));
        handed.refused(notice, "busy".into(), at("18:43:01"));
        assert!(handed.standing(notice, Tried::Before).believes_absence(at("18:43:01")));
        handed.accepted(notice, at("18:43:02"));
        assert!(!handed.standing(notice, Tried::Before).believes_absence(at("19:43:02")));
        assert_eq!(handed.last_code(notice).as_deref(), Some("busy"));
    }

    #[test]
    fn what_nobody_settled_is_forgotten_in_the_end() {
        let (handed, old) = (Handed::new(at("18:00:00")), NoticeId::from(Uuid::from_u128(1)));
        handed.accepted(old, at("18:00:00"));
        handed.accepted(Uuid::from_u128(2).into(), at("18:31:00"));
        assert_eq!(handed.known.lock().len(), 1);
        handed.forget(Uuid::from_u128(2).into());
        assert_eq!(handed.known.lock().len(), 0);
    }
}
