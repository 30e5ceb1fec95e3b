//! Which events a command makes of a payment: attempts and closing. What goes back is in `refunds`.

mod refunds;

use kernel::Time;
use kernel::events::pay::{
    AttemptAbandoned, PayEvent, PaymentApproved, PaymentClosed, PaymentDeclined, PaymentInDoubt, PaymentRequested,
};
use kernel::ids::OrderId;
use kernel::money::Amount;
use kernel::order::OrderNumber;

use super::super::commands::{Command, Outcome, What};
use super::super::waits::{Waits, after};
use super::{Attempt, Closing, PaymentState, Rejection, Request, reference};

type Decision = Result<Vec<PayEvent>, Rejection>;

/// Whose payment, and when: what every event is made with.
#[derive(Debug, Clone, Copy)]
struct Scene {
    order_id: OrderId,
    at: Time,
    waits: Waits,
}

pub(super) fn decide(state: &PaymentState, command: Command) -> Decision {
    let scene = Scene { order_id: command.order_id, at: command.at, waits: command.waits };
    match command.what {
        What::RequestPayment { order_number, attempt, amount, currency, method } => {
            let reference = reference(scene.order_id, attempt);
            let request = Request { reference, amount, currency, method, requested_at: scene.at };
            request_payment(state, order_number, attempt, request)
        }
        What::RecordOutcome { attempt, outcome } => record_outcome(state, scene, attempt, outcome),
        What::ResolvePayment { order_number, attempt } => Ok(resolve(state, order_number, attempt)),
        What::AbandonAttempt { attempt } => abandon(state, scene, attempt),
        What::ClosePayment { order_number, refund_amount, reason, borne_by } => {
            Ok(close(state, scene, &order_number, &Closing { reason, borne_by, refund_amount }))
        }
        What::RequestRefund { refund_id, amount, reason, borne_by } => {
            refunds::request(state, scene, refund_id, amount, reason, borne_by)
        }
        What::RecordRefund { refund_id, outcome } => refunds::record(state, refund_id, outcome),
        What::SettleRefundByHand { refund_id } => refunds::settle_by_hand(state, scene, refund_id),
        What::RetryRefund { refund_id } => refunds::retry(state, scene, refund_id),
    }
}

fn request_payment(state: &PaymentState, order_number: OrderNumber, attempt: u32, request: Request) -> Decision {
    match state.attempts.get(&attempt) {
        Some(Attempt::Abandoned(_)) => return Err(Rejection::Abandoned),
        Some(Attempt::Requested(_) | Attempt::InDoubt(_) | Attempt::Approved(..) | Attempt::Declined(..)) => {
            return Ok(Vec::new());
        }
        None => {}
    }
    let last = state.attempts.last_key_value().map_or(0, |(last, _)| *last);
    if state.is_closed() {
        return Err(Rejection::Closed);
    }
    if state.paid_by.is_some() {
        return Err(Rejection::AlreadyPaid);
    }
    if state.attempts.values().any(Attempt::is_open) {
        return Err(Rejection::InProgress);
    }
    if attempt <= last {
        return Err(Rejection::Abandoned);
    }
    if request.amount <= Amount::ZERO {
        return Err(Rejection::AmountNotPositive);
    }
    let Request { reference, amount, currency, method, requested_at } = request;
    Ok(vec![PaymentRequested { order_number, attempt, reference, amount, currency, method, requested_at }.into()])
}

fn record_outcome(state: &PaymentState, scene: Scene, attempt: u32, outcome: Outcome) -> Decision {
    let known = state.attempts.get(&attempt).ok_or(Rejection::UnknownAttempt)?;
    let order_number = number(state)?;
    Ok(match (known, outcome) {
        (Attempt::Abandoned(None), Outcome::Approved { .. }) => return Err(Rejection::UnknownAttempt),
        (Attempt::Requested(request) | Attempt::InDoubt(request), Outcome::Approved { approved_at }) => {
            let approved = approved(&order_number, attempt, request, approved_at);
            let back = refunds::of_late_charge(state, scene, attempt, request.amount, &order_number);
            [Some(approved), back].into_iter().flatten().collect()
        }
        (Attempt::Abandoned(Some(request)) | Attempt::Declined(request, _), Outcome::Approved { approved_at }) => vec![
            approved(&order_number, attempt, request, approved_at),
            refunds::of_charge_in_error(scene, attempt, request.amount, &order_number),
        ],
        (Attempt::Requested(_) | Attempt::InDoubt(_), Outcome::Declined { code }) => {
            vec![PaymentDeclined { order_number, attempt, code }.into()]
        }
        (Attempt::Requested(_) | Attempt::InDoubt(_), Outcome::NotSent) => {
            vec![AttemptAbandoned { order_number, attempt }.into()]
        }
        (Attempt::Requested(_), Outcome::Unknown) => vec![PaymentInDoubt { order_number, attempt }.into()],
        (Attempt::InDoubt(_), Outcome::Unknown)
        | (Attempt::Approved(..), _)
        | (
            Attempt::Declined(..) | Attempt::Abandoned(_),
            Outcome::Declined { .. } | Outcome::NotSent | Outcome::Unknown,
        ) => Vec::new(),
    })
}

fn approved(order_number: &OrderNumber, attempt: u32, request: &Request, approved_at: Time) -> PayEvent {
    let Request { amount, method, .. } = *request;
    PaymentApproved { order_number: order_number.clone(), attempt, amount, method, approved_at }.into()
}

/// What is known already needs no event: app hears it, or heard it, through the log.
fn resolve(state: &PaymentState, order_number: OrderNumber, attempt: u32) -> Vec<PayEvent> {
    match state.attempts.get(&attempt) {
        // Ended here, so that a request that is still under way is refused for ever.
        None => vec![AttemptAbandoned { order_number, attempt }.into()],
        Some(Attempt::Requested(_)) => vec![PaymentInDoubt { order_number, attempt }.into()],
        Some(Attempt::InDoubt(_) | Attempt::Approved(..) | Attempt::Declined(..) | Attempt::Abandoned(_)) => Vec::new(),
    }
}

fn abandon(state: &PaymentState, scene: Scene, attempt: u32) -> Decision {
    match state.attempts.get(&attempt).ok_or(Rejection::UnknownAttempt)? {
        Attempt::Requested(request) | Attempt::InDoubt(request) => {
            let until = after(request.requested_at, scene.waits.not_found);
            if scene.at < until {
                return Err(Rejection::TooEarly { until });
            }
            Ok(vec![AttemptAbandoned { order_number: number(state)?, attempt }.into()])
        }
        Attempt::Approved(..) | Attempt::Declined(..) | Attempt::Abandoned(_) => Ok(Vec::new()),
    }
}

fn close(state: &PaymentState, scene: Scene, order_number: &OrderNumber, closing: &Closing) -> Vec<PayEvent> {
    if state.is_closed() {
        return Vec::new();
    }
    let back = state
        .paid_by
        .and_then(|attempt| refunds::decided(closing, scene, attempt, state.left_of(attempt), order_number));
    // A request that is not answered yet is asked after, so that nothing stays open behind a closed order.
    let unanswered = state.attempts.iter().filter(|(_, known)| matches!(known, Attempt::Requested(_)));
    let doubts =
        unanswered.map(|(attempt, _)| PaymentInDoubt { order_number: order_number.clone(), attempt: *attempt }.into());
    let Closing { reason, borne_by, refund_amount } = *closing;
    let closed = PaymentClosed { order_number: order_number.clone(), reason, borne_by, refund_amount };
    std::iter::once(closed.into()).chain(doubts).chain(back).collect()
}

fn number(state: &PaymentState) -> Result<OrderNumber, Rejection> {
    state.order_number.clone().ok_or(Rejection::UnknownAttempt)
}
