//! Why not, as problems.

use axum::http::StatusCode;
use kernel::ids::OrderId;
use kernel::order::PaymentCode;
use platform::problem::{FieldProblem, Problem, sentence};

use crate::domain::order::Rejection;
use crate::domain::pricing::{self, Changed, Kind};

/// A rejection as a problem.
pub fn rejected(rejection: Rejection) -> Problem {
    let status = match rejection {
        Rejection::UnknownOrder => return Problem::not_found(),
        Rejection::RefundTooLarge { .. }
        | Rejection::RefundNegative
        | Rejection::Adjustment(_)
        | Rejection::NothingLeft => StatusCode::UNPROCESSABLE_ENTITY,
        Rejection::AlreadyExists
        | Rejection::PaymentInProgress
        | Rejection::HoldOver
        | Rejection::HoldNotOver
        | Rejection::AlreadyPaid
        | Rejection::NotTheNextAttempt
        | Rejection::NoSuchAttempt
        | Rejection::AttemptClosed
        | Rejection::NotPlaced
        | Rejection::CookingStarted
        | Rejection::OnItsWay
        | Rejection::AlreadyDelivered
        | Rejection::Ended(_)
        | Rejection::NoCancelRequested
        | Rejection::NotDelivering
        | Rejection::StillLive => StatusCode::CONFLICT,
    };
    Problem::new(status, rejection.slug(), sentence(&rejection))
}

/// All that is wrong with a basket, as one problem: what could never be, before what cannot be now.
pub fn basket(problems: &[pricing::Problem]) -> Problem {
    let invalid = problems.iter().find(|problem| problem.kind() == Kind::Invalid);
    let Some(worst) = invalid.or(problems.first()) else { return Problem::not_found() };
    let status = match worst.kind() {
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Conflict => StatusCode::CONFLICT,
    };
    let fields = problems.iter().map(|problem| FieldProblem::new(problem.field(), problem)).collect();
    let problem = Problem::new(status, worst.slug(), sentence(&worst)).with_fields(fields);
    match worst {
        pricing::Problem::TotalDiffers { total } => problem.with_total(*total),
        _ => problem,
    }
}

/// What changed since an order was made, as one problem.
pub fn changed(order: OrderId, changes: &[Changed]) -> Problem {
    let Some(first) = changes.first() else { return Problem::not_found() };
    let fields = changes.iter().map(|change| FieldProblem::new(change.field(), change)).collect();
    Problem::conflict(first.slug(), sentence(&first)).with_fields(fields).with_order(order)
}

/// A declined payment.
pub fn declined(order: OrderId, code: PaymentCode) -> Problem {
    let (name, why) = match code {
        PaymentCode::Limit => ("LIMIT", "the card's limit is exceeded"),
        PaymentCode::Balance => ("BALANCE", "the balance is too low"),
        PaymentCode::Card => ("CARD", "the card was not accepted"),
        PaymentCode::Aborted => ("ABORTED", "the payment was broken off"),
        PaymentCode::Other => ("OTHER", "the provider refused"),
    };
    let detail = format!("The payment was declined: {why}. Nothing was charged; you can pay with something else.");
    Problem::payment_required("payment-declined", detail)
        .with_fields(vec![FieldProblem::new("payment.code", name)])
        .with_order(order)
        .with_location(&format!("/orders/{order}"))
}
