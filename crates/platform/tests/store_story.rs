//! One story that every store has to be able to tell, and what only files can suffer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::*;
use kernel::Context;
use kernel::decider::{Decider, Task};
use kernel::events::delivery::DeliveryEvent;
use platform::clock::Clock;
use platform::idempotency::{Keyed, Known, look_up};
use platform::ids::Ids;
use platform::room::Room;
use platform::shutdown::Shutdown;
use platform::store::{
    AfterLease, Changes, CommitError, CursorMove, Lease, Note, Options, Parked, Store, StoreError, StoredEvent,
};
use platform::streams::{Loaded, Streams};
use platform::testing::World;
use rusqlite::Connection;
use tempfile::TempDir;

/// Tells the story of a store that `open` opens; again, it is the same store after a restart.
async fn story(open: impl Fn() -> Room) {
    let room = open();
    what_is_appended_is_read_back(&room).await;
    of_two_appends_at_one_version_one_conflicts(&room).await;
    a_conflict_does_not_fail_its_neighbours(&room).await;
    all_of_a_transaction_commits_or_nothing(&room).await;
    a_cursor_moves_only_from_where_it_stands(&room).await;
    a_lease_ends_once_and_only_for_its_holder(&room).await;
    a_taken_key_is_taken(&room).await;
    concurrent_appends_share_commits(&room).await;
    erased_data_is_gone_and_the_rest_readable(&room).await;
    let (head, before) = (room.store.tail().head(), everything(&room));
    let log = Arc::clone(room.store.log());
    drop(room);
    let room = open();
    assert_eq!((room.store.tail().head(), everything(&room)), (head, before));
    assert_eq!(*room.store.log(), log);
    tell(&room, &streams(&room), subject(1), Do::Assign("afterwards".into())).await;
    assert_eq!(room.store.tail().head(), head + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_of_the_embedded_store() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    story(|| world.room(Context::Delivery, TABLES)).await;
}

#[tokio::test]
async fn what_happened_between_two_times_is_found_by_position() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let begin = world.clock.now();
    let minutes = |minutes| begin.saturating_add(jiff::SignedDuration::from_mins(minutes)).unwrap();
    let position_at = |at| room.store.readers().with(|reader| reader.position_at(at)).unwrap();
    assert_eq!(position_at(begin), 1, "in an empty log everything is still to come");
    for n in 1..=5 {
        tell(&room, &streams(&room), subject(n), request()).await;
        tell(&room, &streams(&room), subject(n), Do::Assign("kim".into())).await;
        world.hand.advance(jiff::SignedDuration::from_mins(1));
    }
    let positions = [-9, 0, 1, 2, 4, 5, 99].map(|after| position_at(minutes(after)));
    assert_eq!(positions, [1, 1, 3, 5, 9, 11, 11]);
    let about = |names: &[&str]| room.store.readers().with(|reader| reader.subjects_between(3, 7, names)).unwrap();
    assert_eq!(about(&["RiderAssigned"]), [subject(2), subject(3)].into());
    assert_eq!(about(&["DeliveryCompleted"]), [].into());
}

fn plain(event: &StoredEvent) -> (u64, u64, String, String, Option<String>) {
    (event.position, event.version, event.name.clone(), event.body.clone(), event.personal.clone())
}

fn everything(room: &Room) -> Vec<(u64, u64, String, String, Option<String>)> {
    let events = room.store.readers().with(|reader| reader.events_after(0, 10_000)).unwrap();
    events.iter().map(|event| plain(event)).collect()
}

/// The changes of one name on a parcel that is thought to be at `before`.
fn assign(room: &Room, streams: &Streams<Parcel>, before: &Loaded<Parcel>, name: &str) -> Changes {
    use kernel::decider::Decider;
    let events: Vec<DeliveryEvent> = Parcel::decide(&before.state, Do::Assign(name.into())).unwrap();
    let mut changes = Changes::default();
    streams.append(&mut changes, before, &events, &cause(room)).unwrap();
    changes
}

async fn what_is_appended_is_read_back(room: &Room) {
    let streams = streams(room);
    tell(room, &streams, subject(1), request()).await;
    let after = tell(room, &streams, subject(1), Do::Assign("kim".into())).await;
    assert_eq!((after.version, after.position()), (2, room.store.tail().head()));
    let (cached, folded) = (streams.load(subject(1)).unwrap(), common::streams(room).load(subject(1)).unwrap());
    assert_eq!(cached.state.riders, ["kim"]);
    assert_eq!((folded.version, folded.position(), &folded.rows), (2, after.position(), &cached.rows));
    assert_eq!(folded.state.phone.as_deref(), Some("010-1234-5678"));
    // The end of the log in memory says the same as the log.
    let recent: Vec<_> = room.store.events_after(0, 10).unwrap().iter().map(|event| plain(event)).collect();
    assert_eq!(recent, everything(room));
    assert_eq!(room.store.events_after(1, 1).unwrap()[0].position, 2);
    assert!(room.store.events_after(2, 10).unwrap().is_empty());
}

async fn of_two_appends_at_one_version_one_conflicts(room: &Room) {
    let streams = streams(room);
    let before = streams.load(subject(2)).unwrap();
    let (one, two) = (assign(room, &streams, &before, "one"), assign(room, &streams, &before, "two"));
    room.store.commit(one).await.unwrap();
    assert!(matches!(room.store.commit(two).await, Err(CommitError::Conflict)));
    assert_eq!(common::streams(room).load(subject(2)).unwrap().state.riders, ["one"]);
}

async fn a_conflict_does_not_fail_its_neighbours(room: &Room) {
    let streams = streams(room);
    let before = streams.load(subject(3)).unwrap();
    let mut jobs = Vec::new();
    for n in 0..20 {
        let other = Loaded::<Parcel>::new(subject(100 + n));
        jobs.push(room.store.commit(assign(room, &streams, &before, "contested")));
        jobs.push(room.store.commit(assign(room, &streams, &other, "quiet")));
    }
    let (head, outcomes) = (room.store.tail().head(), futures_util::future::join_all(jobs).await);
    let (contested, quiet): (Vec<_>, Vec<_>) = outcomes.into_iter().enumerate().partition(|(n, _)| n % 2 == 0);
    assert_eq!(contested.iter().filter(|(_, outcome)| outcome.is_ok()).count(), 1);
    assert!(quiet.iter().all(|(_, outcome)| outcome.is_ok()));
    // Nothing of a conflict is left, not even a gap in the positions.
    assert_eq!(room.store.tail().head(), head + 21);
    let positions: Vec<_> = everything(room).iter().map(|event| event.0).collect();
    assert_eq!(positions, (1..=head + 21).collect::<Vec<_>>());
}

/// Everything that one transaction can write, for the parcel `number`.
fn full(room: &Room, streams: &Streams<Parcel>, number: u128, before: &Loaded<Parcel>, key: &str) -> Changes {
    let mut changes = assign(room, streams, before, "full");
    changes.appends[0].timer = Some(Some(room.clock.now()));
    changes.appends[0].work = Some(Some(Task { key: "bring/1".into(), due: None }));
    let keyed = Keyed::new("customer/a", "POST", "/orders", key, b"{}");
    changes.claims.push(keyed.claim(subject(number), room.clock.now()));
    changes.answers.push(keyed.answer(201, "{\"phone\":\"010\"}".into()));
    changes.notes.push(Note {
        subject: subject(number),
        at: room.clock.now(),
        cause: "test".into(),
        what: "noted".into(),
    });
    changes.parked.push(Parked {
        source: "pay",
        position: number as u64,
        subject: subject(number),
        name: "PaymentApproved".into(),
        error: "broken".into(),
        attempts: 5,
        at: room.clock.now(),
    });
    changes
}

fn counts(room: &Room) -> Vec<i64> {
    let tables = ["events", "parcels", "timers", "work", "cursors", "idempotency", "notes", "parked"];
    tables.iter().map(|table| count(room, &format!("SELECT count(*) FROM {table}"))).collect()
}

async fn all_of_a_transaction_commits_or_nothing(room: &Room) {
    let streams = streams(room);
    let (before, stale) = (counts(room), streams.load(subject(3)).unwrap());
    let log: Arc<str> = Arc::from("a log");
    let moved = |from, to| CursorMove { source: "pay", log: Arc::clone(&log), from, to };
    let fresh = Loaded::<Parcel>::new(subject(4));
    let mut good = full(room, &streams, 4, &fresh, "key4");
    good.cursor = Some(moved(0, 7));
    room.store.commit(good).await.unwrap();
    let after: Vec<_> = before.iter().map(|count| count + 1).collect();
    assert_eq!(counts(room), after);

    // Whatever fails, at the beginning or at the end, takes all the rest with it.
    let new = Loaded::<Parcel>::new(subject(5));
    let mut fenced = full(room, &streams, 5, &new, "key5");
    fenced.cursor = Some(moved(6, 8));
    assert!(matches!(room.store.commit(fenced).await, Err(CommitError::Fenced)));
    let taken = full(room, &streams, 5, &new, "key4");
    assert!(matches!(room.store.commit(taken).await, Err(CommitError::KeyTaken)));
    let mut conflict = full(room, &streams, 5, &new, "key5");
    conflict.cursor = Some(moved(7, 8));
    conflict.appends.extend(assign(room, &streams, &Loaded::new(stale.id), "late").appends);
    assert!(matches!(room.store.commit(conflict).await, Err(CommitError::Conflict)));
    let mut unparked = full(room, &streams, 5, &new, "key5");
    unparked.unparked.push(-1);
    assert!(matches!(room.store.commit(unparked).await, Err(CommitError::Fenced)));
    assert_eq!(counts(room), after);
    assert_eq!(streams.load(subject(5)).unwrap().version, 0);
}

async fn a_cursor_moves_only_from_where_it_stands(room: &Room) {
    let step = |log: &str, from, to| {
        let mut changes = Changes::default();
        changes.cursor = Some(CursorMove { source: "pay", log: Arc::from(log), from, to });
        changes
    };
    for (log, from, to) in [("a log", 0, 9), ("a log", 6, 9), ("another", 7, 9), ("another", 0, 1)] {
        assert!(matches!(room.store.commit(step(log, from, to)).await, Err(CommitError::Fenced)), "{log} {from} {to}");
    }
    room.store.commit(step("a log", 7, 9)).await.unwrap();
    assert!(matches!(room.store.commit(step("a log", 7, 9)).await, Err(CommitError::Fenced)));
    let cursor = room.store.readers().with(|reader| reader.cursor("pay")).unwrap();
    assert_eq!(cursor, Some(("a log".into(), 9)));
}

async fn a_lease_ends_once_and_only_for_its_holder(room: &Room) {
    let end = |task: &str, number, then| {
        let mut changes = Changes::default();
        changes.leases.push(Lease { stream: format!("delivery/{}", subject(4)), task: task.into(), number, then });
        changes
    };
    for (task, number) in [("bring/1", 1), ("bring/2", 0)] {
        let outcome = room.store.commit(end(task, number, AfterLease::Done)).await;
        assert!(matches!(outcome, Err(CommitError::Fenced)), "{task} {number}");
    }
    room.store.commit(end("bring/1", 0, AfterLease::Again(room.clock.now()))).await.unwrap();
    room.store.commit(end("bring/1", 0, AfterLease::Done)).await.unwrap();
    let again = room.store.commit(end("bring/1", 0, AfterLease::Done)).await;
    assert!(matches!(again, Err(CommitError::Fenced)));
    assert_eq!(count(room, "SELECT count(*) FROM work"), 0);
}

async fn a_taken_key_is_taken(room: &Room) {
    let keyed = |key: &str, body: &[u8]| Keyed::new("customer/a", "POST", "/orders", key, body);
    let answered = Known::Answered { status: 201, answer: "{\"phone\":\"010\"}".into() };
    assert_eq!(look_up(room, &keyed("key4", b"{}")).unwrap(), Some(answered));
    assert_eq!(look_up(room, &keyed("key4", b"{ }")).unwrap(), Some(Known::OtherRequest));
    assert_eq!(look_up(room, &keyed("key5", b"{}")).unwrap(), None);
    let claim = || {
        let mut changes = Changes::default();
        changes.claims.push(keyed("key6", b"{}").claim(subject(6), room.clock.now()));
        changes
    };
    room.store.commit(claim()).await.unwrap();
    assert!(matches!(room.store.commit(claim()).await, Err(CommitError::KeyTaken)));
    assert_eq!(look_up(room, &keyed("key6", b"{}")).unwrap(), Some(Known::CutOff(subject(6))));
}

async fn concurrent_appends_share_commits(room: &Room) {
    let streams = streams(room);
    let (commits, head) = (room.store.commits(), room.store.tail().head());
    let tell = (0..1000).map(|n| tell(room, &streams, subject(1000 + n), request()));
    futures_util::future::join_all(tell).await;
    let commits = room.store.commits() - commits;
    assert_eq!(room.store.tail().head(), head + 1000);
    assert!(commits < 500, "{commits} commits for 1,000 appends");
}

async fn erased_data_is_gone_and_the_rest_readable(room: &Room) {
    let streams = streams(room);
    let id = subject(7);
    tell(room, &streams, id, request()).await;
    let before = streams.load(id).unwrap();
    assert!(before.row().unwrap().private.is_some());
    let mut changes = full(room, &streams, 7, &before, "key7");
    streams.erase(&mut changes, id);
    room.store.commit(changes).await.unwrap();
    let position = room.store.tail().head();
    let stored = room.store.events_after(position - 2, 2).unwrap();
    assert!(stored.iter().all(|event| event.personal.is_none()));
    assert!(stored.iter().all(|event| event.read::<DeliveryEvent>("log").is_ok()));
    for streams in [&streams, &common::streams(room)] {
        let loaded = streams.load(id).unwrap();
        assert_eq!((loaded.version, loaded.state.phone.as_deref()), (2, None));
        assert_eq!(loaded.row().unwrap().private, None);
        assert_eq!(loaded.row().unwrap().riders, ["full"]);
    }
    let row = rows(room).into_iter().find(|row| row.0 == id.to_string()).unwrap();
    assert_eq!(row.2, None);
    assert_eq!(look_up(room, &Keyed::new("customer/a", "POST", "/orders", "key7", b"{}")).unwrap(), None);
    let left = format!("SELECT count(*) FROM events WHERE stream = 'delivery/{id}' AND private IS NOT NULL");
    assert_eq!(count(room, &left), 0);
    tell(room, &streams, id, Do::Assign("later".into())).await;
    assert_eq!(streams.load(id).unwrap().state.riders, ["full", "later"]);
}

fn open_in(dir: &Path) -> Result<Store, StoreError> {
    let options =
        Options { dir, context: Context::Delivery, tables: TABLES, new_log: subject(0), shutdown: Shutdown::new() };
    Store::open(&options)
}

fn sentence(dir: &Path) -> String {
    match open_in(dir) {
        Ok(_) => panic!("it opened"),
        Err(StoreError::Fatal(sentence)) => sentence,
        Err(other) => panic!("not fatal: {other}"),
    }
}

#[test]
fn a_second_owner_is_refused_until_the_first_is_gone() {
    let dir = TempDir::new().unwrap();
    let first = open_in(dir.path()).unwrap();
    let told = sentence(dir.path());
    assert!(told.starts_with("Another process already runs delivery on "), "{told}");
    drop(first);
    open_in(dir.path()).unwrap();
}

#[test]
fn a_log_of_another_version_is_refused() {
    let dir = TempDir::new().unwrap();
    drop(open_in(dir.path()).unwrap());
    Connection::open(dir.path().join("delivery.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let told = sentence(dir.path());
    assert!(told.contains("was written by another version of Baedal (schema 99"), "{told}");
}

#[test]
fn a_directory_that_cannot_be_made_is_told() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("data");
    std::fs::write(&file, "in the way").unwrap();
    let told = sentence(&file);
    assert!(told.starts_with("The data directory ") && told.ends_with("Choose another one with --data-dir."), "{told}");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("delivery.db"), "no database at all, only words ".repeat(100)).unwrap();
    let told = sentence(dir.path());
    assert!(told.contains("is damaged or no database of Baedal's. Restore it from a backup"), "{told}");
}

const FULL_DISK: &str = "BAEDAL_TEST_FULL_DISK";

/// Runs in a process whose files may not grow beyond 1 MB.
#[tokio::test]
async fn in_a_child_the_disk_runs_full() {
    let Ok(dir) = std::env::var(FULL_DISK) else { return };
    let (shutdown, clock) = (Shutdown::new(), Clock::system());
    let ids = Ids::system(clock.clone());
    let room = Room::open(Path::new(&dir), Context::Delivery, TABLES, clock, ids, shutdown.clone()).unwrap();
    let streams = streams(&room);
    let mut confirmed = 0;
    let error = loop {
        match streams.handle(room.ids.uuid(), &cause(&room), request()).await {
            Ok(_) => confirmed += 1,
            Err(error) => break error,
        }
        assert!(confirmed < 100_000, "the disk never ran full");
    };
    println!("confirmed={confirmed}\nerror={error}\nfatal={}", shutdown.fatal_reason().unwrap_or_default());
}

#[test]
fn a_full_disk_stops_with_a_sentence_and_loses_nothing_confirmed() {
    let dir = TempDir::new().unwrap();
    let limited = "ulimit -f 2000; trap '' XFSZ; exec \"$0\" --exact in_a_child_the_disk_runs_full --nocapture";
    let child = std::env::current_exe().unwrap();
    let output = Command::new("sh").arg("-c").arg(limited).arg(child).env(FULL_DISK, dir.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let (Some(error), Some(fatal)) = (line("error="), line("fatal=")) else { panic!("{told}") };
    assert_eq!(error, fatal);
    assert!(fatal.contains("free space") && fatal.ends_with("nothing that was confirmed is lost."), "{fatal}");
    let confirmed: u64 = line("confirmed=").unwrap().parse().unwrap();
    assert!(confirmed > 10);
    assert_eq!(open_in(dir.path()).unwrap().tail().head(), confirmed);
}

#[tokio::test]
async fn who_decides_while_personal_data_is_erased_does_not_bring_it_back() {
    let dir = TempDir::new().unwrap();
    let world = World::new(dir.path());
    let room = world.room(Context::Delivery, TABLES);
    let streams = streams(&room);
    let id = subject(1);
    let before = tell(&room, &streams, id, request()).await;
    let mut erasing = Changes::default();
    streams.erase(&mut erasing, id);
    room.store.commit(erasing).await.unwrap();

    let mut late = Changes::default();
    let events = Parcel::decide(&before.state, Do::Assign("kim".into())).unwrap();
    streams.append(&mut late, &before, &events, &cause(&room)).unwrap();
    room.store.commit(late).await.unwrap();
    assert_eq!(rows(&room), [(id.to_string(), r#"{"riders":["kim"]}"#.to_owned(), None)]);
    let loaded = streams.load(id).unwrap();
    assert_eq!((loaded.version, &loaded.state.phone), (2, &None));
}
