//! What all of it answers, in one document: each context's own, and the gateway's with everything as people call it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{MethodRouter, get};
use kernel::Context;
use kernel::access::{May, Place, ROUTES, Route, Server};
use kernel::people::Role;
use platform::config::Settings;
use platform::describe::{Description, add_problems, asyncapi_of};
use platform::{faults, operations, resilience, telemetry};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

/// What stands at the head of the gateway's document.
const ABOUT: &str = "A food-delivery platform. Who signs in at `POST /api/sessions` gets a token, to be sent as \
    `Authorization: Bearer …`; browsers get a cookie. Amounts are whole numbers of minor units beside a `currency`, \
    times RFC 3339 in UTC, ids UUIDs. What goes wrong is told as RFC 9457 problems, whose `type` never changes. \
    Names are in Korean, or in English for those whose `Accept-Language` says so. Streams are Server-Sent Events and \
    go on after `Last-Event-ID`.";

/// Answers that the demo has given, by their shapes' names.
const EXAMPLES: &str = include_str!("interfaces/examples.json");

/// What `context` answers at its own port.
pub fn of_context(context: Context) -> Description {
    let own: Vec<OpenApi> = match context {
        Context::App => vec![app::http::described(), resilience::operations::described(context)],
        Context::Pay => vec![pay::http::described(), resilience::operations::described(context)],
        Context::Store => vec![store::http::described()],
        Context::Delivery => vec![delivery::described()],
        Context::Customer => vec![customer::http::described()],
    };
    let machinery = [operations::described(context), faults::described(context), telemetry::described()];
    let all = own.into_iter().chain(machinery).map(Description::of).reduce(Description::and).unwrap_or_default();
    all.with_each(|method, path, operation| say_who_may(row(Some(context), method, path), operation))
}

/// What the gateway answers: its own, and what it forwards, as people call it.
pub fn of_gateway() -> Description {
    let outages = [(503, "service-unavailable"), (504, "service-timeout")];
    let forwarded = Context::ALL.map(|context| {
        let place = |method: &str, path: &str| {
            row(Some(context), method, path).and_then(|route| outside(route, &route.path_at(context)))
        };
        let all = of_context(context).with_each(|method, path, operation| {
            add_problems(operation, &outages);
            gateway::add_what_stands_around(path, row(Some(context), method, path), operation);
        });
        all.moved(place)
    });
    let own = gateway::described().with_each(|method, path, operation| {
        let route = row(None, method, path);
        say_who_may(route, operation);
        gateway::add_what_stands_around(path, route, operation);
    });
    forwarded.into_iter().fold(own, Description::and)
}

/// The row of the table that `context` answers `method` and `path` by, or the gateway where none is named.
fn row(context: Option<Context>, method: &str, path: &str) -> Option<&'static Route> {
    let is_at = |route: &Route| match context {
        Some(context) => route.is_of(context) && route.path_at(context) == path,
        None => route.by == Server::Gateway && outside(route, route.path).as_deref() == Some(path),
    };
    ROUTES.iter().find(|route| route.method.name().eq_ignore_ascii_case(method) && is_at(route))
}

/// Where people call what `route` has at `path`, if they can.
fn outside(route: &Route, path: &str) -> Option<String> {
    match route.place {
        Place::Api => Some(format!("/api{path}")),
        Place::Root => Some(path.to_owned()),
        Place::Inside => None,
    }
}

/// Says in `operation` who may call it, as the table has it.
fn say_who_may(route: Option<&Route>, operation: &mut Value) {
    let Some(route) = route.filter(|route| route.may(None) == May::No) else { return };
    let people = Role::OF_PEOPLE.into_iter().filter_map(|role| match route.may(Some(role)) {
        May::No => None,
        May::Own => Some(format!("{} (their own)", role.name())),
        May::All => Some(role.name().to_owned()),
    });
    let services = (route.services != May::No).then(|| "our own services".to_owned());
    let who = people.chain(services).collect::<Vec<_>>().join(", ");
    let told = operation["description"].as_str().map_or_else(String::new, |text| format!("\n\n{text}"));
    operation["description"] = format!("For: {who}.{told}").into();
}

/// The gateway's OpenAPI document, with the faults where they can be asked for.
pub fn openapi(faults: Faults) -> Value {
    with_examples(faults.shown(of_gateway())).document("Baedal", ABOUT)
}

/// `all`, with an example of each shape that people look at first, and of the lists of them.
fn with_examples(all: Description) -> Description {
    let examples: BTreeMap<String, Value> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let lists = examples.iter().map(|(name, one)| (format!("PageOf{name}"), json!({"items": [one]})));
    let lists: Vec<_> = lists.filter(|(name, _)| !examples.contains_key(name)).collect();
    examples.into_iter().chain(lists).fold(all, |all, (name, example)| all.with_example(&name, example))
}

/// Whether faults can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// They can.
    On,
    /// Their addresses do not exist.
    Off,
}

impl Faults {
    /// As the setting says.
    pub fn of(settings: &Settings) -> Self {
        if settings.faults { Self::On } else { Self::Off }
    }

    fn shown(self, all: Description) -> Description {
        all.moved(|_, path| (self == Self::On || !path.ends_with("/faults")).then(|| path.to_owned()))
    }
}

/// The OpenAPI document of `context` at its own port.
pub fn openapi_of(context: Context, faults: Faults) -> Value {
    let about = format!("The service {context} at its own port. People and programs call it through the gateway.");
    with_examples(faults.shown(of_context(context))).document(&format!("Baedal: {context}"), &about)
}

/// `GET /openapi.json` and `GET /asyncapi.json` of `context`.
pub fn served(context: Context, faults: Faults) -> Router {
    let openapi = document(move || openapi_of(context, faults));
    Router::new().route("/openapi.json", openapi).route("/asyncapi.json", document(move || asyncapi_of(context)))
}

/// What `write` writes, which is put together when somebody asks for it.
fn document(write: impl FnOnce() -> Value + Send + 'static) -> MethodRouter {
    let document = Arc::new(LazyLock::new(move || Bytes::from(write().to_string())));
    get(async move || ([(CONTENT_TYPE, "application/json")], Bytes::clone(&document)))
}

/// What the start page links to.
pub fn documents() -> Vec<gateway::Document> {
    let links = [
        ("모든 호출 · Every call, to be tried", "/docs"),
        ("openapi.json", "/openapi.json"),
        ("asyncapi.json", "/asyncapi.json"),
    ];
    links.map(|(title, href)| gateway::Document { title: title.to_owned(), href: href.to_owned() }).into()
}
