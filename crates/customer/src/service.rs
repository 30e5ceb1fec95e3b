//! customer at work: hears of app, queues notices, hands them over, keeps its views.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::tz::TimeZone;
use kernel::Time;
use kernel::events::customer::NoticeKind;
use kernel::lang::Language;
use kernel::order::OrderNumber;
use platform::bus::Source;
use platform::rebuild;
use platform::room::Room;
use platform::runner::Runner;
use platform::store::{CommitError, StoreError};
use platform::streams::Streams;
use platform::timers::Timekeeper;
use platform::view::{Value, View};
use platform::work::Worker;

use crate::domain::commands::{Command, What};
use crate::domain::notice::{Notice, State};
use crate::domain::views::InboxRow;
use crate::domain::waits::{Waits, command_when_due};
use crate::handed::Handed;
use crate::ports::{Code, Outlet};
use crate::sending::Sending;
use crate::subscriptions::HeardOfApp;
use crate::tables::{InboxView, OrderFactsView};

/// customer. Cheap to clone.
#[derive(Clone)]
pub struct CustomerService {
    inner: Arc<Inner>,
}

struct Inner {
    room: Room,
    notices: Streams<Notice>,
    outlet: Arc<dyn Outlet>,
    handed: Handed,
    options: Options,
}

/// What customer is told to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long it waits for what.
    pub waits: Waits,
    /// Where the clock on the wall hangs.
    pub zone: TimeZone,
    /// How loudly it says that a notice went out.
    pub log: NoticeLog,
    /// Where the links in messages lead, without a slash at the end.
    pub page: String,
    /// Whether anybody may look at the messages of everybody (`/phone`): only where all people are made up.
    pub shows_phones: bool,
}

/// Where the line of each notice that went out is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoticeLog {
    /// For those who look for it: there are thousands a second.
    #[default]
    Debug,
    /// For everyone.
    Info,
}

/// The logs that customer listens to.
pub struct Sources {
    /// app's.
    pub app: Source,
}

/// How customer waits, as configured.
pub fn waits_from(waits: &platform::config::Waits) -> Waits {
    Waits { overtaken_after: waits.notice_overtaken, failing: waits.notice_failing }
}

impl CustomerService {
    /// customer in its room, with `outlet` as its way out.
    pub fn new(room: Room, outlet: Arc<dyn Outlet>, options: Options) -> Self {
        let notices = Streams::new(&room.store, &room.topics);
        let handed = Handed::new(room.clock.now());
        Self { inner: Arc::new(Inner { room, notices, outlet, handed, options }) }
    }

    /// Makes the views ready; to be awaited before anything is served.
    pub async fn prepare(&self, app: &mut Source) -> Result<(), CommitError> {
        let own = &self.room().store;
        if !rebuild::is_current(own, InboxView::TABLE)? {
            rebuild::rebuild::<InboxView>(own, &mut Source::local(own), rebuild::logged("Inbox")).await?;
        }
        if !rebuild::is_current(own, OrderFactsView::TABLE)? {
            rebuild::rebuild::<OrderFactsView>(own, app, rebuild::logged("OrderFacts")).await?;
        }
        Ok(())
    }

    /// Begins to listen, to hand over and to watch the time, until shutdown.
    pub fn start(&self, sources: Sources) {
        let room = self.room();
        room.shutdown.spawn("customer-app", Runner::new(room, sources.app, HeardOfApp::new(self)).run());
        room.shutdown.spawn("customer-work", Worker::new(room, self.notices(), Sending::new(self)).run());
        let customer = self.clone();
        let when_due = Timekeeper::new(
            room,
            self.notices(),
            Box::new(move |notices, wait, now| {
                // While we were away nothing was tried, so nothing failed.
                let was_tried = customer.handed().at_work_for(now) >= customer.waits().failing;
                let what = command_when_due(wait.what, &notices.state).filter(|_| was_tried)?;
                Some(customer.command(now, customer.given_up(&notices.state, what)))
            }),
        );
        room.shutdown.spawn("customer-timers", when_due.run());
    }

    /// customer's means.
    pub fn room(&self) -> &Room {
        &self.inner.room
    }

    /// The notices of its orders.
    pub fn notices(&self) -> &Streams<Notice> {
        &self.inner.notices
    }

    pub(crate) fn outlet(&self) -> &dyn Outlet {
        &*self.inner.outlet
    }

    /// What is known of the notices that were handed over.
    pub(crate) fn handed(&self) -> &Handed {
        &self.inner.handed
    }

    /// A notice that is given up because its time ran out fails for the reason that was heard last.
    fn given_up(&self, state: &State, what: What) -> What {
        match (what, state.first()) {
            (What::RecordFailed { notice_id, code: None }, Some(first)) => {
                let code = self.handed().last_code(notice_id);
                self.log_failed(&first.order_number, first.kind, code.as_deref().unwrap_or("nothing was heard of it"));
                What::RecordFailed { notice_id, code: code.map(Code::into_owned) }
            }
            (what, _) => what,
        }
    }

    pub(crate) fn waits(&self) -> Waits {
        self.inner.options.waits
    }

    pub(crate) fn page(&self) -> &str {
        &self.inner.options.page
    }

    pub(crate) fn shows_phones(&self) -> bool {
        self.inner.options.shows_phones
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.inner.options.zone
    }

    /// `what`, coming at `at`.
    pub fn command(&self, at: Time, what: What) -> Command {
        Command { at, waits: self.waits(), what }
    }

    /// Whether anyone reads the lines of [`CustomerService::log_sent`].
    pub(crate) fn logs(&self) -> bool {
        self.inner.options.log == NoticeLog::Info || tracing::enabled!(tracing::Level::DEBUG)
    }

    /// One line for a notice that went out: neither to whom nor what it says.
    pub(crate) fn log_sent(&self, order_number: &OrderNumber, kind: NoticeKind, language: Language) {
        let (order, language) = (order_number.as_str(), language.code());
        match self.inner.options.log {
            NoticeLog::Info => tracing::info!(order, ?kind, language, "notice sent"),
            NoticeLog::Debug => tracing::debug!(order, ?kind, language, "notice sent"),
        }
    }

    /// One line for a notice that no way brings: neither to whom nor what it says.
    #[expect(clippy::unused_self, reason = "it stands beside the line for a notice that went out")]
    pub(crate) fn log_failed(&self, order_number: &OrderNumber, kind: NoticeKind, code: &str) {
        tracing::warn!(order = order_number.as_str(), ?kind, code, "notice failed");
    }

    /// The rows of the inbox that `tail` finds, a statement from `WHERE` on, with their positions.
    pub(crate) fn inbox(&self, tail: &str, parameters: &[Value]) -> Result<Vec<(InboxRow, i64)>, StoreError> {
        let found = self.room().store.readers().with(|reader| reader.rows(InboxView::TABLE.name, tail, parameters))?;
        found
            .into_iter()
            .map(|row| Ok((InboxView::read(&row.doc, row.personal.as_deref())?, row.position as i64)))
            .collect()
    }
}
