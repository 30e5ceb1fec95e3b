//! A payment as pay's log tells it, and as its ledger shows it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{list, number, sum, text};
use super::lane::{Event, Stream};

/// A payment, folded.
#[derive(Default)]
pub(super) struct Payment {
    pub(super) attempts: BTreeMap<i64, Attempt>,
    pub(super) refunds: BTreeMap<String, Refund>,
}

/// One try to pay.
#[derive(Default)]
pub(super) struct Attempt {
    pub(super) standing: Try,
    /// What was charged, where it was.
    pub(super) charged: Option<i64>,
}

/// Where a try stands.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    #[default]
    Requested,
    InDoubt,
    Over,
}

/// Money on its way back.
pub(super) struct Refund {
    pub(super) attempt: i64,
    pub(super) amount: i64,
    pub(super) standing: &'static str,
    /// Whether the provider gave it, and whether a person did.
    pub(super) by_provider: bool,
    by_hand: bool,
}

impl Payment {
    pub(super) fn fold(stream: &Stream) -> Self {
        let mut payment = Self::default();
        for event in &stream.events {
            payment.apply(event);
        }
        payment
    }

    fn apply(&mut self, Event { name, body, .. }: &Event) {
        let n = number(body, "attempt");
        match name.as_str() {
            "PaymentRequested" => self.attempt(n).standing = Try::Requested,
            "PaymentInDoubt" => self.attempt(n).standing = Try::InDoubt,
            "PaymentDeclined" | "AttemptAbandoned" => self.attempt(n).standing = Try::Over,
            "PaymentApproved" => {
                *self.attempt(n) = Attempt { standing: Try::Over, charged: Some(number(body, "amount")) }
            }
            "RefundRequested" => {
                let amount = number(body, "amount");
                let refund = self.refunds.entry(text(body, "refundId").to_owned()).or_insert(Refund {
                    attempt: n,
                    amount,
                    standing: "PENDING",
                    by_provider: false,
                    by_hand: false,
                });
                refund.standing = "PENDING";
            }
            "PaymentRefunded" => self.settle(body, "DONE", |refund| refund.by_provider = true),
            "RefundSettledByHand" => self.settle(body, "SETTLED_BY_HAND", |refund| refund.by_hand = true),
            "RefundFailed" => self.settle(body, "FAILED", |_| {}),
            _ => {}
        }
    }

    fn attempt(&mut self, n: i64) -> &mut Attempt {
        self.attempts.entry(n).or_default()
    }

    fn settle(&mut self, body: &Value, standing: &'static str, how: impl FnOnce(&mut Refund)) {
        if let Some(refund) = self.refunds.get_mut(text(body, "refundId")) {
            refund.standing = standing;
            how(refund);
        }
    }

    pub(super) fn captured(&self) -> i64 {
        self.attempts.values().filter_map(|attempt| attempt.charged).sum()
    }

    /// What is back with the customer, however.
    pub(super) fn refunded(&self) -> i64 {
        self.sum(|refund| matches!(refund.standing, "DONE" | "SETTLED_BY_HAND"))
    }

    /// What is promised back and is not back.
    pub(super) fn owed(&self) -> i64 {
        self.sum(Refund::is_open)
    }

    fn sum(&self, counts: impl Fn(&Refund) -> bool) -> i64 {
        self.refunds.values().filter(|refund| counts(refund)).map(|refund| refund.amount).sum()
    }

    /// What is left of an attempt's charge once all that is promised is back.
    pub(super) fn left_of(&self, n: i64) -> i64 {
        let charged = self.attempts.get(&n).and_then(|attempt| attempt.charged).unwrap_or_default();
        charged - self.sum(|refund| refund.attempt == n)
    }

    pub(super) fn attempt_is_open(&self) -> bool {
        self.attempts.values().any(|attempt| attempt.standing != Try::Over)
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.attempts.values().any(|attempt| attempt.standing == Try::InDoubt)
    }

    pub(super) fn any(&self, standing: &str) -> bool {
        self.refunds.values().any(|refund| refund.standing == standing)
    }

    /// What in the ledger does not add up, or is not as the log says.
    pub(super) fn unbalanced(&self, doc: &Value) -> Option<String> {
        let entries = list(doc, "entries");
        let (debits, credits) = (sum(entries, "debitAmount"), sum(entries, "creditAmount"));
        if debits != credits {
            return Some(format!("the ledger has debits of {debits} and credits of {credits}"));
        }
        let balance = |account: &str| -> i64 {
            let of_account = entries.iter().filter(|entry| text(entry, "account") == account);
            of_account.map(|entry| number(entry, "debitAmount") - number(entry, "creditAmount")).sum()
        };
        let given = self.sum(|refund| refund.by_provider);
        let by_hand_only = self.sum(|refund| refund.by_hand && !refund.by_provider);
        let expected = [
            ("provider", self.captured() - given),
            ("refunds-payable", -self.owed()),
            ("settled-by-hand", -by_hand_only),
        ];
        let wrong = expected.into_iter().find(|(account, expected)| balance(account) != *expected);
        wrong.map(|(account, expected)| {
            format!("the ledger's account {account} stands at {}, by pay's events at {expected}", balance(account))
        })
    }

    /// What of its refunds the ledger shows otherwise.
    pub(super) fn differs(&self, doc: &Value) -> Option<String> {
        let shown: BTreeMap<&str, (i64, &str)> = list(doc, "refunds")
            .iter()
            .map(|refund| (text(refund, "refundId"), (number(refund, "amount"), text(refund, "standing"))))
            .collect();
        let folded: BTreeMap<&str, (i64, &str)> =
            self.refunds.iter().map(|(id, refund)| (id.as_str(), (refund.amount, refund.standing))).collect();
        (shown != folded).then(|| format!("the ledger shows the refunds {shown:?}, pay's log says {folded:?}"))
    }
}

impl Refund {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.standing, "PENDING" | "FAILED")
    }
}
