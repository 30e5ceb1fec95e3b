//! Given a history, when a command comes, then these events or this rejection.

use std::fmt::Debug;

use crate::decider::Decider;
use crate::ids::StoreId;
use crate::people::{Actor, Owner, PersonId};

/// Who acts, as tests write it: `customer/mina`, `rider/kim`, or `owner/<storeId>` for the owner of that one store.
///
/// # Panics
/// When nobody can be called so.
pub fn actor(text: &str) -> Actor {
    let (role, id) = text.split_once('/').expect("role/id");
    let person = PersonId::parse(id).expect("a person's id");
    match role {
        "customer" => Actor::Customer(person),
        "owner" => Actor::Owner(Owner::new(person, [StoreId::parse(id).expect("a store's id")])),
        "rider" => Actor::Rider(person),
        "operator" => Actor::Operator(person),
        "service" => Actor::Service(person),
        _ => panic!("nobody acts as {role}"),
    }
}

/// Starts a specification from the events that already happened.
pub fn given<D: Decider>(history: impl IntoIterator<Item = D::Event>) -> Given<D> {
    Given { history: history.into_iter().collect() }
}

/// A history to which a command comes.
#[derive(Debug)]
pub struct Given<D: Decider> {
    history: Vec<D::Event>,
}

impl<D: Decider> Given<D> {
    /// Decides `command` on the history.
    #[must_use]
    pub fn when(self, command: D::Command) -> When<D> {
        let state = D::replay(&self.history);
        let outcome = D::decide(&state, command);
        When { state, outcome }
    }

    /// The state that the history makes.
    pub fn state(self) -> D::State {
        D::replay(&self.history)
    }
}

/// What came of it.
#[derive(Debug)]
pub struct When<D: Decider> {
    state: D::State,
    outcome: Result<Vec<D::Event>, D::Rejection>,
}

impl<D> When<D>
where
    D: Decider,
    D::Event: Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    /// These events, and no others. Returns the state after them.
    ///
    /// # Panics
    /// When something else came of it.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) -> D::State {
        let events = self.outcome.expect("the command was rejected");
        assert_eq!(events, expected.into_iter().collect::<Vec<_>>());
        events.iter().fold(self.state, D::evolve)
    }

    /// A repeat: nothing changes.
    ///
    /// # Panics
    /// When something changed.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// This rejection.
    ///
    /// # Panics
    /// When it was not rejected, or for another reason.
    #[track_caller]
    pub fn then_rejected(self, expected: &D::Rejection) {
        match self.outcome {
            Ok(events) => panic!("not rejected, but {events:?}"),
            Err(rejection) => assert_eq!(&rejection, expected),
        }
    }
}
