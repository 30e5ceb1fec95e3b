//! pay's edge: payments for app, books and refunds for operators, and an ear for the provider.

mod books;
mod payments;
#[cfg(test)]
mod tests;
mod webhooks;

use axum::Router;
use kernel::people::Actor;
use platform::commands::commit_problem;
use platform::problem::{Problem, sentence};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::payment::Rejection;
use crate::service::{LookUpError, PayService};

/// Every address of pay.
pub fn router(service: PayService) -> Router {
    routes().with_state(service).into()
}

/// What they answer.
pub fn described() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<PayService> {
    OpenApiRouter::new()
        .routes(routes!(payments::request))
        .routes(routes!(payments::show))
        .routes(routes!(payments::look_up))
        .routes(routes!(books::ledger))
        .routes(routes!(books::balances))
        .routes(routes!(books::refunds))
        .routes(routes!(books::settle))
        .routes(routes!(books::retry))
        .routes(routes!(books::reconciliation))
        .routes(routes!(webhooks::toss))
}

fn require_app(actor: &Actor) -> Result<(), Problem> {
    match actor {
        Actor::Service(name) if name.as_str() == "app" => Ok(()),
        Actor::Service(_) | Actor::Customer(_) | Actor::Owner(_) | Actor::Rider(_) | Actor::Operator(_) => {
            Err(Problem::forbidden("Only app may do this."))
        }
    }
}

fn require_app_or_operator(actor: &Actor) -> Result<(), Problem> {
    match actor {
        Actor::Operator(_) => Ok(()),
        Actor::Service(_) | Actor::Customer(_) | Actor::Owner(_) | Actor::Rider(_) => require_app(actor),
    }
}

fn problem_of(rejection: &Rejection) -> Problem {
    match rejection {
        Rejection::UnknownRefund | Rejection::UnknownAttempt => Problem::not_found(),
        Rejection::AmountNotPositive => Problem::invalid_field("amount", rejection),
        Rejection::Closed
        | Rejection::InProgress
        | Rejection::AlreadyPaid
        | Rejection::Abandoned
        | Rejection::TooEarly { .. }
        | Rejection::NothingCharged
        | Rejection::MoreThanLeft { .. }
        | Rejection::AlreadyRefunded => Problem::conflict(rejection.slug(), sentence(rejection)),
    }
}

fn problem_of_look_up(error: &LookUpError) -> Problem {
    match error {
        LookUpError::NoSuchPayment => Problem::not_found(),
        LookUpError::NoAnswer => Problem::unavailable("The payment provider does not answer right now.", 5),
        LookUpError::NeverAskedFor { .. } => Problem::conflict("charge-never-asked-for", sentence(error)),
        LookUpError::Commit(error) => commit_problem(error),
    }
}
