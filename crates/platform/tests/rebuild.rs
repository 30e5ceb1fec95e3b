//! A view made anew from its log equals the live one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use kernel::Context;
use kernel::events::Recorded;
use kernel::events::delivery::DeliveryEvent;
use platform::batch::Batch;
use platform::bus::Source;
use platform::rebuild::{is_current, rebuild};
use platform::room::Room;
use platform::runner::{Handler, HandlerError, Runner};
use platform::store::Cause;
use platform::testing::{World, at_rest};
use tempfile::TempDir;

async fn a_busy_day(room: &Room) {
    let streams = streams(room);
    for number in 0..300 {
        tell(room, &streams, subject(number), request()).await;
        for name in 0..number % 4 {
            tell(room, &streams, subject(number), Do::Assign(format!("n{name}"))).await;
        }
        if number % 5 == 0 {
            // Changes nothing that the view shows.
            tell(room, &streams, subject(number), Do::NoRider(kernel::Time::MAX)).await;
        }
    }
}

fn places(room: &Room) -> Vec<u64> {
    let found = room.store.readers().with(|reader| reader.rows("parcels", "ORDER BY key", &[])).unwrap();
    found.into_iter().map(|row| row.position).collect()
}

fn spoil(dir: &TempDir, context: Context) {
    let file = rusqlite::Connection::open(dir.path().join(format!("{context}.db"))).unwrap();
    file.execute_batch("UPDATE meta SET value = '0' WHERE name = 'view/parcels'; DELETE FROM parcels WHERE riders = 2")
        .unwrap();
}

#[tokio::test]
async fn a_view_of_the_own_log_is_rebuilt_as_it_was() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    assert!(is_current(&room.store, &PARCELS).unwrap());
    a_busy_day(&room).await;
    let live = rows(&room);
    let placed = places(&room);
    assert_eq!(live.len(), 300);
    drop(room);
    spoil(&dir, Context::Delivery);
    let room = world.restarted().room(Context::Delivery, TABLES);
    assert!(!is_current(&room.store, &PARCELS).unwrap());
    let mut told = Vec::new();
    let mut source = Source::local(&room.store);
    rebuild::<Parcels>(&room.store, &mut source, |done, of| told.push((done, of))).await.unwrap();
    assert!(is_current(&room.store, &PARCELS).unwrap());
    assert_eq!(rows(&room), live);
    assert_eq!(places(&room), placed);
    assert_eq!(told.last(), Some(&(810, 810)));
    // It is alive again: what is appended moves it.
    tell(&room, &streams(&room), subject(0), Do::Assign("later".into())).await;
    assert_ne!(rows(&room), live);
}

struct Folds(Room);

impl Handler for Folds {
    type Event = DeliveryEvent;

    fn handle(&mut self, event: &Recorded<DeliveryEvent>, _: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        batch.fold::<Parcels>(&self.0.store, event)?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_of_anothers_log_is_rebuilt_up_to_where_that_was_read_and_begins_anew_when_cut_off() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let (source, room) = (world.room(Context::Delivery, TABLES), world.room(Context::App, TABLES));
    let folding = Runner::new(&room, Source::local(&source.store), Folds(room.clone()));
    room.shutdown.spawn("folding", folding.run());
    a_busy_day(&source).await;
    at_rest(&[source.clone(), room.clone()]).await;
    world.stop().await;
    let live = rows(&room);
    assert_eq!(live, rows(&source));
    // Not heard yet, so not to be folded yet.
    tell(&source, &streams(&source), subject(0), Do::Assign("unheard".into())).await;
    drop(room);

    spoil(&dir, Context::App);
    let room = world.restarted().room(Context::App, TABLES);
    let mut from = Source::local(&source.store);
    let cut_off = std::panic::AssertUnwindSafe(rebuild::<Parcels>(&room.store, &mut from, |_, _| panic!("cut off")));
    assert!(futures_util::FutureExt::catch_unwind(cut_off).await.is_err());
    assert!(!is_current(&room.store, &PARCELS).unwrap());
    assert!(rows(&room).len() < live.len());
    rebuild::<Parcels>(&room.store, &mut Source::file(dir.path(), Context::Delivery), |_, _| {}).await.unwrap();
    assert!(is_current(&room.store, &PARCELS).unwrap());
    assert_eq!(rows(&room), live);
}

#[tokio::test]
async fn a_view_of_a_log_that_is_not_there_yet_is_empty() {
    let dir = TempDir::new().unwrap();
    let room = World::new(dir.path()).room(Context::App, &[]);
    assert!(!is_current(&room.store, &PARCELS).unwrap());
    rebuild::<Parcels>(&room.store, &mut Source::file(dir.path(), Context::Delivery), |_, _| {}).await.unwrap();
    assert!(is_current(&room.store, &PARCELS).unwrap());
    assert!(rows(&room).is_empty());
}
