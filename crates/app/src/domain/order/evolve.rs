//! What an event makes of an order. Total: what happened is never refused.

use kernel::events::app::{
    AppEvent, OrderAdjusted, OrderCancelled, OrderCompleted, OrderCreated, OrderPlaced, OrderUndelivered, PaidSoFar,
    PaymentStarted, RefundRecorded, Trouble,
};
use kernel::money::Amount;
use kernel::order::adjust_lines;

use super::state::{
    Adjustment, CancelAsked, End, Ended, Known, Live, OpenAttempt, Refund, RefundOf, Stage, State, Unpaid,
};

/// The state after `event`.
pub(super) fn evolve(state: State, event: &AppEvent) -> State {
    match (state, event) {
        (None, AppEvent::OrderCreated(created)) => Some(Box::new(known(created))),
        (None, _) => None,
        (Some(mut order), event) => {
            apply(&mut order, event);
            Some(order)
        }
    }
}

fn known(created: &OrderCreated) -> Known {
    Known {
        details: created.details.clone(),
        private: created.private.clone(),
        created_at: created.created_at,
        hold_ends_at: created.hold_ends_at,
        attempts: 0,
        adjustments: Vec::new(),
        refunds: Vec::new(),
        stage: Stage::Unpaid(Unpaid::default()),
    }
}

fn apply(order: &mut Known, event: &AppEvent) {
    match event {
        AppEvent::OrderCreated(_) => {}
        AppEvent::PaymentStarted(event) => start(order, event),
        AppEvent::PaymentDeferred(event) => {
            order.hold_ends_at = event.hold_ends_at;
            order.stage = Stage::Unpaid(Unpaid { open: None, declined: None });
        }
        AppEvent::PaymentUnconfirmed(event) => {
            if let Stage::Unpaid(Unpaid { open: Some(open), .. }) = &mut order.stage {
                open.operator_at = Some(event.operator_at);
            }
        }
        AppEvent::PaymentFailed(event) => {
            order.hold_ends_at = event.hold_ends_at;
            order.stage = Stage::Unpaid(Unpaid { open: None, declined: Some(event.code) });
        }
        AppEvent::OrderPlaced(event) => order.stage = Stage::Live(live(event)),
        AppEvent::OrderExpired(event) => {
            end(order, ended(End::Expired, event.erase_at));
        }
        AppEvent::OrderCancelled(event) => cancel(order, event),
        AppEvent::OrderUndelivered(event) => close(order, event),
        AppEvent::OrderCompleted(event) => complete(order, event),
        AppEvent::OrderAdjusted(event) => adjust(order, event),
        AppEvent::RefundRecorded(event) => refund(order, event),
        AppEvent::OrderReceived(event) => while_live(order, |live| {
            live.answer_by = Some(event.answer_by);
            live.store_heard = true;
        }),
        AppEvent::OrderProgressed(event) => while_live(order, |live| {
            live.furthest = live.furthest.max(Some(event.to));
            live.eta = event.eta.or(live.eta);
            live.store_heard = true;
        }),
        AppEvent::OrderDelayed(event) => while_live(order, |live| live.eta = Some(event.new_eta)),
        AppEvent::DeliveryTroubled(event) => while_live(order, |live| {
            live.trouble = match event.trouble {
                Trouble::Resumed => None,
                Trouble::Interrupted(_) | Trouble::Failed(_) => Some(event.trouble),
            }
        }),
        AppEvent::CancelRequested(event) => while_live(order, |live| {
            live.cancel = Some(CancelAsked { cause: event.cause, reason: event.reason, answer_by: event.answer_by });
        }),
        AppEvent::CancelRefused(_) => while_live(order, |live| {
            live.cancel = None;
            live.store_heard = true;
        }),
        AppEvent::DeliveredAfterCancel(_) => {
            if let Stage::Ended(ended) = &mut order.stage {
                ended.delivered_after_cancel = true;
            }
        }
        AppEvent::PersonalDataErased(_) => {
            order.private = None;
            if let Stage::Ended(ended) = &mut order.stage {
                ended.erased = true;
            }
        }
    }
}

fn while_live(order: &mut Known, change: impl FnOnce(&mut Live)) {
    if let Stage::Live(live) = &mut order.stage {
        change(live);
    }
}

fn start(order: &mut Known, event: &PaymentStarted) {
    order.attempts = event.attempt;
    let open = OpenAttempt {
        attempt: event.attempt,
        method: event.method,
        started_at: event.started_at,
        doubt_at: event.doubt_at,
        operator_at: None,
    };
    order.stage = Stage::Unpaid(Unpaid { open: Some(open), declined: None });
}

fn live(event: &OrderPlaced) -> Live {
    Live {
        attempt: event.attempt,
        method: event.method,
        placed_at: event.placed_at,
        unreachable_at: event.unreachable_at,
        answer_by: None,
        store_heard: false,
        furthest: None,
        eta: None,
        trouble: None,
        cancel: None,
    }
}

/// An end at which nothing was paid and nothing goes back.
fn ended(how: End, erase_at: kernel::Time) -> Ended {
    Ended {
        how,
        done_at: None,
        reason: None,
        paid: PaidSoFar::Nothing,
        attempt: None,
        method: None,
        refund_amount: Amount::ZERO,
        delivered_after_cancel: false,
        erase_at,
        erased: false,
    }
}

fn cancel(order: &mut Known, event: &OrderCancelled) {
    let cancelled = Ended {
        reason: Some(event.reason),
        paid: event.paid,
        method: event.method,
        refund_amount: event.refund_amount,
        ..ended(End::Cancelled, event.erase_at)
    };
    end(order, cancelled);
}

fn close(order: &mut Known, event: &OrderUndelivered) {
    let undelivered = Ended {
        reason: Some(event.reason),
        paid: PaidSoFar::Everything,
        method: Some(event.method),
        refund_amount: event.refund_amount,
        ..ended(End::Undelivered, event.erase_at)
    };
    end(order, undelivered);
}

fn complete(order: &mut Known, event: &OrderCompleted) {
    let method = match &order.stage {
        Stage::Live(live) => Some(live.method),
        Stage::Unpaid(_) | Stage::Ended(_) => None,
    };
    let delivered = Ended {
        done_at: Some(event.done_at),
        paid: PaidSoFar::Everything,
        method,
        ..ended(End::Delivered, event.erase_at)
    };
    end(order, delivered);
}

/// The attempt that was charged is remembered, so that a repeat of its approval is known as one.
fn end(order: &mut Known, ended: Ended) {
    let attempt = match (&order.stage, ended.paid) {
        (Stage::Live(live), _) => Some(live.attempt),
        (Stage::Unpaid(unpaid), PaidSoFar::Everything) => unpaid.open.as_ref().map(|open| open.attempt),
        (Stage::Unpaid(_), PaidSoFar::Nothing | PaidSoFar::Unknown) | (Stage::Ended(_), _) => None,
    };
    order.stage = Stage::Ended(Ended { attempt, ..ended });
}

fn adjust(order: &mut Known, event: &OrderAdjusted) {
    adjust_lines(&mut order.details.lines, &event.lines);
    order.adjustments.push(Adjustment { adjustment_id: event.adjustment_id, amount: event.amount });
}

fn refund(order: &mut Known, event: &RefundRecorded) {
    let of = match (&order.stage, event.adjustment) {
        (_, Some(_)) => RefundOf::Adjustment,
        (Stage::Ended(_), None) => RefundOf::End,
        (Stage::Unpaid(_) | Stage::Live(_), None) => RefundOf::Error,
    };
    if let Some(known) = order.refunds.iter_mut().find(|known| known.refund_id == event.refund_id) {
        known.outcome = event.outcome;
    } else {
        let (refund_id, amount, outcome) = (event.refund_id, event.amount, event.outcome);
        order.refunds.push(Refund { refund_id, amount, outcome, of });
    }
}
