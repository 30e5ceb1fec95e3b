//! What a test does to the files: hides a log, looks into it, spoils it.

use std::path::PathBuf;

use kernel::Context;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::support::TestApp;

/// Everything but the store, with the gateway, and the store by itself.
pub const ALL_BUT_STORE: &[Context] = &[Context::App, Context::Pay, Context::Customer, Context::Delivery];

impl TestApp {
    /// The store as its own process beside everything else.
    pub async fn start_with_store_apart() -> Self {
        let app = Self::start_apart(&[ALL_BUT_STORE, &[Context::Store]]).await;
        app.rest().await;
        app
    }

    pub fn log_of(&self, context: Context) -> PathBuf {
        self.settings.data_dir.join(format!("{context}.db"))
    }

    /// Takes a log's file away from its readers; whoever has it open goes on with it.
    pub fn hide(&self, context: Context) {
        std::fs::rename(self.log_of(context), self.hidden(context)).unwrap();
    }

    pub fn bring_back(&self, context: Context) {
        std::fs::rename(self.hidden(context), self.log_of(context)).unwrap();
    }

    fn hidden(&self, context: Context) -> PathBuf {
        self.settings.data_dir.join(format!("{context}.away"))
    }

    /// The log as it lies there.
    pub fn raw(&self, context: Context) -> Connection {
        Connection::open(self.log_of(context)).unwrap()
    }

    /// Every row of every view of `context`, as its table keeps it.
    pub fn views(&self, context: Context) -> Vec<(String, Vec<Vec<Value>>)> {
        let connection = self.raw(context);
        let rows = |name: &String| (name.clone(), rows(&connection, &format!("SELECT * FROM {name} ORDER BY 1")));
        view_tables(&connection).iter().map(rows).collect()
    }

    /// Takes every view of `context` away.
    pub fn drop_views(&self, context: Context) {
        let connection = self.raw(context);
        for name in view_tables(&connection) {
            connection
                .execute_batch(&format!("DROP TABLE {name}; DELETE FROM meta WHERE name = 'view/{name}'"))
                .unwrap();
        }
    }
}

/// The names of a database's views.
fn view_tables(connection: &Connection) -> Vec<String> {
    let names = rows(connection, "SELECT substr(name, 6) FROM meta WHERE name LIKE 'view/%' ORDER BY name");
    names.into_iter().filter_map(|row| text(&row[0])).collect()
}

/// The names of all tables of a database.
pub fn tables(connection: &Connection) -> Vec<String> {
    let names = rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table'");
    names.into_iter().filter_map(|row| text(&row[0])).collect()
}

pub fn rows(connection: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    statement.query_map([], row).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Null | Value::Integer(_) | Value::Real(_) => None,
    }
}
