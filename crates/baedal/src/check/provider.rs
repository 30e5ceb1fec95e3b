//! What the simulated payment provider has in its own log.

use rusqlite::{Connection, Rows, Statement};

use super::Unreadable;
use super::logs::Logs;
use super::report::Report;

/// An approved charge.
pub(super) struct Charge {
    pub(super) attempt: i64,
    pub(super) amount: i64,
    /// Refunds with their amounts.
    pub(super) refunds: Vec<(String, i64)>,
}

impl Charge {
    pub(super) fn refunded(&self) -> i64 {
        self.refunds.iter().map(|(_, amount)| amount).sum()
    }
}

/// Approved charges, in the order of their orders.
pub(super) struct Charges<'a> {
    logs: &'a Logs,
    connection: &'a Connection,
    rows: Rows<'a>,
    ahead: Option<(String, i64)>,
}

/// The statement of the charges, which outlives them.
pub(super) fn prepare(logs: &Logs) -> Result<Option<Statement<'_>>, Unreadable> {
    let statement = logs.provider.as_ref().map(|connection| {
        connection.prepare("SELECT reference, amount FROM charges WHERE outcome = 'APPROVED' ORDER BY reference")
    });
    statement.transpose().map_err(|error| logs.explain(&error))
}

impl<'a> Charges<'a> {
    pub(super) fn new(logs: &'a Logs, statement: &'a mut Statement<'_>) -> Result<Option<Self>, Unreadable> {
        let Some(connection) = &logs.provider else { return Ok(None) };
        let rows = statement.query([]).map_err(|error| logs.explain(&error))?;
        let mut charges = Self { logs, connection, rows, ahead: None };
        charges.ahead = charges.next_row()?;
        Ok(Some(charges))
    }

    /// The order of the next charge.
    pub(super) fn next_id(&self) -> Option<&str> {
        self.ahead.as_ref().map(|(reference, _)| order_of(reference))
    }

    /// The charges of order `id`, if they come next.
    pub(super) fn take(&mut self, id: &str) -> Result<Vec<Charge>, Unreadable> {
        let mut charges = Vec::new();
        while let Some((reference, amount)) = self.ahead.take_if(|(reference, _)| order_of(reference) == id) {
            self.ahead = self.next_row()?;
            let attempt = reference.rsplit_once('-').and_then(|(_, n)| n.parse().ok()).unwrap_or_default();
            let refunds = self.refunds(&reference).map_err(|error| self.logs.explain(&error))?;
            charges.push(Charge { attempt, amount, refunds });
        }
        Ok(charges)
    }

    fn next_row(&mut self) -> Result<Option<(String, i64)>, Unreadable> {
        let row = self.rows.next().and_then(|row| row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose());
        row.map_err(|error| self.logs.explain(&error))
    }

    fn refunds(&self, reference: &str) -> rusqlite::Result<Vec<(String, i64)>> {
        self.connection
            .prepare_cached("SELECT refund_id, amount FROM refunds WHERE reference = ?1")?
            .query_map([reference], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    }
}

fn order_of(reference: &str) -> &str {
    reference.rsplit_once('-').map_or(reference, |(order, _)| order)
}

/// Every refund is one of a charge.
pub(super) fn check_refunds(logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    let Some(connection) = &logs.provider else { return Ok(()) };
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(
            "SELECT refund_id, reference FROM refunds
             WHERE reference NOT IN (SELECT reference FROM charges WHERE outcome = 'APPROVED')",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (refund, reference): (String, String) = (row.get(0)?, row.get(1)?);
            let detail = format!("the provider gave refund {refund} of {reference}, which it never charged");
            report.broken(2, "refund-of-nothing", order_of(&reference), detail);
        }
        Ok(())
    };
    read().map_err(|error| logs.explain(&error))
}
