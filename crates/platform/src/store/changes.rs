//! What one transaction writes.

use std::any::Any;
use std::sync::Arc;

use kernel::Time;
use kernel::decider::Task;
use rusqlite::types::Value;
use uuid::Uuid;

use crate::view::ViewTable;

/// All that commits together or not at all.
#[derive(Default)]
pub struct Changes {
    /// Streams that grow, each with its rows, timer and work.
    pub appends: Vec<Append>,
    /// Rows of views that fold another context's log.
    pub rows: Vec<(RowWrite, u64)>,
    /// The consumer's step in a source's log.
    pub cursor: Option<CursorMove>,
    /// Claims of idempotency keys.
    pub claims: Vec<Claim>,
    /// Answers to requests that carried an idempotency key.
    pub answers: Vec<Answer>,
    /// Leases that must still be held, and end with this.
    pub leases: Vec<Lease>,
    /// Messages set aside, by the source's name.
    pub parked: Vec<Parked>,
    /// Ids of parked messages that were dealt with.
    pub unparked: Vec<i64>,
    /// Outcomes of policies that a person may want to see.
    pub notes: Vec<Note>,
    /// Streams whose personal data goes.
    pub erased: Vec<Erased>,
    /// Statements of the machinery itself, with their parameters.
    pub(crate) statements: Vec<(std::borrow::Cow<'static, str>, Vec<Value>)>,
    /// Called on the writer's thread once all is durable.
    pub after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Changes {
    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.appends.is_empty()
            && self.rows.is_empty()
            && self.cursor.is_none()
            && self.claims.is_empty()
            && self.answers.is_empty()
            && self.leases.is_empty()
            && self.parked.is_empty()
            && self.unparked.is_empty()
            && self.notes.is_empty()
            && self.erased.is_empty()
            && self.statements.is_empty()
    }
}

/// A stream whose personal data goes.
#[derive(Clone)]
pub struct Erased {
    /// The stream.
    pub stream: String,
    /// What it is about.
    pub subject: Uuid,
    /// The views whose rows of that key are erased too.
    pub tables: Vec<&'static ViewTable>,
    /// Forgets what is in memory of the stream.
    pub forget: Arc<dyn Fn() + Send + Sync>,
}

/// Who or what caused an event, and when.
#[derive(Debug, Clone)]
pub struct Cause {
    /// When it is recorded.
    pub at: Time,
    /// An event's id, `timer/<wait>`, or `<role>/<request id>`.
    pub by: Arc<str>,
    /// The W3C trace it belongs to.
    pub trace: Option<Arc<str>>,
}

/// Events for the end of one stream.
pub struct Append {
    /// `<category>/<id>`.
    pub stream: String,
    /// The id, which is the correlation too.
    pub subject: Uuid,
    /// The stream's version before.
    pub expected: u64,
    /// What happened.
    pub events: Vec<NewEvent>,
    /// Why.
    pub cause: Cause,
    /// Rows of the views of this stream, each with how many of the events come after the last one about it.
    pub rows: Vec<(RowWrite, u64)>,
    /// The stream's timer, where it changes: `Some(None)` removes it.
    pub timer: Option<Option<Time>>,
    /// The stream's outbound work, where it changes: `Some(None)` removes it.
    pub work: Option<Option<Task>>,
    /// Called on the writer's thread once the append is durable, with the position of its last event.
    pub publish: Option<Box<dyn FnOnce(u64) + Send>>,
}

/// An event in the form the log keeps.
pub struct NewEvent {
    /// The type's name.
    pub name: &'static str,
    /// The body as JSON.
    pub body: String,
    /// The private part as JSON.
    pub personal: Option<String>,
    /// The event itself, for readers in this process.
    pub typed: Arc<dyn Any + Send + Sync>,
}

/// A row of a view.
pub struct RowWrite {
    /// The view.
    pub table: &'static ViewTable,
    /// The row's key.
    pub key: String,
    /// The row as JSON and its index columns; `None` removes it.
    pub content: Option<RowContent>,
}

/// What a row holds.
pub struct RowContent {
    /// The row as JSON, without personal data.
    pub doc: String,
    /// Personal data as JSON.
    pub personal: Option<String>,
    /// The index columns, in the table's order.
    pub columns: Vec<Value>,
}

/// A consumer's step.
pub struct CursorMove {
    /// The source's name.
    pub source: &'static str,
    /// The source's log id.
    pub log: Arc<str>,
    /// Where the cursor must stand.
    pub from: u64,
    /// Where it goes.
    pub to: u64,
}

/// A claim of an idempotency key.
pub struct Claim {
    /// Hash of person, method, path and key.
    pub key: String,
    /// Hash of the raw body.
    pub request: Vec<u8>,
    /// What the request will make.
    pub subject: Uuid,
    /// When.
    pub at: Time,
}

/// The answer to a claimed key.
pub struct Answer {
    /// As claimed.
    pub key: String,
    /// HTTP status.
    pub status: u16,
    /// The answer's body and headers, as the edge keeps them.
    pub answer: String,
}

/// A lease on outbound work.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Whose work.
    pub stream: String,
    /// Which: the work may be another by now, leased anew from the first number on.
    pub task: String,
    /// The lease's number.
    pub number: i64,
    /// What becomes of the work: done, or due again.
    pub then: AfterLease,
}

/// What becomes of leased work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterLease {
    /// It is done; the stream's next task, if any, comes with its append.
    Done,
    /// It is tried again then.
    Again(Time),
}

/// A message that a policy could not handle.
#[derive(Debug, Clone)]
pub struct Parked {
    /// Whose log.
    pub source: &'static str,
    /// Where in it.
    pub position: u64,
    /// What it is about.
    pub subject: Uuid,
    /// The event's type.
    pub name: String,
    /// What went wrong.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was parked.
    pub at: Time,
}

/// An outcome of a policy that a person may want to see.
#[derive(Debug, Clone)]
pub struct Note {
    /// What it is about.
    pub subject: Uuid,
    /// When.
    pub at: Time,
    /// What caused it.
    pub cause: String,
    /// What came of it, in a sentence.
    pub what: String,
}
