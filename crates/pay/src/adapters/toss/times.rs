//! Times as Toss writes them: Korea's, with the offset where they stand in a payment, without it in a query.

use jiff::Zoned;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};
use kernel::Time;

fn in_korea(at: Time) -> Zoned {
    at.to_zoned(TimeZone::fixed(offset(9)))
}

/// As in `2026-11-22T19:00:00+09:00`.
pub(super) fn full(at: Time) -> String {
    in_korea(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// As in `2026-11-22T19:00:00`.
pub(super) fn civil(at: Time) -> String {
    in_korea(at).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// As in `2026-11-22T19:00:00.000000`.
pub(super) fn fine(at: Time) -> String {
    in_korea(at).strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// Reads what [`civil`] writes.
pub(super) fn read_civil(text: &str) -> Option<Time> {
    let civil: DateTime = text.parse().ok()?;
    civil.to_zoned(TimeZone::fixed(offset(9))).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_koreas() {
        let at: Time = "2026-11-22T10:00:00.25Z".parse().unwrap();
        assert_eq!(full(at), "2026-11-22T19:00:00+09:00");
        assert_eq!(civil(at), "2026-11-22T19:00:00");
        assert_eq!(fine(at), "2026-11-22T19:00:00.250000");
        assert_eq!(read_civil("2026-11-22T19:00:00"), Some("2026-11-22T10:00:00Z".parse().unwrap()));
        assert_eq!(read_civil("yesterday"), None);
    }
}
