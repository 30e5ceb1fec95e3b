//! What went wrong, told to people and machines (RFC 9457, `application/problem+json`).

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::Context;
use kernel::ids::OrderId;
use kernel::money::Amount;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An answer that is not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    status: StatusCode,
    body: Shape,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What went wrong (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Problem")]
pub(crate) struct Shape {
    /// Which problem it is: the same text for the same problem, for good.
    #[schemars(regex(pattern = "^/problems/[a-z-]+$"))]
    r#type: String,
    /// What it is called.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is the matter here, for people.
    detail: String,
    /// What is wrong with which field of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldProblem>,
    /// The order it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    /// What the order comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_amount: Option<Amount>,
    /// The services that did not answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Context>,
    /// Where somebody stands who has to wait.
    #[serde(flatten)]
    place: Option<Place>,
    /// Under which id a bug is logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
}

/// Where somebody stands who has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Place {
    position: u64,
    wait_seconds: u64,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// The path of the field, like `items[0].quantity`.
    pub field: String,
    /// A sentence for people.
    pub reason: String,
}

impl FieldProblem {
    /// `reason` is why `field` cannot be taken.
    pub fn new(field: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self { field: field.into(), reason: reason.to_string() }
    }
}

/// What an error says as a sentence for people: with a capital and a full stop.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

impl Problem {
    /// A problem of the stable type `/problems/<slug>`; `detail` is a sentence for people.
    pub fn new(status: StatusCode, slug: &str, detail: impl std::fmt::Display) -> Self {
        let body = Shape {
            r#type: format!("/problems/{slug}"),
            title: title(slug),
            status: status.as_u16(),
            detail: detail.to_string(),
            fields: Vec::new(),
            order_id: None,
            total_amount: None,
            missing: Vec::new(),
            place: None,
            id: None,
        };
        Self(Box::new(Inner { status, body, headers: Vec::new() }))
    }

    /// 400: the body is not JSON.
    pub fn malformed_json(detail: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-json", detail)
    }

    /// 401: nobody in particular asks.
    pub fn unauthenticated(detail: impl std::fmt::Display) -> Self {
        let problem = Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail);
        problem.with_header(WWW_AUTHENTICATE, "Bearer")
    }

    /// 402: the provider said no; the order waits for another try.
    pub fn payment_required(slug: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, slug, detail)
    }

    /// 403: the one who asks may not.
    pub fn forbidden(detail: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404: there is no such thing, or it is somebody else's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address.")
    }

    /// 405: the address exists, the method does not.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This address does not know that method.")
    }

    /// 408: the request did not arrive in time; the connection is closed.
    pub fn request_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", "The request did not arrive whole in time.").closing()
    }

    /// 409: not in this state.
    pub fn conflict(slug: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::CONFLICT, slug, detail)
    }

    /// 413: the body has more than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body may have at most {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
    }

    /// 415: the body is of another media type.
    pub fn unsupported_media_type() -> Self {
        let detail = "The body has to be sent as Content-Type: application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
    }

    /// 422: one field cannot be taken.
    pub fn invalid_field(field: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::invalid_fields(vec![FieldProblem::new(field, reason)])
    }

    /// 422: these fields cannot be taken.
    pub fn invalid_fields(fields: Vec<FieldProblem>) -> Self {
        let told: Vec<_> = fields.iter().map(|one| format!("{}: {}", one.field, one.reason)).collect();
        Self::unprocessable("invalid-field", told.join("; ")).with_fields(fields)
    }

    /// 422: the request is understood and cannot be done as it is.
    pub fn unprocessable(slug: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, slug, detail)
    }

    /// 429: too often; come back after `seconds`.
    pub fn too_many_requests(seconds: u64) -> Self {
        let detail = format!("Too many requests; please try again in {seconds} s.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail).retry_after(seconds)
    }

    /// 500: a bug of ours, told by the id under which it is logged and nothing else.
    pub fn bug(id: Uuid) -> Self {
        let detail = format!("Something went wrong on our side. It is logged as {id}.");
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "bug", detail);
        problem.0.body.id = Some(id);
        problem
    }

    /// 503: an outage; come back after `seconds`.
    pub fn unavailable(detail: impl std::fmt::Display, seconds: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(seconds)
    }

    /// With the fields it is about.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldProblem>) -> Self {
        self.0.body.fields = fields;
        self
    }

    /// With the order it is about.
    #[must_use]
    pub fn with_order(mut self, order: OrderId) -> Self {
        self.0.body.order_id = Some(order);
        self
    }

    /// With the total that would have been right.
    #[must_use]
    pub fn with_total(mut self, total: Amount) -> Self {
        self.0.body.total_amount = Some(total);
        self
    }

    /// With the contexts whose part is missing.
    #[must_use]
    pub fn with_missing(mut self, missing: impl IntoIterator<Item = Context>) -> Self {
        self.0.body.missing.extend(missing);
        self
    }

    /// With the place in the line of whoever has to wait, and how long it may take.
    #[must_use]
    pub fn with_place(mut self, position: u64, wait_seconds: u64) -> Self {
        self.0.body.place = Some(Place { position, wait_seconds });
        self
    }

    /// With the address of what it is about; a text that no header can carry is left out.
    #[must_use]
    pub fn with_location(self, location: &str) -> Self {
        self.with_header(LOCATION, location)
    }

    /// With the time after which another try makes sense, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, &seconds.to_string())
    }

    /// Answered as the last thing on this connection.
    #[must_use]
    pub fn closing(self) -> Self {
        self.with_header(CONNECTION, "close")
    }

    /// With a header; a text that no header can carry is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((name, value));
        }
        self
    }

    /// A header that it is answered with.
    pub fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.0.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable end of the problem's type.
    pub fn slug(&self) -> &str {
        self.0.body.r#type.trim_start_matches("/problems/")
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.body.detail
    }

    /// The body as it is sent.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0.body).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.json()));
        *response.status_mut() = self.0.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.headers_mut().extend(self.0.headers);
        response
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.0.status.as_u16(), self.slug(), self.detail())
    }
}

impl std::error::Error for Problem {}

/// Answers unknown addresses and methods with problems; call it once, on the finished router.
pub fn with_fallbacks<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.fallback(async || Problem::not_found()).method_not_allowed_fallback(async || Problem::method_not_allowed())
}

/// What the problem `slug` looks like.
pub(crate) fn example(status: u16, slug: &str) -> Shape {
    let told = format!("{}.", title(slug));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Problem::new(status, slug, told).0.body
}

/// "payment-in-progress" is titled "Payment in progress".
fn title(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use axum::http::header::ALLOW;
    use axum::routing::post;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    #[test]
    fn a_problem_has_the_agreed_shape() {
        let order: OrderId = Uuid::from_u128(7).into();
        let problem = Problem::payment_required("payment-declined", "The card was declined.")
            .with_order(order)
            .with_total(Amount::new(18_000));
        let expected = serde_json::json!({
            "type": "/problems/payment-declined", "title": "Payment declined", "status": 402,
            "detail": "The card was declined.", "orderId": order, "totalAmount": 18_000,
        });
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&problem.json()).unwrap(), expected);
        assert_eq!(problem.to_string(), "402 payment-declined: The card was declined.");
    }

    #[test]
    fn headers_go_out_with_it() {
        let response = Problem::unavailable("Payment is busy.", 3).with_location("/orders/1").into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "3");
        assert_eq!(response.headers()[LOCATION], "/orders/1");
        assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn a_bug_tells_its_id_and_nothing_else() {
        let id = Uuid::from_u128(1);
        let value: serde_json::Value = serde_json::from_slice(&Problem::bug(id).json()).unwrap();
        assert_eq!(value["id"], id.to_string());
        assert_eq!(value["status"], 500);
    }

    #[tokio::test]
    async fn unknown_addresses_and_methods_are_problems() {
        let router = with_fallbacks(Router::new().route("/orders", post(async || "made")));
        for (path, status, slug) in [("/nowhere", 404, "not-found"), ("/orders", 405, "method-not-allowed")] {
            let request = axum::extract::Request::get(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            if status == 405 {
                assert_eq!(response.headers()[ALLOW], "POST");
            }
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(&body).unwrap()["type"],
                format!("/problems/{slug}")
            );
        }
    }
}
