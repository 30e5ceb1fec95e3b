//! From the types that serde writes and reads to schemas.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::operations::Items;
use crate::paging::Page;

/// Where the description keeps its schemas.
const COMPONENTS: &str = "/components/schemas";

/// Under this a schema travels whole through utoipa's builders, which know fewer words than JSON Schema has.
pub(super) const SLOT: &str = "x-shape";

/// How shapes are told in documents: as JSON Schema 2020-12, in the contract of whoever writes.
pub(super) fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(close_list))
}

fn in_components() -> SchemaSettings {
    settings().with(|settings| {
        settings.definitions_path = COMPONENTS.into();
        settings.meta_schema = None;
    })
}

/// What is read may leave out what is written always, so that a shape that is read names no part of its own.
fn as_read() -> SchemaSettings {
    in_components().for_deserialize().with(|settings| settings.inline_subschemas = true)
}

/// A list of words, of which some have a description, is one list.
fn close_list(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let Some(words) = choices.iter().map(words_of).collect::<Option<Vec<_>>>() else { return };
    let described = words.iter().flatten().filter_map(|(word, what)| Some(format!("- `{word}`: {}", (*what)?)));
    let text = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let text = text.into_iter().chain(described).collect::<Vec<_>>().join("\n");
    let words: Vec<Value> = words.iter().flatten().map(|(word, _)| Value::from(*word)).collect();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    if !text.is_empty() {
        schema.insert("description".to_owned(), text.into());
    }
}

fn words_of(choice: &Value) -> Option<Vec<(&str, Option<&str>)>> {
    let what = choice.get("description").and_then(Value::as_str);
    match (choice.get("const"), choice.get("enum")) {
        (Some(word), None) => Some(vec![(word.as_str()?, what)]),
        (None, Some(Value::Array(words))) => words.iter().map(|word| Some((word.as_str()?, what))).collect(),
        (_, _) => None,
    }
}

/// The shape of `T` as it is written, for utoipa.
pub fn written<T: JsonSchema>() -> RefOr<utoipa::openapi::Schema> {
    slot(whole::<T>(in_components()))
}

/// What the shape of `T` as it is written is called.
pub fn name_written<T: JsonSchema>() -> Cow<'static, str> {
    T::schema_name()
}

/// Adds the shape of `T` as it is written, and of all that it is made of.
pub fn every_written<T: JsonSchema>(all: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
    let mut generator = in_components().into_generator();
    generator.subschema_for::<T>();
    all.extend(generator.take_definitions(true).into_iter().map(|(name, shape)| (name, slot(shape))));
}

/// The shape of `T` as it is read, for utoipa.
pub fn taken<T: JsonSchema>() -> RefOr<utoipa::openapi::Schema> {
    slot(whole::<T>(as_read()))
}

/// What the shape of `T` as it is read is called: the same type may be written too.
pub fn name_taken<T: JsonSchema>() -> Cow<'static, str> {
    let name = T::schema_name();
    if name.ends_with("Body") { name } else { Cow::Owned(format!("{name}Body")) }
}

/// Adds the shape of `T` as it is read.
pub fn every_taken<T: JsonSchema>(all: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
    all.push((name_taken::<T>().into_owned(), taken::<T>()));
}

/// The fields of `T` as they are read, with those that have to be there.
pub(super) fn fields<T: JsonSchema>() -> (Map<String, Value>, Vec<String>) {
    let mut shape = whole::<T>(as_read());
    let fields = shape.get_mut("properties").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default();
    let needed = shape.get("required").and_then(Value::as_array).into_iter().flatten();
    (fields, needed.filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

fn whole<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let mut shape = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(shape) = shape.as_object_mut() {
        shape.remove("title");
        shape.remove("components");
    }
    shape
}

/// A schema that is none but carries one.
pub(super) fn slot(shape: Value) -> RefOr<utoipa::openapi::Schema> {
    let extensions = ExtensionsBuilder::new().add(SLOT, shape).build();
    RefOr::T(ObjectBuilder::new().extensions(Some(extensions)).build().into())
}

/// Puts every schema that was carried into its place.
pub(super) fn unslot(value: &mut Value) {
    if let Some(shape) = value.get_mut(SLOT).map(Value::take) {
        *value = shape;
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(unslot),
        Value::Array(items) => items.iter_mut().for_each(unslot),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The same as [`crate::written!`], for a list of anything.
macro_rules! lists_written {
    ($($List:ident),+) => {$(
        impl<T: JsonSchema> PartialSchema for $List<T> {
            fn schema() -> RefOr<utoipa::openapi::Schema> {
                written::<Self>()
            }
        }

        impl<T: JsonSchema> ToSchema for $List<T> {
            fn name() -> Cow<'static, str> {
                name_written::<Self>()
            }

            fn schemas(all: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
                every_written::<Self>(all);
            }
        }
    )+};
}

lists_written!(Page, Items);
