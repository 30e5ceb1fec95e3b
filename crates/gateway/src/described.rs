//! What the gateway's answers have in common, whoever gives them: all that stands around a call.

use kernel::access::{Method, Route};
use platform::describe::add_problems;
use serde_json::{Value, json};

use crate::traffic::is_order;

/// What is shown only to whoever is inside is not counted.
const INSIDE: [&str; 2] = ["/metrics", "/health/ready"];

/// Adds to `operation`, which stands at `path`, what may be answered before anybody carries it out. `route` is its row
/// of the table, which documents and health do not have.
pub fn add_what_stands_around(path: &str, route: Option<&Route>, operation: &mut Value) {
    add_problems(operation, &[(400, "ambiguous-request"), (400, "bad-host"), (408, "request-timeout")]);
    add_problems(operation, &[(414, "address-too-long"), (431, "headers-too-large")]);
    if INSIDE.contains(&path) {
        add_problems(operation, &[(401, "unauthenticated"), (403, "forbidden")]);
        return;
    }
    add_problems(operation, &[(429, "too-many-requests")]);
    if let Some(route) = route {
        add_what_is_let_through(route, operation);
    }
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    for (status, answer) in answers {
        for name in ["RateLimit", "RateLimit-Policy"] {
            answer["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
        }
        // Whoever looks at it in a browser gets a page that comes back by itself.
        if matches!(status.as_str(), "429" | "500" | "503" | "504") {
            answer["content"]["text/html; charset=utf-8"] = json!({"schema": {"type": "string"}});
        }
    }
}

/// What whoever asks for `route` is told who shows nothing good, or comes when there is too much.
fn add_what_is_let_through(route: &Route, operation: &mut Value) {
    add_problems(operation, &[(401, "unauthenticated"), (503, "overloaded"), (504, "service-timeout")]);
    if route.method != Method::Get {
        // Another site's page has sent it.
        add_problems(operation, &[(403, "forbidden")]);
    }
    if route.path.ends_with("/stream") || route.path == "/events" {
        add_problems(operation, &[(429, "too-many-streams")]);
    }
    if is_order(route) && route.method == Method::Post {
        add_problems(operation, &[(503, "waiting")]);
        operation["responses"]["503"]["headers"]["Location"] = json!({
            "description": "Where somebody who waits sees their place.",
            "schema": {"type": "string"},
        });
    }
}
