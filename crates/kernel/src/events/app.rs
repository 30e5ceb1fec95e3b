//! app's events: an order's whole story.

use crate::events::events;
use crate::ids::{AdjustmentId, RefundId, StoreId};
use crate::lang::{Language, Localized};
use crate::money::{Amount, Currency};
use crate::order::{
    AdjustReason, BorneBy, CancelCause, CancelReason, Charge, DelayCause, DeliveryBy, Line, LineLeft, OrderNumber,
    PaymentCode, PaymentMethod, Progress, RefuseReason, TroubleReason,
};
use crate::people::PersonId;
use crate::personal::Handover;
use crate::{Context, Time};

/// What an order is made of, as it was when it was created.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetails {
    /// The number that people say.
    pub order_number: OrderNumber,
    /// Who ordered.
    pub customer_id: PersonId,
    /// From which store.
    pub store_id: StoreId,
    /// The store's name.
    pub store_name: Localized,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// What comes on top.
    pub charges: Vec<Charge>,
    /// The lines with their options, before discounts and charges.
    pub items_amount: Amount,
    /// Lines and charges together.
    pub total_amount: Amount,
    /// The value-added tax that the total includes.
    pub vat_amount: Amount,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// The customer's language.
    pub language: Language,
    /// How long the store usually needs, in minutes.
    pub prep_minutes: u32,
}

/// How a refund came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundOutcome {
    /// The money is back.
    Done,
    /// The provider refused for good.
    Failed,
}

/// What is the matter on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "what", content = "reason")]
pub enum Trouble {
    /// The delivery stands still.
    Interrupted(TroubleReason),
    /// It goes on.
    Resumed,
    /// It could not be delivered; an operator decides.
    Failed(TroubleReason),
}

/// What had been paid when the order was cancelled; it decides what the customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaidSoFar {
    /// Nothing, for certain.
    Nothing,
    /// Not known: an attempt is open. What turns out paid is refunded.
    Unknown,
    /// The whole price.
    Everything,
}

events! {
    /// An event of an order.
    AppEvent of Context::App;

    /// An order was created. It is not paid yet and nobody but the customer knows of it.
    OrderCreated {
        /// The order.
        details: OrderDetails,
        /// When the hold for paying ends.
        hold_ends_at: Time,
        /// When it was created.
        created_at: Time,
    } + private

    /// Attempt n to pay began.
    PaymentStarted {
        /// The number people say.
        order_number: OrderNumber,
        /// n, from 1.
        attempt: u32,
        /// What is to be paid.
        amount: Amount,
        /// How.
        method: PaymentMethod,
        /// When it began.
        started_at: Time,
        /// When its outcome is doubted.
        doubt_at: Time,
    }

    /// The attempt was not sent, or never reached the provider; nothing was charged. The customer pays a little later.
    PaymentDeferred {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
        /// When to try again.
        retry_at: Time,
        /// When the hold ends.
        hold_ends_at: Time,
        /// What is to be paid.
        amount: Amount,
    }

    /// Nobody knows yet whether the attempt was charged.
    PaymentUnconfirmed {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
        /// What may have been charged.
        amount: Amount,
        /// When an operator has to look at it.
        operator_at: Time,
    }

    /// The attempt was declined.
    PaymentFailed {
        /// The number people say.
        order_number: OrderNumber,
        /// n.
        attempt: u32,
        /// Why.
        code: PaymentCode,
        /// When the hold ends.
        hold_ends_at: Time,
        /// What is to be paid.
        amount: Amount,
    }

    /// The order is paid and established. It repeats the order, so that nobody has to ask back.
    OrderPlaced {
        /// The order.
        details: OrderDetails,
        /// The attempt that was approved.
        attempt: u32,
        /// How it was paid.
        method: PaymentMethod,
        /// When it was placed.
        placed_at: Time,
        /// When the store counts as unreachable.
        unreachable_at: Time,
    } + private

    /// The time to pay ran out.
    OrderExpired {
        /// The number people say.
        order_number: OrderNumber,
        /// When the personal data is to be erased.
        erase_at: Time,
    }

    /// The store has the order in front of it.
    OrderReceived {
        /// The number people say.
        order_number: OrderNumber,
        /// Until when the owner answers.
        answer_by: Time,
    }

    /// The order came further.
    OrderProgressed {
        /// The number people say.
        order_number: OrderNumber,
        /// How far.
        to: Progress,
        /// When the food is expected at the door (for a pick-up: when it is ready).
        eta: Option<Time>,
    }

    /// The food comes later than said.
    OrderDelayed {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        cause: DelayCause,
        /// What was said.
        old_eta: Time,
        /// What is expected now.
        new_eta: Time,
    }

    /// Something is the matter on the way, or no longer.
    DeliveryTroubled {
        /// The number people say.
        order_number: OrderNumber,
        /// What.
        trouble: Trouble,
    }

    /// Somebody wants the order cancelled; the ticket answers.
    CancelRequested {
        /// The number people say.
        order_number: OrderNumber,
        /// What brought it about.
        cause: CancelCause,
        /// Why.
        reason: CancelReason,
        /// When the customer wins without an answer.
        answer_by: Time,
    } + private

    /// It is too late to cancel.
    CancelRefused {
        /// The number people say.
        order_number: OrderNumber,
        /// What the refused request was about.
        cause: CancelCause,
        /// Why.
        reason: RefuseReason,
        /// When the food is expected.
        eta: Option<Time>,
    }

    /// The order is cancelled.
    OrderCancelled {
        /// The number people say.
        order_number: OrderNumber,
        /// What brought it about.
        cause: CancelCause,
        /// Why.
        reason: CancelReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What goes back to the customer.
        refund_amount: Amount,
        /// What had been paid.
        paid: PaidSoFar,
        /// How it was paid.
        method: Option<PaymentMethod>,
        /// When the personal data is to be erased.
        erase_at: Time,
    } + private

    /// A part of the order was taken out of it.
    OrderAdjusted {
        /// The number people say.
        order_number: OrderNumber,
        /// The adjustment.
        adjustment_id: AdjustmentId,
        /// What stays of the lines it touches.
        lines: Vec<LineLeft>,
        /// What goes back to the customer.
        amount: Amount,
        /// Why.
        reason: AdjustReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What is taken out, to be said in a message: in Korean and in English.
        summary: Localized,
    }

    /// pay says how a refund came out.
    RefundRecorded {
        /// The number people say.
        order_number: OrderNumber,
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// How it came out.
        outcome: RefundOutcome,
        /// How it was paid.
        method: PaymentMethod,
        /// Whether it is a part of an order that goes on, and of which adjustment.
        adjustment: Option<AdjustmentId>,
        /// When.
        at: Time,
    }

    /// The food was delivered although the order was cancelled; an operator sees it.
    DeliveredAfterCancel {
        /// The number people say.
        order_number: OrderNumber,
    }

    /// The operator closed an order that could not be delivered.
    OrderUndelivered {
        /// The number people say.
        order_number: OrderNumber,
        /// Why.
        reason: CancelReason,
        /// Who bears it.
        borne_by: BorneBy,
        /// What goes back to the customer.
        refund_amount: Amount,
        /// How it was paid.
        method: PaymentMethod,
        /// When the personal data is to be erased.
        erase_at: Time,
    }

    /// The order was delivered or picked up.
    OrderCompleted {
        /// The number people say.
        order_number: OrderNumber,
        /// Who brought it.
        delivery_by: DeliveryBy,
        /// How it was handed over; `None` for a pick-up.
        handover: Option<Handover>,
        /// When.
        done_at: Time,
        /// When the personal data is to be erased.
        erase_at: Time,
    }

    /// The order's personal data is gone from every log, view and message store.
    PersonalDataErased {
        /// The number people say.
        order_number: OrderNumber,
    }
}
