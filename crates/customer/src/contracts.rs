//! What customer relies on of what others publish: the files in contracts/ are what customer's reading gives.

use kernel::Context;
use kernel::events::Recorded;
use kernel::events::app::AppEvent;
use platform::testing::contracts::{hold, sample};

use crate::domain::policies::when_app;
use crate::domain::samples::seoul;
use crate::domain::views::OrderFacts;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What is said of an order, and what is known of it afterwards.
#[test]
fn of_app() {
    let placed: Recorded<AppEvent> = sample(ROOT, "OrderPlaced").unwrap();
    let known = OrderFacts::apply(None, &placed);
    hold(Context::Customer, ROOT, |event: &Recorded<AppEvent>| {
        let before = match &event.event {
            AppEvent::OrderCreated(_) | AppEvent::OrderPlaced(_) => None,
            _ => known.clone(),
        };
        let after = OrderFacts::apply(before.clone(), event)?;
        let what = when_app(event, &after, &seoul());
        let erases = matches!(event.event, AppEvent::PersonalDataErased(_));
        (erases || what.is_some() || before.as_ref() != Some(&after)).then(|| format!("{after:?} {what:?}"))
    })
    .unwrap();
}
