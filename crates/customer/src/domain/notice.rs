//! The notices of an order: queued as its story goes on, handed over one at a time and in order.

#[cfg(test)]
mod tests;

use kernel::Time;
use kernel::decider::{Decider, Task, Wait};
use kernel::events::customer::{CustomerEvent, NoticeFailed, NoticeKind, NoticeQueued, NoticeSent, NoticeSkipped};
use kernel::ids::NoticeId;
use uuid::Builder;

use crate::domain::commands::{Command, QueueNotice, What};
use crate::domain::waits::{NOTICE_FAILING, Waits};

/// All notices of one order.
#[derive(Debug)]
pub struct Notice;

/// The notices that are still to be sent, first in line first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    queue: Vec<NoticeQueued>,
    /// Every notice there ever was, so that a repeat is known as one.
    known: Vec<NoticeId>,
    /// Since when the first in line has been that.
    first_since: Option<Time>,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing of that id was ever queued.
    #[error("This order has no such notice.")]
    NoSuchNotice,
}

impl Rejection {
    /// The problem's type.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::NoSuchNotice => "no-such-notice",
        }
    }
}

impl Decider for Notice {
    type State = State;
    type Command = Command;
    type Event = CustomerEvent;
    type Rejection = Rejection;

    fn decide(state: &State, Command { at, waits, what }: Command) -> Result<Vec<CustomerEvent>, Rejection> {
        match what {
            What::QueueNotice(notice) if state.known.contains(&notice.notice_id) => Ok(Vec::new()),
            What::QueueNotice(notice) => Ok(queue(state, notice, at, waits)),
            What::SkipNotice { notice_id } => {
                state.settle(notice_id, || state.is_overtaken(notice_id, at, waits).then(|| skipped(notice_id, at)))
            }
            What::RecordSent { notice_id, channel } => {
                state.settle(notice_id, || Some(NoticeSent { notice_id, sent_at: at, channel }.into()))
            }
            What::RecordFailed { notice_id, code } => {
                state.settle(notice_id, || Some(NoticeFailed { notice_id, failed_at: at, code }.into()))
            }
        }
    }

    fn evolve(mut state: State, event: &CustomerEvent) -> State {
        match event {
            CustomerEvent::NoticeQueued(queued) => {
                state.first_since = state.first_since.or(Some(queued.queued_at));
                state.known.push(queued.notice_id);
                state.queue.push(queued.clone());
            }
            CustomerEvent::NoticeSent(sent) => state.remove(sent.notice_id, sent.sent_at),
            CustomerEvent::NoticeFailed(failed) => state.remove(failed.notice_id, failed.failed_at),
            CustomerEvent::NoticeSkipped(skipped) => state.remove(skipped.notice_id, skipped.skipped_at),
        }
        state
    }

    fn waits(state: &State) -> Vec<Wait> {
        let wait = |until| Wait { what: NOTICE_FAILING, until, presumes: &[] };
        state.gives_up_at().map(wait).into_iter().collect()
    }

    fn work(state: &State) -> Option<Task> {
        state.first().map(|first| Task { key: format!("send/{}", first.notice_id), due: None })
    }
}

impl State {
    /// The notice to hand over next; the others wait for it.
    pub fn first(&self) -> Option<&NoticeQueued> {
        self.queue.first()
    }

    /// Whether the order has moved on since this notice, so that it is not worth sending any more: it is not
    /// about money, it is too old, and a later status is queued.
    pub fn is_overtaken(&self, notice_id: NoticeId, at: Time, waits: Waits) -> bool {
        self.overtaken(None, at, waits).any(|overtaken| overtaken == notice_id)
    }

    /// The queued notices that are overtaken, with `coming` queued behind them.
    fn overtaken(&self, coming: Option<NoticeKind>, at: Time, waits: Waits) -> impl Iterator<Item = NoticeId> {
        self.queue.iter().enumerate().filter_map(move |(index, notice)| {
            let mut later = self.queue[index + 1..].iter().map(|notice| notice.kind).chain(coming);
            let is_late = at.duration_since(notice.queued_at) > waits.overtaken_after;
            let is_overtaken =
                is_late && !notice.kind.is_about_money() && later.any(|later| overtakes(later, notice.kind));
            is_overtaken.then_some(notice.notice_id)
        })
    }

    /// When the first in line is given up: it has its whole time from when it became first.
    fn gives_up_at(&self) -> Option<Time> {
        let first = self.first()?;
        let time = first.give_up_at.duration_since(first.queued_at);
        Some(self.first_since?.saturating_add(time).unwrap_or(Time::MAX))
    }

    /// What comes of a notice that is still queued; nothing of one that is settled already.
    fn settle(
        &self,
        notice_id: NoticeId,
        outcome: impl FnOnce() -> Option<CustomerEvent>,
    ) -> Result<Vec<CustomerEvent>, Rejection> {
        if self.queue.iter().any(|notice| notice.notice_id == notice_id) {
            Ok(outcome().into_iter().collect())
        } else if self.known.contains(&notice_id) {
            Ok(Vec::new())
        } else {
            Err(Rejection::NoSuchNotice)
        }
    }

    fn remove(&mut self, notice_id: NoticeId, at: Time) {
        if self.first().is_some_and(|first| first.notice_id == notice_id) {
            self.first_since = Some(at);
        }
        self.queue.retain(|notice| notice.notice_id != notice_id);
        if self.queue.is_empty() {
            self.first_since = None;
        }
    }
}

/// The id of the notice that the event `cause` (recorded at `at`) brings about: always the same one, in the
/// order of time like every other id, and within a millisecond in the order of app's log.
pub fn notice_id_for(cause: &str, at: Time) -> NoticeId {
    let position = cause.rsplit_once('/').and_then(|(_, position)| position.parse::<u64>().ok()).unwrap_or_default();
    let hash = fnv1a(cause.as_bytes()) & u128::from(u32::MAX);
    // Of the 80 bits, the first four and the two after the next twelve are the version's and the variant's.
    let upper = u128::from(position >> 30 & 0xfff) << 64;
    let lower = u128::from(position & 0x3fff_ffff) << 32;
    let mut rest = [0; 10];
    rest.copy_from_slice(&(upper | lower | hash).to_be_bytes()[6..]);
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &rest).into_uuid().into()
}

/// The first in line may be on its way to the phone: only whoever hands it over knows whether it can still be left out.
fn queue(state: &State, notice: QueueNotice, at: Time, waits: Waits) -> Vec<CustomerEvent> {
    let first = state.first().map(|first| first.notice_id);
    let overtaken = state.overtaken(Some(notice.kind), at, waits).filter(|overtaken| Some(*overtaken) != first);
    let mut events: Vec<CustomerEvent> = overtaken.map(|overtaken| skipped(overtaken, at)).collect();
    let QueueNotice { notice_id, kind, customer_id, language, order_number, text, private } = notice;
    let give_up_at = at.saturating_add(waits.failing).unwrap_or(Time::MAX);
    let queued =
        NoticeQueued { order_number, notice_id, customer_id, kind, language, text, queued_at: at, give_up_at, private };
    events.push(queued.into());
    events
}

fn skipped(notice_id: NoticeId, skipped_at: Time) -> CustomerEvent {
    NoticeSkipped { notice_id, skipped_at }.into()
}

/// Only a later status, or a newer word on the same matter, makes an earlier notice idle: that a dish was
/// refunded does not say that the order is on its way.
fn overtakes(later: NoticeKind, earlier: NoticeKind) -> bool {
    later == earlier || says_a_status(later)
}

const fn says_a_status(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Placed
        | NoticeKind::Accepted
        | NoticeKind::Rejected
        | NoticeKind::Cooking
        | NoticeKind::Ready
        | NoticeKind::OnTheWay
        | NoticeKind::Delivered
        | NoticeKind::Cancelled
        | NoticeKind::PayDeferred
        | NoticeKind::PayChecking
        | NoticeKind::PayFailed
        | NoticeKind::Expired
        | NoticeKind::CancelUnpaid
        | NoticeKind::CancelChecking
        | NoticeKind::CancelAsked
        | NoticeKind::CancelRefused
        | NoticeKind::PickupReady
        | NoticeKind::PickedUp
        | NoticeKind::Undelivered => true,
        NoticeKind::Refunded | NoticeKind::PartRefunded | NoticeKind::Delayed | NoticeKind::Trouble => false,
    }
}

/// The 128-bit FNV-1a hash (IETF draft-eastlake-fnv): stable across versions, which the standard hasher is not.
fn fnv1a(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}
