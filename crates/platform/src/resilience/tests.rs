use std::sync::atomic::{AtomicU32, Ordering};

use jiff::SignedDuration;

use super::*;
use crate::clock::FakeClock;

const SECOND: Duration = Duration::from_secs(1);

fn guard(options: Options) -> (Guard, FakeClock) {
    let (clock, hand) = Clock::fake("2026-11-26T12:00:00Z".parse().unwrap());
    (Guard::new("test", options, &clock, &Ids::seeded(1)), hand)
}

fn small(initial: u32, queue: usize) -> Options {
    Options {
        bounds: Bounds { initial, least: initial, most: initial, ..Bounds::default() },
        queue,
        ..Options::default()
    }
}

/// One call that comes out as `verdict`.
async fn call(guard: &Guard, verdict: Verdict) -> Result<(), Held> {
    let pass = guard.enter(Deadline::after(SECOND)).await?;
    pass.run(Deadline::after(SECOND), std::future::ready(()), |()| verdict).await;
    Ok(())
}

#[tokio::test]
async fn when_half_of_the_calls_are_bad_nobody_is_let_through_until_probes_go_well() {
    let (guard, hand) = guard(Options::default());
    for _ in 0..10 {
        assert!(call(&guard, Verdict::Bad).await.is_ok());
    }
    let held = call(&guard, Verdict::Good).await.unwrap_err();
    assert_eq!(held.why, Why::Open);
    assert!(held.retry_after >= 2 * SECOND);
    assert!(guard.is_shut().is_some());
    hand.advance(SignedDuration::from_millis(2_500));
    for _ in 0..7 {
        assert!(call(&guard, Verdict::Good).await.is_ok());
    }
    assert_eq!((guard.view().state, guard.is_shut()), (Standing::Closed, None));
}

#[tokio::test]
async fn those_who_are_turned_away_are_told_different_moments() {
    let (guard, _hand) = guard(Options::default());
    guard.set_force(Some(Force::Open));
    let mut pauses = Vec::new();
    for _ in 0..50 {
        pauses.push(call(&guard, Verdict::Good).await.unwrap_err().retry_after);
    }
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_answered_by_its_deadline_is_bad_and_ends() {
    let (guard, _hand) = guard(Options::default());
    let pass = guard.enter(Deadline::after(SECOND)).await.unwrap();
    let answered = pass.run(Deadline::after(SECOND), std::future::pending::<()>(), |()| Verdict::Good).await;
    assert_eq!((answered, guard.view().calls.bad, guard.view().in_flight), (None, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_answered_in_a_hurry_says_nothing_of_the_other_side() {
    let (guard, _hand) = guard(Options { enough: 2 * SECOND, ..small(16, 0) });
    let unanswered = async |time: Duration| {
        let pass = guard.enter(Deadline::after(time)).await.unwrap();
        pass.run(Deadline::after(time), std::future::pending::<()>(), |()| Verdict::Good).await
    };
    for _ in 0..20 {
        assert_eq!(unanswered(SECOND).await, None);
    }
    let view = guard.view();
    assert_eq!((view.state, view.calls.bad, view.limit, view.in_flight), (Standing::Closed, 0, 16, 0));
    assert!(call(&guard, Verdict::Good).await.is_ok());
    unanswered(3 * SECOND).await;
    assert_eq!((guard.view().calls.good, guard.view().calls.bad), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn with_too_little_time_left_nothing_is_begun() {
    let (guard, _hand) = guard(Options::default());
    let deadline = Deadline::after(Duration::from_millis(90));
    assert_eq!(guard.enter(deadline).await.map(drop).unwrap_err().why, Why::Late);
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_no_place_waits_in_turn_and_no_more_wait_than_may() {
    let (guard, _hand) = guard(small(1, 2));
    let deadline = Deadline::after(10 * SECOND);
    let first = guard.enter(deadline).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let line = |name: &'static str| {
        let (guard, order) = (guard.clone(), Arc::clone(&order));
        async move {
            let pass = guard.enter(deadline).await.map_err(|held| held.why)?;
            order.lock().push(name);
            drop(pass);
            Ok::<_, Why>(())
        }
    };
    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(first);
    };
    let (a, b, c, ()) = tokio::join!(line("a"), line("b"), line("c"), release);
    assert_eq!((a, b, c), (Ok(()), Ok(()), Err(Why::Full)));
    assert_eq!(*order.lock(), ["a", "b"]);
    assert_eq!((guard.view().in_flight, guard.view().queued), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn whoever_waited_too_long_is_turned_away_and_keeps_no_place() {
    let (guard, _hand) = guard(small(1, 2));
    let first = guard.enter(Deadline::NONE).await.unwrap();
    assert_eq!(guard.enter(Deadline::NONE).await.map(drop).unwrap_err().why, Why::Full);
    drop(first);
    assert!(guard.enter(Deadline::NONE).await.is_ok());
}

#[tokio::test]
async fn a_caller_that_goes_away_gives_back_its_place_and_its_probe() {
    let (guard, hand) = guard(small(1, 0));
    for _ in 0..10 {
        assert!(call(&guard, Verdict::Bad).await.is_ok());
    }
    hand.advance(SignedDuration::from_secs(3));
    for _ in 0..5 {
        let pass = guard.enter(Deadline::NONE).await.expect("the probe before it was given back");
        assert!(guard.enter(Deadline::NONE).await.is_err());
        let call = pass.run(Deadline::NONE, std::future::pending::<()>(), |()| Verdict::Good);
        assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    }
    assert_eq!(guard.view().in_flight, 0);
}

#[tokio::test]
async fn a_probe_goes_although_old_calls_still_hold_all_places() {
    let (guard, hand) = guard(small(4, 0));
    let hanging = [guard.enter(Deadline::NONE).await, guard.enter(Deadline::NONE).await].map(Result::unwrap);
    for _ in 0..10 {
        assert!(call(&guard, Verdict::Bad).await.is_ok());
    }
    guard.inner.state.lock().limit = Limit::new(Bounds { initial: 2, least: 2, most: 2, ..Bounds::default() });
    guard.inner.state.lock().limit.enter_beyond();
    guard.inner.state.lock().limit.enter_beyond();
    hand.advance(SignedDuration::from_secs(3));
    assert!(call(&guard, Verdict::Good).await.is_ok());
    drop(hanging);
}

#[tokio::test(start_paused = true)]
async fn whoever_waited_for_a_place_while_the_breaker_opened_is_turned_away() {
    let (guard, _hand) = guard(small(10, 4));
    let mut passes = Vec::new();
    for _ in 0..10 {
        passes.push(guard.enter(Deadline::NONE).await.unwrap());
    }
    let fail = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        for pass in passes {
            pass.run(Deadline::NONE, std::future::ready(()), |()| Verdict::Bad).await;
        }
    };
    let (waited, ()) = tokio::join!(guard.enter(Deadline::NONE), fail);
    assert_eq!(waited.map(drop).unwrap_err().why, Why::Open);
    assert_eq!(guard.view().state, Standing::Open);
    assert_eq!((guard.view().in_flight, guard.view().queued), (0, 0));
    assert_eq!(guard.enter(Deadline::NONE).await.map(drop).unwrap_err().why, Why::Open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(clippy::disallowed_methods, reason = "a storm of callers")]
async fn a_storm_of_callers_that_come_and_go_leaves_no_place_taken() {
    let (guard, _hand) = guard(small(4, 8));
    let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let storm = (0..200_u64).map(|number| {
        let (guard, now, most) = (guard.clone(), Arc::clone(&now), Arc::clone(&most));
        tokio::spawn(async move {
            let caller = async {
                let Ok(pass) = guard.enter(Deadline::NONE).await else { return };
                let work = async {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(number % 4)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                };
                pass.run(Deadline::NONE, work, |()| Verdict::Good).await;
            };
            // Every third one goes away while it waits or calls; what it counted stays counted.
            let patience = if number % 3 == 0 { Duration::from_millis(number % 7) } else { SECOND };
            drop(tokio::time::timeout(patience, caller).await);
        })
    });
    for caller in storm.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let view = guard.view();
    assert_eq!((view.in_flight, view.queued), (0, 0));
    assert!(guard.enter(Deadline::NONE).await.is_ok());
}
