//! What is published: a JSON Schema for each event in its envelope, and the AsyncAPI document of them all.

use kernel::Context;
use kernel::events::DomainEvent;
use kernel::events::app::AppEvent;
use kernel::events::customer::CustomerEvent;
use kernel::events::delivery::DeliveryEvent;
use kernel::events::pay::PayEvent;
use kernel::events::store::StoreEvent;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::shapes::settings;
use crate::cloudevents::{CloudEvent, type_of};

/// Where AsyncAPI keeps shapes that several messages name.
const COMPONENTS: &str = "/components/schemas";

/// In the order of the wall.
const CONTEXTS: [Context; 5] = [Context::App, Context::Pay, Context::Store, Context::Delivery, Context::Customer];

/// How events are read.
const READING: &str = "Operators read them at the gateway's `GET /api/events`: a page, or with \
    `Accept: text/event-stream` a stream that goes on after `Last-Event-ID`. Each may come again; its `id` says so. \
    Fields are added, none is renamed or taken away: anything else is a new version beside the old.";

/// An event as it is published.
struct Published {
    context: Context,
    name: &'static str,
    /// The whole message.
    shape: Map<String, Value>,
}

impl Published {
    fn type_name(&self) -> String {
        type_of(self.context, self.name)
    }

    fn about(&self) -> &Value {
        &self.shape["properties"]["data"]["description"]
    }
}

/// The JSON Schema of each published event in its envelope, by the event's type.
pub fn schemas() -> Vec<(String, Value)> {
    let schema = |event: Published| {
        let name = event.type_name();
        let mut shape = event.shape;
        let dialect = shape.remove("$schema").unwrap_or_default();
        let head = [("$schema", dialect), ("$id", schema_file(&name).into()), ("title", name.clone().into())];
        let head = head.map(|(key, value)| (key.to_owned(), value));
        (name, Value::Object(head.into_iter().chain(shape).collect()))
    };
    all(&CONTEXTS, &settings()).into_iter().map(schema).collect()
}

/// Where the schema of the event type `name` is served.
pub fn schema_file(name: &str) -> String {
    format!("/schemas/{name}.json")
}

/// The AsyncAPI document of all published events.
pub fn asyncapi() -> Value {
    let about = "Every event of every context as CloudEvents 1.0 in JSON, without personal data.";
    document("Baedal: published events", about, &CONTEXTS)
}

/// The AsyncAPI document of the events that `context` publishes.
pub fn asyncapi_of(context: Context) -> Value {
    let about = format!("Every event of {context} as CloudEvents 1.0 in JSON, without personal data.");
    document(&format!("Baedal: events of {context}"), &about, &[context])
}

/// No server is named: where the gateway is reached is for those to say who run it.
fn document(title: &str, about: &str, contexts: &[Context]) -> Value {
    let written = SchemaSettings::draft07().for_serialize().with(|settings| {
        settings.definitions_path = COMPONENTS.into();
        settings.meta_schema = None;
    });
    let (mut messages, mut shapes, mut channels) = (Map::new(), Map::new(), Map::new());
    for mut event in all(contexts, &written) {
        if let Some(Value::Object(mut parts)) = event.shape.remove("components") {
            shapes.extend(parts["schemas"].as_object_mut().map(std::mem::take).unwrap_or_default());
        }
        let (name, key) = (event.type_name(), format!("{}.{}", event.context, event.name));
        let channel = channels.entry(event.context.name()).or_insert_with(|| channel(event.context));
        channel["messages"][event.name] = json!({"$ref": format!("#/components/messages/{key}")});
        let message = json!({
            "name": name,
            "title": event.name,
            "summary": event.about(),
            "contentType": "application/cloudevents+json",
            "correlationId": {"location": "$message.payload#/correlationid", "description": "The order or store."},
            "externalDocs": {"url": schema_file(&name)},
            "payload": {"schemaFormat": "application/schema+json;version=draft-07", "schema": event.shape},
        });
        messages.insert(key, message);
    }
    let operations: Map<_, _> = channels.keys().map(|name| (format!("publish.{name}"), operation(name))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("{about} {READING}"),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": shapes},
    })
}

fn channel(context: Context) -> Value {
    json!({
        "address": "/api/events",
        "title": context.name(),
        "description": format!("The log of {context}, as the gateway's stream of all events carries it."),
        "messages": {},
    })
}

fn operation(channel: &str) -> Value {
    json!({
        "action": "send",
        "channel": {"$ref": format!("#/channels/{channel}")},
        "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
    })
}

/// Every event of `contexts`.
fn all(contexts: &[Context], settings: &SchemaSettings) -> Vec<Published> {
    contexts.iter().flat_map(|context| of(*context, settings)).collect()
}

fn of(context: Context, settings: &SchemaSettings) -> Vec<Published> {
    match context {
        Context::App => of_type::<AppEvent>(settings),
        Context::Pay => of_type::<PayEvent>(settings),
        Context::Store => of_type::<StoreEvent>(settings),
        Context::Delivery => of_type::<DeliveryEvent>(settings),
        Context::Customer => of_type::<CustomerEvent>(settings),
    }
}

fn of_type<E: DomainEvent>(settings: &SchemaSettings) -> Vec<Published> {
    let shapes = E::NAMES.iter().zip(E::shapes(settings));
    let published = |(name, body): (&&'static str, schemars::Schema)| {
        let shape = enveloped(E::CONTEXT, name, body.to_value(), settings);
        Published { context: E::CONTEXT, name, shape }
    };
    shapes.map(published).collect()
}

/// The envelope around `body`, which is the shape of the event `name` of `context`.
pub fn enveloped(context: Context, name: &str, mut body: Value, settings: &SchemaSettings) -> Map<String, Value> {
    let envelope = settings.clone().into_generator().into_root_schema_for::<CloudEvent<'_>>();
    let Value::Object(mut shape) = envelope.to_value() else { return Map::new() };
    shape.remove("title");
    if let Some(body) = body.as_object_mut() {
        for apart in ["$defs", "components"] {
            if let Some(parts) = body.remove(apart) {
                shape.insert(apart.to_owned(), parts);
            }
        }
        body.retain(|key, _| key != "$schema" && key != "title");
    }
    let fixed = [("type", type_of(context, name)), ("source", format!("/{context}"))];
    for (field, text) in fixed {
        shape["properties"][field]["const"] = text.into();
    }
    shape["properties"]["data"] = body;
    shape
}
