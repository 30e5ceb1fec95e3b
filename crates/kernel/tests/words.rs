//! Properties of the words that everyone uses: money, languages, numbers, adjustments.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::ids::{LineId, MenuId, OrderId};
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::order::{AdjustmentError, Line, LineLeft, OrderNumber, adjust_lines, adjustment_amount, are_left};
use proptest::prelude::*;
use uuid::Uuid;

proptest! {
    #[test]
    fn money_never_wraps(a: i64, b: i64, count: u32) {
        let exact = |result: i128| i64::try_from(result).ok();
        let got = |result: Result<Amount, _>| result.ok().map(Amount::minor);
        let (x, y) = (Amount::new(a), Amount::new(b));
        prop_assert_eq!(got(x.plus(y)), exact(i128::from(a) + i128::from(b)));
        prop_assert_eq!(got(x.minus(y)), exact(i128::from(a) - i128::from(b)));
        prop_assert_eq!(got(x.times(count)), exact(i128::from(a) * i128::from(count)));
        prop_assert_eq!(got(Amount::sum([x, y])), exact(i128::from(a) + i128::from(b)));
        let clamp = |sum: i128| i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX });
        prop_assert_eq!(x.saturating_plus(y).minor(), clamp(i128::from(a) + i128::from(b)));
        prop_assert_eq!(x.saturating_minus(y).minor(), clamp(i128::from(a) - i128::from(b)));
    }

    #[test]
    fn the_tax_within_a_price_is_the_eleventh_nearest_to_it(price in 0_i64..1_000_000_000_000) {
        let tax = Amount::new(price).vat_included().minor();
        prop_assert!((tax * 11 - price).abs() <= 5);
    }

    #[test]
    fn an_amount_prints_a_comma_before_every_three_digits(minor: i64) {
        let text = Amount::new(minor).to_string();
        prop_assert_eq!(text.replace(',', ""), minor.to_string());
        let groups: Vec<&str> = text.trim_start_matches('-').split(',').collect();
        prop_assert!((1..=3).contains(&groups[0].len()));
        prop_assert!(groups[1..].iter().all(|group| group.len() == 3));
    }

    #[test]
    fn any_language_header_is_understood_as_one_of_ours(header in "\\PC{0,40}") {
        let language = Language::accepted(&header);
        let lower = header.to_lowercase();
        prop_assert!(language == Language::Ko || lower.contains("en"));
    }

    #[test]
    fn an_order_number_is_dated_in_the_zone_and_has_four_unmistakable_characters(
        id: u128,
        second in 0_i64..4_000_000_000,
    ) {
        let seoul = TimeZone::fixed(jiff::tz::offset(9));
        let at = Time::from_second(second).unwrap();
        let number = OrderNumber::of(OrderId::from(Uuid::from_u128(id)), at, &seoul);
        let (date, random) = number.as_str().split_once('-').unwrap();
        prop_assert_eq!(date, at.to_zoned(seoul).strftime("%m%d").to_string());
        prop_assert_eq!(random.len(), 4);
        prop_assert!(random.bytes().all(|byte| b"234679ACDEFGHJKMNPQRTVWXY".contains(&byte)));
    }

    #[test]
    fn an_adjustment_is_worth_what_it_takes_away(
        ordered in prop::collection::vec((0_i64..1_000_000, 1_u32..50), 1..6),
        stays in prop::collection::vec(0_u32..60, 6),
    ) {
        let mut lines = order(&ordered);
        let left: Vec<LineLeft> = lines
            .iter()
            .zip(&stays)
            .map(|(line, quantity)| LineLeft { line_id: line.line_id, quantity: *quantity })
            .collect();
        let before = total(&lines);
        match adjustment_amount(&lines, &left) {
            Ok(amount) => {
                adjust_lines(&mut lines, &left);
                prop_assert!(amount > Amount::ZERO);
                prop_assert_eq!(before.minus(total(&lines)).unwrap(), amount);
            }
            Err(error) => {
                prop_assert_eq!(error, AdjustmentError::NothingTaken);
                let grows = lines.iter().zip(&left).any(|(line, cut)| cut.quantity > line.quantity);
                adjust_lines(&mut lines, &left);
                prop_assert!(grows || before == total(&lines));
            }
        }
    }
}

fn order(ordered: &[(i64, u32)]) -> Vec<Line> {
    let line = |(index, (price, quantity)): (u128, &(i64, u32))| Line {
        line_id: LineId::from(Uuid::from_u128(index)),
        menu_id: MenuId::from(Uuid::from_u128(index)),
        menu_version: 1,
        name: Localized::default(),
        quantity: *quantity,
        unit_amount: Amount::new(*price),
        options: Vec::new(),
    };
    (1..).zip(ordered).map(line).collect()
}

fn total(lines: &[Line]) -> Amount {
    Amount::sum(lines.iter().map(|line| line.amount().unwrap())).unwrap()
}

#[test]
fn an_adjustment_of_a_stranger_or_of_one_line_twice_is_refused() {
    let lines = order(&[(1_000, 2)]);
    let stranger = LineLeft { line_id: LineId::from(Uuid::from_u128(99)), quantity: 0 };
    assert_eq!(adjustment_amount(&lines, &[stranger]), Err(AdjustmentError::NoSuchLine));
    let once = LineLeft { line_id: lines[0].line_id, quantity: 1 };
    assert_eq!(adjustment_amount(&lines, &[once, once]), Err(AdjustmentError::NothingTaken));
    assert_eq!(adjustment_amount(&lines, &[]), Err(AdjustmentError::NothingTaken));
    assert_eq!(adjustment_amount(&lines, &[once]), Ok(Amount::new(1_000)));
}

#[test]
fn lines_are_left_once_they_are_cut_down() {
    let mut lines = order(&[(1_000, 3), (500, 1)]);
    let [one, none] =
        [(0, 1), (1, 0)].map(|(line, quantity): (usize, u32)| LineLeft { line_id: lines[line].line_id, quantity });
    assert!(!are_left(&lines, &[one, none]));
    adjust_lines(&mut lines, &[one]);
    assert!(are_left(&lines, &[one]));
    assert!(!are_left(&lines, &[one, none]));
    adjust_lines(&mut lines, &[none]);
    assert!(are_left(&lines, &[one, none]));
    let more = LineLeft { quantity: 2, ..one };
    let stranger = LineLeft { line_id: LineId::from(Uuid::from_u128(99)), quantity: 0 };
    assert!(![&[more][..], &[stranger], &[]].into_iter().any(|left| are_left(&lines, left)));
}

#[test]
fn the_language_with_the_greatest_weight_wins_and_korean_is_the_first_choice() {
    for (header, language) in [
        ("", Language::Ko),
        ("en", Language::En),
        ("en-GB,en;q=0.9", Language::En),
        ("ko-KR,ko;q=0.9,en;q=0.8", Language::Ko),
        ("fr, en;q=0.5, ko;q=0.7", Language::Ko),
        ("ko;q=0.1, EN;q=0.2", Language::En),
        ("*", Language::Ko),
        ("de", Language::Ko),
        ("en;q=0", Language::Ko),
        ("en;q=nonsense", Language::En),
    ] {
        assert_eq!(Language::accepted(header), language, "{header:?}");
    }
}

#[test]
fn an_amount_pads_like_a_number_in_a_table() {
    assert_eq!(format!("{:>8}", Amount::new(31_500)), "  31,500");
    assert_eq!(Amount::new(i64::MIN).to_string(), "-9,223,372,036,854,775,808");
    assert_eq!(Amount::new(-100).to_string(), "-100");
}
