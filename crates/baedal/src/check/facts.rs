//! The rows of views, beside what their logs say.

use serde_json::Value;

use super::Unreadable;
use super::json::number;
use super::logs::{Context, Log, Logs};
use super::report::Report;
use super::sweep::Story;

/// The views with one row an order, and how many rows they should have.
pub(super) struct Views<'a> {
    logs: &'a Logs,
    kitchen: Option<String>,
    seen: [(Context, &'static str, i64); 4],
    notices: i64,
}

/// A row: its JSON, and the columns asked for.
type Row = (Value, Vec<String>);

impl<'a> Views<'a> {
    pub(super) fn new(logs: &'a Logs) -> Result<Self, Unreadable> {
        let kitchen = logs.log(Context::Store).map(kitchen_board).transpose()?.flatten();
        let seen = [
            (Context::App, "order_status", 0),
            (Context::Pay, "ledger", 0),
            (Context::Store, "", 0),
            (Context::Delivery, "board", 0),
        ];
        Ok(Self { logs, kitchen, seen, notices: 0 })
    }

    /// Whether the rows of the order's views show what its logs say.
    pub(super) fn check(&mut self, story: &Story<'_>, report: &mut Report) -> Result<(), Unreadable> {
        let order = story.order.as_ref();
        self.own(story, 0, "status, customer_id", order.is_some(), report, |doc, columns| {
            order?.differs(doc, columns.first()?, columns.get(1)?)
        })?;
        let payment = story.payment.as_ref();
        self.own(story, 1, "key", payment.is_some_and(|payment| payment.captured() > 0), report, |doc, _| {
            payment?.differs(doc)
        })?;
        let ticket = story.ticket.as_ref();
        self.own(story, 2, "key", ticket.is_some_and(|ticket| ticket.status.is_some()), report, |doc, _| {
            ticket?.differs(doc)
        })?;
        let delivery = story.delivery.as_ref();
        self.own(story, 3, "key", delivery.is_some_and(|delivery| delivery.status.is_some()), report, |doc, _| {
            delivery?.differs(doc)
        })?;
        self.check_ledger(story, report)?;
        self.check_inbox(story, report)?;
        self.check_facts(story, report)
    }

    /// A view of a context's own log: the row is there if it should be, and shows it.
    fn own(
        &mut self,
        story: &Story<'_>,
        view: usize,
        columns: &str,
        expected: bool,
        report: &mut Report,
        differs: impl FnOnce(&Value, &[String]) -> Option<String>,
    ) -> Result<(), Unreadable> {
        let (context, table, _) = self.seen[view];
        let Some(log) = self.logs.log(context) else { return Ok(()) };
        let table = if table.is_empty() { self.kitchen.as_deref() } else { Some(table) };
        let row = match table {
            Some(table) => row(log, table, columns, story.id)?,
            None => None,
        };
        let name = table.unwrap_or("kitchen board");
        match row {
            Some((doc, columns)) if expected => {
                self.seen[view].2 += 1;
                if let Some(detail) = differs(&doc, &columns) {
                    report.broken(6, "row-differs", story.id, detail);
                }
            }
            Some(_) => {
                self.seen[view].2 += 1;
                report.broken(
                    6,
                    "row-too-many",
                    story.id,
                    format!("{name} has a row that {}'s log does not know", context.name()),
                );
            }
            None if expected => report.broken(6, "row-missing", story.id, format!("{name} has no row of it")),
            None => {}
        }
        Ok(())
    }

    fn check_ledger(&self, story: &Story<'_>, report: &mut Report) -> Result<(), Unreadable> {
        let (Some(log), Some(payment)) = (self.logs.log(Context::Pay), &story.payment) else { return Ok(()) };
        if let Some((doc, _)) = row(log, "ledger", "key", story.id)?
            && let Some(detail) = payment.unbalanced(&doc)
        {
            report.broken(2, "ledger-differs", story.id, detail);
        }
        Ok(())
    }

    fn check_inbox(&mut self, story: &Story<'_>, report: &mut Report) -> Result<(), Unreadable> {
        let (Some(log), Some(notices)) = (self.logs.log(Context::Customer), &story.notices) else { return Ok(()) };
        for notice in &notices.all {
            match row(log, "inbox", "state", &notice.id)? {
                None => report.broken(6, "row-missing", story.id, format!("inbox has no row of notice {}", notice.id)),
                Some((doc, columns)) => {
                    self.notices += 1;
                    let state = columns.first().map_or("", String::as_str);
                    if let Some(detail) = notice.differs(&doc, state) {
                        report.broken(6, "row-differs", story.id, detail);
                    }
                }
            }
        }
        Ok(())
    }

    /// What customer keeps of an order whose log it has heard to the end.
    fn check_facts(&self, story: &Story<'_>, report: &mut Report) -> Result<(), Unreadable> {
        let (Some(log), Some(order)) = (self.logs.log(Context::Customer), &story.order) else { return Ok(()) };
        if story.parked || order.last > log.heard(Context::App) {
            return Ok(());
        }
        let price = order.total - order.adjusted();
        match row(log, "order_facts", "key", story.id)? {
            None => report.broken(6, "row-missing", story.id, "order_facts has no row of it"),
            Some((doc, _)) if number(&doc, "totalAmount") != price => {
                let shown = number(&doc, "totalAmount");
                report.broken(
                    6,
                    "row-differs",
                    story.id,
                    format!("order_facts shows a price of {shown}, app's log says {price}"),
                );
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Rows of which no log knows.
    pub(super) fn check_others(&self, report: &mut Report) -> Result<(), Unreadable> {
        for (context, table, seen) in self.seen {
            let Some(log) = self.logs.log(context) else { continue };
            let table = if table.is_empty() { self.kitchen.as_deref() } else { Some(table) };
            let Some(table) = table else { continue };
            if log.has_table(table) && log.count(&format!("SELECT count(*) FROM {table}"))? != seen {
                let query = format!(
                    "SELECT key FROM {table} WHERE NOT EXISTS (SELECT 1 FROM events WHERE stream = '{}/' || key) LIMIT 1000",
                    context.category()
                );
                for key in strings(log, &query)? {
                    report.broken(
                        6,
                        "row-too-many",
                        &key,
                        format!("{table} has a row that {}'s log does not know", context.name()),
                    );
                }
            }
        }
        if let Some(log) = self.logs.log(Context::Customer)
            && log.has_table("inbox")
        {
            let rows = log.count("SELECT count(*) FROM inbox")?;
            if rows != self.notices {
                let detail = format!("inbox has {rows} rows, customer's log knows {} of them", self.notices);
                report.broken(6, "row-too-many", "inbox", detail);
            }
        }
        Ok(())
    }
}

/// The kitchen board's table: the one view of store that is about tickets.
fn kitchen_board(log: &Log) -> Result<Option<String>, Unreadable> {
    let views = strings(log, "SELECT substr(name, 6) FROM meta WHERE name LIKE 'view/%' ORDER BY name")?;
    Ok(views.into_iter().find(|name| ["kitchen", "board", "ticket"].iter().any(|word| name.contains(word))))
}

/// The first column of each row.
pub(super) fn strings(log: &Log, query: &str) -> Result<Vec<String>, Unreadable> {
    let read = || -> rusqlite::Result<Vec<String>> {
        log.connection.prepare(query)?.query_map([], |row| row.get(0))?.collect()
    };
    read().map_err(|error| log.explain(&error))
}

/// One row of a view; none where there is no such table either.
pub(super) fn row(log: &Log, table: &str, columns: &str, key: &str) -> Result<Option<Row>, Unreadable> {
    if !log.has_table(table) {
        return Ok(None);
    }
    let read = || -> rusqlite::Result<Option<Row>> {
        let mut statement =
            log.connection.prepare_cached(&format!("SELECT doc, {columns} FROM {table} WHERE key = ?1"))?;
        let count = statement.column_count();
        let mut rows = statement.query([key])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let doc = serde_json::from_str(row.get_ref(0)?.as_str().unwrap_or_default()).unwrap_or_default();
        let columns = (1..count).map(|index| Ok(row.get::<_, Option<String>>(index)?.unwrap_or_default()));
        Ok(Some((doc, columns.collect::<rusqlite::Result<_>>()?)))
    };
    read().map_err(|error| log.explain(&error))
}
