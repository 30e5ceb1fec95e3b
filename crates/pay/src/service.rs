//! pay at work: takes payments, hears of app, asks the provider, keeps the ledger and compares it.

mod books;
mod calls;
mod later;
mod news;
mod reconciling;
mod requests;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::ids::OrderId;
use platform::bus::Source;
use platform::idempotency::{self, Running};
use platform::rebuild;
use platform::resilience::{self, Guard};
use platform::room::Room;
use platform::runner::Runner;
use platform::store::CommitError;
use platform::streams::Streams;
use platform::view::View;
use platform::work::Worker;

use crate::domain::commands::{Command, What};
use crate::domain::payment::Payment;
use crate::domain::waits::Waits;
use crate::ports::{Provider, Reply};
use crate::subscriptions::HeardOfApp;
use crate::tables::LedgerView;
pub use books::{AccountBalance, Balances};
use calls::Calls;
pub use later::LookUpError;
use news::LookUps;
pub use news::LookedUp;
pub use reconciling::{ReconcileError, Reconciliation};
pub use requests::{NotSent, PaymentReply, PaymentRequest};

/// pay. Cheap to clone.
#[derive(Clone)]
pub struct PayService {
    inner: Arc<Inner>,
}

struct Inner {
    room: Room,
    payments: Streams<Payment>,
    provider: Arc<dyn Provider>,
    guard: Guard,
    options: Options,
    running: Running,
    look_ups: LookUps,
    by_app: Arc<str>,
}

/// What pay is told to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long it waits for what.
    pub waits: Waits,
    /// Where its days begin.
    pub zone: TimeZone,
    /// How long the provider may take to answer: less than app waits for pay, and at most 10 s.
    pub deadline: Duration,
    /// When an attempt that was not sent may be followed by the next.
    pub retry_after: Duration,
    /// How pay stands before a provider that is slow or down.
    pub resilience: resilience::Options,
}

impl Default for Options {
    /// The waits of the design, days in Seoul, 4 s for the provider.
    fn default() -> Self {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        Self {
            waits: Waits::default(),
            zone,
            deadline: Duration::from_secs(4),
            retry_after: Duration::from_secs(5),
            resilience: resilience::Options::default(),
        }
    }
}

/// The logs that pay listens to.
pub struct Sources {
    /// app's.
    pub app: Source,
}

/// How pay waits, as configured.
pub fn waits_from(waits: &platform::config::Waits) -> Waits {
    Waits { not_found: waits.not_found_at_provider, operator: waits.refund_pending, ..Waits::default() }
}

impl PayService {
    /// pay in its room.
    pub fn new(room: Room, provider: Arc<dyn Provider>, options: Options) -> Self {
        let payments = Streams::new(&room.store, &room.topics);
        let guard = Guard::new("provider", options.resilience, &room.clock, &room.ids);
        let by_app = Arc::from("service/app");
        let (running, look_ups) = (Running::default(), LookUps::default());
        Self { inner: Arc::new(Inner { room, payments, provider, guard, options, running, look_ups, by_app }) }
    }

    /// Makes the ledger ready; to be awaited before anything is served.
    pub async fn prepare(&self) -> Result<(), CommitError> {
        let own = &self.room().store;
        if !rebuild::is_current(own, LedgerView::TABLE)? {
            rebuild::rebuild::<LedgerView>(own, &mut Source::local(own), rebuild::logged("Ledger")).await?;
        }
        Ok(())
    }

    /// Begins to listen and to ask the provider, until shutdown.
    pub fn start(&self, sources: Sources) {
        let room = self.room();
        room.shutdown.spawn("pay-app", Runner::new(room, sources.app, HeardOfApp::new(self)).run());
        room.shutdown.spawn("pay-calls", Worker::new(room, self.payments(), Calls::new(self)).run());
        room.shutdown.spawn("pay-reconciliation", self.clone().reconcile_nightly());
        room.shutdown.spawn("pay-keys", idempotency::sweep(room.clone()));
    }

    /// pay's means.
    pub fn room(&self) -> &Room {
        &self.inner.room
    }

    /// Its payments.
    pub fn payments(&self) -> &Streams<Payment> {
        &self.inner.payments
    }

    /// What it was told to do.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn provider(&self) -> &dyn Provider {
        &*self.inner.provider
    }

    /// What stands between pay and the provider.
    pub fn guard(&self) -> &Guard {
        &self.inner.guard
    }

    /// What the provider answers, if it does before the deadline.
    async fn in_time<T>(&self, call: Reply<'_, T>) -> Option<T> {
        tokio::time::timeout(self.options().deadline, call).await.ok()
    }

    pub(crate) fn running(&self) -> &Running {
        &self.inner.running
    }

    /// `what`, about the payment of `order_id`, coming at `at`.
    pub fn command(&self, order_id: OrderId, at: Time, what: What) -> Command {
        Command { order_id, at, waits: self.inner.options.waits, what }
    }
}
