//! The provider's durable log: one thread owns the database, and all that waits for it shares a commit.

mod sql;

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use kernel::Time;
use kernel::ids::RefundId;
use kernel::money::Amount;
use kernel::order::{PaymentCode, PaymentMethod};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::domain::reconciliation::{Day, Movement};
use crate::ports::{Refund, RefundAnswer};
pub use sql::{ChargeOnFile, read_charges};

/// How many waiting calls share one commit at most.
const BATCH: usize = 256;

/// The books cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// SQLite says no.
    #[error("the simulated provider's books cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    /// Their thread cannot be started.
    #[error("the simulated provider's thread cannot be started")]
    Thread(#[from] std::io::Error),
}

/// What the provider makes of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Approved,
    Declined(PaymentCode),
}

/// How the provider will take refunds of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefundTemper {
    Gives,
    Refuses,
    /// Gives no usable answer so many times more.
    Later {
        more: u32,
    },
}

/// A charge to be written down.
#[derive(Debug)]
pub(super) struct Charged {
    pub(super) reference: String,
    pub(super) amount: Amount,
    pub(super) method: PaymentMethod,
    pub(super) at: Time,
    pub(super) verdict: Verdict,
    pub(super) temper: RefundTemper,
}

/// The writer's end of the books. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Books {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Books {
    pub(super) fn open(path: &Path) -> Result<Self, BooksError> {
        let connection = sql::open(path)?;
        let (jobs, waiting) = channel();
        let thread =
            Builder::new().name("provider-books".to_owned()).spawn(move || keep_books(&connection, &waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// The first verdict on this reference, and since when; `None`: nobody knows.
    pub(super) async fn charge(&self, charged: Charged) -> Option<(Verdict, Time)> {
        self.ask(|reply| Job::Charge(charged, reply)).await
    }

    /// The verdict on this reference, if any.
    pub(super) async fn look_up(&self, reference: &str) -> Option<Option<(Verdict, Amount, Time)>> {
        let reference = reference.to_owned();
        self.ask(|reply| Job::LookUp(reference, reply)).await
    }

    /// Gives back, once per refund id and never more than was charged.
    pub(super) async fn refund(&self, refund: Refund, at: Time) -> Option<RefundAnswer> {
        self.ask(|reply| Job::Refund(refund, at, reply)).await
    }

    /// When this refund was given, if it was.
    pub(super) async fn look_up_refund(&self, refund_id: RefundId, reference: &str) -> Option<Option<Time>> {
        let reference = reference.to_owned();
        self.ask(|reply| Job::LookUpRefund(refund_id, reference, reply)).await
    }

    /// All that moved money on `day`.
    pub(super) async fn moved(&self, day: &Day) -> Option<Vec<Movement>> {
        let day = *day;
        self.ask(|reply| Job::Moved(day, reply)).await
    }

    /// The answer comes after the commit; a batch that fails answers nobody.
    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.jobs.as_ref()?.send(job(reply)).ok()?;
        answer.await.ok()
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the simulated provider's thread had panicked");
        }
    }
}

enum Job {
    Charge(Charged, oneshot::Sender<(Verdict, Time)>),
    LookUp(String, oneshot::Sender<Option<(Verdict, Amount, Time)>>),
    Refund(Refund, Time, oneshot::Sender<RefundAnswer>),
    LookUpRefund(RefundId, String, oneshot::Sender<Option<Time>>),
    Moved(Day, oneshot::Sender<Vec<Movement>>),
}

/// An answer that may be given once its batch is durable.
type Answer = Box<dyn FnOnce()>;

fn keep_books(connection: &Connection, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let batch = std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1));
        match write_batch(connection, batch) {
            Ok(answers) => answers.into_iter().for_each(|answer| answer()),
            Err(error) => tracing::error!(%error, "the simulated provider could not write its books"),
        }
    }
}

fn write_batch(connection: &Connection, batch: impl Iterator<Item = Job>) -> rusqlite::Result<Vec<Answer>> {
    let transaction = connection.unchecked_transaction()?;
    let answers = batch.map(|job| perform(&transaction, job)).collect::<rusqlite::Result<Vec<_>>>()?;
    transaction.commit()?;
    Ok(answers)
}

fn perform(connection: &Connection, job: Job) -> rusqlite::Result<Answer> {
    Ok(match job {
        Job::Charge(charged, reply) => later(reply, sql::charge(connection, &charged)?),
        Job::LookUp(reference, reply) => later(reply, sql::look_up(connection, &reference)?),
        Job::Refund(refund, at, reply) => later(reply, sql::refund(connection, &refund, at)?),
        Job::LookUpRefund(id, reference, reply) => later(reply, sql::refunded_at(connection, id, &reference)?),
        Job::Moved(day, reply) => later(reply, sql::moved(connection, &day)?),
    })
}

fn later<T: 'static>(reply: oneshot::Sender<T>, answer: T) -> Answer {
    Box::new(move || {
        // Whoever asked may have stopped waiting; the books hold the answer for the next look-up.
        drop(reply.send(answer));
    })
}
