//! What each event makes of a payment.

use kernel::Time;
use kernel::events::pay::PayEvent;
use kernel::ids::RefundId;
use kernel::order::OrderNumber;

use super::{Attempt, Closing, PaymentState, Refund, RefundStanding, Request};

pub(super) fn evolve(mut state: PaymentState, event: &PayEvent) -> PaymentState {
    if state.order_number.is_none() {
        state.order_number = Some(order_number(event).clone());
    }
    match event {
        PayEvent::PaymentRequested(event) => {
            let request = Request {
                reference: event.reference.clone(),
                amount: event.amount,
                currency: event.currency,
                method: event.method,
                requested_at: event.requested_at,
            };
            state.attempts.insert(event.attempt, Attempt::Requested(request));
        }
        PayEvent::PaymentApproved(event) => approve(&mut state, event.attempt, event.approved_at),
        PayEvent::PaymentDeclined(event) => {
            let code = event.code;
            with_request(&mut state, event.attempt, |request| Attempt::Declined(request, code));
        }
        PayEvent::PaymentInDoubt(event) => with_request(&mut state, event.attempt, Attempt::InDoubt),
        PayEvent::AttemptAbandoned(event) => {
            let request = state.request(event.attempt).cloned();
            state.attempts.insert(event.attempt, Attempt::Abandoned(request));
        }
        PayEvent::PaymentClosed(event) => {
            state.closing =
                Some(Closing { reason: event.reason, borne_by: event.borne_by, refund_amount: event.refund_amount });
        }
        PayEvent::RefundRequested(event) => {
            let refund = Refund {
                attempt: event.attempt,
                amount: event.amount,
                reason: event.reason,
                borne_by: event.borne_by,
                requested_at: event.requested_at,
                standing: RefundStanding::Pending,
            };
            state.refunds.insert(event.refund_id, refund);
        }
        PayEvent::PaymentRefunded(event) => stand(&mut state, event.refund_id, RefundStanding::Done),
        PayEvent::RefundFailed(event) => stand(&mut state, event.refund_id, RefundStanding::Failed),
        PayEvent::RefundSettledByHand(event) => stand(&mut state, event.refund_id, RefundStanding::SettledByHand),
    }
    state
}

fn approve(state: &mut PaymentState, attempt: u32, approved_at: Time) {
    if state.paid_by.is_none() && state.attempts.get(&attempt).is_some_and(Attempt::is_open) {
        state.paid_by = Some(attempt);
    }
    with_request(state, attempt, |request| Attempt::Approved(request, approved_at));
}

fn with_request(state: &mut PaymentState, attempt: u32, becomes: impl FnOnce(Request) -> Attempt) {
    if let Some(request) = state.request(attempt).cloned() {
        state.attempts.insert(attempt, becomes(request));
    }
}

fn stand(state: &mut PaymentState, refund_id: RefundId, standing: RefundStanding) {
    if let Some(refund) = state.refunds.get_mut(&refund_id) {
        refund.standing = standing;
    }
}

const fn order_number(event: &PayEvent) -> &OrderNumber {
    match event {
        PayEvent::PaymentRequested(event) => &event.order_number,
        PayEvent::PaymentApproved(event) => &event.order_number,
        PayEvent::PaymentDeclined(event) => &event.order_number,
        PayEvent::PaymentInDoubt(event) => &event.order_number,
        PayEvent::AttemptAbandoned(event) => &event.order_number,
        PayEvent::PaymentClosed(event) => &event.order_number,
        PayEvent::RefundRequested(event) => &event.order_number,
        PayEvent::PaymentRefunded(event) => &event.order_number,
        PayEvent::RefundFailed(event) => &event.order_number,
        PayEvent::RefundSettledByHand(event) => &event.order_number,
    }
}
