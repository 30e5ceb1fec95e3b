//! Where the provider's window leads when nothing came of it.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kernel::lang::Language;
use platform::actor::Speaks;

use super::returning::Query;
use super::standing::Standing;
use super::told::Told;
use super::{PathText, by_id, text_of, words};
use crate::domain::reference::Reference;
use crate::service::AppService;

/// `GET /pay/failed?code=&message=&orderId=`: what the window says is never shown, only what its code means.
#[utoipa::path(
    get,
    path = "/pay/failed",
    operation_id = "failPayment",
    tag = "pages",
    summary = "Where the window leads when nothing came of it",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub async fn failed(State(app): State<AppService>, Speaks(language): Speaks, uri: Uri) -> Response {
    let query = Query::read(&uri);
    tell(&app, language, &query, query.one("orderId"))
}

/// `GET /pay/failed/{reference}`: the same. A window that is simply left names no order, so our pages name it here.
#[utoipa::path(
    get,
    path = "/pay/failed/{reference}",
    operation_id = "failPaymentOf",
    tag = "pages",
    summary = "The same for a known attempt",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub async fn failed_of(
    State(app): State<AppService>,
    reference: PathText,
    Speaks(language): Speaks,
    uri: Uri,
) -> Response {
    tell(&app, language, &Query::read(&uri), Some(&text_of(reference)))
}

/// An order is only told of while this attempt is its next: then nothing was charged for it, and it can be paid again.
fn tell(app: &AppService, language: Language, query: &Query, reference: Option<&str>) -> Response {
    let why = words::failure(query.one("code").unwrap_or_default());
    let told = |language| Told::new(StatusCode::OK, language, words::NOT_PAID, why);
    let now = app.room().clock.now();
    let order = reference.and_then(Reference::parse).and_then(|reference| {
        let order = by_id(app, reference.order_id).ok()?;
        let is_next = order.state.as_deref()?.next_attempt() == reference.attempt;
        let due = Standing::of(order.row()?, now) == Standing::Due;
        (is_next && due).then_some(order)
    });
    match order.as_deref().and_then(|order| order.row()) {
        Some(row) => {
            let path = row.link_token().map(|token| format!("/o/{token}/pay"));
            let told = told(row.order.details.language).and(words::NOT_CHARGED);
            path.map_or_else(|| Told::unknown(language), |path| told.to(path, words::PAY_AGAIN)).page(app)
        }
        None => told(language).page(app),
    }
}
