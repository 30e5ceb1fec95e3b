//! What the tests of all crates share: rooms in a directory that goes away, a clock that stands, and a way to wait
//! until everything is at rest.

pub mod contracts;

use std::path::Path;
use std::time::{Duration, Instant};

use kernel::{Context, Time};

use crate::clock::{Clock, FakeClock};
use crate::identity::Identity;
use crate::ids::Ids;
use crate::room::Room;
use crate::shutdown::Shutdown;
use crate::view::ViewTable;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it has happened.
const LOOK: Duration = Duration::from_millis(2);

/// Who a request comes from, as tests write it: `customer/mina`, `owner/<storeId>`, or nothing for nobody.
///
/// # Panics
/// When nobody can be called so.
pub fn acts(who: &str) -> Identity {
    if who.is_empty() { Identity::Nobody } else { Identity::Somebody(kernel::testing::actor(who)) }
}

/// A world of rooms in one data directory, with one clock.
#[derive(Debug)]
pub struct World {
    /// Where the rooms' databases are.
    pub dir: std::path::PathBuf,
    /// The clock that all rooms ask.
    pub clock: Clock,
    /// Its hand.
    pub hand: FakeClock,
    /// Ends what runs in the rooms.
    pub shutdown: Shutdown,
    seed: u64,
}

impl World {
    /// A world in `dir`, at noon of 22 November 2026 in UTC. The caller removes the directory.
    pub fn new(dir: &Path) -> Self {
        Self::at(dir, "2026-11-22T12:00:00Z".parse().unwrap_or(Time::UNIX_EPOCH))
    }

    /// A world in `dir` at `time`.
    pub fn at(dir: &Path, time: Time) -> Self {
        let (clock, hand) = Clock::fake(time);
        Self { dir: dir.to_owned(), clock, hand, shutdown: Shutdown::new(), seed: 1 }
    }

    /// The same world after a restart: same directory and clock, nothing runs.
    #[must_use]
    pub fn restarted(&self) -> Self {
        let (clock, hand) = (self.clock.clone(), self.hand.clone());
        Self { dir: self.dir.clone(), clock, hand, shutdown: Shutdown::new(), seed: self.seed + 1 }
    }

    /// The room of `context`.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn room(&self, context: Context, tables: &[&'static ViewTable]) -> Room {
        let ids = Ids::seeded(self.seed * 100 + context as u64);
        Room::open(&self.dir, context, tables, self.clock.clone(), ids, self.shutdown.clone())
            .unwrap_or_else(|error| panic!("{context}: {error}"))
    }

    /// Stops what runs and waits for it; the rooms that were handed out still have to be dropped.
    ///
    /// # Panics
    /// When something does not stop.
    pub async fn stop(&self) {
        self.shutdown.begin();
        assert!(self.shutdown.drained(PATIENCE).await, "still running: {:?}", self.shutdown.running());
    }
}

/// Waits until `what` is so.
///
/// # Panics
/// When it does not come to be within [`PATIENCE`].
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until nothing is left to do in `rooms`: every consumer is at the head of its source (as far as the source is
/// one of `rooms`), no wait is over by the clock, no call is due or under way, and nothing parked waits for a retry. A
/// room that is paused is at rest.
///
/// # Panics
/// With what is left, when that takes more than [`PATIENCE`], or when a room had to stop.
pub async fn at_rest(rooms: &[Room]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let before = heads(rooms);
        let left: Vec<String> = rooms.iter().flat_map(|room| left_in(room, rooms)).collect();
        if left.is_empty() && heads(rooms) == before {
            return;
        }
        for room in rooms {
            assert_eq!(room.shutdown.fatal_reason(), None, "{} stopped", room.store.context());
        }
        assert!(Instant::now() < deadline, "not at rest: {}", left.join("; "));
        tokio::time::sleep(LOOK).await;
    }
}

fn heads(rooms: &[Room]) -> Vec<u64> {
    rooms.iter().map(|room| room.store.tail().head()).collect()
}

fn left_in(room: &Room, rooms: &[Room]) -> Vec<String> {
    // What is paused is as far as it comes.
    if room.faults.is_paused() {
        return Vec::new();
    }
    let context = room.store.context();
    let mut left = Vec::new();
    for (source, hearing) in room.hearings.all() {
        let Some(head) = rooms.iter().find(|room| room.store.context() == source).map(|room| room.store.tail().head())
        else {
            continue;
        };
        if hearing.position() < head {
            left.push(format!("{context} has heard {source} up to {} of {head}", hearing.position()));
        }
    }
    let found = room.store.readers().with(|reader| {
        // In this order: what made a due thing vanish is in the log that is looked at next.
        let due = due_in(room, reader.connection())?;
        let newest = "SELECT coalesce(max(position), 0) FROM events";
        Ok((due, reader.connection().query_row(newest, [], |row| row.get::<_, i64>(0))?))
    });
    match found {
        Ok((due, newest)) => {
            left.extend(due.into_iter().map(|what| format!("{context}: {what}")));
            let head = room.store.tail().head();
            if head < newest.unsigned_abs() {
                left.push(format!("{context} has told of its log up to {head} of {newest}"));
            }
        }
        Err(error) => left.push(format!("{context}: {error}")),
    }
    left
}

/// Waits, calls and retries that are due; what is parked for a person is at rest.
fn due_in(room: &Room, connection: &rusqlite::Connection) -> rusqlite::Result<Vec<String>> {
    let now = room.clock.now().as_millisecond();
    let mut due: Vec<String> = connection
        .prepare_cached("SELECT stream FROM timers WHERE due <= ?1")?
        .query_map([now], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    due.retain(|stream| {
        let id = stream.rsplit('/').next().and_then(|id| uuid::Uuid::try_parse(id).ok());
        !id.is_some_and(|id| room.parking.holds(id))
    });
    let mut due: Vec<String> = due.into_iter().map(|stream| format!("a wait is over in {stream}")).collect();
    let calls: Vec<String> = connection
        .prepare_cached("SELECT stream || ' ' || task FROM work WHERE due <= ?1")?
        .query_map([now], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    due.extend(calls.into_iter().map(|call| format!("a call is due in {call}")));
    if room.parking.anything() && !connection.prepare_cached("SELECT 1 FROM parked")?.exists([])? {
        due.push("what was parked is being let go".to_owned());
    }
    let retries: Vec<String> = connection
        .prepare_cached("SELECT source || '/' || position FROM parked AS one WHERE (retry = 1 OR attempts = 0) AND id = (SELECT min(id) FROM parked WHERE subject = one.subject)")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    due.extend(retries.into_iter().map(|message| format!("{message} is to be tried again")));
    Ok(due)
}
