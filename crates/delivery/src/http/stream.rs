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
use crate::domain::reach::Reach;
use crate::domain::views::Row;
use crate::service::DeliveryService;
use crate::service::board::{Placed, Snapshot};
use crate::tables::{EVERY_DELIVERY, deliveries_of, place_of};

/// Who was away for more events than this gets the board anew instead of all that changed.
const LONG_AWAY: u64 = 10_000;

/// `event: delivery` for each that is not over, then for each that changes; `event: gone` with the order's id for
/// each that a rider no longer sees, because another has it or it is too far away now.
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
        Actor::Rider(rider) => vec![EVERY_DELIVERY.to_owned(), place_of(rider)],
        Actor::Operator(_) | Actor::Customer(_) | Actor::Service(_) => vec![EVERY_DELIVERY.to_owned()],
    };
    let watcher = service.room().topics.watch_all(topics);
    let shutdown = service.room().shutdown.clone();
    let mut screen = Screen::begin(service, actor, language, last).map_err(|error| outage(&error))?;
    let messages = follow(watcher, 0, move |_| screen.look());
    Ok(sse::respond(messages, &shutdown))
}

/// What is known of what a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// All that was shown.
    Shown,
    /// Nothing: something else may have been shown before.
    Unsure,
}

/// What one reader has been told.
struct Screen {
    service: DeliveryService,
    actor: Actor,
    language: Language,
    /// How far the reader sees.
    reach: Reach,
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
        let reach = service.reach(&actor);
        let mut screen = Self { service, actor, language, reach, seen: head, resumed_until: 0, shown, pending };
        let known = last.and_then(|last| u64::try_from(last).ok());
        if let Some(last) = known.filter(|last| *last <= head && head - last <= LONG_AWAY) {
            (screen.seen, screen.resumed_until) = (last, head);
            if reach != Reach::Everywhere {
                // Nobody knows where the rider was when the connection broke off.
                screen.look_around(Known::Unsure)?;
            }
        } else {
            let Snapshot { rows, head } = screen.service.snapshot(&screen.actor)?;
            screen.seen = head;
            rows.iter().try_for_each(|placed| screen.tell_change(placed))?;
        }
        Ok(screen)
    }

    /// What there is to tell; nothing until something changes that concerns the reader.
    fn look(&mut self) -> Vec<Message> {
        let reach = self.service.reach(&self.actor);
        if reach != self.reach {
            self.reach = reach;
            if let Err(error) = self.look_around(Known::Shown) {
                tracing::warn!(%error, "a live board could not be read anew; it is looked at again at the next change");
            }
        }
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
            self.tell_change(placed)?;
            self.seen = placed.position;
        }
        Ok(!changed.is_empty())
    }

    /// The rider sees more or less far than before: what came near is told, and what is too far away now is gone.
    fn look_around(&mut self, known: Known) -> Result<(), StoreError> {
        let Snapshot { rows, .. } = self.service.snapshot(&self.actor)?;
        // What changed since comes as a change.
        let seen = self.seen;
        for Placed { row, .. } in rows.iter().filter(|placed| placed.position <= seen) {
            let was_shown = self.shown.contains(&row.order_id);
            let waits = row.status == Status::Waiting && row.delivery_by == DeliveryBy::Rider;
            let unsure = known == Known::Unsure && waits;
            if is_shown(row, &self.actor, &self.reach) != was_shown || unsure {
                self.tell(row, seen, unsure)?;
            }
        }
        Ok(())
    }

    fn tell_change(&mut self, placed: &Placed) -> Result<(), StoreError> {
        self.tell(&placed.row, placed.position, self.may_have_shown(placed))
    }

    /// Tells how `row` stands, or that it is gone if it was shown or `may` have been.
    fn tell(&mut self, row: &Row, position: u64, may: bool) -> Result<(), StoreError> {
        let id = position as i64;
        let message = if is_shown(row, &self.actor, &self.reach) {
            match row.status {
                Status::Delivered | Status::Cancelled => self.shown.remove(&row.order_id),
                Status::Waiting | Status::Assigned | Status::Delivering | Status::Interrupted | Status::Failed => {
                    self.shown.insert(row.order_id)
                }
            };
            Message::new(id, "delivery", &Told::of(&self.service, row, &self.actor, self.language))
        } else if self.shown.remove(&row.order_id) || may {
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
