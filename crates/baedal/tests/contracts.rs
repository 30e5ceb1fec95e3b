//! Providers keep the contracts that their consumers wrote (`crates/<consumer>/contracts/<provider>.json`): what they
//! say they publish, and what they really publish, holds every field that somebody relies on. The consumers' side is
//! held in each context's own `contracts.rs`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kernel::Context;
use platform::cloudevents::type_of;
use platform::describe::schemas;
use platform::testing::contracts::{Contract, broken_by};
use serde_json::Value;

/// Who listens to whom, as ARCHITECTURE.md has it.
const LISTENS: [(Context, &[Context]); 5] = [
    (Context::App, &[Context::Pay, Context::Store, Context::Delivery]),
    (Context::Pay, &[Context::App]),
    (Context::Store, &[Context::App, Context::Delivery]),
    (Context::Delivery, &[Context::Store, Context::App]),
    (Context::Customer, &[Context::App]),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn contracts() -> Vec<Contract> {
    let pairs = LISTENS.iter().flat_map(|(consumer, providers)| providers.iter().map(move |one| (*consumer, *one)));
    let read = |(consumer, provider)| {
        let file = crates().join(format!("{consumer}/contracts/{provider}.json"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is missing", file.display()));
        let contract: Contract = serde_json::from_str(&text).unwrap();
        assert_eq!((contract.consumer, contract.provider), (consumer, provider));
        contract
    };
    pairs.map(read).collect()
}

/// The part of an event's schema that its body is held to.
fn body_of(schema: &Value) -> Value {
    let mut body = schema["properties"]["data"].clone();
    if let Some(parts) = schema.get("$defs") {
        body["$defs"] = parts.clone();
    }
    body
}

#[test]
fn there_is_a_contract_for_each_pair_and_for_the_one_call_and_no_other() {
    for (consumer, providers) in LISTENS {
        let files = std::fs::read_dir(crates().join(format!("{consumer}/contracts"))).unwrap();
        let found: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let mut expected: BTreeSet<_> = providers.iter().map(|provider| format!("{provider}.json")).collect();
        if consumer == Context::App {
            expected.insert("pay-http.json".to_owned());
        }
        assert_eq!(found, expected, "{consumer}");
    }
    assert!(contracts().iter().all(|contract| !contract.events.is_empty()));
}

#[test]
fn each_provider_promises_in_its_schema_all_that_somebody_relies_on() {
    let published: std::collections::BTreeMap<String, Value> = schemas().into_iter().collect();
    for contract in contracts() {
        for (name, reading) in &contract.events {
            let schema = &published[&type_of(contract.provider, name)];
            let data = body_of(schema);
            let told = format!("{} of {} to {}", name, contract.provider, contract.consumer);
            let promised: Vec<_> =
                data["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for field in &reading.needs {
                assert!(promised.contains(&field.as_str()), "{told}: {field} is not promised");
            }
            for field in &reading.uses {
                assert!(!data["properties"][field].is_null(), "{told}: {field} is not described");
            }
            let example = Value::Object(reading.example.clone());
            if let Err(error) = jsonschema::validator_for(&data).unwrap().validate(&example) {
                panic!("{told}: the example is not what is published: {error}");
            }
        }
    }
}

#[test]
fn each_event_as_its_providers_own_tests_hold_it_is_as_described_and_keeps_every_contract() {
    let contracts = contracts();
    for context in Context::ALL {
        for file in std::fs::read_dir(crates().join(format!("kernel/tests/golden/{context}"))).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let body: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let schema = schemas().into_iter().find(|(known, _)| *known == type_of(context, &name)).unwrap().1;
            let data = body_of(&schema);
            if let Err(error) = jsonschema::validator_for(&data).unwrap().validate(&body) {
                panic!("{context}'s {name}: {error}");
            }
            let broken = contracts.iter().filter(|contract| contract.provider == context);
            let broken: Vec<_> = broken.flat_map(|contract| broken_by(contract, &name, &body)).collect();
            assert!(broken.is_empty(), "{broken:?}");
        }
    }
}
