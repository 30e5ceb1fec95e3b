use super::*;

#[test]
fn a_payment_never_seen_can_be_closed() {
    let state = given::<Payment>([]).when(now(close(None))).then([closed(None)]);
    assert!(state.is_closed());
}

#[test]
fn closing_gives_back_what_was_decided() {
    let paid = || given::<Payment>([requested(1), approved(1)]);
    paid().when(now(close(Some(20_000)))).then([closed(Some(20_000)), close_refund(1, 20_000)]);
    paid().when(now(close(None))).then([closed(None), close_refund(1, 31_500)]);
    paid().when(now(close(Some(0)))).then([closed(Some(0))]);
}

#[test]
fn closing_gives_back_no_more_than_is_left() {
    let state = given::<Payment>([requested(1), approved(1), part_refund(7, 10_000)])
        .when(now(close(Some(31_500))))
        .then([closed(Some(31_500)), close_refund(1, 21_500)]);
    assert_eq!(state.left(), Amount::ZERO);
    given::<Payment>([requested(1), approved(1), part_refund(7, 31_500)]).when(now(close(None))).then([closed(None)]);
}

#[test]
fn closing_again_changes_nothing_not_even_the_amount() {
    given::<Payment>([closed(None)]).when(now(close(None))).then_nothing();
    given::<Payment>([requested(1), approved(1), closed(Some(100)), close_refund(1, 100)])
        .when(now(close(Some(31_500))))
        .then_nothing();
}

#[test]
fn closing_has_an_unanswered_request_asked_after() {
    given::<Payment>([requested(1)]).when(now(close(None))).then([closed(None), in_doubt(1)]);
    given::<Payment>([requested(1), in_doubt(1)]).when(now(close(None))).then([closed(None)]);
    assert_eq!(work_key([requested(1), closed(None), in_doubt(1)]).as_deref(), Some("resolve/1"));
}

#[test]
fn what_turns_out_charged_after_closing_goes_back() {
    given::<Payment>([requested(1), closed(None), in_doubt(1)])
        .when(now(approve(1)))
        .then([approved(1), close_refund(1, 31_500)]);
    given::<Payment>([requested(1), closed(Some(500)), in_doubt(1)])
        .when(now(approve(1)))
        .then([approved(1), close_refund(1, 500)]);
    given::<Payment>([requested(1), closed(Some(99_999)), in_doubt(1)])
        .when(now(approve(1)))
        .then([approved(1), close_refund(1, 31_500)]);
    given::<Payment>([requested(1), closed(Some(0)), in_doubt(1)]).when(now(approve(1))).then([approved(1)]);
}

#[test]
fn what_is_found_after_closing_for_an_abandoned_attempt_goes_back_in_full() {
    given::<Payment>([requested(1), abandoned(1), closed(Some(500))])
        .when(now(approve(1)))
        .then([approved(1), error_refund(1)]);
}

#[test]
fn what_turns_out_declined_after_closing_ends_there() {
    let decline = outcome(1, Outcome::Declined { code: PaymentCode::Card });
    given::<Payment>([requested(1), closed(None), in_doubt(1)]).when(now(decline)).then([declined(1)]);
}
