//! The bodies of all published events, as they stand in logs and on the wire.
//!
//! A payload changes only by addition. `UPDATE_GOLDEN=1 cargo test -p kernel --test golden` rewrites
//! the files; a diff that renames or takes away is a new version of the event instead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod samples;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kernel::events::DomainEvent;
use kernel::events::customer::{Channel, CustomerEvent, NoticeFailed, NoticeSent};
use kernel::events::store::{StoreEvent, TicketAccepted};
use serde_json::Value;

#[test]
fn apps_events_are_as_published() {
    check(&samples::app::events());
}

#[test]
fn pays_events_are_as_published() {
    check(&samples::pay::events());
}

#[test]
fn stores_events_are_as_published() {
    check(&samples::store::events());
}

#[test]
fn deliverys_events_are_as_published() {
    check(&samples::delivery::events());
}

#[test]
fn customers_events_are_as_published() {
    check(&samples::customer::events());
}

/// Fields that came later are left out where nothing is known, so that older readers find what they know.
#[test]
fn what_is_known_of_how_a_notice_went_is_written_beside_what_was_there() {
    let (channel, code) = (Some(Channel::Sms), Some("3018".to_owned()));
    for event in samples::customer::events() {
        let (more, written) = match event {
            CustomerEvent::NoticeSent(sent) => (NoticeSent { channel, ..sent }.into(), r#""channel":"SMS""#),
            CustomerEvent::NoticeFailed(failed) => {
                (NoticeFailed { code: code.clone(), ..failed }.into(), r#""code":"3018""#)
            }
            CustomerEvent::NoticeQueued(_) | CustomerEvent::NoticeSkipped(_) => continue,
        };
        let more: CustomerEvent = more;
        let body = more.body().unwrap();
        assert!(body.contains(written), "{body}");
        assert_eq!(CustomerEvent::read(more.name(), &body, None).unwrap(), more);
    }
}

#[test]
fn where_a_store_is_is_written_where_it_is_known() {
    let (store_lat, store_lng) = (Some(37.56), Some(126.98));
    for event in samples::store::events() {
        let StoreEvent::TicketAccepted(accepted) = event else { continue };
        let more: StoreEvent = TicketAccepted { store_lat, store_lng, ..accepted }.into();
        let body = more.body().unwrap();
        assert!(body.contains(r#""storeLat":37.56,"storeLng":126.98"#), "{body}");
        assert_eq!(StoreEvent::read(more.name(), &body, more.personal().cloned()).unwrap(), more);
    }
}

fn check<E: DomainEvent>(events: &[E]) {
    let sampled: BTreeSet<&str> = events.iter().map(E::name).collect();
    assert_eq!(sampled, E::NAMES.iter().copied().collect(), "every event of the wall has one sample");
    assert_eq!(sampled.len(), events.len(), "and only one");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(E::CONTEXT.name());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for event in events {
            std::fs::write(file(&folder, event.name()), pretty(event)).unwrap();
        }
    }
    for event in events {
        let path = file(&folder, event.name());
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no golden file {}", path.display()));
        let body: Value = serde_json::from_str(&event.body().unwrap()).unwrap();
        assert_eq!(body, serde_json::from_str::<Value>(&golden).unwrap(), "{}", event.name());
        let back = E::read(event.name(), &golden, event.personal().cloned()).unwrap();
        assert_eq!(&back, event);
        let erased = E::read(event.name(), &golden, None).unwrap();
        assert_eq!(erased.personal(), None);
    }
    let strangers: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !sampled.contains(path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()))
        .collect();
    assert!(strangers.is_empty(), "golden files of no event: {strangers:?}");
}

/// Keys are sorted, so that a diff shows what changed and not what moved.
fn pretty(event: &impl DomainEvent) -> String {
    let mut body: Value = serde_json::from_str(&event.body().unwrap()).unwrap();
    body.sort_all_objects();
    format!("{body:#}\n")
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}
