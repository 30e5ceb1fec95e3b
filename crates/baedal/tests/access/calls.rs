//! Calling the gateway and the services' own ports, as whoever it is.

use std::time::Duration;

use kernel::Context;
use kernel::access::{Place, ROUTES, Route};
use platform::identity::{IDENTITY_HEADER, Identity};
use platform::testing::acts;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::support::TestApp;

/// How long a stream may take to say what it begins with.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything, with faults that can be asked for, so that every row of the table is there.
pub async fn start() -> TestApp {
    TestApp::start_with(|settings| settings.faults = true).await
}

/// Every row with each context that answers it.
pub fn every() -> Vec<(&'static Route, Option<Context>)> {
    let rows = ROUTES.iter().flat_map(|route| {
        let of: Vec<_> = Context::ALL.into_iter().filter(|context| route.is_of(*context)).map(Some).collect();
        let of = if of.is_empty() { vec![None] } else { of };
        of.into_iter().map(move |context| (route, context))
    });
    rows.collect()
}

/// The path of a row with something in every place that names something; nobody has it.
pub fn nobodys(route: &Route, context: Option<Context>) -> String {
    let path = context.map_or(route.path.to_owned(), |context| route.path_at(context));
    let parts = path.split('/').map(|part| match part {
        "{id}" => "1",
        part if part.starts_with('{') => "01890000-0000-7000-8000-0000000000aa",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

pub fn method(route: &Route) -> Method {
    route.method.name().parse().unwrap()
}

/// Where the gateway has what is at `path` of a service; nothing where it is inside.
pub fn outside(app: &TestApp, route: &Route, path: &str) -> Option<String> {
    let api = app.gateway();
    match route.place {
        Place::Api => Some(format!("{api}{path}")),
        Place::Root => Some(format!("{}{path}", api.trim_end_matches("/api"))),
        Place::Inside => None,
    }
}

/// At the gateway, as `who` is signed in.
pub async fn signed_in(app: &TestApp, method: Method, who: &str, url: &str) -> RequestBuilder {
    let request = app.http.request(method, url);
    if who.is_empty() { request } else { request.bearer_auth(app.token(who).await) }
}

/// What whoever may sign for `who` would send with one call: app for itself, the gateway for people.
pub fn identity(app: &TestApp, context: Context, method: &Method, who: &str, path: &str) -> HeaderValue {
    if who.starts_with("service/") {
        let signer = app.parts.iter().find_map(|part| part.running.app_signer()).unwrap();
        return signer.sign(&acts(who), context, method, &path.parse().unwrap()).unwrap();
    }
    app.signed(who, context, method, path)
}

/// At the service's own port, as `who` in a signed identity.
pub fn carried(app: &TestApp, context: Context, method: Method, who: &str, path: &str) -> RequestBuilder {
    let identity = identity(app, context, &method, who, path);
    app.http.request(method, format!("{}{path}", app.service(context))).header(IDENTITY_HEADER, identity)
}

pub async fn send(request: RequestBuilder, body: Option<&Value>) -> Response {
    let request = match body {
        Some(Value::String(form)) => {
            request.header("Content-Type", "application/x-www-form-urlencoded").body(form.clone())
        }
        Some(body) => request.json(body),
        None => request,
    };
    request.send().await.unwrap()
}

/// What is answered, which has to be `status`. Whether it is as it is described is looked at in the journeys.
pub async fn answered(request: RequestBuilder, body: Option<&Value>, status: u16) -> Value {
    let answer = send(request, body).await;
    let (url, got) = (answer.url().clone(), answer.status().as_u16());
    let text = answer.text().await.unwrap();
    assert_eq!(got, status, "{url}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

pub fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// The answer's text; of a stream what it says until `last` has come.
pub async fn text(mut response: Response, last: &str) -> String {
    if !is_stream(&response) {
        return response.text().await.unwrap();
    }
    let mut text = String::new();
    while !text.contains(last) {
        let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("a stream never said {last}: {text}"));
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap().expect("a stream that goes on")));
    }
    text
}

/// Who acts, as services are told.
pub fn told(who: &str) -> Identity {
    acts(who)
}
