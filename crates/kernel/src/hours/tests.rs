use super::*;

const DEMO: &str = include_str!("../../tests/demo-hours.json");

fn demo(index: usize) -> Hours {
    serde_json::from_str::<Vec<Hours>>(DEMO).unwrap()[index].clone()
}

/// In Seoul; 2026-11-22 is a Sunday.
fn seoul(text: &str) -> Time {
    format!("{text}:00+09:00").parse().unwrap()
}

fn spans(spans: &[(&str, &str)]) -> Vec<Span> {
    spans.iter().map(|(open, close)| Span { open: (*open).to_owned(), close: (*close).to_owned() }).collect()
}

fn daily(day: &[(&str, &str)], last_order: u32) -> Hours {
    let day = || spans(day);
    Hours {
        timezone: "Asia/Seoul".to_owned(),
        weekly: Week { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: day(), sun: day() },
        last_order_minutes_before_close: last_order,
        ..Hours::default()
    }
}

#[track_caller]
fn open(hours: &Hours, moments: &[&str]) {
    for moment in moments {
        assert!(hours.take_orders_at(seoul(moment)), "closed at {moment}");
    }
}

#[track_caller]
fn closed(hours: &Hours, moments: &[&str]) {
    for moment in moments {
        assert!(!hours.take_orders_at(seoul(moment)), "open at {moment}");
    }
}

#[test]
fn every_demo_store_has_hours_that_can_be_kept_and_keeps_their_json() {
    let all: Vec<serde_json::Value> = serde_json::from_str(DEMO).unwrap();
    assert_eq!(all.len(), 12);
    for json in all {
        let hours: Hours = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(hours.validate(), Ok(()));
        assert_eq!(serde_json::to_value(&hours).unwrap(), json);
    }
}

#[test]
fn a_chicken_store_takes_orders_past_midnight_until_half_an_hour_before_closing() {
    let hours = demo(0);
    open(&hours, &["2026-11-23T16:00", "2026-11-23T23:59", "2026-11-24T00:00", "2026-11-24T00:29"]);
    closed(&hours, &["2026-11-23T15:59", "2026-11-24T00:30", "2026-11-24T01:00", "2026-11-24T12:00"]);
    // Friday's span runs to two o'clock on Saturday, Saturday's begins at three.
    open(&hours, &["2026-11-28T01:29", "2026-11-28T15:00", "2026-11-29T01:29"]);
    closed(&hours, &["2026-11-28T01:30", "2026-11-28T14:59", "2026-11-29T01:30"]);
}

#[test]
fn a_store_that_is_off_on_mondays_closes_at_midnight() {
    let hours = demo(1);
    open(&hours, &["2026-11-22T15:00", "2026-11-22T23:19", "2026-11-24T15:00"]);
    closed(&hours, &["2026-11-22T23:20", "2026-11-23T00:00", "2026-11-23T18:00", "2026-11-24T00:00"]);
}

#[test]
fn the_stores_that_never_close_have_no_gap_at_midnight() {
    for store in [2, 3, 8, 10] {
        let hours = demo(store);
        let midnight = seoul("2026-11-22T00:00").as_second();
        for minute in 0..8 * 24 * 60 {
            let at = Time::from_second(midnight + minute * 60 + 59).unwrap();
            assert!(hours.take_orders_at(at), "store {store} closed at {at}");
        }
    }
}

#[test]
fn a_break_closes_and_so_does_the_last_order_before_it() {
    let hours = demo(4);
    open(&hours, &["2026-11-23T10:30", "2026-11-23T14:39", "2026-11-23T16:30", "2026-11-23T20:09", "2026-11-28T14:39"]);
    closed(&hours, &["2026-11-23T10:29", "2026-11-23T14:40", "2026-11-23T16:29", "2026-11-23T20:10"]);
    closed(&hours, &["2026-11-28T16:30", "2026-11-22T12:00"]);
    let hours = demo(6);
    open(&hours, &["2026-11-23T14:39", "2026-11-23T20:39", "2026-11-22T15:30", "2026-11-28T15:30"]);
    closed(&hours, &["2026-11-23T15:30", "2026-11-22T20:40"]);
}

#[test]
fn the_second_and_fourth_tuesday_of_a_month_are_off() {
    let hours = demo(5);
    open(&hours, &["2026-11-03T13:00", "2026-11-17T22:59", "2026-12-01T13:00", "2026-11-11T13:00"]);
    closed(&hours, &["2026-11-10T13:00", "2026-11-24T22:00", "2026-12-08T18:00", "2026-11-03T23:00"]);
    open(&hours, &["2026-12-29T18:00"]);
}

#[test]
fn plain_day_stores_keep_their_hours() {
    open(&demo(7), &["2026-11-22T11:00", "2026-11-22T22:29"]);
    closed(&demo(7), &["2026-11-22T10:59", "2026-11-22T22:30"]);
    open(&demo(9), &["2026-11-23T07:00", "2026-11-28T19:44"]);
    closed(&demo(9), &["2026-11-23T06:59", "2026-11-23T19:45", "2026-11-22T10:00"]);
    open(&demo(11), &["2026-11-22T12:00", "2026-11-22T21:59"]);
    closed(&demo(11), &["2026-11-22T11:59", "2026-11-22T22:00"]);
}

#[test]
fn a_day_off_closes_the_spans_that_begin_on_it_and_not_the_night_before() {
    let mut hours = daily(&[("18:00", "03:00")], 0);
    hours.monthly_closed = vec![MonthlyClosed { day: "tue".to_owned(), weeks: vec![4] }];
    open(&hours, &["2026-11-24T02:59", "2026-11-25T18:00"]);
    closed(&hours, &["2026-11-24T18:00", "2026-11-24T23:59", "2026-11-25T00:00", "2026-11-25T02:59"]);
}

#[test]
fn the_last_order_is_not_cut_where_spans_touch() {
    let hours = daily(&[("00:00", "24:00")], 30);
    open(&hours, &["2026-11-22T23:29", "2026-11-22T23:30", "2026-11-22T23:59", "2026-11-23T00:00"]);
    let mut off = hours.clone();
    off.monthly_closed = vec![MonthlyClosed { day: "mon".to_owned(), weeks: vec![4] }];
    open(&off, &["2026-11-22T23:29"]);
    closed(&off, &["2026-11-22T23:30", "2026-11-23T12:00"]);
    let within = daily(&[("11:00", "15:00"), ("15:00", "15:10"), ("15:10", "21:00")], 30);
    open(&within, &["2026-11-22T14:45", "2026-11-22T15:05", "2026-11-22T20:29"]);
    closed(&within, &["2026-11-22T20:30"]);
}

#[test]
fn a_short_span_after_a_seam_moves_the_last_order_by_its_length_only() {
    let hours = daily(&[("20:00", "24:00"), ("00:00", "00:20")], 30);
    open(&hours, &["2026-11-22T23:49"]);
    closed(&hours, &["2026-11-22T23:50", "2026-11-23T00:10"]);
}

#[test]
fn a_close_that_equals_the_open_is_a_whole_day() {
    let hours = daily(&[("10:00", "10:00")], 0);
    open(&hours, &["2026-11-22T10:00", "2026-11-22T09:59", "2026-11-22T00:00"]);
}

#[test]
fn the_hours_are_meant_in_the_stores_zone_and_follow_its_summer_time() {
    let mut hours = daily(&[("09:00", "17:00")], 0);
    hours.timezone = "Europe/Berlin".to_owned();
    assert!(hours.take_orders_at("2026-07-01T07:00:00Z".parse().unwrap()));
    assert!(!hours.take_orders_at("2026-12-01T07:59:59Z".parse().unwrap()));
    assert!(hours.take_orders_at("2026-12-01T08:00:00Z".parse().unwrap()));
}

#[test]
fn the_next_opening_skips_days_off_and_is_now_when_open() {
    let hours = demo(5);
    let next = |at: &str| hours.next_opening(seoul(at));
    assert_eq!(next("2026-11-23T14:00"), Some(seoul("2026-11-23T14:00")));
    assert_eq!(next("2026-11-23T12:00"), Some(seoul("2026-11-23T13:00")));
    assert_eq!(next("2026-11-23T23:00"), Some(seoul("2026-11-25T13:00")), "the 24th is a fourth Tuesday");
    assert_eq!(demo(4).next_opening(seoul("2026-11-23T15:00")), Some(seoul("2026-11-23T16:30")));
    assert_eq!(demo(4).next_opening(seoul("2026-11-28T14:40")), Some(seoul("2026-11-30T10:30")));
}

#[test]
fn a_store_without_spans_never_opens_and_one_for_fifth_fridays_does() {
    assert_eq!(daily(&[], 0).next_opening(seoul("2026-11-22T12:00")), None);
    assert_eq!(daily(&[("10:00", "10:20")], 30).next_opening(seoul("2026-11-22T12:00")), None);
    let mut hours = daily(&[], 0);
    hours.weekly.fri = spans(&[("10:00", "12:00")]);
    hours.monthly_closed = vec![MonthlyClosed { day: "fri".to_owned(), weeks: vec![1, 2, 3, 4] }];
    assert_eq!(hours.next_opening(seoul("2026-11-22T12:00")), Some(seoul("2027-01-29T10:00")));
}

#[test]
fn hours_that_cannot_be_kept_are_refused_with_the_reason_and_never_open() {
    let refused = |hours: &Hours| {
        assert!(!hours.take_orders_at(seoul("2026-11-22T12:00")));
        assert_eq!(hours.next_opening(seoul("2026-11-22T12:00")), None);
        hours.validate().unwrap_err()
    };
    for bad in ["9:00", "24:00", "25:00", "12:60", "", "ab:cd", "12-00", "012:0"] {
        assert_eq!(refused(&daily(&[(bad, "23:00")], 0)), HoursError::NotATime(bad.to_owned()));
    }
    assert_eq!(refused(&daily(&[("10:00", "24:01")], 0)), HoursError::NotATime("24:01".to_owned()));
    let open = daily(&[("00:00", "24:00")], 0);
    let zone = Hours { timezone: "Asia/Nowhere".to_owned(), ..open.clone() };
    assert_eq!(refused(&zone), HoursError::UnknownZone("Asia/Nowhere".to_owned()));
    let off = |day: &str, week| Hours {
        monthly_closed: vec![MonthlyClosed { day: day.to_owned(), weeks: vec![week] }],
        ..open.clone()
    };
    assert_eq!(refused(&off("Tue", 1)), HoursError::UnknownWeekday("Tue".to_owned()));
    assert_eq!(refused(&off("tue", 0)), HoursError::UnknownWeek(0));
    assert_eq!(refused(&off("tue", 6)), HoursError::UnknownWeek(6));
    assert_eq!(refused(&daily(&[("00:00", "24:00")], 1441)), HoursError::LastOrder);
}

#[test]
fn spans_that_overlap_are_refused_also_over_midnight_and_over_the_week() {
    let overlapping = |hours: Hours| matches!(hours.validate(), Err(HoursError::Overlapping(..)));
    assert!(overlapping(daily(&[("10:00", "15:00"), ("14:59", "20:00")], 0)));
    assert!(overlapping(daily(&[("01:00", "15:00"), ("16:00", "01:01")], 0)));
    let mut sunday = Hours { timezone: "Asia/Seoul".to_owned(), ..Hours::default() };
    sunday.weekly.sun = spans(&[("20:00", "02:00")]);
    sunday.weekly.mon = spans(&[("01:00", "03:00")]);
    assert!(overlapping(sunday));
    assert!(!overlapping(daily(&[("16:00", "21:00"), ("11:00", "16:00")], 0)));
}
