//! The provider's books of a day beside our own: what one side has and the other has not.

mod days;

use std::collections::{BTreeMap, BTreeSet};

use kernel::Time;
use kernel::ids::{OrderId, RefundId};
use kernel::money::Amount;
use serde::Serialize;

use super::payment::{read_reference, reference};
use super::views::{Account, Ledger};
pub use days::{Day, due, next_run};

/// Money that moved at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// What the provider knows the charge by.
    pub reference: String,
    /// Which way it went.
    pub kind: Moved,
    /// How much.
    pub amount: Amount,
    /// When.
    pub at: Time,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// To us.
    Charge,
    /// Back.
    Refund {
        /// Our refund, where it names one.
        refund_id: Option<RefundId>,
    },
}

/// What the two sides do not agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// In what.
    pub kind: Kind,
    /// The order.
    pub order_id: OrderId,
    /// What the provider knows the charge by.
    pub reference: String,
    /// The refund, where it is about one that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// How much the provider has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_amount: Option<Amount>,
    /// How much the ledger has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_amount: Option<Amount>,
}

/// In what the two sides differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DifferenceKind")]
pub enum Kind {
    /// The provider charged, and the ledger has no such charge.
    ChargeUnknownHere,
    /// The ledger has a charge that the provider has not.
    ChargeUnknownThere,
    /// Both have it, with other amounts.
    AmountsDiffer,
    /// The provider gave back, and the ledger has no such refund.
    RefundUnknownHere,
    /// The ledger has a refund that the provider has not given.
    RefundUnknownThere,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::ChargeUnknownHere,
        Self::ChargeUnknownThere,
        Self::AmountsDiffer,
        Self::RefundUnknownHere,
        Self::RefundUnknownThere,
    ];

    /// As metrics and answers have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChargeUnknownHere => "charge-unknown-here",
            Self::ChargeUnknownThere => "charge-unknown-there",
            Self::AmountsDiffer => "amounts-differ",
            Self::RefundUnknownHere => "refund-unknown-here",
            Self::RefundUnknownThere => "refund-unknown-there",
        }
    }
}

/// What one side's books add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DayTotal")]
pub struct Total {
    /// How many charges.
    pub charges: u64,
    /// All of them.
    pub charged_amount: Amount,
    /// How many refunds.
    pub refunds: u64,
    /// All of them.
    pub refunded_amount: Amount,
}

impl Total {
    /// Of `movements`.
    pub fn of<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Self {
        movements.into_iter().fold(Self::default(), |total, Movement { kind, amount, .. }| match kind {
            Moved::Charge => Self {
                charges: total.charges + 1,
                charged_amount: total.charged_amount.saturating_plus(*amount),
                ..total
            },
            Moved::Refund { .. } => Self {
                refunds: total.refunds + 1,
                refunded_amount: total.refunded_amount.saturating_plus(*amount),
                ..total
            },
        })
    }
}

/// Whether a movement is about an order of ours; a shop's account may serve others too.
pub fn is_ours(movement: &Movement) -> bool {
    read_reference(&movement.reference).is_some()
}

/// What an order's books say that moved at the provider, each at the time it was booked.
pub fn movements(books: &Ledger) -> Vec<Movement> {
    let at_provider = books.entries.iter().filter(|entry| entry.account == Account::Provider);
    let moved = at_provider.filter_map(|entry| {
        let (kind, attempt, amount) = match (entry.refund_id, entry.attempt) {
            (Some(refund_id), _) => {
                let attempt = books.refund(refund_id)?.attempt;
                (Moved::Refund { refund_id: Some(refund_id) }, attempt, entry.credit)
            }
            (None, Some(attempt)) => (Moved::Charge, attempt, entry.debit),
            (None, None) => return None,
        };
        Some(Movement { reference: reference(books.order_id, attempt), kind, amount, at: entry.at })
    });
    moved.collect()
}

/// What differs between the provider's movements of `day` and ours.
///
/// `ours` holds what was booked on that day and all that was ever booked of the orders that `theirs` are about: what
/// moved before midnight may be booked after it. Movements that are not about orders of ours are passed over. A
/// movement of ours that is missing among theirs may have another date there: ask for it before believing it.
pub fn compare(day: &Day, theirs: &[Movement], ours: &[Movement]) -> Vec<Difference> {
    let mut unmatched: BTreeMap<&str, Vec<&Movement>> = BTreeMap::new();
    for movement in ours {
        unmatched.entry(&movement.reference).or_default().push(movement);
    }
    let mut found = Vec::new();
    // Those that name a refund take theirs first, so that the nameless ones cannot take it from them.
    let (named, nameless): (Vec<_>, Vec<_>) =
        theirs.iter().filter(|movement| is_ours(movement)).partition(|movement| names_itself(movement));
    for theirs in named.into_iter().chain(nameless) {
        let of_charge = unmatched.entry(&theirs.reference).or_default();
        let place = of_charge.iter().position(|ours| is_same(theirs, ours));
        match place.map(|place| of_charge.remove(place)) {
            None => found.extend(difference(unknown_here(theirs), theirs, Some(theirs), None)),
            Some(ours) if ours.amount != theirs.amount => {
                found.extend(difference(Kind::AmountsDiffer, ours, Some(theirs), Some(ours)));
            }
            Some(_) => {}
        }
    }
    let missing = unmatched.into_values().flatten().filter(|ours| day.holds(ours.at));
    found.extend(missing.filter_map(|ours| difference(unknown_there(ours), ours, None, Some(ours))));
    found.sort_by(|one, other| (one.kind, &one.reference).cmp(&(other.kind, &other.reference)));
    found
}

/// How many differences there are of each kind.
pub fn counts(differences: &[Difference]) -> BTreeMap<Kind, usize> {
    let count = |kind| differences.iter().filter(|difference| difference.kind == kind).count();
    Kind::ALL.into_iter().map(|kind| (kind, count(kind))).collect()
}

/// The orders of charges that are not known here: they are looked up, so that money that nobody asked for goes back.
pub fn to_look_up(differences: &[Difference]) -> BTreeSet<OrderId> {
    let unknown = differences.iter().filter(|difference| difference.kind == Kind::ChargeUnknownHere);
    unknown.map(|difference| difference.order_id).collect()
}

const fn names_itself(movement: &Movement) -> bool {
    match movement.kind {
        Moved::Charge => true,
        Moved::Refund { refund_id } => refund_id.is_some(),
    }
}

/// Whether two movements of one charge are the same; a refund that has no name there is recognised by its amount.
fn is_same(theirs: &Movement, ours: &Movement) -> bool {
    match (theirs.kind, ours.kind) {
        (Moved::Charge, Moved::Charge) => true,
        (Moved::Refund { refund_id: None }, Moved::Refund { .. }) => theirs.amount == ours.amount,
        (Moved::Refund { refund_id: theirs }, Moved::Refund { refund_id: ours }) => theirs == ours,
        (Moved::Charge, Moved::Refund { .. }) | (Moved::Refund { .. }, Moved::Charge) => false,
    }
}

const fn unknown_here(movement: &Movement) -> Kind {
    match movement.kind {
        Moved::Charge => Kind::ChargeUnknownHere,
        Moved::Refund { .. } => Kind::RefundUnknownHere,
    }
}

const fn unknown_there(movement: &Movement) -> Kind {
    match movement.kind {
        Moved::Charge => Kind::ChargeUnknownThere,
        Moved::Refund { .. } => Kind::RefundUnknownThere,
    }
}

fn difference(kind: Kind, about: &Movement, theirs: Option<&Movement>, ours: Option<&Movement>) -> Option<Difference> {
    let (order_id, _) = read_reference(&about.reference)?;
    let refund_id = match about.kind {
        Moved::Charge => None,
        Moved::Refund { refund_id } => refund_id,
    };
    Some(Difference {
        kind,
        order_id,
        reference: about.reference.clone(),
        refund_id,
        provider_amount: theirs.map(|movement| movement.amount),
        ledger_amount: ours.map(|movement| movement.amount),
    })
}

#[cfg(test)]
mod tests;
