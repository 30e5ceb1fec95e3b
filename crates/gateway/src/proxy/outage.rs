//! Why a context did not answer, and what its caller is told of that.

use std::error::Error;

use axum::http::StatusCode;
use hyper_util::client::legacy;
use kernel::Context;
use platform::problem::Problem;

/// Why a context did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Outage {
    /// It is not part of this gateway.
    #[error("it does not run here")]
    Absent,
    /// No connection, or it broke before the answer began.
    #[error("it cannot be reached")]
    Unreachable,
    /// It broke off amid its answer.
    #[error("it broke off amid its answer, and what was asked may have happened")]
    Broken,
    /// It took too long.
    #[error("it did not answer in time")]
    Late,
    /// It answers more than is read of an answer.
    #[error("it answers more than can be passed on")]
    TooLong,
    /// So much is under way there that more would take the places of the others.
    #[error("it has more to do than it can")]
    Busy,
    /// The gateway itself stops.
    #[error("the gateway is stopping")]
    Stopping,
}

impl Outage {
    /// The outage as a metric's label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken",
            Self::Late => "late",
            Self::TooLong => "too-long",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
        }
    }

    /// What the caller is told.
    pub(crate) fn problem(self, context: Context) -> Problem {
        match self {
            Self::Absent | Self::Unreachable | Self::Broken | Self::TooLong | Self::Busy | Self::Stopping => {
                let detail = format!("The service \"{context}\" is not there right now: {self}.");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "service-unavailable", detail)
                    .retry_after(2)
                    .with_missing([context])
            }
            Self::Late => {
                let detail = format!("The service \"{context}\" took too long; what was asked may still happen.");
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "service-timeout", detail).with_missing([context])
            }
        }
    }

    /// What it is that a request could not be answered for.
    pub(super) fn of(error: &legacy::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = cause {
            let io = error.downcast_ref::<std::io::Error>();
            if io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut) {
                return Self::Late;
            }
            cause = error.source();
        }
        Self::Unreachable
    }
}
