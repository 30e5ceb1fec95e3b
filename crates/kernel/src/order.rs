//! The words that several contexts use about an order.

mod adjusting;

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::ids::{LineId, MenuId, OptionId, OrderId};
use crate::lang::Localized;
use crate::money::{Amount, AmountOverflow};
pub use adjusting::{AdjustmentError, LineLeft, adjust_lines, adjustment_amount, are_left};

/// A short number that people can say over a counter: month, day and four unmistakable characters.
/// It tells orders apart within a store and a day; the id stays inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct OrderNumber(String);

/// Without the pairs that are mistaken for each other: 0 and O, 1, I and L, 5 and S, 8 and B, U and V.
const UNMISTAKABLE: &[u8; 25] = b"234679ACDEFGHJKMNPQRTVWXY";

impl OrderNumber {
    /// The number of the order `id` made at `at`, dated in `zone`.
    pub fn of(id: OrderId, at: Time, zone: &jiff::tz::TimeZone) -> Self {
        let date = at.to_zoned(zone.clone()).date();
        let mut random = id.uuid().as_u128() & u128::from(u64::MAX >> 2);
        let mut text = format!("{:02}{:02}-", date.month(), date.day());
        for _ in 0..4 {
            text.push(char::from(UNMISTAKABLE[(random % 25) as usize]));
            random /= 25;
        }
        Self(text)
    }

    /// A number read from elsewhere.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the lifecycle table of docs/wall.md says what each means")]
pub enum OrderStatus {
    AwaitingPayment,
    PaymentChecking,
    PaymentFailed,
    Expired,
    Placed,
    Accepted,
    Cooking,
    Ready,
    Delivering,
    Delivered,
    Undelivered,
    CancelRequested,
    Cancelled,
}

impl OrderStatus {
    /// Nothing changes it any more.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Expired | Self::Delivered | Self::Undelivered | Self::Cancelled)
    }
}

/// How far an order has come at the store and on the way. It only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the order status of the same name")]
pub enum Progress {
    Accepted,
    Cooking,
    Ready,
    Delivering,
}

impl From<Progress> for OrderStatus {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Accepted => Self::Accepted,
            Progress::Cooking => Self::Cooking,
            Progress::Ready => Self::Ready,
            Progress::Delivering => Self::Delivering,
        }
    }
}

/// Where the money of a cancelled or adjusted order stands.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundStatus {
    /// Nothing goes back.
    #[default]
    None,
    /// On its way back.
    Pending,
    /// Back with the customer.
    Done,
    /// The provider refused for good; an operator settles it.
    Failed,
}

/// Who brings the food.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryBy {
    /// A rider of the platform.
    #[default]
    Rider,
    /// The store itself.
    Store,
    /// Nobody: the customer collects it.
    Pickup,
}

/// Who bears the cost of a cancel or a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BorneBy {
    Store,
    Rider,
    Platform,
    Customer,
}

/// How a customer pays.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaymentMethod {
    #[default]
    Card,
    EasyPay,
    Transfer,
    Phone,
}

/// Why a payment was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaymentCode {
    Limit,
    Balance,
    Card,
    Aborted,
    Other,
}

/// Why a store rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RejectReason {
    SoldOut,
    TooBusy,
    Closing,
    OutOfArea,
    StoreReasons,
    /// The owner did not answer in time; only the ticket's own timer says so.
    Silent,
}

/// Why a store withdraws from, or the operator cancels, a live order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum WithdrawReason {
    StoreReasons,
    Undeliverable,
    NoContact,
    Support,
}

/// Why a part of an order is taken out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum AdjustReason {
    Missing,
    WrongItem,
    Damaged,
    SoldOut,
    Late,
    Support,
}

/// What is wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TroubleReason {
    Accident,
    Vehicle,
    Weather,
    Address,
    NoContact,
}

/// Why the food comes later than said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DelayCause {
    ManyOrders,
    Kitchen,
    NoRider,
    Traffic,
    Trouble,
}

/// What brought a cancel about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CancelCause {
    CustomerAsked,
    StoreRejected,
    StoreWithdrew,
    StoreUnreachable,
    OperatorDecided,
    PaidTooLate,
}

/// Why an order is cancelled: every reason of a rejection, a withdrawal or the platform's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CancelReason {
    Customer,
    Unreachable,
    LatePayment,
    SoldOut,
    TooBusy,
    Closing,
    OutOfArea,
    StoreReasons,
    Silent,
    Undeliverable,
    NoContact,
    Support,
}

impl From<RejectReason> for CancelReason {
    fn from(reason: RejectReason) -> Self {
        match reason {
            RejectReason::SoldOut => Self::SoldOut,
            RejectReason::TooBusy => Self::TooBusy,
            RejectReason::Closing => Self::Closing,
            RejectReason::OutOfArea => Self::OutOfArea,
            RejectReason::StoreReasons => Self::StoreReasons,
            RejectReason::Silent => Self::Silent,
        }
    }
}

impl From<WithdrawReason> for CancelReason {
    fn from(reason: WithdrawReason) -> Self {
        match reason {
            WithdrawReason::StoreReasons => Self::StoreReasons,
            WithdrawReason::Undeliverable => Self::Undeliverable,
            WithdrawReason::NoContact => Self::NoContact,
            WithdrawReason::Support => Self::Support,
        }
    }
}

/// Why a cancel is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefuseReason {
    /// The store accepted it, so it is not unreachable.
    Accepted,
    /// It is in the pan.
    CookingStarted,
    /// It has left the store.
    OnItsWay,
}

/// A chosen option, as it was when chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChosenOption {
    /// The option on the menu.
    pub option_id: OptionId,
    /// The group it was chosen from.
    pub group: Localized,
    /// The choice.
    pub name: Localized,
    /// What it adds to the price of one.
    pub price_amount: Amount,
}

/// One line of an order: a snapshot of the menu as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The line itself.
    pub line_id: LineId,
    /// The item on the menu.
    pub menu_id: MenuId,
    /// The store's menu version that the snapshot is of.
    pub menu_version: u64,
    /// The item's name.
    pub name: Localized,
    /// How many.
    pub quantity: u32,
    /// The price of one with its options.
    pub unit_amount: Amount,
    /// The chosen options.
    pub options: Vec<ChosenOption>,
}

impl Line {
    /// The price of the line.
    pub fn amount(&self) -> Result<Amount, AmountOverflow> {
        self.unit_amount.times(self.quantity)
    }
}

/// What a charge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChargeKind {
    Delivery,
    Distance,
    Rain,
    SmallOrder,
}

/// An amount on top of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// What for.
    pub kind: ChargeKind,
    /// How much.
    pub amount: Amount,
    /// Whom it is owed to.
    pub owed_to: BorneBy,
}
