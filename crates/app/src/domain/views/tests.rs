use kernel::events::app::RefundOutcome;
use kernel::order::{CancelCause, OrderStatus, PaymentMethod, Progress, RefundStatus};
use kernel::{Context, Time};

use super::{Detail, Note, OrderRow, PaymentDue, apply, timeline};
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;
use crate::domain::waits::{Awaited, WaitingFor};

fn row(events: Vec<kernel::events::app::AppEvent>) -> OrderRow {
    recorded(events).iter().fold(None, apply).unwrap()
}

fn row_of(commands: Vec<(Time, What)>) -> OrderRow {
    row(story(commands))
}

#[test]
fn the_row_shows_every_status_as_it_is_decided() {
    for status in STATUSES {
        assert_eq!(row(story_to(status)).status(), status);
    }
}

#[test]
fn an_unpaid_order_shows_what_is_to_be_paid_and_until_when() {
    let row = row(story_to(OrderStatus::PaymentFailed));
    let reference = format!("{}-2", row.order_id);
    assert_eq!(row.payment_due(), Some(PaymentDue { reference, amount: won(48_000), url: None }));
    assert_eq!(row.hold_ends_at(), Some(t(10)));
    assert_eq!(row.waiting_for(), Some(WaitingFor { what: Awaited::Payment, until: t(10) }));
}

#[test]
fn while_an_attempt_is_open_and_once_it_is_paid_there_is_nothing_to_pay() {
    assert_eq!(row(story_to(OrderStatus::PaymentChecking)).payment_due(), None);
    let placed = row(story_to(OrderStatus::Placed));
    assert_eq!((placed.payment_due(), placed.hold_ends_at()), (None, None));
}

#[test]
fn the_row_names_its_people_its_amounts_and_where_in_the_log_it_is() {
    let row = row(story_to(OrderStatus::Accepted));
    assert_eq!((row.customer_id().as_str(), row.store_id()), ("minji", id(7)));
    assert_eq!(row.delivery_amount(), won(3_000));
    assert_eq!(row.order.eta(), Some(t(45)));
    assert_eq!((row.version, row.changed_at), (5, s(5)));
}

#[test]
fn the_row_follows_the_money() {
    let placed = vec![(t(0), create(Some(PaymentMethod::Card))), (s(1), approved(1, s(1)))];
    let cancelled = [placed, vec![(t(1), cancel(CancelCause::OperatorDecided, None))]].concat();
    assert_eq!(row_of(cancelled.clone()).refund(), RefundStatus::Pending);
    let refunded = [cancelled, vec![(t(2), refund(4, 48_000, RefundOutcome::Done))]].concat();
    let row = row_of(refunded);
    assert_eq!((row.refund(), row.order.refunded_amount()), (RefundStatus::Done, won(48_000)));
}

#[test]
fn a_stored_row_comes_back_without_personal_data_which_is_stored_apart() {
    let row = row(story_to(OrderStatus::Delivering));
    let text = serde_json::to_string(&row).unwrap();
    assert!(!text.contains("010-0000-0001"), "{text}");
    let mut back: OrderRow = serde_json::from_str(&text).unwrap();
    back.order.private.clone_from(&row.order.private);
    assert_eq!(back, row);
}

#[test]
fn erasing_takes_the_personal_data_out_of_the_row() {
    let mut events = story_to(OrderStatus::Delivered);
    assert!(row(events.clone()).order.private.is_some());
    events.push(kernel::events::app::PersonalDataErased { order_number: number() }.into());
    assert_eq!(row(events).order.private, None);
}

#[test]
fn an_event_of_an_order_that_was_never_created_makes_no_row() {
    let event = kernel::events::app::PersonalDataErased { order_number: number() };
    assert_eq!(recorded(vec![event.into()]).iter().fold(None, apply), None);
}

#[test]
fn the_timeline_tells_the_story_with_each_change_of_status() {
    let items = timeline(&recorded(story_to(OrderStatus::Cooking)), &[]);
    let told: Vec<_> = items.iter().map(|item| (item.event.as_str(), item.context, item.status)).collect();
    assert_eq!(
        told,
        [
            ("OrderCreated", Context::App, Some(OrderStatus::AwaitingPayment)),
            ("PaymentStarted", Context::App, None),
            ("OrderPlaced", Context::App, Some(OrderStatus::Placed)),
            ("OrderReceived", Context::Store, None),
            ("OrderProgressed", Context::Store, Some(OrderStatus::Accepted)),
            ("OrderProgressed", Context::Store, Some(OrderStatus::Cooking)),
        ]
    );
    assert_eq!(items[4].detail, Some(Detail::Eta(t(45))));
    assert_eq!(items[4].cause, "cause/5");
}

#[test]
fn notes_stand_where_they_were_made() {
    let note = Note {
        at: s(2),
        event: "PaymentApproved".to_owned(),
        context: Context::Pay,
        detail: "attempt-closed".to_owned(),
        cause: "pay/9".to_owned(),
    };
    let items = timeline(&recorded(story_to(OrderStatus::Placed)), &[note]);
    let told: Vec<_> = items.iter().map(|item| item.event.as_str()).collect();
    assert_eq!(told, ["OrderCreated", "PaymentStarted", "PaymentApproved", "OrderPlaced"]);
    assert_eq!(items[2].detail, Some(Detail::Note("attempt-closed".to_owned())));
}

#[test]
fn progress_while_a_cancel_is_asked_for_changes_no_status() {
    let mut events = story_to(OrderStatus::CancelRequested);
    let progressed =
        kernel::events::app::OrderProgressed { order_number: number(), to: Progress::Accepted, eta: Some(t(45)) };
    events.push(progressed.into());
    assert_eq!(timeline(&recorded(events), &[]).last().unwrap().status, None);
}

#[test]
fn the_story_keeps_its_order_when_a_clock_steps_back() {
    let mut events = recorded(story_to(OrderStatus::Placed));
    events[1].at = t(5);
    let items = timeline(&events, &[]);
    assert!(items.iter().map(|item| item.event.as_str()).eq(["OrderCreated", "PaymentStarted", "OrderPlaced"]));
}
