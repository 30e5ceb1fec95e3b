//! A payment, its books and a model of the provider, driven by steps.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Time;
use kernel::decider::Decider;
use kernel::events::Recorded;
use kernel::events::pay::{PayEvent, RefundReason};
use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use kernel::order::{BorneBy, OrderNumber, PaymentCode, PaymentMethod};
use uuid::Uuid;

use super::super::{Answer, Call, Payment, PaymentState, RefundStanding, Rejection, reference};
use crate::domain::commands::{Command, Outcome, RefundOutcome, What};
use crate::domain::views::{Ledger, ledger};
use crate::domain::waits::Waits;
use crate::ports::LookUp;

/// Something that happens to a payment.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// app asks for an attempt, and this becomes of the call to the provider.
    Request(u32, Fate),
    /// A late call arrives at the provider after all and charges.
    Arrive(u32),
    /// app asks what became of an attempt.
    Resolve(u32),
    /// The provider tells of an attempt unasked.
    Webhook(u32),
    /// The worker makes the next call, answered or not.
    Work { answered: bool },
    /// The order is over.
    Close(Option<i64>),
    /// A part goes back.
    Adjust(u128, i64),
    /// An operator settles a refund.
    Settle(u128),
    /// An operator has a refund tried again.
    Retry(u128),
    /// Seconds pass.
    Pass(i64),
    /// An hour passes.
    PassAnHour,
    /// The process dies: all that is left is the log.
    Crash,
}

/// What becomes of a call to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Charged,
    Declined,
    ChargedAndLost,
    DeclinedAndLost,
    /// It is still under way when the caller gives up.
    Late,
    NotSent,
    /// The process dies after the charge, before the outcome is written down.
    ChargedAndCrashed,
    /// The process dies before the call.
    Crashed,
}

pub(super) struct World {
    pub(super) state: PaymentState,
    pub(super) books: Option<Ledger>,
    history: Vec<PayEvent>,
    now: i64,
    repeats: u32,
    /// Refund ids below this are refused for good.
    stubborn: u128,
    under_way: BTreeSet<u32>,
    charges: BTreeMap<u32, Option<Amount>>,
    refunds: BTreeMap<RefundId, (u32, Amount)>,
    /// Parts that were taken out of the order.
    adjusted: i64,
    /// The most that the first closing gives back, and what it took once there was something to take from.
    closing: Option<i64>,
    closed: Option<i64>,
}

impl World {
    pub(super) fn new(stubborn: u128) -> Self {
        Self {
            state: PaymentState::default(),
            books: None,
            history: Vec::new(),
            now: 1_795_320_000,
            repeats: 1,
            stubborn,
            under_way: BTreeSet::new(),
            charges: BTreeMap::new(),
            refunds: BTreeMap::new(),
            adjusted: 0,
            closing: None,
            closed: None,
        }
    }

    /// Every command comes twice.
    pub(super) fn repeating(self) -> Self {
        Self { repeats: 2, ..self }
    }

    pub(super) fn take(&mut self, step: &Step) {
        self.act(step);
        self.expect(step);
    }

    /// What the order should keep: nothing if it is not paid; else its price without what was taken out of it, and
    /// without what closing gave back.
    pub(super) fn should_keep(&self) -> Amount {
        if self.is_paid() {
            return Amount::new(price().minor() - self.adjusted - self.closed.unwrap_or(0));
        }
        Amount::ZERO
    }

    /// By the design alone: closing takes what it decided, or what is left, as soon as the order is paid and over.
    fn expect(&mut self, step: &Step) {
        if let Step::Close(amount) = step {
            self.closing.get_or_insert(amount.unwrap_or(i64::MAX));
        }
        if let (true, Some(most), None) = (self.is_paid(), self.closing, self.closed) {
            self.closed = Some(most.min(price().minor() - self.adjusted));
        }
    }

    fn is_paid(&self) -> bool {
        (1..5).any(|attempt| matches!(self.state.answer(attempt), Some(Answer::Approved { .. })))
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::Request(attempt, fate) => self.request(attempt, fate),
            Step::Arrive(attempt) => self.arrive(attempt),
            Step::Resolve(attempt) => self.tell(&What::ResolvePayment { order_number: number(), attempt }),
            Step::Webhook(attempt) => self.webhook(attempt),
            Step::Work { answered } => self.work(answered),
            Step::Close(amount) => self.tell(&What::ClosePayment {
                order_number: number(),
                refund_amount: amount.map(Amount::new),
                reason: RefundReason::Cancelled,
                borne_by: BorneBy::Store,
            }),
            Step::Adjust(id, amount) => self.adjust(refund_id(id), amount),
            Step::Settle(id) => self.settle(refund_id(id)),
            Step::Retry(id) => self.tell(&What::RetryRefund { refund_id: refund_id(id) }),
            Step::Pass(seconds) => self.now += seconds,
            Step::PassAnHour => self.now += 3600,
            Step::Crash => self.state = self.replayed(),
        }
    }

    /// Each part goes back once, and only while there is so much left of a paid order.
    fn adjust(&mut self, refund_id: RefundId, amount: i64) {
        let is_new = !self.state.refunds.contains_key(&refund_id);
        let left = price().minor() - self.adjusted - self.closed.unwrap_or(0);
        if is_new && self.is_paid() && amount <= left {
            self.adjusted += amount;
        }
        self.tell(&What::RequestRefund {
            refund_id,
            amount: Amount::new(amount),
            reason: RefundReason::Adjusted,
            borne_by: BorneBy::Rider,
        });
    }

    /// Late calls arrive, the provider tells of all it charged, the worker does all there is, operators settle the rest.
    pub(super) fn come_to_rest(&mut self) {
        for attempt in std::mem::take(&mut self.under_way) {
            self.charges.entry(attempt).or_insert(Some(price()));
        }
        for attempt in 1..5 {
            self.take(&Step::Resolve(attempt));
        }
        self.now += 3600;
        for attempt in 1..5 {
            self.take(&Step::Webhook(attempt));
        }
        for _ in 0..100 {
            self.take(&Step::Work { answered: true });
        }
        let failed: Vec<_> = self.state.refunds.keys().copied().collect();
        for refund_id in failed {
            self.settle(refund_id);
        }
    }

    /// All that the provider ever charged.
    pub(super) fn charged(&self) -> Amount {
        Amount::sum(self.charges.values().copied().flatten()).unwrap()
    }

    /// All charges that pay knows of.
    pub(super) fn recorded_charges(&self) -> Amount {
        let approved = self.history.iter().filter(|event| matches!(event, PayEvent::PaymentApproved(_)));
        price().times(u32::try_from(approved.count()).unwrap()).unwrap()
    }

    /// All that pay knows to be given back by the provider.
    pub(super) fn recorded_refunds(&self) -> Amount {
        let given = self
            .history
            .iter()
            .filter_map(|event| if let PayEvent::PaymentRefunded(event) = event { Some(event.amount) } else { None });
        Amount::sum(given).unwrap()
    }

    /// How many charges pay knows of and has not promised back in full.
    pub(super) fn charges_not_promised_back(&self) -> usize {
        (1..5).filter(|attempt| self.state.left_of(*attempt) > Amount::ZERO).count()
    }

    /// How many of the provider's charges are not given back in full, by it or by hand.
    pub(super) fn charges_left(&self) -> usize {
        (1..5).filter(|attempt| self.left(*attempt) > Amount::ZERO).count()
    }

    /// What of all charges is not given back, by the provider or by hand.
    pub(super) fn left_with_customer_owing(&self) -> Amount {
        Amount::sum((1..5).map(|attempt| self.left(attempt))).unwrap()
    }

    /// More went back than was charged.
    pub(super) fn overpaid(&self) -> bool {
        (1..5).any(|attempt| self.left(attempt) < Amount::ZERO)
    }

    /// The payment was closed so that all of it goes back.
    pub(super) fn closed_in_full(&self) -> bool {
        self.state.closing.as_ref().is_some_and(|closing| closing.refund_amount.is_none())
    }

    pub(super) fn replayed(&self) -> PaymentState {
        Payment::replay(&self.history)
    }

    fn left(&self, attempt: u32) -> Amount {
        let charged = self.charges.get(&attempt).copied().flatten().unwrap_or(Amount::ZERO);
        let by_provider = self.refunds.values().filter(|(of, _)| *of == attempt).map(|(_, amount)| *amount);
        let by_hand = self.state.refunds.values().filter_map(|refund| {
            (refund.attempt == attempt && refund.standing == RefundStanding::SettledByHand).then_some(refund.amount)
        });
        charged.minus(Amount::sum(by_provider.chain(by_hand)).unwrap()).unwrap()
    }

    /// As the service does: commit, and only then call the provider, unless nothing is new.
    fn request(&mut self, attempt: u32, fate: Fate) {
        let was_known = self.state.answer(attempt);
        self.tell(&What::RequestPayment {
            order_number: number(),
            attempt,
            amount: price(),
            currency: Currency::Krw,
            method: PaymentMethod::Card,
        });
        if was_known.is_some() || self.state.answer(attempt) != Some(Answer::InDoubt) {
            return;
        }
        let outcome = match fate {
            Fate::Charged => self.charge(attempt, Some(price())),
            Fate::Declined => self.charge(attempt, None),
            Fate::ChargedAndLost => {
                self.charge(attempt, Some(price()));
                Outcome::Unknown
            }
            Fate::DeclinedAndLost => {
                self.charge(attempt, None);
                Outcome::Unknown
            }
            Fate::Late => {
                self.under_way.insert(attempt);
                Outcome::Unknown
            }
            Fate::NotSent => Outcome::NotSent,
            Fate::ChargedAndCrashed => {
                self.charge(attempt, Some(price()));
                return self.state = self.replayed();
            }
            Fate::Crashed => return self.state = self.replayed(),
        };
        self.tell(&What::RecordOutcome { attempt, outcome });
    }

    fn charge(&mut self, attempt: u32, amount: Option<Amount>) -> Outcome {
        match *self.charges.entry(attempt).or_insert(amount) {
            Some(_) => Outcome::Approved { approved_at: self.time() },
            None => Outcome::Declined { code: PaymentCode::Card },
        }
    }

    fn arrive(&mut self, attempt: u32) {
        if self.under_way.remove(&attempt) {
            self.charge(attempt, Some(price()));
        }
    }

    fn look_up(&self, attempt: u32) -> LookUp {
        match self.charges.get(&attempt) {
            Some(Some(amount)) => LookUp::Charged { amount: *amount, approved_at: self.time() },
            Some(None) => LookUp::Declined { code: PaymentCode::Card },
            None => LookUp::NotFound,
        }
    }

    fn webhook(&mut self, attempt: u32) {
        if let (true, Some(what)) = (self.charges.contains_key(&attempt), self.look_up(attempt).command(attempt)) {
            self.tell(&what);
        }
    }

    fn work(&mut self, answered: bool) {
        let what = match self.state.next_call() {
            Some(Call::Resolve { attempt, .. }) => self.look_up(attempt).command(attempt),
            Some(Call::Refund { refund_id, reference: of, amount }) => {
                let outcome = self.refund(refund_id, &of, amount);
                Some(What::RecordRefund { refund_id, outcome })
            }
            None => None,
        };
        if let (true, Some(what)) = (answered, what) {
            self.tell(&what);
        }
    }

    fn refund(&mut self, refund_id: RefundId, of: &str, amount: Amount) -> RefundOutcome {
        if refund_id.uuid().as_u128() % 5 < self.stubborn {
            return RefundOutcome::RefusedForGood { code: "NO".to_owned() };
        }
        let attempt = (1..5).find(|attempt| reference(order(), *attempt) == of).expect("a reference of the order");
        self.refunds.entry(refund_id).or_insert((attempt, amount));
        RefundOutcome::Done { at: self.time() }
    }

    /// A careful operator asks the provider before giving money a second way.
    fn settle(&mut self, refund_id: RefundId) {
        if self.refunds.contains_key(&refund_id) {
            let outcome = RefundOutcome::Done { at: self.time() };
            return self.tell(&What::RecordRefund { refund_id, outcome });
        }
        self.tell(&What::SettleRefundByHand { refund_id });
    }

    fn tell(&mut self, what: &What) {
        for _ in 0..self.repeats {
            let command = Command { order_id: order(), at: self.time(), waits: Waits::default(), what: what.clone() };
            let decided: Result<_, Rejection> = Payment::decide(&self.state, command);
            for event in decided.unwrap_or_default() {
                self.state = Payment::evolve(std::mem::take(&mut self.state), &event);
                self.history.push(event.clone());
                self.books = ledger(self.books.take(), &self.recorded(event));
            }
        }
    }

    fn recorded(&self, event: PayEvent) -> Recorded<PayEvent> {
        let version = self.history.len() as u64;
        Recorded {
            id: format!("log/{version}"),
            position: version,
            subject: order().uuid(),
            version,
            at: self.time(),
            causation: String::new(),
            trace: None,
            event,
        }
    }

    fn time(&self) -> Time {
        Time::from_second(self.now).unwrap()
    }
}

fn order() -> OrderId {
    OrderId::from(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001))
}

fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

fn refund_id(n: u128) -> RefundId {
    RefundId::from(Uuid::from_u128(n))
}

const fn price() -> Amount {
    Amount::new(31_500)
}
