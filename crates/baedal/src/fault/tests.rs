use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    options: FaultOptions,
}

fn read(line: &str) -> What {
    Line::try_parse_from(format!("fault {line}").split_whitespace()).unwrap().options.what
}

/// What the line makes of pay, customer and store, which had these faults.
fn changes(line: &str, before: AskedFaults) -> Vec<(Context, AskedFaults)> {
    let faults = Context::ALL.map(|context| (context, before)).into();
    changed(&Overview { faults, ..Overview::default() }, &read(line)).unwrap().into_iter().collect()
}

#[test]
fn each_command_changes_its_own_part_and_leaves_the_rest() {
    let none = AskedFaults::default();
    let before = AskedFaults { events: EventFaults { delay_ms: 70, duplicated: false }, ..none };
    let payment = PaymentFaults { delay_ms: 300, jitter_ms: 50, failing_percent: 20, mode: PaymentMode::Losing };
    let line = "payment --slow 300 --jitter 50 --failing 20 --losing";
    assert_eq!(changes(line, before), [(Context::Pay, AskedFaults { payment, ..before })]);
    assert_eq!(changes("payment", AskedFaults { payment, ..before }), [(Context::Pay, before)]);
    let paused = AskedFaults { paused: true, ..before };
    let both = [(Context::Store, paused), (Context::Customer, paused)];
    assert_eq!(changes("pause store customer", before), both);
    assert_eq!(changes("resume store", paused), [(Context::Store, before)]);
    let messages = AskedFaults { messages: MessageFaults { failing_percent: 100 }, ..before };
    assert_eq!(changes("messages --failing 100", before), [(Context::Customer, messages)]);
    let events = AskedFaults { events: EventFaults { delay_ms: 5, duplicated: true }, ..none };
    assert_eq!(changes("events app --delay 5 --duplicated", before), [(Context::App, events)]);
    assert_eq!(changes("events app", before), [(Context::App, none)]);
}

#[test]
fn what_cannot_be_is_refused() {
    for line in
        ["", "pause", "pause app", "payment --down --losing", "messages", "events", "events kitchen", "pause --all"]
    {
        assert!(Line::try_parse_from(format!("fault {line}").split_whitespace()).is_err(), "{line}");
    }
    let lacking = |now: Overview| changed(&now, &read("pause store")).unwrap_err().to_string();
    assert!(lacking(Overview { off: vec![Context::Store], ..Overview::default() }).contains("--faults"));
    assert!(lacking(Overview { missing: vec![Context::Store], ..Overview::default() }).contains("does not answer"));
}

#[test]
fn what_is_in_force_is_told_in_sentences() {
    assert_eq!(words::told(&Overview::default()), ["Nothing is broken on purpose."]);
    let pay = AskedFaults {
        payment: read_payment("payment --slow 300 --jitter 50 --down --failing 5"),
        ..AskedFaults::default()
    };
    let events = EventFaults { delay_ms: 500, duplicated: true };
    let store = AskedFaults { paused: true, events, ..AskedFaults::default() };
    let now = Overview {
        faults: [(Context::Pay, pay), (Context::Store, store)].into(),
        off: vec![Context::App],
        missing: vec![Context::Delivery],
    };
    let expected = [
        "Broken on purpose now (`baedal fault clear` mends all of it):",
        "  Each call to the payment provider begins 300 ms late, give or take 50 ms.",
        "  The payment provider cannot be reached.",
        "  store is paused: it takes nothing up and answers 503; it catches up when it is resumed.",
        "  Events reach store 500 ms late and more than once.",
        "app runs without --faults and takes none.",
        "delivery does not answer: what is in force there is not known.",
    ];
    assert_eq!(words::told(&now), expected);
}

fn read_payment(line: &str) -> PaymentFaults {
    match read(line) {
        What::Payment(options) => options.faults(),
        other => panic!("{other:?}"),
    }
}
