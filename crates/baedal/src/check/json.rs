//! Looking into JSON that others wrote: what is missing is empty, and shows as a difference.

use serde_json::Value;

/// The text named `name`.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The number named `name`.
pub(super) fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// The list named `name`.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether something is named `name`.
pub(super) fn has(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(|found| !found.is_null())
}

/// The sum of the numbers named `name` in `items`.
pub(super) fn sum(items: &[Value], name: &str) -> i64 {
    items.iter().fold(0, |sum, item| sum.saturating_add(number(item, name)))
}

/// Quantities by line, as adjustments cut them down.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Lines(Vec<(String, i64)>);

impl Lines {
    /// The lines in `items`.
    pub(super) fn of(items: &[Value]) -> Self {
        Self(items.iter().map(|line| (text(line, "lineId").to_owned(), number(line, "quantity"))).collect())
    }

    /// Cuts them down to what `items` leaves.
    pub(super) fn cut(&mut self, items: &[Value]) {
        for cut in items {
            let known = self.0.iter_mut().find(|(line, _)| line == text(cut, "lineId"));
            if let Some((_, quantity)) = known {
                *quantity = (*quantity).min(number(cut, "quantity"));
            }
        }
    }
}
