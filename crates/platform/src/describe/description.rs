//! The OpenAPI document of what one service answers, and of several together.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::operation;
pub use super::operation::add_problems;
use super::shapes::unslot;

/// What operations are about, in the order in which people look for it.
const TAGS: [(&str, &str); 13] = [
    ("sessions", "Signing in and out."),
    ("stores", "Choosing a store, and running one."),
    ("orders", "Ordering, paying, cancelling."),
    ("kitchen", "What owners do with the orders before them."),
    ("deliveries", "What riders do, and stores that deliver by themselves."),
    ("notifications", "What customers are told."),
    ("events", "All that happens, for programs that listen."),
    ("operations", "What operators see and do."),
    ("faults", "What can be broken on purpose, where the server was started for it."),
    ("pages", "For people, in a browser."),
    ("payments", "What app asks pay."),
    ("webhooks", "What providers tell unasked; it is not believed, they are asked."),
    ("machines", "Health, metrics and documents."),
];

/// What is answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    /// By path and method.
    paths: BTreeMap<String, Map<String, Value>>,
    schemas: Map<String, Value>,
}

impl Description {
    /// What `routes` say of themselves, and what every operation has in common.
    pub fn of(routes: OpenApi) -> Self {
        let mut whole = serde_json::to_value(routes).unwrap_or_default();
        unslot(&mut whole);
        let mut schemas = whole["components"]["schemas"].as_object_mut().map(std::mem::take).unwrap_or_default();
        schemas.extend(operation::schemas());
        let paths = whole["paths"].as_object_mut().map(std::mem::take).unwrap_or_default();
        let paths = paths.into_iter().map(|(path, mut item)| {
            let mut item = item.as_object_mut().map(std::mem::take).unwrap_or_default();
            for (method, operation) in &mut item {
                operation::complete(&path, method, operation);
            }
            (path, item)
        });
        Self { paths: paths.collect(), schemas }
    }

    /// Every method and path.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.paths.iter().flat_map(|(path, item)| item.keys().map(|method| (method.as_str(), path.as_str())))
    }

    /// The same with each operation where `place` puts it, by method and path; what it puts nowhere is left out.
    #[must_use]
    pub fn moved(self, place: impl Fn(&str, &str) -> Option<String>) -> Self {
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for (path, item) in self.paths {
            for (method, operation) in item {
                if let Some(path) = place(&method, &path) {
                    paths.entry(path).or_default().insert(method, operation);
                }
            }
        }
        Self { paths, schemas: self.schemas }
    }

    /// The same with `change` made to each operation, which it gets with its method and path.
    #[must_use]
    pub fn with_each(mut self, change: impl Fn(&str, &str, &mut Value)) -> Self {
        for (path, item) in &mut self.paths {
            for (method, operation) in item {
                change(method, path, operation);
            }
        }
        self
    }

    /// The same with `example` shown of the shape `name`, where something answers with it.
    #[must_use]
    pub fn with_example(mut self, name: &str, example: Value) -> Self {
        if let Some(shape) = self.schemas.get_mut(name) {
            shape["examples"] = Value::Array(vec![example]);
        }
        self
    }

    /// Both together.
    ///
    /// # Panics
    /// When both have an operation at the same place, or different shapes under the same name.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (path, item) in other.paths {
            for (method, operation) in item {
                let before = self.paths.entry(path.clone()).or_default().insert(method, operation);
                assert!(before.is_none(), "{path} is described twice");
            }
        }
        for (name, shape) in other.schemas {
            let same = self.schemas.get(&name).is_none_or(|known| *known == shape);
            assert!(same, "two shapes are called {name}");
            self.schemas.insert(name, shape);
        }
        self
    }

    /// The document, whose `about` is shown at its head.
    pub fn document(&self, title: &str, about: &str) -> Value {
        let mut paths = json!(self.paths);
        let answers = operation::share_answers(&mut paths);
        let mut schemas = self.schemas.clone();
        keep_named(&json!([paths, answers]), &mut schemas);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": title,
                "version": env!("CARGO_PKG_VERSION"),
                "description": about,
                "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "security": [{"bearer": []}, {"session": []}],
            "tags": TAGS.map(|(name, description)| json!({"name": name, "description": description})),
            "paths": paths,
            "components": {
                "responses": answers,
                "schemas": schemas,
                "headers": operation::headers(),
                "securitySchemes": operation::security_schemes(),
            },
        })
    }
}

/// Leaves only those shapes that `paths`, or another shape, names.
fn keep_named(paths: &Value, schemas: &mut Map<String, Value>) {
    let mut named = Vec::new();
    names_in(paths, &mut named);
    let mut known = 0;
    while known < named.len() {
        if let Some(shape) = schemas.get(&named[known]) {
            names_in(shape, &mut named);
        }
        known += 1;
    }
    schemas.retain(|name, _| named.contains(name));
}

fn names_in(value: &Value, named: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|name| name.strip_prefix("#/components/schemas/"))
                && !named.iter().any(|known| known == name)
            {
                named.push(name.to_owned());
            }
            fields.values().for_each(|value| names_in(value, named));
        }
        Value::Array(items) => items.iter().for_each(|value| names_in(value, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
