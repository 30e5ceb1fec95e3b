//! One kind of stream of one log, stream after stream, and what holds of every log.

use std::collections::BTreeMap;

use rusqlite::{Rows, Statement};
use serde_json::Value;

use super::Unreadable;
use super::logs::{Log, Logs};
use super::report::Report;

/// An event as its log holds it.
pub(super) struct Event {
    pub(super) position: i64,
    pub(super) name: String,
    pub(super) body: Value,
    pub(super) causation: String,
}

impl Event {
    /// The position in the log that the cause is of, where the cause is an event.
    pub(super) fn cause(&self) -> Option<i64> {
        event_id(&self.causation).map(|(_, position)| position)
    }
}

/// A stream's events, oldest first.
#[derive(Default)]
pub(super) struct Stream {
    /// The version that the last one has.
    pub(super) version: i64,
    pub(super) events: Vec<Event>,
}

impl Stream {
    /// The position of the last one.
    pub(super) fn last(&self) -> i64 {
        self.events.last().map_or(0, |event| event.position)
    }
}

/// `<log>/<position>`; anything else is no event.
pub(super) fn event_id(text: &str) -> Option<(&str, i64)> {
    let (log, position) = text.split_once('/')?;
    uuid::Uuid::try_parse(log).ok()?;
    Some((log, position.parse().ok()?))
}

/// The streams of a category, in the order of their ids.
pub(super) struct Lane<'a> {
    log: &'a Log,
    category: &'static str,
    rows: Rows<'a>,
    ahead: Option<Row>,
}

struct Row {
    id: String,
    version: i64,
    correlation: Option<[u8; 16]>,
    readable: bool,
    event: Event,
}

/// The statement of a lane, which outlives it.
pub(super) fn prepare<'a>(log: &'a Log, category: &str) -> Result<Statement<'a>, Unreadable> {
    log.connection
        .prepare(&format!(
            "SELECT substr(stream, {}), version, position, type, body, correlation, causation FROM events
             WHERE stream > '{category}/' AND stream < '{category}0' ORDER BY stream, version",
            category.len() + 2
        ))
        .map_err(|error| log.explain(&error))
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        log: &'a Log,
        category: &'static str,
        statement: &'a mut Statement<'_>,
    ) -> Result<Self, Unreadable> {
        let rows = statement.query([]).map_err(|error| log.explain(&error))?;
        let mut lane = Self { log, category, rows, ahead: None };
        lane.ahead = lane.next_row()?;
        Ok(lane)
    }

    /// The id of the next stream.
    pub(super) fn next_id(&self) -> Option<&str> {
        self.ahead.as_ref().map(|row| row.id.as_str())
    }

    /// The next stream, if it is that of `id`.
    pub(super) fn take(
        &mut self,
        id: &str,
        known: &KnownLogs,
        report: &mut Report,
    ) -> Result<Option<Stream>, Unreadable> {
        if self.next_id() != Some(id) {
            return Ok(None);
        }
        let mut stream = Stream::default();
        while let Some(row) = self.ahead.take_if(|row| row.id == id) {
            self.ahead = self.next_row()?;
            self.check(&row, &stream, known, report)?;
            report.events += 1;
            stream.version = row.version;
            stream.events.push(row.event);
        }
        Ok(Some(stream))
    }

    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> {
            let body = serde_json::from_str(row.get_ref(4)?.as_str().unwrap_or_default());
            Ok(Row {
                id: row.get(0)?,
                version: row.get(1)?,
                correlation: row.get(5).ok(),
                readable: body.is_ok(),
                event: Event {
                    position: row.get(2)?,
                    name: row.get(3)?,
                    body: body.unwrap_or_default(),
                    causation: row.get(6)?,
                },
            })
        };
        let row = self.rows.next().and_then(|row| row.map(read).transpose());
        row.map_err(|error| self.log.explain(&error))
    }

    fn check(&self, row: &Row, before: &Stream, known: &KnownLogs, report: &mut Report) -> Result<(), Unreadable> {
        let (context, Row { id, version, event, .. }) = (self.log.context.name(), row);
        let place = || format!("{context}/{} ({})", event.position, event.name);
        if *version != before.version + 1 {
            let stream = format!("{}/{id}", self.category);
            report.broken(3, "version-gap", id, format!("{stream} goes from version {} to {version}", before.version));
        }
        if event.position <= before.last() {
            report.broken(3, "position-order", id, format!("{} stands before its stream's earlier event", place()));
        }
        if !row.readable {
            report.broken(3, "unreadable-event", id, format!("{} is not JSON", place()));
        }
        let subject = uuid::Uuid::try_parse(id).ok().map(uuid::Uuid::into_bytes);
        if subject.is_none() || row.correlation != subject {
            report.broken(3, "foreign-correlation", id, format!("{} is correlated with something else", place()));
        }
        if !known.has(&event.causation)? {
            report.broken(3, "unknown-cause", id, format!("{} names {} as its cause", place(), event.causation));
        }
        Ok(())
    }
}

/// The logs that events may name as where their cause is.
pub(super) struct KnownLogs<'a>(BTreeMap<&'a str, &'a Log>);

impl<'a> KnownLogs<'a> {
    pub(super) fn of(logs: &'a Logs) -> Self {
        Self(logs.iter().map(|log| (log.id.as_str(), log)).collect())
    }

    /// Whether there is such a cause; of what is no event, or of a log before a restore, nothing can be said.
    fn has(&self, causation: &str) -> Result<bool, Unreadable> {
        let Some((log, position)) = event_id(causation) else { return Ok(true) };
        let Some(log) = self.0.get(log) else { return Ok(true) };
        if log.dense || position > log.head {
            return Ok((1..=log.head).contains(&position));
        }
        log.finds("SELECT 1 FROM events WHERE position = CAST(?1 AS INTEGER)", &position.to_string())
    }
}
