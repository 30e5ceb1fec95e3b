//! The ledger: double entry, one row per order, of every won that came and went.

use kernel::Time;
use kernel::events::Recorded;
use kernel::events::pay::{
    PayEvent, PaymentApproved, PaymentRefunded, RefundReason, RefundRequested, RefundSettledByHand,
};
use kernel::ids::{OrderId, RefundId};
use kernel::money::{Amount, Currency};
use kernel::order::{BorneBy, OrderNumber};
use serde::{Deserialize, Serialize};

use super::payment::RefundStanding;
use super::waits::{Waits, after};

/// The books of one order; there are none before money moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// The order.
    pub order_id: OrderId,
    /// The number people say.
    pub order_number: OrderNumber,
    /// Of every amount.
    pub currency: Currency,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// What goes or went back, oldest first.
    pub refunds: Vec<LedgerRefund>,
}

/// One side of a booking; every booking has as much debit as credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LedgerEntry")]
pub struct Entry {
    /// When.
    pub at: Time,
    /// Where.
    pub account: Account,
    /// What the account is debited with.
    #[serde(rename = "debitAmount")]
    pub debit: Amount,
    /// What it is credited with.
    #[serde(rename = "creditAmount")]
    pub credit: Amount,
    /// The refund, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// The attempt, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The event that it books.
    pub cause: Cause,
}

/// Where money is, or whom it is owed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// An asset: what the provider holds for us.
    Provider,
    /// Owed: what customers paid for orders, and store and rider will settle.
    Orders,
    /// Owed: refunds that are promised and not given.
    RefundsPayable,
    /// A claim: refunds that riders bear.
    RiderDues,
    /// A cost: refunds that the platform bears.
    PlatformCosts,
    /// An asset: what operators gave back by other means.
    SettledByHand,
}

/// The events that are booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "each is the event of the same name")]
#[schemars(rename = "BookedEvent")]
pub enum Cause {
    PaymentApproved,
    RefundRequested,
    PaymentRefunded,
    RefundSettledByHand,
}

/// A refund in the books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRefund {
    /// The refund.
    pub refund_id: RefundId,
    /// The attempt whose charge goes back.
    pub attempt: u32,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub reason: RefundReason,
    /// Who bears it.
    pub borne_by: BorneBy,
    /// Where it stands.
    pub standing: RefundStanding,
    /// When it was (last) requested.
    pub requested_at: Time,
    /// The provider's code, where it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl LedgerRefund {
    /// A person has to look at it: refused for good, or pending for too long.
    pub fn needs_operator(&self, now: Time, waits: &Waits) -> bool {
        match self.standing {
            RefundStanding::Failed => true,
            RefundStanding::Pending => now >= after(self.requested_at, waits.operator),
            RefundStanding::Done | RefundStanding::SettledByHand => false,
        }
    }
}

impl Ledger {
    /// Debits less credits of an account: what an asset holds; negative where something is owed.
    pub fn balance(&self, account: Account) -> Amount {
        let entries = self.entries.iter().filter(|entry| entry.account == account);
        entries.fold(Amount::ZERO, |sum, entry| sum.saturating_plus(entry.debit).saturating_minus(entry.credit))
    }

    /// All that was ever charged.
    pub fn captured(&self) -> Amount {
        let charged = self.entries.iter().filter(|entry| entry.account == Account::Provider);
        charged.fold(Amount::ZERO, |sum, entry| sum.saturating_plus(entry.debit))
    }

    /// All that is back with the customer, through the provider or by hand.
    pub fn refunded(&self) -> Amount {
        let given = self.refunds.iter().filter(|refund| match refund.standing {
            RefundStanding::Done | RefundStanding::SettledByHand => true,
            RefundStanding::Pending | RefundStanding::Failed => false,
        });
        given.fold(Amount::ZERO, |sum, refund| sum.saturating_plus(refund.amount))
    }

    /// The refunds that are promised and not given.
    pub fn open_refunds(&self) -> impl Iterator<Item = &LedgerRefund> {
        self.refunds.iter().filter(|refund| match refund.standing {
            RefundStanding::Pending | RefundStanding::Failed => true,
            RefundStanding::Done | RefundStanding::SettledByHand => false,
        })
    }

    /// One refund.
    pub fn refund(&self, refund_id: RefundId) -> Option<&LedgerRefund> {
        self.refunds.iter().find(|refund| refund.refund_id == refund_id)
    }

    fn refund_mut(&mut self, refund_id: RefundId) -> Option<&mut LedgerRefund> {
        self.refunds.iter_mut().find(|refund| refund.refund_id == refund_id)
    }

    fn book(&mut self, booking: &Booking) {
        let Booking { at, from, to, amount, refund_id, attempt, cause } = *booking;
        let sides = [(from, amount, Amount::ZERO), (to, Amount::ZERO, amount)];
        self.entries.extend(sides.map(|(account, debit, credit)| Entry {
            at,
            account,
            debit,
            credit,
            refund_id,
            attempt,
            cause,
        }));
    }
}

/// Debits `from` and credits `to`.
struct Booking {
    at: Time,
    from: Account,
    to: Account,
    amount: Amount,
    refund_id: Option<RefundId>,
    attempt: Option<u32>,
    cause: Cause,
}

/// The books after an event.
pub fn ledger(row: Option<Ledger>, recorded: &Recorded<PayEvent>) -> Option<Ledger> {
    let at = recorded.at;
    match &recorded.event {
        PayEvent::PaymentApproved(event) => {
            let mut row = row.unwrap_or_else(|| Ledger {
                order_id: OrderId::from(recorded.subject),
                order_number: event.order_number.clone(),
                currency: Currency::Krw,
                entries: Vec::new(),
                refunds: Vec::new(),
            });
            book_charge(&mut row, event, at);
            Some(row)
        }
        PayEvent::RefundRequested(event) => row.map(|row| book_promise(row, event, at)),
        PayEvent::PaymentRefunded(event) => row.map(|row| book_refund(row, event, at)),
        PayEvent::RefundSettledByHand(event) => row.map(|row| book_settlement(row, event, at)),
        PayEvent::RefundFailed(event) => row.map(|mut row| {
            if let Some(refund) = row.refund_mut(event.refund_id) {
                refund.standing = RefundStanding::Failed;
                refund.code = Some(event.code.clone());
            }
            row
        }),
        PayEvent::PaymentRequested(_)
        | PayEvent::PaymentDeclined(_)
        | PayEvent::PaymentInDoubt(_)
        | PayEvent::AttemptAbandoned(_)
        | PayEvent::PaymentClosed(_) => row,
    }
}

fn book_charge(row: &mut Ledger, event: &PaymentApproved, at: Time) {
    row.book(&Booking {
        at,
        from: Account::Provider,
        to: Account::Orders,
        amount: event.amount,
        refund_id: None,
        attempt: Some(event.attempt),
        cause: Cause::PaymentApproved,
    });
}

/// A refund that is tried again was promised before, and is not booked twice.
fn book_promise(mut row: Ledger, event: &RefundRequested, at: Time) -> Ledger {
    if let Some(known) = row.refund_mut(event.refund_id) {
        known.standing = RefundStanding::Pending;
        known.requested_at = event.requested_at;
        known.code = None;
        return row;
    }
    row.book(&Booking {
        at,
        from: bearer(event.reason, event.borne_by),
        to: Account::RefundsPayable,
        amount: event.amount,
        refund_id: Some(event.refund_id),
        attempt: Some(event.attempt),
        cause: Cause::RefundRequested,
    });
    row.refunds.push(LedgerRefund {
        refund_id: event.refund_id,
        attempt: event.attempt,
        amount: event.amount,
        reason: event.reason,
        borne_by: event.borne_by,
        standing: RefundStanding::Pending,
        requested_at: event.requested_at,
        code: None,
    });
    row
}

/// Money that the provider gave back although a person had done so is owed to us by hand.
fn book_refund(mut row: Ledger, event: &PaymentRefunded, at: Time) -> Ledger {
    let Some(refund) = row.refund_mut(event.refund_id) else { return row };
    let from = match refund.standing {
        RefundStanding::Pending | RefundStanding::Failed => Account::RefundsPayable,
        RefundStanding::Done | RefundStanding::SettledByHand => Account::SettledByHand,
    };
    refund.standing = RefundStanding::Done;
    row.book(&Booking {
        at,
        from,
        to: Account::Provider,
        amount: event.amount,
        refund_id: Some(event.refund_id),
        attempt: None,
        cause: Cause::PaymentRefunded,
    });
    row
}

fn book_settlement(mut row: Ledger, event: &RefundSettledByHand, at: Time) -> Ledger {
    let Some(refund) = row.refund_mut(event.refund_id) else { return row };
    refund.standing = RefundStanding::SettledByHand;
    row.book(&Booking {
        at,
        from: Account::RefundsPayable,
        to: Account::SettledByHand,
        amount: event.amount,
        refund_id: Some(event.refund_id),
        attempt: None,
        cause: Cause::RefundSettledByHand,
    });
    row
}

/// What store or customer bear comes out of the order's own money; what rider or platform bear leaves it whole for
/// settlement. For a charge in error, or after the time to pay, nothing was delivered and nobody bears anything.
const fn bearer(reason: RefundReason, borne_by: BorneBy) -> Account {
    match (reason, borne_by) {
        (RefundReason::ChargedInError | RefundReason::Expired, _) | (_, BorneBy::Store | BorneBy::Customer) => {
            Account::Orders
        }
        (RefundReason::Cancelled | RefundReason::Undelivered | RefundReason::Adjusted, BorneBy::Rider) => {
            Account::RiderDues
        }
        (RefundReason::Cancelled | RefundReason::Undelivered | RefundReason::Adjusted, BorneBy::Platform) => {
            Account::PlatformCosts
        }
    }
}

#[cfg(test)]
mod tests;
