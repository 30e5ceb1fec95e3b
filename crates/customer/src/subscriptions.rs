//! What customer hears of app.

use kernel::events::Recorded;
use kernel::events::app::AppEvent;
use kernel::events::customer::{CustomerEvent, NoticeKind};
use platform::batch::Batch;
use platform::runner::{Handler, HandlerError};
use platform::store::{Cause, StoreError};
use platform::view::View;
use uuid::Uuid;

use crate::domain::commands::{QueueNotice, What};
use crate::domain::notice::{Notice, Rejection, State};
use crate::domain::policies;
use crate::service::CustomerService;
use crate::tables::OrderFactsView;

/// customer's ears.
pub struct HeardOfApp {
    customer: CustomerService,
}

impl HeardOfApp {
    /// For `customer`.
    pub fn new(customer: &CustomerService) -> Self {
        Self { customer: customer.clone() }
    }
}

impl Handler for HeardOfApp {
    type Event = AppEvent;

    /// These change no facts and are told to nobody.
    fn wants(&self, name: &str) -> bool {
        !matches!(name, "PaymentStarted" | "OrderReceived" | "DeliveredAfterCancel")
    }

    fn handle(&mut self, event: &Recorded<AppEvent>, cause: &Cause, batch: &mut Batch) -> Result<(), HandlerError> {
        let facts = batch.fold::<OrderFactsView>(&self.customer.room().store, event)?;
        if let AppEvent::PersonalDataErased(_) = &event.event {
            self.erase(event.subject, batch);
            return Ok(());
        }
        let Some(facts) = facts else {
            return Err(HandlerError::Bug("nothing is known of this order, so nobody can be told".to_owned()));
        };
        match policies::when_app(event, &facts, self.customer.zone()) {
            Some(what) => self.tell(event.subject, cause, batch, what),
            None => Ok(()),
        }
    }
}

impl HeardOfApp {
    fn erase(&self, order: Uuid, batch: &mut Batch) {
        self.customer.notices().erase(&mut batch.changes, order);
        if let Some(erased) = batch.changes.erased.last_mut() {
            erased.tables.push(OrderFactsView::TABLE);
        }
    }

    fn tell(&self, order: Uuid, cause: &Cause, batch: &mut Batch, what: What) -> Result<(), HandlerError> {
        let notices = self.customer.notices();
        let decided = match what {
            What::QueueNotice(notice) if self.customer.outlet().is_immediate() => {
                self.tell_at_once(order, cause, batch, notice)?
            }
            what => batch.decide(notices, order, cause, self.customer.command(cause.at, what))?.map(drop),
        };
        if let Err(rejection) = decided {
            batch.note(order, cause, format!("{}: {rejection}", rejection.slug()));
        }
        Ok(())
    }

    /// Queues the notice and records it as sent, unless others are before it.
    fn tell_at_once(
        &self,
        order: Uuid,
        cause: &Cause,
        batch: &mut Batch,
        notice: QueueNotice,
    ) -> Result<Result<(), Rejection>, StoreError> {
        let (notice_id, kind, language) = (notice.notice_id, notice.kind, notice.language);
        let line = self.customer.logs().then(|| (self.customer.clone(), notice.order_number.clone()));
        let queue = self.customer.command(cause.at, What::QueueNotice(notice));
        let sent = |state: &State| {
            let is_first = state.first().is_some_and(|first| first.notice_id == notice_id);
            is_first.then(|| self.customer.command(cause.at, What::RecordSent { notice_id, channel: None }))
        };
        let notices = self.customer.notices();
        let decided = if kind == NoticeKind::Placed {
            batch.begin_then::<Notice>(notices, order, cause, queue, sent)?
        } else {
            batch.decide_then::<Notice>(notices, order, cause, queue, sent)?
        };
        Ok(decided.map(|events| {
            let is_sent = events.iter().any(|event| matches!(event, CustomerEvent::NoticeSent(_)));
            if let Some((customer, number)) = line.filter(|_| is_sent) {
                batch.changes.after.push(Box::new(move || customer.log_sent(&number, kind, language)));
            }
        }))
    }
}
