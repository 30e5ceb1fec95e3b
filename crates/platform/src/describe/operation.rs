//! What operations have in common: how each can fail, the ids in its path, and the headers of its answers.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::asked::KEY;
use super::samples::path_parameters;
use super::shapes::settings;
use crate::problem::{PROBLEM_JSON, Shape, example};

/// Where the types of problems begin.
const PROBLEMS: &str = "/problems/";

/// The problems of an operation: slugs by status.
type Problems = BTreeMap<u16, BTreeSet<String>>;

/// Adds to `operation`, which stands at `path` as `method`, what it has in common with others like it.
///
/// A response from 400 on that has no content lists in its description the slugs of its problems, with commas between.
pub(super) fn complete(path: &str, method: &str, operation: &mut Value) {
    let in_path = path_parameters(path);
    let in_query = has_parameter(operation, "in", "query");
    let keyed = has_parameter(operation, "name", KEY);
    let body = !operation["requestBody"].is_null();
    let json = !operation["requestBody"]["content"]["application/json"].is_null();
    let open = operation["security"].as_array().is_some_and(|all| all.iter().all(|one| *one == json!({})));
    if !open {
        add_problems(operation, &[(401, "unauthenticated"), (403, "forbidden")]);
    }
    if !in_path.is_empty() {
        add_problems(operation, &[(404, "not-found")]);
    }
    if in_query || keyed || body {
        add_problems(operation, &[(422, "invalid-field")]);
    }
    if keyed {
        add_problems(operation, &[(409, "busy"), (409, "request-in-progress"), (422, "idempotency-key-reused")]);
    }
    if keyed || body || method == "put" {
        add_problems(operation, &[(400, "broken-body"), (408, "request-timeout"), (413, "body-too-large")]);
    }
    if keyed || json || method == "put" {
        add_problems(operation, &[(400, "malformed-json"), (415, "unsupported-media-type")]);
    }
    add_problems(operation, &[(500, "bug"), (503, "unavailable"), (503, "paused")]);
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    operation["parameters"] = in_path.into_iter().chain(parameters).collect();
    if let Some(answers) = operation["responses"].as_object_mut() {
        for (status, answer) in answers {
            name_headers(status, keyed, answer);
        }
    }
}

fn has_parameter(operation: &Value, key: &str, value: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one[key] == value))
}

/// Adds problems, by status and slug, to what is said of `operation`.
pub fn add_problems(operation: &mut Value, more: &[(u16, &str)]) {
    let mut problems = Problems::new();
    for (status, slug) in more {
        problems.entry(*status).or_default().insert((*slug).to_owned());
    }
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    for (status, answer) in answers.iter() {
        let Some(status) = status.parse().ok().filter(|status| *status >= 400) else { continue };
        let slugs = slugs_in(answer).unwrap_or_default();
        problems.entry(status).or_default().extend(slugs.into_iter().map(str::to_owned));
        let known = answer["content"][PROBLEM_JSON]["schema"]["properties"]["type"]["enum"].as_array();
        let known = known.into_iter().flatten().filter_map(|known| known.as_str()?.strip_prefix(PROBLEMS));
        problems.entry(status).or_default().extend(known.map(str::to_owned));
    }
    for (status, slugs) in problems {
        let answer = answers.entry(status.to_string()).or_insert_with(|| json!({}));
        if slugs.is_empty() {
            continue;
        }
        // What has a page for people is told to programs all the same.
        let is_page =
            answer["content"].as_object().is_some_and(|content| content.keys().any(|key| key != PROBLEM_JSON));
        let types: Vec<_> = slugs.iter().map(|slug| format!("{PROBLEMS}{slug}")).collect();
        if !is_page {
            answer["description"] = slugs.iter().map(String::as_str).collect::<Vec<_>>().join(", ").into();
        }
        answer["content"][PROBLEM_JSON] = json!({"schema": {
            "$ref": "#/components/schemas/Problem",
            "properties": {"type": {"enum": types}, "status": {"const": status}},
        }, "example": slugs.first().map(|slug| example(status, slug))});
        if answer["headers"].is_null() {
            name_headers(&status.to_string(), false, answer);
        }
    }
}

/// The problems that the description of `answer` lists, if it is such a list.
fn slugs_in(answer: &Value) -> Option<Vec<&str>> {
    let slugs: Vec<_> = answer["description"].as_str()?.split(", ").collect();
    slugs.iter().all(|slug| is_slug(slug)).then_some(slugs)
}

fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn name_headers(status: &str, keyed: bool, answer: &mut Value) {
    let named = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    if answer["headers"].is_null() {
        answer["headers"] = json!({});
    }
    // What is no HTTP at all has no id.
    answer["headers"]["X-Request-Id"] = named(if status == "400" { "X-Request-Id-Where-Read" } else { "X-Request-Id" });
    if keyed {
        answer["headers"]["Idempotency-Replayed"] = named("Idempotency-Replayed");
    }
    if matches!(status, "202" | "409") {
        answer["headers"]["Retry-After"] = named("Retry-After");
    }
    if matches!(status, "429" | "503") {
        answer["headers"]["Retry-After"] = named("Retry-After-Always");
    }
}

/// Leaves only the name of each answer that several operations give, and gives these by their names.
pub(super) fn share_answers(paths: &mut Value) -> Map<String, Value> {
    let mut found: BTreeMap<String, (Value, Vec<&mut Value>)> = BTreeMap::new();
    let operations = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for answers in operations.filter_map(|operation| operation["responses"].as_object_mut()) {
        for (status, answer) in answers.iter_mut().filter(|(_, answer)| !answer["content"][PROBLEM_JSON].is_null()) {
            let Some(slugs) = slugs_in(answer).map(|slugs| slugs.join(".")) else { continue };
            let same = found.entry(format!("{status}.{slugs}")).or_insert_with(|| (answer.clone(), Vec::new()));
            if same.0 == *answer {
                same.1.push(answer);
            }
        }
    }
    let shared = found.into_iter().filter(|(_, (_, places))| places.len() > 1);
    let named = shared.map(|(name, (answer, places))| {
        for place in places {
            *place = json!({"$ref": format!("#/components/responses/{name}")});
        }
        (name, answer)
    });
    named.collect()
}

/// The headers that answers name.
pub(super) fn headers() -> Value {
    let seconds = json!({"type": "integer", "minimum": 1});
    json!({
        "X-Request-Id": {
            "description": "The request's id, under which it is logged.",
            "required": true,
            "schema": {"type": "string", "format": "uuid"},
        },
        "X-Request-Id-Where-Read": {
            "description": "The same; not there where the request could not even be read.",
            "schema": {"type": "string", "format": "uuid"},
        },
        "RateLimit": {
            "description": "What may still be asked, and in how many seconds all of it may be again, by each policy that \
                counts; not there for whom none does.",
            "schema": {"type": "string"},
            "example": "\"customer\";r=299;t=1",
        },
        "RateLimit-Policy": {
            "description": "How often one may ask, by each policy that counts.",
            "schema": {"type": "string"},
            "example": "\"customer\";q=300;w=60",
        },
        "Idempotency-Replayed": {
            "description": "There, and `true`, where the answer was given before.",
            "schema": {"type": "string", "const": "true"},
        },
        "Retry-After": {"description": "When to come back, in seconds.", "schema": seconds.clone()},
        "Retry-After-Always": {"description": "When to come back, in seconds.", "required": true, "schema": seconds},
    })
}

/// How one signs in.
pub(super) fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "For programs: the `token` of `POST /api/sessions`.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-baedal",
            "description": "For browsers: set by `POST /api/sessions`.",
        },
    })
}

/// The shape of a problem, and of all that it is made of.
pub(super) fn schemas() -> Map<String, Value> {
    let settings = settings().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    generator.subschema_for::<Shape>();
    debug_assert_eq!(Shape::schema_name(), "Problem");
    generator.take_definitions(true)
}
