//! Faults that are asked for, to break it and watch it heal: for demos and tests, never where people's money is.
//!
//! Each context has its own, kept in memory only: after a restart there are none. While none is asked for, whoever could
//! meet one finds that out by one relaxed load.

mod asked;
mod edge;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

pub use self::asked::{AskedFaults, EventFaults, MessageFaults, PaymentFaults, PaymentMode};
pub use self::edge::{around, described};
use crate::ids::Ids;

/// The faults of one context. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    any: AtomicBool,
    asked: watch::Sender<AskedFaults>,
    ids: Ids,
}

/// What a call to the payment provider meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentFate {
    /// It goes through.
    Passes,
    /// It never leaves: nobody can be reached.
    CannotLeave,
    /// It is answered with an error that says nothing, and nothing is done.
    Fails,
    /// It leaves and is never answered, and nothing is done.
    Hangs,
    /// It is done, and never answered.
    LosesItsAnswer,
}

impl Faults {
    /// None; `ids` draws which calls fail, once some are to.
    pub fn new(ids: &Ids) -> Self {
        let asked = watch::Sender::new(AskedFaults::default());
        Self(Arc::new(Inner { any: AtomicBool::new(false), asked, ids: ids.clone() }))
    }

    /// From now on there are these and no others; whoever waits because of one that is over goes on at once.
    pub fn ask(&self, faults: AskedFaults) {
        self.0.asked.send_modify(|asked| {
            *asked = faults;
            self.0.any.store(faults != AskedFaults::default(), Ordering::Release);
        });
    }

    /// What is asked for now.
    pub fn asked(&self) -> AskedFaults {
        *self.0.asked.borrow()
    }

    /// Whether anything is asked for.
    pub fn any(&self) -> bool {
        self.0.any.load(Ordering::Relaxed)
    }

    /// Whether the context takes nothing up.
    pub fn is_paused(&self) -> bool {
        self.any() && self.asked().paused
    }

    /// Waits until the context takes things up again.
    pub(crate) async fn resumed(&self) {
        if self.is_paused() {
            // The sender lives as long as `self`, so this ends only when it goes on.
            drop(self.0.asked.subscribe().wait_for(|asked| !asked.paused).await);
        }
    }

    /// Holds events that have just been read as long as they are late, or the context is paused meanwhile.
    pub(crate) async fn hold_events(&self) {
        if self.any() {
            self.waited(|asked| Duration::from_millis(asked.events.delay_ms)).await;
            self.resumed().await;
        }
    }

    /// Whether events come more than once.
    pub(crate) fn events_repeat(&self) -> bool {
        self.any() && self.asked().events.duplicated
    }

    /// Waits as long as the payment provider is slow, and then says what a call to it meets.
    pub async fn payment(&self) -> PaymentFate {
        if !self.any() {
            return PaymentFate::Passes;
        }
        let drawn = self.0.ids.bits();
        self.waited(|asked| asked.payment.delay(drawn)).await;
        let PaymentFaults { failing_percent, mode, .. } = self.asked().payment;
        match mode {
            PaymentMode::Down => PaymentFate::CannotLeave,
            PaymentMode::Hanging => PaymentFate::Hangs,
            PaymentMode::None | PaymentMode::Losing if self.draws(failing_percent) => PaymentFate::Fails,
            PaymentMode::Losing => PaymentFate::LosesItsAnswer,
            PaymentMode::None => PaymentFate::Passes,
        }
    }

    /// Whether messages may fail.
    pub fn messages_may_fail(&self) -> bool {
        self.any() && self.asked().messages.failing_percent > 0
    }

    /// Whether this message fails.
    pub fn message_fails(&self) -> bool {
        self.any() && self.draws(self.asked().messages.failing_percent)
    }

    fn draws(&self, percent: u32) -> bool {
        percent > 0 && self.0.ids.bits() % 100 < u128::from(percent)
    }

    /// Waits, from now, as long as what is asked for says, also while that changes.
    async fn waited(&self, length: impl Fn(&AskedFaults) -> Duration) {
        let (begun, mut asked) = (Instant::now(), self.0.asked.subscribe());
        loop {
            let left = length(&asked.borrow_and_update()).saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => return,
                // The sender lives as long as `self`.
                changed = asked.changed() => drop(changed),
            }
        }
    }
}

#[cfg(test)]
mod tests;
