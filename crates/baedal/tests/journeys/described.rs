//! Whatever is answered or published during a journey is as the interfaces describe it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use baedal::interfaces::{self, Faults};
use jsonschema::Validator;
use kernel::Context;
use platform::cloudevents::CloudEvent;
use platform::describe::schemas;
use platform::room::Room;
use platform::testing::contracts::{Contract, broken_by};
use reqwest::Method;
use serde_json::Value;

use crate::support::Answer;

/// Events that are read at a time.
const AT_A_TIME: usize = 500;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| interfaces::openapi(Faults::On));

static SCHEMAS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let compiled = |(name, schema): (String, Value)| (name, jsonschema::validator_for(&schema).unwrap());
    schemas().into_iter().map(compiled).collect()
});

static CONTRACTS: LazyLock<Vec<Contract>> = LazyLock::new(|| {
    [
        include_str!("../../../app/contracts/pay.json"),
        include_str!("../../../app/contracts/store.json"),
        include_str!("../../../app/contracts/delivery.json"),
        include_str!("../../../pay/contracts/app.json"),
        include_str!("../../../store/contracts/app.json"),
        include_str!("../../../store/contracts/delivery.json"),
        include_str!("../../../delivery/contracts/app.json"),
        include_str!("../../../delivery/contracts/store.json"),
        include_str!("../../../customer/contracts/app.json"),
    ]
    .map(|text| serde_json::from_str(text).unwrap())
    .into()
});

/// By where their schema stands in the document.
static BODIES: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Fails where `answer` is none that is described for `method` and `path` at the gateway, which may have a query.
#[track_caller]
pub fn look(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let told = format!("{method} {path} answered {} {}", answer.status, answer.body);
    let Some((template, item)) = item(path) else {
        assert!(matches!(answer.status.as_u16(), 401 | 404 | 408 | 413), "{told}, and is not described");
        return;
    };
    let method = method.as_str().to_ascii_lowercase();
    let operation = &item[if method == "head" { "get" } else { &method }];
    if operation.is_null() {
        assert!(matches!(answer.status.as_u16(), 401 | 404 | 405), "{told}, and that method is not described");
        return;
    }
    let status = answer.status.as_u16().to_string();
    let described = &operation["responses"][&status];
    assert!(!described.is_null(), "{told}, which is not described");
    let pointer = described["$ref"].as_str().map_or_else(
        || format!("/paths/{}/{method}/responses/{status}", escaped(template)),
        |reference| reference.trim_start_matches('#').to_owned(),
    );
    assert!(!answer.header("x-request-id").is_empty(), "{told} without the request's id");
    let media = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    let content = &DOCUMENT.pointer(&pointer).unwrap()["content"];
    let known = content.as_object().into_iter().flatten().map(|(known, _)| known.split(';').next().unwrap_or_default());
    let known: Vec<_> = known.collect();
    if answer.body != Value::String(String::new()) {
        assert!(known.contains(&media.as_str()) || media == "text/event-stream", "{told} as {media}, not as {known:?}");
    }
    if media.ends_with("json") {
        let validator = validator(&format!("{pointer}/content/{}/schema", escaped(&media)));
        if let Err(error) = validator.validate(&answer.body) {
            panic!("{told}, which is not as described: {error} at {}", error.instance_path());
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

fn validator(pointer: &str) -> Arc<Validator> {
    let mut known = BODIES.lock().unwrap();
    let compile = || {
        let mut whole = DOCUMENT.pointer(pointer).unwrap().clone();
        whole["components"] = DOCUMENT["components"].clone();
        Arc::new(jsonschema::validator_for(&whole).unwrap())
    };
    Arc::clone(known.entry(pointer.to_owned()).or_insert_with(compile))
}

/// What is described for `path`: where several fit, the one with the fewest parameters.
fn item(path: &str) -> Option<(&'static str, &'static Value)> {
    let fits = |template: &str| {
        let (wanted, given) = (template.split('/'), path.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(wanted, given)| wanted == given || wanted.starts_with('{') && !given.is_empty())
    };
    let all = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(template, _)| fits(template));
    all.min_by_key(|(template, _)| template.matches('{').count()).map(|(template, item)| (template.as_str(), item))
}

/// Fails where something in the log of `room` is not published as its schema says, or breaks a contract.
#[track_caller]
pub fn look_at_the_log(context: Context, room: &Room) {
    let mut from = 0;
    loop {
        let events = room.store.events_after(from, AT_A_TIME).unwrap();
        let Some(last) = events.last() else { return };
        from = last.position;
        for event in &events {
            let envelope = CloudEvent::of(context, room.store.log(), event).unwrap();
            let published = serde_json::to_value(&envelope).unwrap();
            let name = published["type"].as_str().unwrap();
            if let Err(error) = SCHEMAS[name].validate(&published) {
                panic!("{published} is not as described: {error} at {}", error.instance_path());
            }
            let broken = CONTRACTS.iter().filter(|contract| contract.provider == context);
            let broken: Vec<_> =
                broken.flat_map(|contract| broken_by(contract, &event.name, &published["data"])).collect();
            assert!(broken.is_empty(), "{broken:?}");
        }
    }
}
