//! Reading the ledger: pages of it, its trial balance, and whose a refund is.

use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use platform::store::StoreError;
use platform::view::{Value, View};
use serde::Serialize;

use super::PayService;
use crate::domain::payment::RefundStanding;
use crate::domain::views::{Account, Ledger};
use crate::tables::{LedgerView, standing_text};

/// Sorts after every id.
const BEYOND: &str = "~";

/// The trial balance of all books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Balances {
    /// Of every amount.
    pub currency: Currency,
    /// One line for each account that was ever booked.
    pub accounts: Vec<AccountBalance>,
    /// All debits.
    pub debit_amount: Amount,
    /// All credits; equal to the debits.
    pub credit_amount: Amount,
    /// Whether they are.
    pub balanced: bool,
}

/// An account's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountBalance {
    /// The account.
    pub account: Account,
    /// All that it was debited with.
    pub debit_amount: Amount,
    /// All that it was credited with.
    pub credit_amount: Amount,
    /// Debits less credits.
    pub balance_amount: Amount,
}

platform::written!(Balances);

impl PayService {
    /// The books of up to `limit` orders, newest first, older than the order `before`.
    pub fn ledger_before(&self, before: Option<OrderId>, limit: usize) -> Result<Vec<Ledger>, StoreError> {
        let before = before.map_or_else(|| BEYOND.to_owned(), |id| id.to_string());
        let parameters = [Value::Text(before), Value::Integer(limit as i64)];
        self.rows("WHERE key < ?1 ORDER BY key DESC LIMIT ?2", &parameters)
    }

    /// The books of up to `limit` orders that have a refund of that standing (an open one where none is asked for),
    /// newest first, from the order `from` on.
    pub fn refunded_orders(
        &self,
        standing: Option<RefundStanding>,
        from: Option<OrderId>,
        limit: usize,
    ) -> Result<Vec<Ledger>, StoreError> {
        let having = match standing {
            None => "open = 1 AND ?3 = ''",
            Some(RefundStanding::Pending | RefundStanding::Failed) => "open = 1 AND instr(standings, ?3) > 0",
            Some(RefundStanding::Done | RefundStanding::SettledByHand) => {
                "standings IS NOT NULL AND instr(standings, ?3) > 0"
            }
        };
        let parameters = [
            Value::Text(from.map_or_else(|| BEYOND.to_owned(), |id| id.to_string())),
            Value::Integer(limit as i64),
            Value::Text(standing.map(standing_text).unwrap_or_default().to_owned()),
        ];
        self.rows(&format!("WHERE {having} AND key <= ?1 ORDER BY key DESC LIMIT ?2"), &parameters)
    }

    /// The order that a refund belongs to.
    pub fn order_of_refund(&self, refund_id: RefundId) -> Result<Option<OrderId>, StoreError> {
        let tail = "WHERE first_refund = ?1 OR (more_refunds IS NOT NULL AND instr(more_refunds, ?1) > 0) LIMIT 1";
        let rows = self.rows(tail, &[Value::Text(refund_id.to_string())])?;
        Ok(rows.first().map(|row| row.order_id))
    }

    /// Adds up all books; on a thread of its own, for there may be many.
    pub async fn balances(&self) -> Result<Balances, StoreError> {
        let store = self.room().store.clone();
        let added = tokio::task::spawn_blocking(move || {
            store.readers().with(|reader| {
                reader
                    .connection()
                    .prepare_cached(&format!(
                        "SELECT value ->> 'account', sum(value ->> 'debitAmount'), sum(value ->> 'creditAmount')
                         FROM {}, json_each(doc, '$.entries') GROUP BY 1 ORDER BY 1",
                        LedgerView::TABLE.name
                    ))?
                    .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .collect::<rusqlite::Result<Vec<(String, i64, i64)>>>()
            })
        });
        let sums = added.await.map_err(|error| StoreError::Busy(error.to_string()))??;
        balances(sums)
    }

    /// The rows of the ledger that `tail` finds, a statement from `WHERE` on.
    pub(super) fn rows(&self, tail: &str, parameters: &[Value]) -> Result<Vec<Ledger>, StoreError> {
        let found = self.room().store.readers().with(|reader| reader.rows(LedgerView::TABLE.name, tail, parameters))?;
        found.into_iter().map(|row| LedgerView::read(&row.doc, None)).collect()
    }
}

fn balances(sums: Vec<(String, i64, i64)>) -> Result<Balances, StoreError> {
    let mut accounts = Vec::with_capacity(sums.len());
    for (name, debit, credit) in sums {
        let account = serde_json::from_value(serde_json::Value::String(name))
            .map_err(|error| StoreError::Unreadable(format!("an account in the ledger: {error}")))?;
        let (debit_amount, credit_amount) = (Amount::new(debit), Amount::new(credit));
        let balance_amount = debit_amount.saturating_minus(credit_amount);
        accounts.push(AccountBalance { account, debit_amount, credit_amount, balance_amount });
    }
    let sum =
        |side: fn(&AccountBalance) -> Amount| accounts.iter().map(side).fold(Amount::ZERO, Amount::saturating_plus);
    let (debit_amount, credit_amount) = (sum(|line| line.debit_amount), sum(|line| line.credit_amount));
    let balanced = debit_amount == credit_amount;
    Ok(Balances { currency: Currency::Krw, accounts, debit_amount, credit_amount, balanced })
}
