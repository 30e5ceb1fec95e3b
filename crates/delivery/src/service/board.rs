//! Looking things up on the board.

use kernel::ids::OrderId;
use kernel::order::DeliveryBy;
use kernel::people::Actor;
use platform::store::StoreError;
use platform::view::{Value, View};

use super::DeliveryService;
use crate::domain::reach::Reach;
use crate::domain::views::{Row, Status};
use crate::tables::{BOARD, Board, word};

/// Changes read at once.
const CHANGES: i64 = 200;

/// A row as it stood when the log was at `position`.
pub(crate) struct Placed {
    /// The log position of its last event.
    pub position: u64,
    /// The row.
    pub row: Row,
}

/// The board as a screen first sees it.
pub(crate) struct Snapshot {
    /// All that is not over yet, the last changed last.
    pub rows: Vec<Placed>,
    /// What comes later has a position after this.
    pub head: u64,
}

impl DeliveryService {
    /// The row of one delivery.
    pub(crate) fn row(&self, order: OrderId) -> Result<Option<Row>, StoreError> {
        Ok(self.inner.streams.load(order.uuid())?.row().cloned())
    }

    /// The last position of delivery's log.
    pub(crate) fn head(&self) -> Result<u64, StoreError> {
        self.room().store.readers().with(|reader| Ok(reader.log_and_head()?.1))
    }

    /// Up to `limit` rows that concern `actor`, the oldest order first, after the one with the key `after`.
    pub(crate) fn list(
        &self,
        actor: &Actor,
        status: Option<Status>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let with_status: Vec<_> = status.map(|status| ("status", status.name().to_owned())).into_iter().collect();
        let found = match actor {
            Actor::Operator(_) => self.page(with_status, after, limit)?,
            Actor::Owner(owner) => {
                let mut rows = Vec::new();
                for store in owner.stores.iter() {
                    let of_store = vec![("store_id", store.to_string())];
                    rows.extend(self.page([with_status.clone(), of_store].concat(), after, limit)?);
                }
                rows.sort_by_cached_key(|row| row.order_id.to_string());
                rows.truncate(limit);
                rows
            }
            Actor::Rider(rider) => {
                let own = vec![("rider_id", rider.as_str().to_owned())];
                let mut rows = self.page([with_status, own].concat(), after, limit)?;
                if status.is_none_or(|status| status == Status::Waiting) {
                    rows.extend(self.waiting(&self.reach(actor), after, limit)?);
                    rows.sort_by_cached_key(|row| row.order_id.to_string());
                    // One that changed hands between the two looks is in both.
                    rows.dedup_by_key(|row| row.order_id);
                    rows.truncate(limit);
                }
                rows
            }
            Actor::Customer(_) | Actor::Service(_) => Vec::new(),
        };
        Ok(found)
    }

    /// Up to `limit` rows that wait for a rider within `reach`, the oldest order first, after the one with the key `after`.
    fn waiting(&self, reach: &Reach, after: &str, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut near = Vec::new();
        let mut after = after.to_owned();
        while near.len() < limit && *reach != Reach::Nowhere {
            let waiting = [("status", Status::Waiting.name()), ("delivery_by", word(DeliveryBy::Rider))];
            let waiting = waiting.map(|(column, value)| (column, value.to_owned())).to_vec();
            let rows = self.page(waiting, &after, limit)?;
            let is_last = rows.len() < limit;
            if let Some(last) = rows.last() {
                after = last.order_id.to_string();
            }
            near.extend(rows.into_iter().filter(|row| reach.covers(row.store_place)));
            if is_last {
                break;
            }
        }
        near.truncate(limit);
        Ok(near)
    }

    fn page(&self, equal: Vec<(&str, String)>, after: &str, limit: usize) -> Result<Vec<Row>, StoreError> {
        use std::fmt::Write;
        let mut tail = "WHERE key > ?1".to_owned();
        let mut parameters = vec![Value::Text(after.to_owned())];
        for (column, value) in equal {
            parameters.push(Value::Text(value));
            let _ = write!(tail, " AND {column} = ?{}", parameters.len());
        }
        parameters.push(Value::Integer(limit as i64));
        let _ = write!(tail, " ORDER BY key LIMIT ?{}", parameters.len());
        Ok(self.rows(&tail, &parameters)?.into_iter().map(|placed| placed.row).collect())
    }

    /// All that is not over yet and may concern `actor`.
    pub(crate) fn snapshot(&self, actor: &Actor) -> Result<Snapshot, StoreError> {
        // What changes after this look at the head comes again as a change; nothing is lost in between.
        let head = self.head()?;
        let (narrow, parameter) = narrowed(actor);
        let live = "'WAITING', 'ASSIGNED', 'DELIVERING', 'INTERRUPTED', 'FAILED'";
        let tail = format!("WHERE status IN ({live}) AND position <= ?1{narrow} ORDER BY position");
        let parameters: Vec<_> = std::iter::once(Value::Integer(head as i64)).chain(parameter).collect();
        Ok(Snapshot { rows: self.rows(&tail, &parameters)?, head })
    }

    /// The next rows that changed after `position`, the last changed last: an owner's of their store, else all.
    pub(crate) fn changed_after(&self, actor: &Actor, position: u64) -> Result<Vec<Placed>, StoreError> {
        let position = Value::Integer(position as i64);
        match actor {
            Actor::Owner(owner) => {
                let mut changed = Vec::new();
                for store in owner.stores.iter() {
                    changed.extend(self.rows(
                        "WHERE store_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
                        &[Value::Text(store.to_string()), position.clone(), Value::Integer(CHANGES)],
                    )?);
                }
                changed.sort_by_key(|placed| placed.position);
                changed.truncate(CHANGES as usize);
                Ok(changed)
            }
            Actor::Rider(_) | Actor::Operator(_) | Actor::Customer(_) | Actor::Service(_) => {
                self.rows("WHERE position > ?1 ORDER BY position LIMIT ?2", &[position, Value::Integer(CHANGES)])
            }
        }
    }

    fn rows(&self, tail: &str, parameters: &[Value]) -> Result<Vec<Placed>, StoreError> {
        let found = self.room().store.readers().with(|reader| reader.rows(BOARD.name, tail, parameters))?;
        found
            .iter()
            .map(|found| {
                let row = Board::read(&found.doc, found.personal.as_deref())?;
                Ok(Placed { position: found.position, row })
            })
            .collect()
    }
}

/// The plus signs leave these columns' indexes alone: of what is not over yet there is little, of a store's past much.
fn narrowed(actor: &Actor) -> (&'static str, Option<Value>) {
    match actor {
        Actor::Owner(owner) => {
            let stores: Vec<_> = owner.stores.iter().map(ToString::to_string).collect();
            let stores = serde_json::to_string(&stores).unwrap_or_default();
            (" AND +store_id IN (SELECT value FROM json_each(?2))", Some(Value::Text(stores)))
        }
        Actor::Rider(rider) => {
            (" AND (+rider_id = ?2 OR +status = 'WAITING')", Some(Value::Text(rider.as_str().to_owned())))
        }
        Actor::Operator(_) | Actor::Customer(_) | Actor::Service(_) => ("", None),
    }
}
