//! Events reach policies exactly once and in order, whatever happens in between.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use common::*;
use kernel::Context;
use kernel::events::Recorded;
use kernel::events::delivery::DeliveryEvent;
use platform::batch::Batch;
use platform::bus::Source;
use platform::parking;
use platform::room::Room;
use platform::runner::{Handler, HandlerError, Runner};
use platform::store::Cause;
use platform::streams::Streams;
use platform::testing::{World, at_rest, until};
use tempfile::TempDir;
use uuid::Uuid;

/// Writes each name it hears on its own parcel of that subject; a name that begins with "poison" is a bug.
struct Copy {
    streams: Streams<Parcel>,
    healed: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
    patience: Duration,
}

impl Handler for Copy {
    type Event = DeliveryEvent;

    fn wants(&self, name: &str) -> bool {
        name == "RiderAssigned"
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn handle(
        &mut self,
        event: &Recorded<DeliveryEvent>,
        cause: &Cause,
        batch: &mut Batch,
    ) -> Result<(), HandlerError> {
        let DeliveryEvent::RiderAssigned(assigned) = &event.event else { unreachable!("not wanted") };
        self.heard.fetch_add(1, Ordering::Relaxed);
        let name = assigned.rider_id.to_string();
        assert!(!name.starts_with("poison") || self.healed.load(Ordering::Relaxed), "poison");
        let rejected = batch.decide(&self.streams, event.subject, cause, Do::Assign(name))?;
        assert!(rejected.is_ok());
        Ok(())
    }
}

struct Consumer {
    room: Room,
    streams: Streams<Parcel>,
    healed: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
}

impl Consumer {
    fn open(world: &World) -> Self {
        let room = world.room(Context::App, TABLES);
        let streams = streams(&room);
        Self { room, streams, healed: Arc::default(), heard: Arc::default() }
    }

    fn listen(&self, source: Source) {
        self.listen_with(source, Duration::ZERO);
    }

    fn listen_with(&self, source: Source, patience: Duration) {
        let (healed, heard) = (Arc::clone(&self.healed), Arc::clone(&self.heard));
        let handler = Copy { streams: self.streams.clone(), healed, heard, patience };
        self.room.shutdown.spawn("app hears delivery", Runner::new(&self.room, source, handler).run());
    }

    fn names(&self, id: Uuid) -> Vec<String> {
        self.streams.load(id).unwrap().state.riders.clone()
    }
}

async fn assign(room: &Room, streams: &Streams<Parcel>, id: Uuid, name: impl Into<String>) {
    tell(room, streams, id, Do::Assign(name.into())).await;
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("n{n}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_has_its_effect_once_and_in_order_across_restarts() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    let (rounds, each, subjects) = (8, 40, 7);
    for round in 0..rounds {
        let source = world.room(Context::Delivery, TABLES);
        let consumer = Consumer::open(&world);
        consumer.listen(Source::local(&source.store));
        let written = streams(&source);
        for n in 0..each {
            let number = round * each + n;
            assign(&source, &written, subject(number as u128 % subjects), format!("n{number}")).await;
        }
        if round + 1 == rounds {
            at_rest(&[source.clone(), consumer.room.clone()]).await;
            for id in 0..subjects {
                let expected: Vec<_> =
                    (0..rounds * each).filter(|n| *n as u128 % subjects == id).map(|n| format!("n{n}")).collect();
                assert_eq!(consumer.names(subject(id)), expected);
            }
        }
        // Stopped wherever it happens to be.
        world.stop().await;
        drop((source, written, consumer));
        world = world.restarted();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_and_concurrent_commands_on_the_same_streams_all_take_effect() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let source = world.room(Context::Delivery, TABLES);
    let consumer = Consumer::open(&world);
    consumer.listen(Source::local(&source.store));
    let written = streams(&source);
    for n in 0..200 {
        let (own, heard) = (format!("own{n}"), format!("n{n}"));
        tokio::join!(
            assign(&source, &written, subject(1), heard),
            assign(&consumer.room, &consumer.streams, subject(1), own)
        );
    }
    at_rest(&[source.clone(), consumer.room.clone()]).await;
    let (own, heard): (Vec<_>, Vec<_>) =
        consumer.names(subject(1)).into_iter().partition(|name| name.starts_with("own"));
    assert_eq!(heard, numbered(200));
    assert_eq!(own.len(), 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_behind_does_not_wait_with_every_batch() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let source = world.room(Context::Delivery, TABLES);
    let written = streams(&source);
    for n in 0..400 {
        assign(&source, &written, subject(n % 7), format!("n{n}")).await;
    }
    // All of it is old news by now: four batches, each of which would wait for longer than the test does.
    let patience = Duration::from_secs(60);
    world.hand.advance(jiff::SignedDuration::from_secs(61));
    let consumer = Consumer::open(&world);
    consumer.listen_with(Source::local(&source.store), patience);
    at_rest(&[source.clone(), consumer.room.clone()]).await;
    assert_eq!(consumer.heard.load(Ordering::Relaxed), 400);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_keeps_failing_is_parked_with_what_follows_it_while_others_go_on() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let source = world.room(Context::Delivery, TABLES);
    let consumer = Consumer::open(&world);
    let written = streams(&source);
    for (id, name) in [(1, "a"), (1, "poison"), (2, "b"), (1, "c"), (2, "d"), (1, "e")] {
        assign(&source, &written, subject(id), name).await;
    }
    consumer.listen(Source::local(&source.store));
    let rooms = [source.clone(), consumer.room.clone()];
    at_rest(&rooms).await;
    assert_eq!(consumer.names(subject(1)), ["a"]);
    assert_eq!(consumer.names(subject(2)), ["b", "d"]);
    let parked = parking::list(&consumer.room.store).unwrap();
    assert_eq!(parked.iter().map(|message| message.position).collect::<Vec<_>>(), [2, 4, 6]);
    assert!(parked[0].error.contains("panicked: poison"), "{}", parked[0].error);
    assert_eq!(parked.iter().map(|message| message.attempts).collect::<Vec<_>>(), [5, 0, 0]);

    // Tried again in vain, it stays; what comes later still waits behind it.
    assert!(consumer.room.parking.retry(&consumer.room.store, parked[0].id).await.unwrap());
    at_rest(&rooms).await;
    assign(&source, &written, subject(1), "f").await;
    at_rest(&rooms).await;
    assert_eq!(consumer.names(subject(1)), ["a"]);
    assert_eq!(parking::list(&consumer.room.store).unwrap()[0].attempts, 6);

    // Mended, all of them go through, in order.
    consumer.healed.store(true, Ordering::Relaxed);
    assert!(consumer.room.parking.retry(&consumer.room.store, parked[0].id).await.unwrap());
    at_rest(&rooms).await;
    assert_eq!(consumer.names(subject(1)), ["a", "poison", "c", "e", "f"]);
    assert!(parking::list(&consumer.room.store).unwrap().is_empty());
    assert!(!consumer.room.parking.holds(subject(1)));
    assert!(!consumer.room.parking.retry(&consumer.room.store, parked[0].id).await.unwrap());
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_parked_message_survives_a_restart_and_can_be_skipped_once() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    {
        let source = world.room(Context::Delivery, TABLES);
        let consumer = Consumer::open(&world);
        let written = streams(&source);
        for name in ["a", "poison1", "b", "poison2", "c"] {
            assign(&source, &written, subject(1), name).await;
        }
        consumer.listen(Source::local(&source.store));
        at_rest(&[source.clone(), consumer.room.clone()]).await;
        world.stop().await;
    }
    world = world.restarted();
    let source = world.room(Context::Delivery, TABLES);
    let consumer = Consumer::open(&world);
    assert!(consumer.room.parking.holds(subject(1)));
    consumer.listen(Source::local(&source.store));
    let rooms = [source.clone(), consumer.room.clone()];
    let first = parking::list(&consumer.room.store).unwrap().remove(0);
    let skip = || consumer.room.parking.skip(&consumer.room.store, first.id, "operator/kim", world.clock.now());
    let both = tokio::join!(skip(), skip());
    assert_eq!(usize::from(both.0.unwrap()) + usize::from(both.1.unwrap()), 1);
    at_rest(&rooms).await;
    // What waited behind it goes on by itself, up to the next that fails.
    assert_eq!(consumer.names(subject(1)), ["a", "b"]);
    let second = parking::list(&consumer.room.store).unwrap().remove(0);
    assert!(second.error.contains("poison"));
    assert!(
        consumer.room.parking.skip(&consumer.room.store, second.id, "operator/kim", world.clock.now()).await.unwrap()
    );
    at_rest(&rooms).await;
    assert_eq!(consumer.names(subject(1)), ["a", "b", "c"]);
    assert!(!consumer.room.parking.holds(subject(1)));
    let notes = consumer.room.store.readers().with(|reader| reader.notes(subject(1))).unwrap();
    assert_eq!(notes.len(), 2);
    assert!(notes[0].what.starts_with("RiderAssigned at delivery/2 skipped: "), "{}", notes[0].what);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbours_file_may_come_later_and_never_delays_readiness() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let consumer = Consumer::open(&world);
    consumer.listen(Source::file(dir.path(), Context::Delivery));
    let hearing = consumer.room.hearings.of(Context::Delivery);
    until("the missing neighbour is noticed", || hearing.is_ready()).await;
    assert!(hearing.is_unreadable());

    let source = world.room(Context::Delivery, TABLES);
    let written = streams(&source);
    for name in numbered(150) {
        assign(&source, &written, subject(1), name).await;
    }
    until("the file is heard", || consumer.names(subject(1)).len() == 150).await;
    assert_eq!(consumer.names(subject(1)), numbered(150));
    until("it is readable", || !hearing.is_unreadable()).await;

    // The neighbour stops and starts again: its file is the same.
    drop((source, written));
    let source = world.room(Context::Delivery, TABLES);
    assign(&source, &streams(&source), subject(2), "after").await;
    until("the neighbour is heard again", || consumer.names(subject(2)) == ["after"]).await;
    assert_eq!(consumer.room.shutdown.fatal_reason(), None);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_replaced_by_another_log_is_fatal_with_a_sentence() {
    let (dir, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let world = World::new(dir.path());
    let source = world.room(Context::Delivery, TABLES);
    assign(&source, &streams(&source), subject(1), "a").await;
    let consumer = Consumer::open(&world);
    consumer.listen(Source::file(dir.path(), Context::Delivery));
    until("the file is heard", || consumer.names(subject(1)).len() == 1).await;
    drop(source);

    let other = World::new(elsewhere.path()).restarted();
    let replacement = other.room(Context::Delivery, TABLES);
    assign(&replacement, &streams(&replacement), subject(1), "b").await;
    drop(replacement);
    std::fs::rename(elsewhere.path().join("delivery.db"), dir.path().join("delivery.db")).unwrap();
    until("the mismatch is noticed", || consumer.room.shutdown.fatal_reason().is_some()).await;
    let sentence = consumer.room.shutdown.fatal_reason().unwrap();
    assert!(sentence.starts_with("app has read delivery's log "), "{sentence}");
    assert!(sentence.ends_with("restore the whole data directory from one backup."), "{sentence}");
    assert_eq!(consumer.names(subject(1)), ["a"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_beyond_the_head_is_fatal_with_a_sentence() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    {
        let source = world.room(Context::Delivery, TABLES);
        let consumer = Consumer::open(&world);
        consumer.listen(Source::local(&source.store));
        assign(&source, &streams(&source), subject(1), "a").await;
        at_rest(&[source.clone(), consumer.room.clone()]).await;
        world.stop().await;
    }
    let file = rusqlite::Connection::open(dir.path().join("delivery.db")).unwrap();
    file.execute_batch("DELETE FROM events").unwrap();
    drop(file);
    world = world.restarted();
    let source = world.room(Context::Delivery, TABLES);
    let consumer = Consumer::open(&world);
    consumer.listen(Source::local(&source.store));
    until("it stops", || consumer.room.shutdown.fatal_reason().is_some()).await;
    assert!(consumer.room.shutdown.fatal_reason().unwrap().contains("up to 1, but finds log"));
    world.stop().await;
}
