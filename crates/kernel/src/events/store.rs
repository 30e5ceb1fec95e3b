//! store's events: tickets in the kitchen, and the stores themselves.

use crate::events::events;
use crate::hours::Hours;
use crate::ids::{AdjustmentId, MenuId, OptionId, StoreId};
use crate::lang::Localized;
use crate::money::{Amount, Currency};
use crate::order::{
    AdjustReason, BorneBy, DelayCause, DeliveryBy, Line, LineLeft, OrderNumber, RefuseReason, RejectReason,
    WithdrawReason,
};
use crate::{Context, Time};

/// A kind of food.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Category {
    /// Its name in urls.
    pub slug: String,
    /// Its name for people.
    pub name: Localized,
}

/// A way of fulfilment that a store offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// What that costs the customer.
    pub fee_amount: Amount,
}

/// When cooking starts by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", tag = "mode")]
pub enum AutoCooking {
    /// So long after acceptance as the platform's setting says (60 s unless set).
    #[default]
    Default,
    /// Never: the owner presses.
    Off,
    /// With the acceptance.
    AtOnce,
    /// So many seconds after it.
    After {
        /// How many.
        seconds: u32,
    },
}

/// What a store offers, and on which terms.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreTerms {
    /// The store's name.
    pub name: Localized,
    /// What kind of food.
    pub category: Category,
    /// The store's phone number; a business's, not a person's.
    pub phone: String,
    /// Where it is.
    pub address: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lng: f64,
    /// The least that lines with their options must come to.
    pub minimum_amount: Amount,
    /// The ways of fulfilment, with their fees.
    pub offers: Vec<Offer>,
    /// The currency of all amounts.
    pub currency: Currency,
    /// How long it usually cooks, in minutes.
    pub prep_minutes: u32,
    /// When it is open.
    pub hours: Hours,
    /// When cooking starts by itself.
    #[serde(default)]
    pub auto_cooking: AutoCooking,
}

/// A choice within an option group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MenuOption {
    /// The option.
    pub option_id: OptionId,
    /// Its name.
    pub name: Localized,
    /// What it adds to the price of one.
    pub price_amount: Amount,
}

/// A group of options, of which between `min` and `max` are chosen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct OptionGroup {
    /// Its name.
    pub name: Localized,
    /// How many must be chosen.
    pub min: u32,
    /// How many may be.
    pub max: u32,
    /// The choices.
    pub options: Vec<MenuOption>,
}

/// An item on the menu.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MenuItem {
    /// The item.
    pub menu_id: MenuId,
    /// Its name.
    pub name: Localized,
    /// What it is.
    pub description: Localized,
    /// The price of one without options.
    pub price_amount: Amount,
    /// Whether it is sold out.
    pub sold_out: bool,
    /// What can be chosen.
    pub option_groups: Vec<OptionGroup>,
}

/// How far a ticket had come.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TicketStatus {
    Open,
    Accepted,
    Cooking,
    Cooked,
    Out,
    Rejected,
    Cancelled,
}

events! {
    /// An event of a ticket or of a store.
    StoreEvent of Context::Store;

    /// The order lies in front of the owner.
    TicketOpened {
        /// The number people say.
        order_number: OrderNumber,
        /// Whose ticket.
        store_id: StoreId,
        /// What to cook.
        lines: Vec<Line>,
        /// Who brings it.
        delivery_by: DeliveryBy,
        /// When the order was placed.
        placed_at: Time,
        /// Until when the owner answers.
        answer_by: Time,
    } + private

    /// The owner accepted.
    TicketAccepted {
        /// The number people say.
        order_number: OrderNumber,
        /// Whose ticket.
        store_id: StoreId,
        /// The store's name.
        store_name: Localized,
        /// Where the food is fetched.
        store_address: String,
        /// Where that is: latitude in degrees; tickets of long ago do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store_lat: Option<f64>,
        /// Longitude in degrees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store_lng: Option<f64>,
        /// Who brings it.
        delivery_by: DeliveryBy,
        /// How long it takes, in minutes.
        prep_minutes: u32,
        /// When it will be ready.
        ready_by: Time,
        /// When cooking starts by itself; `None`: when the owner presses.
        cook_at: Option<Time>,
        /// When the kitchen counts as late.
        late_at: Time,
    } + private

    /// The owner rejected, or did not answer.
    TicketRejected {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        reason: RejectReason,
    }

    /// It takes longer.
    TicketDelayed {
        /// The number people say.
        order_number: OrderNumber,
        /// By how many minutes.
        minutes: u32,
        /// Why.
        cause: DelayCause,
        /// When it will be ready now.
        ready_by: Time,
        /// When the kitchen counts as late now.
        late_at: Time,
    }

    /// It is in the pan. From here on it cannot be cancelled by the customer.
    CookingStarted {
        /// The number people say.
        order_number: OrderNumber,
    }

    /// It is cooked.
    CookingFinished {
        /// The number people say.
        order_number: OrderNumber,
        /// Who brings it.
        delivery_by: DeliveryBy,
        /// When it was ready.
        ready_at: Time,
        /// When a pick-up that nobody collected is brought to the operator.
        uncollected_at: Option<Time>,
    }

    /// It left the store.
    TicketHandedOver {
        /// The number people say.
        order_number: OrderNumber,
        /// Who took it.
        delivery_by: DeliveryBy,
        /// When.
        at: Time,
    }

    /// The ticket agrees to the cancel.
    TicketCancelled {
        /// The number people say.
        order_number: OrderNumber,
        /// The id of the `CancelRequested` event that this answers.
        request: String,
    }

    /// The ticket refuses the cancel.
    TicketCancelRefused {
        /// The number people say.
        order_number: OrderNumber,
        /// The id of the `CancelRequested` event that this answers.
        request: String,
        /// Why.
        reason: RefuseReason,
    }

    /// The store gives the order up.
    TicketWithdrawn {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        reason: WithdrawReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What goes back to the customer; `None`: all of it.
        refund_amount: Option<Amount>,
    }

    /// A part was taken out of the ticket.
    TicketAdjusted {
        /// The number people say.
        order_number: OrderNumber,
        /// The adjustment.
        adjustment_id: AdjustmentId,
        /// What stays of the lines it touches.
        lines: Vec<LineLeft>,
        /// What that is worth.
        amount: Amount,
        /// Why.
        reason: AdjustReason,
        /// Who bears it.
        borne_by: BorneBy,
    }

    /// The order was cancelled over the kitchen's head.
    TicketVoided {
        /// The number people say; empty for a ticket that never was.
        order_number: OrderNumber,
        /// How far it had come; `None`: it had not been opened.
        stage: Option<TicketStatus>,
    }

    /// The food is not ready when it should be.
    KitchenLate {
        /// The number people say.
        order_number: OrderNumber,
        /// When it is expected now.
        ready_by: Time,
        /// When the kitchen counts as late again.
        late_at: Time,
    }

    /// A store joined.
    StoreRegistered {
        /// Its terms.
        terms: StoreTerms,
    }

    /// A store changed its terms.
    StoreTermsChanged {
        /// The new terms.
        terms: StoreTerms,
    }

    /// The switch is on.
    StoreOpened {}

    /// The switch is off.
    StoreClosed {}

    /// Closed for a while.
    StorePaused {
        /// Until when.
        until: Time,
    }

    /// An item is new or different.
    MenuItemChanged {
        /// The item.
        item: MenuItem,
    }

    /// An item is sold out.
    MenuItemSoldOut {
        /// The item.
        menu_id: MenuId,
    }

    /// An item is back.
    MenuItemBack {
        /// The item.
        menu_id: MenuId,
    }
}
