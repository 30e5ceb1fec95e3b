//! app at work: creates orders, has them paid, hears of the others, keeps its views.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::ids::StoreId;
use platform::bus::Source;
use platform::idempotency::{self, Running};
use platform::problem::Problem;
use platform::rebuild;
use platform::room::Room;
use platform::runner::Runner;
use platform::store::{CommitError, StoreError};
use platform::streams::Streams;
use platform::timers::Timekeeper;
use platform::view::View;

use crate::domain::commands::{Command, What};
use crate::domain::order::Order;
use crate::domain::storefront::StoreFrontRow;
use crate::domain::waits::{Waits, command_when_due};
use crate::fronts::StoreFronts;
use crate::pages::Window;
use crate::ports::Payments;
use crate::subscriptions::{Heard, HeardOfStore};
use crate::tables::{OrderStatusView, StoreFrontView};

/// app. Cheap to clone.
#[derive(Clone)]
pub struct AppService {
    inner: Arc<Inner>,
}

struct Inner {
    room: Room,
    orders: Streams<Order>,
    fronts: StoreFronts,
    payments: Arc<dyn Payments>,
    waits: Waits,
    zone: TimeZone,
    deadline: Duration,
    window: Window,
    running: Running,
}

/// What app is told to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long it waits for what.
    pub waits: Waits,
    /// Where its days begin.
    pub zone: TimeZone,
    /// How long pay may take to answer.
    pub deadline: Duration,
    /// The window in which customers pay.
    pub window: Window,
}

/// The logs that app listens to.
pub struct Sources {
    /// pay's.
    pub pay: Source,
    /// store's.
    pub store: Source,
    /// delivery's.
    pub delivery: Source,
}

/// How app waits, as configured.
pub fn waits_from(waits: &platform::config::Waits, deadline: Duration) -> Waits {
    let deadline = jiff::SignedDuration::try_from(deadline).unwrap_or_default();
    Waits {
        unpaid_hold: waits.unpaid_hold,
        hold_after_attempt: waits.hold_after_attempt,
        payment_outcome: deadline.saturating_add(waits.payment_outcome_margin),
        unresolved: waits.payment_unresolved,
        late_approval: waits.late_approval,
        store_unreachable: waits.store_unreachable,
        cancel_unanswered: waits.cancel_unanswered,
        way: waits.way,
        personal_data: waits.personal_data,
    }
}

impl AppService {
    /// app in its room.
    pub fn new(room: Room, payments: Arc<dyn Payments>, options: Options) -> Self {
        let orders = Streams::new(&room.store, &room.topics);
        let Options { waits, zone, deadline, window } = options;
        let (fronts, running) = (StoreFronts::default(), Running::default());
        Self { inner: Arc::new(Inner { room, orders, fronts, payments, waits, zone, deadline, window, running }) }
    }

    /// Makes the views ready; to be awaited before anything is served.
    pub async fn prepare(&self, store: &mut Source) -> Result<(), CommitError> {
        let own = &self.room().store;
        if !rebuild::is_current(own, OrderStatusView::TABLE)? {
            rebuild::rebuild::<OrderStatusView>(own, &mut Source::local(own), rebuild::logged("OrderStatus")).await?;
        }
        if !rebuild::is_current(own, StoreFrontView::TABLE)? {
            rebuild::rebuild::<StoreFrontView>(own, store, rebuild::logged("StoreFront")).await?;
        }
        self.inner.fronts.load(own)?;
        Ok(())
    }

    /// Begins to listen and to watch the time, until shutdown.
    pub fn start(&self, sources: Sources) {
        let room = self.room();
        let spawn = |name: &str| format!("app-{name}");
        room.shutdown.spawn(spawn("pay"), Runner::new(room, sources.pay, Heard::of_pay(self)).run());
        room.shutdown.spawn(spawn("store"), Runner::new(room, sources.store, HeardOfStore::new(self)).run());
        room.shutdown.spawn(spawn("delivery"), Runner::new(room, sources.delivery, Heard::of_delivery(self)).run());
        let app = self.clone();
        let when_due = Timekeeper::new(
            room,
            self.orders(),
            Box::new(move |order, wait, now| {
                command_when_due(wait.what, &order.state).map(|what| app.command(now, what))
            }),
        );
        room.shutdown.spawn(spawn("timers"), when_due.run());
        room.shutdown.spawn(spawn("keys"), idempotency::sweep(room.clone()));
    }

    /// app's means.
    pub fn room(&self) -> &Room {
        &self.inner.room
    }

    /// Its orders.
    pub fn orders(&self) -> &Streams<Order> {
        &self.inner.orders
    }

    /// The stores as it knows them.
    pub fn fronts(&self) -> &StoreFronts {
        &self.inner.fronts
    }

    pub(crate) fn payments(&self) -> &Arc<dyn Payments> {
        &self.inner.payments
    }

    pub(crate) fn running(&self) -> &Running {
        &self.inner.running
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.inner.zone
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.inner.deadline
    }

    pub(crate) fn window(&self) -> &Window {
        &self.inner.window
    }

    /// `what`, coming at `at`.
    pub fn command(&self, at: Time, what: What) -> Command {
        Command { at, waits: self.inner.waits, what }
    }

    /// The store that a request names in its body.
    pub(crate) fn front(&self, id: StoreId) -> Result<Arc<StoreFrontRow>, Problem> {
        self.inner.fronts.get(id).ok_or_else(|| {
            Problem::unprocessable("unknown-store", "There is no such store.")
                .with_fields(vec![platform::problem::FieldProblem::new("storeId", "there is no such store")])
        })
    }

    /// Every order of the view that `tail` finds, a statement from `WHERE` on.
    pub(crate) fn rows(
        &self,
        tail: &str,
        parameters: &[platform::view::Value],
    ) -> Result<Vec<(crate::domain::views::OrderRow, u64)>, StoreError> {
        let found =
            self.room().store.readers().with(|reader| reader.rows(OrderStatusView::TABLE.name, tail, parameters))?;
        found
            .into_iter()
            .map(|row| Ok((OrderStatusView::read(&row.doc, row.personal.as_deref())?, row.position)))
            .collect()
    }
}
