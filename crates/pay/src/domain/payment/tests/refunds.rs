use super::*;
use crate::domain::payment::Call;

const HOUR: i64 = 3600;

fn paid(then: impl IntoIterator<Item = PayEvent>) -> Vec<PayEvent> {
    [requested(1), approved(1)].into_iter().chain(then).collect()
}

fn done(n: u128) -> What {
    What::RecordRefund { refund_id: refund_id(n), outcome: RefundOutcome::Done { at: at(2) } }
}

fn refused(n: u128) -> What {
    let code = "NOT_REFUNDABLE".to_owned();
    What::RecordRefund { refund_id: refund_id(n), outcome: RefundOutcome::RefusedForGood { code } }
}

fn settle(n: u128) -> What {
    What::SettleRefundByHand { refund_id: refund_id(n) }
}

fn retry(n: u128) -> What {
    What::RetryRefund { refund_id: refund_id(n) }
}

#[test]
fn a_part_of_what_was_charged_can_go_back() {
    let state = given::<Payment>(paid([])).when(now(give_back(7, 10_000))).then([part_refund(7, 10_000)]);
    assert_eq!(state.left(), Amount::new(21_500));
}

#[test]
fn the_same_refund_again_requests_nothing() {
    given::<Payment>(paid([part_refund(7, 10_000)])).when(now(give_back(7, 10_000))).then_nothing();
    given::<Payment>(paid([part_refund(7, 10_000), refunded(7, 10_000)])).when(now(give_back(7, 1))).then_nothing();
}

#[test]
fn no_more_goes_back_than_is_left() {
    given::<Payment>(paid([part_refund(7, 10_000)]))
        .when(now(give_back(8, 21_501)))
        .then_rejected(&Rejection::MoreThanLeft { left: Amount::new(21_500) });
    given::<Payment>(paid([part_refund(7, 10_000)])).when(now(give_back(8, 21_500))).then([part_refund(8, 21_500)]);
}

#[test]
fn an_operator_can_give_back_more_of_a_closed_payment() {
    given::<Payment>(paid([closed(Some(500)), close_refund(1, 500)]))
        .when(now(give_back(8, 1_000)))
        .then([part_refund(8, 1_000)]);
}

#[test]
fn what_was_not_charged_cannot_go_back() {
    for history in [vec![], vec![requested(1)], vec![requested(1), abandoned(1), approved(1), error_refund(1)]] {
        given::<Payment>(history).when(now(give_back(7, 100))).then_rejected(&Rejection::NothingCharged);
    }
}

#[test]
fn nothing_cannot_go_back() {
    for amount in [0, -1] {
        given::<Payment>(paid([])).when(now(give_back(7, amount))).then_rejected(&Rejection::AmountNotPositive);
    }
}

#[test]
fn a_requested_refund_is_work_until_the_provider_answers() {
    let pending = paid([part_refund(7, 100)]);
    let state = given::<Payment>(pending.clone()).state();
    let call = Call::Refund { refund_id: refund_id(7), reference: reference(order(), 1), amount: Amount::new(100) };
    assert_eq!(state.next_call(), Some(call));
    assert_eq!(work_key(pending.clone()), Some(format!("refund/{}", refund_id(7))));
    for answered in [refunded(7, 100), failed(7, 100), settled(7, 100, 0)] {
        assert_eq!(work_key(pending.iter().cloned().chain([answered])), None);
    }
}

#[test]
fn an_attempt_in_doubt_comes_before_a_refund() {
    let history = [requested(1), abandoned(1), approved(1), error_refund(1), requested(2), in_doubt(2)];
    assert_eq!(work_key(history).as_deref(), Some("resolve/2"));
}

#[test]
fn a_refund_that_is_done_is_recorded_once() {
    let pending = paid([part_refund(7, 100)]);
    given::<Payment>(pending.clone()).when(now(done(7))).then([refunded(7, 100)]);
    let given_back = pending.into_iter().chain([refunded(7, 100)]).collect::<Vec<_>>();
    given::<Payment>(given_back.clone()).when(now(done(7))).then_nothing();
    given::<Payment>(given_back).when(now(refused(7))).then_nothing();
}

#[test]
fn a_refund_that_is_refused_for_good_fails_once() {
    given::<Payment>(paid([part_refund(7, 100)])).when(now(refused(7))).then([failed(7, 100)]);
    given::<Payment>(paid([part_refund(7, 100), failed(7, 100)])).when(now(refused(7))).then_nothing();
    given::<Payment>(paid([part_refund(7, 100), settled(7, 100, 0)])).when(now(refused(7))).then_nothing();
}

#[test]
fn money_that_came_back_after_all_is_recorded() {
    for before in [failed(7, 100), settled(7, 100, 0)] {
        given::<Payment>(paid([part_refund(7, 100), before])).when(now(done(7))).then([refunded(7, 100)]);
    }
}

#[test]
fn a_failed_refund_is_settled_by_hand_once() {
    let refused = paid([part_refund(7, 100), failed(7, 100)]);
    given::<Payment>(refused.clone()).when(now(settle(7))).then([settled(7, 100, 0)]);
    let by_hand: Vec<_> = refused.into_iter().chain([settled(7, 100, 0)]).collect();
    given::<Payment>(by_hand).when(now(settle(7))).then_nothing();
}

#[test]
fn a_pending_refund_is_settled_by_hand_only_after_an_hour() {
    let pending = paid([part_refund(7, 100)]);
    let early = Rejection::TooEarly { until: at(HOUR) };
    given::<Payment>(pending.clone()).when(when_at(HOUR - 1, settle(7))).then_rejected(&early);
    given::<Payment>(pending).when(when_at(HOUR, settle(7))).then([settled(7, 100, HOUR)]);
}

#[test]
fn a_refund_that_is_done_is_not_settled_by_hand() {
    given::<Payment>(paid([part_refund(7, 100), refunded(7, 100)]))
        .when(now(settle(7)))
        .then_rejected(&Rejection::AlreadyRefunded);
}

#[test]
fn a_failed_refund_is_requested_again_under_the_same_id() {
    let state =
        given::<Payment>(paid([part_refund(7, 100), failed(7, 100)])).when(now(retry(7))).then([part_refund(7, 100)]);
    assert_eq!(state.left(), Amount::new(31_400));
    assert_eq!(state.next_call().map(|call| call.key()), Some(format!("refund/{}", refund_id(7))));
}

#[test]
fn only_a_failed_refund_is_tried_again() {
    given::<Payment>(paid([part_refund(7, 100)])).when(now(retry(7))).then_nothing();
    for back in [refunded(7, 100), settled(7, 100, 0)] {
        given::<Payment>(paid([part_refund(7, 100), back]))
            .when(now(retry(7)))
            .then_rejected(&Rejection::AlreadyRefunded);
    }
}

#[test]
fn a_refund_that_was_never_requested_is_unknown() {
    for what in [done(9), refused(9), settle(9), retry(9)] {
        given::<Payment>(paid([])).when(now(what)).then_rejected(&Rejection::UnknownRefund);
    }
}

#[test]
fn a_refund_that_comes_later_does_not_push_aside_the_call_that_is_under_way() {
    let mut later = part_refund(7, 10_000);
    if let PayEvent::RefundRequested(refund) = &mut later {
        refund.requested_at = at(5);
    }
    let history = paid([part_refund(8, 10_000), later]);
    assert_eq!(work_key(history.clone()), Some(format!("refund/{}", refund_id(8))));
    let history = history.into_iter().chain([refunded(8, 10_000)]);
    assert_eq!(work_key(history), Some(format!("refund/{}", refund_id(7))));
}
