//! What holds of the logs themselves: cursors, work, timers, parked messages, idempotency.

use super::Unreadable;
use super::facts::strings;
use super::logs::{Context, Log, Logs};
use super::report::{ParkedMessage, Report};

pub(super) fn check(logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    for log in logs.iter() {
        check_cursors(log, logs, report)?;
        check_due(log, report)?;
        check_idempotency(log, report)?;
        check_streams(log, report)?;
        list_parked(log, report)?;
    }
    for (consumer, source, wanted, position) in logs.edges() {
        let unheard = source.subjects_after(position, wanted).map_err(|error| source.explain(&error))?;
        if !unheard.is_empty() {
            let (consumer, source, count) = (consumer.context.name(), source.context.name(), unheard.len());
            report.under_way.push(format!("{consumer} has not heard {source} to the end ({count} subjects)"));
        }
    }
    if !logs.others.is_empty() {
        let names = logs.others.join(", ");
        report.remarks.push(format!(
            "Payments were taken by {names}, whose books are not here; charges are taken from pay alone. \
             GET /operations/pay/reconciliation compares them."
        ));
    } else if logs.provider.is_none() {
        report.remarks.push("There is no log of the simulated provider; charges are taken from pay alone.".to_owned());
    }
    Ok(())
}

/// A cursor stands in the log that is there, and not beyond its head.
fn check_cursors(log: &Log, logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    let consumer = log.context.name();
    for (name, cursor) in &log.cursors {
        let context = Context::ALL.into_iter().find(|context| context.name() == name);
        let Some(source) = context.and_then(|context| logs.log(context)) else { continue };
        if cursor.log != source.id {
            let detail = format!("{consumer} has read {name}'s log {}, there is {}", cursor.log, source.id);
            report.broken(3, "cursor-of-another-log", consumer, detail);
        } else if cursor.position > source.head && cursor.position > source.head_now()? {
            // The two files are read one after the other, so the source is asked again.
            let detail =
                format!("{consumer} has read {name}'s log up to {}, it ends at {}", cursor.position, source.head);
            report.broken(3, "cursor-beyond-head", consumer, detail);
        }
    }
    Ok(())
}

fn check_due(log: &Log, report: &mut Report) -> Result<(), Unreadable> {
    // Work that waits for its next try is not done either.
    let work = log.count("SELECT count(*) FROM work")?;
    let timers = log.count("SELECT count(*) FROM timers WHERE due <= CAST(unixepoch('subsec') * 1000 AS INTEGER)")?;
    let context = log.context.name();
    if work > 0 {
        report.under_way.push(format!("{context} has {work} calls to make"));
    }
    if timers > 0 {
        report.under_way.push(format!("{context} has {timers} timers due"));
    }
    Ok(())
}

/// Whatever an idempotency key claims to have made is there.
fn check_idempotency(log: &Log, report: &mut Report) -> Result<(), Unreadable> {
    let exists = |category: &str| {
        format!(
            "EXISTS (SELECT 1 FROM events WHERE stream = '{category}/' || lower(
                substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-' || substr(h, 13, 4) || '-' || substr(h, 17, 4) || '-' || substr(h, 21)))"
        )
    };
    let query = format!(
        "SELECT lower(h) FROM (SELECT hex(subject) AS h FROM idempotency WHERE subject IS NOT NULL)
         WHERE NOT {} AND NOT {} LIMIT 1000",
        exists(log.context.category()),
        exists("store")
    );
    for subject in strings(log, &query)? {
        let subject = uuid::Uuid::try_parse(&subject).map_or(subject, |id| id.to_string());
        report.broken(
            3,
            "claim-of-nothing",
            &subject,
            format!("an idempotency key in {} claims it, and there is no such stream", log.context.name()),
        );
    }
    Ok(())
}

/// Every stream is of a kind that this context has.
fn check_streams(log: &Log, report: &mut Report) -> Result<(), Unreadable> {
    let category = log.context.category();
    let store = if log.context == Context::Store { "AND NOT (stream > 'store/' AND stream < 'store0')" } else { "" };
    let query = format!(
        "SELECT DISTINCT stream FROM events WHERE NOT (stream > '{category}/' AND stream < '{category}0') {store} LIMIT 100"
    );
    for stream in strings(log, &query)? {
        report.broken(3, "foreign-stream", &stream, format!("{} has no such streams", log.context.name()));
    }
    Ok(())
}

fn list_parked(log: &Log, report: &mut Report) -> Result<(), Unreadable> {
    let context = log.context.name();
    let read = || -> rusqlite::Result<Vec<ParkedMessage>> {
        log.connection
            .prepare("SELECT source, position, error FROM parked ORDER BY id LIMIT 1000")?
            .query_map([], |row| {
                Ok(ParkedMessage { context, source: row.get(0)?, position: row.get(1)?, error: row.get(2)? })
            })?
            .collect()
    };
    report.parked.extend(read().map_err(|error| log.explain(&error))?);
    if !report.parked.is_empty() && report.parked.iter().any(|message| message.context == context) {
        report.under_way.push(format!("{context} has parked messages"));
    }
    Ok(())
}
