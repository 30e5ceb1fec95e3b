//! Whether a schema of what is published still keeps what an older one promised.
//!
//! Who reads what we publish relies on what is always there, on its type, and on the words of closed lists: a word more
//! is news to a reader too, but one that the rule of this project allows (readers pass over what they do not know).

use serde_json::{Map, Value};

/// What `after` no longer promises of what `before` did, in a sentence each.
pub fn broken_promises(before: &Value, after: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let name = before["title"].as_str().unwrap_or_default().to_owned();
    compare(&name, (before, before), (after, after), &mut broken);
    broken
}

/// A schema, and the document whose parts it names.
type Within<'a> = (&'a Value, &'a Value);

fn compare(path: &str, before: Within<'_>, after: Within<'_>, broken: &mut Vec<String>) {
    let (old, new) = (resolved(before), resolved(after));
    if types(old) != types(new) && !types(new).iter().all(|name| types(old).contains(name)) {
        broken.push(format!("{path}: was {:?} and is {:?}", types(old), types(new)));
    }
    for word in words(old) {
        if !words(new).contains(&word) {
            broken.push(format!("{path}: the word {word} is gone"));
        }
    }
    for name in needed(old) {
        if !needed(new).contains(&name) {
            broken.push(format!("{path}.{name}: was always there and need not be any more"));
        }
    }
    for (name, field) in fields(old) {
        match fields(new).find(|(known, _)| *known == name) {
            Some((_, now)) => compare(&format!("{path}.{name}"), (field, before.1), (now, after.1), broken),
            None => broken.push(format!("{path}.{name}: is gone")),
        }
    }
    if let (Some(item), Some(now)) = (old.get("items"), new.get("items")) {
        compare(&format!("{path}[]"), (item, before.1), (now, after.1), broken);
    }
    for (index, choice) in choices(old).enumerate() {
        let kept = choices(new).any(|now| {
            let mut unlike = Vec::new();
            compare(path, (choice, before.1), (now, after.1), &mut unlike);
            unlike.is_empty()
        });
        if !kept {
            broken.push(format!("{path}: its choice {index} is gone"));
        }
    }
}

fn resolved((schema, document): Within<'_>) -> &Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn words(schema: &Value) -> Vec<&Value> {
    let words = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    words.chain(schema.get("const")).collect()
}

fn needed(schema: &Value) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn fields(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten()
}

mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "title": "baedal.app.OrderPlaced.v1",
            "type": "object",
            "required": ["amount", "how"],
            "properties": {
                "amount": {"$ref": "#/$defs/Amount"},
                "how": {"type": "string", "enum": ["CARD", "PHONE"]},
                "eta": {"type": ["string", "null"]},
                "lines": {"type": "array", "items": {"type": "object", "properties": {"quantity": {"type": "integer"}}}},
            },
            "$defs": {"Amount": {"type": "integer"}},
        })
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    }

    #[test]
    fn what_is_added_breaks_nothing() {
        let mut more = changed("/required", json!(["amount", "how", "eta"]));
        more["properties"]["note"] = json!({"type": "string"});
        more["properties"]["how"]["enum"] = json!(["CARD", "PHONE", "TRANSFER"]);
        assert_eq!(broken_promises(&event(), &more), Vec::<String>::new());
        assert_eq!(broken_promises(&event(), &event()), Vec::<String>::new());
    }

    #[test]
    fn what_is_taken_away_renamed_or_of_another_type_is_told_with_its_path() {
        let lines = json!({"type": "array", "items": {"type": "object", "properties": {"count": {"type": "integer"}}}});
        for (after, told) in [
            (changed("/required", json!(["amount"])), "baedal.app.OrderPlaced.v1.how: was always there"),
            (
                changed("/properties", json!({"amount": {"$ref": "#/$defs/Amount"}})),
                "baedal.app.OrderPlaced.v1.how: is gone",
            ),
            (changed("/$defs/Amount", json!({"type": "string"})), "baedal.app.OrderPlaced.v1.amount: was"),
            (changed("/$defs/Amount", json!({"type": ["integer", "null"]})), "baedal.app.OrderPlaced.v1.amount: was"),
            (changed("/properties/how/enum", json!(["CARD"])), "the word \"PHONE\" is gone"),
            (changed("/properties/lines", lines), "baedal.app.OrderPlaced.v1.lines[].quantity: is gone"),
        ] {
            let broken = broken_promises(&event(), &after);
            assert!(broken.iter().any(|one| one.contains(told)), "{told}: {broken:?}");
        }
    }
}
