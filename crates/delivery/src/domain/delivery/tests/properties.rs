//! What holds whatever comes, in whatever order.

use kernel::events::{DomainEvent, Recorded};
use kernel::people::Actor;
use proptest::prelude::*;

use super::super::super::views::{self, Row, Shown, shown_to};
use super::super::super::waits::command_when_due;
use super::*;

fn owner(store: StoreId) -> Actor {
    kernel::testing::actor(&format!("owner/{store}"))
}

fn any_by() -> impl Strategy<Value = By> {
    prop_oneof![
        Just(rider("kim")),
        Just(rider("kim")),
        Just(rider("lee")),
        Just(By::Store(chicken())),
        Just(By::Store(noodles())),
        Just(By::Operator),
    ]
}

fn any_what() -> impl Strategy<Value = What> {
    let by = any_by;
    prop_oneof![
        prop_oneof![
            Just(DeliveryBy::Rider),
            Just(DeliveryBy::Rider),
            Just(DeliveryBy::Store),
            Just(DeliveryBy::Pickup)
        ]
        .prop_map(|delivery_by| What::RequestDelivery(request(delivery_by))),
        prop_oneof![Just(claim("kim")), Just(claim("lee")), Just(assign("kim")), Just(assign("lee"))],
        by().prop_map(release),
        (0..60_i64).prop_map(|minute| What::MarkReady { ready_at: t(minute) }),
        by().prop_map(|by| What::PickUp { by }),
        by().prop_map(interrupt),
        by().prop_map(|by| What::Resume { by }),
        by().prop_map(complete),
        by().prop_map(fail),
        Just(cancel()),
        Just(What::HandToStore),
        Just(What::NoticeNoRider),
        Just(What::NoticeRiderLate),
    ]
}

/// Commands in the order of time; mostly beginning with a request, so that something happens.
fn any_commands() -> impl Strategy<Value = Vec<Command>> {
    let first = prop_oneof![
        4 => Just(What::RequestDelivery(request(DeliveryBy::Rider))),
        2 => Just(What::RequestDelivery(request(DeliveryBy::Store))),
        1 => any_what(),
    ];
    (first, prop::collection::vec((0..20_i64, any_what()), 0..40)).prop_map(|(first, rest)| {
        let mut minute = 0;
        std::iter::once((0, first))
            .chain(rest)
            .map(|(pause, what)| {
                minute += pause;
                at(minute, what)
            })
            .collect()
    })
}

fn record(position: usize, event: &DeliveryEvent) -> Recorded<DeliveryEvent> {
    Recorded {
        id: format!("log/{position}"),
        position: position as u64,
        subject: chicken().uuid(),
        version: position as u64,
        at: t(0),
        causation: String::new(),
        trace: None,
        event: event.clone(),
    }
}

/// How far along a status is; only a failure found after all, or a rider lost, goes back.
fn rank(status: Option<Status>) -> u8 {
    match status {
        None => 0,
        Some(Status::Waiting | Status::Assigned) => 1,
        Some(Status::Delivering | Status::Interrupted) => 2,
        Some(Status::Failed) => 3,
        Some(Status::Cancelled) => 4,
        Some(Status::Delivered) => 5,
    }
}

/// Decides each command in turn, checking every step; gives the log, the last state and the row.
fn run(commands: &[Command]) -> (Vec<DeliveryEvent>, State, Option<Row>) {
    let (mut log, mut state, mut row) = (Vec::new(), State::default(), None::<Row>);
    for command in commands {
        let Ok(events) = Delivery::decide(&state, command.clone()) else { continue };
        assert!(events.len() <= 1);
        for event in events {
            let before = state.clone();
            state = Delivery::evolve(state, &event);
            log.push(event);
            row = views::apply(row, &record(log.len(), &log[log.len() - 1]));
            check_step(&before, &state, row.as_ref(), &log[log.len() - 1]);
        }
        let again = Delivery::decide(&state, command.clone());
        assert!(again.is_err() || again == Ok(vec![]), "the same again changed something: {command:?} {again:?}");
    }
    (log, state, row)
}

fn check_step(before: &State, after: &State, row: Option<&Row>, event: &DeliveryEvent) {
    assert_ne!(before, after, "{event:?} changed nothing");
    assert!(rank(after.status()) >= rank(before.status()), "{before:?} went back to {after:?}");
    assert_eq!(row.map(|row| row.status), after.status());
    let (Some(row), State::Known(delivery)) = (row, after) else { return };
    assert_eq!(row.ready, delivery.late_at_store.is_some());
    assert_eq!(row.remind_at.is_some(), row.status == Status::Failed);
    let holder = match delivery.bearer() {
        Some(Bearer::Rider(rider)) => Some(rider),
        Some(Bearer::Store) => {
            assert_eq!(row.delivery_by, DeliveryBy::Store);
            None
        }
        None => None,
    };
    assert_eq!(row.rider_id, holder, "the board names the one rider");
    if let (State::Known(before), Some(holder)) = (before, &holder)
        && let Some(Bearer::Rider(earlier)) = before.bearer()
    {
        assert_eq!(&earlier, holder, "a rider lost it without being released");
    }
}

proptest! {
    #[test]
    fn any_commands_make_one_sane_story(commands in any_commands()) {
        let (log, state, _) = run(&commands);
        prop_assert_eq!(&Delivery::replay(&log), &state);
        let count = |name: &str| log.iter().filter(|event| event.name() == name).count();
        for once in ["DeliveryRequested", "DeliveryReady", "DeliveryStarted", "DeliveryFailed", "DeliveryCompleted", "DeliveryCancelled"] {
            prop_assert!(count(once) <= 1, "{} happened twice", once);
        }
        prop_assert!(count("DeliveryStarted") == 0 || count("DeliveryReady") == 1);
        prop_assert!(count("DeliveryCompleted") == 0 || count("DeliveryStarted") == 1);
        prop_assert!(count("RiderReleased") <= count("RiderAssigned"));
    }

    #[test]
    fn any_log_is_read_back_as_it_was_written(commands in any_commands()) {
        let (log, state, _) = run(&commands);
        let read: Vec<_> = log
            .iter()
            .map(|event| DeliveryEvent::read(event.name(), &event.body().unwrap(), event.personal().cloned()).unwrap())
            .collect();
        prop_assert_eq!(Delivery::replay(&read), state);
    }

    #[test]
    fn a_wait_that_is_over_is_always_answered_and_moves_on(commands in any_commands()) {
        let (_, state, _) = run(&commands);
        for wait in Delivery::waits(&state) {
            let what = command_when_due(wait.what, &state).unwrap();
            let command = Command { at: wait.until, waits: Waits::default(), what };
            let events = Delivery::decide(&state, command).unwrap();
            let after = events.iter().fold(state.clone(), Delivery::evolve);
            prop_assert!(Delivery::waits(&after).iter().all(|next| next.until > wait.until));
        }
    }

    #[test]
    fn a_live_delivery_waits_for_something_once_the_food_is_ready(commands in any_commands()) {
        let (_, state, _) = run(&commands);
        if let State::Known(delivery) = &state {
            let live = matches!(
                delivery.status(),
                Status::Waiting | Status::Assigned | Status::Delivering | Status::Interrupted
            );
            if delivery.late_at_store.is_some() {
                prop_assert_eq!(live, !Delivery::waits(&state).is_empty());
            }
        }
    }

    #[test]
    fn only_who_brings_it_is_shown_where_it_goes(commands in any_commands()) {
        let (_, state, row) = run(&commands);
        if let (Some(row), State::Known(delivery)) = (row, state) {
            for actor in [
                Actor::Rider(person("kim")),
                Actor::Rider(person("lee")),
                owner(chicken()),
                owner(noodles()),
                Actor::Operator(person("choi")),
                Actor::Customer(person("park")),
            ] {
                let brings = match (&actor, delivery.bearer()) {
                    (Actor::Rider(rider), Some(Bearer::Rider(holder))) => *rider == holder,
                    (Actor::Owner(owner), Some(Bearer::Store)) => owner.owns(delivery.store_id),
                    _ => false,
                };
                let sees = matches!(shown_to(&row, &actor, &Reach::Everywhere), Shown::RowAndDestination(_));
                prop_assert!(brings || !sees, "{} sees {:?}", actor, row);
            }
        }
    }

    #[test]
    fn times_at_the_end_of_time_do_not_panic(seconds in prop_oneof![Just(i64::MAX), Just(i64::MIN), any::<i64>()], mut what in any_what()) {
        let forever = SignedDuration::from_secs(seconds);
        let waits = Waits {
            no_rider_before_ready: forever,
            no_rider_again: forever,
            rider_late_after_ready: forever,
            rider_late_after_start: forever,
            late_again: forever,
            failed_open: forever,
        };
        if let What::RequestDelivery(request) = &mut what {
            request.ready_by = if seconds < 0 { Time::MIN } else { Time::MAX };
        }
        for history in [vec![], vec![requested(DeliveryBy::Rider)], vec![requested(DeliveryBy::Store), ready(), started(None)]] {
            for at in [Time::MIN, Time::MAX] {
                let state = Delivery::replay(&history);
                let _ = Delivery::decide(&state, Command { at, waits, what: what.clone() });
            }
        }
    }
}
