//! What an order does, as sentences.

mod cancelling;
mod lifecycle;
mod paying;
mod progressing;
mod properties;
mod refunding;
mod waiting;

use kernel::Time;
use kernel::events::app::AppEvent;
use kernel::order::OrderStatus;
use kernel::testing::{When, given};

use super::Order;
use crate::domain::commands::What;
use crate::domain::tests::fixtures::{at, story, story_to};

/// The usual story up to `status`, and then `what`.
fn once(status: OrderStatus, time: Time, what: What) -> When<Order> {
    given::<Order>(story_to(status)).when(at(time, what))
}

/// These commands, and then `what`.
fn after(commands: Vec<(Time, What)>, time: Time, what: What) -> When<Order> {
    given::<Order>(story(commands)).when(at(time, what))
}

/// The state after these commands.
fn state_after(commands: Vec<(Time, What)>) -> super::Known {
    *given::<Order>(story(commands)).state().unwrap()
}

/// What came of it, in one word: the events' names, `-` for nothing, or the rejection's slug.
fn word(outcome: &Result<Vec<AppEvent>, super::Rejection>) -> String {
    use kernel::events::DomainEvent;
    match outcome {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => events.iter().map(DomainEvent::name).collect::<Vec<_>>().join("+"),
        Err(rejection) => rejection.slug().to_owned(),
    }
}
