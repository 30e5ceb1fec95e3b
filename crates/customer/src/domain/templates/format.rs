//! How times, amounts and lists of dishes are written in messages.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use kernel::Time;
use kernel::lang::Language;

/// `오후 7:25` or `7:25 pm`.
pub fn clock(at: Time, zone: &TimeZone, language: Language) -> String {
    clock_of(zone.to_datetime(at), language)
}

/// `11월 22일(일) 오후 6:42` or `Sun 22 Nov, 6:42 pm`.
pub fn date_and_clock(at: Time, zone: &TimeZone, language: Language) -> String {
    let local = zone.to_datetime(at);
    let (weekday, day, clock) = (weekday(local.weekday(), language), local.day(), clock_of(local, language));
    match language {
        Language::Ko => format!("{}월 {day}일({weekday}) {clock}", local.month()),
        Language::En => format!("{weekday} {day} {}, {clock}", month(local.month())),
    }
}

/// `2026년 11월 22일 일요일` or `Sun 22 Nov 2026`.
pub fn day(date: Date, language: Language) -> String {
    let (weekday, year, day) = (weekday(date.weekday(), language), date.year(), date.day());
    match language {
        Language::Ko => format!("{year}년 {}월 {day}일 {weekday}요일", date.month()),
        Language::En => format!("{weekday} {day} {} {year}", month(date.month())),
    }
}

/// `반반치킨 외 2건` or `Half & Half Chicken and 2 more`, in at most `at_most` characters: the name is cut, not the
/// count. `dishes` are names with how many of each.
pub fn summary<'a>(dishes: impl IntoIterator<Item = (&'a str, u32)>, language: Language, at_most: usize) -> String {
    let mut dishes = dishes.into_iter().filter(|(_, quantity)| *quantity > 0);
    let Some((name, quantity)) = dishes.next() else { return String::new() };
    let others = dishes.count();
    let rest = match (language, others, quantity) {
        (_, 0, 1) => String::new(),
        (Language::Ko, 0, quantity) => format!(" {quantity}개"),
        (Language::En, 0, quantity) => format!(" x {quantity}"),
        (Language::Ko, others, _) => format!(" 외 {others}건"),
        (Language::En, others, _) => format!(" and {others} more"),
    };
    let name = super::values::fitted(name, at_most.saturating_sub(rest.chars().count()));
    name + &rest
}

fn clock_of(local: DateTime, language: Language) -> String {
    let (hour, minute) = (local.hour(), local.minute());
    let on_the_dial = if hour % 12 == 0 { 12 } else { hour % 12 };
    match (language, hour < 12) {
        (Language::Ko, true) => format!("오전 {on_the_dial}:{minute:02}"),
        (Language::Ko, false) => format!("오후 {on_the_dial}:{minute:02}"),
        (Language::En, true) => format!("{on_the_dial}:{minute:02} am"),
        (Language::En, false) => format!("{on_the_dial}:{minute:02} pm"),
    }
}

const fn weekday(day: Weekday, language: Language) -> &'static str {
    let (ko, en) = match day {
        Weekday::Monday => ("월", "Mon"),
        Weekday::Tuesday => ("화", "Tue"),
        Weekday::Wednesday => ("수", "Wed"),
        Weekday::Thursday => ("목", "Thu"),
        Weekday::Friday => ("금", "Fri"),
        Weekday::Saturday => ("토", "Sat"),
        Weekday::Sunday => ("일", "Sun"),
    };
    match language {
        Language::Ko => ko,
        Language::En => en,
    }
}

fn month(month: i8) -> &'static str {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(month - 1).ok().and_then(|index| NAMES.get(index)).copied().unwrap_or_default()
}
