//! Calls to the outside are made under a lease, and their outcome is recorded once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::*;
use kernel::Context;
use parking_lot::Mutex;
use platform::room::Room;
use platform::streams::Streams;
use platform::testing::{World, at_rest, until};
use platform::work::{Due, Outcome, Performer, Worker};
use tempfile::TempDir;
use tokio::sync::Semaphore;

/// A provider that answers when it may, and says no as often as it is told to.
#[derive(Clone)]
struct Provider {
    calls: Arc<Mutex<Vec<(String, u32, bool)>>>,
    refusals: Arc<AtomicUsize>,
    answers: Arc<Semaphore>,
    breaks: Arc<AtomicBool>,
    useless: Arc<AtomicBool>,
}

impl Provider {
    fn new() -> Self {
        Self {
            calls: Arc::default(),
            refusals: Arc::default(),
            answers: Arc::new(Semaphore::new(10_000)),
            breaks: Arc::default(),
            useless: Arc::default(),
        }
    }

    fn silent() -> Self {
        Self { answers: Arc::new(Semaphore::new(0)), ..Self::new() }
    }

    fn calls(&self) -> Vec<(String, u32, bool)> {
        self.calls.lock().clone()
    }
}

impl Performer<Parcel> for Provider {
    async fn perform(&self, due: &Due<Parcel>) -> Outcome<Do> {
        self.calls.lock().push((due.task.key.clone(), due.attempts, due.ask_first));
        self.answers.acquire().await.unwrap().forget();
        assert!(!self.breaks.swap(false, Ordering::Relaxed), "for the test");
        if self.useless.load(Ordering::Relaxed) {
            return Outcome::Record(vec![Do::Nothing]);
        }
        if self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            return Outcome::Again(seconds(10 * (i64::from(due.attempts) + 1)));
        }
        let call = due.task.key.strip_prefix("bring/").and_then(|call| call.parse().ok()).unwrap();
        Outcome::Record(vec![Do::Brought(call)])
    }
}

fn employ(room: &Room, streams: &Streams<Parcel>, provider: &Provider) {
    room.shutdown.spawn("worker", Worker::new(room, streams, provider.clone()).run());
}

fn completed(streams: &Streams<Parcel>, number: u128) -> u32 {
    streams.load(subject(number)).unwrap().state.completed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_made_once_and_recorded_once() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::new());
    employ(&room, &streams, &provider);
    for number in 0..300 {
        tell(&room, &streams, subject(number), Do::Start).await;
    }
    at_rest(std::slice::from_ref(&room)).await;
    assert!((0..300).all(|number| completed(&streams, number) == 1));
    assert_eq!(provider.calls().len(), 300);
    assert!(provider.calls().iter().all(|call| *call == ("bring/1".to_owned(), 0, false)));
    assert_eq!(count(&room, "SELECT count(*) FROM work"), 0);
    assert_eq!(streams.history(subject(1)).unwrap().pop().unwrap().causation, "work/bring/1");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_result_is_made_again_after_its_pause() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::new());
    provider.refusals.store(2, Ordering::Relaxed);
    employ(&room, &streams, &provider);
    tell(&room, &streams, subject(1), Do::Start).await;
    at_rest(std::slice::from_ref(&room)).await;
    for (pause, calls) in [(9, 1), (1, 2), (19, 2), (1, 3)] {
        world.hand.advance(seconds(pause));
        at_rest(std::slice::from_ref(&room)).await;
        assert_eq!(provider.calls().len(), calls);
    }
    assert_eq!(provider.calls().last().unwrap(), &("bring/1".to_owned(), 2, false));
    assert_eq!(completed(&streams, 1), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_changes_nothing_does_not_spin() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::new());
    provider.useless.store(true, Ordering::Relaxed);
    employ(&room, &streams, &provider);
    tell(&room, &streams, subject(1), Do::Start).await;
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!(provider.calls().len(), 1);
    provider.useless.store(false, Ordering::Relaxed);
    world.hand.advance(seconds(1));
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!((provider.calls().len(), completed(&streams, 1)), (2, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_finishes_its_calls_before_it_stops() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::silent());
    employ(&room, &streams, &provider);
    for number in 0..10 {
        tell(&room, &streams, subject(number), Do::Start).await;
    }
    until("all are called", || provider.calls().len() == 10).await;
    world.shutdown.begin();
    tell(&room, &streams, subject(11), Do::Start).await;
    provider.answers.add_permits(100);
    world.stop().await;
    assert!((0..10).all(|number| completed(&streams, number) == 1));
    assert_eq!((provider.calls().len(), completed(&streams, 11)), (10, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lease_that_ran_out_the_call_is_asked_for_first() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    {
        let room = world.room(Context::Delivery, TABLES);
        let (streams, provider) = (streams(&room), Provider::silent());
        tell(&room, &streams, subject(1), Do::Start).await;
        // Dropped in the middle of the call, as by a crash.
        let worker = Worker::new(&room, &streams, provider.clone());
        tokio::select! {
            () = worker.run() => panic!("the worker ended"),
            () = until("it is called", || provider.calls().len() == 1) => {}
        }
    }
    world = world.restarted();
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::new());
    employ(&room, &streams, &provider);
    world.hand.advance(seconds(29));
    tell(&room, &streams, subject(2), Do::Start).await;
    until("the other is done", || completed(&streams, 2) == 1).await;
    assert_eq!((provider.calls().len(), completed(&streams, 1)), (1, 0));
    world.hand.advance(seconds(1));
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!(provider.calls().last().unwrap(), &("bring/1".to_owned(), 1, true));
    assert_eq!(completed(&streams, 1), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_late_outcome_of_a_replaced_call_is_recorded_and_does_not_end_the_new_one() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::silent());
    employ(&room, &streams, &provider);
    tell(&room, &streams, subject(1), Do::Start).await;
    until("the first is called", || provider.calls().len() == 1).await;
    // The state moves on to another call while the first is under way.
    tell(&room, &streams, subject(1), Do::Start).await;
    until("the second is called", || provider.calls().len() == 2).await;
    provider.answers.add_permits(100);
    until("both are recorded", || streams.load(subject(1)).unwrap().version == 4).await;
    let history = streams.history(subject(1)).unwrap();
    let causes: Vec<_> = history.iter().map(|event| event.causation.as_str()).collect();
    let (given, mut recorded) = (causes[..2].to_vec(), causes[2..].to_vec());
    recorded.sort_unstable();
    assert_eq!(given, ["operator/test", "operator/test"]);
    assert_eq!(recorded, ["work/bring/1", "work/bring/2"]);
    assert_eq!(streams.load(subject(1)).unwrap().state.riders, ["late-1"]);
    assert_eq!(count(&room, "SELECT count(*) FROM work"), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_panics_is_asked_for_when_its_lease_runs_out() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let (streams, provider) = (streams(&room), Provider::new());
    provider.breaks.store(true, Ordering::Relaxed);
    employ(&room, &streams, &provider);
    tell(&room, &streams, subject(1), Do::Start).await;
    until("it was called", || provider.calls().len() == 1).await;
    until("it is free again", || !provider.breaks.load(Ordering::Relaxed)).await;
    tell(&room, &streams, subject(2), Do::Start).await;
    until("others go on", || completed(&streams, 2) == 1).await;
    world.hand.advance(seconds(30));
    until("it is made again", || completed(&streams, 1) == 1).await;
    assert!(provider.calls().last().unwrap().2);
    world.stop().await;
}
