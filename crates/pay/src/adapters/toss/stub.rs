//! A stub of Toss Payments that behaves as its documents say, with faults on demand (see [`platform::stub`]).
//!
//! The calls that faults are asked for by: `confirm`, `look-up`, `cancel`, `transactions`, and `webhook`.

mod book;
mod calls;
mod codes;
mod payment;
#[cfg(test)]
mod tests;
mod window;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use jiff::SignedDuration;
use kernel::Time;
use kernel::money::Amount;
use parking_lot::Mutex;
use platform::clock::Clock;
use platform::config::Secret;
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::stub::{Faults, Hooks, Stub};
use tokio::net::TcpListener;

use self::book::Book;
pub use self::book::{CancelOnFile, PaymentOnFile, Status};
use self::calls::Slot;

/// How long after the customer's authentication a payment can be confirmed.
const TIME_TO_CONFIRM: SignedDuration = SignedDuration::from_mins(10);
/// Pauses before a refused webhook is sent again, in Toss's steps; Toss counts minutes, and nobody waits that long here.
const PAUSES: [u64; 7] = [1, 4, 16, 64, 256, 1024, 4096];

/// Why the stub does not start.
#[derive(Debug, thiserror::Error)]
pub enum StubError {
    /// Its address is not to be had.
    #[error("the stub of Toss Payments has no address")]
    Address(#[from] std::io::Error),
    /// Webhooks cannot be sent.
    #[error("the stub of Toss Payments cannot send webhooks")]
    Webhooks(#[from] reqwest::Error),
}

/// How the stub behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The key that it knows us by.
    pub secret_key: Secret,
    /// Where webhooks go, like `http://127.0.0.1:8082/webhooks/toss`.
    pub webhook: Option<String>,
    /// Pauses before a refused webhook is sent again.
    pub pauses: Vec<Duration>,
    /// How long a confirm or a cancel takes.
    pub takes: Duration,
    /// Tells its time.
    pub clock: Clock,
}

impl Options {
    /// As Toss does, with the machine's clock and no webhooks.
    pub fn new(secret_key: Secret) -> Self {
        let pauses = PAUSES.map(Duration::from_secs).to_vec();
        Self { secret_key, webhook: None, pauses, takes: Duration::ZERO, clock: Clock::system() }
    }
}

/// The stub. Cheap to clone.
#[derive(Clone)]
pub struct TossStub {
    inner: Arc<Inner>,
}

struct Inner {
    frame: Stub,
    address: SocketAddr,
    options: Options,
    ids: Ids,
    book: Mutex<Book>,
    slots: Mutex<BTreeMap<String, Slot>>,
    hooks: Hooks,
    shutdown: Shutdown,
}

impl TossStub {
    /// Starts to answer at `listener`, until `shutdown`.
    ///
    /// # Errors
    /// See [`StubError`].
    pub fn start(listener: TcpListener, options: Options, shutdown: &Shutdown) -> Result<Self, StubError> {
        let frame = Stub::new(name);
        let hooks = Hooks::new(options.webhook.clone(), frame.faults(), &options.pauses, shutdown)?;
        let inner = Inner {
            address: listener.local_addr()?,
            ids: Ids::system(options.clock.clone()),
            frame: frame.clone(),
            options,
            book: Mutex::default(),
            slots: Mutex::default(),
            hooks,
            shutdown: shutdown.clone(),
        };
        let stub = Self { inner: Arc::new(inner) };
        let router = calls::router(stub.clone()).merge(window::router(stub.clone()));
        frame.serve(listener, router, shutdown)?;
        Ok(stub)
    }

    /// Where it answers, for `toss.base`.
    pub fn base(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// The faults that are asked for.
    pub fn faults(&self) -> &Faults {
        self.inner.frame.faults()
    }

    /// How often a call arrived.
    pub fn calls(&self, name: &str) -> u64 {
        self.inner.frame.calls(name)
    }

    /// What the customer does in the window: the key of a payment that can now be confirmed.
    pub fn authenticate(&self, order_id: &str, amount: Amount) -> String {
        let payment_key = format!("tstub_{}", self.inner.ids.token());
        self.inner.book.lock().authenticate(&payment_key, order_id, amount, self.now());
        let (stub, key) = (self.clone(), payment_key.clone());
        let over = self.now().saturating_add(TIME_TO_CONFIRM).unwrap_or(Time::MAX);
        self.inner.shutdown.spawn("stub payment expires", async move {
            tokio::select! {
                () = stub.inner.shutdown.begun() => {}
                () = stub.inner.options.clock.sleep_until(over) => {
                    let expired = stub.inner.book.lock().end(&key, Status::Expired);
                    stub.tell(expired);
                }
            }
        });
        payment_key
    }

    /// A payment that was not confirmed ends, as when the customer's bank stops it.
    pub fn abort(&self, payment_key: &str) {
        let aborted = self.inner.book.lock().end(payment_key, Status::Aborted);
        self.tell(aborted);
    }

    /// Money moves without us: somebody cancels in Toss's own console.
    pub fn cancel(&self, payment_key: &str, amount: Amount, reason: &str) {
        let key = self.inner.ids.token();
        let asked = book::Cancelling { amount: Some(amount), reason: reason.to_owned(), refundable: None };
        self.tell(self.inner.book.lock().cancel(payment_key, &asked, key, self.now()).ok());
    }

    /// Money moves without us: a payment is confirmed by somebody else.
    pub fn confirm(&self, payment_key: &str) {
        let key = self.inner.ids.token();
        self.tell(self.inner.book.lock().confirm_as_asked(payment_key, key, self.now()).ok());
    }

    /// Everything that was ever charged, and what of it went back, in the order of the payments' keys.
    pub fn payments(&self) -> Vec<PaymentOnFile> {
        self.inner.book.lock().charged()
    }

    /// What was charged and given back under an order's id.
    pub fn sums(&self, order_id: &str) -> Vec<(i64, i64)> {
        let charged = self.payments().into_iter().filter(|payment| payment.order_id == order_id);
        charged.map(|payment| (payment.amount.minor(), payment.refunded().minor())).collect()
    }

    /// Toss forgets idempotency keys after 15 days.
    pub fn forget_keys(&self) {
        self.inner.slots.lock().clear();
    }

    fn now(&self) -> Time {
        self.inner.options.clock.now()
    }

    /// Says by webhook how a payment stands now.
    fn tell(&self, payment: Option<PaymentOnFile>) {
        if let Some(payment) = payment {
            let (headers, body) = payment::webhook(&payment, &self.inner.ids.token(), self.now());
            self.inner.hooks.send(headers, body);
        }
    }
}

/// What faults and counts call it.
fn name(method: &Method, path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("POST", ["v1", "payments", "confirm"]) => Some("confirm"),
        ("POST", ["v1", "payments", _, "cancel"]) => Some("cancel"),
        ("GET", ["v1", "payments", _] | ["v1", "payments", "orders", _]) => Some("look-up"),
        ("GET", ["v1", "transactions"]) => Some("transactions"),
        _ => None,
    }
}
