//! What the rules need to know of a ticket.

use kernel::Time;
use kernel::events::store::{StoreEvent, TicketOpened, TicketStatus};
use kernel::ids::{AdjustmentId, StoreId};
use kernel::order::{DeliveryBy, Line, OrderNumber, RejectReason, WithdrawReason, adjust_lines};
use kernel::personal::PersonalData;

use super::TicketRejection;

/// A ticket as its history left it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TicketState {
    /// How far it has come.
    pub stage: Stage,
    /// What was ordered; `None` before it is opened, and for a ticket that ended before.
    pub order: Option<Box<Opened>>,
    /// The cancel request that was answered last.
    pub answered: Option<String>,
    /// The adjustments that were made.
    pub adjustments: Vec<AdjustmentId>,
}

/// What was ordered, as far as the kitchen needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The number people say.
    pub order_number: OrderNumber,
    /// Whose ticket.
    pub store_id: StoreId,
    /// What to cook, after adjustments.
    pub lines: Vec<Line>,
    /// Who brings it.
    pub delivery_by: DeliveryBy,
    /// Recipient and requests.
    pub private: Option<Box<PersonalData>>,
}

/// How far a ticket has come, with what is known only then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stage {
    /// Not here yet.
    #[default]
    Unopened,
    /// In front of the owner.
    Open {
        /// Until when the owner answers.
        answer_by: Time,
    },
    /// Taken.
    Accepted {
        /// When it will be ready.
        ready_by: Time,
        /// When cooking starts by itself.
        cook_at: Option<Time>,
        /// When the kitchen counts as late.
        late_at: Time,
    },
    /// In the pan.
    Cooking {
        /// When it will be ready.
        ready_by: Time,
        /// When the kitchen counts as late.
        late_at: Time,
    },
    /// On the counter.
    Cooked,
    /// Left the store.
    Out,
    /// Not taken.
    Rejected(RejectReason),
    /// Given up by the store.
    Withdrawn(WithdrawReason),
    /// Cancelled as asked.
    Cancelled,
    /// Cancelled over the kitchen's head.
    Voided,
}

impl TicketState {
    /// Where it stands in the words of everybody else; `None` before it is opened.
    pub const fn status(&self) -> Option<TicketStatus> {
        match self.stage {
            Stage::Unopened => None,
            Stage::Open { .. } => Some(TicketStatus::Open),
            Stage::Accepted { .. } => Some(TicketStatus::Accepted),
            Stage::Cooking { .. } => Some(TicketStatus::Cooking),
            Stage::Cooked => Some(TicketStatus::Cooked),
            Stage::Out => Some(TicketStatus::Out),
            Stage::Rejected(_) => Some(TicketStatus::Rejected),
            Stage::Withdrawn(_) | Stage::Cancelled | Stage::Voided => Some(TicketStatus::Cancelled),
        }
    }

    /// What was ordered, or that there is no such ticket.
    pub(super) fn opened(&self) -> Result<&Opened, TicketRejection> {
        self.order.as_deref().ok_or(TicketRejection::NoSuchTicket)
    }

    pub(super) fn wrong(&self) -> TicketRejection {
        self.status().map_or(TicketRejection::NoSuchTicket, |status| TicketRejection::WrongState { status })
    }

    /// The state after `event`. A store's events are none of a ticket's business.
    pub(super) fn after(mut self, event: &StoreEvent) -> Self {
        match event {
            StoreEvent::TicketOpened(opened) => self.open(opened),
            StoreEvent::TicketAccepted(event) => {
                let (ready_by, cook_at, late_at) = (event.ready_by, event.cook_at, event.late_at);
                self.stage = Stage::Accepted { ready_by, cook_at, late_at };
            }
            StoreEvent::TicketRejected(event) => self.stage = Stage::Rejected(event.reason),
            StoreEvent::TicketDelayed(event) => self.expect_ready(event.ready_by, event.late_at),
            StoreEvent::KitchenLate(event) => self.expect_ready(event.ready_by, event.late_at),
            StoreEvent::CookingStarted(_) => {
                if let Stage::Accepted { ready_by, late_at, .. } = self.stage {
                    self.stage = Stage::Cooking { ready_by, late_at };
                }
            }
            StoreEvent::CookingFinished(_) => self.stage = Stage::Cooked,
            StoreEvent::TicketHandedOver(_) => self.stage = Stage::Out,
            StoreEvent::TicketCancelled(event) => {
                self.stage = Stage::Cancelled;
                self.answered = Some(event.request.clone());
            }
            StoreEvent::TicketCancelRefused(event) => self.answered = Some(event.request.clone()),
            StoreEvent::TicketWithdrawn(event) => self.stage = Stage::Withdrawn(event.reason),
            StoreEvent::TicketAdjusted(event) => {
                self.adjustments.push(event.adjustment_id);
                if let Some(order) = &mut self.order {
                    adjust_lines(&mut order.lines, &event.lines);
                }
            }
            StoreEvent::TicketVoided(_) => self.stage = Stage::Voided,
            StoreEvent::StoreRegistered(_)
            | StoreEvent::StoreTermsChanged(_)
            | StoreEvent::StoreOpened(_)
            | StoreEvent::StoreClosed(_)
            | StoreEvent::StorePaused(_)
            | StoreEvent::MenuItemChanged(_)
            | StoreEvent::MenuItemSoldOut(_)
            | StoreEvent::MenuItemBack(_) => {}
        }
        self
    }

    fn open(&mut self, opened: &TicketOpened) {
        self.stage = Stage::Open { answer_by: opened.answer_by };
        self.order = Some(Box::new(Opened {
            order_number: opened.order_number.clone(),
            store_id: opened.store_id,
            lines: opened.lines.clone(),
            delivery_by: opened.delivery_by,
            private: opened.private.clone(),
        }));
    }

    fn expect_ready(&mut self, ready: Time, late: Time) {
        if let Stage::Accepted { ready_by, late_at, .. } | Stage::Cooking { ready_by, late_at } = &mut self.stage {
            (*ready_by, *late_at) = (ready, late);
        }
    }
}
