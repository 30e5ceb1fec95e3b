//! Why not, as problems.

use axum::http::StatusCode;
use platform::problem::{FieldProblem, Problem, sentence};

use crate::domain::store::StoreRejection;
use crate::domain::ticket::TicketRejection;

/// A ticket's rejection as a problem.
pub fn of_ticket(rejection: TicketRejection) -> Problem {
    let status = match rejection {
        TicketRejection::NoSuchTicket => return Problem::not_found(),
        TicketRejection::WrongState { .. }
        | TicketRejection::WithdrawInstead
        | TicketRejection::RejectInstead
        | TicketRejection::NotAPickup
        | TicketRejection::IsAPickup
        | TicketRejection::AlreadyCollected => StatusCode::CONFLICT,
        TicketRejection::PrepMinutesOutOfRange
        | TicketRejection::DelayOutOfRange
        | TicketRejection::SilenceIsNotAReason
        | TicketRejection::NegativeRefund
        | TicketRejection::TakesEverything
        | TicketRejection::Adjustment(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    problem(status, rejection.slug(), rejection.field(), &rejection.to_string())
}

/// A store's rejection as a problem.
pub fn of_store(rejection: &StoreRejection) -> Problem {
    let status = match rejection {
        StoreRejection::NoSuchStore | StoreRejection::NoSuchItem => return Problem::not_found(),
        StoreRejection::AlreadyRegistered | StoreRejection::SwitchedOff => StatusCode::CONFLICT,
        StoreRejection::InvalidTerms { .. } | StoreRejection::InvalidItem { .. } | StoreRejection::PauseOutOfRange => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    problem(status, rejection.slug(), rejection.field(), &rejection.to_string())
}

fn problem(status: StatusCode, slug: &str, field: Option<&str>, reason: &str) -> Problem {
    let problem = Problem::new(status, slug, sentence(&reason));
    match field {
        Some(field) => problem.with_fields(vec![FieldProblem::new(field, reason)]),
        None => problem,
    }
}
