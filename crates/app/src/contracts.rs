//! What app relies on of what others publish: the files in contracts/ are what app's reading gives.

use kernel::Context;
use kernel::events::store::StoreEvent;
use kernel::events::{DomainEvent, Recorded};
use platform::testing::contracts::{hold, sample};

use crate::domain::policies::{when_delivery, when_pay, when_store};
use crate::domain::storefront;
use crate::tables::is_about_a_store;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn of_pay() {
    hold(Context::App, ROOT, |event| when_pay(event).map(|what| format!("{what:?}"))).unwrap();
}

#[test]
fn of_delivery() {
    hold(Context::App, ROOT, |event| when_delivery(event).map(|what| format!("{what:?}"))).unwrap();
}

#[test]
fn of_store() {
    let known = ["StoreRegistered", "StoreOpened", "MenuItemChanged"].into_iter().fold(None, |row, name| {
        let event: Recorded<StoreEvent> = sample(ROOT, name).unwrap();
        storefront::apply(row, &event)
    });
    let after = |event: &Recorded<StoreEvent>| format!("{:?}", storefront::apply(known.clone(), event));
    hold(Context::App, ROOT, |event: &Recorded<StoreEvent>| {
        if is_about_a_store(event.event.name()) {
            return Some(after(event));
        }
        when_store(event).map(|what| format!("{what:?}"))
    })
    .unwrap();
}
