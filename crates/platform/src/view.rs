//! Views: pure folds of a log into rows that can be looked up and listed.

use std::sync::OnceLock;

use kernel::events::{DomainEvent, Recorded};
use kernel::personal::PersonalData;
pub use rusqlite::types::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{RowContent, RowWrite, StoreError};

/// The table that a view's rows live in, beside the log they are folded from.
#[derive(Debug)]
pub struct ViewTable {
    /// The table's name.
    pub name: &'static str,
    /// Raised whenever the fold or the columns change; the table is then rebuilt at start.
    pub version: u32,
    /// Index columns beside key, doc, private and position, with their SQL type.
    pub columns: &'static [(&'static str, &'static str)],
    /// Column lists, each of which becomes an index; in brackets where a condition follows.
    pub indexes: &'static [&'static str],
    /// Filled at first use.
    /// Columns that keep the value of a row's first writing: their indexes are left alone by later ones.
    fixed: &'static [&'static str],
    /// Columns that are erased with the personal data.
    personal: &'static [&'static str],
    statements: OnceLock<Statements>,
}

/// The statements of a table, put together once.
#[derive(Debug)]
pub struct Statements {
    pub(crate) upsert: String,
    pub(crate) delete: String,
    pub(crate) erase: String,
}

impl ViewTable {
    /// A table, usually in a `static`.
    pub const fn new(
        name: &'static str,
        version: u32,
        columns: &'static [(&'static str, &'static str)],
        indexes: &'static [&'static str],
    ) -> Self {
        Self { name, version, columns, indexes, fixed: &[], personal: &[], statements: OnceLock::new() }
    }

    /// The same table, with columns that never change once a row is there.
    #[must_use]
    pub const fn with_fixed(mut self, fixed: &'static [&'static str]) -> Self {
        self.fixed = fixed;
        self
    }

    /// The same table, with columns that are erased with the personal data.
    #[must_use]
    pub const fn with_personal(mut self, personal: &'static [&'static str]) -> Self {
        self.personal = personal;
        self
    }

    /// Whether there is such a table at all.
    pub(crate) fn exists(&self) -> bool {
        !self.name.is_empty()
    }

    pub(crate) fn statements(&self) -> &Statements {
        self.statements.get_or_init(|| Statements {
            upsert: self.upsert(),
            delete: format!("DELETE FROM {} WHERE key = ?1", self.name),
            erase: self.erase(),
        })
    }

    /// The statement that makes the table and its indexes.
    pub(crate) fn create(&self) -> String {
        use std::fmt::Write;
        let name = self.name;
        let mut sql = format!(
            "CREATE TABLE {name} (key TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL, private TEXT, position INTEGER NOT NULL"
        );
        for (column, kind) in self.columns {
            let _ = write!(sql, ", {column} {kind}");
        }
        sql.push_str(");");
        for (number, columns) in self.indexes.iter().enumerate() {
            let columns = if columns.starts_with('(') { (*columns).to_owned() } else { format!("({columns})") };
            let _ = write!(sql, "CREATE INDEX {name}_{number} ON {name} {columns};");
        }
        sql
    }

    fn erase(&self) -> String {
        let columns: String = self.personal.iter().flat_map(|column| [", ", column, " = NULL"]).collect();
        format!("UPDATE {} SET private = NULL{columns} WHERE key = ?1", self.name)
    }

    /// The statement that writes a row: key, doc, private, position, then the index columns.
    fn upsert(&self) -> String {
        use std::fmt::Write;
        let name = self.name;
        let mut columns = "key, doc, private, position".to_owned();
        let mut places = "?1, ?2, ?3, ?4".to_owned();
        let mut sets = "doc = ?2, private = ?3, position = ?4".to_owned();
        for (number, (column, _)) in self.columns.iter().enumerate() {
            let place = number + 5;
            let _ = write!(columns, ", {column}");
            let _ = write!(places, ", ?{place}");
            if !self.fixed.contains(column) {
                let _ = write!(sets, ", {column} = ?{place}");
            }
        }
        format!("INSERT INTO {name} ({columns}) VALUES ({places}) ON CONFLICT (key) DO UPDATE SET {sets}")
    }
}

/// A view: how events become rows.
///
/// A fold must not use an event's `id` or `position`: rows are folded before the log has given them.
pub trait View: Send + Sync + 'static {
    /// The events it folds.
    type Event: DomainEvent;
    /// One row.
    type Row: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static;
    /// Where its rows live.
    const TABLE: &'static ViewTable;

    /// The key of the row that `event` belongs to, if any.
    fn key(event: &Recorded<Self::Event>) -> Option<String>;

    /// Whether there can be no row before `event`, so that none has to be looked for.
    fn begins(event: &Recorded<Self::Event>) -> bool {
        let _ = event;
        false
    }

    /// The row after `event`; `None` removes it.
    fn apply(row: Option<Self::Row>, event: &Recorded<Self::Event>) -> Option<Self::Row>;

    /// The row's index columns, in the table's order.
    fn columns(row: &Self::Row) -> Vec<Value>;

    /// What of the row can be erased.
    fn personal(row: &Self::Row) -> Option<&PersonalData> {
        let _ = row;
        None
    }

    /// The row with its erasable part.
    fn with_personal(row: Self::Row, personal: Option<PersonalData>) -> Self::Row {
        let _ = personal;
        row
    }

    /// Names under which watchers wait for the row to change.
    fn topics(row: &Self::Row) -> Vec<String> {
        let _ = row;
        Vec::new()
    }

    /// The row as its table keeps it.
    fn write(key: &str, row: Option<&Self::Row>) -> Result<RowWrite, StoreError> {
        let content = match row {
            None => None,
            Some(row) => Some(RowContent {
                doc: to_json(row)?,
                personal: Self::personal(row).map(to_json).transpose()?,
                columns: Self::columns(row),
            }),
        };
        Ok(RowWrite { table: Self::TABLE, key: key.to_owned(), content })
    }

    /// A row read from its table.
    fn read(doc: &str, personal: Option<&str>) -> Result<Self::Row, StoreError> {
        let row: Self::Row = from_json(doc)?;
        let personal = personal.map(from_json).transpose()?;
        Ok(Self::with_personal(row, personal))
    }
}

static NO_TABLE: ViewTable = ViewTable::new("", 1, &[], &[]);

/// For streams that nobody lists.
pub struct NoView<E>(std::marker::PhantomData<fn() -> E>);

impl<E: DomainEvent> View for NoView<E> {
    type Event = E;
    type Row = ();
    const TABLE: &'static ViewTable = &NO_TABLE;

    fn key(_event: &Recorded<E>) -> Option<String> {
        None
    }

    fn apply(_row: Option<()>, _event: &Recorded<E>) -> Option<()> {
        None
    }

    fn columns((): &()) -> Vec<Value> {
        Vec::new()
    }
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable(format!("cannot be written as JSON: {error}")))
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable(format!("stored JSON does not fit: {error}")))
}
