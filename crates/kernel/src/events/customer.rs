//! customer's events: what was said to the customer.

use crate::events::events;
use crate::ids::NoticeId;
use crate::lang::Language;
use crate::order::OrderNumber;
use crate::people::PersonId;
use crate::{Context, Time};

/// What a notice says: the name of its template.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the template of the same name")]
pub enum NoticeKind {
    Placed,
    Accepted,
    Rejected,
    Cooking,
    Ready,
    OnTheWay,
    Delivered,
    Cancelled,
    Refunded,
    Delayed,
    PayDeferred,
    PayChecking,
    PayFailed,
    Expired,
    CancelUnpaid,
    CancelChecking,
    CancelAsked,
    CancelRefused,
    PartRefunded,
    PickupReady,
    PickedUp,
    Undelivered,
    Trouble,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 23] = [
        Self::Placed,
        Self::Accepted,
        Self::Rejected,
        Self::Cooking,
        Self::Ready,
        Self::OnTheWay,
        Self::Delivered,
        Self::Cancelled,
        Self::Refunded,
        Self::Delayed,
        Self::PayDeferred,
        Self::PayChecking,
        Self::PayFailed,
        Self::Expired,
        Self::CancelUnpaid,
        Self::CancelChecking,
        Self::CancelAsked,
        Self::CancelRefused,
        Self::PartRefunded,
        Self::PickupReady,
        Self::PickedUp,
        Self::Undelivered,
        Self::Trouble,
    ];

    /// Notices about money are never skipped, however late they are.
    pub const fn is_about_money(self) -> bool {
        match self {
            Self::Refunded
            | Self::PartRefunded
            | Self::Rejected
            | Self::Cancelled
            | Self::CancelUnpaid
            | Self::CancelChecking
            | Self::PayDeferred
            | Self::PayChecking
            | Self::PayFailed
            | Self::Placed
            | Self::Expired
            | Self::Undelivered => true,
            Self::Accepted
            | Self::Cooking
            | Self::Ready
            | Self::OnTheWay
            | Self::Delivered
            | Self::Delayed
            | Self::CancelAsked
            | Self::CancelRefused
            | Self::PickupReady
            | Self::PickedUp
            | Self::Trouble => false,
        }
    }
}

/// How a notice reached the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channel {
    /// As a KakaoTalk message.
    AlimTalk,
    /// As a short message, to a phone that KakaoTalk does not reach.
    Sms,
}

events! {
    /// An event of a notice.
    CustomerEvent of Context::Customer;

    /// A notice is to be sent.
    NoticeQueued {
        /// The number people say.
        order_number: OrderNumber,
        /// The notice.
        notice_id: NoticeId,
        /// To whom.
        customer_id: PersonId,
        /// What it says.
        kind: NoticeKind,
        /// In which language.
        language: Language,
        /// The words, filled in; without phone, address or link.
        text: String,
        /// When it was queued.
        queued_at: Time,
        /// When it counts as failed.
        give_up_at: Time,
    } + private

    /// It reached the customer.
    NoticeSent {
        /// The notice.
        notice_id: NoticeId,
        /// When.
        sent_at: Time,
        /// How it reached the phone; nothing where it went into our own inbox alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
    }

    /// It did not reach the customer in time, or never will.
    NoticeFailed {
        /// The notice.
        notice_id: NoticeId,
        /// When it was given up.
        failed_at: Time,
        /// Why, as the provider's code or ours; nothing where only the time ran out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    }

    /// The order moved on before it was sent.
    NoticeSkipped {
        /// The notice.
        notice_id: NoticeId,
        /// When it was overtaken.
        skipped_at: Time,
    }
}
