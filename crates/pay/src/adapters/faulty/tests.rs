use std::path::Path;
use std::time::Duration;

use kernel::money::{Amount, Currency};
use kernel::order::PaymentMethod;
use platform::faults::{AskedFaults, PaymentFaults, PaymentMode};
use platform::ids::Ids;
use uuid::Uuid;

use super::*;
use crate::adapters::simulated::{SimulatedProvider, read_charges};
use crate::testing::noon;

const REFERENCE: &str = "01970000-0000-7000-8000-000000000001-1";

fn open(dir: &Path) -> (Faulty, Faults) {
    let provider = SimulatedProvider::open(&dir.join("provider.db"), Arc::new(noon)).unwrap();
    let faults = Faults::new(&Ids::seeded(7));
    (Faulty::new(Arc::new(provider), faults.clone()), faults)
}

fn ask(faults: &Faults, delay_ms: u64, failing_percent: u32, mode: PaymentMode) {
    let payment = PaymentFaults { delay_ms, jitter_ms: 0, failing_percent, mode };
    faults.ask(AskedFaults { payment, ..AskedFaults::default() });
}

fn charge() -> Charge {
    Charge {
        reference: REFERENCE.to_owned(),
        amount: Amount::new(31_500),
        currency: Currency::Krw,
        method: PaymentMethod::Card,
        token: "ok".to_owned(),
    }
}

fn refund() -> Refund {
    Refund { refund_id: refund_id(), reference: REFERENCE.to_owned(), amount: Amount::new(500) }
}

fn refund_id() -> RefundId {
    RefundId::from(Uuid::from_u128(1))
}

/// Charged and given back, by the books.
fn books(dir: &Path) -> Vec<(i64, i64)> {
    let charges = read_charges(&dir.join("provider.db")).unwrap();
    charges.into_iter().map(|charge| (charge.amount.minor(), charge.refunded.minor())).collect()
}

/// What comes within a moment.
async fn soon<T>(call: Reply<'_, T>) -> Option<T> {
    tokio::time::timeout(Duration::from_millis(100), call).await.ok()
}

#[tokio::test]
async fn without_a_fault_every_call_goes_through() {
    let dir = tempfile::tempdir().unwrap();
    let (provider, _) = open(dir.path());
    assert!(matches!(provider.charge(charge()).await, ChargeAnswer::Approved { .. }));
    assert!(matches!(provider.look_up(REFERENCE).await, LookUp::Charged { .. }));
    assert!(matches!(provider.refund(refund()).await, RefundAnswer::Done { .. }));
    assert!(matches!(provider.look_up_refund(refund_id(), REFERENCE).await, RefundLookUp::Done { .. }));
    assert_eq!(books(dir.path()), [(31_500, 500)]);
}

#[tokio::test]
async fn what_is_down_failing_or_hanging_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (provider, faults) = open(dir.path());
    for (failing, mode, charged) in [
        (0, PaymentMode::Down, Some(ChargeAnswer::NotSent)),
        (100, PaymentMode::None, Some(ChargeAnswer::Unknown)),
        (0, PaymentMode::Hanging, None),
    ] {
        ask(&faults, 0, failing, mode);
        assert_eq!(soon(provider.charge(charge())).await, charged);
        let answers = charged.is_some();
        assert_eq!(soon(provider.look_up(REFERENCE)).await, answers.then_some(LookUp::Unknown));
        assert_eq!(soon(provider.refund(refund())).await, answers.then_some(RefundAnswer::Unknown));
        let asked = soon(provider.look_up_refund(refund_id(), REFERENCE)).await;
        assert_eq!(asked, answers.then_some(RefundLookUp::Unknown));
    }
    assert_eq!(books(dir.path()), []);
}

#[tokio::test]
async fn what_loses_its_answer_is_done_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (provider, faults) = open(dir.path());
    ask(&faults, 0, 0, PaymentMode::Losing);
    assert_eq!(soon(provider.charge(charge())).await, None);
    assert_eq!(soon(provider.refund(refund())).await, None);
    assert_eq!(books(dir.path()), [(31_500, 500)]);
    assert_eq!(soon(provider.look_up(REFERENCE)).await, None);
    faults.ask(AskedFaults::default());
    assert!(matches!(provider.look_up(REFERENCE).await, LookUp::Charged { .. }));
}

#[tokio::test]
async fn what_is_slow_begins_late_and_not_at_all_when_nobody_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let (provider, faults) = open(dir.path());
    ask(&faults, 600_000, 0, PaymentMode::None);
    assert_eq!(soon(provider.charge(charge())).await, None);
    assert_eq!(books(dir.path()), []);
    ask(&faults, 20, 0, PaymentMode::None);
    let begun = tokio::time::Instant::now();
    assert!(matches!(provider.charge(charge()).await, ChargeAnswer::Approved { .. }));
    assert!(begun.elapsed() >= Duration::from_millis(20));
}
