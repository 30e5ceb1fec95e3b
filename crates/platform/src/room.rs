//! What every context has: its store, and the means to work with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::SignedDuration;
use kernel::decider::Wait;
use kernel::{Context, Time};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::ids::Ids;
use crate::parking::Parking;
use crate::shutdown::Shutdown;
use crate::store::{Options, Store, StoreError};
use crate::topics::Topics;
use crate::view::ViewTable;

/// How much later than by whoever asks a source may have been heard: they look at the clock one after the other (ms).
const AHEAD: i64 = 1_000;

/// A context's means. Cheap to clone.
#[derive(Clone)]
pub struct Room {
    /// Its log and all beside it.
    pub store: Store,
    /// Wakes watchers of rows.
    pub topics: Topics,
    /// Tells the time.
    pub clock: Clock,
    /// Makes ids.
    pub ids: Ids,
    /// Ends background work.
    pub shutdown: Shutdown,
    /// How far each source has been heard.
    pub hearings: Hearings,
    /// What is set aside.
    pub parking: Parking,
    /// What it is to suffer from.
    pub faults: Faults,
}

impl Room {
    /// Opens the room of `context` in the data directory `dir`.
    ///
    /// # Errors
    /// [`StoreError::Fatal`] with a sentence that says what to do.
    pub fn open(
        dir: &Path,
        context: Context,
        tables: &[&'static ViewTable],
        clock: Clock,
        ids: Ids,
        shutdown: Shutdown,
    ) -> Result<Self, StoreError> {
        let new_log = ids.uuid();
        let store = Store::open(&Options { dir, context, tables, new_log, shutdown: shutdown.clone() })?;
        let parking = Parking::of(&store)?;
        let (topics, hearings, faults) = (Topics::default(), Hearings::default(), Faults::new(&ids));
        Ok(Self { store, topics, clock, ids, shutdown, hearings, parking, faults })
    }
}

/// How far each source has been heard. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hearings {
    by_source: Arc<Mutex<BTreeMap<Context, Arc<Hearing>>>>,
    grace: Arc<OnceLock<SignedDuration>>,
}

/// How far one source has been heard.
pub struct Hearing {
    heard: AtomicI64,
    unreadable: AtomicBool,
    position: AtomicU64,
    behind: AtomicU64,
    caught_up: AtomicBool,
    pub(crate) ask: Notify,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            heard: AtomicI64::new(i64::MIN),
            unreadable: AtomicBool::new(false),
            position: AtomicU64::new(0),
            behind: AtomicU64::new(0),
            caught_up: AtomicBool::new(false),
            ask: Notify::new(),
        }
    }
}

impl Hearings {
    /// The hearing of `source`.
    pub fn of(&self, source: Context) -> Arc<Hearing> {
        Arc::clone(self.by_source.lock().entry(source).or_default())
    }

    /// How much longer a wait that has a grace waits here, where its source's log cannot be read: what the settings
    /// say instead of what the wait says itself.
    pub fn set_grace(&self, grace: SignedDuration) {
        // The settings are read once; whoever comes second says the same.
        let _ = self.grace.set(grace);
    }

    /// Every source that is listened to.
    pub fn all(&self) -> Vec<(Context, Arc<Hearing>)> {
        self.by_source.lock().iter().map(|(source, hearing)| (*source, Arc::clone(hearing))).collect()
    }

    /// Whether `wait` may act at `now`: whoever it presumes silent has been heard up to a head seen
    /// after it was due. Asks those that were not to listen again.
    pub fn allow(&self, wait: &Wait, now: Time) -> bool {
        wait.presumes.iter().all(|silence| {
            let Some(hearing) = self.by_source.lock().get(&silence.of).cloned() else { return false };
            let due = wait.until.as_millisecond();
            let heard = hearing.heard.load(Ordering::Acquire);
            // What a clock that has stepped back said is not believed; it is listened to again.
            if heard >= due && heard <= now.as_millisecond().saturating_add(AHEAD) {
                return true;
            }
            hearing.ask.notify_one();
            let own = SignedDuration::from_secs(silence.grace_seconds);
            let grace = if own.is_zero() { own } else { self.grace.get().copied().unwrap_or(own) };
            let patience = due.saturating_add(i64::try_from(grace.as_millis()).unwrap_or(i64::MAX));
            hearing.unreadable.load(Ordering::Acquire) && now.as_millisecond() >= patience
        })
    }
}

impl Hearing {
    /// Everything up to a head seen at `at` was heard.
    pub(crate) fn heard(&self, at: Time) {
        self.heard.store(at.as_millisecond(), Ordering::Release);
        self.unreadable.store(false, Ordering::Release);
        self.caught_up.store(true, Ordering::Release);
        self.behind.store(0, Ordering::Relaxed);
    }

    /// The source's log cannot be read.
    pub(crate) fn unreadable(&self) {
        self.unreadable.store(true, Ordering::Release);
    }

    /// Everything that the source had when it was first heard was heard.
    pub(crate) fn caught_up(&self) {
        self.caught_up.store(true, Ordering::Release);
    }

    /// The source's log can be read.
    pub(crate) fn readable(&self) {
        self.unreadable.store(false, Ordering::Release);
    }

    pub(crate) fn stands_at(&self, position: u64, head: u64) {
        self.position.store(position, Ordering::Relaxed);
        self.behind.store(head.saturating_sub(position), Ordering::Relaxed);
    }

    /// Whether the source was heard to its end once, or cannot be heard at all: a missing neighbour
    /// does not hold anyone up.
    pub fn is_ready(&self) -> bool {
        self.caught_up.load(Ordering::Acquire) || self.unreadable.load(Ordering::Acquire)
    }

    /// Whether the source's log cannot be read.
    pub fn is_unreadable(&self) -> bool {
        self.unreadable.load(Ordering::Acquire)
    }

    /// The position that has been dealt with.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// How many events are still to come, as far as known.
    pub fn behind(&self) -> u64 {
        self.behind.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use kernel::decider::Silence;

    use super::*;

    const WITH_GRACE: &[Silence] = &[Silence { of: Context::Store, grace_seconds: 600 }];
    const WITHOUT: &[Silence] = &[Silence { of: Context::Store, grace_seconds: 0 }];

    fn acts_at(hearings: &Hearings, presumes: &'static [Silence], second: i64) -> bool {
        let wait = Wait { what: "an answer", until: Time::UNIX_EPOCH, presumes };
        hearings.allow(&wait, Time::from_second(second).unwrap())
    }

    #[test]
    fn what_was_heard_by_a_clock_that_stepped_back_is_heard_again() {
        let hearings = Hearings::default();
        let hearing = hearings.of(Context::Store);
        hearing.heard(Time::from_second(1_000_000).unwrap());
        assert!(acts_at(&hearings, WITH_GRACE, 1_000_000));
        assert!(!acts_at(&hearings, WITH_GRACE, 60));
        hearing.heard(Time::from_second(60).unwrap());
        assert!(acts_at(&hearings, WITH_GRACE, 60));
    }

    #[test]
    fn where_a_log_cannot_be_read_a_wait_has_its_grace_or_the_one_that_is_set() {
        let hearings = Hearings::default();
        hearings.of(Context::Store).unreadable();
        assert!(!acts_at(&hearings, WITH_GRACE, 599));
        assert!(acts_at(&hearings, WITH_GRACE, 600));
        assert!(acts_at(&hearings, WITHOUT, 0));
        hearings.set_grace(SignedDuration::from_secs(5));
        assert!(!acts_at(&hearings, WITH_GRACE, 4));
        assert!(acts_at(&hearings, WITH_GRACE, 5));
        assert!(acts_at(&hearings, WITHOUT, 0));
    }
}
