use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use kernel::money::{Amount, Currency};
use kernel::order::PaymentMethod;
use uuid::Uuid;

use super::*;

const ORDER: &str = "01970000-0000-7000-8000-000000000001";

fn open(dir: &Path) -> SimulatedProvider {
    let ticks = AtomicI64::new(1_795_320_000);
    let now: Now = Arc::new(move || Time::from_second(ticks.fetch_add(1, Ordering::Relaxed)).unwrap());
    SimulatedProvider::open(&dir.join("provider.db"), now).unwrap().with_slow(Duration::from_millis(20))
}

fn charge(reference: &str, token: &str) -> Charge {
    Charge {
        reference: reference.to_owned(),
        amount: Amount::new(31_500),
        currency: Currency::Krw,
        method: PaymentMethod::Card,
        token: token.to_owned(),
    }
}

fn first() -> String {
    format!("{ORDER}-1")
}

fn refund(n: u128, amount: i64) -> Refund {
    Refund { refund_id: RefundId::from(Uuid::from_u128(n)), reference: first(), amount: Amount::new(amount) }
}

fn refused(code: &str) -> RefundAnswer {
    RefundAnswer::RefusedForGood { code: code.to_owned() }
}

fn files(dir: &Path) -> Vec<ChargeOnFile> {
    read_charges(&dir.join("provider.db")).unwrap()
}

#[tokio::test]
async fn each_token_behaves_as_the_table_says() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    for (n, token) in ["ok", "slow", "refund-refused", "refund-later"].into_iter().enumerate() {
        let answer = provider.charge(charge(&format!("{ORDER}-{n}"), token)).await;
        assert!(matches!(answer, ChargeAnswer::Approved { .. }), "{token}: {answer:?}");
    }
    let declines = [
        ("declined", PaymentCode::Card),
        ("insufficient-funds", PaymentCode::Balance),
        ("whatever", PaymentCode::Other),
    ];
    for (token, code) in declines {
        let reference = format!("{ORDER}-{token}");
        assert_eq!(provider.charge(charge(&reference, token)).await, ChargeAnswer::Declined { code });
        assert_eq!(provider.look_up(&reference).await, LookUp::Declined { code });
    }
    assert_eq!(files(dir.path()).len(), 4);
}

#[tokio::test]
async fn slow_takes_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    let waited = tokio::time::timeout(Duration::from_millis(5), provider.charge(charge(&first(), "slow"))).await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn lost_charges_and_never_answers() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    let waited = tokio::time::timeout(Duration::from_millis(50), provider.charge(charge(&first(), "lost"))).await;
    assert!(waited.is_err());
    let amount = Amount::new(31_500);
    assert!(matches!(provider.look_up(&first()).await, LookUp::Charged { amount: charged, .. } if charged == amount));
}

#[tokio::test]
async fn down_is_not_sent_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    assert_eq!(provider.charge(charge(&first(), "down")).await, ChargeAnswer::NotSent);
    assert_eq!(provider.look_up(&first()).await, LookUp::NotFound);
}

#[tokio::test]
async fn a_repeated_reference_gets_the_first_answer() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    let answer = provider.charge(charge(&first(), "ok")).await;
    assert_eq!(provider.charge(charge(&first(), "declined")).await, answer);
    assert_eq!(files(dir.path()).len(), 1);
}

#[tokio::test]
async fn what_was_charged_and_refunded_survives_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    let charged = provider.charge(charge(&first(), "ok")).await;
    let given = provider.refund(refund(1, 1_500)).await;
    drop(provider);

    let provider = open(dir.path());
    assert_eq!(provider.charge(charge(&first(), "ok")).await, charged);
    assert_eq!(provider.refund(refund(1, 1_500)).await, given);
    let RefundAnswer::Done { at } = given else { panic!("{given:?}") };
    assert_eq!(provider.look_up_refund(refund(1, 0).refund_id, &first()).await, RefundLookUp::Done { at });
    let [on_file] = files(dir.path()).try_into().unwrap();
    assert_eq!(
        (on_file.order_id.as_str(), on_file.amount, on_file.refunded),
        (ORDER, Amount::new(31_500), Amount::new(1_500))
    );
}

#[tokio::test]
async fn no_more_is_refunded_than_was_charged() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    assert_eq!(provider.refund(refund(1, 1)).await, refused("NOT_CHARGED"));
    provider.charge(charge(&first(), "ok")).await;
    assert_eq!(provider.refund(refund(1, 31_501)).await, refused("MORE_THAN_CHARGED"));
    assert_eq!(provider.refund(refund(1, 0)).await, refused("MORE_THAN_CHARGED"));
    assert!(matches!(provider.refund(refund(1, 31_500)).await, RefundAnswer::Done { .. }));
    assert!(matches!(provider.refund(refund(1, 31_500)).await, RefundAnswer::Done { .. }));
    assert_eq!(provider.refund(refund(2, 1)).await, refused("MORE_THAN_CHARGED"));
    assert_eq!(provider.look_up_refund(refund(2, 1).refund_id, &first()).await, RefundLookUp::NotFound);
}

#[tokio::test]
async fn a_declined_charge_has_nothing_to_refund() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    provider.charge(charge(&first(), "declined")).await;
    assert_eq!(provider.refund(refund(1, 1)).await, refused("NOT_CHARGED"));
}

#[tokio::test]
async fn a_refund_id_belongs_to_one_charge() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    let second = format!("{ORDER}-2");
    provider.charge(charge(&first(), "ok")).await;
    provider.charge(charge(&second, "ok")).await;
    provider.refund(refund(1, 100)).await;
    let elsewhere = Refund { reference: second, ..refund(1, 100) };
    assert_eq!(provider.refund(elsewhere).await, refused("REFUND_ID_TAKEN"));
}

#[tokio::test]
async fn refunds_are_refused_or_late_where_the_token_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    provider.charge(charge(&first(), "refund-later")).await;
    for _ in 0..2 {
        assert_eq!(provider.refund(refund(1, 100)).await, RefundAnswer::Unknown);
    }
    assert!(matches!(provider.refund(refund(1, 100)).await, RefundAnswer::Done { .. }));

    let reference = format!("{ORDER}-2");
    provider.charge(charge(&reference, "refund-refused")).await;
    assert_eq!(provider.refund(Refund { reference, ..refund(2, 100) }).await, refused("NOT_REFUNDABLE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_charges_of_ten_references_are_ten_charges() {
    let dir = tempfile::tempdir().unwrap();
    let provider = Arc::new(open(dir.path()));
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..1000 {
        let provider = Arc::clone(&provider);
        calls.spawn(async move { (n % 10, provider.charge(charge(&format!("{ORDER}-{}", n % 10), "ok")).await) });
    }
    let answers: Vec<_> = calls.join_all().await;
    let distinct: BTreeSet<_> = answers.iter().map(|(n, answer)| (n, format!("{answer:?}"))).collect();
    assert_eq!(distinct.len(), 10, "every repeat got the first answer");
    assert_eq!(files(dir.path()).len(), 10);
}

#[tokio::test]
async fn giving_up_waiting_does_not_undo_the_charge() {
    let dir = tempfile::tempdir().unwrap();
    let provider = open(dir.path());
    let given_up = tokio::time::timeout(Duration::ZERO, provider.charge(charge(&first(), "lost"))).await;
    assert!(given_up.is_err());
    assert!(matches!(provider.look_up(&first()).await, LookUp::Charged { .. }));
}

#[test]
fn books_that_cannot_be_opened_say_so() {
    let now: Now = Arc::new(|| Time::UNIX_EPOCH);
    let error = SimulatedProvider::open(Path::new("/nowhere/provider.db"), now).unwrap_err();
    assert!(matches!(error, BooksError::Sqlite(_)));
}
