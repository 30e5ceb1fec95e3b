//! What delivery relies on of what others publish: the files in contracts/ are what delivery's reading gives.

use kernel::Context;
use kernel::events::app::AppEvent;
use platform::testing::contracts::hold;

use crate::domain::policies::{when_app, when_store};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn of_app() {
    hold(Context::Delivery, ROOT, |event| match &event.event {
        AppEvent::PersonalDataErased(_) => Some("erases".to_owned()),
        _ => when_app(event).map(|what| format!("{what:?}")),
    })
    .unwrap();
}

#[test]
fn of_store() {
    hold(Context::Delivery, ROOT, |event| when_store(event).map(|what| format!("{what:?}"))).unwrap();
}
