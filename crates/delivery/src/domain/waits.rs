//! How long a delivery waits for things, and what happens then.
//!
//! A failure that stays open is not among them: it makes no event, and stands on the board with the
//! time of its next reminder ([`Row::next_reminder`](super::views::Row::next_reminder)).

use jiff::SignedDuration;
use kernel::decider::{Decider, Silence, Wait};
use kernel::{Context, Time};

use super::commands::What;
use super::delivery::{Delivery, Stage, State};

/// The wait for a rider to take it.
pub const NO_RIDER: &str = "no-rider";
/// The wait for the one who brings it, at the store or at the door.
pub const RIDER_LATE: &str = "rider-late";

/// How long this system waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How long before the food is ready a missing rider is noticed.
    pub no_rider_before_ready: SignedDuration,
    /// How long until it is noticed again.
    pub no_rider_again: SignedDuration,
    /// How long ready food may wait at the store.
    pub rider_late_after_ready: SignedDuration,
    /// How long the way may take.
    pub rider_late_after_start: SignedDuration,
    /// How long until being late is noticed again.
    pub late_again: SignedDuration,
    /// How long a failed delivery may stay open before an operator is reminded, and reminded again.
    pub failed_open: SignedDuration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            no_rider_before_ready: SignedDuration::from_mins(10),
            no_rider_again: SignedDuration::from_mins(10),
            rider_late_after_ready: SignedDuration::from_mins(15),
            rider_late_after_start: SignedDuration::from_mins(60),
            late_again: SignedDuration::from_mins(10),
            failed_open: SignedDuration::from_mins(30),
        }
    }
}

impl Waits {
    /// When a missing rider is noticed, seen from `at`: before the food is ready, or when it is where that would leave
    /// no time in which one could have come.
    pub fn no_rider_at(&self, at: Time, ready_by: Time) -> Time {
        let before = ready_by.saturating_sub(self.no_rider_before_ready).unwrap_or(ready_by);
        if before > at { before } else { ready_by.max(at) }
    }
}

/// So much after `at`, or the end of time.
pub fn later(at: Time, by: SignedDuration) -> Time {
    at.saturating_add(by).unwrap_or(at)
}

/// What the wait named `what` asks for when it is over; `None` when the delivery no longer waits for it.
pub fn command_when_due(what: &str, state: &State) -> Option<What> {
    Delivery::waits(state).into_iter().find(|wait| wait.what == what).and_then(|wait| match wait.what {
        NO_RIDER => Some(What::NoticeNoRider),
        RIDER_LATE => Some(What::NoticeRiderLate),
        _ => None,
    })
}

/// The food may be ready, or the order cancelled, and the news still on its way to us.
const PRESUMES: &[Silence] =
    &[Silence { of: Context::Store, grace_seconds: 0 }, Silence { of: Context::App, grace_seconds: 0 }];

/// What `state` waits for: at most one thing at a time.
pub(super) fn wait_of(state: &State) -> Option<Wait> {
    let State::Known(delivery) = state else { return None };
    let (what, until) = match &delivery.stage {
        Stage::Waiting { no_rider_at, .. } => (NO_RIDER, *no_rider_at),
        Stage::AwaitingStore | Stage::Assigned { .. } => (RIDER_LATE, delivery.late_at_store),
        Stage::Delivering { late_at, .. } | Stage::Interrupted { late_at, .. } => (RIDER_LATE, Some(*late_at)),
        Stage::Failed { .. }
        | Stage::Delivered { .. }
        | Stage::CancelledInTime { .. }
        | Stage::CancelledOnTheWay { .. } => return None,
    };
    until.map(|until| Wait { what, until, presumes: PRESUMES })
}
