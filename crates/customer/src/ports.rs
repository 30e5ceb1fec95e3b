//! The way a notice leaves.

use std::borrow::Cow;
use std::pin::Pin;

use kernel::events::customer::{Channel, NoticeKind, NoticeQueued};
use kernel::ids::{NoticeId, OrderId};
use kernel::lang::Language;
use kernel::order::OrderNumber;
use kernel::people::PersonId;

use crate::domain::templates::{Rendered, read_back};

/// An answer under way; dropping it gives up waiting, not the call.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why something was refused or failed: the outlet's own code, or one of [`codes`].
pub type Code = Cow<'static, str>;

/// Codes of our own, for what no provider is asked.
pub mod codes {
    /// The phone number is not known any more, or never was.
    pub const NO_PHONE: &str = "NO_PHONE";
    /// The phone number is none.
    pub const BAD_PHONE: &str = "BAD_PHONE";
    /// The text is not of today's templates, so there is nothing that a provider would take.
    pub const NO_TEMPLATE: &str = "NO_TEMPLATE";
}

/// Brings notices to people.
pub trait Outlet: Send + Sync {
    /// Whether handing over is nothing but recording it. It then happens in the transaction that queues the notice.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Hands a message over. It is known there by its notice id.
    fn hand_over<'a>(&'a self, message: &'a Message) -> Answer<'a, HandOver>;

    /// Asks what became of a message that may have been handed over.
    fn look_up<'a>(&'a self, message: &'a Message) -> Answer<'a, Found>;

    /// Asks the outlet what became of the messages that a webhook of `provider` names. What the webhook itself says of
    /// them is not believed.
    fn reported<'a>(&'a self, provider: Provider, body: &'a str) -> Answer<'a, Result<Vec<Report>, HookError>> {
        let _ = (provider, body);
        Box::pin(std::future::ready(Err(HookError::NotOurs)))
    }
}

/// Who carries messages and tells by webhook what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// NHN Cloud.
    Nhn,
    /// Solapi.
    Solapi,
}

/// What is handed over.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// Our id of it; the outlet keeps it.
    pub notice_id: NoticeId,
    /// The order it is about.
    pub order_id: OrderId,
    /// The number people say.
    pub order_number: OrderNumber,
    /// To whom.
    pub customer_id: PersonId,
    /// The phone, where it is still known.
    pub phone: Option<String>,
    /// In which language.
    pub language: Language,
    /// What it says.
    pub kind: NoticeKind,
    /// The words, filled in.
    pub text: String,
    /// The whole of it, with title, short text and button; `None` for a text of an older template.
    pub whole: Option<Rendered>,
    /// How often the outlet took it before and certainly failed to bring it: each further try is a message of its own.
    pub failed: u32,
}

impl Message {
    /// The message of a queued notice of `order_id`, whose button leads to `page`.
    pub fn of(order_id: OrderId, queued: &NoticeQueued, page: &str) -> Self {
        let private = queued.private.as_deref();
        let link_token = private.and_then(|private| private.link_token.as_deref());
        Self {
            notice_id: queued.notice_id,
            order_id,
            order_number: queued.order_number.clone(),
            customer_id: queued.customer_id.clone(),
            phone: private.and_then(|private| private.phone.clone()),
            language: queued.language,
            kind: queued.kind,
            text: queued.text.clone(),
            whole: read_back(queued.kind, queued.language, &queued.text, link_token).map(|it| it.leading_to(page)),
            failed: 0,
        }
    }
}

/// What came of handing over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOver {
    /// The outlet has it, and will say later what became of it.
    Accepted,
    /// It is with the customer.
    Delivered,
    /// The outlet certainly does not have it.
    Refused {
        /// Why.
        code: Code,
        /// Whether trying again is pointless.
        permanent: bool,
    },
    /// It may have it.
    Unknown,
}

/// What an outlet says of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It reached the phone.
    Delivered {
        /// How.
        by: Channel,
    },
    /// It is on its way.
    Pending,
    /// The outlet never got it.
    NotFound,
    /// It will not reach the phone.
    Failed {
        /// Why.
        code: Code,
        /// Whether trying again is pointless.
        permanent: bool,
        /// How often it was tried by now.
        times: u32,
    },
    /// The outlet does not answer, or does not know itself.
    Unknown,
}

/// What became of a message that a webhook names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The order it is about.
    pub order_id: OrderId,
    /// Our id of it.
    pub notice_id: NoticeId,
    /// What became of it.
    pub found: Found,
}

/// Why a webhook comes to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// Messages do not leave by this provider.
    #[error("messages do not leave by this provider")]
    NotOurs,
    /// It names no messages in the way that is agreed.
    #[error("it names no messages")]
    Unreadable,
    /// The provider cannot be asked what is true.
    #[error("the provider does not answer")]
    Down,
}
