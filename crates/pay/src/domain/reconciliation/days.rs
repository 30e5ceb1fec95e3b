//! The days of the books, and when each is compared.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::Time;

/// The hour at which the day before is compared: late enough for its last orders to be over.
const HOUR: i8 = 4;
/// How many days are made up for after a long time without a comparison.
const MOST_DAYS: i32 = 7;

/// A day of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub date: Date,
    /// Its first moment.
    pub from: Time,
    /// The first moment of the next.
    pub until: Time,
}

impl Day {
    /// The day of that date in `zone`; `None` at the ends of time.
    pub fn of(date: Date, zone: &TimeZone) -> Option<Self> {
        let begins = |date: Date| date.to_zoned(zone.clone()).ok().map(|begin| begin.timestamp());
        Some(Self { date, from: begins(date)?, until: begins(date.tomorrow().ok()?)? })
    }

    /// Whether `at` lies in it.
    pub fn holds(&self, at: Time) -> bool {
        (self.from..self.until).contains(&at)
    }
}

/// The dates that are to be compared by `now`, oldest first, when `last` was the last one that was.
pub fn due(last: Option<Date>, now: Time, zone: &TimeZone) -> Vec<Date> {
    let Ok(newest) = working_date(now, zone).yesterday() else { return Vec::new() };
    let oldest = newest.saturating_sub((MOST_DAYS - 1).days());
    let first = last.map_or(newest, |last| last.saturating_add(1.day()).max(oldest));
    first.series(1.day()).take_while(|date| *date <= newest).collect()
}

/// When the next date is compared.
pub fn next_run(now: Time, zone: &TimeZone) -> Time {
    let date = working_date(now, zone).saturating_add(1.day());
    date.at(HOUR, 0, 0, 0).to_zoned(zone.clone()).map_or(Time::MAX, |next| next.timestamp())
}

/// The date by a clock on which a day begins at [`HOUR`].
fn working_date(now: Time, zone: &TimeZone) -> Date {
    now.to_zoned(zone.clone()).datetime().saturating_sub(HOUR.hours()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn korea() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(9))
    }

    /// A time in Korea.
    fn at(text: &str) -> Time {
        format!("{text}+09:00").parse().unwrap()
    }

    fn dates(last: Option<&str>, now: &str) -> Vec<String> {
        let last = last.map(|last| last.parse().unwrap());
        due(last, at(now), &korea()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_day_is_counted_where_we_live() {
        let day = Day::of("2026-11-22".parse().unwrap(), &korea()).unwrap();
        assert_eq!((day.from, day.until), (at("2026-11-22T00:00"), at("2026-11-23T00:00")));
        assert!(day.holds(day.from) && !day.holds(day.until));
        assert_eq!(Day::of(Date::MAX, &korea()), None);
    }

    #[test]
    fn the_day_before_is_due_from_four_o_clock_on_and_once() {
        assert_eq!(dates(None, "2026-11-23T04:00"), ["2026-11-22"]);
        assert_eq!(dates(None, "2026-11-23T03:59"), ["2026-11-21"]);
        assert_eq!(dates(Some("2026-11-21"), "2026-11-23T03:59"), Vec::<String>::new());
        assert_eq!(dates(Some("2026-11-21"), "2026-11-23T04:00"), ["2026-11-22"]);
        assert_eq!(dates(Some("2026-11-22"), "2026-11-23T23:00"), Vec::<String>::new());
        assert_eq!(dates(Some("2026-12-24"), "2026-11-23T23:00"), Vec::<String>::new());
    }

    #[test]
    fn days_that_were_missed_are_made_up_for_but_not_all_of_a_long_time() {
        assert_eq!(dates(Some("2026-11-19"), "2026-11-23T05:00"), ["2026-11-20", "2026-11-21", "2026-11-22"]);
        let week = dates(Some("2026-01-01"), "2026-11-23T05:00");
        assert_eq!((week.len(), week[0].as_str(), week[6].as_str()), (7, "2026-11-16", "2026-11-22"));
    }

    #[test]
    fn the_next_run_is_the_next_four_o_clock() {
        let next = |now| next_run(at(now), &korea());
        assert_eq!(next("2026-11-23T03:59"), at("2026-11-23T04:00"));
        assert_eq!(next("2026-11-23T04:00"), at("2026-11-24T04:00"));
        assert_eq!(next("2026-11-23T19:00"), at("2026-11-24T04:00"));
    }
}
