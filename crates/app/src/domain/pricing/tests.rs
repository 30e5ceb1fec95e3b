use kernel::events::app::OrderDetails;
use kernel::events::store::{MenuItemChanged, MenuItemSoldOut, StoreClosed};
use kernel::lang::{Language, Localized};
use kernel::money::Amount;
use kernel::order::{BorneBy, Charge, ChargeKind, DeliveryBy};
use kernel::people::PersonId;

use super::{Basket, BasketItem, Changed, Kind, Problem, quote, recheck};
use crate::domain::storefront::{Closed, StoreFrontRow};
use crate::domain::tests::fixtures::*;

/// So many of an item, with options.
fn some(n: u128, quantity: u32, options: &[u128]) -> BasketItem {
    let options = options.iter().map(|n| id(*n)).collect();
    BasketItem { line_id: id(n), menu_id: id(n), quantity, options }
}

fn basket(items: Vec<BasketItem>) -> Basket {
    Basket { items, delivery_by: DeliveryBy::Rider, expected_total: None }
}

fn problems(front: &StoreFrontRow, basket: &Basket) -> Vec<Problem> {
    quote(front, basket, t(0)).unwrap_err()
}

fn problem(items: Vec<BasketItem>) -> Problem {
    let mut found = problems(&front(vec![]), &basket(items));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn lines_options_and_the_riders_fee_add_up_with_the_tax_stated() {
    let items = vec![some(101, 2, &[202, 203]), some(102, 1, &[])];
    let quote = quote(&front(vec![]), &basket(items), t(0)).unwrap();
    assert_eq!(quote.lines[0].unit_amount, won(22_700));
    assert_eq!(quote.lines[0].options[0].group, Localized::new("부위 선택", "Cut"));
    assert_eq!((quote.lines[0].menu_version, quote.lines[1].menu_version), (2, 3));
    assert_eq!(quote.items_amount, won(50_400));
    assert_eq!(quote.charges, [Charge { kind: ChargeKind::Delivery, amount: won(3_000), owed_to: BorneBy::Rider }]);
    assert_eq!((quote.total_amount, quote.vat_amount), (won(53_400), won(4_855)));
}

#[test]
fn a_fee_of_nothing_is_no_charge() {
    let mut basket = basket(vec![some(101, 1, &[201])]);
    basket.delivery_by = DeliveryBy::Pickup;
    let quote = quote(&front(vec![]), &basket, t(0)).unwrap();
    assert_eq!((quote.charges, quote.total_amount), (vec![], won(20_000)));
}

#[test]
fn a_closed_store_is_told_together_with_the_other_faults() {
    let closed = front(vec![StoreClosed {}.into()]);
    let found = problems(&closed, &basket(vec![some(102, 1, &[])]));
    let below = Problem::BelowMinimum { minimum: won(17_000), items: won(5_000) };
    assert_eq!(found, [Problem::StoreClosed(Closed::SwitchedOff), below]);
}

#[test]
fn a_way_that_the_store_does_not_offer_is_refused() {
    let mut basket = basket(vec![some(101, 1, &[201])]);
    basket.delivery_by = DeliveryBy::Store;
    assert_eq!(problems(&front(vec![]), &basket), [Problem::WayNotOffered]);
}

#[test]
fn an_order_has_between_one_and_fifty_lines() {
    assert_eq!(problem(vec![]), Problem::NoItems);
    assert_eq!(problem(vec![some(102, 1, &[]); 51]), Problem::TooManyItems);
    assert!(quote(&front(vec![]), &basket(vec![some(102, 1, &[]); 50]), t(0)).is_ok());
}

#[test]
fn a_line_has_between_one_and_a_hundred_of_an_item() {
    assert_eq!(problem(vec![some(101, 0, &[201])]), Problem::QuantityOutOfRange { index: 0 });
    assert_eq!(problem(vec![some(101, 101, &[201])]), Problem::QuantityOutOfRange { index: 0 });
    assert!(quote(&front(vec![]), &basket(vec![some(101, 100, &[201])]), t(0)).is_ok());
}

#[test]
fn unknown_items_and_options_are_refused_with_their_place() {
    let unknown = problem(vec![some(101, 1, &[201]), some(109, 1, &[])]);
    assert_eq!((unknown.field(), unknown.slug()), ("items[1].menuId".to_owned(), "unknown-item"));
    let option = problem(vec![some(101, 1, &[201, 209])]);
    assert_eq!(
        (option.field().as_str(), &option),
        ("items[0].options[1]", &Problem::UnknownOption { index: 0, option: 1 })
    );
    let twice = problem(vec![some(101, 1, &[201, 203, 203])]);
    assert_eq!(twice, Problem::DuplicateOption { index: 0, option: 2 });
}

#[test]
fn option_groups_keep_their_least_and_most() {
    let cut = Localized::new("부위 선택", "Cut");
    let few = problem(vec![some(101, 1, &[])]);
    assert_eq!(few, Problem::TooFewOptions { index: 0, group: cut.clone(), min: 1 });
    let many = problem(vec![some(101, 1, &[201, 202])]);
    assert_eq!(many, Problem::TooManyOptions { index: 0, group: cut, max: 1 });
    assert_eq!(many.field(), "items[0].options");
    assert!(matches!(problem(vec![some(101, 1, &[201, 203, 204, 205])]), Problem::TooManyOptions { max: 2, .. }));
}

#[test]
fn what_is_sold_out_is_a_conflict_not_a_mistake() {
    let front = front(vec![MenuItemSoldOut { menu_id: id(101) }.into()]);
    let found = problems(&front, &basket(vec![some(101, 1, &[201])]));
    assert_eq!(found, [Problem::SoldOut { index: 0, name: Localized::new("후라이드", "Fried Chicken") }]);
    assert_eq!(found[0].kind(), Kind::Conflict);
}

#[test]
fn the_minimum_means_lines_with_options_before_charges() {
    let below = problem(vec![some(102, 3, &[])]);
    assert_eq!(below, Problem::BelowMinimum { minimum: won(17_000), items: won(15_000) });
    assert_eq!((below.kind(), below.slug()), (Kind::Invalid, "below-minimum"));
}

#[test]
fn a_total_that_differs_from_the_expected_is_told_with_the_right_one() {
    let mut basket = basket(vec![some(101, 1, &[201])]);
    basket.expected_total = Some(won(20_000));
    assert_eq!(problems(&front(vec![]), &basket), [Problem::TotalDiffers { total: won(23_000) }]);
    basket.expected_total = Some(won(23_000));
    assert!(quote(&front(vec![]), &basket, t(0)).is_ok());
}

#[test]
fn a_total_beyond_all_bounds_is_refused() {
    for price in [i64::MAX, i64::MAX / 2, i64::MAX - 3_001, -1] {
        let front = front(vec![MenuItemChanged { item: chicken(price) }.into()]);
        let found = problems(&front, &basket(vec![some(101, 1, &[201]), some(101, 2, &[202])]));
        assert!(found.contains(&Problem::TotalOutOfRange), "{price}: {found:?}");
    }
}

#[test]
fn what_costs_nothing_is_refused_because_it_cannot_be_paid() {
    let mut basket = basket(vec![some(101, 1, &[201])]);
    basket.delivery_by = DeliveryBy::Pickup;
    let front = front(vec![MenuItemChanged { item: chicken(0) }.into()]);
    assert_eq!(problems(&front, &basket), [Problem::TotalOutOfRange]);
}

fn ordered() -> OrderDetails {
    let front = front(vec![]);
    let quote = quote(&front, &basket(vec![some(101, 1, &[202])]), t(0)).unwrap();
    quote.into_details(number(), PersonId::parse("minji").unwrap(), &front, Language::En)
}

fn changes(front: &StoreFrontRow) -> Vec<Changed> {
    recheck(&ordered(), front, t(5)).unwrap_err()
}

fn chicken_name() -> Localized {
    Localized::new("후라이드", "Fried Chicken")
}

#[test]
fn a_quote_becomes_an_order_that_can_be_paid_while_nothing_changed() {
    assert_eq!((ordered().store_id, ordered().total_amount), (id(42), won(25_000)));
    assert_eq!(recheck(&ordered(), &front(vec![]), t(5)), Ok(()));
    let same_again = front(vec![MenuItemChanged { item: chicken(20_000) }.into()]);
    assert_eq!(recheck(&ordered(), &same_again, t(5)), Ok(()));
}

#[test]
fn a_closed_store_or_a_sold_out_item_changes_the_order() {
    assert_eq!(changes(&front(vec![StoreClosed {}.into()])), [Changed::StoreClosed(Closed::SwitchedOff)]);
    let sold_out = front(vec![MenuItemSoldOut { menu_id: id(101) }.into()]);
    assert_eq!(changes(&sold_out), [Changed::SoldOut { index: 0, name: chicken_name() }]);
}

#[test]
fn a_dearer_or_cheaper_item_changes_the_order() {
    for price in [21_000, 19_000] {
        let front = front(vec![MenuItemChanged { item: chicken(price) }.into()]);
        let now = won(price + 2_000);
        assert_eq!(changes(&front), [Changed::Price { index: 0, name: chicken_name(), was: won(22_000), now }]);
    }
}

#[test]
fn an_option_or_an_item_that_is_gone_changes_the_order() {
    let mut item = chicken(20_000);
    item.option_groups[0].options.remove(1);
    let without_boneless = front(vec![MenuItemChanged { item }.into()]);
    assert_eq!(changes(&without_boneless), [Changed::Options { index: 0, name: chicken_name() }]);
    let mut without_chicken = front(vec![]);
    without_chicken.menu.remove(0);
    assert_eq!(changes(&without_chicken), [Changed::ItemGone { index: 0, name: chicken_name() }]);
}

#[test]
fn another_fee_another_way_or_a_higher_minimum_changes_the_order() {
    let mut other = front(vec![]);
    other.terms.offers[0].fee_amount = won(4_000);
    other.terms.minimum_amount = won(30_000);
    let fee = Changed::Fee { was: won(3_000), now: won(4_000) };
    assert_eq!(changes(&other), [fee, Changed::BelowMinimum { minimum: won(30_000) }]);
    other.terms.offers.remove(0);
    assert_eq!(changes(&other)[0], Changed::WayNotOffered);
}

#[test]
fn no_quote_is_negative() {
    let quote = quote(&front(vec![]), &basket(vec![some(101, 1, &[201])]), t(0)).unwrap();
    assert!(quote.total_amount >= quote.items_amount && quote.items_amount > Amount::ZERO);
}
