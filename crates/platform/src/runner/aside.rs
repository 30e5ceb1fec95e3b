//! What keeps failing is set aside, and taken up again when a person wants it or its turn has come.

use std::sync::Arc;

use rusqlite::OptionalExtension;

use super::{Handler, HandlerError, Interrupted, Runner};
use crate::batch::Batch;
use crate::store::{Changes, CommitError, Parked, StoredEvent};

impl<H: Handler> Runner<H> {
    pub(super) async fn park(
        &mut self,
        event: &Arc<StoredEvent>,
        error: &str,
        attempts: u32,
    ) -> Result<(), Interrupted> {
        let (source, context) = (self.source.context(), self.room.store.context());
        tracing::error!(%source, %context, position = event.position, event = event.name, error, "message parked");
        metrics::counter!("baedal_parked_total", "context" => context.name(), "source" => source.name()).increment(1);
        let mut batch = Batch::default();
        batch.changes.parked.push(self.parked(event, error, attempts));
        let (parking, subject) = (self.room.parking.clone(), event.subject);
        batch.changes.after.push(Box::new(move || parking.add(subject)));
        Ok(self.commit(batch, event.position).await?)
    }

    pub(super) fn parked(&self, event: &StoredEvent, error: &str, attempts: u32) -> Parked {
        Parked {
            source: self.source.context().name(),
            position: event.position,
            subject: event.subject,
            name: event.name.clone(),
            error: error.to_owned(),
            attempts,
            at: self.room.clock.now(),
        }
    }

    /// Parked messages whose turn it is: the oldest of its subject, when a person wants it tried again or
    /// when it only waited behind another.
    pub(super) async fn take_up_parked(&mut self) -> Result<(), Interrupted> {
        while self.room.parking.anything() {
            let source = self.source.context().name();
            let next: Option<(i64, u64)> = self.room.store.readers().with(|reader| {
                reader
                    .connection()
                    .prepare_cached(
                        "SELECT id, position FROM parked AS one WHERE source = ?1 AND (retry = 1 OR attempts = 0) AND id = (SELECT min(id) FROM parked WHERE subject = one.subject) ORDER BY id LIMIT 1",
                    )?
                    .query_row([source], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })?;
            let Some((id, position)) = next else { return Ok(()) };
            let found = self.source.events_after(position - 1, 1).map_err(Interrupted::Source)?;
            // A log that is just being replaced is looked at again.
            let Some(event) = found.first().filter(|event| event.position == position) else { return Ok(()) };
            self.retry_parked(id, event).await?;
        }
        Ok(())
    }

    async fn retry_parked(&mut self, id: i64, event: &StoredEvent) -> Result<(), Interrupted> {
        let mut batch = Batch::default();
        let outcome = match self.handle(event, &mut batch) {
            Ok(()) => {
                batch.changes.unparked.push(id);
                let (parking, subject) = (self.room.parking.clone(), event.subject);
                batch.changes.after.push(Box::new(move || parking.remove(subject)));
                self.room.store.commit(std::mem::take(&mut batch.changes)).await.map_err(HandlerError::from)
            }
            Err(error) => Err(error),
        };
        let Err(error) = outcome else { return Ok(()) };
        batch.evict();
        match error {
            // Fenced: an operator has skipped it meanwhile.
            HandlerError::Commit(CommitError::Conflict | CommitError::Fenced) => Ok(()),
            error if error.is_the_events_own() => {
                let parked = self.parked(event, &error.to_string(), 1);
                self.room.store.commit(Changes { parked: vec![parked], ..Changes::default() }).await?;
                Ok(())
            }
            error => Err(error.into()),
        }
    }
}
