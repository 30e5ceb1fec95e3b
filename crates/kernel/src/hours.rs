//! When a store is open.

mod open;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::open::OpenHours;
use crate::Time;
use crate::lang::Localized;

/// Opening hours of a week, in the store's own time zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hours {
    /// IANA name of the zone the hours are meant in.
    pub timezone: String,
    /// The spans of each weekday.
    pub weekly: Week,
    /// How many minutes before a span ends the last order is taken.
    #[serde(default)]
    pub last_order_minutes_before_close: u32,
    /// Days off by their number within the month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monthly_closed: Vec<MonthlyClosed>,
    /// What people read about the hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Localized>,
}

/// The spans of each weekday; a day without spans is a day off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Week {
    pub mon: Vec<Span>,
    pub tue: Vec<Span>,
    pub wed: Vec<Span>,
    pub thu: Vec<Span>,
    pub fri: Vec<Span>,
    pub sat: Vec<Span>,
    pub sun: Vec<Span>,
}

/// From when to when, as `HH:MM`; a close not later than the open means the next day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Span {
    /// When it opens.
    pub open: String,
    /// When it closes; `24:00` is midnight.
    pub close: String,
}

/// The nth of a weekday in a month on which the store stays closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MonthlyClosed {
    /// `mon` to `sun`.
    pub day: String,
    /// 1 to 5.
    pub weeks: Vec<u8>,
}

/// Hours that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not a time of day as `HH:MM`.
    #[error("{0:?} is not a time of day as HH:MM")]
    NotATime(String),
    /// A zone that the time zone database does not have.
    #[error("{0:?} is not a time zone")]
    UnknownZone(String),
    /// Not `mon` to `sun`.
    #[error("{0:?} is not a weekday: mon, tue, wed, thu, fri, sat or sun")]
    UnknownWeekday(String),
    /// A month has a first to a fifth of each weekday.
    #[error("{0} is not a week of a month: 1 to 5")]
    UnknownWeek(u8),
    /// Two spans cover the same time.
    #[error("the span from {0} on {1} overlaps with the one after it")]
    Overlapping(String, &'static str),
    /// The last order would be taken more than a day before closing.
    #[error("the last order is taken at most a day before closing")]
    LastOrder,
}

impl Hours {
    /// Whether orders are taken at `at`: within a span and before its last order. Hours that cannot
    /// be read take none. Who asks often asks an [`OpenHours`], which is read once.
    pub fn take_orders_at(&self, at: Time) -> bool {
        OpenHours::from(self).take_orders_at(at)
    }

    /// The first moment from `at` on at which orders are taken, `at` itself included.
    pub fn next_opening(&self, at: Time) -> Option<Time> {
        OpenHours::from(self).next_opening(at)
    }

    /// Whether these hours can be kept, and if not, why.
    pub fn validate(&self) -> Result<(), HoursError> {
        OpenHours::read(self).map(|_| ())
    }
}

impl Week {
    /// The days with their names, from Monday.
    fn days(&self) -> [(&'static str, &[Span]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}
