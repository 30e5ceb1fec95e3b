//! What keeps the architecture so: who may depend on whom, what the pure middle may not do, and how long things may be.

#[path = "architecture/tokens.rs"]
mod tokens;
#[path = "architecture/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use kernel::Context;
use kernel::events::DomainEvent;
use kernel::events::{
    app::AppEvent, customer::CustomerEvent, delivery::DeliveryEvent, pay::PayEvent, store::StoreEvent,
};
use tokens::Token;
use tree::{SOURCES, Source, TEXTS, file_name, has_extension};

/// The nine crates and the crates of this workspace that each may depend on.
const EDGES: [(&str, &[&str]); 9] = [
    ("kernel", &[]),
    ("platform", &["kernel"]),
    ("app", &["kernel", "platform"]),
    ("pay", &["kernel", "platform"]),
    ("store", &["kernel", "platform"]),
    ("customer", &["kernel", "platform"]),
    ("delivery", &["kernel", "platform"]),
    ("gateway", &["kernel", "platform"]),
    ("baedal", &["kernel", "platform", "app", "pay", "store", "customer", "delivery", "gateway"]),
];

/// Files of a domain, from `src/domain/`, that may name another context's events beside its policies and views.
const VIEW_FILES: [&str; 1] = ["storefront.rs"];

/// The most lines of a source file, and of one that holds tests.
const MOST_LINES: usize = 400;
const MOST_LINES_OF_TESTS: usize = 500;
/// Longer files, and why.
const LONG_FILES: [(&str, &str); 1] =
    [("crates/platform/src/store/writer.rs", "the one writer's whole turn, whose steps have to be read together")];

/// The most lines of a function.
const MOST_LINES_OF_A_FUNCTION: usize = 80;
/// Longer functions, and why.
const LONG_FUNCTIONS: [(&str, &str, &str); 0] = [];

#[test]
fn the_workspace_has_the_nine_crates_of_the_layout() {
    let expected: BTreeSet<_> = EDGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let found: BTreeSet<_> = edges().into_keys().collect();
    assert_eq!(found, expected, "a crate was added, removed or renamed: change the layout (ARCHITECTURE.md) and EDGES");
}

#[test]
fn every_crate_depends_only_on_those_it_may() {
    let found = edges().into_iter().flat_map(|(from, to)| {
        let allowed = EDGES.iter().find(|(name, _)| *name == from).map_or(&[][..], |(_, allowed)| allowed);
        let foreign = to.into_iter().filter(|to| !allowed.contains(&to.as_str()));
        foreign.map(|to| format!("crates/{from}/Cargo.toml: depends on {to}")).collect::<Vec<_>>()
    });
    none(found, "Contexts speak only by events: listen to its log, or ask through a port that compose.rs fills.");
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let found = tree::crates().into_iter().filter_map(|name| {
        let path = format!("crates/{name}/Cargo.toml");
        let manifest: toml::Table = tree::text(&path).parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        (lints != Some(true)).then(|| format!("{path}: has no `[lints] workspace = true`"))
    });
    none(found, "Add the two lines: without them none of the workspace's lints holds in this crate.");
}

#[test]
fn the_only_clippy_settings_lie_at_the_root() {
    let settings =
        TEXTS.iter().map(|(path, _)| path).filter(|path| file_name(path).trim_start_matches('.') == "clippy.toml");
    let found = settings.filter(|path| *path != "clippy.toml").map(|path| format!("{path}: a second one"));
    none(found, "Clippy takes the nearest file and does not merge: move the setting to the one at the root.");
}

#[test]
fn no_file_pins_a_toolchain() {
    let files = TEXTS.iter().map(|(path, _)| path).filter(|path| file_name(path).starts_with("rust-toolchain"));
    none(files.cloned(), "Remove it: `rust-version` in Cargo.toml says what is needed, and nothing is downloaded.");
}

#[test]
fn no_file_names_a_registry_host() {
    // Put together here, so that this file does not name them either.
    let hosts =
        [["crates", "io"], ["pypi", "org"], ["registry", "npmjs"], ["deb", "debian"]].map(|host| host.join("."));
    let texts = TEXTS.iter().filter(|(path, _)| !is_lock_file(path));
    let found = texts.flat_map(|(path, text)| {
        let lines = text.lines().enumerate().filter(|(_, line)| hosts.iter().any(|host| line.contains(host.as_str())));
        lines.map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim())).collect::<Vec<_>>()
    });
    none(found, "Leave the host out: where packages come from is for whoever builds to set.");
}

#[test]
fn nothing_is_left_to_be_done() {
    let marks = [["TO", "DO"], ["FIX", "ME"]].map(|mark| mark.concat());
    let texts = TEXTS.iter().filter(|(path, _)| !is_lock_file(path));
    let found = texts.flat_map(|(path, text)| {
        let words =
            |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| marks.iter().any(|mark| mark == word));
        let lines = text.lines().enumerate().filter(|(_, line)| words(line));
        lines.map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim())).collect::<Vec<_>>()
    });
    none(found, "Do it, or write it down as a known quirk where people will read it.");
}

#[test]
fn the_domain_is_pure() {
    let found = domain_sources().flat_map(|(source, tokens)| {
        let words = IMPURE.iter().flat_map(|(words, instead)| {
            let lines = tokens::find(&tokens, words).into_iter();
            lines.map(move |line| (line, format!("{}: `{}`: {instead}", source.at(line), words.concat())))
        });
        let outside = tokens::named_after(&tokens, &["std", ":", ":"]).into_iter();
        let outside = outside.filter(|name| ["env", "fs", "net", "thread"].contains(&name.text.as_str()));
        let outside = outside.map(|name| {
            let line = name.line;
            (line, format!("{}: `std::{}`: belongs to an adapter behind a port", source.at(line), name.text))
        });
        let mut found: Vec<_> = words.chain(outside).collect();
        found.sort();
        found.into_iter().map(|(_, found)| found).collect::<Vec<_>>()
    });
    none(
        found,
        "Nothing under src/domain waits, logs, reads or draws: `decide` gets what it needs inside the command.",
    );
}

#[test]
fn every_domain_is_warned_of_wildcards_over_its_enums() {
    let contexts = Context::ALL.map(|context| format!("crates/{context}/src/domain/mod.rs"));
    let silent =
        contexts.into_iter().filter(|path| !tree::text(path).contains("#![warn(clippy::wildcard_enum_match_arm)]"));
    none(
        silent,
        "Begin it with `#![warn(clippy::wildcard_enum_match_arm)]`: a new event must be thought of everywhere.",
    );
}

#[test]
fn another_contexts_events_are_named_only_in_policies_and_views() {
    let events = event_names();
    let found =
        domain_sources().filter(|(source, _)| !may_name_foreign_events(&source.path)).flat_map(|(source, tokens)| {
            let foreign = events.iter().filter(|(context, _)| !source.path.starts_with(&format!("crates/{context}/")));
            let found = foreign.flat_map(|(context, names)| {
                let ways = [vec!["events", ":", ":", *context, ":", ":"], vec![*context, ":", ":"]];
                let words =
                    ways.iter().flat_map(|words| tokens::named_after(&tokens, words)).collect::<Vec<_>>().into_iter();
                words.filter(|name| names.contains(&name.text.as_str()) || name.text == "*")
            });
            found.map(|name| format!("{}: `{}`", source.at(name.line), name.text)).collect::<BTreeSet<_>>()
        });
    none(
        found,
        "Turn the event into a command in policies.rs, or fold it in views.rs; the rules know their own events.",
    );
}

#[test]
fn every_crate_says_what_it_is() {
    let found = tree::crates().into_iter().map(|name| format!("crates/{name}/src/lib.rs"));
    let silent = found.filter(|path| !tree::text(path).starts_with("//! "));
    none(silent, "Begin it with `//! ` and a sentence that says what the crate is for.");
}

#[test]
fn no_code_is_unsafe() {
    let found = SOURCES
        .iter()
        .flat_map(|source| tokens::find(&source.tokens, &["unsafe"]).into_iter().map(|line| source.at(line)));
    none(found, "Use a library that keeps its unsafe code to itself.");
}

#[test]
fn no_test_is_ignored() {
    let found = SOURCES.iter().flat_map(|source| {
        let lines = tokens::find(&source.tokens, &["#", "[", "ignore"]).into_iter();
        lines.map(|line| source.at(line)).collect::<Vec<_>>()
    });
    none(found, "Make it fast and sure enough to run each time, or remove it.");
}

#[test]
fn files_can_be_read_in_one_go() {
    let tests = test_files();
    let limit = |source: &Source| if is_test(&source.path, &tests) { MOST_LINES_OF_TESTS } else { MOST_LINES };
    let mut lengths: Vec<_> =
        SOURCES.iter().filter(|source| !is_test(&source.path, &tests)).map(Source::lines).collect();
    lengths.sort_unstable();
    println!("{} source files without tests, median {} lines", lengths.len(), lengths[lengths.len() / 2]);
    let long = |path: &str| LONG_FILES.iter().any(|(known, _)| *known == path);
    let found = SOURCES.iter().filter(|source| (source.lines() > limit(source)) != long(&source.path));
    let found = found.map(|source| format!("{}: {} lines of at most {}", source.path, source.lines(), limit(source)));
    none(found, "Split it by what it is about; or list it in LONG_FILES with a reason, or no longer.");
}

#[test]
fn functions_can_be_seen_at_once() {
    let found = SOURCES.iter().flat_map(|source| {
        let functions = tokens::functions(&source.tokens).into_iter().filter(|function| {
            let known = LONG_FUNCTIONS.iter().any(|(path, name, _)| *path == source.path && *name == function.name);
            (function.lines > MOST_LINES_OF_A_FUNCTION) != known
        });
        functions
            .map(|function| format!("{}: `{}` has {} lines", source.at(function.line), function.name, function.lines))
    });
    none(found, "Give its steps names; or list it in LONG_FUNCTIONS with a reason, or no longer (at most 80 lines).");
}

/// What is not pure, and what to do instead.
const IMPURE: [(&[&str], &str); 11] = [
    (&["async"], "the service waits, the domain decides"),
    (&["await"], "the service waits, the domain decides"),
    (&["tokio"], "the service waits, the domain decides"),
    (&["axum"], "the edge knows HTTP"),
    (&["tracing"], "what is worth saying is an event"),
    (&["platform", ":", ":"], "the domain knows the kernel only"),
    (&["HashMap"], "take a BTreeMap, whose order is always the same"),
    (&["HashSet"], "take a BTreeSet, whose order is always the same"),
    (&[":", ":", "now", "("], "the time comes inside the command"),
    (&["rand"], "what is drawn comes inside the command"),
    (&["unwrap", "(", ")"], "decide and evolve cannot panic"),
];

/// Fails with what was `found`, a line each, and what to do about it.
#[track_caller]
fn none(found: impl IntoIterator<Item = String>, advice: &str) {
    let found: Vec<_> = found.into_iter().collect();
    assert!(found.is_empty(), "\n{}\n\n{advice}\n", found.join("\n"));
}

/// The crates of the workspace, and on which others of it each depends, for tests and builds too.
fn edges() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--offline", "--no-deps", "--format-version", "1"]).current_dir(tree::root());
    let output = command.output().expect("cargo can be run");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    let packages = list(&metadata["packages"]).into_iter().map(|package| {
        let to = list(&package["dependencies"]).iter().filter(|to| to["path"].is_string()).map(name).collect();
        (name(&package), to)
    });
    packages.collect()
}

/// The domains' sources, and their tokens without tests.
fn domain_sources() -> impl Iterator<Item = (&'static Source, Vec<Token>)> {
    let tests = test_files();
    let sources = SOURCES.iter().filter(|source| source.path.contains("/src/domain/"));
    let sources = sources.filter(move |source| !is_test(&source.path, &tests));
    sources.map(|source| (source, tokens::without_tests(&source.tokens)))
}

/// The files and directories of modules that are compiled for tests only, without `.rs`.
fn test_files() -> BTreeSet<String> {
    let declared = SOURCES.iter().flat_map(|source| {
        let path = source.path.trim_end_matches(".rs");
        let names_its_directory = ["mod", "lib", "main"].contains(&file_name(path));
        let directory =
            if names_its_directory { path.rsplit_once('/').map_or("", |(directory, _)| directory) } else { path };
        tokens::test_modules(&source.tokens).into_iter().map(move |module| format!("{directory}/{module}"))
    });
    declared.collect()
}

fn is_test(path: &str, tests: &BTreeSet<String>) -> bool {
    let of_a_test_module = tests
        .iter()
        .any(|module| path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')));
    of_a_test_module || path.split('/').nth(2) == Some("tests")
}

fn may_name_foreign_events(path: &str) -> bool {
    let inside = path.split_once("/src/domain/").map_or("", |(_, inside)| inside);
    let room = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    room == "policies" || room == "views" || VIEW_FILES.contains(&inside)
}

/// Each context's events, and the name of their enum.
fn event_names() -> BTreeMap<&'static str, Vec<&'static str>> {
    fn of<E: DomainEvent>(name: &'static str) -> (&'static str, Vec<&'static str>) {
        (E::CONTEXT.name(), E::NAMES.iter().copied().chain([name]).collect())
    }
    BTreeMap::from([
        of::<AppEvent>("AppEvent"),
        of::<PayEvent>("PayEvent"),
        of::<StoreEvent>("StoreEvent"),
        of::<DeliveryEvent>("DeliveryEvent"),
        of::<CustomerEvent>("CustomerEvent"),
    ])
}

/// Cargo and npm write where a package came from into their lock files.
fn is_lock_file(path: &str) -> bool {
    has_extension(path, "lock") || file_name(path) == "package-lock.json"
}
