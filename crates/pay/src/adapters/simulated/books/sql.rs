//! The tables of the provider's books.

use std::path::Path;

use kernel::Time;
use kernel::ids::RefundId;
use kernel::money::Amount;
use kernel::order::{PaymentCode, PaymentMethod};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{BooksError, Charged, RefundTemper, Verdict};
use crate::domain::reconciliation::{Day, Moved, Movement};
use crate::ports::{Refund, RefundAnswer};

const SCHEMA: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS charges (
        reference TEXT PRIMARY KEY,
        order_id TEXT NOT NULL,
        amount INTEGER NOT NULL,
        method TEXT NOT NULL,
        outcome TEXT NOT NULL,
        approved_at INTEGER NOT NULL,
        refunds TEXT NOT NULL,
        later INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS refunds (
        refund_id TEXT PRIMARY KEY,
        reference TEXT NOT NULL,
        amount INTEGER NOT NULL,
        refunded_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS refunds_by_reference ON refunds (reference);
";

/// An approved charge as the books hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeOnFile {
    /// `<orderId>-<n>`.
    pub reference: String,
    /// The order's id.
    pub order_id: String,
    /// How much was charged.
    pub amount: Amount,
    /// How much of it went back.
    pub refunded: Amount,
    /// When it was charged.
    pub approved_at: Time,
}

/// All approved charges in the books at `path`, which another process may be keeping.
pub fn read_charges(path: &Path) -> Result<Vec<ChargeOnFile>, BooksError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "busy_timeout", 5000)?;
    let mut statement = connection.prepare(
        "SELECT reference, order_id, amount, approved_at,
                (SELECT coalesce(sum(amount), 0) FROM refunds WHERE refunds.reference = charges.reference)
         FROM charges WHERE outcome = 'APPROVED' ORDER BY reference",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(ChargeOnFile {
            reference: row.get(0)?,
            order_id: row.get(1)?,
            amount: Amount::new(row.get(2)?),
            approved_at: time(row.get(3)?),
            refunded: Amount::new(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
}

pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// The first charge of a reference is the only one; a repeat gets its answer.
pub(super) fn charge(connection: &Connection, charged: &Charged) -> rusqlite::Result<(Verdict, Time)> {
    let order_id = charged.reference.rsplit_once('-').map_or("", |(order_id, _)| order_id);
    let (refunds, later) = match charged.temper {
        RefundTemper::Gives => ("GIVEN", 0),
        RefundTemper::Refuses => ("REFUSED", 0),
        RefundTemper::Later { more } => ("GIVEN", more),
    };
    let written = connection
        .prepare_cached(
            "INSERT INTO charges (reference, order_id, amount, method, outcome, approved_at, refunds, later)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (reference) DO NOTHING",
        )?
        .execute(params![
            charged.reference,
            order_id,
            charged.amount.minor(),
            method_text(charged.method),
            outcome_text(charged.verdict),
            charged.at.as_millisecond(),
            refunds,
            later
        ])?;
    if written == 1 {
        // As the row holds it, so that a repeat gets the very same answer.
        return Ok((charged.verdict, time(charged.at.as_millisecond())));
    }
    let first = look_up(connection, &charged.reference)?;
    first.map(|(verdict, _, at)| (verdict, at)).ok_or(rusqlite::Error::QueryReturnedNoRows)
}

pub(super) fn look_up(connection: &Connection, reference: &str) -> rusqlite::Result<Option<(Verdict, Amount, Time)>> {
    connection
        .prepare_cached("SELECT outcome, amount, approved_at FROM charges WHERE reference = ?1")?
        .query_row([reference], |row| {
            let outcome: String = row.get(0)?;
            Ok((verdict(&outcome), Amount::new(row.get(1)?), time(row.get(2)?)))
        })
        .optional()
}

pub(super) fn refund(connection: &Connection, refund: &Refund, at: Time) -> rusqlite::Result<RefundAnswer> {
    if let Some(at) = refunded_at(connection, refund.refund_id, &refund.reference)? {
        return Ok(RefundAnswer::Done { at });
    }
    let charged = connection
        .prepare_cached(
            "SELECT amount - (SELECT coalesce(sum(amount), 0) FROM refunds WHERE reference = ?1), refunds, later
             FROM charges WHERE reference = ?1 AND outcome = 'APPROVED'",
        )?
        .query_row([&refund.reference], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))
        .optional()?;
    let Some((left, temper, later)): Option<(i64, String, u32)> = charged else {
        return Ok(refused("NOT_CHARGED"));
    };
    if later > 0 {
        connection
            .prepare_cached("UPDATE charges SET later = later - 1 WHERE reference = ?1")?
            .execute([&refund.reference])?;
        return Ok(RefundAnswer::Unknown);
    }
    if temper == "REFUSED" {
        return Ok(refused("NOT_REFUNDABLE"));
    }
    if refund.amount <= Amount::ZERO || refund.amount.minor() > left {
        return Ok(refused("MORE_THAN_CHARGED"));
    }
    let written = connection
        .prepare_cached(
            "INSERT INTO refunds (refund_id, reference, amount, refunded_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (refund_id) DO NOTHING",
        )?
        .execute(params![refund.refund_id.to_string(), refund.reference, refund.amount.minor(), at.as_millisecond()])?;
    if written == 0 {
        return Ok(refused("REFUND_ID_TAKEN"));
    }
    Ok(RefundAnswer::Done { at: time(at.as_millisecond()) })
}

pub(super) fn refunded_at(
    connection: &Connection,
    refund_id: RefundId,
    reference: &str,
) -> rusqlite::Result<Option<Time>> {
    connection
        .prepare_cached("SELECT refunded_at FROM refunds WHERE refund_id = ?1 AND reference = ?2")?
        .query_row([refund_id.to_string().as_str(), reference], |row| Ok(time(row.get(0)?)))
        .optional()
}

/// All that moved money on `day`.
pub(super) fn moved(connection: &Connection, day: &Day) -> rusqlite::Result<Vec<Movement>> {
    connection
        .prepare_cached(
            "SELECT reference, NULL, amount, approved_at FROM charges
             WHERE outcome = 'APPROVED' AND approved_at >= ?1 AND approved_at < ?2
             UNION ALL
             SELECT reference, refund_id, amount, refunded_at FROM refunds
             WHERE refunded_at >= ?1 AND refunded_at < ?2",
        )?
        .query_map([day.from.as_millisecond(), day.until.as_millisecond()], |row| {
            let refund: Option<String> = row.get(1)?;
            let kind =
                refund.map_or(Moved::Charge, |refund| Moved::Refund { refund_id: RefundId::parse(&refund).ok() });
            Ok(Movement { reference: row.get(0)?, kind, amount: Amount::new(row.get(2)?), at: time(row.get(3)?) })
        })?
        .collect()
}

fn refused(code: &str) -> RefundAnswer {
    RefundAnswer::RefusedForGood { code: code.to_owned() }
}

/// The rows were written from times, so that they are in range; anything else is the beginning of time.
fn time(milliseconds: i64) -> Time {
    Time::from_millisecond(milliseconds).unwrap_or(Time::MIN)
}

const fn outcome_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "APPROVED",
        Verdict::Declined(PaymentCode::Limit) => "LIMIT",
        Verdict::Declined(PaymentCode::Balance) => "BALANCE",
        Verdict::Declined(PaymentCode::Card) => "CARD",
        Verdict::Declined(PaymentCode::Aborted) => "ABORTED",
        Verdict::Declined(PaymentCode::Other) => "OTHER",
    }
}

fn verdict(outcome: &str) -> Verdict {
    match outcome {
        "APPROVED" => Verdict::Approved,
        "LIMIT" => Verdict::Declined(PaymentCode::Limit),
        "BALANCE" => Verdict::Declined(PaymentCode::Balance),
        "CARD" => Verdict::Declined(PaymentCode::Card),
        "ABORTED" => Verdict::Declined(PaymentCode::Aborted),
        _ => Verdict::Declined(PaymentCode::Other),
    }
}

const fn method_text(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Card => "CARD",
        PaymentMethod::EasyPay => "EASY_PAY",
        PaymentMethod::Transfer => "TRANSFER",
        PaymentMethod::Phone => "PHONE",
    }
}
