//! What can be tried has an example, and every example is one of what it stands for.

use baedal::interfaces::{self, Faults};
use kernel::Context;
use serde_json::{Value, json};

/// The shapes that people look at first, and the lists of them.
const SHOWN: [&str; 13] = [
    "Delivery",
    "KeptStore",
    "Notification",
    "Order",
    "PageOfDelivery",
    "PageOfNotification",
    "PageOfOrder",
    "PageOfStore",
    "PageOfTicket",
    "Problem",
    "Store",
    "Ticket",
    "Timeline",
];

fn documents() -> Vec<Value> {
    let own = Context::ALL.into_iter().map(|context| interfaces::openapi_of(context, Faults::On));
    own.chain([interfaces::openapi(Faults::On)]).collect()
}

/// Each operation of `document`, with its name.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let items = document["paths"].as_object().unwrap().values();
    let all = items.flat_map(|item| item.as_object().unwrap().values());
    all.map(|operation| (operation["operationId"].as_str().unwrap(), operation))
}

/// Fails where `example` does not fit `schema`, which may name others of `document`.
fn fits(document: &Value, schema: &Value, example: &Value, told: &str) {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    let validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
    if let Err(error) = validator.validate(example) {
        panic!("{told}: {example} does not fit: {error} at {}", error.instance_path());
    }
}

#[test]
fn every_parameter_in_a_path_has_an_example_that_fits() {
    for document in documents() {
        for (name, operation) in operations(&document) {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "path" {
                    let told = format!("{} of {name}", parameter["name"]);
                    assert!(!parameter["example"].is_null(), "{told} has no example");
                    fits(&document, &parameter["schema"], &parameter["example"], &told);
                }
            }
        }
    }
}

#[test]
fn stores_and_dishes_in_paths_are_those_of_the_demo() {
    let demo: Value = serde_json::from_str(include_str!("../../src/demo-data.json")).unwrap();
    let document = interfaces::openapi(Faults::On);
    let dish = &document["paths"]["/api/stores/{storeId}/menu/{menuId}"]["put"]["parameters"];
    let (store, dish) = (&dish[0]["example"], &dish[1]["example"]);
    let stores = demo["stores"].as_array().unwrap();
    let store = stores.iter().find(|one| one["storeId"] == *store).expect("the store is one of the demo's");
    assert!(store["menu"].as_array().unwrap().iter().any(|one| one["menuId"] == *dish), "{dish} is on its menu");
}

#[test]
fn every_body_that_is_asked_for_has_an_example_that_fits() {
    for document in documents() {
        for (name, operation) in operations(&document) {
            for (media, body) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                let several = body["examples"].as_object().into_iter().flatten().map(|(_, one)| &one["value"]);
                let examples: Vec<_> = body.get("example").into_iter().chain(several).collect();
                assert!(!examples.is_empty(), "{name} has no example of what is sent as {media}");
                for example in examples {
                    fits(&document, &body["schema"], example, name);
                }
            }
        }
    }
}

#[test]
fn every_problem_has_an_example_that_fits() {
    for document in documents() {
        let shared = document["components"]["responses"].as_object().into_iter().flatten();
        let shared = shared.map(|(name, answer)| (name.as_str(), answer));
        let own = operations(&document).flat_map(|(name, operation)| {
            operation["responses"].as_object().unwrap().values().map(move |answer| (name, answer))
        });
        for (name, answer) in shared.chain(own) {
            let body = &answer["content"]["application/problem+json"];
            if !body.is_null() {
                fits(&document, &body["schema"], &body["example"], name);
            }
        }
    }
}

#[test]
fn what_people_look_at_first_has_an_example_that_fits_its_shape() {
    let document = interfaces::openapi(Faults::On);
    let shapes = document["components"]["schemas"].as_object().unwrap();
    for name in SHOWN {
        assert!(shapes[name]["examples"][0].is_object(), "{name} has no example");
    }
    for document in documents() {
        for (name, shape) in document["components"]["schemas"].as_object().unwrap() {
            for example in shape["examples"].as_array().into_iter().flatten() {
                let schema = json!({"$ref": format!("#/components/schemas/{name}")});
                fits(&document, &schema, example, name);
            }
        }
    }
}
