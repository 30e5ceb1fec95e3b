//! The way a notice leaves.

use std::pin::Pin;

use kernel::events::customer::{NoticeKind, NoticeQueued};
use kernel::ids::{NoticeId, OrderId};
use kernel::lang::Language;
use kernel::order::OrderNumber;
use kernel::people::PersonId;

use crate::domain::templates::{Rendered, read_back};

/// An answer under way; dropping it gives up waiting, not the call.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Brings notices to people.
pub trait Outlet: Send + Sync {
    /// Whether handing over is nothing but recording it. It then happens in the transaction that queues the notice.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Hands a message over. It is known there by its notice id.
    fn hand_over<'a>(&'a self, message: &'a Message) -> Answer<'a, HandOver>;

    /// Asks what became of a message that may have been handed over.
    fn look_up(&self, notice_id: NoticeId) -> Answer<'_, Found>;
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
}

impl Message {
    /// The message of a queued notice of `order_id`.
    pub fn of(order_id: OrderId, queued: &NoticeQueued) -> Self {
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
            whole: read_back(queued.kind, queued.language, &queued.text, link_token),
        }
    }
}

/// What came of handing over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOver {
    /// The outlet has it.
    Sent,
    /// The outlet certainly does not have it.
    Failed {
        /// Whether trying again is pointless.
        permanent: bool,
    },
    /// It may have it.
    Unknown,
}

/// What an outlet says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It has it.
    Sent,
    /// It never got it.
    NotFound,
    /// It does not answer.
    Unknown,
}
