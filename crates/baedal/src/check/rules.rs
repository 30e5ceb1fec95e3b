//! The promises, order by order. What is about money is in `money`, what is about views in `facts`.

use super::logs::{Context, Logs};
use super::order::{Attempt, Order, Stage};
use super::report::{OpenRefund, Report};
use super::sweep::Story;
use super::{Unreadable, money};

/// Checks all that one order promises.
pub(super) fn judge(story: &Story<'_>, logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    count(story, report);
    if let Some(reason) = unsettled(story) {
        *report.skipped.entry(reason).or_default() += 1;
    } else {
        money::check_established(story, report);
        money::check_amounts(story, logs, report);
        check_cancelled(story, report);
    }
    check_followed(story, logs, report);
    check_waits(story, logs, report)?;
    check_told(story, logs, report);
    Ok(())
}

/// Why promises 1, 2 and 5 cannot be asked of it now.
fn unsettled(story: &Story<'_>) -> Option<&'static str> {
    let order = story.order.as_ref();
    let payment = story.payment.as_ref();
    if story.parked {
        Some("with a parked message")
    } else if story.news {
        Some("with news not heard yet")
    } else if order.is_some_and(Order::attempt_is_open) || payment.is_some_and(super::payment::Payment::attempt_is_open)
    {
        Some("with an open attempt to pay")
    } else if payment.is_some_and(|payment| payment.any("PENDING")) {
        Some("with an open refund")
    } else if order.is_some_and(Order::cancel_is_open) {
        Some("with an open cancel")
    } else {
        None
    }
}

fn count(story: &Story<'_>, report: &mut Report) {
    if let Some(order) = &story.order {
        *report.orders.entry(order.status()).or_default() += 1;
    }
    if let Some(status) = story.ticket.as_ref().and_then(|ticket| ticket.status) {
        *report.tickets.entry(status).or_default() += 1;
    }
    if let Some(status) = story.delivery.as_ref().and_then(|delivery| delivery.status) {
        *report.deliveries.entry(status).or_default() += 1;
    }
    for notice in story.notices.iter().flat_map(|notices| &notices.all) {
        *report.notices.entry(notice.state).or_default() += 1;
    }
    let Some(payment) = &story.payment else { return };
    report.captured_amount += payment.captured();
    report.refunded_amount += payment.refunded();
    for (refund_id, refund) in payment.refunds.iter().filter(|(_, refund)| refund.is_open()) {
        report.open_refunds.push(OpenRefund {
            order_id: story.id.to_owned(),
            refund_id: refund_id.clone(),
            amount: refund.amount,
            standing: refund.standing,
        });
    }
}

/// Promise 5.
fn check_cancelled(story: &Story<'_>, report: &mut Report) {
    if !story.order.as_ref().is_some_and(Order::is_cancelled) {
        return;
    }
    if let Some(ticket) = story.ticket.as_ref().filter(|ticket| ticket.is_active()) {
        let status = ticket.status.unwrap_or_default();
        report.broken(5, "active-ticket", story.id, format!("the order is cancelled, its ticket is {status}"));
    }
    if let Some(delivery) = story.delivery.as_ref().filter(|delivery| delivery.is_active()) {
        let status = delivery.status.unwrap_or_default();
        report.broken(5, "active-delivery", story.id, format!("the order is cancelled, its delivery is {status}"));
    }
}

/// Promise 3: nothing that was asked for is lost between two logs.
fn check_followed(story: &Story<'_>, logs: &Logs, report: &mut Report) {
    if story.news || story.parked {
        return;
    }
    let Some(order) = &story.order else { return };
    if order.placed && story.ticket.is_none() && logs.log(Context::Store).is_some() {
        report.broken(3, "ticket-missing", story.id, "the order is placed, and store has never heard of it");
    }
    let accepted = story.ticket.as_ref().is_some_and(|ticket| ticket.stands() && ticket.status != Some("OPEN"));
    if accepted && !order.pickup && story.delivery.is_none() && logs.log(Context::Delivery).is_some() {
        report.broken(3, "delivery-missing", story.id, "the ticket is accepted, and delivery has never heard of it");
    }
}

/// Promise 3: every order has ended, or waits for something with a deadline.
fn check_waits(story: &Story<'_>, logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    let mut waits = |context: Context, needed: bool, what: &str| -> Result<(), Unreadable> {
        let Some(log) = logs.log(context).filter(|_| needed) else { return Ok(()) };
        if !log.has_timer(&format!("{}/{}", context.category(), story.id))? {
            report.broken(3, "no-timer", story.id, format!("{} {what}, and no timer runs", context.name()));
        }
        Ok(())
    };
    if let Some(order) = &story.order {
        let needed = match order.stage {
            Stage::Unpaid { attempt: Attempt::InDoubt { .. }, .. } => false,
            Stage::Unpaid { .. } => true,
            Stage::Live { heard, cancel, .. } => cancel || !heard,
            Stage::Ended { erased, .. } => !erased,
        };
        waits(Context::App, needed, &format!("has the order as {}", order.status()))?;
    }
    waits(
        Context::Store,
        story.ticket.as_ref().is_some_and(super::ticket::Ticket::needs_timer),
        "has a ticket to cook",
    )?;
    waits(
        Context::Delivery,
        story.delivery.as_ref().is_some_and(super::delivery::Delivery::needs_timer),
        "is on the way",
    )?;
    if let Some(order) = &story.order {
        check_deadline(story.id, order, report);
    }
    check_work(story, logs, report)
}

fn check_deadline(id: &str, order: &Order, report: &mut Report) {
    let visible = match order.stage {
        Stage::Unpaid { attempt: Attempt::InDoubt { deadline }, .. }
        | Stage::Live { heard: true, cancel: false, deadline, .. } => deadline,
        Stage::Unpaid { .. } | Stage::Live { .. } | Stage::Ended { .. } => true,
    };
    if !visible {
        report.broken(3, "no-deadline", id, format!("the order is {} and nothing says until when", order.status()));
    }
    if order.ends > 1 {
        report.broken(3, "ended-twice", id, format!("app's log ends the order {} times", order.ends));
    }
}

/// What has to be asked of, or told to, the outside has a call waiting.
fn check_work(story: &Story<'_>, logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    let asks = story.payment.as_ref().is_some_and(|payment| payment.is_in_doubt() || payment.any("PENDING"));
    let tells = story.notices.as_ref().is_some_and(super::notices::Notices::any_queued);
    for (context, needed, what) in
        [(Context::Pay, asks, "a payment in doubt or a refund pending"), (Context::Customer, tells, "a notice queued")]
    {
        let Some(log) = logs.log(context).filter(|_| needed) else { continue };
        if !log.has_work(&format!("{}/{}", context.category(), story.id))? {
            report.broken(3, "no-work", story.id, format!("{} has {what}, and no call waits", context.name()));
        }
    }
    Ok(())
}

/// Promise 4.
fn check_told(story: &Story<'_>, logs: &Logs, report: &mut Report) {
    let Some(customer) = logs.log(Context::Customer) else { return };
    if let Some(notices) = &story.notices {
        notices.check_ends(story.id, report);
    }
    if story.parked {
        return;
    }
    let heard = customer.heard(Context::App);
    match (&story.order, &story.notices) {
        (Some(order), Some(notices)) => notices.check_told(story.id, order, heard, report),
        (Some(order), None) => super::notices::Notices::default().check_told(story.id, order, heard, report),
        (None, Some(_)) => {
            report.broken(4, "told-without-cause", story.id, "there are notices of an order that app does not know");
        }
        (None, None) => {}
    }
}
