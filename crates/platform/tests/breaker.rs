//! The breaker beside a plain model of it: whatever is asked, answered, given up or forced, in whatever time, both do
//! the same. The model keeps every call in a list and looks at all of them each time.

use jiff::SignedDuration;
use kernel::Time;
use platform::resilience::breaker::{Breaker, Force, Rules, Standing, Ticket, Verdict};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Pass(u16),
    Ask,
    /// One of the calls under way comes out so.
    Answer(usize, Verdict, u8),
    /// Many come out so at once, so that windows fill.
    Burst(u8, Verdict),
    Force(Option<Force>),
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        5 => Just(Verdict::Good),
        2 => Just(Verdict::Slow),
        5 => Just(Verdict::Bad),
        1 => Just(Verdict::None),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let force = prop_oneof![3 => Just(None), 1 => Just(Some(Force::Open)), 1 => Just(Some(Force::Closed))];
    prop_oneof![
        8 => (0..2_500_u16).prop_map(Step::Pass),
        10 => Just(Step::Ask),
        10 => (any::<usize>(), verdicts(), any::<u8>()).prop_map(|(which, verdict, chance)| Step::Answer(which, verdict, chance)),
        2 => (1..12_u8, verdicts()).prop_map(|(many, verdict)| Step::Burst(many, verdict)),
        1 => force.prop_map(Step::Force),
    ]
}

/// What the model knows of a call.
#[derive(Debug, Clone, Copy)]
struct Call {
    since: Time,
    phase: usize,
}

#[derive(Debug)]
enum Phase {
    Closed { came_out: Vec<(Time, Verdict)> },
    Open { until: Time },
    Half { at_a_time: usize, went_well: usize, probes: Vec<Time>, best: Option<Time> },
}

struct Model {
    rules: Rules,
    force: Option<Force>,
    phase: Phase,
    phases: usize,
}

impl Model {
    fn new(rules: Rules) -> Self {
        Self { rules, force: None, phase: Phase::Closed { came_out: Vec::new() }, phases: 0 }
    }

    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.phases += 1;
    }

    fn ask(&mut self, now: Time) -> Option<Call> {
        let call = |phase| Some(Call { since: now, phase });
        match self.force {
            Some(Force::Open) => return None,
            Some(Force::Closed) => return call(self.phases),
            None => {}
        }
        if let Phase::Open { until } = self.phase {
            if now < until {
                return None;
            }
            self.turn(Phase::Half { at_a_time: 1, went_well: 0, probes: Vec::new(), best: None });
        }
        let phases = self.phases;
        let Phase::Half { at_a_time, probes, .. } = &mut self.phase else { return call(phases) };
        probes.retain(|since| now.duration_since(*since) < self.rules.probe);
        if probes.len() == *at_a_time {
            return None;
        }
        probes.push(now);
        call(phases)
    }

    fn answered(&mut self, call: Call, verdict: Verdict, now: Time, chance: f64) {
        if self.force.is_some() || call.phase != self.phases {
            return;
        }
        let until = now + self.rules.open + self.rules.open.mul_f64(chance / 4.0);
        match &mut self.phase {
            Phase::Open { .. } => unreachable!("nobody is let through by an open breaker"),
            Phase::Closed { came_out } => {
                came_out.push((now, verdict));
                // The window moves by its tenth part.
                let part = |at: Time| at.as_millisecond() / (self.rules.window.as_millis() as i64 / 10);
                let recent: Vec<_> = came_out.iter().filter(|(at, _)| part(*at) > part(now) - 10).collect();
                let of =
                    |wanted| recent.iter().filter(|(_, verdict)| *verdict == wanted).fold(0.0, |count, _| count + 1.0);
                let (bad, slow) = (of(Verdict::Bad), of(Verdict::Slow));
                let all = bad + slow + of(Verdict::Good);
                let too_many = bad > 0.0 && bad / all >= f64::from(self.rules.bad_percent) / 100.0;
                let too_slow = slow > 0.0 && slow / all >= f64::from(self.rules.slow_percent) / 100.0;
                let answers = came_out.iter().rev().filter(|(_, verdict)| *verdict != Verdict::None);
                let in_a_row = answers.take_while(|(_, verdict)| *verdict == Verdict::Bad).count();
                let all_bad = in_a_row >= self.rules.bad_in_a_row as usize;
                if all_bad || all >= f64::from(self.rules.minimum) && (too_many || too_slow) {
                    self.turn(Phase::Open { until });
                }
            }
            Phase::Half { at_a_time, went_well, probes, best } => {
                if let Some(place) = probes.iter().position(|since| *since == call.since) {
                    probes.remove(place);
                }
                let outdated = best.is_some_and(|best| call.since < best);
                match verdict {
                    Verdict::None => {}
                    Verdict::Good => {
                        *best = Some(best.map_or(call.since, |best| best.max(call.since)));
                        *went_well += 1;
                        if *went_well == *at_a_time {
                            (*at_a_time, *went_well) = (*at_a_time * 2, 0);
                        }
                        if *at_a_time == 8 {
                            self.turn(Phase::Closed { came_out: Vec::new() });
                        }
                    }
                    Verdict::Bad | Verdict::Slow if outdated => {}
                    Verdict::Bad | Verdict::Slow => self.turn(Phase::Open { until }),
                }
            }
        }
    }

    fn standing(&self, now: Time) -> Standing {
        match (self.force, &self.phase) {
            (Some(Force::Open), _) => Standing::Open,
            (Some(Force::Closed), _) | (None, Phase::Closed { .. }) => Standing::Closed,
            (None, Phase::Open { until }) if now < *until => Standing::Open,
            (None, Phase::Open { .. } | Phase::Half { .. }) => Standing::HalfOpen,
        }
    }
}

/// Both of them, side by side.
struct Both {
    breaker: Breaker,
    model: Model,
    now: Time,
    under_way: Vec<(Ticket, Call)>,
}

impl Both {
    fn ask(&mut self) -> bool {
        let (asked, expected) = (self.breaker.ask(self.now), self.model.ask(self.now));
        assert_eq!(asked.is_ok(), expected.is_some(), "asked: {asked:?}");
        if let Err(until) = asked {
            assert!(until > self.now, "whoever is turned away is told a later moment");
        }
        self.under_way.extend(asked.ok().zip(expected));
        expected.is_some()
    }

    fn answer(&mut self, which: usize, verdict: Verdict, chance: f64) {
        let (ticket, call) = self.under_way.remove(which);
        self.breaker.answered(ticket, verdict, self.now, chance);
        self.model.answered(call, verdict, self.now, chance);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(milliseconds) => self.now += SignedDuration::from_millis(milliseconds.into()),
            Step::Ask => drop(self.ask()),
            Step::Answer(..) if self.under_way.is_empty() => {}
            Step::Answer(which, verdict, chance) => {
                self.answer(which % self.under_way.len(), verdict, f64::from(chance) / 256.0);
            }
            Step::Burst(many, verdict) => {
                for _ in 0..many {
                    if self.ask() {
                        self.answer(self.under_way.len() - 1, verdict, 0.0);
                    }
                }
            }
            Step::Force(force) => {
                if self.model.force != force {
                    self.model.force = force;
                    self.model.turn(Phase::Closed { came_out: Vec::new() });
                }
                self.breaker.set_force(force);
            }
        }
        assert_eq!(self.breaker.standing(self.now), self.model.standing(self.now), "after {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_it_does_what_the_plain_model_does(
        bad_percent in prop_oneof![Just(50_u32), Just(95)],
        bad_in_a_row in 3..30_u32,
        steps in proptest::collection::vec(steps(), 1..120),
    ) {
        let rules = Rules { bad_percent, bad_in_a_row, ..Rules::default() };
        let now = "2026-11-26T12:00:00Z".parse().unwrap();
        let mut both = Both { breaker: Breaker::new(rules), model: Model::new(rules), now, under_way: Vec::new() };
        for step in steps {
            both.step(step);
        }
    }

    #[test]
    fn half_open_it_never_has_more_probes_out_than_its_step_allows(
        moves in proptest::collection::vec((0..400_u16, any::<bool>(), verdicts()), 1..80),
    ) {
        let rules = Rules::default();
        let mut now: Time = "2026-11-26T12:00:00Z".parse().unwrap();
        let mut breaker = Breaker::new(rules);
        for _ in 0..rules.minimum {
            let ticket = breaker.ask(now).unwrap();
            breaker.answered(ticket, Verdict::Bad, now, 0.5);
        }
        prop_assert!(breaker.ask(now).is_err());
        now += rules.open.mul_f64(1.25);
        let (mut out, mut good, mut allowed): (Vec<(Ticket, Time)>, u32, usize) = (Vec::new(), 0, 1);
        for (pause, ask, verdict) in moves {
            now += SignedDuration::from_millis(pause.into());
            if breaker.standing(now) != Standing::HalfOpen {
                break;
            }
            let live = |out: &[(Ticket, Time)]| out.iter().filter(|(_, since)| now.duration_since(*since) < rules.probe).count();
            if ask {
                let passed = breaker.ask(now);
                prop_assert_eq!(passed.is_ok(), live(&out) < allowed);
                out.extend(passed.ok().map(|ticket| (ticket, now)));
            } else if let Some((ticket, _)) = out.pop() {
                breaker.answered(ticket, verdict, now, 0.0);
                if verdict == Verdict::Good {
                    good += 1;
                    allowed = match good { 0 => 1, 1 | 2 => 2, _ => 4 };
                }
            }
        }
    }
}

/// A call comes out so, and what the breaker does then.
fn comes_out(breaker: &mut Breaker, now: Time, verdict: Verdict) -> Standing {
    let ticket = breaker.ask(now).expect("a closed breaker lets everybody through");
    breaker.answered(ticket, verdict, now, 0.0);
    breaker.standing(now)
}

#[test]
fn it_opens_with_the_very_call_that_makes_half_of_ten_bad_and_not_before() {
    let now = "2026-11-26T12:00:00Z".parse().unwrap();
    let mut breaker = Breaker::new(Rules::default());
    let mut call = |verdict| comes_out(&mut breaker, now, verdict);
    for _ in 0..5 {
        assert_eq!(call(Verdict::Good), Standing::Closed);
    }
    for _ in 0..4 {
        assert_eq!(call(Verdict::Bad), Standing::Closed);
    }
    assert_eq!(call(Verdict::Bad), Standing::Open);
}

#[test]
fn however_much_went_well_before_it_opens_when_nothing_does_any_more() {
    let now = "2026-11-26T12:00:00Z".parse().unwrap();
    let mut breaker = Breaker::new(Rules::default());
    let mut call = |verdict| comes_out(&mut breaker, now, verdict);
    for _ in 0..10_000 {
        assert_eq!(call(Verdict::Good), Standing::Closed);
    }
    for _ in 0..24 {
        assert_eq!(call(Verdict::Bad), Standing::Closed);
    }
    assert_eq!(call(Verdict::Bad), Standing::Open);
}

#[test]
fn what_fell_out_of_the_window_does_not_count() {
    let mut now: Time = "2026-11-26T12:00:00Z".parse().unwrap();
    let mut breaker = Breaker::new(Rules::default());
    for _ in 0..9 {
        comes_out(&mut breaker, now, Verdict::Bad);
    }
    now += SignedDuration::from_secs(11);
    let ticket = breaker.ask(now).unwrap();
    breaker.answered(ticket, Verdict::Bad, now, 0.0);
    assert_eq!((breaker.standing(now), breaker.counts(now).bad), (Standing::Closed, 1));
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_it_open() {
    let now: Time = "2026-11-26T12:00:00Z".parse().unwrap();
    let mut breaker = Breaker::new(Rules::default());
    for _ in 0..10 {
        let ticket = breaker.ask(now).unwrap();
        breaker.answered(ticket, Verdict::Bad, now, 0.999);
    }
    assert_eq!((breaker.standing(now), breaker.open_until(now).is_some()), (Standing::Open, true));
    let before = now - SignedDuration::from_hours(1);
    assert_eq!((breaker.standing(before), breaker.open_until(before)), (Standing::HalfOpen, None));
    assert!(breaker.ask(before).is_ok());
}
