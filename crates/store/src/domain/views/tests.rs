use kernel::events::store::*;
use kernel::order::DeliveryBy::{Pickup, Rider};
use kernel::order::*;

use super::*;
use crate::domain::tests::samples::*;

fn board(events: impl IntoIterator<Item = StoreEvent>) -> Option<KitchenRow> {
    (1..).zip(events).fold(None, |row, (version, event)| apply(row, &recorded(version, event)))
}

#[test]
fn an_open_ticket_shows_what_to_cook_and_until_when_to_answer() {
    let row = board([opened(Rider)]).unwrap();
    assert_eq!((row.order_id, row.store_id, row.status), (order_id(), store_id(), TicketStatus::Open));
    assert_eq!((row.answer_by, row.placed_at, row.version), (Some(at(10)), at(0), 1));
    assert_eq!((row.note(), row.is_active()), (Some("덜 맵게"), true));
}

#[test]
fn a_row_follows_its_ticket_to_the_door() {
    let story = [opened(Pickup), accepted(Pickup), cooking(), cooked(Pickup), out(Pickup)];
    let after = |count: usize| board(story[..count].to_vec()).unwrap();
    let row = after(2);
    assert_eq!((row.status, row.prep_minutes, row.ready_by), (TicketStatus::Accepted, Some(20), Some(at(21))));
    assert_eq!((row.answer_by, row.late_at), (None, Some(at(36))));
    assert_eq!((after(3).status, after(3).late_at), (TicketStatus::Cooking, Some(at(36))));
    let row = after(4);
    assert_eq!((row.status, row.ready_by, row.late_at), (TicketStatus::Cooked, Some(at(20)), None));
    assert_eq!(row.uncollected_at, Some(at(80)));
    let row = after(5);
    assert_eq!((row.status, row.uncollected_at, row.is_active()), (TicketStatus::Out, None, false));
}

#[test]
fn a_row_says_why_its_ticket_ended() {
    let row = board([opened(Rider), rejected(RejectReason::TooBusy)]).unwrap();
    assert_eq!((row.status, row.reason), (TicketStatus::Rejected, Some(CancelReason::TooBusy)));
    let row = board([opened(Rider), accepted(Rider), withdrawn(WithdrawReason::NoContact)]).unwrap();
    assert_eq!((row.status, row.reason), (TicketStatus::Cancelled, Some(CancelReason::NoContact)));
    assert_eq!(row.late_at, None);
    for end in [cancelled("log/1"), voided(Some(TicketStatus::Open))] {
        assert_eq!(board([opened(Rider), end]).unwrap().status, TicketStatus::Cancelled);
    }
}

#[test]
fn a_late_kitchen_and_a_taken_out_dish_show() {
    let late = KitchenLate { order_number: number(), ready_by: at(46), late_at: at(46) };
    let row = board([opened(Rider), accepted(Rider), late.into(), adjusted(1)]).unwrap();
    assert_eq!((row.ready_by, row.late_at), (Some(at(46)), Some(at(46))));
    assert_eq!(row.lines[0].quantity, 1);
    assert_eq!(row.overdue_at(), Some(at(0)), "the operator sees it");
    let (order_number, cause) = (number(), DelayCause::ManyOrders);
    let more = TicketDelayed { order_number, minutes: 10, cause, ready_by: at(56), late_at: at(71) };
    let late = KitchenLate { order_number: number(), ready_by: at(46), late_at: at(46) };
    let row = board([opened(Rider), accepted(Rider), late.into(), more.into()]).unwrap();
    assert_eq!(row.overdue_at(), None, "the kitchen said how much longer it needs");
}

#[test]
fn a_ticket_that_ended_before_it_was_opened_never_appears() {
    assert_eq!(board([voided(None)]), None);
    assert_eq!(board([cancelled("log/1")]), None);
    assert_eq!(board([StoreRegistered { terms: terms() }.into(), StoreOpened {}.into()]), None);
}

#[test]
fn a_row_reads_back_without_what_is_private() {
    let row = board([opened(Rider), accepted(Rider)]).unwrap();
    let json = serde_json::to_string(&row).unwrap();
    assert!(!json.contains("덜 맵게"));
    let back: KitchenRow = serde_json::from_str(&json).unwrap();
    assert_eq!(back, KitchenRow { private: None, ..row });
}
