//! Contracts that consumers write: which fields of which events of another context they rely on.
//!
//! A contract is a file in the consumer's crate, `contracts/<provider>.json`. It is not written down by hand but found
//! out: a field that is taken away and then stops the reading is *needed*, one whose other value makes another command
//! is *used*. The consumer's test finds both out again; the provider's side is held to it in `crates/baedal/tests`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kernel::events::{DomainEvent, Recorded};
use kernel::{Context, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::cloudevents::type_of;
use crate::describe::schemas;

/// What a consumer relies on of what a provider publishes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// Who relies on it.
    pub consumer: Context,
    /// Who publishes it.
    pub provider: Context,
    /// By the event's name.
    pub events: BTreeMap<String, Reading>,
}

/// What a consumer relies on of one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// A body as the consumer understands it.
    pub example: Map<String, Value>,
    /// Without these the event cannot be read.
    pub needs: Vec<String>,
    /// What comes of the event depends on these.
    pub uses: Vec<String>,
}

/// How a contract does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The file is not what the consumer's reading gives.
    #[error("{0} is not what the code reads; UPDATE_CONTRACTS=1 rewrites it. It would be\n{1}")]
    Stale(PathBuf, String),
    /// An example that cannot be read, or a file.
    #[error("{0}")]
    Unreadable(String),
}

/// Holds the contract of the crate at `root` with the provider of `E` to what the crate does: `acts` tells what comes of
/// an event, if anything does.
///
/// # Errors
/// [`Broken`]; with `UPDATE_CONTRACTS` set the file is written instead.
pub fn hold<E: DomainEvent>(
    consumer: Context,
    root: &str,
    acts: impl Fn(&Recorded<E>) -> Option<String>,
) -> Result<(), Broken> {
    let file = Path::new(root).join(format!("contracts/{}.json", E::CONTEXT));
    let published: BTreeMap<String, Value> = schemas().into_iter().collect();
    let mut events = BTreeMap::new();
    for name in E::NAMES {
        let example = body::<E>(root, name)?;
        let schema = &published[&type_of(E::CONTEXT, name)];
        if let Some(reading) = reading::<E>(name, example, schema, &acts)? {
            events.insert((*name).to_owned(), reading);
        }
    }
    let found = Contract { consumer, provider: E::CONTEXT, events };
    let mut text = serde_json::to_string_pretty(&found).map_err(|error| Broken::Unreadable(error.to_string()))?;
    text.push('\n');
    if std::env::var_os("UPDATE_CONTRACTS").is_some() {
        let written = fs::create_dir_all(file.parent().unwrap_or(&file)).and_then(|()| fs::write(&file, &text));
        return written.map_err(|error| Broken::Unreadable(format!("{}: {error}", file.display())));
    }
    if fs::read_to_string(&file).unwrap_or_default() == text { Ok(()) } else { Err(Broken::Stale(file, text)) }
}

/// The event `name` as the provider's own tests hold it.
///
/// # Errors
/// [`Broken::Unreadable`].
pub fn sample<E: DomainEvent>(root: &str, name: &str) -> Result<Recorded<E>, Broken> {
    read(name, &body::<E>(root, name)?).ok_or_else(|| Broken::Unreadable(format!("{name} is not understood")))
}

fn body<E: DomainEvent>(root: &str, name: &str) -> Result<Map<String, Value>, Broken> {
    let file = Path::new(root).join(format!("../kernel/tests/golden/{}/{name}.json", E::CONTEXT));
    let text = fs::read_to_string(&file).map_err(|error| Broken::Unreadable(format!("{}: {error}", file.display())))?;
    serde_json::from_str(&text).map_err(|error| Broken::Unreadable(format!("{}: {error}", file.display())))
}

/// What `acts` relies on of the event `name`; `None` where nothing comes of it, whatever it says.
fn reading<E: DomainEvent>(
    name: &str,
    example: Map<String, Value>,
    schema: &Value,
    acts: &impl Fn(&Recorded<E>) -> Option<String>,
) -> Result<Option<Reading>, Broken> {
    let act = |body: &Map<String, Value>| read::<E>(name, body).map(|event| acts(&event));
    let usual = act(&example).ok_or_else(|| Broken::Unreadable(format!("the example of {name} is not understood")))?;
    let (mut needs, mut uses) = (Vec::new(), Vec::new());
    for field in example.keys() {
        let mut less = example.clone();
        less.remove(field);
        if act(&less).is_none() {
            needs.push(field.clone());
        }
        let others = others(&example[field], &schema["properties"]["data"]["properties"][field], schema);
        let makes_another = |other: Value| {
            let mut changed = example.clone();
            changed.insert(field.clone(), other);
            act(&changed).is_some_and(|acted| acted != usual)
        };
        if others.into_iter().any(makes_another) {
            uses.push(field.clone());
        }
    }
    let heard = usual.is_some() || !uses.is_empty();
    Ok(heard.then_some(Reading { example, needs, uses }))
}

fn read<E: DomainEvent>(name: &str, body: &Map<String, Value>) -> Option<Recorded<E>> {
    let event = E::read(name, &serde_json::to_string(body).ok()?, None).ok()?;
    Some(Recorded {
        id: "log/1".to_owned(),
        position: 1,
        subject: Uuid::from_u128(1),
        version: 1,
        at: Time::UNIX_EPOCH,
        causation: "log/0".to_owned(),
        trace: None,
        event,
    })
}

/// Other values that a field with this `value` could have, by its `schema` within `document`.
fn others(value: &Value, schema: &Value, document: &Value) -> Vec<Value> {
    let schema = resolved(schema, document);
    let words = schema["enum"].as_array().into_iter().flatten();
    let choices = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    let mut all: Vec<Value> = words.filter(|word| *word != value).cloned().collect();
    all.extend(choices.flat_map(|choice| others(value, choice, document)));
    all.extend(schema.get("const").filter(|word| *word != value).cloned());
    match value {
        Value::Number(number) => all.extend(number.as_i64().map(|number| Value::from(number + 1))),
        Value::Bool(known) => all.push(Value::from(!known)),
        Value::String(text) => all.extend(other_text(text)),
        Value::Array(items) => {
            all.push(Value::Array(Vec::new()));
            for (index, item) in items.iter().enumerate() {
                all.extend(others(item, &schema["items"], document).into_iter().map(|other| {
                    let mut items = items.clone();
                    items[index] = other;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                all.extend(others(field, &schema["properties"][name], document).into_iter().map(|other| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), other);
                    Value::Object(fields)
                }));
            }
        }
        Value::Null => {}
    }
    all
}

fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn other_text(text: &str) -> Vec<Value> {
    let later = text.parse::<Time>().ok().and_then(|time| time.checked_add(jiff::SignedDuration::from_mins(7)).ok());
    let id = Uuid::try_parse(text).ok().map(|id| Uuid::from_u128(id.as_u128() ^ 1));
    match (later, id) {
        (Some(later), _) => vec![later.to_string().into()],
        (None, Some(id)) => vec![id.to_string().into()],
        (None, None) => vec![format!("{text}x").into()],
    }
}

/// What of `data`, a body that was really published as the event `name`, does not keep `contract`: in a sentence each.
pub fn broken_by(contract: &Contract, name: &str, data: &Value) -> Vec<String> {
    let Some(reading) = contract.events.get(name) else { return Vec::new() };
    let missing = reading.needs.iter().filter(|field| data.get(field.as_str()).is_none());
    let told = |field: &String| {
        format!("{} relies on {}'s {name}.{field}, which is not there", contract.consumer, contract.provider)
    };
    missing.map(told).collect()
}
