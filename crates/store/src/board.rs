//! Looking tickets up on the kitchen's board.

use kernel::Time;
use kernel::events::store::TicketStatus;
use kernel::ids::StoreId;
use platform::store::StoreError;
use platform::view::{Value, View};

use crate::domain::views::KitchenRow;
use crate::service::StoreService;
use crate::tables::{KitchenBoardView, id_column, status_column};

const EVERY_STATUS: [TicketStatus; 7] = [
    TicketStatus::Open,
    TicketStatus::Accepted,
    TicketStatus::Cooking,
    TicketStatus::Cooked,
    TicketStatus::Out,
    TicketStatus::Rejected,
    TicketStatus::Cancelled,
];

/// What an operator has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Pick-ups that nobody collects, and late kitchens.
    Any,
    /// Pick-ups that nobody collects.
    Uncollected,
    /// Late kitchens.
    Late,
}

/// A ticket with the log position of its last event.
pub type Placed = (KitchenRow, u64);

impl StoreService {
    /// Up to `limit` tickets with keys after `after`, oldest first: of these stores or all, in one status or any.
    pub(crate) fn listed(
        &self,
        stores: Option<&[StoreId]>,
        status: Option<TicketStatus>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        match (stores, status) {
            (Some(stores), status) => {
                let statuses = status.as_ref().map_or(&EVERY_STATUS[..], std::slice::from_ref);
                let mut rows = self.in_each(statuses, stores, after, limit)?;
                rows.sort_by_key(|(row, _)| row.order_id);
                rows.truncate(limit);
                Ok(rows)
            }
            (None, status) => {
                let tail = if status.is_some_and(is_active) {
                    "WHERE key > ?1 AND status = ?2 ORDER BY key LIMIT ?3"
                } else {
                    // Most tickets have ended: walking by key finds them sooner than sorting all of a status.
                    "WHERE key > ?1 AND (?2 IS NULL OR status = ?2) ORDER BY key LIMIT ?3"
                };
                let status = status.map_or(Value::Null, status_column);
                self.rows(tail, &[Value::Text(after.to_owned()), status, count(limit)])
            }
        }
    }

    /// What the kitchens of `stores` still have to do something with, by position; up to `limit` of each status of each.
    pub(crate) fn at_work(&self, stores: &[StoreId], limit: usize) -> Result<Vec<Placed>, StoreError> {
        let active: Vec<_> = EVERY_STATUS.into_iter().filter(|status| is_active(*status)).collect();
        let mut rows = self.in_each(&active, stores, "", limit)?;
        rows.sort_by_key(|(_, position)| *position);
        Ok(rows)
    }

    /// Up to `limit` tickets of `stores` that changed after `position`, by position.
    pub(crate) fn changed_after(
        &self,
        stores: &[StoreId],
        position: i64,
        limit: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        let tail = "WHERE store_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
        let mut rows = Vec::new();
        for store in stores {
            rows.extend(self.rows(tail, &[id_column(*store), Value::Integer(position), count(limit)])?);
        }
        rows.sort_by_key(|(_, position)| *position);
        rows.truncate(limit);
        Ok(rows)
    }

    /// Up to `limit` tickets after `after` that are overdue at `now`, longest overdue first.
    pub(crate) fn overdue(
        &self,
        which: Overdue,
        now: Time,
        after: (i64, &str),
        limit: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        // The plus keeps SQLite from looking through all of a status: what is overdue is less.
        let tail = match which {
            Overdue::Any => "WHERE overdue_at <= ?1 AND (overdue_at, key) > (?2, ?3) ORDER BY overdue_at, key LIMIT ?4",
            Overdue::Uncollected => {
                "WHERE overdue_at <= ?1 AND (overdue_at, key) > (?2, ?3) AND +status = 'COOKED'
                 ORDER BY overdue_at, key LIMIT ?4"
            }
            Overdue::Late => {
                "WHERE overdue_at <= ?1 AND (overdue_at, key) > (?2, ?3) AND +status IN ('ACCEPTED', 'COOKING')
                 ORDER BY overdue_at, key LIMIT ?4"
            }
        };
        let (since, key) = after;
        let parameters =
            [Value::Integer(now.as_millisecond()), Value::Integer(since), Value::Text(key.to_owned()), count(limit)];
        self.rows(tail, &parameters)
    }

    /// The index gives each status of a store by key, so each is asked by itself.
    fn in_each(
        &self,
        statuses: &[TicketStatus],
        stores: &[StoreId],
        after: &str,
        limit: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        let mut rows = Vec::new();
        for store in stores {
            for status in statuses {
                rows.extend(self.in_status(*store, *status, after, limit)?);
            }
        }
        Ok(rows)
    }

    fn in_status(
        &self,
        store: StoreId,
        status: TicketStatus,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Placed>, StoreError> {
        let tail = "WHERE status = ?1 AND store_id = ?2 AND key > ?3 ORDER BY key LIMIT ?4";
        self.rows(tail, &[status_column(status), id_column(store), Value::Text(after.to_owned()), count(limit)])
    }

    fn rows(&self, tail: &str, parameters: &[Value]) -> Result<Vec<Placed>, StoreError> {
        let table = KitchenBoardView::TABLE.name;
        let found = self.room().store.readers().with(|reader| reader.rows(table, tail, parameters))?;
        found
            .into_iter()
            .map(|row| Ok((KitchenBoardView::read(&row.doc, row.personal.as_deref())?, row.position)))
            .collect()
    }
}

fn count(limit: usize) -> Value {
    Value::Integer(limit as i64)
}

const fn is_active(status: TicketStatus) -> bool {
    match status {
        TicketStatus::Open | TicketStatus::Accepted | TicketStatus::Cooking | TicketStatus::Cooked => true,
        TicketStatus::Out | TicketStatus::Rejected | TicketStatus::Cancelled => false,
    }
}
