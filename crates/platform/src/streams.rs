//! The streams of one aggregate: load, decide, append.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::Time;
use kernel::decider::Decider;
use kernel::events::{DomainEvent, Recorded};
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::store::{Append, Cause, Changes, CommitError, NewEvent, Store, StoreError};
use crate::topics::Topics;
use crate::view::View;

/// How often a command is decided again when its stream keeps moving.
const MOST_CONFLICTS: u32 = 64;
/// Streams kept in memory.
const MOST_CACHED: usize = 4096;

/// A decider whose streams a context keeps, with the view that is folded from them.
pub trait Aggregate: Decider<Event: DomainEvent, Command: Clone> + Send + Sync + 'static {
    /// The first part of the streams' names.
    const CATEGORY: &'static str;
    /// The view of these streams.
    type View: View<Event = Self::Event>;

    /// Whether `event` means that the personal data of its stream goes with it.
    fn erases(event: &Self::Event) -> bool {
        let _ = event;
        false
    }

    /// The name of the stream of `id`.
    fn stream(id: Uuid) -> String {
        format!("{}/{id}", Self::CATEGORY)
    }
}

/// The row of an aggregate's view.
pub type RowOf<A> = <<A as Aggregate>::View as View>::Row;

/// A stream as it stands.
pub struct Loaded<A: Aggregate> {
    /// The stream's id.
    pub id: Uuid,
    /// The number of its events.
    pub version: u64,
    /// The log position of its last event; 0 before the first, and until that event is durable.
    position: Arc<AtomicU64>,
    /// What the rules know.
    pub state: A::State,
    /// What the view shows, by the rows' keys.
    pub rows: BTreeMap<String, RowOf<A>>,
}

impl<A: Aggregate> Clone for Loaded<A> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            version: self.version,
            position: Arc::new(AtomicU64::new(self.position())),
            state: self.state.clone(),
            rows: self.rows.clone(),
        }
    }
}

impl<A: Aggregate> Loaded<A> {
    /// A stream before its first event.
    pub fn new(id: Uuid) -> Self {
        Self { id, version: 0, position: Arc::default(), state: A::State::default(), rows: BTreeMap::new() }
    }

    /// The log position of its last event; 0 before the first, and until that event is durable.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Acquire)
    }

    /// The row of a stream that has one row, whose key is the id.
    pub fn row(&self) -> Option<&RowOf<A>> {
        self.rows.values().next()
    }

    fn grow(&mut self, event: &Recorded<A::Event>) -> Option<String> {
        self.version = event.version;
        self.position.store(event.position, Ordering::Release);
        self.state = A::evolve(std::mem::take(&mut self.state), &event.event);
        let key = A::View::key(event)?;
        if let Some(row) = A::View::apply(self.rows.remove(&key), event) {
            self.rows.insert(key.clone(), row);
        }
        Some(key)
    }
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum HandleError<R> {
    /// The rules say no.
    #[error("{0}")]
    Rejected(R),
    /// The database does.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl<R> From<StoreError> for HandleError<R> {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

/// What came of a command.
pub struct Handled<A: Aggregate> {
    /// The stream afterwards.
    pub after: Arc<Loaded<A>>,
    /// What happened; empty for a repeat that changed nothing.
    pub events: Vec<A::Event>,
}

/// The streams of one aggregate in one context's store. Cheap to clone.
pub struct Streams<A: Aggregate> {
    store: Store,
    topics: Topics,
    cache: Arc<Cache<Uuid, Arc<Loaded<A>>>>,
}

impl<A: Aggregate> Clone for Streams<A> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), topics: self.topics.clone(), cache: Arc::clone(&self.cache) }
    }
}

impl<A: Aggregate> Streams<A> {
    /// The streams of `A` in `store`.
    pub fn new(store: &Store, topics: &Topics) -> Self {
        Self { store: store.clone(), topics: topics.clone(), cache: Arc::new(Cache::new(MOST_CACHED)) }
    }

    /// The store they are in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The stream of `id` as it stands; version 0 where there is none.
    pub fn load(&self, id: Uuid) -> Result<Arc<Loaded<A>>, StoreError> {
        self.cache.get_or_insert_with(&id, || self.fold(id))
    }

    /// The stream of `id`, if it is in memory.
    pub(crate) fn in_memory(&self, id: Uuid) -> Option<Arc<Loaded<A>>> {
        self.cache.get(&id)
    }

    fn fold(&self, id: Uuid) -> Result<Arc<Loaded<A>>, StoreError> {
        let mut loaded = Loaded::new(id);
        for event in self.history(id)? {
            loaded.grow(&event);
        }
        Ok(Arc::new(loaded))
    }

    /// Every event of the stream of `id`, oldest first.
    pub fn history(&self, id: Uuid) -> Result<Vec<Recorded<A::Event>>, StoreError> {
        let stored = self.store.readers().with(|reader| reader.stream(&A::stream(id)))?;
        stored
            .iter()
            .map(|event| event.read(self.store.log()))
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Unreadable(format!("stream {}: {error}", A::stream(id))))
    }

    /// Decides `command` on the stream of `id` and appends what comes of it; decides again whenever
    /// the stream has moved on meanwhile.
    ///
    /// # Errors
    /// [`HandleError::Rejected`] with the rules' reason, [`HandleError::Commit`] when the database is out.
    pub async fn handle(
        &self,
        id: Uuid,
        cause: &Cause,
        command: A::Command,
    ) -> Result<Handled<A>, HandleError<A::Rejection>> {
        self.handle_with(id, cause, command, |_, _, _| Ok(())).await
    }

    /// As [`Streams::handle`]; `beside` adds what commits together with the events. It is not asked
    /// when there are none.
    pub async fn handle_with(
        &self,
        id: Uuid,
        cause: &Cause,
        command: A::Command,
        mut beside: impl FnMut(&Loaded<A>, &[A::Event], &mut Changes) -> Result<(), StoreError> + Send,
    ) -> Result<Handled<A>, HandleError<A::Rejection>> {
        let mut conflicts = 0;
        loop {
            let before = self.load(id)?;
            let events = A::decide(&before.state, command.clone()).map_err(HandleError::Rejected)?;
            if events.is_empty() {
                return Ok(Handled { after: before, events });
            }
            let mut changes = Changes::default();
            let after = self.append(&mut changes, &before, &events, cause)?;
            beside(&after, &events, &mut changes)?;
            match self.store.commit(changes).await {
                Ok(_) => return Ok(Handled { after, events }),
                Err(CommitError::Conflict) if conflicts < MOST_CONFLICTS => {
                    conflicts += 1;
                    // What the winner has put there since is newer: reading the log instead would lose the next race.
                    self.cache.remove_if(&id, |known| known.version <= before.version);
                }
                Err(error) => {
                    self.cache.remove(&id);
                    return Err(error.into());
                }
            }
        }
    }

    /// Adds to `changes` all that `events` write, and gives the stream as it will be (its position is
    /// known after the commit).
    pub fn append(
        &self,
        changes: &mut Changes,
        before: &Loaded<A>,
        events: &[A::Event],
        cause: &Cause,
    ) -> Result<Arc<Loaded<A>>, StoreError> {
        let id = before.id;
        let mut after = before.clone();
        let mut touched: Vec<(String, u64)> = Vec::new();
        let mut new = Vec::with_capacity(events.len());
        for (event, version) in events.iter().zip(before.version + 1..) {
            let recorded = Recorded {
                id: String::new(),
                position: 0,
                subject: id,
                version,
                at: cause.at,
                causation: cause.by.to_string(),
                trace: cause.trace.as_deref().map(str::to_owned),
                event: event.clone(),
            };
            if let Some(key) = after.grow(&recorded) {
                match touched.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, last)) => *last = version,
                    None => touched.push((key, version)),
                }
            }
            new.push(new_event(recorded.event)?);
        }
        let write = |(key, last): &(String, u64)| {
            Ok((A::View::write(key, after.rows.get(key))?, after.version.saturating_sub(*last)))
        };
        let rows = touched.iter().map(write).collect::<Result<Vec<_>, StoreError>>()?;
        if events.iter().any(A::erases) {
            self.erase(changes, id);
        }
        let after = Arc::new(after);
        changes.appends.push(Append {
            stream: A::stream(id),
            subject: id,
            expected: before.version,
            events: new,
            cause: cause.clone(),
            rows,
            timer: change(first_due::<A>(&before.state).as_ref(), first_due::<A>(&after.state)),
            work: change(A::work(&before.state).as_ref(), A::work(&after.state)),
            publish: Some(self.publisher(&after, touched)),
        });
        Ok(after)
    }

    /// Runs on the writer's thread, in the order of the commits, so that the cache never goes back.
    fn publisher(&self, after: &Arc<Loaded<A>>, touched: Vec<(String, u64)>) -> Box<dyn FnOnce(u64) + Send> {
        let (cache, topics, after) = (Arc::clone(&self.cache), self.topics.clone(), Arc::clone(after));
        Box::new(move |position| {
            after.position.store(position, Ordering::Release);
            cache.insert(after.id, Arc::clone(&after));
            if topics.anyone() {
                for row in touched.iter().filter_map(|(key, _)| after.rows.get(key)) {
                    topics.publish(&A::View::topics(row));
                }
            }
        })
    }

    /// Forgets what is in memory of `id`'s stream.
    pub(crate) fn evict(&self, id: Uuid) {
        self.cache.remove(&id);
    }

    /// Adds to `changes` that the personal data of `id`'s stream goes, from its log and view.
    pub fn erase(&self, changes: &mut Changes, id: Uuid) {
        let tables = vec![A::View::TABLE].into_iter().filter(|table| table.exists()).collect();
        let (cache, tail) = (Arc::clone(&self.cache), self.store.tail().clone());
        let forget = Arc::new(move || {
            cache.remove(&id);
            tail.forget();
        });
        changes.erased.push(crate::store::Erased { stream: A::stream(id), subject: id, tables, forget });
    }
}

/// `Some(new)` where it differs from `old`.
#[expect(clippy::option_option, reason = "whether it changes, and to what")]
fn change<T: PartialEq>(old: Option<&T>, new: Option<T>) -> Option<Option<T>> {
    if old == new.as_ref() { None } else { Some(new) }
}

/// When the stream's timer is due.
pub(crate) fn first_due<A: Decider>(state: &A::State) -> Option<Time> {
    A::waits(state).iter().map(|wait| wait.until).min()
}

fn new_event<E: DomainEvent>(event: E) -> Result<NewEvent, StoreError> {
    let unwritable = |error| StoreError::Unreadable(format!("an event cannot be written as JSON: {error}"));
    Ok(NewEvent {
        name: event.name(),
        body: event.body().map_err(unwritable)?,
        personal: event.personal().map(serde_json::to_string).transpose().map_err(unwritable)?,
        typed: Arc::new(event),
    })
}
