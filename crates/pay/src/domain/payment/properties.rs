//! Whatever is repeated, lost or late: money adds up, and after closing it is back exactly once.

mod world;

use kernel::money::Amount;
use proptest::prelude::*;

use super::super::views::{Account, Ledger};
use world::{Fate, Step, World};

fn step() -> impl Strategy<Value = Step> {
    let attempt = || 1_u32..5;
    let fate = prop_oneof![
        3 => Just(Fate::Charged),
        1 => Just(Fate::Declined),
        2 => Just(Fate::ChargedAndLost),
        1 => Just(Fate::DeclinedAndLost),
        1 => Just(Fate::Late),
        1 => Just(Fate::NotSent),
        1 => Just(Fate::ChargedAndCrashed),
        1 => Just(Fate::Crashed),
    ];
    prop_oneof![
        6 => (attempt(), fate).prop_map(|(attempt, fate)| Step::Request(attempt, fate)),
        2 => attempt().prop_map(Step::Arrive),
        3 => attempt().prop_map(Step::Resolve),
        2 => attempt().prop_map(Step::Webhook),
        5 => any::<bool>().prop_map(|answered| Step::Work { answered }),
        1 => proptest::option::of(0_i64..40_000).prop_map(Step::Close),
        2 => (1_u128..6, 1_i64..20_000).prop_map(|(id, amount)| Step::Adjust(id, amount)),
        1 => (1_u128..6).prop_map(Step::Settle),
        1 => (1_u128..6).prop_map(Step::Retry),
        2 => (0_i64..200).prop_map(Step::Pass),
        1 => Just(Step::PassAnHour),
        1 => Just(Step::Crash),
    ]
}

/// How often the provider refuses refunds for good, out of five ids.
fn history() -> impl Strategy<Value = (Vec<Step>, u128)> {
    (proptest::collection::vec(step(), 0..60), 0_u128..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Never two net charges and never a lost refund, over many histories: once the provider answers again, what is
    /// charged and not back is what the order should have kept.
    #[test]
    fn there_are_never_two_net_charges((steps, stubborn) in history()) {
        let mut world = World::new(stubborn);
        for step in steps {
            world.take(&step);
            prop_assert!(world.charges_not_promised_back() <= 1);
        }
        world.come_to_rest();
        prop_assert!(world.charges_left() <= 1);
        prop_assert!(!world.overpaid());
        prop_assert_eq!(world.left_with_customer_owing(), world.should_keep());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_money_adds_up_at_every_step((steps, stubborn) in history()) {
        let mut world = World::new(stubborn);
        for step in steps {
            world.take(&step);
            let Some(books) = &world.books else {
                prop_assert_eq!(world.recorded_charges(), Amount::ZERO);
                continue;
            };
            let debits = Amount::sum(books.entries.iter().map(|entry| entry.debit)).unwrap();
            let credits = Amount::sum(books.entries.iter().map(|entry| entry.credit)).unwrap();
            prop_assert_eq!(debits, credits);
            prop_assert_eq!(books.captured(), world.recorded_charges());
            let held = books.captured().minus(world.recorded_refunds()).unwrap();
            prop_assert_eq!(books.balance(Account::Provider), held);
            prop_assert!(books.refunded() <= books.captured());
            prop_assert!(books.balance(Account::RefundsPayable) <= Amount::ZERO);
        }
    }

    #[test]
    fn after_closing_everything_charged_is_back_exactly_once((steps, stubborn) in history()) {
        let mut world = World::new(stubborn);
        for step in steps {
            world.take(&step);
        }
        world.take(&Step::Close(None));
        world.come_to_rest();
        let books = world.books.as_ref();
        prop_assert_eq!(books.map_or(Amount::ZERO, Ledger::captured), world.charged());
        if world.closed_in_full() {
            prop_assert_eq!(books.map_or(Amount::ZERO, Ledger::refunded), world.charged());
            prop_assert_eq!(world.left_with_customer_owing(), Amount::ZERO);
        }
        prop_assert!(!world.overpaid());
    }

    #[test]
    fn at_rest_nothing_is_open_and_a_replay_is_the_same((steps, stubborn) in history()) {
        let mut world = World::new(stubborn);
        for step in steps {
            world.take(&step);
        }
        world.come_to_rest();
        prop_assert_eq!(world.state.next_call(), None);
        prop_assert_eq!(&world.replayed(), &world.state);
    }

    #[test]
    fn a_command_that_comes_twice_does_its_work_once((steps, stubborn) in history()) {
        let mut once = World::new(stubborn);
        let mut twice = World::new(stubborn).repeating();
        for step in steps {
            once.take(&step);
            twice.take(&step);
        }
        prop_assert_eq!(once.state, twice.state);
    }
}
