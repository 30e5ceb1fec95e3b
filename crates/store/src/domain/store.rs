//! Store: its terms, its menu and its switch.

mod check;
#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::decider::Decider;
use kernel::events::store::{
    MenuItem, MenuItemBack, MenuItemChanged, MenuItemSoldOut, StoreClosed, StoreEvent, StoreOpened, StorePaused,
    StoreRegistered, StoreTerms, StoreTermsChanged,
};
use kernel::ids::MenuId;
use kernel::place::Place;

pub use self::check::Fault;
use super::commands::{StoreCommand, StoreFacts, StoreWhat};
use super::waits::{after, minutes};

/// The longest pause, in minutes; a longer one is a day off.
pub const LONGEST_PAUSE: u32 = 1_440;

/// A store; its stream is `store/<storeId>`.
#[derive(Debug)]
pub struct Store;

/// A store as its history left it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum StoreState {
    /// Nobody knows it.
    #[default]
    Unregistered,
    /// It has joined.
    Registered(Box<Registered>),
}

/// A store that has joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Registered {
    /// What it offers.
    pub terms: StoreTerms,
    /// Whether it wants orders.
    pub switch: Switch,
    /// Its menu, in the order in which the items were added.
    pub menu: Vec<MenuItem>,
}

/// Whether a store wants orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// No.
    Off,
    /// Within its hours.
    On,
    /// Within its hours, but not before this time. A pause ends by itself.
    Paused {
        /// When it ends.
        until: Time,
    },
}

/// Why a store does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreRejection {
    /// Nothing was registered under this id.
    #[error("there is no such store")]
    NoSuchStore,
    /// It has joined before, on other terms.
    #[error("the store is registered already: change its terms instead")]
    AlreadyRegistered,
    /// Terms that cannot be kept.
    #[error("{field} {fault}")]
    InvalidTerms {
        /// The field at fault.
        field: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
    /// An item that cannot be sold.
    #[error("{field} {fault}")]
    InvalidItem {
        /// The field at fault.
        field: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Too short or too long.
    #[error("a pause is between 1 and {LONGEST_PAUSE} minutes")]
    PauseOutOfRange,
    /// Nothing to pause.
    #[error("the store is closed, so there is nothing to pause")]
    SwitchedOff,
    /// Not on the menu.
    #[error("there is no such item on the menu")]
    NoSuchItem,
}

impl StoreRejection {
    /// The problem's type, as in `/problems/<slug>`.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NoSuchStore => "store-not-found",
            Self::AlreadyRegistered => "store-already-registered",
            Self::InvalidTerms { .. } => "invalid-terms",
            Self::InvalidItem { .. } => "invalid-item",
            Self::PauseOutOfRange => "pause-out-of-range",
            Self::SwitchedOff => "store-switched-off",
            Self::NoSuchItem => "menu-item-not-found",
        }
    }

    /// The field of the request that is at fault, where one is.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidTerms { field, .. } | Self::InvalidItem { field, .. } => Some(field),
            Self::PauseOutOfRange => Some("minutes"),
            Self::NoSuchStore | Self::AlreadyRegistered | Self::SwitchedOff | Self::NoSuchItem => None,
        }
    }
}

type Decision = Result<Vec<StoreEvent>, StoreRejection>;

impl Decider for Store {
    type State = StoreState;
    type Command = StoreCommand;
    type Event = StoreEvent;
    type Rejection = StoreRejection;

    fn decide(state: &StoreState, command: StoreCommand) -> Decision {
        let at = command.at;
        match (state, command.what) {
            (StoreState::Unregistered, StoreWhat::RegisterStore { terms }) => {
                check::terms(&terms)?;
                Ok(vec![StoreRegistered { terms: *terms }.into()])
            }
            (StoreState::Registered(store), StoreWhat::RegisterStore { terms }) => {
                if store.terms == *terms {
                    Ok(Vec::new())
                } else {
                    Err(StoreRejection::AlreadyRegistered)
                }
            }
            (
                StoreState::Unregistered,
                StoreWhat::ChangeStoreTerms { .. }
                | StoreWhat::OpenStore
                | StoreWhat::CloseStore
                | StoreWhat::PauseStore { .. }
                | StoreWhat::ChangeMenuItem { .. }
                | StoreWhat::MarkSoldOut { .. }
                | StoreWhat::MarkBackInStock { .. },
            ) => Err(StoreRejection::NoSuchStore),
            (StoreState::Registered(store), StoreWhat::ChangeStoreTerms { terms }) => change_terms(store, *terms),
            (StoreState::Registered(store), StoreWhat::OpenStore) => Ok(open(store, at)),
            (StoreState::Registered(store), StoreWhat::CloseStore) => Ok(close(store)),
            (StoreState::Registered(store), StoreWhat::PauseStore { minutes }) => pause(store, minutes, at),
            (StoreState::Registered(store), StoreWhat::ChangeMenuItem { item }) => change_item(store, *item),
            (StoreState::Registered(store), StoreWhat::MarkSoldOut { menu_id }) => {
                let sold_out = store.item(menu_id)?.sold_out;
                Ok(if sold_out { Vec::new() } else { vec![MenuItemSoldOut { menu_id }.into()] })
            }
            (StoreState::Registered(store), StoreWhat::MarkBackInStock { menu_id }) => {
                let sold_out = store.item(menu_id)?.sold_out;
                Ok(if sold_out { vec![MenuItemBack { menu_id }.into()] } else { Vec::new() })
            }
        }
    }

    fn evolve(state: StoreState, event: &StoreEvent) -> StoreState {
        match state {
            StoreState::Unregistered => {
                let StoreEvent::StoreRegistered(event) = event else { return StoreState::Unregistered };
                let terms = event.terms.clone();
                StoreState::Registered(Box::new(Registered { terms, switch: Switch::Off, menu: Vec::new() }))
            }
            StoreState::Registered(mut store) => {
                store.change(event);
                StoreState::Registered(store)
            }
        }
    }
}

impl StoreState {
    /// The store, if it has joined.
    pub fn registered(&self) -> Option<&Registered> {
        match self {
            Self::Unregistered => None,
            Self::Registered(store) => Some(store),
        }
    }
}

impl Registered {
    /// Whether it takes orders at `at`: its switch is on, no pause runs, and its hours say so.
    pub fn takes_orders_at(&self, at: Time) -> bool {
        self.switch.is_on_at(at) && self.terms.hours.take_orders_at(at)
    }

    /// What a ticket that is accepted says of its store.
    pub fn facts(&self) -> StoreFacts {
        StoreFacts {
            name: self.terms.name.clone(),
            address: self.terms.address.clone(),
            place: Place::parse(self.terms.lat, self.terms.lng).ok(),
            auto_cooking: self.terms.auto_cooking,
        }
    }

    fn item(&self, menu_id: MenuId) -> Result<&MenuItem, StoreRejection> {
        self.menu.iter().find(|item| item.menu_id == menu_id).ok_or(StoreRejection::NoSuchItem)
    }

    /// A ticket's events are none of a store's business.
    fn change(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::StoreRegistered(event) => self.terms = event.terms.clone(),
            StoreEvent::StoreTermsChanged(event) => self.terms = event.terms.clone(),
            StoreEvent::StoreOpened(_) => self.switch = Switch::On,
            StoreEvent::StoreClosed(_) => self.switch = Switch::Off,
            StoreEvent::StorePaused(event) => self.switch = Switch::Paused { until: event.until },
            StoreEvent::MenuItemChanged(event) => self.put_item(&event.item),
            StoreEvent::MenuItemSoldOut(event) => self.change_item(event.menu_id, |item| item.sold_out = true),
            StoreEvent::MenuItemBack(event) => self.change_item(event.menu_id, |item| item.sold_out = false),
            StoreEvent::TicketOpened(_)
            | StoreEvent::TicketAccepted(_)
            | StoreEvent::TicketRejected(_)
            | StoreEvent::TicketDelayed(_)
            | StoreEvent::CookingStarted(_)
            | StoreEvent::CookingFinished(_)
            | StoreEvent::TicketHandedOver(_)
            | StoreEvent::TicketCancelled(_)
            | StoreEvent::TicketCancelRefused(_)
            | StoreEvent::TicketWithdrawn(_)
            | StoreEvent::TicketAdjusted(_)
            | StoreEvent::TicketVoided(_)
            | StoreEvent::KitchenLate(_) => {}
        }
    }

    fn put_item(&mut self, item: &MenuItem) {
        match self.menu.iter_mut().find(|known| known.menu_id == item.menu_id) {
            Some(known) => known.clone_from(item),
            None => self.menu.push(item.clone()),
        }
    }

    fn change_item(&mut self, menu_id: MenuId, change: impl FnOnce(&mut MenuItem)) {
        if let Some(item) = self.menu.iter_mut().find(|item| item.menu_id == menu_id) {
            change(item);
        }
    }
}

impl Switch {
    /// Whether it is on at `at`.
    pub fn is_on_at(self, at: Time) -> bool {
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Paused { until } => until <= at,
        }
    }
}

fn change_terms(store: &Registered, terms: StoreTerms) -> Decision {
    check::terms(&terms)?;
    Ok(if store.terms == terms { Vec::new() } else { vec![StoreTermsChanged { terms }.into()] })
}

fn open(store: &Registered, at: Time) -> Vec<StoreEvent> {
    if store.switch.is_on_at(at) { Vec::new() } else { vec![StoreOpened {}.into()] }
}

fn close(store: &Registered) -> Vec<StoreEvent> {
    match store.switch {
        Switch::Off => Vec::new(),
        Switch::On | Switch::Paused { .. } => vec![StoreClosed {}.into()],
    }
}

fn pause(store: &Registered, count: u32, at: Time) -> Decision {
    if !(1..=LONGEST_PAUSE).contains(&count) {
        return Err(StoreRejection::PauseOutOfRange);
    }
    let until = after(at, minutes(count));
    match store.switch {
        Switch::Off => Err(StoreRejection::SwitchedOff),
        Switch::Paused { until: earlier } if earlier == until => Ok(Vec::new()),
        Switch::On | Switch::Paused { .. } => Ok(vec![StorePaused { until }.into()]),
    }
}

fn change_item(store: &Registered, item: MenuItem) -> Decision {
    check::item(&item)?;
    let same = store.menu.contains(&item);
    Ok(if same { Vec::new() } else { vec![MenuItemChanged { item }.into()] })
}
