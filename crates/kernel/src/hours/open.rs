//! Opening hours, read once and asked often.

use jiff::civil::{Date, Time as Clock};
use jiff::tz::TimeZone;

use super::{Hours, HoursError, MonthlyClosed, Span};
use crate::Time;

const DAY: i32 = 24 * 60;
const WEEK: i32 = 7 * DAY;

/// How many days ahead an opening is looked for: a fifth weekday of a month comes at least this often.
const DAYS_AHEAD: i32 = 120;

/// Opening hours in the form in which they are asked: numbers, not text.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenHours {
    zone: TimeZone,
    /// The spans that begin on each weekday, from Monday.
    days: [Vec<Minutes>; 7],
    last_order_minutes: i32,
    /// For each weekday the weeks of the month that are off, bit n for the nth.
    weeks_off: [u8; 7],
}

/// From and to, in minutes since the midnight on which the span's day begins; `to` may lie in the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Minutes {
    from: i32,
    to: i32,
}

/// A moment in the store's own time, as minutes since the midnight that begins `today`.
#[derive(Debug, Clone, Copy)]
struct Local {
    today: Date,
    minute: i32,
}

impl From<&Hours> for OpenHours {
    /// Hours that cannot be read never open.
    fn from(hours: &Hours) -> Self {
        Self::read(hours).unwrap_or(Self {
            zone: TimeZone::UTC,
            days: Default::default(),
            last_order_minutes: 0,
            weeks_off: [0; 7],
        })
    }
}

impl OpenHours {
    /// Reads hours, or says why they cannot be kept.
    pub fn read(hours: &Hours) -> Result<Self, HoursError> {
        let zone = TimeZone::get(&hours.timezone).map_err(|_| HoursError::UnknownZone(hours.timezone.clone()))?;
        let mut days: [Vec<Minutes>; 7] = Default::default();
        for (day, (_, spans)) in days.iter_mut().zip(hours.weekly.days()) {
            *day = spans.iter().map(Minutes::read).collect::<Result<_, _>>()?;
            day.sort_by_key(|span| span.from);
        }
        refuse_overlaps(&days, hours)?;
        let last_order_minutes = i32::try_from(hours.last_order_minutes_before_close)
            .ok()
            .filter(|minutes| *minutes <= DAY)
            .ok_or(HoursError::LastOrder)?;
        Ok(Self { zone, days, last_order_minutes, weeks_off: weeks_off(&hours.monthly_closed)? })
    }

    /// Whether orders are taken at `at`: within a span and before its last order.
    ///
    /// Spans that touch are one: the last order is taken before the end of the last of them.
    pub fn take_orders_at(&self, at: Time) -> bool {
        let local = self.local(at);
        let mut now = local.minute;
        while let Some(end) = self.end_of_span(local.today, now) {
            if local.minute < end - self.last_order_minutes {
                return true;
            }
            now = end;
        }
        false
    }

    /// The first moment from `at` on at which orders are taken, `at` itself included.
    pub fn next_opening(&self, at: Time) -> Option<Time> {
        if self.take_orders_at(at) {
            return Some(at);
        }
        let today = self.local(at).today;
        (0..DAYS_AHEAD)
            .filter_map(|ahead| after(today, ahead))
            .flat_map(|date| self.spans_of(date).iter().map(move |span| (date, span.from)))
            .filter_map(|(date, from)| self.moment(date, from))
            .find(|moment| *moment >= at && self.take_orders_at(*moment))
    }

    fn local(&self, at: Time) -> Local {
        let local = self.zone.to_datetime(at);
        Local { today: local.date(), minute: i32::from(local.hour()) * 60 + i32::from(local.minute()) }
    }

    fn moment(&self, date: Date, minute: i32) -> Option<Time> {
        let clock = Clock::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
        self.zone.to_timestamp(date.to_datetime(clock)).ok()
    }

    /// When the span that covers `minute` of `today` ends; a span of the day before may still run.
    fn end_of_span(&self, today: Date, minute: i32) -> Option<i32> {
        let day = minute.div_euclid(DAY);
        [day, day - 1].into_iter().find_map(|day| {
            let within = minute - day * DAY;
            let spans = self.spans_of(after(today, day)?);
            let span = spans.iter().find(|span| span.from <= within && within < span.to)?;
            Some(span.to + day * DAY)
        })
    }

    /// The spans that begin on `date`: none on a day off.
    fn spans_of(&self, date: Date) -> &[Minutes] {
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let week = (date.day() - 1) / 7 + 1;
        if self.weeks_off[weekday] & (1 << week) == 0 { &self.days[weekday] } else { &[] }
    }
}

impl Minutes {
    fn read(span: &Span) -> Result<Self, HoursError> {
        let from = minute_of_day(&span.open).filter(|minute| *minute < DAY);
        let from = from.ok_or_else(|| HoursError::NotATime(span.open.clone()))?;
        let to = minute_of_day(&span.close).ok_or_else(|| HoursError::NotATime(span.close.clone()))?;
        Ok(Self { from, to: if to <= from { to + DAY } else { to } })
    }
}

/// `HH:MM` from 00:00 to 24:00.
fn minute_of_day(text: &str) -> Option<i32> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
    let (hour, minute) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY).then_some(minutes)
}

fn weeks_off(closed: &[MonthlyClosed]) -> Result<[u8; 7], HoursError> {
    let mut off = [0; 7];
    for MonthlyClosed { day, weeks } in closed {
        let weekday = super::Week::default().days().iter().position(|(name, _)| name == day);
        let weekday = weekday.ok_or_else(|| HoursError::UnknownWeekday(day.clone()))?;
        for week in weeks {
            if !(1..=5).contains(week) {
                return Err(HoursError::UnknownWeek(*week));
            }
            off[weekday] |= 1 << week;
        }
    }
    Ok(off)
}

/// The spans of a whole week in order: each ends before the next begins, the last before next week's first.
fn refuse_overlaps(days: &[Vec<Minutes>; 7], hours: &Hours) -> Result<(), HoursError> {
    let week: Vec<(usize, Minutes)> = (0..)
        .zip(days)
        .flat_map(|(day, spans)| {
            spans.iter().map(move |span| {
                let midnight = day * DAY;
                (day as usize, Minutes { from: midnight + span.from, to: midnight + span.to })
            })
        })
        .collect();
    let first_again = week.first().map(|(_, first)| first.from + WEEK);
    let begins = week.iter().skip(1).map(|(_, span)| span.from).chain(first_again);
    for ((day, span), next) in week.iter().zip(begins) {
        if span.to > next {
            let from = span.from % DAY;
            return Err(HoursError::Overlapping(
                format!("{:02}:{:02}", from / 60, from % 60),
                hours.weekly.days()[*day].0,
            ));
        }
    }
    Ok(())
}

fn after(date: Date, days: i32) -> Option<Date> {
    match days {
        0 => Some(date),
        -1 => date.yesterday().ok(),
        _ => date.checked_add(jiff::Span::new().try_days(days).ok()?).ok(),
    }
}
