use kernel::events::app::{
    DeliveredAfterCancel, DeliveryTroubled, OrderCompleted, OrderDelayed, OrderProgressed, OrderReceived,
    PersonalDataErased, Trouble,
};
use kernel::order::{DelayCause, DeliveryBy, OrderStatus, PaymentMethod, Progress, TroubleReason};
use kernel::personal::Handover;
use kernel::testing::given;

use super::super::{End, Order, Rejection};
use super::{after, once};
use crate::domain::commands::{CreateOrder, What};
use crate::domain::tests::fixtures::*;

fn progressed(to: Progress) -> kernel::events::app::AppEvent {
    OrderProgressed { order_number: number(), to, eta: Some(t(45)) }.into()
}

#[test]
fn a_received_order_waits_for_the_owner() {
    let received = OrderReceived { order_number: number(), answer_by: t(11) };
    once(OrderStatus::Placed, t(1), receive()).then([received.into()]);
    once(OrderStatus::Accepted, t(2), receive()).then_nothing();
    once(OrderStatus::Cancelled, t(3), receive()).then_nothing();
}

#[test]
fn nothing_is_heard_of_an_order_that_was_never_placed() {
    for status in [OrderStatus::AwaitingPayment, OrderStatus::PaymentChecking, OrderStatus::PaymentFailed] {
        once(status, t(1), receive()).then_rejected(&Rejection::NotPlaced);
        once(status, t(1), progress(Progress::Accepted)).then_rejected(&Rejection::NotPlaced);
        once(status, t(1), complete()).then_rejected(&Rejection::NotPlaced);
    }
    once(OrderStatus::Expired, t(11), receive()).then_rejected(&Rejection::Ended(End::Expired));
}

#[test]
fn an_accepted_order_says_when_it_will_be_at_the_door() {
    let state = once(OrderStatus::Placed, t(2), progress(Progress::Accepted));
    let state = state.then([progressed(Progress::Accepted)]).unwrap();
    assert_eq!((state.status(), state.eta()), (OrderStatus::Accepted, Some(t(45))));
}

#[test]
fn a_pick_up_is_expected_when_it_is_ready() {
    let mut pick_up = details();
    pick_up.delivery_by = DeliveryBy::Pickup;
    let create = CreateOrder { details: pick_up, private: person(), pay_with: Some(PaymentMethod::Card) };
    let history = vec![(t(0), What::CreateOrder(Box::new(create))), (s(1), approved(1, s(1)))];
    let event = OrderProgressed { order_number: number(), to: Progress::Accepted, eta: Some(t(30)) };
    after(history, t(2), progress(Progress::Accepted)).then([event.into()]);
}

#[test]
fn progress_keeps_the_expected_time() {
    once(OrderStatus::Accepted, t(3), progress(Progress::Cooking)).then([progressed(Progress::Cooking)]);
    once(OrderStatus::Cooking, t(30), progress(Progress::Ready)).then([progressed(Progress::Ready)]);
    once(OrderStatus::Ready, t(35), progress(Progress::Delivering)).then([progressed(Progress::Delivering)]);
}

#[test]
fn progress_only_moves_forward() {
    once(OrderStatus::Cooking, t(4), progress(Progress::Accepted)).then_nothing();
    once(OrderStatus::Cooking, t(4), progress(Progress::Cooking)).then_nothing();
    once(OrderStatus::Delivering, t(36), progress(Progress::Ready)).then_nothing();
}

#[test]
fn progress_is_remembered_while_a_cancel_is_asked_for() {
    let state = once(OrderStatus::CancelRequested, t(2), progress(Progress::Accepted));
    let state = state.then([progressed(Progress::Accepted)]).unwrap();
    assert_eq!(state.status(), OrderStatus::CancelRequested);
}

#[test]
fn progress_after_the_end_changes_nothing() {
    for status in [OrderStatus::Cancelled, OrderStatus::Delivered, OrderStatus::Undelivered] {
        once(status, t(61), progress(Progress::Delivering)).then_nothing();
    }
}

fn delay(ready_by: Option<i64>) -> What {
    What::RecordDelay { cause: DelayCause::Kitchen, ready_by: ready_by.map(t) }
}

#[test]
fn a_later_kitchen_moves_the_expected_time() {
    let delayed = OrderDelayed { order_number: number(), cause: DelayCause::Kitchen, old_eta: t(45), new_eta: t(60) };
    let state = once(OrderStatus::Cooking, t(31), delay(Some(45))).then([delayed.into()]).unwrap();
    assert_eq!(state.eta(), Some(t(60)));
}

#[test]
fn without_a_time_from_the_kitchen_the_whole_way_is_still_ahead() {
    let delayed = OrderDelayed { order_number: number(), cause: DelayCause::Kitchen, old_eta: t(45), new_eta: t(55) };
    once(OrderStatus::Ready, t(40), delay(None)).then([delayed.into()]);
}

#[test]
fn a_delay_that_makes_nothing_later_is_none() {
    once(OrderStatus::Ready, t(20), delay(None)).then_nothing();
    once(OrderStatus::Cooking, t(20), delay(Some(30))).then_nothing();
    once(OrderStatus::Placed, t(20), delay(Some(60))).then_nothing();
    once(OrderStatus::Cancelled, t(20), delay(Some(60))).then_nothing();
}

fn trouble(trouble: Trouble) -> What {
    What::RecordTrouble { trouble }
}

#[test]
fn trouble_on_the_way_is_told_once_and_again_when_it_is_over() {
    let accident = Trouble::Interrupted(TroubleReason::Accident);
    let event = |trouble| DeliveryTroubled { order_number: number(), trouble };
    let state = once(OrderStatus::Delivering, t(40), trouble(accident)).then([event(accident).into()]);
    assert_eq!(state.unwrap().status(), OrderStatus::Delivering);
    let mut history = story_to(OrderStatus::Delivering);
    history.push(event(accident).into());
    given::<Order>(history.clone()).when(at(t(41), trouble(accident))).then_nothing();
    let resumed = given::<Order>(history.clone()).when(at(t(41), trouble(Trouble::Resumed)));
    resumed.then([event(Trouble::Resumed).into()]);
    let failed = Trouble::Failed(TroubleReason::NoContact);
    given::<Order>(history).when(at(t(41), trouble(failed))).then([event(failed).into()]);
}

#[test]
fn nothing_resumes_that_did_not_stop_and_nothing_is_troubled_after_the_end() {
    once(OrderStatus::Delivering, t(40), trouble(Trouble::Resumed)).then_nothing();
    once(OrderStatus::Delivered, t(60), trouble(Trouble::Failed(TroubleReason::Weather))).then_nothing();
}

#[test]
fn a_delivered_order_is_completed_once() {
    let completed = OrderCompleted {
        order_number: number(),
        delivery_by: DeliveryBy::Rider,
        handover: Some(Handover::LeaveAtDoor),
        done_at: t(50),
        erase_at: t(51 + 90 * 24 * 60),
    };
    for status in [OrderStatus::Delivering, OrderStatus::Placed, OrderStatus::CancelRequested] {
        let state = once(status, t(51), complete()).then([completed.clone().into()]).unwrap();
        assert_eq!(state.status(), OrderStatus::Delivered);
    }
    once(OrderStatus::Delivered, t(52), complete()).then_nothing();
}

#[test]
fn food_that_arrives_after_the_cancel_is_noted_once_and_the_order_stays_cancelled() {
    let event = DeliveredAfterCancel { order_number: number() };
    let state = once(OrderStatus::Cancelled, t(50), complete()).then([event.clone().into()]).unwrap();
    assert_eq!(state.status(), OrderStatus::Cancelled);
    let mut history = story_to(OrderStatus::Cancelled);
    history.push(event.into());
    given::<Order>(history).when(at(t(51), complete())).then_nothing();
}

#[test]
fn what_ended_undelivered_or_unpaid_is_not_completed() {
    once(OrderStatus::Undelivered, t(61), complete()).then_rejected(&Rejection::Ended(End::Undelivered));
    once(OrderStatus::Expired, t(61), complete()).then_rejected(&Rejection::Ended(End::Expired));
}

#[test]
fn personal_data_is_erased_once_and_only_after_the_end() {
    let erased = PersonalDataErased { order_number: number() };
    let state = once(OrderStatus::Delivered, t(60), What::ErasePersonalData).then([erased.clone().into()]);
    assert_eq!(state.unwrap().private, None);
    let mut history = story_to(OrderStatus::Delivered);
    history.push(erased.into());
    given::<Order>(history).when(at(t(61), What::ErasePersonalData)).then_nothing();
    once(OrderStatus::Cooking, t(60), What::ErasePersonalData).then_rejected(&Rejection::StillLive);
    once(OrderStatus::AwaitingPayment, t(1), What::ErasePersonalData).then_rejected(&Rejection::StillLive);
}
