//! How long store waits for whom, and what it does then.

use jiff::SignedDuration;
use kernel::decider::{Silence, Wait};
use kernel::{Context, Time};

use super::commands::{RejectedBy, TicketWhat};
use super::ticket::{Stage, TicketState};

/// How long store waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For the owner's answer, from the opening.
    pub owner_silent: SignedDuration,
    /// For the owner to press "start", from the acceptance, unless the store set it otherwise.
    pub cooking_not_pressed: SignedDuration,
    /// For the kitchen, from the time it said.
    pub kitchen_late: SignedDuration,
    /// For a kitchen that is late already.
    pub kitchen_late_again: SignedDuration,
    /// For somebody to collect a pick-up, from when it is ready.
    pub pickup_uncollected: SignedDuration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            owner_silent: SignedDuration::from_mins(10),
            cooking_not_pressed: SignedDuration::from_secs(60),
            kitchen_late: SignedDuration::from_mins(15),
            kitchen_late_again: SignedDuration::from_mins(10),
            pickup_uncollected: SignedDuration::from_mins(60),
        }
    }
}

/// The owner has not answered.
pub const OWNER_SILENT: &str = "owner-silent";
/// Nobody has pressed "start".
pub const COOKING_NOT_PRESSED: &str = "cooking-not-pressed";
/// The food is not ready.
pub const KITCHEN_LATE: &str = "kitchen-late";

/// A cancel may be on its way; where app cannot be read at all, the kitchen does not wait for it.
const APP_IS_SILENT: &[Silence] = &[Silence { of: Context::App, grace_seconds: 0 }];

/// What a ticket at `stage` waits for. A pick-up that nobody collects has no timer, since nothing is done then: the
/// board lists it for the operator from `uncollectedAt` on, until the owner hands over or withdraws.
pub fn of_stage(stage: &Stage) -> Vec<Wait> {
    let wait = |what, until| Wait { what, until, presumes: APP_IS_SILENT };
    match *stage {
        Stage::Open { answer_by } => vec![wait(OWNER_SILENT, answer_by)],
        Stage::Accepted { cook_at, late_at, .. } => {
            cook_at.map(|at| wait(COOKING_NOT_PRESSED, at)).into_iter().chain([wait(KITCHEN_LATE, late_at)]).collect()
        }
        Stage::Cooking { late_at, .. } => vec![wait(KITCHEN_LATE, late_at)],
        Stage::Unopened
        | Stage::Cooked
        | Stage::Out
        | Stage::Rejected(_)
        | Stage::Withdrawn(_)
        | Stage::Cancelled
        | Stage::Voided => Vec::new(),
    }
}

/// What is done when the wait named `what` is over.
pub fn command_when_due(what: &str, state: &TicketState) -> Option<TicketWhat> {
    if !of_stage(&state.stage).iter().any(|wait| wait.what == what) {
        return None;
    }
    match what {
        OWNER_SILENT => Some(TicketWhat::RejectTicket { by: RejectedBy::Silence }),
        COOKING_NOT_PRESSED => Some(TicketWhat::StartCooking),
        KITCHEN_LATE => Some(TicketWhat::NoteKitchenLate),
        _ => None,
    }
}

/// `wait` after `at`.
pub fn after(at: Time, wait: SignedDuration) -> Time {
    at.checked_add(wait).unwrap_or(Time::MAX)
}

/// So many minutes, as people say them.
pub fn minutes(count: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(count))
}
