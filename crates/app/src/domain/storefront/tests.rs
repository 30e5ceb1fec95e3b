use kernel::events::store::{
    MenuItemBack, MenuItemChanged, MenuItemSoldOut, StoreClosed, StoreOpened, StorePaused, TicketCancelled,
};

use super::{Closed, apply};
use crate::domain::tests::fixtures::*;

#[test]
fn an_opened_store_takes_orders() {
    let front = front(vec![]);
    assert_eq!(front.open_at(t(0)), Ok(()));
    assert_eq!((front.store_id, front.menu.len(), front.version), (id(42), 2, 4));
}

#[test]
fn a_new_store_takes_none_until_its_switch_is_on() {
    let registered = recorded(store_events()).into_iter().take(1);
    let front = registered.fold(None, |row, event| apply(row, &event)).unwrap();
    assert_eq!(front.open_at(t(0)), Err(Closed::SwitchedOff));
}

#[test]
fn a_closed_or_paused_store_takes_no_orders() {
    assert_eq!(front(vec![StoreClosed {}.into()]).open_at(t(0)), Err(Closed::SwitchedOff));
    let paused = front(vec![StorePaused { until: t(30) }.into()]);
    assert_eq!(paused.open_at(t(29)), Err(Closed::Paused { until: t(30) }));
    assert_eq!(paused.open_at(t(30)), Ok(()));
}

#[test]
fn opening_ends_a_pause() {
    let front = front(vec![StorePaused { until: t(30) }.into(), StoreOpened {}.into()]);
    assert_eq!(front.open_at(t(1)), Ok(()));
}

#[test]
fn a_store_without_hours_that_day_takes_no_orders() {
    let mut front = front(vec![]);
    front.terms.hours.weekly = kernel::hours::Week::default();
    assert_eq!(front.open_at(t(0)), Err(Closed::OutOfHours));
}

#[test]
fn a_changed_item_keeps_its_place_and_gets_a_new_version() {
    let before = front(vec![]);
    let after = front(vec![MenuItemChanged { item: chicken(21_000) }.into()]);
    assert_eq!(before.menu[0].menu_version, 2);
    assert_eq!((after.menu[0].menu_version, after.menu[0].item.price_amount), (5, won(21_000)));
    assert_eq!(after.menu[1], before.menu[1]);
}

#[test]
fn what_is_sold_out_comes_back_with_the_version_it_had() {
    let sold_out = front(vec![MenuItemSoldOut { menu_id: id(101) }.into()]);
    assert!(sold_out.entry(id(101)).unwrap().item.sold_out);
    let back = front(vec![MenuItemSoldOut { menu_id: id(101) }.into(), MenuItemBack { menu_id: id(101) }.into()]);
    assert_eq!(back.menu, front(vec![]).menu);
}

#[test]
fn tickets_change_no_store() {
    let ticket = TicketCancelled { order_number: number(), request: "app/5".to_owned() };
    assert_eq!(front(vec![ticket.clone().into()]), front(vec![]));
    assert_eq!(recorded(vec![ticket.into()]).iter().fold(None, apply), None);
}
