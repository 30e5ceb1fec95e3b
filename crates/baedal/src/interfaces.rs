//! What all of it answers, in one document: each context's own, and the gateway's with everything as people call it.

use axum::Router;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use kernel::Context;
use platform::config::Settings;
use platform::describe::{Description, add_problems};
use platform::{faults, operations, resilience, telemetry};
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// What stands at the head of the gateway's document.
const ABOUT: &str = "A food-delivery platform. Who signs in at `POST /api/sessions` gets a token, to be sent as \
    `Authorization: Bearer …`; browsers get a cookie. Amounts are whole numbers of minor units beside a `currency`, \
    times RFC 3339 in UTC, ids UUIDs. What goes wrong is told as RFC 9457 problems, whose `type` never changes. \
    Names are in Korean, or in English for those whose `Accept-Language` says so. Streams are Server-Sent Events and \
    go on after `Last-Event-ID`.";

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
    let all = own.into_iter().chain(machinery).map(Description::of);
    all.reduce(Description::and).unwrap_or_default()
}

/// What the gateway answers: its own, and what it forwards, as people call it.
pub fn of_gateway() -> Description {
    let forwarded =
        Context::ALL.map(|context| of_context(context).moved(|method, path| at_the_gateway(context, method, path)));
    let forwarded = forwarded.into_iter().reduce(Description::and).unwrap_or_default();
    let outages = [(503, "service-unavailable"), (504, "service-timeout")];
    gateway::described().and(forwarded.with_each(|_, _, operation| add_problems(operation, &outages)))
}

/// Where the gateway has the operation of `context`, if it forwards it.
fn at_the_gateway(context: Context, method: &str, path: &str) -> Option<String> {
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?;
    let prefixed = format!("{}{path}", gateway::routes::PREFIX);
    [path.to_owned(), prefixed]
        .into_iter()
        .find(|path| gateway::routes::route(&method, path).is_some_and(|route| route.context == context))
}

/// The gateway's OpenAPI document, with the faults where they can be asked for.
pub fn openapi(faults: Faults) -> Value {
    faults.shown(of_gateway()).document("Baedal", ABOUT)
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
    faults.shown(of_context(context)).document(&format!("Baedal: {context}"), &about)
}

/// `GET /openapi.json` of `context`.
pub fn served(context: Context, faults: Faults) -> Router {
    let document = openapi_of(context, faults).to_string();
    let answer = async move || ([(CONTENT_TYPE, "application/json")], document.clone());
    Router::new().route("/openapi.json", get(answer))
}

/// What the start page links to.
pub fn documents() -> Vec<gateway::Document> {
    let links = [("API", "/docs"), ("openapi.json", "/openapi.json"), ("asyncapi.json", "/asyncapi.json")];
    links.map(|(title, href)| gateway::Document { title: title.to_owned(), href: href.to_owned() }).into()
}
