//! Money found later: what the provider holds for attempts that were thought to be over.

use std::sync::Arc;

use kernel::ids::OrderId;
use platform::store::{Cause, CommitError, StoreError};
use platform::streams::{HandleError, Loaded};

use super::PayService;
use crate::domain::payment::{Payment, Rejection, reference};
use crate::ports::LookUp;

/// Why a payment could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// No attempt to pay for that order was ever seen.
    #[error("there is no payment of this order")]
    NoSuchPayment,
    /// The provider did not say in time; what it said of earlier attempts is recorded.
    #[error("the payment provider does not answer")]
    NoAnswer,
    /// The provider holds money for an attempt that pay never sent; a person has to settle it there.
    #[error("the payment provider holds a charge {reference} that it was never asked for")]
    NeverAskedFor {
        /// What the provider knows it by.
        reference: String,
    },
    /// The database is out.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for LookUpError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl PayService {
    /// Asks the provider again about every attempt of an order, also those that are over, and records what it says:
    /// a charge that nobody knew of goes back. For whoever hears of such money: support, or the provider itself.
    ///
    /// # Errors
    /// See [`LookUpError`]; a repeat is harmless.
    pub async fn look_up(&self, order_id: OrderId, cause: &Cause) -> Result<Arc<Loaded<Payment>>, LookUpError> {
        let known = self.payments().load(order_id.uuid())?;
        if known.version == 0 {
            return Err(LookUpError::NoSuchPayment);
        }
        let mut strange = None;
        for (attempt, ..) in known.state.attempts() {
            match self.look_up_attempt(order_id, attempt, cause).await {
                Err(error @ LookUpError::NeverAskedFor { .. }) => strange = Some(error),
                looked_up => looked_up?,
            }
        }
        match strange {
            Some(error) => Err(error),
            None => Ok(self.payments().load(order_id.uuid())?),
        }
    }

    async fn look_up_attempt(&self, order_id: OrderId, attempt: u32, cause: &Cause) -> Result<(), LookUpError> {
        let reference = reference(order_id, attempt);
        // What is not found is judged by its age when it was asked for.
        let cause = Cause { at: self.room().clock.now(), ..cause.clone() };
        let found = self.in_time(self.provider().look_up(&reference)).await.unwrap_or(LookUp::Unknown);
        let what = found.command(attempt).ok_or(LookUpError::NoAnswer)?;
        let command = self.command(order_id, cause.at, what);
        match self.payments().handle(order_id.uuid(), &cause, command).await {
            Ok(_) => Ok(()),
            Err(HandleError::Rejected(Rejection::UnknownAttempt)) => {
                tracing::error!(order = %order_id, attempt, "a charge was found that was never asked for");
                Err(LookUpError::NeverAskedFor { reference })
            }
            Err(HandleError::Rejected(rejection)) => {
                // Not found, and the request may still be under way: its outcome is recorded when it comes.
                tracing::info!(order = %order_id, attempt, %rejection, "an attempt stays open after a look-up");
                Ok(())
            }
            Err(HandleError::Commit(error)) => Err(error.into()),
        }
    }
}
