//! What the provider tells unasked. Nothing of it is believed: it only says which order to ask about again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::ids::OrderId;
use parking_lot::Mutex;
use platform::store::Cause;
use tokio::sync::Semaphore;

use super::{LookUpError, PayService};

/// How many orders are asked about at once: whoever sends us many must not have the provider flooded.
const AT_ONCE: usize = 4;

/// What came of asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedUp {
    /// What the provider said is recorded.
    Known,
    /// There is no payment of that order.
    NotOurs,
    /// The provider, or the database, does not answer: tell us again.
    NoAnswer,
}

/// The look-ups under way.
pub(super) struct LookUps {
    turns: Mutex<BTreeMap<OrderId, Arc<Turn>>>,
    places: Semaphore,
}

/// The look-ups of one order, one after the other.
#[derive(Default)]
struct Turn {
    begun: AtomicU64,
    /// What came of the last that came to its end.
    last: tokio::sync::Mutex<Option<LookedUp>>,
}

impl Default for LookUps {
    fn default() -> Self {
        Self { turns: Mutex::default(), places: Semaphore::new(AT_ONCE) }
    }
}

impl PayService {
    /// Asks again about an order of which the provider says something. Those who tell of the same order while one is
    /// being asked share one more look-up, which begins after they came: the one that runs may have asked too early.
    pub async fn told_of(&self, order_id: OrderId) -> LookedUp {
        let visit = self.inner.look_ups.enter(order_id);
        let begun_before = visit.turn.begun.load(Ordering::SeqCst);
        let mut last = visit.turn.last.lock().await;
        let began_after = visit.turn.begun.load(Ordering::SeqCst) > begun_before;
        if let Some(shared) = last.filter(|_| began_after) {
            return shared;
        }
        visit.turn.begun.fetch_add(1, Ordering::SeqCst);
        // Should this one be dropped half-way, nobody takes an older one's result for its own.
        *last = None;
        *last.insert(self.ask_again(order_id).await)
    }

    async fn ask_again(&self, order_id: OrderId) -> LookedUp {
        let place = self.inner.look_ups.places.acquire();
        let Ok(Ok(_place)) = tokio::time::timeout(self.options().deadline, place).await else {
            return LookedUp::NoAnswer;
        };
        let by = Arc::from(format!("provider/{}", self.room().ids.uuid()));
        let cause = Cause { at: self.room().clock.now(), by, trace: None };
        match self.look_up(order_id, &cause).await {
            // A person has to see to a charge that was never asked for; telling us again changes nothing.
            Ok(_) | Err(LookUpError::NeverAskedFor { .. }) => LookedUp::Known,
            Err(LookUpError::NoSuchPayment) => LookedUp::NotOurs,
            Err(error @ (LookUpError::NoAnswer | LookUpError::Commit(_))) => {
                tracing::warn!(%error, "what the provider tells of cannot be looked up yet");
                LookedUp::NoAnswer
            }
        }
    }
}

impl LookUps {
    fn enter(&self, order_id: OrderId) -> Visit<'_> {
        let turn = Arc::clone(self.turns.lock().entry(order_id).or_default());
        Visit { look_ups: self, order_id, turn }
    }
}

/// Somebody who waits for a look-up of an order; the last one out takes its turn away.
struct Visit<'a> {
    look_ups: &'a LookUps,
    order_id: OrderId,
    turn: Arc<Turn>,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut turns = self.look_ups.turns.lock();
        // This one's and the map's: whoever comes takes theirs under the same lock.
        if Arc::strong_count(&self.turn) == 2 {
            turns.remove(&self.order_id);
        }
    }
}

#[cfg(test)]
mod tests;
