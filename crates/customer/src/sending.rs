//! Hands notices over where that is a call to the outside: one at a time, in order, and never blindly twice.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use kernel::Time;
use kernel::events::customer::{Channel, NoticeQueued};
use platform::work::{Due, Outcome, Performer};
use uuid::Uuid;

use crate::domain::commands::{Command, What};
use crate::domain::notice::Notice;
use crate::handed::{Standing, Tried};
use crate::ports::{Code, Found, HandOver, Message};
use crate::service::CustomerService;

/// How long the outlet may take to answer; a look-up and a hand-over fit into a lease.
const CALL: Duration = Duration::from_secs(10);
/// The first pause after a try that came to nothing; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// How often the pause doubles.
const MOST_DOUBLINGS: u32 = 5;

/// Hands over whichever notice is first in its order's line.
pub struct Sending {
    customer: CustomerService,
    under_way: Mutex<BTreeSet<Uuid>>,
}

impl Performer<Notice> for Sending {
    async fn perform(&self, due: &Due<Notice>) -> Outcome<Command> {
        let Some(first) = due.loaded.state.first() else { return Outcome::Record(Vec::new()) };
        let Some(_turn) = self.turn(due.loaded.id) else { return Outcome::Again(FIRST_PAUSE) };
        match self.settle(due, first).await {
            Some(what) => {
                self.customer.handed().forget(first.notice_id);
                Outcome::Record(vec![self.customer.command(self.now(), what)])
            }
            None => Outcome::Again(pause_after(due.attempts)),
        }
    }
}

impl Sending {
    /// For `customer`.
    pub fn new(customer: &CustomerService) -> Self {
        Self { customer: customer.clone(), under_way: Mutex::default() }
    }

    /// What becomes of the first in line; nothing yet where that is not known.
    ///
    /// Every try but the very first asks before it calls: the one before may have arrived after all. Only a notice that
    /// is certainly not at the outlet is left out because the order has moved on.
    async fn settle(&self, due: &Due<Notice>, first: &NoticeQueued) -> Option<What> {
        let (handed, notice_id) = (self.customer.handed(), first.notice_id);
        let tried = if due.ask_first || due.attempts > 0 { Tried::Before } else { Tried::Never };
        let standing = handed.standing(notice_id, tried);
        let is_overtaken = || due.loaded.state.is_overtaken(notice_id, self.now(), self.customer.waits());
        if standing == Standing::NotThere && is_overtaken() {
            return Some(What::SkipNotice { notice_id });
        }
        let mut message = Message::of(due.loaded.id.into(), first, self.customer.page());
        if tried == Tried::Before {
            match self.look_up(&message).await {
                Found::Delivered { by } => return Some(self.sent(first, Some(by))),
                Found::Failed { code, permanent: true, .. } => return Some(self.failed(first, code)),
                Found::Failed { permanent: false, times, .. }
                    if !handed.includes_the_last(notice_id, times) && !standing.believes_absence(self.now()) =>
                {
                    return None;
                }
                Found::Failed { code, permanent: false, times } => {
                    handed.refused(notice_id, code, self.now());
                    message.failed = times;
                }
                Found::Pending => {
                    handed.accepted(notice_id, self.now());
                    return None;
                }
                Found::NotFound if standing.believes_absence(self.now()) => {}
                Found::NotFound | Found::Unknown => return None,
            }
        }
        if is_overtaken() {
            return Some(What::SkipNotice { notice_id });
        }
        handed.calls(notice_id, message.failed, self.now());
        match self.hand_over(&message).await {
            HandOver::Accepted => handed.accepted(notice_id, self.now()),
            HandOver::Delivered => return Some(self.sent(first, None)),
            HandOver::Refused { code, permanent: true } => return Some(self.failed(first, code)),
            HandOver::Refused { code, permanent: false } => {
                tracing::debug!(%code, kind = ?first.kind, "a notice is tried again");
                handed.refused(notice_id, code, self.now());
            }
            HandOver::Unknown => {}
        }
        None
    }

    fn sent(&self, notice: &NoticeQueued, channel: Option<Channel>) -> What {
        self.customer.log_sent(&notice.order_number, notice.kind, notice.language);
        What::RecordSent { notice_id: notice.notice_id, channel }
    }

    fn failed(&self, notice: &NoticeQueued, code: Code) -> What {
        self.customer.log_failed(&notice.order_number, notice.kind, &code);
        What::RecordFailed { notice_id: notice.notice_id, code: Some(code.into_owned()) }
    }

    async fn hand_over(&self, message: &Message) -> HandOver {
        tokio::time::timeout(CALL, self.customer.outlet().hand_over(message)).await.unwrap_or(HandOver::Unknown)
    }

    async fn look_up(&self, message: &Message) -> Found {
        tokio::time::timeout(CALL, self.customer.outlet().look_up(message)).await.unwrap_or(Found::Unknown)
    }

    fn now(&self) -> Time {
        self.customer.room().clock.now()
    }

    /// The order's turn to call, unless a call of it is still under way: its notice may have been given up meanwhile,
    /// and the next must not overtake it on the way.
    fn turn(&self, order: Uuid) -> Option<Turn<'_>> {
        self.orders_under_way().insert(order).then(|| Turn { of: self, order })
    }

    fn orders_under_way(&self) -> MutexGuard<'_, BTreeSet<Uuid>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One order's call, for as long as it lasts.
struct Turn<'a> {
    of: &'a Sending,
    order: Uuid,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.of.orders_under_way().remove(&self.order);
    }
}

fn pause_after(attempts: u32) -> SignedDuration {
    FIRST_PAUSE * 2_i32.pow(attempts.min(MOST_DOUBLINGS))
}
