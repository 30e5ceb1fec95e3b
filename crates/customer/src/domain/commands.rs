//! What can be asked of an order's notices.

use kernel::Time;
use kernel::events::customer::{Channel, NoticeKind};
use kernel::ids::NoticeId;
use kernel::lang::Language;
use kernel::order::OrderNumber;
use kernel::people::PersonId;
use kernel::personal::PersonalData;

use crate::domain::waits::Waits;

/// A command with the moment at which it is given and the waits in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// When.
    pub at: Time,
    /// How long customer waits.
    pub waits: Waits,
    /// What is asked.
    pub what: What,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Tell the customer something. A repeat with the same notice id queues nothing.
    QueueNotice(QueueNotice),
    /// Leave a notice out if the order has moved on since.
    SkipNotice {
        /// The notice.
        notice_id: NoticeId,
    },
    /// It reached the customer.
    RecordSent {
        /// The notice.
        notice_id: NoticeId,
        /// How it reached the phone; nothing for our own inbox.
        channel: Option<Channel>,
    },
    /// It did not reach the customer, and will not.
    RecordFailed {
        /// The notice.
        notice_id: NoticeId,
        /// Why, as the provider's code or ours; nothing where only the time ran out.
        code: Option<String>,
    },
}

/// A notice to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueNotice {
    /// Its id, made from what caused it.
    pub notice_id: NoticeId,
    /// What it says.
    pub kind: NoticeKind,
    /// To whom.
    pub customer_id: PersonId,
    /// In which language.
    pub language: Language,
    /// The number people say.
    pub order_number: OrderNumber,
    /// The words, filled in.
    pub text: String,
    /// The phone number and the token of the message link, where they are still known.
    pub private: Option<Box<PersonalData>>,
}
