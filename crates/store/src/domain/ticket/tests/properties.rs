//! Whatever is asked in whatever order, a ticket stays legal.

use proptest::prelude::*;

use super::*;
use crate::domain::views;

fn any_command() -> impl Strategy<Value = TicketWhat> {
    let by = prop_oneof![Just(Rider), Just(DeliveryBy::Store), Just(Pickup)];
    let auto = prop_oneof![Just(AutoCooking::Default), Just(AutoCooking::Off), Just(AutoCooking::AtOnce)];
    let asker = prop_oneof![Just(CancelAsker::Customer), Just(CancelAsker::Unreachable)];
    let adjusted_by = prop_oneof![Just(AdjustedBy::Owner), Just(AdjustedBy::Order)];
    prop_oneof![
        4 => by.prop_map(open_ticket),
        4 => (0_u32..200, auto).prop_map(|(minutes, auto)| accept(minutes, auto)),
        1 => Just(reject(RejectReason::SoldOut)),
        1 => Just(SILENCE),
        1 => (0_u32..200).prop_map(|minutes| TicketWhat::DelayTicket { minutes }),
        4 => Just(TicketWhat::StartCooking),
        4 => Just(TicketWhat::FinishCooking),
        3 => Just(OWNER_HANDS_OVER),
        3 => Just(DELIVERY_STARTS),
        2 => (0_u32..3, asker).prop_map(|(request, asker)| cancel(&format!("log/{request}"), asker)),
        1 => Just(withdraw(WithdrawReason::StoreReasons)),
        2 => (0_u32..3, 0_u32..3, 0_u32..3, adjusted_by)
            .prop_map(|(id, first, second, by)| adjust(id, &[(1, first), (2, second)], by)),
        1 => Just(void()),
        2 => Just(TicketWhat::NoteKitchenLate),
    ]
}

/// Where a ticket may go from where it is.
fn may_follow(from: Option<TicketStatus>, to: Option<TicketStatus>) -> bool {
    use TicketStatus::*;
    let Some(to) = to else { return from.is_none() };
    match from {
        None => matches!(to, Open | Cancelled),
        Some(Open) => matches!(to, Accepted | Rejected | Cancelled),
        Some(Accepted) => matches!(to, Cooking | Out | Cancelled),
        Some(Cooking) => matches!(to, Cooked | Out | Cancelled),
        Some(Cooked) => matches!(to, Out | Cancelled),
        Some(Out) => to == Cancelled,
        Some(Rejected | Cancelled) => false,
    }
}

fn ends(state: &TicketState) -> bool {
    matches!(state.status(), Some(TicketStatus::Rejected | TicketStatus::Cancelled))
}

proptest! {
    #[test]
    fn no_sequence_of_commands_makes_an_illegal_ticket(
        commands in prop::collection::vec((0_i64..5, any_command()), 0..60),
    ) {
        let (mut state, mut row, mut minute, mut version) = (TicketState::default(), None, 0, 0);
        let mut answered: Vec<String> = Vec::new();
        for (pause, what) in commands {
            minute += pause;
            let ended = ends(&state);
            let Ok(events) = Ticket::decide(&state, command(minute, what.clone())) else { continue };
            prop_assert!(!ended || events.is_empty(), "an end is the end: {events:?}");
            for event in &events {
                let from = state.status();
                state = Ticket::evolve(state, event);
                prop_assert!(from == state.status() || may_follow(from, state.status()), "{from:?} -> {event:?}");
                if let StoreEvent::TicketCancelled(TicketCancelled { request, .. })
                | StoreEvent::TicketCancelRefused(TicketCancelRefused { request, .. }) = event
                {
                    prop_assert_ne!(answered.last(), Some(request), "answered twice");
                    answered.push(request.clone());
                }
                version += 1;
                row = views::apply(row, &recorded(version, event.clone()));
            }
            prop_assert!(Ticket::waits(&state).iter().all(|_| !ends(&state) && state.order.is_some()));
            if let Some(order) = &state.order {
                prop_assert!(order.lines.iter().any(|line| line.quantity > 0));
            }
            prop_assert_eq!(row.as_ref().map(|row| row.status), state.order.as_ref().and(state.status()));
            prop_assert_eq!(row.as_ref().map(|row| &row.lines), state.order.as_ref().map(|order| &order.lines));
            if !events.is_empty() && !matches!(what, TicketWhat::DelayTicket { .. }) {
                let again = Ticket::decide(&state, command(minute, what.clone()));
                prop_assert_eq!(again.unwrap_or_default(), vec![], "a repeat of {:?}", what);
            }
        }
    }

    #[test]
    fn no_order_of_events_panics(order in prop::collection::vec(prop::sample::select(every_event()), 0..40)) {
        let state = Ticket::replay(&order);
        let _ = (state.status(), Ticket::waits(&state), Ticket::work(&state));
        let _ = crate::domain::store::Store::replay(&order);
        let _ = (1..).zip(order).fold(None, |row, (version, event)| views::apply(row, &recorded(version, event)));
    }

    #[test]
    fn the_furthest_times_do_not_overflow(minutes in 1_u32..=MOST_MINUTES) {
        let open = until(TicketStatus::Open, Rider).state();
        let what = accept(minutes, AutoCooking::After { seconds: u32::MAX });
        let late = TicketCommand { at: Time::MAX, ..command(0, what) };
        prop_assert!(Ticket::decide(&open, late).is_ok());
    }

    #[test]
    fn an_adjustment_is_known_by_its_id(last in 0_u32..1_000) {
        let id: AdjustmentId = adjustment_id(last);
        prop_assert!(ticket([opened(Rider), accepted(Rider), adjusted(last)]).state().adjustments.contains(&id));
    }
}
