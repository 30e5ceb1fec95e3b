//! Folds a view again from its log, when its fold has changed or its table is gone.

use kernel::events::DomainEvent;
use rusqlite::OptionalExtension;
use rusqlite::types::Value;

use crate::batch::Batch;
use crate::bus::Source;
use crate::store::{Changes, CommitError, Store, StoreError};
use crate::view::{View, ViewTable};

/// Events whose rows share a transaction.
const BATCH: usize = 500;

/// Whether the table of a view is there, in the version that this fold makes.
pub fn is_current(store: &Store, table: &ViewTable) -> Result<bool, StoreError> {
    store.readers().with(|reader| {
        let version: Option<String> = reader
            .connection()
            .query_row("SELECT value FROM meta WHERE name = ?1", [format!("view/{}", table.name)], |row| row.get(0))
            .optional()?;
        let there: Option<i64> = reader
            .connection()
            .query_row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", [table.name], |row| row.get(0))
            .optional()?;
        Ok(version.as_deref() == Some(table.version.to_string().as_str()) && there.is_some())
    })
}

/// Makes the table of `V` anew from `source`, up to where this context has read it (or, for its own
/// log, to the end). `progress` is told how many events of how many are folded.
///
/// Cut off in between, it begins anew at the next start.
///
/// # Errors
/// When the database is out, or an event cannot be read.
pub async fn rebuild<V: View>(
    store: &Store,
    source: &mut Source,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), CommitError> {
    let own = source.context() == store.context();
    let (log, head) = source.log_and_head()?.unwrap_or_default();
    let until = if own {
        head
    } else {
        let cursor = store.readers().with(|reader| reader.cursor(V::Event::CONTEXT.name()))?;
        cursor.map_or(0, |(_, position)| position)
    };
    if until > head {
        return Err(StoreError::Unreadable(format!(
            "{} cannot be made anew: {}'s log has {head} events, of which {until} were read before",
            V::TABLE.name,
            source.context()
        ))
        .into());
    }
    store.commit(anew(V::TABLE)).await?;
    store.forget_rows();
    let mut position = 0;
    while position < until {
        let events = source.events_after(position, BATCH.min((until - position) as usize))?;
        let mut batch = Batch::default();
        for event in &events {
            let event = event.read::<V::Event>(&log).map_err(|error| {
                StoreError::Unreadable(format!("{} at {}: {error}", V::Event::CONTEXT, event.position))
            })?;
            if own {
                batch.fold_own::<V>(store, &event)?
            } else {
                batch.fold::<V>(store, &event)?
            };
        }
        position = events.last().map_or(until, |event| event.position);
        if !batch.changes.is_empty() {
            store.commit(batch.changes).await?;
        }
        progress(position, until);
    }
    let mut changes = Changes::default();
    changes.statements.push((
        "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2".into(),
        vec![Value::Text(format!("view/{}", V::TABLE.name)), Value::Text(V::TABLE.version.to_string())],
    ));
    store.commit(changes).await?;
    Ok(())
}

/// The table empty, and marked as unfinished.
fn anew(table: &ViewTable) -> Changes {
    let mut changes = Changes::default();
    changes
        .statements
        .push(("DELETE FROM meta WHERE name = ?1".into(), vec![Value::Text(format!("view/{}", table.name))]));
    changes.statements.push((format!("DROP TABLE IF EXISTS {}", table.name).into(), Vec::new()));
    for statement in table.create().split_terminator(';') {
        changes.statements.push((statement.to_owned().into(), Vec::new()));
    }
    changes
}

/// Tells the log how far the view `name` is, at most once a second.
pub fn logged(name: &'static str) -> impl FnMut(u64, u64) {
    let mut told = std::time::Instant::now();
    move |done, of| {
        if told.elapsed() >= std::time::Duration::from_secs(1) {
            told = std::time::Instant::now();
            tracing::info!(view = name, done, of, "making the view anew");
        }
    }
}
