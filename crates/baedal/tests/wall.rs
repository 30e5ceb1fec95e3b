//! The wall is the code: docs/wall.md is written from it, and names that are not on the wall fail.

#[path = "wall/agreed.rs"]
mod agreed;
#[path = "wall/lifecycle.rs"]
mod lifecycle;
#[path = "wall/page.rs"]
mod page;
#[path = "wall/read.rs"]
mod read;
#[path = "wall/syntax.rs"]
mod syntax;

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use kernel::Context;
use kernel::events::DomainEvent;
use kernel::events::{
    app::AppEvent, customer::CustomerEvent, delivery::DeliveryEvent, pay::PayEvent, store::StoreEvent,
};
use read::{Note, Notes};

/// The contexts, in the order of an order's story.
const CONTEXTS: [Context; 5] = [Context::App, Context::Pay, Context::Store, Context::Delivery, Context::Customer];

static WALL: LazyLock<Vec<Notes>> = LazyLock::new(|| CONTEXTS.map(read::notes).into());

#[test]
fn the_page_shows_the_wall_as_it_is() {
    let path = read::root().join("docs/wall.md");
    let page = page::page(&WALL);
    if std::env::var_os("UPDATE_WALL").is_some() {
        fs::write(&path, page).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(written.lines().chain(std::iter::repeat(""))).enumerate();
    let first = differs.into_iter().find(|(_, (now, then))| now != then);
    let first = first
        .map(|(index, (now, then))| format!("docs/wall.md:{}: says\n  {then}\nand the code says\n  {now}", index + 1));
    let advice = "UPDATE_WALL=1 cargo test -p baedal --test wall rewrites it; read what changed before you keep it.";
    assert!(
        page == written,
        "\n{}\n\n{advice}\n",
        first.unwrap_or_else(|| "docs/wall.md: is longer than the wall".to_owned())
    );
}

#[test]
fn the_events_are_those_that_were_agreed() {
    for notes in WALL.iter() {
        let found: BTreeSet<_> = notes.events.iter().map(|event| event.name.as_str()).collect();
        let agreed: BTreeSet<_> = agreed::events(notes.context).iter().copied().collect();
        let differ: Vec<_> = found.symmetric_difference(&agreed).collect();
        assert!(differ.is_empty(), "{}: {differ:?}: change the wall (tests/wall/agreed.rs) or the name", notes.context);
    }
}

#[test]
fn the_page_has_read_every_event_there_is() {
    for notes in WALL.iter() {
        let read: Vec<_> = notes.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(
            read,
            published(notes.context),
            "tests/wall/read.rs does not read {}'s events as they are",
            notes.context
        );
    }
}

#[test]
fn commands_are_in_the_imperative() {
    let events: BTreeSet<_> = CONTEXTS.into_iter().flat_map(published).copied().collect();
    let found = commands().filter(|(_, _, command)| {
        let first = command.name.char_indices().skip(1).find(|(_, c)| c.is_uppercase());
        let verb = &command.name[..first.map_or(command.name.len(), |(index, _)| index)];
        events.contains(command.name.as_str()) || verb.ends_with("ed")
    });
    let found = found.map(|(context, _, command)| format!("crates/{context}/src/domain/commands.rs: {}", command.name));
    none(found, "A command asks (`PlaceOrder`); only an event tells (`OrderPlaced`).");
}

#[test]
fn every_command_is_decided() {
    let found = commands().filter(|(context, asked, command)| {
        let deciding = &WALL.iter().find(|notes| notes.context == *context).expect("every context has notes").deciding;
        let name = format!("{asked}::{}", command.name);
        let mut places = deciding.match_indices(&name).map(|(index, _)| &deciding[index + name.len()..]);
        !places.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    });
    let found =
        found.map(|(context, asked, command)| format!("crates/{context}/src/domain: {asked}::{}", command.name));
    none(found, "`decide` has no arm for it: decide it, or take the command off the wall.");
}

#[test]
fn every_policy_is_named_after_what_it_does_and_when() {
    let found = WALL.iter().flat_map(|notes| {
        let own: BTreeSet<_> =
            commands().filter(|(context, ..)| *context == notes.context).map(|(_, _, command)| &command.name).collect();
        let others = CONTEXTS.into_iter().filter(|context| *context != notes.context);
        let heard: BTreeSet<_> = others.flat_map(published).copied().collect();
        notes.policies.iter().flat_map(move |policy| {
            let at = format!("crates/{}/src/domain/policies.rs: {}", notes.context, policy.name);
            let command =
                (!own.contains(&policy.command)).then(|| format!("{at}: there is no command {}", policy.command));
            let event = (!heard.contains(policy.event.as_str()))
                .then(|| format!("{at}: nobody else has an event {}", policy.event));
            command.into_iter().chain(event).collect::<Vec<_>>()
        })
    });
    none(found, "Name it `act_when_event`: a command of its own context, an event of another.");
}

#[test]
fn every_note_says_what_it_means() {
    let found = WALL.iter().flat_map(|notes| {
        let aggregates =
            notes.aggregates.iter().flat_map(|aggregate| aggregate.commands.iter().chain([&aggregate.note]));
        let views = notes.views.iter().flat_map(|(_, views)| views.iter().map(|view| &view.note));
        let noted = aggregates.chain(&notes.events).chain(views).chain(&notes.timers).chain(&notes.ports);
        let silent = noted.filter(|note| note.doc.is_empty()).map(|note| note.name.as_str());
        let policies = notes.policies.iter().filter(|policy| policy.doc.is_empty()).map(|policy| policy.name.as_str());
        silent.chain(policies).map(|name| format!("{}: {name}", notes.context)).collect::<Vec<_>>()
    });
    none(found, "Document it with a sentence: it is read on docs/wall.md.");
}

#[test]
fn every_rejection_has_a_name_for_machines_and_a_sentence_for_people() {
    let found = WALL.iter().flat_map(|notes| {
        let reasons =
            notes.rejections.iter().flat_map(|(name, reasons)| reasons.iter().map(move |reason| (name, reason)));
        let wrong = reasons.filter(|(_, reason)| {
            let is_kebab =
                |slug: &String| slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            reason.slugs.is_empty() || reason.sentence.is_empty() || !reason.slugs.iter().all(is_kebab)
        });
        wrong.map(|(name, reason)| format!("{}: {}::{}", notes.context, name.name, reason.name)).collect::<Vec<_>>()
    });
    none(found, "Give it a kebab-case slug in `fn slug` and an `#[error]` that people understand.");
}

#[test]
fn every_room_of_every_context_is_on_the_wall() {
    for notes in WALL.iter() {
        let rooms = [
            ("aggregate", notes.aggregates.len()),
            ("event", notes.events.len()),
            ("policy", notes.policies.len()),
            ("view", notes.views.iter().map(|(_, views)| views.len()).sum()),
            ("rejection", notes.rejections.len()),
            ("duration", notes.durations.iter().filter(|wait| !wait.default.is_empty()).count()),
        ];
        for (room, count) in rooms {
            assert!(count > 0, "{}: no {room} was found: tests/wall/read.rs looks in the wrong place", notes.context);
        }
    }
}

/// Every command with its context and its enum.
fn commands() -> impl Iterator<Item = (Context, &'static str, &'static Note)> {
    WALL.iter().flat_map(|notes| {
        let aggregates = notes.aggregates.iter();
        let commands = aggregates
            .flat_map(|aggregate| aggregate.commands.iter().map(|command| (aggregate.asked.as_str(), command)));
        commands.map(|(asked, command)| (notes.context, asked, command))
    })
}

fn published(context: Context) -> &'static [&'static str] {
    match context {
        Context::App => AppEvent::NAMES,
        Context::Pay => PayEvent::NAMES,
        Context::Store => StoreEvent::NAMES,
        Context::Delivery => DeliveryEvent::NAMES,
        Context::Customer => CustomerEvent::NAMES,
    }
}

/// Fails with what was `found`, a line each, and what to do about it.
#[track_caller]
fn none(found: impl IntoIterator<Item = String>, advice: &str) {
    let found: Vec<_> = found.into_iter().collect();
    assert!(found.is_empty(), "\n{}\n\n{advice}\n", found.join("\n"));
}
