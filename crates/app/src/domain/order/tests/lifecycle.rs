//! What each status makes of each command: the lifecycle on one screen.

use kernel::decider::Decider;
use kernel::events::app::{RefundOutcome, Trouble};
use kernel::order::{CancelCause, DelayCause, PaymentMethod, Progress, RefuseReason, TroubleReason};

use super::super::Order;
use super::word;
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;

/// Beside each outcome (the events, `-` for nothing, or the rejection) the statuses in which it comes of the command,
/// at a time when every hold is over.
const TABLE: &str = include_str!("lifecycle.txt");

#[test]
fn every_status_answers_every_command_as_the_table_says() {
    let rows = commands().into_iter().flat_map(|(name, what)| {
        let outcomes = outcomes(&what).into_iter();
        let lines = outcomes.map(|(outcome, statuses)| format!("    {outcome}: {}\n", statuses.join(" ")));
        std::iter::once(format!("{name}\n")).chain(lines).collect::<Vec<_>>()
    });
    let table: String = rows.collect();
    assert_eq!(table, TABLE, "the whole table as it is now:\n{table}");
}

/// The outcomes of `what`, in the order of the statuses.
fn outcomes(what: &What) -> Vec<(String, Vec<String>)> {
    let mut outcomes: Vec<(String, Vec<String>)> = Vec::new();
    for status in STATUSES {
        let state = Order::replay(&story_to(status));
        assert_eq!(state.as_deref().unwrap().status(), status);
        let outcome = word(&Order::decide(&state, at(t(70), what.clone())));
        let status = serde_json::to_value(status).unwrap().as_str().unwrap().to_owned();
        match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, statuses)) => statuses.push(status),
            None => outcomes.push((outcome, vec![status])),
        }
    }
    outcomes
}

fn commands() -> Vec<(&'static str, What)> {
    vec![
        ("CreateOrder", create(Some(PaymentMethod::Card))),
        ("StartPayment", pay()),
        ("RecordPayment(approved)", approved(1, t(1))),
        ("RecordPayment(declined)", declined(1)),
        ("RecordPayment(abandoned)", abandoned(1)),
        ("DoubtPayment", What::DoubtPayment { attempt: 1 }),
        ("ExpireOrder", What::ExpireOrder),
        ("RecordReceipt", receive()),
        ("RecordProgress(accepted)", progress(Progress::Accepted)),
        ("RecordProgress(cooking)", progress(Progress::Cooking)),
        ("RecordProgress(ready)", progress(Progress::Ready)),
        ("RecordProgress(delivering)", progress(Progress::Delivering)),
        ("RecordDelay", What::RecordDelay { cause: DelayCause::Kitchen, ready_by: Some(t(80)) }),
        ("RecordTrouble", What::RecordTrouble { trouble: Trouble::Failed(TroubleReason::Address) }),
        ("RequestCancel(customer)", ask_cancel()),
        ("RequestCancel(unreachable)", unreachable()),
        ("ConfirmCancel", What::ConfirmCancel),
        ("RefuseCancel", What::RefuseCancel { reason: RefuseReason::CookingStarted }),
        ("CancelOrder(unanswered)", cancel(CancelCause::CustomerAsked, None)),
        ("CancelOrder(rejected)", cancel(CancelCause::StoreRejected, None)),
        ("CancelOrder(withdrawn)", cancel(CancelCause::StoreWithdrew, None)),
        ("CancelOrder(operator)", cancel(CancelCause::OperatorDecided, None)),
        ("AdjustOrder", adjust(1, 2, 0)),
        ("RecordRefund", refund(9, 48_000, RefundOutcome::Done)),
        ("CompleteOrder", complete()),
        ("CloseUndelivered", close_undelivered(None)),
        ("ErasePersonalData", What::ErasePersonalData),
    ]
}
