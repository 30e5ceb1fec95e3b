use kernel::decider::Decider;
use kernel::events::app::{PaidSoFar, RefundOutcome, Trouble};
use kernel::money::Amount;
use kernel::order::{CancelCause, DelayCause, OrderStatus, PaymentMethod, Progress, RefuseReason, TroubleReason};
use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Known, Order, Stage};
use crate::domain::commands::What;
use crate::domain::tests::fixtures::*;
use crate::domain::views;

/// Everything that can be asked of an order, in a few variations.
fn commands() -> Vec<What> {
    let mut all = vec![
        create(Some(PaymentMethod::Card)),
        pay(),
        declined(1),
        abandoned(1),
        abandoned(2),
        approved(3, t(3)),
        not_sent(2, t(5)),
        What::DoubtPayment { attempt: 1 },
        What::DoubtPayment { attempt: 2 },
        What::ExpireOrder,
        receive(),
        ask_cancel(),
        unreachable(),
        What::ConfirmCancel,
        What::RefuseCancel { reason: RefuseReason::OnItsWay },
        What::RecordDelay { cause: DelayCause::NoRider, ready_by: None },
        What::RecordDelay { cause: DelayCause::Kitchen, ready_by: Some(t(50)) },
        What::RecordTrouble { trouble: Trouble::Interrupted(TroubleReason::Vehicle) },
        What::RecordTrouble { trouble: Trouble::Resumed },
        adjust(1, 1, 1),
        adjust(2, 2, 0),
        adjust(3, 1, 0),
        refund(1, 20_000, RefundOutcome::Done),
        refund(2, 5_000, RefundOutcome::Failed),
        refund(9, 48_000, RefundOutcome::Done),
        complete(),
        close_undelivered(None),
        close_undelivered(Some(48_000)),
        What::ErasePersonalData,
    ];
    // An approval is what most stories turn on.
    all.extend([approved(1, t(1)), approved(1, t(1)), approved(2, t(2)), approved(2, t(20))]);
    all.extend(PROGRESS.map(progress));
    let causes = [CancelCause::CustomerAsked, CancelCause::StoreRejected, CancelCause::StoreWithdrew];
    all.extend(causes.map(|cause| cancel(cause, None)));
    all.extend([Some(1_000), Some(43_000), None].map(|refund| cancel(CancelCause::OperatorDecided, refund)));
    all
}

const PROGRESS: [Progress; 4] = [Progress::Accepted, Progress::Cooking, Progress::Ready, Progress::Delivering];

fn money_is_sane(order: &Known) {
    let end = match &order.stage {
        Stage::Ended(ended) if ended.paid == PaidSoFar::Everything => ended.refund_amount,
        Stage::Unpaid(_) | Stage::Live(_) | Stage::Ended(_) => Amount::ZERO,
    };
    assert!(order.refundable_amount() >= Amount::ZERO, "{order:?}");
    assert!(order.total_amount() >= Amount::ZERO && end >= Amount::ZERO, "{order:?}");
    assert!(order.adjusted_amount().saturating_plus(end) <= order.details.total_amount, "{order:?}");
    let lines = order.details.lines.iter().map(|line| line.amount().unwrap());
    assert_eq!(Amount::sum(lines).unwrap(), order.items_amount());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_the_money_adds_up_an_end_is_an_end_and_a_repeat_changes_nothing(
        asked in proptest::collection::vec((0_i64..180, select(commands())), 0..60),
    ) {
        let mut time = 0;
        let mut state = None;
        let mut events = Vec::new();
        let start = [(0, create(Some(PaymentMethod::Card)))];
        for (pause, what) in start.into_iter().chain(asked) {
            time += pause;
            let before = state.as_deref().map(Known::status);
            let Ok(made) = Order::decide(&state, at(s(time), what.clone())) else { continue };
            state = made.iter().fold(state, Order::evolve);
            events.extend(made);
            let order = state.as_deref().unwrap();
            money_is_sane(order);
            if let Some(before) = before.filter(|before| before.is_end()) {
                prop_assert_eq!(order.status(), before);
            }
            let again = Order::decide(&state, at(s(time), what.clone()));
            prop_assert!(again.is_err() || again == Ok(Vec::new()), "{:?} again: {:?}", what, again);
            prop_assert!(order.status().is_end() != crate::domain::waits::waiting_for(order).is_some());
        }
        prop_assert_eq!(&Order::replay(&events), &state);
        let row = recorded(events).iter().fold(None, views::apply).unwrap();
        prop_assert_eq!(row.status(), state.as_deref().unwrap().status());
        prop_assert_eq!(Some(row.order), state);
    }

    #[test]
    fn progress_heard_in_any_order_comes_equally_far(news in Just(PROGRESS.to_vec()).prop_shuffle()) {
        let mut state = Order::replay(&story_to(OrderStatus::Placed));
        for to in news {
            let made = Order::decide(&state, at(t(5), progress(to))).unwrap();
            state = made.iter().fold(state, Order::evolve);
        }
        prop_assert_eq!(state.unwrap().status(), OrderStatus::Delivering);
    }
}
