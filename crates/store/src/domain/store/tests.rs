use kernel::events::store::*;
use kernel::hours::HoursError;
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::DeliveryBy;
use kernel::testing::{Given, given};
use proptest::prelude::*;

use super::*;
use crate::domain::tests::samples::*;

fn store(events: impl IntoIterator<Item = StoreEvent>) -> Given<Store> {
    given([StoreRegistered { terms: terms() }.into()].into_iter().chain(events))
}

/// The field at fault, the fault, and how to bring it about.
type Case<T> = (&'static str, Fault, fn(&mut T));

fn opened() -> StoreEvent {
    StoreOpened {}.into()
}

fn paused(minute: i64) -> StoreEvent {
    StorePaused { until: at(minute) }.into()
}

fn on_menu() -> StoreEvent {
    MenuItemChanged { item: item() }.into()
}

fn register(terms: StoreTerms) -> StoreWhat {
    StoreWhat::RegisterStore { terms: Box::new(terms) }
}

fn change(terms: StoreTerms) -> StoreWhat {
    StoreWhat::ChangeStoreTerms { terms: Box::new(terms) }
}

fn put(item: MenuItem) -> StoreWhat {
    StoreWhat::ChangeMenuItem { item: Box::new(item) }
}

const SOLD_OUT: fn() -> StoreWhat = || StoreWhat::MarkSoldOut { menu_id: menu_id(1) };
const BACK: fn() -> StoreWhat = || StoreWhat::MarkBackInStock { menu_id: menu_id(1) };

#[test]
fn a_store_joins_once_with_its_switch_off() {
    let state =
        given::<Store>([]).when(command(0, register(terms()))).then([StoreRegistered { terms: terms() }.into()]);
    assert!(!state.registered().unwrap().takes_orders_at(at(0)));
    store([]).when(command(0, register(terms()))).then_nothing();
    let other = StoreTerms { prep_minutes: 10, ..terms() };
    store([]).when(command(0, register(other))).then_rejected(&StoreRejection::AlreadyRegistered);
}

#[test]
fn a_store_that_never_joined_does_nothing() {
    for what in [
        change(terms()),
        StoreWhat::OpenStore,
        StoreWhat::CloseStore,
        StoreWhat::PauseStore { minutes: 10 },
        put(item()),
        SOLD_OUT(),
        BACK(),
    ] {
        given::<Store>([]).when(command(0, what)).then_rejected(&StoreRejection::NoSuchStore);
    }
    assert_eq!(given::<Store>([opened(), on_menu()]).state(), StoreState::Unregistered);
}

#[test]
fn terms_change_when_they_differ() {
    let other = StoreTerms { auto_cooking: AutoCooking::Off, ..terms() };
    let state = store([]).when(command(0, change(other.clone()))).then([StoreTermsChanged { terms: other }.into()]);
    assert_eq!(state.registered().unwrap().facts().auto_cooking, AutoCooking::Off);
    store([]).when(command(0, change(terms()))).then_nothing();
}

#[test]
fn terms_that_cannot_be_kept_are_refused_with_the_field_at_fault() {
    let cases: Vec<Case<StoreTerms>> = vec![
        ("name", Fault::Empty, |terms| terms.name.ko = "  ".to_owned()),
        ("name", Fault::TooLong, |terms| terms.name.en = "x".repeat(81)),
        ("category", Fault::Empty, |terms| terms.category.slug.clear()),
        ("category", Fault::Empty, |terms| terms.category.name = Localized::default()),
        ("phone", Fault::Empty, |terms| terms.phone.clear()),
        ("address", Fault::Empty, |terms| terms.address.clear()),
        ("lat", Fault::OutOfRange, |terms| terms.lat = f64::NAN),
        ("lng", Fault::OutOfRange, |terms| terms.lng = 181.0),
        ("minimumAmount", Fault::Price, |terms| terms.minimum_amount = Amount::new(-1)),
        ("minimumAmount", Fault::Price, |terms| terms.minimum_amount = Amount::new(i64::MAX)),
        ("offers", Fault::Empty, |terms| terms.offers.clear()),
        ("offers", Fault::Price, |terms| terms.offers[0].fee_amount = Amount::new(-1)),
        ("offers", Fault::Repeated, |terms| terms.offers.push(terms.offers[0])),
        ("prepMinutes", Fault::OutOfRange, |terms| terms.prep_minutes = 0),
        ("prepMinutes", Fault::OutOfRange, |terms| terms.prep_minutes = 181),
        ("hours", Fault::Hours(HoursError::NotATime("9:00".to_owned())), |terms| {
            terms.hours.weekly.mon[0].open = "9:00".to_owned();
        }),
        ("autoCooking", Fault::OutOfRange, |terms| terms.auto_cooking = AutoCooking::After { seconds: 7_201 }),
    ];
    for (field, fault, spoil) in cases {
        let mut spoilt = terms();
        spoil(&mut spoilt);
        let rejection = StoreRejection::InvalidTerms { field, fault };
        given::<Store>([]).when(command(0, register(spoilt.clone()))).then_rejected(&rejection);
        store([]).when(command(0, change(spoilt))).then_rejected(&rejection);
    }
}

#[test]
fn a_store_offers_each_way_once() {
    let mut three = terms();
    for delivery_by in [DeliveryBy::Store, DeliveryBy::Pickup] {
        three.offers.push(Offer { delivery_by, fee_amount: Amount::ZERO });
    }
    store([]).when(command(0, change(three.clone()))).then([StoreTermsChanged { terms: three }.into()]);
}

#[test]
fn the_switch_goes_on_and_off_once() {
    store([]).when(command(0, StoreWhat::OpenStore)).then([opened()]);
    store([opened()]).when(command(1, StoreWhat::OpenStore)).then_nothing();
    store([opened()]).when(command(1, StoreWhat::CloseStore)).then([StoreClosed {}.into()]);
    store([]).when(command(1, StoreWhat::CloseStore)).then_nothing();
}

#[test]
fn a_store_takes_orders_when_its_switch_and_its_hours_say_so() {
    let takes = |events: &[StoreEvent], minute| {
        store(events.to_vec()).state().registered().unwrap().takes_orders_at(at(minute))
    };
    assert!(takes(&[opened()], 0));
    assert!(!takes(&[opened()], 5 * 60), "eleven in the evening");
    assert!(!takes(&[opened(), StoreClosed {}.into()], 0));
}

#[test]
fn a_pause_ends_by_itself_or_when_the_owner_opens() {
    let pause = |minutes| StoreWhat::PauseStore { minutes };
    let state = store([opened()]).when(command(0, pause(30))).then([paused(30)]);
    let takes = |minute| state.registered().unwrap().takes_orders_at(at(minute));
    assert_eq!((takes(0), takes(29), takes(30)), (false, false, true));
    store([opened(), paused(30)]).when(command(10, StoreWhat::OpenStore)).then([opened()]);
    store([opened(), paused(30)]).when(command(30, StoreWhat::OpenStore)).then_nothing();
    store([opened(), paused(30)]).when(command(10, StoreWhat::CloseStore)).then([StoreClosed {}.into()]);
    store([opened(), paused(30)]).when(command(10, pause(20))).then_nothing();
    store([opened(), paused(30)]).when(command(10, pause(60))).then([paused(70)]);
    store([]).when(command(0, pause(30))).then_rejected(&StoreRejection::SwitchedOff);
}

#[test]
fn a_pause_is_between_a_minute_and_a_day() {
    for minutes in [0, 1_441] {
        store([opened()])
            .when(command(0, StoreWhat::PauseStore { minutes }))
            .then_rejected(&StoreRejection::PauseOutOfRange);
    }
}

#[test]
fn an_item_is_put_on_the_menu_and_changed_in_its_place() {
    store([]).when(command(0, put(item()))).then([on_menu()]);
    store([on_menu()]).when(command(0, put(item()))).then_nothing();
    let second = MenuItem { menu_id: menu_id(2), option_groups: Vec::new(), ..item() };
    let dearer = MenuItem { price_amount: Amount::new(22_000), ..item() };
    let state = store([on_menu(), MenuItemChanged { item: second.clone() }.into()])
        .when(command(0, put(dearer.clone())))
        .then([MenuItemChanged { item: dearer.clone() }.into()]);
    assert_eq!(state.registered().unwrap().menu, [dearer, second]);
}

#[test]
fn items_that_cannot_be_sold_are_refused_with_the_field_at_fault() {
    let cases: Vec<Case<MenuItem>> = vec![
        ("name", Fault::Empty, |item| item.name.en.clear()),
        ("name", Fault::TooLong, |item| item.name.ko = "가".repeat(81)),
        ("description", Fault::TooLong, |item| item.description.ko = "가".repeat(501)),
        ("priceAmount", Fault::Price, |item| item.price_amount = Amount::new(-1)),
        ("optionGroups", Fault::Empty, |item| item.option_groups[0].name.ko.clear()),
        ("optionGroups", Fault::Empty, |item| item.option_groups[0].options[0].name.ko.clear()),
        ("optionGroups", Fault::Price, |item| item.option_groups[0].options[0].price_amount = Amount::new(-1)),
        ("optionGroups", Fault::Choices, |item| item.option_groups[0].min = 3),
        ("optionGroups", Fault::Choices, |item| item.option_groups[0].max = 3),
        ("optionGroups", Fault::TooLong, |item| item.option_groups = vec![item.option_groups[0].clone(); 101]),
        ("optionGroups", Fault::Repeated, |item| item.option_groups.push(item.option_groups[0].clone())),
    ];
    for (field, fault, spoil) in cases {
        let mut spoilt = item();
        spoil(&mut spoilt);
        store([]).when(command(0, put(spoilt))).then_rejected(&StoreRejection::InvalidItem { field, fault });
    }
}

#[test]
fn an_item_is_sold_out_and_back_once() {
    let sold_out = || MenuItemSoldOut { menu_id: menu_id(1) }.into();
    let back = || StoreEvent::from(MenuItemBack { menu_id: menu_id(1) });
    store([on_menu()]).when(command(0, SOLD_OUT())).then([sold_out()]);
    store([on_menu(), sold_out()]).when(command(0, SOLD_OUT())).then_nothing();
    store([on_menu(), sold_out()]).when(command(0, BACK())).then([back()]);
    store([on_menu()]).when(command(0, BACK())).then_nothing();
    for what in [SOLD_OUT(), BACK()] {
        store([]).when(command(0, what)).then_rejected(&StoreRejection::NoSuchItem);
    }
}

#[test]
fn every_rejection_has_its_own_slug() {
    let all = [
        StoreRejection::NoSuchStore,
        StoreRejection::AlreadyRegistered,
        StoreRejection::InvalidTerms { field: "name", fault: Fault::Empty },
        StoreRejection::InvalidItem { field: "name", fault: Fault::Empty },
        StoreRejection::PauseOutOfRange,
        StoreRejection::SwitchedOff,
        StoreRejection::NoSuchItem,
    ];
    let slugs: std::collections::BTreeSet<_> = all.iter().map(StoreRejection::slug).collect();
    assert_eq!(slugs.len(), all.len());
    assert_eq!(all[2].to_string(), "name is empty");
    assert_eq!(all.iter().filter(|rejection| rejection.field().is_some()).count(), 3);
}

proptest! {
    #[test]
    fn repeating_any_command_at_once_changes_nothing(
        order in prop::collection::vec((0_i64..60, 0_usize..7), 0..30),
    ) {
        let mut state = given::<Store>([]).state();
        for (minute, which) in order {
            let what = [
                register(terms()),
                StoreWhat::OpenStore,
                StoreWhat::CloseStore,
                StoreWhat::PauseStore { minutes: 10 },
                put(item()),
                SOLD_OUT(),
                BACK(),
            ][which].clone();
            let Ok(events) = Store::decide(&state, command(minute, what.clone())) else { continue };
            state = events.iter().fold(state, Store::evolve);
            prop_assert_eq!(Store::decide(&state, command(minute, what)), Ok(vec![]));
        }
    }
}
