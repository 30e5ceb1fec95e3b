//! Several decisions that commit together.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use kernel::events::Recorded;
use uuid::Uuid;

use crate::store::{Cause, Changes, Note, Store, StoreError};
use crate::streams::{Aggregate, Loaded, Streams};
use crate::view::View;

/// Decisions that build on one another and commit together.
#[derive(Default)]
pub struct Batch {
    /// What they write.
    pub changes: Changes,
    streams: HashMap<String, Pending>,
    rows: HashMap<(&'static str, String), Box<dyn Any + Send>>,
    expects: Expects,
}

/// What is believed of a stream that is not in memory when an event begins it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Expects {
    /// Nothing: the log is read.
    #[default]
    Anything,
    /// That there is none: should there be one after all, the commit is a conflict, and the batch is done again.
    NoStream,
}

/// When a folded row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writes {
    Changes,
    Always,
}

struct Pending {
    loaded: Box<dyn Any + Send + Sync>,
    evict: Box<dyn Fn() + Send + Sync>,
}

impl Batch {
    /// A batch that takes [`Batch::begin`] at its word. After a conflict it has to be done again by one that does not.
    pub fn hopeful() -> Self {
        Self { expects: Expects::NoStream, ..Self::default() }
    }

    /// As [`Batch::decide`], for a command that begins the stream as a rule: it is not looked for in the log.
    pub fn begin<A: Aggregate>(
        &mut self,
        streams: &Streams<A>,
        id: Uuid,
        cause: &Cause,
        command: A::Command,
    ) -> Result<Result<Vec<A::Event>, A::Rejection>, StoreError> {
        self.begin_then(streams, id, cause, command, |_| None)
    }

    /// As [`Batch::decide_then`], for a command that begins the stream as a rule.
    pub fn begin_then<A: Aggregate>(
        &mut self,
        streams: &Streams<A>,
        id: Uuid,
        cause: &Cause,
        command: A::Command,
        then: impl FnOnce(&A::State) -> Option<A::Command>,
    ) -> Result<Result<Vec<A::Event>, A::Rejection>, StoreError> {
        let before = match self.expects {
            Expects::Anything => self.load(streams, id)?,
            Expects::NoStream => match self.pending(id) {
                Some(loaded) => loaded,
                None => streams.in_memory(id).unwrap_or_else(|| Arc::new(Loaded::new(id))),
            },
        };
        self.decide_on(streams, &before, cause, command, then)
    }

    fn pending<A: Aggregate>(&self, id: Uuid) -> Option<Arc<Loaded<A>>> {
        if self.streams.is_empty() {
            return None;
        }
        self.streams.get(&A::stream(id)).and_then(|pending| pending.loaded.downcast_ref::<Arc<Loaded<A>>>()).cloned()
    }

    /// The stream of `id`, with what this batch has already made of it.
    pub fn load<A: Aggregate>(&self, streams: &Streams<A>, id: Uuid) -> Result<Arc<Loaded<A>>, StoreError> {
        match self.pending(id) {
            Some(loaded) => Ok(loaded),
            None => streams.load(id),
        }
    }

    /// Decides `command` and adds what comes of it. The inner error is the rules' rejection.
    pub fn decide<A: Aggregate>(
        &mut self,
        streams: &Streams<A>,
        id: Uuid,
        cause: &Cause,
        command: A::Command,
    ) -> Result<Result<Vec<A::Event>, A::Rejection>, StoreError> {
        let before = self.load(streams, id)?;
        self.decide_on(streams, &before, cause, command, |_| None)
    }

    /// As [`Batch::decide`], and where it changed something also what `then` asks of the state that comes of it:
    /// one append, so that what is settled at once leaves neither timer nor work behind.
    pub fn decide_then<A: Aggregate>(
        &mut self,
        streams: &Streams<A>,
        id: Uuid,
        cause: &Cause,
        command: A::Command,
        then: impl FnOnce(&A::State) -> Option<A::Command>,
    ) -> Result<Result<Vec<A::Event>, A::Rejection>, StoreError> {
        let before = self.load(streams, id)?;
        self.decide_on(streams, &before, cause, command, then)
    }

    fn decide_on<A: Aggregate>(
        &mut self,
        streams: &Streams<A>,
        before: &Loaded<A>,
        cause: &Cause,
        command: A::Command,
        then: impl FnOnce(&A::State) -> Option<A::Command>,
    ) -> Result<Result<Vec<A::Event>, A::Rejection>, StoreError> {
        let decided = A::decide(&before.state, command).and_then(|mut events| {
            if !events.is_empty() {
                let state = events.iter().fold(before.state.clone(), A::evolve);
                if let Some(command) = then(&state) {
                    events.extend(A::decide(&state, command)?);
                }
            }
            Ok(events)
        });
        match decided {
            Ok(events) => self.add(streams, before, cause, events).map(Ok),
            Err(rejection) => Ok(Err(rejection)),
        }
    }

    fn add<A: Aggregate>(
        &mut self,
        streams: &Streams<A>,
        before: &Loaded<A>,
        cause: &Cause,
        events: Vec<A::Event>,
    ) -> Result<Vec<A::Event>, StoreError> {
        if !events.is_empty() {
            let after = streams.append(&mut self.changes, before, &events, cause)?;
            let (id, streams) = (before.id, streams.clone());
            let pending = Pending { loaded: Box::new(after), evict: Box::new(move || streams.evict(id)) };
            self.streams.insert(A::stream(id), pending);
        }
        Ok(events)
    }

    /// Folds `event` of another context's log into the view `V` of `store`. Returns the row afterwards; one that
    /// stays as it is is not written.
    pub fn fold<V: View>(&mut self, store: &Store, event: &Recorded<V::Event>) -> Result<Option<V::Row>, StoreError> {
        self.fold_and_write::<V>(store, event, Writes::Changes)
    }

    /// As [`Batch::fold`], for a view of the own log: every event about a row moves its position, as appending does.
    pub(crate) fn fold_own<V: View>(
        &mut self,
        store: &Store,
        event: &Recorded<V::Event>,
    ) -> Result<Option<V::Row>, StoreError> {
        self.fold_and_write::<V>(store, event, Writes::Always)
    }

    fn fold_and_write<V: View>(
        &mut self,
        store: &Store,
        event: &Recorded<V::Event>,
        writes: Writes,
    ) -> Result<Option<V::Row>, StoreError> {
        let Some(key) = V::key(event) else { return Ok(None) };
        let before = if V::begins(event) { None } else { self.row::<V>(store, &key)? };
        let row = V::apply(before.clone(), event);
        if row != before || writes == Writes::Always {
            self.changes.rows.push((V::write(&key, row.as_ref())?, event.position));
            let (store, remembered) = (store.clone(), row.clone());
            let place = (V::TABLE.name, key);
            self.rows.insert(place.clone(), Box::new(row.clone()));
            self.changes.after.push(Box::new(move || store.remember_row(place, remembered)));
        }
        Ok(row)
    }

    /// The row of `key`, with what this batch has already made of it.
    pub fn row<V: View>(&self, store: &Store, key: &str) -> Result<Option<V::Row>, StoreError> {
        if !self.rows.is_empty()
            && let Some(row) = self.rows.get(&(V::TABLE.name, key.to_owned()))
            && let Some(row) = row.downcast_ref::<Option<V::Row>>()
        {
            return Ok(row.clone());
        }
        if let Some(row) = store.remembered_row::<V::Row>(&(V::TABLE.name, key.to_owned())) {
            return Ok(Some(row));
        }
        let found = store.readers().with(|reader| reader.row(V::TABLE.name, key))?;
        found.map(|(doc, personal, _)| V::read(&doc, personal.as_deref())).transpose()
    }

    /// Notes an outcome that a person may want to see.
    pub fn note(&mut self, subject: Uuid, cause: &Cause, what: impl Into<String>) {
        self.changes.notes.push(Note { subject, at: cause.at, cause: cause.by.to_string(), what: what.into() });
    }

    /// Forgets what is in memory of every stream it touched: one of them has moved on.
    pub fn evict(&self) {
        for pending in self.streams.values() {
            (pending.evict)();
        }
    }
}
