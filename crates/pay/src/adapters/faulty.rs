//! Any provider, as faults that are asked for make it: slow, failing, out of reach, silent.

use std::sync::Arc;

use kernel::ids::RefundId;
use platform::faults::{Faults, PaymentFate};

use crate::domain::reconciliation::Day;
use crate::ports::{Charge, ChargeAnswer, LookUp, Provider, Refund, RefundAnswer, RefundLookUp, Reply, Transactions};

/// A provider and what its calls meet. It is put around a provider only where the settings allow faults.
pub struct Faulty {
    provider: Arc<dyn Provider>,
    faults: Faults,
}

impl Faulty {
    /// `provider`, met by `faults`.
    pub fn new(provider: Arc<dyn Provider>, faults: Faults) -> Self {
        Self { provider, faults }
    }

    /// Makes `call`, which nothing has begun yet, unless a fault says otherwise: then it could not leave, or nobody
    /// knows. What never answers ends with the caller's deadline.
    async fn call<T>(&self, call: impl Future<Output = T>, not_sent: T, unknown: T) -> T {
        match self.faults.payment().await {
            PaymentFate::Passes => call.await,
            PaymentFate::CannotLeave => not_sent,
            PaymentFate::Fails => unknown,
            PaymentFate::Hangs => std::future::pending().await,
            PaymentFate::LosesItsAnswer => {
                drop(call.await);
                std::future::pending().await
            }
        }
    }
}

impl Provider for Faulty {
    fn charge(&self, charge: Charge) -> Reply<'_, ChargeAnswer> {
        let later = async move { self.provider.charge(charge).await };
        Box::pin(self.call(later, ChargeAnswer::NotSent, ChargeAnswer::Unknown))
    }

    fn look_up<'a>(&'a self, reference: &'a str) -> Reply<'a, LookUp> {
        let later = async move { self.provider.look_up(reference).await };
        Box::pin(self.call(later, LookUp::Unknown, LookUp::Unknown))
    }

    fn refund(&self, refund: Refund) -> Reply<'_, RefundAnswer> {
        let later = async move { self.provider.refund(refund).await };
        Box::pin(self.call(later, RefundAnswer::Unknown, RefundAnswer::Unknown))
    }

    fn look_up_refund<'a>(&'a self, refund_id: RefundId, reference: &'a str) -> Reply<'a, RefundLookUp> {
        let later = async move { self.provider.look_up_refund(refund_id, reference).await };
        Box::pin(self.call(later, RefundLookUp::Unknown, RefundLookUp::Unknown))
    }

    fn transactions<'a>(&'a self, day: &'a Day) -> Reply<'a, Transactions> {
        let later = async move { self.provider.transactions(day).await };
        Box::pin(self.call(later, Transactions::Unknown, Transactions::Unknown))
    }
}

#[cfg(test)]
mod tests;
