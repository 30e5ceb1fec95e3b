//! Promises 1 and 2: who is charged for what, and whether it adds up.

use std::collections::BTreeMap;

use super::logs::Logs;
use super::payment::Payment;
use super::report::Report;
use super::sweep::Story;

/// Promise 1: nothing is cooked unpaid, nothing is paid in vain.
pub(super) fn check_established(story: &Story<'_>, report: &mut Report) {
    let payment = story.payment.as_ref();
    let captured = payment.map_or(0, Payment::captured);
    let kept = payment.map_or(0, |payment| captured - payment.refunded() - payment.owed());
    let placed = story.order.as_ref().is_some_and(|order| order.placed);
    if captured == 0 && story.ticket.as_ref().is_some_and(super::ticket::Ticket::stands) {
        report.broken(1, "ticket-unpaid", story.id, "there is a ticket, and nothing was captured");
    }
    if captured == 0 && placed {
        report.broken(1, "placed-unpaid", story.id, "the order is placed, and nothing was captured");
    }
    if kept > 0 && !placed {
        let detail = format!("{kept} of {captured} captured is kept, and the order was never placed");
        report.broken(1, "captured-unplaced", story.id, detail);
    }
}

/// Promise 2: one charge, and what is left of it is the price of what was had.
pub(super) fn check_amounts(story: &Story<'_>, logs: &Logs, report: &mut Report) {
    let none = Payment::default();
    let payment = story.payment.as_ref().unwrap_or(&none);
    let charged = payment.attempts.iter().filter(|(n, attempt)| attempt.charged.is_some() && payment.left_of(**n) > 0);
    if charged.count() > 1 {
        report.broken(2, "charged-twice", story.id, "more than one attempt was charged and not given back");
    }
    if let Some(order) = &story.order {
        let kept = payment.captured() - payment.refunded() - payment.owed();
        if kept != order.keeps() {
            let detail = format!(
                "{} captured, {} refunded, {} to be refunded leave {kept}; the order is {} and leaves {}",
                payment.captured(),
                payment.refunded(),
                payment.owed(),
                order.status(),
                order.keeps()
            );
            report.broken(2, "money-differs", story.id, detail);
        }
        let refund = order.refund_status();
        if refund == "PENDING" && payment.owed() == 0 {
            report.broken(2, "refund-lost", story.id, "the order shows a refund as pending, and pay has none open");
        }
    }
    if logs.provider.is_some() {
        check_provider(story, payment, report);
    }
}

/// The provider's log says the same as pay's.
fn check_provider(story: &Story<'_>, payment: &Payment, report: &mut Report) {
    for charge in &story.charges {
        let n = charge.attempt;
        match payment.attempts.get(&n).and_then(|attempt| attempt.charged) {
            Some(amount) if amount == charge.amount => {}
            Some(amount) => {
                let detail = format!("attempt {n}: the provider charged {}, pay says {amount}", charge.amount);
                report.broken(2, "charge-differs", story.id, detail);
            }
            None => {
                let detail = format!("attempt {n}: the provider charged {}, pay knows nothing of it", charge.amount);
                report.broken(2, "charge-unknown-to-pay", story.id, detail);
            }
        }
        if charge.refunded() > charge.amount {
            let detail = format!("attempt {n}: {} charged, {} given back", charge.amount, charge.refunded());
            report.broken(2, "refunded-too-much", story.id, detail);
        }
    }
    for (n, _) in payment.attempts.iter().filter(|(_, attempt)| attempt.charged.is_some()) {
        if !story.charges.iter().any(|charge| charge.attempt == *n) {
            let detail = format!("attempt {n}: pay says charged, the provider knows nothing of it");
            report.broken(2, "charge-unknown-to-provider", story.id, detail);
        }
    }
    check_refunds(story, payment, report);
}

fn check_refunds(story: &Story<'_>, payment: &Payment, report: &mut Report) {
    let given: BTreeMap<&str, i64> =
        story.charges.iter().flat_map(|charge| &charge.refunds).map(|(id, amount)| (id.as_str(), *amount)).collect();
    let recorded: BTreeMap<&str, i64> = payment
        .refunds
        .iter()
        .filter(|(_, refund)| refund.by_provider)
        .map(|(id, refund)| (id.as_str(), refund.amount))
        .collect();
    for (id, amount) in &given {
        if recorded.get(id) != Some(amount) {
            let detail = format!("the provider gave {amount} back as refund {id}, pay says {:?}", recorded.get(id));
            report.broken(2, "refund-unknown-to-pay", story.id, detail);
        }
    }
    for (id, amount) in recorded.iter().filter(|(id, _)| !given.contains_key(*id)) {
        let detail = format!("pay says {amount} is back as refund {id}, the provider knows nothing of it");
        report.broken(2, "refund-unknown-to-provider", story.id, detail);
    }
}
