//! Until when an answer is of use: set where a request comes in, and passed on with every call that it causes.
//!
//! The header says how many milliseconds are left and not a time of day: clocks of two machines differ.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

/// The header: the milliseconds that are left when the request is sent.
pub const DEADLINE_HEADER: &str = "baedal-deadline";

/// Until when an answer is of use; among the extensions of every request that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// An answer is always of use.
    pub const NONE: Self = Self(None);

    /// So long from now.
    pub fn after(length: Duration) -> Self {
        Self(Instant::now().checked_add(length))
    }

    /// What a request with these headers says, counted from now. What cannot be read is none.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(DEADLINE_HEADER).and_then(|value| value.to_str().ok());
        text.and_then(|text| text.parse().ok()).map_or(Self::NONE, |left| Self::after(Duration::from_millis(left)))
    }

    /// This deadline, or `length` from now where that is sooner.
    #[must_use]
    pub fn within(self, length: Duration) -> Self {
        let other = Self::after(length);
        match (self.0, other.0) {
            (Some(own), Some(other)) => Self(Some(own.min(other))),
            (Some(_), None) => self,
            (None, _) => other,
        }
    }

    /// This deadline, `length` sooner.
    #[must_use]
    pub fn sooner(self, length: Duration) -> Self {
        Self(self.0.map(|end| end.checked_sub(length).unwrap_or_else(Instant::now)))
    }

    /// How much is left; `None` where there is no end.
    pub fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// How much is left, at most `most`.
    pub fn left_of(self, most: Duration) -> Duration {
        self.left().map_or(most, |left| left.min(most))
    }

    /// The header's value for a request that is sent now; none where there is no end.
    pub fn header(self) -> Option<HeaderValue> {
        self.left().map(|left| HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Deadline {
        let mut headers = HeaderMap::new();
        headers.insert(DEADLINE_HEADER, HeaderValue::from_str(text).unwrap());
        Deadline::of(&headers)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_is_passed_on_and_shrinks() {
        let deadline = said("5000");
        tokio::time::advance(Duration::from_millis(1_200)).await;
        assert_eq!(deadline.header().unwrap(), "3800");
        assert_eq!(deadline.within(Duration::from_secs(1)).left(), Some(Duration::from_secs(1)));
        assert_eq!(deadline.within(Duration::from_secs(9)).left(), Some(Duration::from_millis(3_800)));
        assert_eq!(deadline.sooner(Duration::from_millis(800)).left(), Some(Duration::from_secs(3)));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(deadline.left(), Some(Duration::ZERO));
    }

    #[test]
    fn what_cannot_be_read_sets_no_end() {
        for text in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(said(text), Deadline::NONE, "{text}");
        }
        assert_eq!(Deadline::NONE.header(), None);
    }
}
