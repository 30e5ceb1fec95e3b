//! What a notice waits for, how long, and what comes then.

use jiff::SignedDuration;

use crate::domain::commands::What;
use crate::domain::notice::State;

/// The wait for a notice that cannot be handed over.
pub const NOTICE_FAILING: &str = "notice-failing";

/// How long customer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// A notice older than this is overtaken by a later status.
    pub overtaken_after: SignedDuration,
    /// A notice that was first in line for this long is given up.
    pub failing: SignedDuration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { overtaken_after: SignedDuration::from_secs(60), failing: SignedDuration::from_mins(5) }
    }
}

/// What to do when the wait called `wait` is over.
pub fn command_when_due(wait: &str, state: &State) -> Option<What> {
    let first = state.first().filter(|_| wait == NOTICE_FAILING)?;
    Some(What::RecordFailed { notice_id: first.notice_id, code: None })
}
