//! The variables of the templates and what stands in their places.

use serde::Deserialize;

use super::registry;

/// A place in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "templates.toml has an example of each")]
pub enum Variable {
    OrderNo,
    StoreName,
    Summary,
    PaidAmount,
    PayMethod,
    OrderedAt,
    AnswerBy,
    Eta,
    OldEta,
    NewEta,
    DoneAt,
    RejectReason,
    CancelReason,
    DelayReason,
    RefuseReason,
    FailReason,
    RefundReason,
    RefundItems,
    RefundAmount,
    RefundedAt,
    DeliveryBy,
    Handover,
    RetryAt,
    HoldUntil,
    Link,
}

impl Variable {
    /// Its name in English templates, and in the registry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderNo => "orderNo",
            Self::StoreName => "storeName",
            Self::Summary => "summary",
            Self::PaidAmount => "paidAmount",
            Self::PayMethod => "payMethod",
            Self::OrderedAt => "orderedAt",
            Self::AnswerBy => "answerBy",
            Self::Eta => "eta",
            Self::OldEta => "oldEta",
            Self::NewEta => "newEta",
            Self::DoneAt => "doneAt",
            Self::RejectReason => "rejectReason",
            Self::CancelReason => "cancelReason",
            Self::DelayReason => "delayReason",
            Self::RefuseReason => "refuseReason",
            Self::FailReason => "failReason",
            Self::RefundReason => "refundReason",
            Self::RefundItems => "refundItems",
            Self::RefundAmount => "refundAmount",
            Self::RefundedAt => "refundedAt",
            Self::DeliveryBy => "deliveryBy",
            Self::Handover => "handover",
            Self::RetryAt => "retryAt",
            Self::HoldUntil => "holdUntil",
            Self::Link => "link",
        }
    }
}

/// What stands in the places of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Vec<(Variable, String)>);

impl Values {
    /// These values and one more.
    #[must_use]
    pub fn with(mut self, variable: Variable, value: &str) -> Self {
        self.set(variable, value);
        self
    }

    /// Adds a value, cut to what its variable allows. A link's token is never cut: half of it leads nowhere.
    pub fn set(&mut self, variable: Variable, value: &str) {
        let value = match registry().at_most(variable) {
            Some(at_most) if variable != Variable::Link => fitted(value, at_most),
            Some(_) | None => value.to_owned(),
        };
        self.put(variable, value);
    }

    /// Adds a value as it is.
    pub(super) fn put(&mut self, variable: Variable, value: String) {
        self.0.retain(|(known, _)| *known != variable);
        self.0.push((variable, value));
    }

    /// The value of `variable`.
    pub fn get(&self, variable: Variable) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == variable).map(|(_, value)| value.as_str())
    }
}

/// `value` on one line and in at most `at_most` characters, the last two of them `..` where it was cut. (The
/// ellipsis sign is not in the character set of short messages.)
pub fn fitted(value: &str, at_most: usize) -> String {
    let one_line = |c: char| if c.is_control() { ' ' } else { c };
    if value.chars().count() <= at_most {
        return value.chars().map(one_line).collect();
    }
    let kept: String = value.chars().take(at_most.saturating_sub(2)).map(one_line).collect();
    format!("{}..", kept.trim_end())
}
