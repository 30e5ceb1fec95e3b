//! The live board: what concerns someone, as it changes.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::order::DeliveryBy;
use kernel::people::Actor;
use platform::actor::{Caller, Speaks};
use platform::commands::outage;
use platform::describe::Resumable;
use platform::problem::Problem;
use platform::sse::{self, LastEventId, Message};
use platform::store::StoreError;
use platform::topics::follow;

use super::shape::Told;
use super::{admit, is_shown};
use crate::domain::delivery::Status;
use crate::service::DeliveryService;
use crate::service::board::{Placed, Snapshot};
use crate::tables::{EVERY_DELIVERY, deliveries_of};

/// Who was away for more events than this gets the board anew instead of all that changed.
const LONG_AWAY: u64 = 10_000;

/// `event: delivery` for each that is not over, then for each that changes; `event: gone` with the order's id for
/// each that a rider no longer sees, because another has it.
#[utoipa::path(
    get,
    path = "/deliveries/stream",
    operation_id = "followDeliveries",
    tag = "deliveries",
    summary = "Deliveries as they change",
    params(Resumable),
    responses(
        (status = 200, description = "`event: delivery` with the delivery, whenever one changes; `event: gone` with its id when it is no longer seen.", body = String, content_type = "text/event-stream"),
    ),
)]
pub(super) async fn changes(
    State(service): State<DeliveryService>,
    Caller(actor): Caller,
    Speaks(language): Speaks,
    last: LastEventId,
) -> Result<Response, Problem> {
    admit(&actor)?;
    let topics = match &actor {
        Actor::Owner(owner) => owner.stores.iter().map(|store| deliveries_of(*store)).collect(),
        Actor::Rider(_) | Actor::Operator(_) | Actor::Customer(_) | Actor::Service(_) => {
            vec![EVERY_DELIVERY.to_owned()]
        }
    };
    let watcher = service.room().topics.watch_all(topics);
    let shutdown = service.room().shutdown.clone();
    let mut screen = Screen::begin(service, actor, language, last).map_err(|error| outage(&error))?;
    let messages = follow(watcher, 0, move |_| screen.look());
    Ok(sse::respond(messages, &shutdown))
}

/// What one reader has been told.
struct Screen {
    service: DeliveryService,
    actor: Actor,
    language: Language,
    /// Changes up to here were looked at.
    seen: u64,
    /// Up to here the reader may have been shown what we do not know of.
    resumed_until: u64,
    /// Shown, and not over.
    shown: BTreeSet<OrderId>,
    pending: Vec<Message>,
}

impl Screen {
    fn begin(
        service: DeliveryService,
        actor: Actor,
        language: Language,
        LastEventId(last): LastEventId,
    ) -> Result<Self, StoreError> {
        let head = service.head()?;
        let (shown, pending) = (BTreeSet::new(), Vec::new());
        let mut screen = Self { service, actor, language, seen: head, resumed_until: 0, shown, pending };
        let known = last.and_then(|last| u64::try_from(last).ok());
        if let Some(last) = known.filter(|last| *last <= head && head - last <= LONG_AWAY) {
            (screen.seen, screen.resumed_until) = (last, head);
        } else {
            let Snapshot { rows, head } = screen.service.snapshot(&screen.actor)?;
            screen.seen = head;
            rows.iter().try_for_each(|placed| screen.tell(placed))?;
        }
        Ok(screen)
    }

    /// What there is to tell; nothing until something changes that concerns the reader.
    fn look(&mut self) -> Vec<Message> {
        while self.pending.is_empty() {
            match self.read_on() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "a live board could not be read; it is looked at again at the next change");
                    break;
                }
            }
        }
        std::mem::take(&mut self.pending)
    }

    /// Reads the next changes; says whether there were any.
    fn read_on(&mut self) -> Result<bool, StoreError> {
        let changed = self.service.changed_after(&self.actor, self.seen)?;
        for placed in &changed {
            self.tell(placed)?;
            self.seen = placed.position;
        }
        Ok(!changed.is_empty())
    }

    fn tell(&mut self, placed: &Placed) -> Result<(), StoreError> {
        let (row, id) = (&placed.row, placed.position as i64);
        let message = if is_shown(row, &self.actor) {
            match row.status {
                Status::Delivered | Status::Cancelled => self.shown.remove(&row.order_id),
                Status::Waiting | Status::Assigned | Status::Delivering | Status::Interrupted | Status::Failed => {
                    self.shown.insert(row.order_id)
                }
            };
            Message::new(id, "delivery", &Told::of(&self.service, row, &self.actor, self.language))
        } else if self.shown.remove(&row.order_id) || self.may_have_shown(placed) {
            Message::new(id, "gone", &serde_json::json!({"orderId": row.order_id}))
        } else {
            return Ok(());
        };
        let message = message.map_err(|error| StoreError::Unreadable(format!("cannot be told: {error}")))?;
        self.pending.push(message);
        Ok(())
    }

    /// Before the connection broke off, a rider may have seen it waiting.
    fn may_have_shown(&self, placed: &Placed) -> bool {
        match (&self.actor, placed.row.delivery_by) {
            (Actor::Rider(_), DeliveryBy::Rider) => placed.position <= self.resumed_until,
            (Actor::Rider(_) | Actor::Owner(_) | Actor::Operator(_) | Actor::Customer(_) | Actor::Service(_), _) => {
                false
            }
        }
    }
}
