//! Every stage and every command, at a glance: the events made, `-` for nothing, or why not.

use std::fmt::Write as _;

use kernel::events::DomainEvent;

use super::*;

#[test]
fn every_command_meets_every_stage() {
    let out = vec![assigned("kim"), ready(), started(Some("kim"))];
    let and = |event: DeliveryEvent| out.iter().cloned().chain([event]).collect::<Vec<_>>();
    let stages = [
        ("waiting", vec![]),
        ("waiting ready", vec![ready()]),
        ("assigned", vec![assigned("kim")]),
        ("assigned ready", vec![assigned("kim"), ready()]),
        ("store, ready", vec![handed_to_store(), ready()]),
        ("delivering", out.clone()),
        ("interrupted", and(interrupted())),
        ("failed", and(failed())),
        ("delivered", and(completed(Handover::Guard, t(50)))),
        ("cancelled in time", vec![assigned("kim"), cancelled()]),
        ("cancelled on the way", and(cancelled())),
    ];
    let by = || By::Operator;
    let commands = [
        ("request", What::RequestDelivery(request(DeliveryBy::Rider))),
        ("claim, kim", claim("kim")),
        ("claim, lee", claim("lee")),
        ("assign lee", assign("lee")),
        ("release", release(by())),
        ("mark ready", What::MarkReady { ready_at: t(30) }),
        ("pick up", What::PickUp { by: by() }),
        ("interrupt", interrupt(by())),
        ("resume", What::Resume { by: by() }),
        ("complete", complete(by())),
        ("fail", fail(by())),
        ("cancel", cancel()),
        ("hand to store", What::HandToStore),
        ("no rider", What::NoticeNoRider),
        ("rider late", What::NoticeRiderLate),
    ];
    let mut table = String::new();
    for (stage, history) in stages {
        table.push_str(stage);
        table.push('\n');
        let state = sought(history).state();
        for (name, what) in &commands {
            let outcome = match Delivery::decide(&state, at(100, what.clone())) {
                Ok(events) if events.is_empty() => "-".to_owned(),
                Ok(events) => events.iter().map(DomainEvent::name).collect::<Vec<_>>().join(" "),
                Err(rejection) => rejection.slug().to_owned(),
            };
            writeln!(table, "  {name:<14}{outcome}").unwrap();
        }
    }
    assert_eq!(table, include_str!("table.txt"), "\n{table}");
}
