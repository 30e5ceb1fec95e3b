//! What is asked beside the path and the body: queries, and the headers that several operations read.

use schemars::JsonSchema;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::shapes::{fields, slot};
use crate::paging::{LARGEST_LIMIT, Paging, USUAL_LIMIT};

/// Operations that are done once, however often they are asked for with the same key.
pub struct Idempotent;

/// Streams that go on where a reader has come to.
pub struct Resumable;

/// The name of the header that makes an operation idempotent.
pub(super) const KEY: &str = "Idempotency-Key";

type In = Option<ParameterIn>;

impl IntoParams for Idempotent {
    fn into_params(_: impl Fn() -> In) -> Vec<Parameter> {
        let what = "Known again by this for 24 h: the same key and body by the same person get the first answer again, \
                    with `Idempotency-Replayed: true`.";
        let shape = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"});
        vec![parameter(KEY, ParameterIn::Header, what, shape, Required::False)]
    }
}

impl IntoParams for Resumable {
    fn into_params(_: impl Fn() -> In) -> Vec<Parameter> {
        let what = "The `id` of the last message seen: what came after it is sent first.";
        vec![parameter("Last-Event-ID", ParameterIn::Header, what, json!({"type": "string"}), Required::False)]
    }
}

impl IntoParams for Paging {
    fn into_params(_: impl Fn() -> In) -> Vec<Parameter> {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT});
        let cursor = json!({"type": "string", "pattern": "^([0-9a-f]{2})+$"});
        vec![
            parameter("limit", ParameterIn::Query, "How many items the page has.", limit, Required::False),
            parameter("cursor", ParameterIn::Query, "`next` of the page before.", cursor, Required::False),
        ]
    }
}

/// The fields of `T`, which are read from the query.
pub fn query<T: JsonSchema>() -> Vec<Parameter> {
    let (fields, needed) = fields::<T>();
    let parameter = |(name, mut shape): (String, Value)| {
        never_null(&mut shape);
        let what = shape.as_object_mut().and_then(|shape| shape.remove("description"));
        let what = what.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        let needed = if needed.contains(&name) { Required::True } else { Required::False };
        parameter(&name, ParameterIn::Query, &what, shape, needed)
    };
    fields.into_iter().map(parameter).collect()
}

/// What is left out of a query is not there; nothing in it is null.
fn never_null(shape: &mut Value) {
    if let Some(types) = shape.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = &mut types[..] {
            shape["type"] = only.take();
        }
    }
    if let Some(words) = shape.get_mut("enum").and_then(Value::as_array_mut) {
        words.retain(|word| !word.is_null());
    }
    if let Some(choices) = shape.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [only] = &mut choices[..] {
            *shape = only.take();
        }
    }
    if let Some(fields) = shape.as_object_mut() {
        fields.remove("default");
    }
}

fn parameter(name: &str, place: ParameterIn, what: &str, shape: Value, needed: Required) -> Parameter {
    let what = Some(what).filter(|what| !what.is_empty());
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(needed).description(what);
    parameter.schema(Some(slot(shape))).build()
}
