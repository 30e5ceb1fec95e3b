use kernel::events::store::*;
use kernel::ids::AdjustmentId;
use kernel::money::Amount;
use kernel::order::DeliveryBy::{Pickup, Rider};
use kernel::order::*;
use kernel::testing::{Given, given};

use super::*;
use crate::domain::commands::*;
use crate::domain::tests::samples::*;

mod properties;

fn ticket(events: impl IntoIterator<Item = StoreEvent>) -> Given<Ticket> {
    given(events)
}

/// The history up to a stage.
fn until(status: TicketStatus, by: DeliveryBy) -> Given<Ticket> {
    let full = [opened(by), accepted(by), cooking(), cooked(by), out(by)];
    ticket(match status {
        TicketStatus::Open => full[..1].to_vec(),
        TicketStatus::Accepted => full[..2].to_vec(),
        TicketStatus::Cooking => full[..3].to_vec(),
        TicketStatus::Cooked => full[..4].to_vec(),
        TicketStatus::Out => full.to_vec(),
        TicketStatus::Rejected => vec![full[0].clone(), rejected(RejectReason::TooBusy)],
        TicketStatus::Cancelled => vec![full[0].clone(), cancelled("log/1")],
    })
}

const ALL: [TicketStatus; 7] = [
    TicketStatus::Open,
    TicketStatus::Accepted,
    TicketStatus::Cooking,
    TicketStatus::Cooked,
    TicketStatus::Out,
    TicketStatus::Rejected,
    TicketStatus::Cancelled,
];

/// In every status but these, `what` is refused for the status.
#[track_caller]
fn wrong_unless_in(allowed: &[TicketStatus], by: DeliveryBy, what: &TicketWhat) {
    for status in ALL.into_iter().filter(|status| !allowed.contains(status)) {
        until(status, by).when(command(1, what.clone())).then_rejected(&TicketRejection::WrongState { status });
    }
    ticket([]).when(command(1, what.clone())).then_rejected(&TicketRejection::NoSuchTicket);
}

fn open_ticket(by: DeliveryBy) -> TicketWhat {
    TicketWhat::OpenTicket(Box::new(OpenTicket {
        order_number: number(),
        store_id: store_id(),
        lines: lines(),
        delivery_by: by,
        placed_at: at(0),
        private: private(),
    }))
}

fn accept(prep_minutes: u32, auto_cooking: AutoCooking) -> TicketWhat {
    TicketWhat::AcceptTicket { prep_minutes, store: Box::new(facts(auto_cooking)) }
}

fn reject(reason: RejectReason) -> TicketWhat {
    TicketWhat::RejectTicket { by: RejectedBy::Owner(reason) }
}

const SILENCE: TicketWhat = TicketWhat::RejectTicket { by: RejectedBy::Silence };
const OWNER_HANDS_OVER: TicketWhat = TicketWhat::HandOver { by: HandedOverBy::Owner };
const DELIVERY_STARTS: TicketWhat = TicketWhat::HandOver { by: HandedOverBy::Delivery };

fn cancel(request: &str, asker: CancelAsker) -> TicketWhat {
    TicketWhat::CancelTicket { order_number: number(), request: request.to_owned(), asker }
}

fn withdraw(reason: WithdrawReason) -> TicketWhat {
    TicketWhat::WithdrawTicket { reason, borne_by: BorneBy::Store, refund_amount: None }
}

fn adjust(last: u32, left: &[(u32, u32)], by: AdjustedBy) -> TicketWhat {
    let lines = left.iter().map(|(line, quantity)| LineLeft { line_id: line_id(*line), quantity: *quantity }).collect();
    let (reason, borne_by) = (AdjustReason::SoldOut, BorneBy::Store);
    TicketWhat::AdjustTicket { adjustment_id: adjustment_id(last), lines, reason, borne_by, by }
}

fn void() -> TicketWhat {
    TicketWhat::VoidTicket { order_number: number() }
}

#[test]
fn a_placed_order_opens_a_ticket_that_waits_ten_minutes_for_the_owner() {
    let state = ticket([]).when(command(0, open_ticket(Rider))).then([opened(Rider)]);
    let waits = Ticket::waits(&state);
    assert_eq!((waits[0].what, waits[0].until, waits.len()), (waits::OWNER_SILENT, at(10), 1));
    assert_eq!(waits[0].presumes[0].of, kernel::Context::App);
}

#[test]
fn an_order_opens_one_ticket_however_often_it_is_told() {
    for status in ALL {
        until(status, Rider).when(command(3, open_ticket(Rider))).then_nothing();
    }
}

#[test]
fn a_ticket_that_was_voided_or_cancelled_before_it_was_opened_stays_so() {
    ticket([voided(None)]).when(command(0, open_ticket(Rider))).then_nothing();
    ticket([cancelled("log/1")]).when(command(0, open_ticket(Rider))).then_nothing();
    ticket([voided(None)]).when(command(0, accept(20, AutoCooking::Off))).then_rejected(&TicketRejection::NoSuchTicket);
}

#[test]
fn the_owner_accepts_and_cooking_starts_by_itself_after_a_minute() {
    let state =
        until(TicketStatus::Open, Rider).when(command(1, accept(20, AutoCooking::Default))).then([accepted(Rider)]);
    let waits: Vec<_> = Ticket::waits(&state).into_iter().map(|wait| (wait.what, wait.until)).collect();
    assert_eq!(waits, [(waits::COOKING_NOT_PRESSED, at(2)), (waits::KITCHEN_LATE, at(36))]);
}

#[test]
fn a_store_sets_when_cooking_starts_by_itself() {
    let cook_at = |auto_cooking| {
        let open = until(TicketStatus::Open, Rider).state();
        let events = Ticket::decide(&open, command(1, accept(20, auto_cooking))).unwrap();
        let StoreEvent::TicketAccepted(accepted) = &events[0] else { panic!("{events:?}") };
        (accepted.cook_at, events[1..].to_vec())
    };
    assert_eq!(cook_at(AutoCooking::Off), (None, vec![]));
    assert_eq!(cook_at(AutoCooking::After { seconds: 180 }), (Some(at(4)), vec![]));
    assert_eq!(cook_at(AutoCooking::AtOnce), (Some(at(1)), vec![cooking()]));
}

#[test]
fn accepting_again_changes_nothing_whatever_the_minutes() {
    for status in [TicketStatus::Accepted, TicketStatus::Cooking, TicketStatus::Cooked, TicketStatus::Out] {
        until(status, Rider).when(command(3, accept(999, AutoCooking::AtOnce))).then_nothing();
    }
}

#[test]
fn what_ended_cannot_be_accepted() {
    for status in [TicketStatus::Rejected, TicketStatus::Cancelled] {
        let wrong = TicketRejection::WrongState { status };
        until(status, Rider).when(command(3, accept(20, AutoCooking::Off))).then_rejected(&wrong);
    }
    ticket([]).when(command(0, accept(20, AutoCooking::Off))).then_rejected(&TicketRejection::NoSuchTicket);
}

#[test]
fn a_preparation_takes_between_1_and_180_minutes() {
    for minutes in [0, 181, u32::MAX] {
        until(TicketStatus::Open, Rider)
            .when(command(1, accept(minutes, AutoCooking::Off)))
            .then_rejected(&TicketRejection::PrepMinutesOutOfRange);
    }
}

#[test]
fn the_owner_rejects_an_open_ticket_once() {
    let too_busy = || reject(RejectReason::TooBusy);
    until(TicketStatus::Open, Rider).when(command(1, too_busy())).then([rejected(RejectReason::TooBusy)]);
    until(TicketStatus::Rejected, Rider).when(command(2, too_busy())).then_nothing();
    let wrong = |status| TicketRejection::WrongState { status };
    until(TicketStatus::Rejected, Rider)
        .when(command(2, reject(RejectReason::Closing)))
        .then_rejected(&wrong(TicketStatus::Rejected));
    until(TicketStatus::Cancelled, Rider).when(command(2, too_busy())).then_rejected(&wrong(TicketStatus::Cancelled));
    ticket([]).when(command(2, too_busy())).then_rejected(&TicketRejection::NoSuchTicket);
}

#[test]
fn an_accepted_ticket_is_withdrawn_and_not_rejected() {
    for status in [TicketStatus::Accepted, TicketStatus::Cooking, TicketStatus::Cooked, TicketStatus::Out] {
        until(status, Rider)
            .when(command(2, reject(RejectReason::SoldOut)))
            .then_rejected(&TicketRejection::WithdrawInstead);
    }
}

#[test]
fn an_owner_who_answers_is_not_silent() {
    until(TicketStatus::Open, Rider)
        .when(command(1, reject(RejectReason::Silent)))
        .then_rejected(&TicketRejection::SilenceIsNotAReason);
}

#[test]
fn a_silent_owner_rejects_when_the_time_is_up_and_only_while_the_ticket_is_open() {
    let open = until(TicketStatus::Open, Rider).state();
    assert_eq!(waits::command_when_due(waits::OWNER_SILENT, &open), Some(SILENCE));
    until(TicketStatus::Open, Rider).when(command(9, SILENCE)).then_nothing();
    until(TicketStatus::Open, Rider).when(command(10, SILENCE)).then([rejected(RejectReason::Silent)]);
    for status in ALL.into_iter().skip(1) {
        until(status, Rider).when(command(11, SILENCE)).then_nothing();
        assert_eq!(waits::command_when_due(waits::OWNER_SILENT, &until(status, Rider).state()), None);
    }
}

#[test]
fn a_delay_counts_from_what_was_said_or_from_now_if_that_is_over() {
    let delayed = |ready, late| {
        let (minutes, cause) = (10, DelayCause::ManyOrders);
        TicketDelayed { order_number: number(), minutes, cause, ready_by: at(ready), late_at: at(late) }.into()
    };
    let delay = TicketWhat::DelayTicket { minutes: 10 };
    let state = until(TicketStatus::Accepted, Rider).when(command(5, delay.clone())).then([delayed(31, 46)]);
    assert_eq!(Ticket::waits(&state)[1].until, at(46));
    let state = until(TicketStatus::Cooking, Rider).when(command(30, delay.clone())).then([delayed(40, 55)]);
    assert_eq!(Ticket::waits(&state)[0].until, at(55));
    wrong_unless_in(&[TicketStatus::Accepted, TicketStatus::Cooking], Rider, &delay);
}

#[test]
fn a_delay_is_between_1_and_180_minutes() {
    for minutes in [0, 181] {
        until(TicketStatus::Cooking, Rider)
            .when(command(5, TicketWhat::DelayTicket { minutes }))
            .then_rejected(&TicketRejection::DelayOutOfRange);
    }
}

#[test]
fn cooking_starts_once_after_the_acceptance_by_hand_or_by_timer() {
    let start = TicketWhat::StartCooking;
    until(TicketStatus::Accepted, Rider).when(command(2, start.clone())).then([cooking()]);
    for status in [TicketStatus::Cooking, TicketStatus::Cooked, TicketStatus::Out] {
        until(status, Rider).when(command(2, start.clone())).then_nothing();
    }
    for status in [TicketStatus::Open, TicketStatus::Rejected, TicketStatus::Cancelled] {
        let wrong = TicketRejection::WrongState { status };
        until(status, Rider).when(command(2, start.clone())).then_rejected(&wrong);
    }
    ticket([]).when(command(2, start.clone())).then_rejected(&TicketRejection::NoSuchTicket);
    let accepted = until(TicketStatus::Accepted, Rider).state();
    assert_eq!(waits::command_when_due(waits::COOKING_NOT_PRESSED, &accepted), Some(start));
}

#[test]
fn cooking_is_finished_once_and_what_is_cooked_waits_for_nothing_more() {
    let finish = TicketWhat::FinishCooking;
    until(TicketStatus::Cooking, Rider).when(command(20, finish.clone())).then([cooked(Rider)]);
    let state = until(TicketStatus::Cooking, Pickup).when(command(20, finish.clone())).then([cooked(Pickup)]);
    assert_eq!(Ticket::waits(&state), [], "the board tells the operator of a pick-up that nobody collects");
    for status in [TicketStatus::Cooked, TicketStatus::Out] {
        until(status, Rider).when(command(21, finish.clone())).then_nothing();
    }
    for status in [TicketStatus::Open, TicketStatus::Accepted, TicketStatus::Rejected, TicketStatus::Cancelled] {
        let wrong = TicketRejection::WrongState { status };
        until(status, Rider).when(command(21, finish.clone())).then_rejected(&wrong);
    }
    ticket([]).when(command(2, finish)).then_rejected(&TicketRejection::NoSuchTicket);
}

#[test]
fn the_owner_hands_over_a_pick_up_that_is_cooked_and_nothing_else() {
    until(TicketStatus::Cooked, Pickup).when(command(22, OWNER_HANDS_OVER)).then([out(Pickup)]);
    until(TicketStatus::Out, Pickup).when(command(23, OWNER_HANDS_OVER)).then_nothing();
    wrong_unless_in(&[TicketStatus::Cooked, TicketStatus::Out], Pickup, &OWNER_HANDS_OVER);
    for by in [Rider, DeliveryBy::Store] {
        until(TicketStatus::Cooked, by).when(command(22, OWNER_HANDS_OVER)).then_rejected(&TicketRejection::NotAPickup);
    }
}

#[test]
fn a_delivery_that_started_has_taken_the_food_whatever_was_pressed() {
    for by in [Rider, DeliveryBy::Store] {
        for status in [TicketStatus::Accepted, TicketStatus::Cooking, TicketStatus::Cooked] {
            until(status, by).when(command(22, DELIVERY_STARTS)).then([out(by)]);
        }
        until(TicketStatus::Out, by).when(command(23, DELIVERY_STARTS)).then_nothing();
    }
    for status in [TicketStatus::Open, TicketStatus::Rejected, TicketStatus::Cancelled] {
        let wrong = TicketRejection::WrongState { status };
        until(status, Rider).when(command(22, DELIVERY_STARTS)).then_rejected(&wrong);
    }
    ticket([]).when(command(2, DELIVERY_STARTS)).then_rejected(&TicketRejection::NoSuchTicket);
    until(TicketStatus::Cooked, Pickup).when(command(22, DELIVERY_STARTS)).then_rejected(&TicketRejection::IsAPickup);
}

#[test]
fn a_customer_cancels_until_cooking_starts() {
    let ask = || command(3, cancel("log/9", CancelAsker::Customer));
    for status in [TicketStatus::Open, TicketStatus::Accepted] {
        let state = until(status, Rider).when(ask()).then([cancelled("log/9")]);
        assert_eq!(Ticket::waits(&state), []);
    }
    for status in [TicketStatus::Cooking, TicketStatus::Cooked] {
        until(status, Rider).when(ask()).then([refused("log/9", RefuseReason::CookingStarted)]);
    }
    until(TicketStatus::Out, Rider).when(ask()).then([refused("log/9", RefuseReason::OnItsWay)]);
}

#[test]
fn an_unreachable_store_that_answered_is_not_unreachable() {
    let ask = || command(61, cancel("log/9", CancelAsker::Unreachable));
    ticket([]).when(ask()).then([cancelled("log/9")]);
    until(TicketStatus::Open, Rider).when(ask()).then([cancelled("log/9")]);
    until(TicketStatus::Accepted, Rider).when(ask()).then([refused("log/9", RefuseReason::Accepted)]);
    until(TicketStatus::Cooking, Rider).when(ask()).then([refused("log/9", RefuseReason::CookingStarted)]);
    until(TicketStatus::Out, Rider).when(ask()).then([refused("log/9", RefuseReason::OnItsWay)]);
}

#[test]
fn a_cancel_that_comes_before_the_order_is_agreed_to_and_remembered() {
    let state = ticket([]).when(command(0, cancel("log/9", CancelAsker::Customer))).then([cancelled("log/9")]);
    assert_eq!(Ticket::decide(&state, command(1, open_ticket(Rider))), Ok(vec![]));
    assert_eq!(state.status(), Some(TicketStatus::Cancelled));
}

#[test]
fn each_cancel_request_is_answered_once() {
    let history = || [opened(Rider), accepted(Rider), cooking(), refused("log/9", RefuseReason::CookingStarted)];
    ticket(history()).when(command(5, cancel("log/9", CancelAsker::Customer))).then_nothing();
    ticket(history())
        .when(command(5, cancel("log/12", CancelAsker::Customer)))
        .then([refused("log/12", RefuseReason::CookingStarted)]);
}

#[test]
fn a_ticket_that_ended_has_said_so_already() {
    for ended in [
        vec![opened(Rider), cancelled("log/1")],
        vec![opened(Rider), rejected(RejectReason::TooBusy)],
        vec![opened(Rider), accepted(Rider), withdrawn(WithdrawReason::StoreReasons)],
        vec![opened(Rider), voided(Some(TicketStatus::Open))],
        vec![voided(None)],
    ] {
        ticket(ended.clone()).when(command(5, cancel("log/9", CancelAsker::Customer))).then_nothing();
        ticket(ended).when(command(5, void())).then_nothing();
    }
}

#[test]
fn the_store_withdraws_what_it_accepted() {
    let reason = WithdrawReason::StoreReasons;
    for status in [TicketStatus::Accepted, TicketStatus::Cooking, TicketStatus::Cooked, TicketStatus::Out] {
        let state = until(status, Rider).when(command(5, withdraw(reason))).then([withdrawn(reason)]);
        assert_eq!(state.status(), Some(TicketStatus::Cancelled));
        assert_eq!(Ticket::waits(&state), []);
        assert_eq!(Ticket::decide(&state, command(6, withdraw(reason))), Ok(vec![]));
        let wrong = TicketRejection::WrongState { status: TicketStatus::Cancelled };
        assert_eq!(Ticket::decide(&state, command(6, withdraw(WithdrawReason::NoContact))), Err(wrong));
    }
    for status in [TicketStatus::Rejected, TicketStatus::Cancelled] {
        let wrong = TicketRejection::WrongState { status };
        until(status, Rider).when(command(5, withdraw(reason))).then_rejected(&wrong);
    }
    ticket([]).when(command(5, withdraw(reason))).then_rejected(&TicketRejection::NoSuchTicket);
}

#[test]
fn what_was_not_accepted_is_rejected_and_not_withdrawn() {
    until(TicketStatus::Open, Rider)
        .when(command(5, withdraw(WithdrawReason::StoreReasons)))
        .then_rejected(&TicketRejection::RejectInstead);
}

#[test]
fn a_pick_up_that_was_collected_cannot_be_withdrawn() {
    until(TicketStatus::Out, Pickup)
        .when(command(30, withdraw(WithdrawReason::StoreReasons)))
        .then_rejected(&TicketRejection::AlreadyCollected);
}

#[test]
fn a_refund_is_not_less_than_nothing() {
    let what = TicketWhat::WithdrawTicket {
        reason: WithdrawReason::Support,
        borne_by: BorneBy::Platform,
        refund_amount: Some(Amount::new(-1)),
    };
    until(TicketStatus::Cooking, Rider).when(command(5, what)).then_rejected(&TicketRejection::NegativeRefund);
}

#[test]
fn a_part_is_taken_out_of_an_accepted_ticket_once() {
    let one_less = || adjust(1, &[(1, 1)], AdjustedBy::Owner);
    for status in [TicketStatus::Accepted, TicketStatus::Cooking, TicketStatus::Cooked, TicketStatus::Out] {
        let state = until(status, Rider).when(command(5, one_less())).then([adjusted(1)]);
        assert_eq!(state.order.as_ref().unwrap().lines[0].quantity, 1);
        assert_eq!(Ticket::decide(&state, command(6, one_less())), Ok(vec![]));
        let again = |left| Ticket::decide(&state, command(6, adjust(2, &[(1, left)], AdjustedBy::Owner)));
        assert_eq!(again(1), Ok(vec![]), "it is out already");
        assert_eq!(again(2), Err(TicketRejection::Adjustment(AdjustmentError::NothingTaken)), "nothing comes back");
    }
    let allowed = [TicketStatus::Accepted, TicketStatus::Cooking, TicketStatus::Cooked, TicketStatus::Out];
    wrong_unless_in(&allowed, Rider, &one_less());
}

#[test]
fn a_ticket_follows_its_order_also_before_it_is_accepted() {
    let one_less = adjust(1, &[(1, 1)], AdjustedBy::Order);
    until(TicketStatus::Open, Rider).when(command(5, one_less.clone())).then([adjusted(1)]);
    until(TicketStatus::Cancelled, Rider)
        .when(command(5, one_less))
        .then_rejected(&TicketRejection::WrongState { status: TicketStatus::Cancelled });
}

#[test]
fn an_adjustment_leaves_something_and_fits_the_order() {
    let cooking = || until(TicketStatus::Cooking, Rider);
    let owner = |left: &[(u32, u32)]| command(5, adjust(1, left, AdjustedBy::Owner));
    cooking().when(owner(&[(1, 0), (2, 0)])).then_rejected(&TicketRejection::TakesEverything);
    cooking().when(owner(&[(9, 0)])).then_rejected(&TicketRejection::Adjustment(AdjustmentError::NoSuchLine));
    cooking().when(owner(&[(1, 3)])).then_rejected(&TicketRejection::Adjustment(AdjustmentError::NothingTaken));
    cooking().when(owner(&[])).then_rejected(&TicketRejection::Adjustment(AdjustmentError::NothingTaken));
}

#[test]
fn voiding_cannot_be_refused_and_says_how_far_it_had_come() {
    ticket([]).when(command(5, void())).then([voided(None)]);
    for status in ALL.into_iter().take(5) {
        let state = until(status, Rider).when(command(5, void())).then([voided(Some(status))]);
        assert_eq!(state.status(), Some(TicketStatus::Cancelled));
        assert_eq!(Ticket::waits(&state), []);
    }
}

#[test]
fn a_late_kitchen_is_noted_when_it_is_late_and_again_every_ten_minutes() {
    let late = |minute| KitchenLate { order_number: number(), ready_by: at(minute), late_at: at(minute) }.into();
    for status in [TicketStatus::Accepted, TicketStatus::Cooking] {
        assert_eq!(
            waits::command_when_due(waits::KITCHEN_LATE, &until(status, Rider).state()),
            Some(TicketWhat::NoteKitchenLate)
        );
        until(status, Rider).when(command(35, TicketWhat::NoteKitchenLate)).then_nothing();
        let state = until(status, Rider).when(command(36, TicketWhat::NoteKitchenLate)).then([late(46)]);
        assert_eq!(Ticket::waits(&state).last().unwrap().until, at(46));
        let again = Ticket::decide(&state, command(46, TicketWhat::NoteKitchenLate));
        assert_eq!(again, Ok(vec![late(56)]));
    }
    for status in [TicketStatus::Open, TicketStatus::Cooked, TicketStatus::Out, TicketStatus::Cancelled] {
        until(status, Rider).when(command(99, TicketWhat::NoteKitchenLate)).then_nothing();
    }
}

#[test]
fn every_rejection_has_its_own_slug_and_a_sentence() {
    let all = [
        TicketRejection::NoSuchTicket,
        TicketRejection::WrongState { status: TicketStatus::Cooking },
        TicketRejection::PrepMinutesOutOfRange,
        TicketRejection::DelayOutOfRange,
        TicketRejection::SilenceIsNotAReason,
        TicketRejection::WithdrawInstead,
        TicketRejection::RejectInstead,
        TicketRejection::NotAPickup,
        TicketRejection::IsAPickup,
        TicketRejection::AlreadyCollected,
        TicketRejection::NegativeRefund,
        TicketRejection::TakesEverything,
        TicketRejection::Adjustment(AdjustmentError::NoSuchLine),
        TicketRejection::Adjustment(AdjustmentError::NothingTaken),
    ];
    let slugs: std::collections::BTreeSet<_> = all.iter().map(TicketRejection::slug).collect();
    let sentences: std::collections::BTreeSet<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!((slugs.len(), sentences.len()), (all.len(), all.len()));
    assert_eq!(all[1].to_string(), "not while the order is being prepared");
    assert_eq!(all.iter().filter(|rejection| rejection.field().is_some()).count(), 7);
}
