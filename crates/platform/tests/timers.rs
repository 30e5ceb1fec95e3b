//! Waits act at their time, once, and never because we did not listen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "a commit is held up while others go on")]

mod common;

use std::sync::Arc;

use common::*;
use kernel::decider::Decider;
use kernel::events::Recorded;
use kernel::events::delivery::DeliveryEvent;
use kernel::order::DeliveryBy;
use kernel::{Context, Time};
use platform::batch::Batch;
use platform::bus::Source;
use platform::room::Room;
use platform::runner::{Handler, HandlerError, Runner};
use platform::store::{Cause, Changes, Parked};
use platform::streams::Streams;
use platform::testing::{World, at_rest, until};
use platform::timers::Timekeeper;
use tempfile::TempDir;

/// Every wait that is over is told, and looked at again ten minutes later.
fn keep(room: &Room, streams: &Streams<Parcel>) {
    let keeper = Timekeeper::new(
        room,
        streams,
        Box::new(|loaded, wait, now| {
            assert_eq!(wait.what, "no-rider");
            assert!(loaded.state.phone.is_some());
            Some(Do::NoRider(now.saturating_add(seconds(600)).unwrap()))
        }),
    );
    room.shutdown.spawn("timekeeper", keeper.run());
}

async fn wait_for(room: &Room, streams: &Streams<Parcel>, number: u128, by: DeliveryBy, after: i64) -> Time {
    let until = room.clock.now().saturating_add(seconds(after)).unwrap();
    tell(room, streams, subject(number), Do::Request { by, no_rider_at: Some(until) }).await;
    until
}

fn nagged(streams: &Streams<Parcel>, number: u128) -> u32 {
    streams.load(subject(number)).unwrap().state.nagged
}

/// The timekeeper has had time to look at a wait that it has to hold back.
async fn looked_at(room: &Room) {
    // That nothing happens has no sign to wait for: two of the timekeeper's longest pauses let a wrong one act.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(room.shutdown.fatal_reason(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waits_act_at_their_time_and_again_when_they_say_so() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    keep(&room, &streams);
    for number in 0..200 {
        wait_for(&room, &streams, number, DeliveryBy::Rider, 60 + number as i64 % 2).await;
    }
    tell(&room, &streams, subject(7), Do::Assign("kim".into())).await;
    world.hand.advance(seconds(59));
    at_rest(std::slice::from_ref(&room)).await;
    assert!((0..200).all(|number| nagged(&streams, number) == 0));
    world.hand.advance(seconds(1));
    at_rest(std::slice::from_ref(&room)).await;
    assert!((0..200).all(|number| nagged(&streams, number) == u32::from(number % 2 == 0)));
    world.hand.advance(seconds(1));
    at_rest(std::slice::from_ref(&room)).await;
    assert!((0..200).all(|number| nagged(&streams, number) == u32::from(number != 7)));
    world.hand.advance(seconds(600));
    at_rest(std::slice::from_ref(&room)).await;
    assert!((0..200).all(|number| nagged(&streams, number) == 2 * u32::from(number != 7)));
    let last = streams.history(subject(1)).unwrap().pop().unwrap();
    assert_eq!(last.causation, "timer/no-rider");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_survives_a_restart_and_acts_late_rather_than_never() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    {
        let room = world.room(Context::Delivery, TABLES);
        let streams = streams(&room);
        keep(&room, &streams);
        wait_for(&room, &streams, 1, DeliveryBy::Rider, 60).await;
        world.stop().await;
    }
    world = world.restarted();
    world.hand.advance(seconds(3600));
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    keep(&room, &streams);
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!(nagged(&streams, 1), 1);
    world.stop().await;
}

struct Deaf;

impl Handler for Deaf {
    type Event = DeliveryEvent;

    fn handle(&mut self, _: &Recorded<DeliveryEvent>, _: &Cause, _: &mut Batch) -> Result<(), HandlerError> {
        Ok(())
    }
}

fn listen(room: &Room, source: Source) {
    room.shutdown.spawn("listening", Runner::new(room, source, Deaf).run());
}

#[tokio::test(start_paused = true)]
async fn presumed_silence_waits_until_the_source_was_heard() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let (room, source) = (world.room(Context::Delivery, TABLES), world.room(Context::Store, TABLES));
    let streams = streams(&room);
    wait_for(&room, &streams, 1, DeliveryBy::Store, 60).await;
    wait_for(&room, &streams, 2, DeliveryBy::Rider, 60).await;
    keep(&room, &streams);
    world.hand.advance(seconds(3600));
    until("the other acts", || nagged(&streams, 2) == 1).await;
    looked_at(&room).await;
    assert_eq!(nagged(&streams, 1), 0);
    listen(&room, Source::local(&source.store));
    at_rest(&[room.clone(), source.clone()]).await;
    assert_eq!(nagged(&streams, 1), 1);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn presumed_silence_waits_while_something_of_its_subject_is_parked() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    wait_for(&room, &streams(&room), 1, DeliveryBy::Store, 60).await;
    let mut changes = Changes::default();
    changes.parked.push(Parked {
        source: "store",
        position: 1,
        subject: subject(1),
        name: "TicketAccepted".into(),
        error: "broken".into(),
        attempts: 5,
        at: room.clock.now(),
    });
    room.store.commit(changes).await.unwrap();
    drop(room);
    world = world.restarted();
    let (room, source) = (world.room(Context::Delivery, TABLES), world.room(Context::Store, TABLES));
    let streams = streams(&room);
    keep(&room, &streams);
    listen(&room, Source::local(&source.store));
    world.hand.advance(seconds(3600));
    at_rest(&[room.clone(), source.clone()]).await;
    looked_at(&room).await;
    assert_eq!(nagged(&streams, 1), 0);
    let parked = platform::parking::list(&room.store).unwrap().remove(0);
    assert!(room.parking.skip(&room.store, parked.id, "operator/kim", room.clock.now()).await.unwrap());
    at_rest(&[room.clone(), source.clone()]).await;
    assert_eq!(nagged(&streams, 1), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_source_cannot_be_read_at_all_silence_is_presumed_after_its_grace() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    wait_for(&room, &streams, 1, DeliveryBy::Store, 60).await;
    keep(&room, &streams);
    listen(&room, Source::file(dir.path(), Context::Store));
    let hearing = room.hearings.of(Context::Store);
    until("the source is missed", || hearing.is_unreadable()).await;
    world.hand.advance(seconds(60 + 599));
    looked_at(&room).await;
    assert_eq!(nagged(&streams, 1), 0);
    world.hand.advance(seconds(1));
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!(nagged(&streams, 1), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_fit_its_stream_is_put_right() {
    let dir = TempDir::new().unwrap();
    let mut world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let due = wait_for(&room, &streams(&room), 1, DeliveryBy::Rider, 3600).await;
    tell(&room, &streams(&room), subject(2), request()).await;
    drop(room);
    let early = format!(
        "UPDATE timers SET due = 1; INSERT INTO timers VALUES ('delivery/{}', 1), ('delivery/{}', 2)",
        subject(2),
        subject(3)
    );
    rusqlite::Connection::open(dir.path().join("delivery.db")).unwrap().execute_batch(&early).unwrap();
    world = world.restarted();
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    keep(&room, &streams);
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!(nagged(&streams, 1), 0);
    assert_eq!(count(&room, "SELECT count(*) FROM timers"), 1);
    assert_eq!(count(&room, "SELECT due FROM timers"), due.as_millisecond());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_cannot_be_dealt_with_does_not_hold_up_the_others() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    for number in 0..5 {
        wait_for(&room, &streams, number, DeliveryBy::Rider, 60).await;
    }
    let again = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let tried = Arc::clone(&again);
    let keeper = Timekeeper::new(
        &room,
        &streams,
        Box::new(move |loaded, _, now| {
            if loaded.id == subject(2) {
                tried.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                return Some(Do::Panic);
            }
            Some(Do::NoRider(now.saturating_add(seconds(3600)).unwrap()))
        }),
    );
    room.shutdown.spawn("timekeeper", keeper.run());
    world.hand.advance(seconds(60));
    at_rest(std::slice::from_ref(&room)).await;
    assert!([0, 1, 3, 4].into_iter().all(|number| nagged(&streams, number) == 1));
    let before = again.load(std::sync::atomic::Ordering::Relaxed);
    world.hand.advance(seconds(60));
    at_rest(std::slice::from_ref(&room)).await;
    assert!(again.load(std::sync::atomic::Ordering::Relaxed) > before);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_is_set_while_others_are_looked_at_is_not_put_off() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    keep(&room, &streams);
    wait_for(&room, &streams, 1, DeliveryBy::Rider, 3600).await;
    wait_for(&room, &streams, 2, DeliveryBy::Rider, 10).await;

    // Durable, with a wait that is over at once, and not told to anyone yet.
    let (told, hear) = std::sync::mpsc::channel::<()>();
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let mut changes = Changes::default();
    let before = streams.load(subject(1)).unwrap();
    let events = Parcel::decide(&before.state, Do::NoRider(room.clock.now())).unwrap();
    streams.append(&mut changes, &before, &events, &cause(&room)).unwrap();
    let publish = changes.appends[0].publish.take().unwrap();
    changes.appends[0].publish = Some(Box::new(move |position| {
        told.send(()).unwrap();
        wait.recv().unwrap();
        publish(position);
    }));
    let store = room.store.clone();
    let commit = tokio::spawn(async move { store.commit(changes).await });
    tokio::task::spawn_blocking(move || hear.recv().unwrap()).await.unwrap();
    world.hand.advance(seconds(10));
    // The timekeeper looks at both by what is in memory; its commit waits behind the one that is held up.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    go_on.send(()).unwrap();
    commit.await.unwrap().unwrap();
    at_rest(std::slice::from_ref(&room)).await;
    assert_eq!((nagged(&streams, 1), nagged(&streams, 2)), (2, 1));
    world.stop().await;
}
