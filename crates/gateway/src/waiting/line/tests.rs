use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules { per_second: 1, at_a_time: 2, stay_seconds: 300 };

fn at(seconds: i64) -> Time {
    Time::from_second(1_800_000_000 + seconds).unwrap()
}

fn person(number: usize) -> PersonId {
    PersonId::parse(&format!("p{number}")).unwrap()
}

fn asks(line: &mut Line, who: usize, seconds: i64) -> Standing {
    line.ask(&person(who), at(seconds)).0
}

fn is_in(standing: Standing) -> bool {
    matches!(standing, Standing::Admitted { .. })
}

fn position(standing: Standing) -> u64 {
    match standing {
        Standing::Waiting { position, .. } => position,
        Standing::Admitted { .. } | Standing::Full => panic!("{standing:?} has no position"),
    }
}

#[test]
fn whoever_comes_to_an_empty_line_is_let_in_at_once() {
    let mut line = Line::new(RULES, at(0));
    assert_eq!(asks(&mut line, 1, 0), Standing::Admitted { until: at(300) });
    assert_eq!(asks(&mut line, 1, 100), Standing::Admitted { until: at(300) }, "asking again does not lengthen it");
}

#[test]
fn they_are_let_in_in_the_order_in_which_they_came_however_often_they_ask() {
    let mut line = Line::new(Rules { at_a_time: 100, ..RULES }, at(0));
    assert!(is_in(asks(&mut line, 0, 0)));
    for who in 1..=4 {
        assert_eq!(position(asks(&mut line, who, 0)), who as u64);
    }
    for _ in 0..50 {
        assert_eq!(position(asks(&mut line, 4, 0)), 4, "asking more often does not help");
    }
    assert_eq!(position(asks(&mut line, 4, 1)), 3, "it moved up by the one who was let in");
    assert!(is_in(asks(&mut line, 1, 1)));
    assert!(!is_in(asks(&mut line, 3, 2)));
    assert!(is_in(asks(&mut line, 2, 2)));
    assert_eq!(asks(&mut line, 4, 2), Standing::Waiting { position: 2, seconds: 2 });
}

#[test]
fn only_so_many_are_inside_at_a_time_and_an_order_makes_room() {
    let mut line = Line::new(Rules { per_second: 10, ..RULES }, at(0));
    assert!(is_in(asks(&mut line, 1, 0)) && is_in(asks(&mut line, 2, 0)));
    assert!(!is_in(asks(&mut line, 3, 10)));
    line.ordered(&person(1));
    line.ordered(&person(1));
    assert!(is_in(asks(&mut line, 3, 11)));
    assert!(!is_in(asks(&mut line, 4, 12)), "one order makes room for one");
    assert!(is_in(asks(&mut line, 1, 12)), "who has ordered may order what they forgot");
    assert!(is_in(asks(&mut line, 4, 301)), "and whoever does not order has to leave in the end");
}

#[test]
fn a_place_lapses_when_nobody_asks_for_it_and_does_not_hold_up_the_others() {
    let mut line = Line::new(RULES, at(0));
    asks(&mut line, 1, 0);
    asks(&mut line, 2, 1);
    for who in 3..=5 {
        asks(&mut line, who, 1);
    }
    assert_eq!(position(asks(&mut line, 5, 50)), 3);
    assert_eq!(position(asks(&mut line, 5, 70)), 1, "the two before were not heard of for a minute");
    let (_, changes) = line.ask(&person(3), at(71));
    assert_eq!(position(asks(&mut line, 3, 71)), 2, "and stand at the end when they come back");
    assert!(matches!(changes[..], [Change::Has { seq: 6, .. }]), "{changes:?}");
}

#[test]
fn after_a_restart_everybody_stands_where_they_stood() {
    let mut line = Line::new(RULES, at(0));
    let mut kept = BTreeMap::new();
    for who in 0..6 {
        for change in line.ask(&person(who), at(0)).1 {
            match change {
                Change::Has { seq, person, until } => drop(kept.insert(seq, (person, until))),
                Change::Ordered { .. } => panic!("nobody has ordered"),
                Change::Gone { seq } => drop(kept.remove(&seq)),
            }
        }
    }
    let mut again = Line::new(RULES, at(20));
    for (seq, (person, until)) in kept.into_iter().rev() {
        again.put_back(seq, person, until.map(|until| (until, Ordered::NotYet)), at(20));
    }
    assert_eq!(asks(&mut again, 0, 20), Standing::Admitted { until: at(300) });
    asks(&mut again, 6, 20);
    asks(&mut again, 6, 21);
    let inside = (1..=6).filter(|who| is_in(asks(&mut again, *who, 21))).collect::<Vec<_>>();
    assert_eq!(inside, [1], "the first who waited, and not the one who came after the restart");
    assert_eq!(position(asks(&mut again, 6, 22)), 5);
}

#[test]
fn a_clock_that_goes_back_lets_nobody_in_twice_and_stops_nothing() {
    let mut line = Line::new(Rules { at_a_time: 100, ..RULES }, at(1_000));
    assert!(is_in(asks(&mut line, 1, 1_000)));
    assert!(!is_in(asks(&mut line, 2, 500)));
    assert!(!is_in(asks(&mut line, 3, 500)));
    assert!(is_in(asks(&mut line, 2, 502)));
}

proptest! {
    #[test]
    fn never_more_than_may_are_let_in_and_never_out_of_order(
        steps in prop::collection::vec((0_usize..30, 0_i64..3), 1..300),
        per_second in 1_u32..4,
        at_a_time in 1_u32..8,
    ) {
        let rules = Rules { per_second, at_a_time, stay_seconds: 60 };
        let mut line = Line::new(rules, at(0));
        let (mut now, mut entered, mut last) = (0, 0_i64, 0);
        for (who, passes) in steps {
            now += passes;
            for change in line.ask(&person(who), at(now)).1 {
                if let Change::Has { seq, until: Some(_), .. } = change {
                    prop_assert!(seq > last, "{seq} after {last}");
                    last = seq;
                    entered += 1;
                }
            }
            prop_assert!(line.choosing <= at_a_time);
            prop_assert_eq!(line.choosing as usize, line.admitted.len());
            prop_assert_eq!(line.places.len(), line.waiting.len());
            prop_assert!(entered <= i64::from(per_second) * (now + 1));
        }
    }
}
