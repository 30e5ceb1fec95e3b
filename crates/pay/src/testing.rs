//! pay with a simulated provider and an app that says what a test has it say, all in one directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use kernel::decider::Decider;
use kernel::events::app::{AppEvent, OrderAdjusted, OrderCancelled, PaidSoFar, PaymentUnconfirmed};
use kernel::ids::{AdjustmentId, OrderId, RefundId};
use kernel::lang::Localized;
use kernel::money::{Amount, Currency};
use kernel::order::{AdjustReason, BorneBy, CancelCause, CancelReason, OrderNumber, PaymentMethod};
use kernel::{Context, Time};
use platform::bus::Source;
use platform::clock::{Clock, FakeClock};
use platform::deadline::Deadline;
use platform::ids::Ids;
use platform::room::Room;
use platform::shutdown::Shutdown;
use platform::store::Cause;
use platform::streams::{Aggregate, Loaded, Streams};
use platform::view::NoView;
use uuid::Uuid;

use crate::adapters::simulated::{ChargeOnFile, SimulatedProvider, read_charges};
use crate::domain::payment::{Payment, reference};
use crate::domain::reconciliation::Day;
use crate::ports::{Charge, ChargeAnswer, LookUp, Provider, Refund, RefundAnswer, RefundLookUp, Reply, Transactions};
use crate::service::{LookUpError, Options, PayService, PaymentReply, PaymentRequest, Sources};
use crate::tables::TABLES;

pub const PRICE: Amount = Amount::new(31_500);

/// pay under test.
pub struct TestPay {
    pub pay: PayService,
    pub hand: FakeClock,
    pub calls: Arc<AtomicU32>,
    /// The provider answers no look-up.
    pub deaf: Arc<AtomicBool>,
    /// How often a charge was looked up.
    pub look_ups: Arc<AtomicU32>,
    /// Who writes here has look-ups wait.
    pub gate: Arc<tokio::sync::RwLock<()>>,
    app: Streams<AppSays>,
    app_room: Room,
    shutdown: Shutdown,
    books: std::path::PathBuf,
}

/// A moment of the 22nd of November.
pub fn noon() -> Time {
    Time::from_second(1_795_320_000).unwrap()
}

pub fn order() -> OrderId {
    OrderId::from(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001))
}

pub fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

pub fn payment(attempt: u32, token: &str) -> PaymentRequest {
    PaymentRequest {
        order_id: order(),
        order_number: number(),
        attempt,
        amount: PRICE,
        currency: Currency::Krw,
        method: PaymentMethod::Card,
        token: token.to_owned(),
        deadline: Deadline::NONE,
        trace: None,
    }
}

impl TestPay {
    /// pay in `dir`, with a provider that has 50 ms to answer.
    pub async fn open(dir: &Path) -> Self {
        Self::open_with(dir, Duration::from_millis(50)).await
    }

    pub async fn open_with(dir: &Path, deadline: Duration) -> Self {
        let (clock, hand) = Clock::fake(noon());
        let (shutdown, books) = (Shutdown::new(), dir.join("provider.db"));
        let room = |context, tables, seed| {
            Room::open(dir, context, tables, clock.clone(), Ids::seeded(seed), shutdown.clone()).unwrap()
        };
        let (own, app_room) = (room(Context::Pay, &TABLES[..], 1), room(Context::App, &[][..], 2));
        let now = clock.clone();
        let simulated = SimulatedProvider::open(&books, Arc::new(move || now.now())).unwrap();
        let calls = Arc::new(AtomicU32::new(0));
        let deaf = Arc::new(AtomicBool::new(false));
        let look_ups = Arc::new(AtomicU32::new(0));
        let gate = Arc::<tokio::sync::RwLock<()>>::default();
        let provider = Counted {
            simulated,
            charges: Arc::clone(&calls),
            deaf: Arc::clone(&deaf),
            look_ups: Arc::clone(&look_ups),
            gate: Arc::clone(&gate),
        };
        let pay = PayService::new(own, Arc::new(provider), Options { deadline, ..Options::default() });
        pay.prepare().await.unwrap();
        let app = Streams::new(&app_room.store, &app_room.topics);
        Self { pay, hand, calls, deaf, look_ups, gate, app, app_room, shutdown, books }
    }

    /// pay listens and works.
    pub fn start(&self) {
        self.pay.start(Sources { app: Source::local(&self.app_room.store) });
    }

    pub async fn ask(&self, attempt: u32, token: &str) -> PaymentReply {
        self.pay.request(payment(attempt, token)).await
    }

    /// Everything is asked after again.
    pub async fn look_up(&self) -> Result<Arc<Loaded<Payment>>, LookUpError> {
        let cause = Cause { at: self.pay.room().clock.now(), by: Arc::from("test"), trace: None };
        self.pay.look_up(order(), &cause).await
    }

    /// The provider holds a charge of attempt n, whatever pay thinks.
    pub async fn charge_turns_up(&self, attempt: u32) {
        self.strange_charge(&reference(order(), attempt)).await;
    }

    /// The provider holds a charge of another order.
    pub async fn strange_charge(&self, reference: &str) {
        let (method, token) = (PaymentMethod::Card, "ok".to_owned());
        let charge = Charge { reference: reference.to_owned(), amount: PRICE, currency: Currency::Krw, method, token };
        assert!(matches!(self.pay.provider().charge(charge).await, ChargeAnswer::Approved { .. }));
    }

    /// The charges that the provider holds.
    pub fn charges(&self) -> Vec<ChargeOnFile> {
        read_charges(&self.books).unwrap()
    }

    pub fn charge_calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    pub async fn app_says(&self, event: impl Into<AppEvent>) {
        let cause = Cause { at: self.pay.room().clock.now(), by: Arc::from("test"), trace: None };
        assert!(self.app.handle(order().uuid(), &cause, event.into()).await.is_ok());
    }

    pub fn pass(&self, seconds: i64) {
        self.hand.advance(SignedDuration::from_secs(seconds));
    }

    /// Waits until `done`, which other tasks bring about.
    pub async fn until(&self, done: impl Fn(&PayService) -> bool) {
        let all = async {
            while !done(&self.pay) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), all).await.expect("it never came");
    }

    /// Ends all background work and closes the databases.
    pub async fn close(self) {
        self.shutdown.begin();
        assert!(self.shutdown.drained(Duration::from_secs(5)).await);
    }
}

pub fn unconfirmed(attempt: u32) -> PaymentUnconfirmed {
    PaymentUnconfirmed { order_number: number(), attempt, amount: PRICE, operator_at: noon() }
}

pub fn cancelled(refund_amount: Amount) -> OrderCancelled {
    OrderCancelled {
        order_number: number(),
        cause: CancelCause::StoreWithdrew,
        reason: CancelReason::SoldOut,
        borne_by: BorneBy::Store,
        refund_amount,
        paid: PaidSoFar::Everything,
        method: Some(PaymentMethod::Card),
        erase_at: noon(),
        private: None,
    }
}

pub fn adjusted(adjustment: u128, amount: i64) -> OrderAdjusted {
    OrderAdjusted {
        order_number: number(),
        adjustment_id: AdjustmentId::from(Uuid::from_u128(adjustment)),
        lines: Vec::new(),
        amount: Amount::new(amount),
        reason: AdjustReason::Missing,
        borne_by: BorneBy::Store,
        summary: Localized::new("김치 1개", "1 kimchi"),
    }
}

/// The simulated provider, whose charges are counted; one with the token `vanish` is lost on the way to it.
struct Counted {
    simulated: SimulatedProvider,
    charges: Arc<AtomicU32>,
    deaf: Arc<AtomicBool>,
    look_ups: Arc<AtomicU32>,
    gate: Arc<tokio::sync::RwLock<()>>,
}

impl Provider for Counted {
    fn charge(&self, charge: Charge) -> Reply<'_, ChargeAnswer> {
        self.charges.fetch_add(1, Ordering::SeqCst);
        if charge.token == "vanish" {
            return Box::pin(std::future::pending());
        }
        self.simulated.charge(charge)
    }

    fn look_up<'a>(&'a self, reference: &'a str) -> Reply<'a, LookUp> {
        if self.deaf.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        self.look_ups.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            drop(self.gate.read().await);
            self.simulated.look_up(reference).await
        })
    }

    fn refund(&self, refund: Refund) -> Reply<'_, RefundAnswer> {
        self.simulated.refund(refund)
    }

    fn look_up_refund<'a>(&'a self, refund_id: RefundId, reference: &'a str) -> Reply<'a, RefundLookUp> {
        self.simulated.look_up_refund(refund_id, reference)
    }

    fn transactions<'a>(&'a self, day: &'a Day) -> Reply<'a, Transactions> {
        if self.deaf.load(Ordering::SeqCst) {
            return Box::pin(async { Transactions::Unknown });
        }
        self.simulated.transactions(day)
    }
}

/// app's log, without app's rules.
struct AppSays;

impl Decider for AppSays {
    type State = ();
    type Command = AppEvent;
    type Event = AppEvent;
    type Rejection = ();

    fn decide((): &(), event: AppEvent) -> Result<Vec<AppEvent>, ()> {
        Ok(vec![event])
    }

    fn evolve((): (), _event: &AppEvent) {}
}

impl Aggregate for AppSays {
    const CATEGORY: &'static str = "order";
    type View = NoView<AppEvent>;
}
