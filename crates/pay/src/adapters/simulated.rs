//! A payment provider to try everything with: its tokens say how it behaves, and it keeps its own durable log.
//!
//! | token | a charge | refunds of it |
//! |---|---|---|
//! | `ok` | approved | given |
//! | `declined`, `insufficient-funds` | declined: CARD, BALANCE | |
//! | `slow` | approved, answered after 3 s | given |
//! | `lost` | approved, never answered | given |
//! | `down` | cannot be reached | |
//! | `refund-refused` | approved | refused for good |
//! | `refund-later` | approved | no usable answer twice, then given |
//! | any other | declined: OTHER | |

mod books;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::Time;
use kernel::ids::RefundId;
use kernel::order::PaymentCode;

use crate::domain::reconciliation::Day;
use crate::ports::{Charge, ChargeAnswer, LookUp, Provider, Refund, RefundAnswer, RefundLookUp, Reply, Transactions};
use books::{Books, Charged, RefundTemper, Verdict};
pub use books::{BooksError, ChargeOnFile, read_charges};

/// Tells the time.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// The simulated provider, owner of its books.
pub struct SimulatedProvider {
    books: Books,
    now: Now,
    slow: Duration,
}

impl std::fmt::Debug for SimulatedProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedProvider").field("slow", &self.slow).finish_non_exhaustive()
    }
}

impl SimulatedProvider {
    /// Opens the books at `path`, or begins them.
    pub fn open(path: &Path, now: Now) -> Result<Self, BooksError> {
        Ok(Self { books: Books::open(path)?, now, slow: Duration::from_secs(3) })
    }

    /// Has the token `slow` answer after `slow` instead of 3 s.
    #[must_use]
    pub fn with_slow(mut self, slow: Duration) -> Self {
        self.slow = slow;
        self
    }

    async fn decide(&self, charge: Charge) -> ChargeAnswer {
        let token = Token::read(&charge.token);
        let Some(verdict) = token.verdict() else { return ChargeAnswer::NotSent };
        let charged = self.books.charge(Charged {
            reference: charge.reference,
            amount: charge.amount,
            method: charge.method,
            at: (self.now)(),
            verdict,
            temper: token.temper(),
        });
        let answer = match charged.await {
            Some((Verdict::Approved, approved_at)) => ChargeAnswer::Approved { approved_at },
            Some((Verdict::Declined(code), _)) => ChargeAnswer::Declined { code },
            None => ChargeAnswer::Unknown,
        };
        match token {
            Token::Slow => tokio::time::sleep(self.slow).await,
            // The caller's deadline ends this.
            Token::Lost => std::future::pending().await,
            Token::Ok
            | Token::Declined
            | Token::InsufficientFunds
            | Token::Down
            | Token::RefundRefused
            | Token::RefundLater
            | Token::Other => {}
        }
        answer
    }
}

impl Provider for SimulatedProvider {
    fn charge(&self, charge: Charge) -> Reply<'_, ChargeAnswer> {
        Box::pin(self.decide(charge))
    }

    fn look_up<'a>(&'a self, reference: &'a str) -> Reply<'a, LookUp> {
        Box::pin(async move {
            match self.books.look_up(reference).await {
                Some(Some((Verdict::Approved, amount, approved_at))) => LookUp::Charged { amount, approved_at },
                Some(Some((Verdict::Declined(code), _, _))) => LookUp::Declined { code },
                Some(None) => LookUp::NotFound,
                None => LookUp::Unknown,
            }
        })
    }

    fn refund(&self, refund: Refund) -> Reply<'_, RefundAnswer> {
        Box::pin(async move { self.books.refund(refund, (self.now)()).await.unwrap_or(RefundAnswer::Unknown) })
    }

    fn look_up_refund<'a>(&'a self, refund_id: RefundId, reference: &'a str) -> Reply<'a, RefundLookUp> {
        Box::pin(async move {
            match self.books.look_up_refund(refund_id, reference).await {
                Some(Some(at)) => RefundLookUp::Done { at },
                Some(None) => RefundLookUp::NotFound,
                None => RefundLookUp::Unknown,
            }
        })
    }

    fn transactions<'a>(&'a self, day: &'a Day) -> Reply<'a, Transactions> {
        Box::pin(async move { self.books.moved(day).await.map_or(Transactions::Unknown, Transactions::Known) })
    }
}

/// How a charge behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Ok,
    Declined,
    InsufficientFunds,
    Slow,
    Lost,
    Down,
    RefundRefused,
    RefundLater,
    Other,
}

impl Token {
    fn read(text: &str) -> Self {
        match text {
            "ok" => Self::Ok,
            "declined" => Self::Declined,
            "insufficient-funds" => Self::InsufficientFunds,
            "slow" => Self::Slow,
            "lost" => Self::Lost,
            "down" => Self::Down,
            "refund-refused" => Self::RefundRefused,
            "refund-later" => Self::RefundLater,
            _ => Self::Other,
        }
    }

    /// `None`: nothing arrives.
    const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Ok | Self::Slow | Self::Lost | Self::RefundRefused | Self::RefundLater => Some(Verdict::Approved),
            Self::Declined => Some(Verdict::Declined(PaymentCode::Card)),
            Self::InsufficientFunds => Some(Verdict::Declined(PaymentCode::Balance)),
            Self::Other => Some(Verdict::Declined(PaymentCode::Other)),
            Self::Down => None,
        }
    }

    const fn temper(self) -> RefundTemper {
        match self {
            Self::RefundRefused => RefundTemper::Refuses,
            Self::RefundLater => RefundTemper::Later { more: 2 },
            Self::Ok
            | Self::Declined
            | Self::InsufficientFunds
            | Self::Slow
            | Self::Lost
            | Self::Down
            | Self::Other => RefundTemper::Gives,
        }
    }
}
