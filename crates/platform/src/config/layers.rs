//! Puts the layers of settings together, and knows which keys there are.

use toml::{Table, Value};

use super::{Settings, SettingsError};

/// All keys with their defaults; what a default is tells of which kind a value has to be.
pub(super) fn known() -> Table {
    Table::try_from(Settings::default()).unwrap_or_default()
}

pub(super) fn paths(table: &Table) -> Vec<Vec<String>> {
    let below = |(key, value): (&String, &Value)| match value {
        Value::Table(inner) => paths(inner).into_iter().map(|path| [vec![key.clone()], path].concat()).collect(),
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_) => vec![vec![key.clone()]],
    };
    table.iter().flat_map(below).collect()
}

pub(super) fn find<'a>(table: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (key, rest) = path.split_first()?;
    let value = table.get(key)?;
    if rest.is_empty() { Some(value) } else { find(value.as_table()?, rest) }
}

/// The file with its keys as they are known: it may write `unpaid-hold` as flags do.
pub(super) fn underscored(table: Table, known: &Table) -> Table {
    let written: Vec<String> = table.keys().cloned().collect();
    let named = |key: String| {
        let usual = key.replace('-', "_");
        if known.contains_key(&usual) && !written.contains(&usual) { usual } else { key }
    };
    table
        .into_iter()
        .map(|(key, value)| {
            let key = named(key);
            let value = match (value, known.get(&key)) {
                (Value::Table(inner), Some(Value::Table(known))) => Value::Table(underscored(inner, known)),
                (value, _) => value,
            };
            (key, value)
        })
        .collect()
}

pub(super) fn refuse_unknown(table: &Table, known: &Table, above: &str, from: &str) -> Result<(), SettingsError> {
    for (key, value) in table {
        let path = format!("{above}{key}");
        match (known.get(key), value) {
            (None, _) => return Err(unknown(from, &path)),
            (Some(Value::Table(known)), Value::Table(inner)) => {
                refuse_unknown(inner, known, &format!("{path}."), from)?;
            }
            (Some(_), _) => {}
        }
    }
    Ok(())
}

pub(super) fn unknown(from: &str, key: &str) -> SettingsError {
    SettingsError::Unknown { from: from.to_owned(), key: key.to_owned() }
}

/// Puts a text into `table` as the kind of value that `known` has at `path`; `source` is the layer and its key.
pub(super) fn put(
    table: &mut Table,
    known: &Table,
    path: &[String],
    text: &str,
    source: (&str, &str),
) -> Result<(), SettingsError> {
    let wrong = |expected| SettingsError::Value {
        from: source.0.to_owned(),
        key: source.1.to_owned(),
        value: text.to_owned(),
        expected,
    };
    let value = match find(known, path) {
        Some(Value::Integer(_)) => Value::Integer(text.parse().map_err(|_| wrong("a number"))?),
        Some(Value::Boolean(_)) => Value::Boolean(match text {
            "on" | "true" | "yes" | "1" => true,
            "off" | "false" | "no" | "0" => false,
            _ => return Err(wrong("on or off")),
        }),
        Some(Value::Array(_)) => Value::Array(list(text).ok_or_else(|| wrong("a list with commas between"))?),
        Some(_) | None => Value::String(text.to_owned()),
    };
    let mut here = table;
    for key in &path[..path.len() - 1] {
        let inner = here.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
        here = inner.as_table_mut().ok_or_else(|| wrong("within a table"))?;
    }
    here.insert(path[path.len() - 1].clone(), value);
    Ok(())
}

/// A list as people write it, or as the file has it.
fn list(text: &str) -> Option<Vec<Value>> {
    let text = text.trim();
    if text.starts_with('[') {
        let mut table = format!("list = {text}").parse::<Table>().ok()?;
        return match table.remove("list") {
            Some(Value::Array(list)) => Some(list),
            Some(_) | None => None,
        };
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Some(parts.map(|part| Value::String(part.to_owned())).collect())
}
