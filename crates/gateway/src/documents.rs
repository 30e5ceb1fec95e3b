//! What is published about the interfaces: the OpenAPI and AsyncAPI documents, a schema for each event, and a page to
//! read them and try them out.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use platform::describe::{asyncapi, schemas};
use platform::problem::Problem;
use serde_json::Value;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PAGE: &str = include_str!("documents/page.html");
const STYLE: &str = include_str!("documents/page.css");
const SCRIPT: &str = include_str!("documents/page.js");

/// Everything is from here, and nothing is in the page itself; the pictures are within the style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The documents. Each is put together when somebody first asks for it: that takes memory, and most starts need none.
#[derive(Clone)]
struct Documents(Arc<Written>);

struct Written {
    openapi: Later<Bytes>,
    asyncapi: LazyLock<Bytes>,
    schemas: LazyLock<BTreeMap<String, Bytes>>,
}

type Later<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// The documents' routes; `openapi` makes the document of all that the gateway answers.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(openapi: Arc<dyn Fn() -> Value + Send + Sync>) -> Router<S> {
    let documents = Written {
        openapi: Later::new(Box::new(move || written(&openapi()))),
        asyncapi: LazyLock::new(|| written(&asyncapi())),
        schemas: LazyLock::new(|| {
            schemas().into_iter().map(|(name, schema)| (format!("{name}.json"), written(&schema))).collect()
        }),
    };
    described_routes().with_state(Documents(Arc::new(documents))).into()
}

/// What they answer.
pub(crate) fn described() -> OpenApi {
    described_routes().into_openapi()
}

fn described_routes() -> OpenApiRouter<Documents> {
    OpenApiRouter::new()
        .routes(routes!(show_openapi))
        .routes(routes!(show_asyncapi))
        .routes(routes!(show_schema))
        .routes(routes!(page))
        .routes(routes!(part))
}

fn written(document: &Value) -> Bytes {
    serde_json::to_vec(document).unwrap_or_default().into()
}

#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "showOpenApi",
    tag = "machines",
    summary = "This document",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json")),
)]
async fn show_openapi(State(Documents(documents)): State<Documents>) -> Response {
    json(Bytes::clone(&documents.openapi))
}

#[utoipa::path(
    get,
    path = "/asyncapi.json",
    operation_id = "showAsyncApi",
    tag = "machines",
    summary = "The document of all published events",
    security(()),
    responses((status = 200, description = "AsyncAPI 3.", body = Object, content_type = "application/json")),
)]
async fn show_asyncapi(State(Documents(documents)): State<Documents>) -> Response {
    json(Bytes::clone(&documents.asyncapi))
}

#[utoipa::path(
    get,
    path = "/schemas/{file}",
    operation_id = "showSchema",
    tag = "machines",
    summary = "The JSON Schema of a published event",
    security(()),
    responses((status = 200, description = "JSON Schema 2020-12.", body = Object, content_type = "application/json")),
)]
async fn show_schema(State(Documents(documents)): State<Documents>, Path(file): Path<String>) -> Response {
    match documents.schemas.get(&file) {
        Some(schema) => json(schema.clone()),
        None => Problem::not_found().into_response(),
    }
}

#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "showDocs",
    tag = "pages",
    summary = "The interfaces, to read and to try out",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8")),
)]
async fn page() -> Response {
    let headers = [
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(PAGE)).into_response()
}

#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "showDocsPart",
    tag = "pages",
    summary = "A style or a script of that page",
    security(()),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/css; charset=utf-8"), (String = "text/javascript; charset=utf-8"),
        )),
    ),
)]
async fn part(Path(file): Path<String>) -> Response {
    match file.as_str() {
        "page.css" => asset("text/css; charset=utf-8", STYLE.as_bytes().into()),
        "page.js" => asset("text/javascript; charset=utf-8", SCRIPT.as_bytes().into()),
        "swagger-ui.css" => vendored(&file, "text/css; charset=utf-8"),
        "swagger-ui-bundle.js" => vendored(&file, "text/javascript; charset=utf-8"),
        _ => Problem::not_found().into_response(),
    }
}

/// A file of Swagger UI's, as it was built in.
fn vendored(file: &str, media: &'static str) -> Response {
    let found = utoipa_swagger_ui::serve(file, Arc::new(utoipa_swagger_ui::Config::from("/openapi.json")));
    match found {
        Ok(Some(file)) => asset(media, file.bytes.into_owned().into()),
        Ok(None) | Err(_) => Problem::not_found().into_response(),
    }
}

fn asset(media: &'static str, bytes: Bytes) -> Response {
    let headers = [(CONTENT_TYPE, media), (CACHE_CONTROL, "public, max-age=3600"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, bytes).into_response()
}

fn json(document: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], document).into_response()
}
