//! What the stub knows of payments, and the rules by which they change.

use std::collections::BTreeMap;

use kernel::Time;
use kernel::money::Amount;

use super::TIME_TO_CONFIRM;
use super::codes::Refusal;

/// The least that a card is charged with.
const LEAST: Amount = Amount::new(100);

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Toss's word")]
pub enum Status {
    InProgress,
    Done,
    PartialCanceled,
    Canceled,
    Aborted,
    Expired,
}

impl Status {
    /// As Toss writes it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Done => "DONE",
            Self::PartialCanceled => "PARTIAL_CANCELED",
            Self::Canceled => "CANCELED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A payment as the stub has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentOnFile {
    /// Its key.
    pub payment_key: String,
    /// Our reference.
    pub order_id: String,
    /// How much.
    pub amount: Amount,
    /// Where it stands.
    pub status: Status,
    /// When the customer authenticated it.
    pub requested_at: Time,
    /// When it was charged, and the key of that transaction.
    pub charged: Option<(Time, String)>,
    /// What went back, oldest first.
    pub cancels: Vec<CancelOnFile>,
}

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelOnFile {
    /// How much.
    pub amount: Amount,
    /// Why, as it was asked for.
    pub reason: String,
    /// When.
    pub at: Time,
    /// The transaction's key.
    pub transaction_key: String,
    /// What was left after it.
    pub left: Amount,
}

/// A line of the list of transactions.
#[derive(Debug, Clone)]
pub(super) struct Transaction {
    pub(super) key: String,
    pub(super) payment_key: String,
    pub(super) order_id: String,
    pub(super) status: Status,
    pub(super) at: Time,
    pub(super) amount: Amount,
}

/// A confirm as it was asked for.
pub(super) struct Confirming {
    pub(super) payment_key: String,
    pub(super) order_id: String,
    pub(super) amount: Amount,
}

/// A cancel as it was asked for.
pub(super) struct Cancelling {
    pub(super) amount: Option<Amount>,
    pub(super) reason: String,
    pub(super) refundable: Option<Amount>,
}

/// All payments.
#[derive(Default)]
pub(super) struct Book {
    payments: BTreeMap<String, PaymentOnFile>,
    /// The newest payment under each order's id, unless an older one was charged.
    by_order: BTreeMap<String, String>,
    transactions: Vec<Transaction>,
}

impl PaymentOnFile {
    /// What is charged and not given back.
    pub fn balance(&self) -> Amount {
        self.amount.saturating_minus(self.refunded())
    }

    /// What went back.
    pub fn refunded(&self) -> Amount {
        self.cancels.iter().fold(Amount::ZERO, |sum, cancel| sum.saturating_plus(cancel.amount))
    }
}

impl Book {
    pub(super) fn authenticate(&mut self, payment_key: &str, order_id: &str, amount: Amount, at: Time) {
        let payment = PaymentOnFile {
            payment_key: payment_key.to_owned(),
            order_id: order_id.to_owned(),
            amount,
            status: Status::InProgress,
            requested_at: at,
            charged: None,
            cancels: Vec::new(),
        };
        self.payments.insert(payment_key.to_owned(), payment);
        if self.of_order(order_id).is_none_or(|known| known.charged.is_none()) {
            self.by_order.insert(order_id.to_owned(), payment_key.to_owned());
        }
    }

    pub(super) fn get(&self, payment_key: &str) -> Option<&PaymentOnFile> {
        self.payments.get(payment_key)
    }

    pub(super) fn of_order(&self, order_id: &str) -> Option<&PaymentOnFile> {
        self.by_order.get(order_id).and_then(|key| self.payments.get(key))
    }

    pub(super) fn charged(&self) -> Vec<PaymentOnFile> {
        self.payments.values().filter(|payment| payment.charged.is_some()).cloned().collect()
    }

    /// Those from `from` to `until`, oldest first.
    pub(super) fn transactions(&self, from: Time, until: Time) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(move |transaction| (from..=until).contains(&transaction.at))
    }

    /// Charges what was authenticated, within its time.
    pub(super) fn confirm(
        &mut self,
        asked: &Confirming,
        transaction_key: String,
        at: Time,
    ) -> Result<PaymentOnFile, Refusal> {
        if !is_order_id(&asked.order_id) {
            return Err(Refusal::of("INVALID_REQUEST"));
        }
        let of_order = self.of_order(&asked.order_id).filter(|known| known.charged.is_some());
        let is_duplicate = of_order.is_some_and(|known| known.payment_key != asked.payment_key);
        let payment = self.payments.get_mut(&asked.payment_key).ok_or(Refusal::of("NOT_FOUND_PAYMENT"))?;
        match payment.status {
            Status::Done | Status::PartialCanceled | Status::Canceled => {
                return Err(Refusal::of("ALREADY_PROCESSED_PAYMENT"));
            }
            Status::Aborted | Status::Expired => return Err(Refusal::of("NOT_FOUND_PAYMENT_SESSION")),
            Status::InProgress => {}
        }
        if at.duration_since(payment.requested_at) > TIME_TO_CONFIRM {
            return Err(Refusal::of("NOT_FOUND_PAYMENT_SESSION"));
        }
        if payment.order_id != asked.order_id || payment.amount != asked.amount {
            return Err(Refusal::of("INVALID_REQUEST"));
        }
        if is_duplicate {
            return Err(Refusal::of("DUPLICATED_ORDER_ID"));
        }
        if payment.amount < LEAST {
            return Err(Refusal::of("BELOW_MINIMUM_AMOUNT"));
        }
        payment.status = Status::Done;
        payment.charged = Some((at, transaction_key.clone()));
        let payment = payment.clone();
        self.by_order.insert(payment.order_id.clone(), payment.payment_key.clone());
        self.move_money(&payment, transaction_key, payment.amount, at);
        Ok(payment)
    }

    /// Charges it as the customer authenticated it.
    pub(super) fn confirm_as_asked(
        &mut self,
        payment_key: &str,
        transaction_key: String,
        at: Time,
    ) -> Result<PaymentOnFile, Refusal> {
        let payment = self.get(payment_key).ok_or(Refusal::of("NOT_FOUND_PAYMENT"))?;
        let asked = Confirming {
            payment_key: payment_key.to_owned(),
            order_id: payment.order_id.clone(),
            amount: payment.amount,
        };
        self.confirm(&asked, transaction_key, at)
    }

    /// Gives back a part, or all that is left.
    pub(super) fn cancel(
        &mut self,
        payment_key: &str,
        asked: &Cancelling,
        transaction_key: String,
        at: Time,
    ) -> Result<PaymentOnFile, Refusal> {
        if asked.reason.is_empty() || asked.reason.chars().count() > 200 {
            return Err(Refusal::of("INVALID_REQUEST"));
        }
        let payment = self.payments.get_mut(payment_key).ok_or(Refusal::of("NOT_FOUND_PAYMENT"))?;
        match payment.status {
            Status::Done | Status::PartialCanceled => {}
            Status::Canceled => return Err(Refusal::of("ALREADY_CANCELED_PAYMENT")),
            Status::InProgress | Status::Aborted | Status::Expired => {
                return Err(Refusal::of("NOT_CANCELABLE_PAYMENT"));
            }
        }
        let balance = payment.balance();
        if asked.refundable.is_some_and(|refundable| refundable != balance) {
            return Err(Refusal::of("NOT_MATCHES_REFUNDABLE_AMOUNT"));
        }
        let amount = asked.amount.unwrap_or(balance);
        if amount <= Amount::ZERO || amount > balance {
            return Err(Refusal::of("NOT_CANCELABLE_AMOUNT"));
        }
        let left = balance.saturating_minus(amount);
        payment.status = if left == Amount::ZERO { Status::Canceled } else { Status::PartialCanceled };
        let (reason, key) = (asked.reason.clone(), transaction_key.clone());
        payment.cancels.push(CancelOnFile { amount, reason, at, transaction_key: key, left });
        let payment = payment.clone();
        self.move_money(&payment, transaction_key, amount, at);
        Ok(payment)
    }

    /// Ends a payment that was not charged; `None`: there is none.
    pub(super) fn end(&mut self, payment_key: &str, status: Status) -> Option<PaymentOnFile> {
        let payment = self.payments.get_mut(payment_key).filter(|payment| payment.status == Status::InProgress)?;
        payment.status = status;
        Some(payment.clone())
    }

    fn move_money(&mut self, payment: &PaymentOnFile, key: String, amount: Amount, at: Time) {
        self.transactions.push(Transaction {
            key,
            payment_key: payment.payment_key.clone(),
            order_id: payment.order_id.clone(),
            status: payment.status,
            at,
            amount,
        });
    }
}

/// 6 to 64 letters, digits, `-` and `_`.
pub(super) fn is_order_id(text: &str) -> bool {
    (6..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
