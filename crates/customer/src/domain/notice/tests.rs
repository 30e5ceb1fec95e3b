use kernel::Time;
use kernel::decider::{Decider, Task, Wait};
use kernel::events::customer::{
    Channel, CustomerEvent, NoticeFailed, NoticeKind, NoticeQueued, NoticeSent, NoticeSkipped,
};
use kernel::ids::NoticeId;
use kernel::lang::Language;
use kernel::testing::given;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Notice, Rejection, notice_id_for};
use crate::domain::commands::{Command, QueueNotice, What};
use crate::domain::samples::{at, customer, number, private};
use crate::domain::waits::{Waits, command_when_due};

fn id(number: u128) -> NoticeId {
    Uuid::from_u128(number).into()
}

fn notice(number_of: u128, kind: NoticeKind) -> QueueNotice {
    QueueNotice {
        notice_id: id(number_of),
        kind,
        customer_id: customer(),
        language: Language::Ko,
        order_number: number(),
        text: "[배달] 주문하신 음식이 출발했습니다.".to_owned(),
        private: Some(Box::new(private())),
    }
}

fn command(at: Time, what: What) -> Command {
    Command { at, waits: Waits::default(), what }
}

fn queue(number_of: u128, kind: NoticeKind, clock: &str) -> Command {
    command(at(clock), What::QueueNotice(notice(number_of, kind)))
}

fn queued(number_of: u128, kind: NoticeKind, clock: &str) -> CustomerEvent {
    let QueueNotice { notice_id, kind, customer_id, language, order_number, text, private } = notice(number_of, kind);
    let queued_at = at(clock);
    let give_up_at = queued_at + Waits::default().failing;
    NoticeQueued { order_number, notice_id, customer_id, kind, language, text, queued_at, give_up_at, private }.into()
}

fn sent(number_of: u128, clock: &str) -> CustomerEvent {
    NoticeSent { notice_id: id(number_of), sent_at: at(clock), channel: Some(Channel::AlimTalk) }.into()
}

fn failed(number_of: u128, clock: &str) -> CustomerEvent {
    NoticeFailed { notice_id: id(number_of), failed_at: at(clock), code: None }.into()
}

fn skipped(number_of: u128, clock: &str) -> CustomerEvent {
    NoticeSkipped { notice_id: id(number_of), skipped_at: at(clock) }.into()
}

#[test]
fn a_notice_is_queued_with_its_words_and_the_time_it_is_given_up() {
    given::<Notice>([]).when(queue(1, NoticeKind::Placed, "18:42:00")).then([queued(
        1,
        NoticeKind::Placed,
        "18:42:00",
    )]);
}

#[test]
fn the_same_notice_again_queues_nothing() {
    given::<Notice>([queued(1, NoticeKind::Placed, "18:42:00")])
        .when(queue(1, NoticeKind::Placed, "18:43:00"))
        .then_nothing();
}

#[test]
fn the_same_notice_again_queues_nothing_even_after_it_was_sent() {
    given::<Notice>([queued(1, NoticeKind::Placed, "18:42:00"), sent(1, "18:42:01")])
        .when(queue(1, NoticeKind::Placed, "18:43:00"))
        .then_nothing();
}

#[test]
fn a_later_status_overtakes_a_notice_of_over_a_minute() {
    given::<Notice>([queued(9, NoticeKind::Placed, "18:42:00"), queued(1, NoticeKind::Accepted, "18:42:00")])
        .when(queue(2, NoticeKind::Cooking, "18:43:01"))
        .then([skipped(1, "18:43:01"), queued(2, NoticeKind::Cooking, "18:43:01")]);
}

#[test]
fn the_first_in_line_may_be_on_its_way_and_is_skipped_only_when_that_is_asked_for() {
    let state = given::<Notice>([queued(1, NoticeKind::Accepted, "18:42:00")])
        .when(queue(2, NoticeKind::Cooking, "18:43:01"))
        .then([queued(2, NoticeKind::Cooking, "18:43:01")]);
    assert!(state.is_overtaken(id(1), at("18:43:01"), Waits::default()));
}

#[test]
fn a_notice_of_just_a_minute_is_not_overtaken() {
    given::<Notice>([queued(9, NoticeKind::Placed, "18:42:00"), queued(1, NoticeKind::Accepted, "18:42:00")])
        .when(queue(2, NoticeKind::Cooking, "18:43:00"))
        .then([queued(2, NoticeKind::Cooking, "18:43:00")]);
}

#[test]
fn a_notice_about_money_is_never_overtaken() {
    for kind in NoticeKind::ALL.into_iter().filter(|kind| kind.is_about_money()) {
        given::<Notice>([queued(9, NoticeKind::Placed, "18:42:00"), queued(1, kind, "18:42:00")])
            .when(queue(2, NoticeKind::Delivered, "19:42:00"))
            .then([queued(2, NoticeKind::Delivered, "19:42:00")]);
    }
}

#[test]
fn news_that_is_no_status_overtakes_nothing() {
    for kind in [NoticeKind::PartRefunded, NoticeKind::Refunded, NoticeKind::Delayed, NoticeKind::Trouble] {
        given::<Notice>([queued(9, NoticeKind::Placed, "18:42:00"), queued(1, NoticeKind::OnTheWay, "18:42:00")])
            .when(queue(2, kind, "18:50:00"))
            .then([queued(2, kind, "18:50:00")]);
    }
}

#[test]
fn a_newer_delay_overtakes_an_older_one() {
    given::<Notice>([queued(9, NoticeKind::Placed, "18:42:00"), queued(1, NoticeKind::Delayed, "18:42:00")])
        .when(queue(2, NoticeKind::Delayed, "18:52:00"))
        .then([skipped(1, "18:52:00"), queued(2, NoticeKind::Delayed, "18:52:00")]);
}

#[test]
fn everything_that_is_overtaken_is_skipped_at_once_and_in_order() {
    given::<Notice>([
        queued(9, NoticeKind::Placed, "18:42:00"),
        queued(1, NoticeKind::Accepted, "18:42:00"),
        queued(2, NoticeKind::PartRefunded, "18:42:10"),
        queued(3, NoticeKind::Cooking, "18:42:20"),
        queued(4, NoticeKind::Ready, "18:43:00"),
    ])
    .when(queue(5, NoticeKind::OnTheWay, "18:43:30"))
    .then([skipped(1, "18:43:30"), skipped(3, "18:43:30"), queued(5, NoticeKind::OnTheWay, "18:43:30")]);
}

#[test]
fn a_notice_that_a_queued_one_overtook_since_is_skipped_before_it_is_sent() {
    given::<Notice>([queued(1, NoticeKind::Accepted, "18:42:00"), queued(2, NoticeKind::Cooking, "18:42:30")])
        .when(command(at("18:43:01"), What::SkipNotice { notice_id: id(1) }))
        .then([skipped(1, "18:43:01")]);
}

#[test]
fn a_notice_that_nothing_overtook_is_not_skipped() {
    let history = [queued(1, NoticeKind::Accepted, "18:42:00"), queued(2, NoticeKind::Cooking, "18:42:30")];
    for (number_of, clock) in [(1, "18:42:59"), (2, "18:55:00")] {
        given::<Notice>(history.clone())
            .when(command(at(clock), What::SkipNotice { notice_id: id(number_of) }))
            .then_nothing();
    }
}

#[test]
fn a_notice_that_was_handed_over_is_sent_once() {
    let history = [queued(1, NoticeKind::Placed, "18:42:00")];
    let record = command(at("18:42:01"), What::RecordSent { notice_id: id(1), channel: Some(Channel::AlimTalk) });
    given::<Notice>(history.clone()).when(record.clone()).then([sent(1, "18:42:01")]);
    given::<Notice>(history.into_iter().chain([sent(1, "18:42:01")])).when(record).then_nothing();
}

#[test]
fn a_notice_that_was_given_up_or_skipped_stays_so() {
    for outcome in [failed(1, "18:47:00"), skipped(1, "18:47:00")] {
        for what in [
            What::RecordSent { notice_id: id(1), channel: Some(Channel::AlimTalk) },
            What::RecordFailed { notice_id: id(1), code: None },
            What::SkipNotice { notice_id: id(1) },
        ] {
            given::<Notice>([queued(1, NoticeKind::Accepted, "18:42:00"), outcome.clone()])
                .when(command(at("18:47:01"), what))
                .then_nothing();
        }
    }
}

#[test]
fn a_notice_that_cannot_be_handed_over_fails_and_the_next_is_first() {
    let state =
        given::<Notice>([queued(1, NoticeKind::Placed, "18:42:00"), queued(2, NoticeKind::Accepted, "18:46:30")])
            .when(command(at("18:47:00"), What::RecordFailed { notice_id: id(1), code: None }))
            .then([failed(1, "18:47:00")]);
    assert_eq!(state.first().map(|first| first.notice_id), Some(id(2)));
}

#[test]
fn what_was_never_queued_is_rejected() {
    for what in [
        What::SkipNotice { notice_id: id(9) },
        What::RecordSent { notice_id: id(9), channel: Some(Channel::AlimTalk) },
        What::RecordFailed { notice_id: id(9), code: None },
    ] {
        given::<Notice>([queued(1, NoticeKind::Placed, "18:42:00")])
            .when(command(at("18:42:01"), what))
            .then_rejected(&Rejection::NoSuchNotice);
    }
    assert_eq!(Rejection::NoSuchNotice.slug(), "no-such-notice");
}

#[test]
fn only_the_first_in_line_is_handed_over() {
    let history = [queued(1, NoticeKind::Placed, "18:42:00"), queued(2, NoticeKind::Accepted, "18:42:05")];
    let task = |number_of| Task { key: format!("send/{}", id(number_of)), due: None };
    let state = given::<Notice>(history.clone()).state();
    assert_eq!(Notice::work(&state), Some(task(1)));
    let state = given::<Notice>(history.into_iter().chain([sent(1, "18:42:06")])).state();
    assert_eq!(Notice::work(&state), Some(task(2)));
    let state = Notice::evolve(state, &sent(2, "18:42:07"));
    assert_eq!(Notice::work(&state), None);
    assert_eq!(Notice::waits(&state), []);
}

#[test]
fn the_first_in_line_is_given_up_five_minutes_after_it_became_first() {
    let until = |clock| vec![Wait { what: "notice-failing", until: at(clock), presumes: &[] }];
    let history = [queued(1, NoticeKind::Placed, "18:42:00"), queued(2, NoticeKind::Accepted, "18:43:00")];
    let state = given::<Notice>(history).state();
    assert_eq!(Notice::waits(&state), until("18:47:00"));
    assert_eq!(command_when_due("notice-failing", &state), Some(What::RecordFailed { notice_id: id(1), code: None }));

    let state = Notice::evolve(state, &failed(1, "18:47:00"));
    assert_eq!(Notice::waits(&state), until("18:52:00"));
    assert_eq!(command_when_due("notice-failing", &state), Some(What::RecordFailed { notice_id: id(2), code: None }));
    assert_eq!(command_when_due("another-wait", &state), None);

    let state = Notice::evolve(state, &failed(2, "18:52:00"));
    let state = Notice::evolve(state, &queued(3, NoticeKind::Cooking, "19:00:00"));
    assert_eq!(Notice::waits(&state), until("19:05:00"));
}

#[test]
fn skipping_one_further_back_leaves_the_first_its_time() {
    let state = given::<Notice>([
        queued(1, NoticeKind::Placed, "18:42:00"),
        queued(2, NoticeKind::Accepted, "18:42:10"),
        skipped(2, "18:44:00"),
    ])
    .state();
    assert_eq!(Notice::waits(&state)[0].until, at("18:47:00"));
}

#[test]
fn a_notices_id_follows_from_its_cause() {
    let (first, again) = (notice_id_for("log/5", at("18:42:00")), notice_id_for("log/5", at("18:42:00")));
    assert_eq!(first, again);
    assert_ne!(first, notice_id_for("log/6", at("18:42:00")));
    assert!(first < notice_id_for("log/5", at("18:42:01")));
    assert_eq!(first.uuid().get_version_num(), 7);
}

#[test]
fn notices_of_one_moment_keep_the_order_of_their_causes() {
    let ids: Vec<_> = [1, 2, 9, 10, 255, 256, 16_383, 16_384, 1 << 30, (1 << 30) + 1]
        .map(|position: u64| notice_id_for(&format!("log/{position}"), at("18:42:00")))
        .into();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_ne!(ids[0], notice_id_for("another-log/1", at("18:42:00")));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Queue(usize),
    Send(u128),
    Fail(u128),
    Skip(u128),
    SendFirst,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..NoticeKind::ALL.len()).prop_map(Step::Queue),
        1 => (0..12_u128).prop_map(Step::Send),
        1 => (0..12_u128).prop_map(Step::Fail),
        1 => (0..12_u128).prop_map(Step::Skip),
        2 => Just(Step::SendFirst),
    ]
}

proptest! {
    /// Whatever is asked in whatever order: each notice is settled at most once, the first in line is always the
    /// oldest that is not, and exactly that one is handed over.
    #[test]
    fn notices_keep_their_order_and_are_handed_over_one_at_a_time(steps in prop::collection::vec((step(), 0..90_i64), 0..60)) {
        let mut state = super::State::default();
        let mut open: Vec<NoticeId> = Vec::new();
        let mut settled: Vec<NoticeId> = Vec::new();
        let (mut now, mut next) = (at("18:42:00"), 0_u128);
        for (step, seconds) in steps {
            now += jiff::SignedDuration::from_secs(seconds);
            let what = match step {
                Step::Queue(kind) => { next += 1; What::QueueNotice(notice(next - 1, NoticeKind::ALL[kind])) }
                Step::Send(number_of) => What::RecordSent { notice_id: id(number_of), channel: Some(Channel::AlimTalk) },
                Step::Fail(number_of) => What::RecordFailed { notice_id: id(number_of), code: None },
                Step::Skip(number_of) => What::SkipNotice { notice_id: id(number_of) },
                Step::SendFirst => match state.first() {
                    Some(first) => What::RecordSent { notice_id: first.notice_id, channel: Some(Channel::AlimTalk) },
                    None => continue,
                },
            };
            for event in Notice::decide(&state, command(now, what)).unwrap_or_default() {
                match &event {
                    CustomerEvent::NoticeQueued(queued) => open.push(queued.notice_id),
                    CustomerEvent::NoticeSent(NoticeSent { notice_id, .. })
                    | CustomerEvent::NoticeFailed(NoticeFailed { notice_id, .. })
                    | CustomerEvent::NoticeSkipped(NoticeSkipped { notice_id, .. }) => {
                        prop_assert!(open.contains(notice_id) && !settled.contains(notice_id));
                        open.retain(|known| known != notice_id);
                        settled.push(*notice_id);
                    }
                }
                state = Notice::evolve(state, &event);
            }
            prop_assert_eq!(state.first().map(|first| first.notice_id), open.first().copied());
            prop_assert_eq!(Notice::work(&state).map(|task| task.key), open.first().map(|first| format!("send/{first}")));
            prop_assert_eq!(Notice::waits(&state).len(), usize::from(!open.is_empty()));
        }
    }
}
