//! The pure middle of every context: decide what happens, and what that makes of the state.

use crate::{Context, Time};

/// One aggregate's rules.
///
/// `decide` says which events a command makes of a state, or why it may not; a repeat that changes
/// nothing makes no events. `evolve` is total: an event that happened is never refused.
pub trait Decider {
    /// All that the rules need to know; its default is the state before the first event.
    type State: Clone + Default + Send + Sync + 'static;
    /// What can be asked for.
    type Command;
    /// What can happen.
    type Event;
    /// Why not.
    type Rejection;

    /// The events that `command` makes of `state`.
    fn decide(state: &Self::State, command: Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after `event`.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// What this state waits for, and until when. Empty where it waits for nothing.
    ///
    /// The earliest of these is the stream's durable timer, written with the events that made the state.
    fn waits(state: &Self::State) -> Vec<Wait> {
        let _ = state;
        Vec::new()
    }

    /// The next call to the outside that this state needs, if any. It is made outside every
    /// transaction and its outcome comes back as a command.
    fn work(state: &Self::State) -> Option<Task> {
        let _ = state;
        None
    }

    /// The state after a whole history.
    fn replay<'a>(events: impl IntoIterator<Item = &'a Self::Event>) -> Self::State
    where
        Self::Event: 'a,
    {
        events.into_iter().fold(Self::State::default(), Self::evolve)
    }
}

/// Something that a stream waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What it waits for: the wait's name on the wall, in kebab-case.
    pub what: &'static str,
    /// When it gives up waiting and acts.
    pub until: Time,
    /// The contexts whose silence is presumed when it acts: it acts only once each has been heard
    /// up to a head seen after `until`.
    pub presumes: &'static [Silence],
}

/// A context whose silence a wait presumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Who is presumed silent.
    pub of: Context,
    /// How much longer to wait, in seconds, where that context's log cannot be read at all.
    pub grace_seconds: i64,
}

/// A call to the outside that a state needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Task {
    /// The key that makes a repeat of the call harmless, unique within the stream.
    pub key: String,
    /// When it is due at the earliest; `None`: at once.
    pub due: Option<Time>,
}
