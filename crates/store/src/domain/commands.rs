//! What can be asked of a ticket and of a store.

use kernel::Time;
use kernel::events::store::{AutoCooking, MenuItem, StoreTerms};
use kernel::ids::{AdjustmentId, MenuId, StoreId};
use kernel::lang::Localized;
use kernel::money::Amount;
use kernel::order::{AdjustReason, BorneBy, DeliveryBy, Line, LineLeft, OrderNumber, RejectReason, WithdrawReason};
use kernel::personal::PersonalData;
use kernel::place::Place;

use super::waits::Waits;

/// Something asked for, when, and with which waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Command<What> {
    /// When it was asked.
    pub at: Time,
    /// How long this store context waits for whom.
    pub waits: Waits,
    /// What was asked.
    pub what: What,
}

/// A command to a ticket.
pub type TicketCommand = Command<TicketWhat>;

/// A command to a store.
pub type StoreCommand = Command<StoreWhat>;

/// What can be asked of a ticket.
#[derive(Debug, Clone, PartialEq)]
pub enum TicketWhat {
    /// Lay the order in front of the owner.
    OpenTicket(Box<OpenTicket>),
    /// The owner takes it.
    AcceptTicket {
        /// How long it will take.
        prep_minutes: u32,
        /// What others need to know of the store.
        store: Box<StoreFacts>,
    },
    /// The owner does not take it, or does not answer.
    RejectTicket {
        /// Who says so.
        by: RejectedBy,
    },
    /// The owner needs longer.
    DelayTicket {
        /// How much longer.
        minutes: u32,
    },
    /// It goes into the pan.
    StartCooking,
    /// It is cooked.
    FinishCooking,
    /// It leaves the store.
    HandOver {
        /// Who says so.
        by: HandedOverBy,
    },
    /// Somebody wants the order cancelled.
    CancelTicket {
        /// The number people say; the ticket may not be open yet.
        order_number: OrderNumber,
        /// The id of the event that asks.
        request: String,
        /// On whose behalf.
        asker: CancelAsker,
    },
    /// The store gives the order up.
    WithdrawTicket {
        /// Why.
        reason: WithdrawReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What goes back to the customer; `None`: all of it.
        refund_amount: Option<Amount>,
    },
    /// A part is taken out.
    AdjustTicket {
        /// The adjustment.
        adjustment_id: AdjustmentId,
        /// What stays of the lines it touches.
        lines: Vec<LineLeft>,
        /// Why.
        reason: AdjustReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// Where it was decided.
        by: AdjustedBy,
    },
    /// The order is cancelled, whatever the kitchen does.
    VoidTicket {
        /// The number people say; the ticket may not be open yet.
        order_number: OrderNumber,
    },
    /// The kitchen's time is up.
    NoteKitchenLate,
}

/// The order as the kitchen needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTicket {
    /// The number people say.
    pub order_number: OrderNumber,
    /// Whose ticket.
    pub store_id: StoreId,
    /// What to cook.
    pub lines: Vec<Line>,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// When the order was placed.
    pub placed_at: Time,
    /// Recipient and requests.
    pub private: Option<Box<PersonalData>>,
}

/// What an accepted ticket says of its store, so that nobody has to ask back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFacts {
    /// The store's name.
    pub name: Localized,
    /// Where the food is fetched.
    pub address: String,
    /// Where that is.
    pub place: Option<Place>,
    /// When cooking starts by itself.
    pub auto_cooking: AutoCooking,
}

/// Who rejects a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedBy {
    /// The owner, for this reason.
    Owner(RejectReason),
    /// Nobody: the owner did not answer in time.
    Silence,
}

/// Who says that the food left the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOverBy {
    /// The owner, of a pick-up.
    Owner,
    /// The delivery, which has started.
    Delivery,
}

/// On whose behalf a cancel is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAsker {
    /// A person wants it.
    Customer,
    /// The order has waited too long for a store that cannot be reached.
    Unreachable,
}

/// Where an adjustment was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustedBy {
    /// At the store.
    Owner,
    /// At the order, which the ticket follows.
    Order,
}

/// What can be asked of a store.
#[derive(Debug, Clone, PartialEq)]
pub enum StoreWhat {
    /// It joins.
    RegisterStore {
        /// Its terms.
        terms: Box<StoreTerms>,
    },
    /// It offers something else, or on other terms.
    ChangeStoreTerms {
        /// All of its terms, changed or not.
        terms: Box<StoreTerms>,
    },
    /// The switch is put on.
    OpenStore,
    /// The switch is put off.
    CloseStore,
    /// It takes no orders for a while.
    PauseStore {
        /// For how long.
        minutes: u32,
    },
    /// An item is new or different.
    ChangeMenuItem {
        /// The item.
        item: Box<MenuItem>,
    },
    /// There is no more of it.
    MarkSoldOut {
        /// The item.
        menu_id: MenuId,
    },
    /// There is some again.
    MarkBackInStock {
        /// The item.
        menu_id: MenuId,
    },
}
