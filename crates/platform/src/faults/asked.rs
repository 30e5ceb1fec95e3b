//! What can be asked for, as it is written in JSON.

use std::fmt;
use std::time::Duration;

use kernel::Context;
use serde::{Deserialize, Serialize};

use crate::problem::{FieldProblem, Problem};

/// The longest delay that can be asked for: 10 min.
const LONGEST_MS: u64 = 10 * 60 * 1000;

/// The faults of one context; what is left out is as it should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct AskedFaults {
    /// What calls to the payment provider meet: pay only.
    pub payment: PaymentFaults,
    /// What messages to customers meet: customer only.
    pub messages: MessageFaults,
    /// Whether the context takes nothing up: no event, no wait that is over, no call, no request.
    pub paused: bool,
    /// What events meet on their way to the context.
    pub events: EventFaults,
}

/// The same as it is asked for.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct FaultsBody(pub(super) AskedFaults);

crate::written!(AskedFaults);
crate::taken!(FaultsBody);

/// What calls to the payment provider meet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct PaymentFaults {
    /// They begin so many milliseconds later,
    #[schemars(range(max = 600_000))]
    pub delay_ms: u64,
    /// give or take up to so many, each as likely as the other.
    pub jitter_ms: u64,
    /// So many of a hundred are answered with an error that says nothing.
    #[schemars(range(max = 100))]
    pub failing_percent: u32,
    /// What becomes of the others.
    pub mode: PaymentMode,
}

/// What becomes of a call to the payment provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PaymentMode {
    /// It goes through.
    #[default]
    None,
    /// Nobody can be reached.
    Down,
    /// It is never answered, and nothing is done.
    Hanging,
    /// It is done, and never answered.
    Losing,
}

/// What messages to customers meet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct MessageFaults {
    /// So many of a hundred are refused, and may be tried again.
    #[schemars(range(max = 100))]
    pub failing_percent: u32,
}

/// What events meet on their way to a context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct EventFaults {
    /// They arrive so many milliseconds later.
    #[schemars(range(max = 600_000))]
    pub delay_ms: u64,
    /// Whether each comes twice, and once more with the next.
    pub duplicated: bool,
}

impl AskedFaults {
    /// Refuses what `context` cannot meet, and what is beyond all bounds; `within` is the path of these faults in the
    /// body, like `pay.`.
    ///
    /// # Errors
    /// 422 with each field.
    pub fn refuse_misfits(&self, context: Context, within: &str) -> Result<(), Problem> {
        let Self { payment, messages, events, paused: _ } = self;
        let percent = "a number from 0 to 100";
        let delay = "a number of milliseconds from 0 to 600000, which is 10 minutes";
        let misfits = [
            (
                "payment",
                "only pay calls the payment provider",
                *payment != PaymentFaults::default() && context != Context::Pay,
            ),
            (
                "messages",
                "only customer sends messages",
                *messages != MessageFaults::default() && context != Context::Customer,
            ),
            ("payment.delayMs", delay, payment.delay_ms > LONGEST_MS),
            (
                "payment.jitterMs",
                "no more than delayMs: nothing comes before it was asked for",
                payment.jitter_ms > payment.delay_ms,
            ),
            ("payment.failingPercent", percent, payment.failing_percent > 100),
            ("messages.failingPercent", percent, messages.failing_percent > 100),
            ("events.delayMs", delay, events.delay_ms > LONGEST_MS),
        ];
        let misfits = misfits.into_iter().filter(|(.., misfits)| *misfits);
        let fields: Vec<_> =
            misfits.map(|(field, why, _)| FieldProblem::new(format!("{within}{field}"), why)).collect();
        if fields.is_empty() { Ok(()) } else { Err(Problem::invalid_fields(fields)) }
    }
}

/// As they are asked for.
impl fmt::Display for AskedFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl PaymentFaults {
    /// The delay of a call that has drawn these bits.
    pub(super) fn delay(&self, drawn: u128) -> Duration {
        let spread = 2 * u128::from(self.jitter_ms) + 1;
        let late = u128::from(self.delay_ms.saturating_sub(self.jitter_ms)) + drawn % spread;
        Duration::from_millis(u64::try_from(late).unwrap_or(u64::MAX))
    }
}
