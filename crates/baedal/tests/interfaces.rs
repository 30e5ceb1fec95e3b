//! The published interfaces are the code: what docs/ says of them is written from it, and no release takes back what
//! one before it promised.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "interfaces/additive.rs"]
mod additive;
#[path = "interfaces/examples.rs"]
mod examples;
#[path = "interfaces/files.rs"]
mod files;

use std::collections::BTreeSet;

use baedal::interfaces::{self, Faults};
use kernel::Context;
use kernel::access::{Place, ROUTES, Server};
use platform::describe;
use serde_json::Value;

/// How to write them anew.
const ADVICE: &str =
    "UPDATE_INTERFACES=1 cargo test -p baedal --test interfaces rewrites it; read what changed before you keep it.";

#[test]
fn the_written_openapi_document_is_what_the_code_answers() {
    files::hold("docs/openapi.json", &interfaces::openapi(Faults::On));
}

#[test]
fn the_written_asyncapi_document_is_what_the_code_publishes() {
    files::hold("docs/asyncapi.json", &describe::asyncapi());
}

/// No server is named: where the gateway is reached is for those to say who run it.
#[test]
fn each_context_describes_at_its_own_port_the_events_that_it_publishes_and_no_others() {
    let whole = describe::asyncapi();
    let mut messages = 0;
    for context in Context::ALL {
        let document = describe::asyncapi_of(context);
        let channels: Vec<_> = document["channels"].as_object().unwrap().keys().collect();
        assert_eq!(channels, [context.name()]);
        assert_eq!(document["channels"][context.name()], whole["channels"][context.name()]);
        assert!(document["servers"].is_null() && whole["servers"].is_null());
        every_reference(&document, &mut |reference| {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
        });
        messages += document["components"]["messages"].as_object().unwrap().len();
    }
    assert_eq!(messages, whole["components"]["messages"].as_object().unwrap().len());
}

#[test]
fn each_published_event_has_its_schema_written_and_nothing_else_has() {
    let schemas = describe::schemas();
    let mut names = BTreeSet::new();
    for (name, schema) in &schemas {
        files::hold(&format!("docs/schemas/{name}.json"), schema);
        names.insert(format!("{name}.json"));
    }
    let found = std::fs::read_dir(files::root().join("docs/schemas")).unwrap();
    let found: BTreeSet<_> = found.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let differ: Vec<_> = found.symmetric_difference(&names).collect();
    assert!(differ.is_empty(), "docs/schemas holds a file for each event and no other: {differ:?}");
}

/// What has been released stays: `RELEASE_SCHEMAS=1` takes the schemas of now as those of a release.
#[test]
fn no_published_event_has_lost_renamed_or_narrowed_a_field_since_the_last_release() {
    let now: serde_json::Map<String, Value> = describe::schemas().into_iter().collect();
    let path = files::root().join("docs/released-schemas.json");
    if std::env::var_os("RELEASE_SCHEMAS").is_some() {
        std::fs::write(&path, files::pretty(&Value::Object(now.clone()))).unwrap();
    }
    let released: serde_json::Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!released.is_empty(), "nothing was released");
    let broken: Vec<String> = released
        .iter()
        .flat_map(|(name, before)| match now.get(name) {
            Some(after) => additive::broken_promises(before, after),
            None => vec![format!("{name} is gone")],
        })
        .collect();
    assert!(
        broken.is_empty(),
        "\n{}\n\nA published event only grows. Give it another version beside the old one instead.\n",
        broken.join("\n")
    );
}

#[test]
fn every_context_describes_its_own_port() {
    for context in Context::ALL {
        let document = interfaces::openapi_of(context, Faults::On);
        check(&document);
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.contains_key(&format!("/operations/{context}/lag")), "{context}");
        assert!(paths.contains_key("/health/ready"), "{context}");
    }
}

#[test]
fn the_gateways_document_holds_together() {
    let document = interfaces::openapi(Faults::On);
    check(&document);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert!(!paths.iter().any(|path| path.contains("/payments") && !path.contains("/operations/")), "{paths:?}");
}

/// What each port answers beside the table: documents, health and metrics.
const OPEN: [&str; 8] = [
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/asyncapi.json",
    "/schemas/{file}",
    "/docs",
    "/docs/{file}",
];

#[test]
fn what_each_context_answers_is_what_the_table_of_routes_says_and_the_other_way_round() {
    for context in Context::ALL {
        let described = interfaces::of_context(context);
        let described = described.operations().map(|(method, path)| format!("{} {path}", method.to_uppercase()));
        let table = ROUTES.iter().filter(|route| route.is_of(context));
        let table = table.map(|route| format!("{} {}", route.method.name(), route.path_at(context)));
        same(&context.to_string(), described, table);
    }
}

#[test]
fn what_the_gateway_answers_is_what_the_table_of_routes_says_and_the_other_way_round() {
    let described = interfaces::of_gateway();
    let described = described.operations().map(|(method, path)| format!("{} {path}", method.to_uppercase()));
    let table = ROUTES.iter().flat_map(|route| {
        let prefix = match route.place {
            Place::Api => "/api",
            Place::Root => "",
            Place::Inside => return Vec::new(),
        };
        let here = |path: String| format!("{} {prefix}{path}", route.method.name());
        match route.by {
            Server::Gateway => vec![here(route.path.to_owned())],
            Server::One(_) | Server::Each => {
                let of = Context::ALL.into_iter().filter(|context| route.is_of(*context));
                of.map(|context| here(route.path_at(context))).collect()
            }
        }
    });
    same("the gateway", described, table);
}

fn same(who: &str, described: impl Iterator<Item = String>, table: impl Iterator<Item = String>) {
    let open = |operation: &String| OPEN.iter().any(|path| *operation == format!("GET {path}"));
    let described: BTreeSet<_> = described.filter(|operation| !open(operation)).collect();
    let table: BTreeSet<_> = table.collect();
    let differ: Vec<_> = described.symmetric_difference(&table).collect();
    assert!(differ.is_empty(), "{who}: the description and the table of routes differ in {differ:?}");
}

/// A call that needs nobody signed in is described so, and only that.
#[test]
fn what_the_table_opens_to_anybody_is_described_as_open() {
    let document = interfaces::openapi(Faults::On);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let open = operation["security"] == serde_json::json!([{}]);
            let told = operation["description"].as_str().is_some_and(|text| text.starts_with("For: "));
            assert_ne!(open, told, "{method} {path}");
        }
    }
}

/// Each operation is known by one name, says what it is for, and names only shapes that there are.
fn check(document: &Value) {
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            assert!(!name.is_empty() && !name.contains('{'), "{method} {path} has no name");
            assert!(names.insert(name.clone()), "two operations are called {name}");
            assert!(operation["summary"].is_string(), "{name} says nothing of itself");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2') || status.starts_with('3')), "{name}");
            let told = answers.values().all(is_told);
            assert!(told, "{name} has an answer without a word");
        }
    }
    every_reference(document, &mut |reference| {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads outside"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    });
}

fn is_told(answer: &Value) -> bool {
    answer["$ref"].is_string() || answer["description"].as_str().is_some_and(|text| !text.is_empty())
}

fn every_reference(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                look(reference);
            }
            fields.values().for_each(|value| every_reference(value, look));
        }
        Value::Array(items) => items.iter().for_each(|value| every_reference(value, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
