//! How far a reader has come in each context's log, as one text.

use std::collections::BTreeMap;
use std::fmt;

use kernel::Context;

/// Positions like `app:120;customer:7`; a context that is not named has not been read at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor(BTreeMap<Context, u64>);

impl Cursor {
    /// Reads what [`fmt::Display`] writes; `None` when it is something else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut positions = BTreeMap::new();
        for part in text.split(';').filter(|_| !text.is_empty()) {
            let (name, position) = part.split_once(':')?;
            let context = Context::ALL.into_iter().find(|context| context.name() == name)?;
            if positions.insert(context, position.parse().ok()?).is_some() {
                return None;
            }
        }
        Some(Self(positions))
    }

    /// The last position read of `context`.
    pub(super) fn of(&self, context: Context) -> u64 {
        self.0.get(&context).copied().unwrap_or_default()
    }

    /// The event of `context` at `position` has been read.
    pub(super) fn read(&mut self, context: Context, position: u64) {
        self.0.insert(context, position);
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (context, position)) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { ";" };
            write!(f, "{gap}{context}:{position}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let mut cursor = Cursor::default();
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor.clone()));
        cursor.read(Context::Customer, 7);
        cursor.read(Context::App, 120);
        assert_eq!(cursor.to_string(), "app:120;customer:7");
        assert_eq!(Cursor::parse("customer:7;app:120"), Some(cursor));
    }

    #[test]
    fn rubbish_is_no_cursor() {
        for text in ["120", "app", "app:", "app:-1", "king:1", "app:1;", ";", "app:1;app:2"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
