//! The provider's books of a day beside our ledger: when asked, and every night for the day before.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Date;
use kernel::Time;
use kernel::ids::OrderId;
use platform::store::{Changes, CommitError, Note, StoreError};
use platform::view::Value;
use serde::Serialize;
use uuid::Uuid;

use super::PayService;
use super::news::LookedUp;
use crate::domain::payment::read_reference;
use crate::domain::reconciliation::{
    Day, Difference, Kind, Movement, Total, compare, counts, due, is_ours, movements, next_run, to_look_up,
};
use crate::domain::views::Ledger;
use crate::ports::{LookUp, RefundLookUp, Transactions};

/// How long the provider may take to list a day.
const LISTING: Duration = Duration::from_secs(120);
/// How many movements that it did not list it is asked for one by one.
const MOST_ASKED: usize = 200;
/// How far events may lie in another order than their times.
const DISORDER: SignedDuration = SignedDuration::from_hours(1);
/// How many orders' books are read at once.
const AT_ONCE: usize = 500;
/// When a comparison that was not possible is tried again.
const TRY_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// What notes about comparisons are about.
const NOTED_OF: Uuid = Uuid::nil();

/// What came of comparing a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// Which day.
    pub date: Date,
    /// Its first moment.
    pub from: Time,
    /// The first moment of the next.
    pub until: Time,
    /// What the provider has of our orders.
    pub provider: Total,
    /// What the ledger has. A movement that was booked after midnight is in the next day's.
    pub ledger: Total,
    /// How many movements of the provider's are not about orders of ours.
    pub foreign: usize,
    /// What differs; nothing where all is well.
    pub differences: Vec<Difference>,
}

/// Why a day could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The provider did not list it, or did not say of a movement that it left out.
    #[error("the payment provider does not answer")]
    NoAnswer,
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// That it was compared cannot be noted.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

platform::written!(Reconciliation);

impl PayService {
    /// Compares a day. What the provider did not list is asked for by itself before it is called missing: it may have
    /// another date there.
    ///
    /// # Errors
    /// See [`ReconcileError`].
    pub async fn reconcile(&self, day: &Day) -> Result<Reconciliation, ReconcileError> {
        let listed = tokio::time::timeout(LISTING, self.provider().transactions(day)).await;
        let Ok(Transactions::Known(theirs)) = listed else { return Err(ReconcileError::NoAnswer) };
        let ours = self.booked(day, &theirs).await?;
        let found = compare(day, &theirs, &ours);
        let (missing, mut differences): (Vec<_>, Vec<_>) = found.into_iter().partition(is_missing_there);
        for (asked, difference) in missing.into_iter().enumerate() {
            differences.extend(if asked < MOST_ASKED { self.confirm(difference).await? } else { Some(difference) });
        }
        Ok(Reconciliation {
            date: day.date,
            from: day.from,
            until: day.until,
            provider: Total::of(theirs.iter().filter(|movement| is_ours(movement))),
            ledger: Total::of(ours.iter().filter(|movement| day.holds(movement.at))),
            foreign: theirs.iter().filter(|movement| !is_ours(movement)).count(),
            differences,
        })
    }

    /// What was booked on `day`, and all that was ever booked of the orders that `theirs` are about.
    async fn booked(&self, day: &Day, theirs: &[Movement]) -> Result<Vec<Movement>, StoreError> {
        let (pay, of_day) = (self.clone(), *day);
        let read = tokio::task::spawn_blocking(move || pay.books_of(&of_day));
        let books = read.await.map_err(|error| StoreError::Busy(error.to_string()))??;
        let read: BTreeSet<OrderId> = books.iter().map(|row| row.order_id).collect();
        let mut booked: Vec<Movement> = books.iter().flat_map(movements).collect();
        let named = theirs.iter().filter_map(|movement| read_reference(&movement.reference));
        let named: BTreeSet<OrderId> = named.map(|(order_id, _)| order_id).collect();
        for order_id in named.difference(&read) {
            let loaded = self.payments().load(order_id.uuid())?;
            booked.extend(loaded.row().into_iter().flat_map(movements));
        }
        Ok(booked)
    }

    /// The books in which money moved at the provider on `day`, found by the log: it is as long as the day, and the
    /// ledger as long as the years.
    fn books_of(&self, day: &Day) -> Result<Vec<Ledger>, StoreError> {
        let early = day.from.saturating_sub(DISORDER).unwrap_or(Time::MIN);
        let late = day.until.saturating_add(DISORDER).unwrap_or(Time::MAX);
        let moved = self.room().store.readers().with(|reader| {
            let (from, until) = (reader.position_at(early)?, reader.position_at(late)?);
            reader.subjects_between(from, until, &["PaymentApproved", "PaymentRefunded"])
        })?;
        let keys: Vec<String> = moved.iter().map(Uuid::to_string).collect();
        let mut books = Vec::with_capacity(keys.len());
        for keys in keys.chunks(AT_ONCE) {
            let list = Value::Text(format!("[\"{}\"]", keys.join("\",\"")));
            books.extend(self.rows("WHERE key IN (SELECT value FROM json_each(?1))", &[list])?);
        }
        Ok(books)
    }

    /// A difference as it stands after asking for the movement that was not listed; `None`: there is none. Who does not
    /// answer has not said that it is missing.
    async fn confirm(&self, difference: Difference) -> Result<Option<Difference>, ReconcileError> {
        let found = match (difference.kind, difference.refund_id) {
            (Kind::ChargeUnknownThere, _) => {
                let asked = self.provider().look_up(&difference.reference);
                match self.in_time(asked).await.unwrap_or(LookUp::Unknown) {
                    LookUp::Charged { amount, .. } => Some(amount),
                    LookUp::Declined { .. } | LookUp::NotFound => None,
                    LookUp::Unknown => return Err(ReconcileError::NoAnswer),
                }
            }
            (Kind::RefundUnknownThere, Some(refund_id)) => {
                let asked = self.provider().look_up_refund(refund_id, &difference.reference);
                match self.in_time(asked).await.unwrap_or(RefundLookUp::Unknown) {
                    RefundLookUp::Done { .. } => difference.ledger_amount,
                    RefundLookUp::NotFound => None,
                    RefundLookUp::Unknown => return Err(ReconcileError::NoAnswer),
                }
            }
            (Kind::RefundUnknownThere, None)
            | (Kind::ChargeUnknownHere | Kind::AmountsDiffer | Kind::RefundUnknownHere, _) => None,
        };
        Ok(match found {
            None => Some(difference),
            Some(amount) if Some(amount) == difference.ledger_amount => None,
            Some(amount) => Some(Difference { kind: Kind::AmountsDiffer, provider_amount: Some(amount), ..difference }),
        })
    }

    /// Every night, soon after four, compares the day before, and after a start what was missed.
    pub(super) async fn reconcile_nightly(self) {
        let room = self.room().clone();
        loop {
            let next = tokio::select! {
                () = room.shutdown.begun() => return,
                next = self.reconcile_due() => next,
            };
            tokio::select! {
                () = room.shutdown.begun() => return,
                () = room.clock.sleep_until(next) => {}
            }
        }
    }

    /// Compares all days that are due, and says when to come back.
    async fn reconcile_due(&self) -> Time {
        let now = self.room().clock.now();
        match self.reconcile_days(now).await {
            Ok(()) => next_run(now, &self.options().zone),
            Err(error) => {
                tracing::warn!(%error, "the day could not be compared with the provider's books; it is tried again");
                now.saturating_add(TRY_AGAIN).unwrap_or(Time::MAX)
            }
        }
    }

    async fn reconcile_days(&self, now: Time) -> Result<(), ReconcileError> {
        // Nothing was ever taken, so that there is nothing to compare.
        if self.room().store.tail().head() == 0 {
            return Ok(());
        }
        let last = self.last_reconciled()?;
        for date in due(last, now, &self.options().zone) {
            let Some(day) = Day::of(date, &self.options().zone) else { continue };
            let reconciliation = self.reconcile(&day).await?;
            for order_id in to_look_up(&reconciliation.differences) {
                if self.told_of(order_id).await == LookedUp::NoAnswer {
                    return Err(ReconcileError::NoAnswer);
                }
            }
            tell(&reconciliation);
            self.note(&reconciliation, now).await?;
        }
        Ok(())
    }

    /// The date that was compared last.
    fn last_reconciled(&self) -> Result<Option<Date>, StoreError> {
        let notes = self.room().store.readers().with(|reader| reader.notes(NOTED_OF))?;
        Ok(notes.last().and_then(|note| note.what.get(..10)?.parse().ok()))
    }

    async fn note(&self, reconciliation: &Reconciliation, at: Time) -> Result<(), CommitError> {
        let (date, found) = (reconciliation.date, reconciliation.differences.len());
        let what = format!("{date} was compared with the provider's books: {found} differences");
        let note = Note { subject: NOTED_OF, at, cause: "reconciliation".to_owned(), what };
        let mut changes = Changes::default();
        changes.notes.push(note);
        self.room().store.commit(changes).await.map(drop)
    }
}

const fn is_missing_there(difference: &Difference) -> bool {
    match difference.kind {
        Kind::ChargeUnknownThere | Kind::RefundUnknownThere => true,
        Kind::ChargeUnknownHere | Kind::AmountsDiffer | Kind::RefundUnknownHere => false,
    }
}

fn tell(reconciliation: &Reconciliation) {
    let counts = counts(&reconciliation.differences);
    for (kind, count) in &counts {
        let count = u32::try_from(*count).unwrap_or(u32::MAX);
        metrics::gauge!("baedal_reconciliation_differences", "kind" => kind.name()).set(count);
    }
    let until = reconciliation.until.as_duration().as_secs_f64();
    metrics::gauge!("baedal_reconciled_until_seconds").set(until);
    let (date, count) = (reconciliation.date, |kind| counts.get(&kind).copied().unwrap_or_default());
    if reconciliation.differences.is_empty() {
        tracing::info!(%date, "the ledger agrees with the provider's books");
        return;
    }
    tracing::warn!(
        %date,
        charge_unknown_here = count(Kind::ChargeUnknownHere),
        charge_unknown_there = count(Kind::ChargeUnknownThere),
        amounts_differ = count(Kind::AmountsDiffer),
        refund_unknown_here = count(Kind::RefundUnknownHere),
        refund_unknown_there = count(Kind::RefundUnknownThere),
        "the ledger differs from the provider's books"
    );
}

#[cfg(test)]
mod tests;
