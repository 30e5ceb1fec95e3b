use kernel::Context;

use super::*;

fn faults() -> Faults {
    Faults::new(&Ids::seeded(7))
}

fn payment(delay_ms: u64, jitter_ms: u64, failing_percent: u32, mode: PaymentMode) -> AskedFaults {
    AskedFaults { payment: PaymentFaults { delay_ms, jitter_ms, failing_percent, mode }, ..AskedFaults::default() }
}

#[test]
fn faults_are_written_as_people_would_and_unknown_ones_are_refused() {
    let text =
        r#"{"payment": {"delayMs": 300, "jitterMs": 50, "failingPercent": 20, "mode": "losing"}, "paused": true}"#;
    let asked: AskedFaults = serde_json::from_str(text).unwrap();
    assert_eq!(asked, AskedFaults { paused: true, ..payment(300, 50, 20, PaymentMode::Losing) });
    let none: AskedFaults = serde_json::from_str("{}").unwrap();
    assert_eq!(none, AskedFaults::default());
    for text in [r#"{"pause": true}"#, r#"{"events": {"delay": 5}}"#, r#"{"payment": {"mode": "broken"}}"#] {
        assert!(serde_json::from_str::<AskedFaults>(text).is_err(), "{text}");
    }
}

#[test]
fn faults_are_logged_as_they_are_asked_for() {
    let asked = AskedFaults { paused: true, ..payment(300, 50, 20, PaymentMode::Losing) };
    assert_eq!(serde_json::from_str::<AskedFaults>(&asked.to_string()).unwrap(), asked);
}

#[test]
fn what_is_beyond_all_bounds_or_of_another_context_is_refused_by_name() {
    let refused = |asked: AskedFaults, context| asked.refuse_misfits(context, "pay.").unwrap_err().detail().to_owned();
    assert!(payment(600_000, 600_000, 100, PaymentMode::Down).refuse_misfits(Context::Pay, "").is_ok());
    let detail = refused(payment(600_001, 600_002, 101, PaymentMode::None), Context::Pay);
    for field in ["pay.payment.delayMs", "pay.payment.jitterMs", "pay.payment.failingPercent"] {
        assert!(detail.contains(field), "{detail}");
    }
    assert!(refused(payment(0, 0, 1, PaymentMode::None), Context::Store).contains("only pay"));
    let messages = MessageFaults { failing_percent: 10 };
    assert!(refused(AskedFaults { messages, ..AskedFaults::default() }, Context::Pay).contains("only customer"));
    let events = EventFaults { delay_ms: 600_001, duplicated: true };
    assert!(refused(AskedFaults { events, ..AskedFaults::default() }, Context::Pay).contains("pay.events.delayMs"));
}

#[test]
fn a_delay_is_as_long_as_asked_give_or_take_its_jitter() {
    let asked = payment(300, 50, 0, PaymentMode::None).payment;
    let delays: Vec<_> = (0..1000).map(|drawn| asked.delay(drawn).as_millis()).collect();
    assert_eq!((delays.iter().min(), delays.iter().max()), (Some(&250), Some(&350)));
    assert_eq!(payment(300, 0, 0, PaymentMode::None).payment.delay(12_345).as_millis(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_call_to_the_provider_meets_what_was_asked_for() {
    let faults = faults();
    assert_eq!(faults.payment().await, PaymentFate::Passes);
    for (mode, fate) in [
        (PaymentMode::Down, PaymentFate::CannotLeave),
        (PaymentMode::Hanging, PaymentFate::Hangs),
        (PaymentMode::Losing, PaymentFate::LosesItsAnswer),
        (PaymentMode::None, PaymentFate::Passes),
    ] {
        faults.ask(payment(200, 0, 0, mode));
        let begun = Instant::now();
        assert_eq!(faults.payment().await, fate);
        assert_eq!(begun.elapsed().as_millis(), 200);
    }
    faults.ask(payment(0, 0, 100, PaymentMode::None));
    assert_eq!(faults.payment().await, PaymentFate::Fails);
    faults.ask(payment(0, 0, 25, PaymentMode::Losing));
    let mut failed = 0;
    for _ in 0..1000 {
        failed += u32::from(faults.payment().await == PaymentFate::Fails);
    }
    assert!((150..350).contains(&failed), "{failed} of a thousand failed");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_goes_on_as_soon_as_the_fault_is_over() {
    let faults = faults();
    let events = EventFaults { delay_ms: 600_000, duplicated: false };
    faults.ask(AskedFaults { events, paused: true, ..payment(600_000, 0, 0, PaymentMode::None) });
    let begun = Instant::now();
    let (held, fate, ()) = tokio::join!(faults.hold_events(), faults.payment(), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        faults.ask(AskedFaults { paused: true, ..AskedFaults::default() });
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(faults.is_paused());
        faults.ask(AskedFaults::default());
    });
    assert_eq!((held, fate, begun.elapsed().as_secs()), ((), PaymentFate::Passes, 5));
    assert!(!faults.any());
}

#[tokio::test]
async fn messages_fail_as_often_as_was_asked_for() {
    let faults = faults();
    assert!(!faults.messages_may_fail() && !faults.message_fails());
    faults.ask(AskedFaults { messages: MessageFaults { failing_percent: 100 }, ..AskedFaults::default() });
    assert!(faults.messages_may_fail() && (0..100).all(|_| faults.message_fails()));
    faults.ask(AskedFaults { paused: true, ..AskedFaults::default() });
    assert!(!faults.messages_may_fail() && !faults.message_fails());
}
