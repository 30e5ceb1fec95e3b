//! Where the provider's window leads when the customer has paid there: only now is anything charged.
//!
//! No session says who comes back, and none is needed: what is confirmed is named by the attempt's reference, its
//! amount and the provider's key for exactly that payment. A load that comes again finds the attempt begun, and only
//! shows how it stands.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kernel::lang::Language;
use kernel::money::Amount;
use kernel::order::PaymentMethod;
use kernel::people::Actor;
use platform::actor::Speaks;
use platform::commands::Asked;
use platform::streams::{HandleError, Loaded};

use super::standing::Standing;
use super::told::Told;
use super::{by_id, kept_to_oneself, paying, words};
use crate::domain::commands::What;
use crate::domain::order::Order;
use crate::domain::reference::Reference;
use crate::http::answers::{Answers, Exchange};
use crate::http::body::PaymentBody;
use crate::http::paying::charge;
use crate::service::AppService;

/// `GET /pay/return?paymentKey=&orderId=&amount=`.
#[utoipa::path(
    get,
    path = "/pay/return",
    operation_id = "returnFromPayment",
    tag = "pages",
    summary = "Where the window of the provider leads back to",
    security(()),
    responses(
        (status = 303, description = "The attempt is made.", headers(("Location" = String, description = "The page that says how the order stands."))),
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 400, description = "Not an address that the window leads to.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "No such link, or it is over.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 409, description = "Something changed meanwhile.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 425, description = "A load ahead: nothing is done.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 503, description = "Nobody can look right now.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub async fn came_back(State(app): State<AppService>, Speaks(language): Speaks, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match confirmed(&app, language, &parts).await {
        Ok(token) => see_other(&token),
        Err(told) => told.page(&app),
    }
}

/// Has the attempt charged if it is the next one, and gives the token of the page that shows how the order stands.
async fn confirmed(app: &AppService, language: Language, parts: &Parts) -> Result<String, Told> {
    let query = Query::read(&parts.uri);
    let named = Named::read(&query).ok_or_else(|| Told::unreadable(language))?;
    let order = by_id(app, named.reference.order_id).map_err(|missing| missing.told(language))?;
    let (Some(known), Some(row)) = (order.state.as_deref(), order.row()) else { return Err(Told::unknown(language)) };
    let language = known.details.language;
    if named.reference.attempt > known.next_attempt() {
        return Err(Told::unknown(language));
    }
    let token = row.link_token().map(str::to_owned).ok_or_else(|| Told::unknown(language))?;
    let due = Standing::of(row, app.room().clock.now()) == Standing::Due;
    if named.amount != known.details.total_amount {
        let told = Told::other_amount(language);
        return Err(if due { told.to(format!("/o/{token}"), words::LOOK) } else { told });
    }
    // A HEAD only looks.
    if due && named.reference.attempt == known.next_attempt() && parts.method == Method::GET {
        if is_ahead(&parts.headers) {
            return Err(Told::new(StatusCode::TOO_EARLY, language, words::TOO_EARLY, words::TOO_EARLY_WHY));
        }
        let changes = paying::changes(app, known);
        if !changes.is_empty() {
            return Err(Told::changed(StatusCode::CONFLICT, language, &changes).to(format!("/o/{token}"), words::LOOK));
        }
        let asked = Asked::by_link(Actor::Customer(row.customer_id().clone()), &parts.extensions);
        begin(app, &asked, language, named).await?;
    }
    Ok(token)
}

/// Begins the attempt and has it charged. Whoever is not the first to begin it leaves it alone.
async fn begin(app: &AppService, asked: &Asked, language: Language, named: Named) -> Result<(), Told> {
    let cause = asked.cause(app.room());
    let Named { reference, key, method, .. } = named;
    let what = What::StartPayment { method, attempt: Some(reference.attempt) };
    let started = app.orders().handle(reference.order_id.uuid(), &cause, app.command(cause.at, what)).await;
    let order: Arc<Loaded<Order>> = match started {
        Ok(started) => started.after,
        // It moved on meanwhile: begun by another load, paid otherwise, cancelled, or its time is over.
        Err(HandleError::Rejected(_)) => return Ok(()),
        Err(HandleError::Commit(error)) => {
            tracing::error!(%error, "a payment could not be begun");
            return Err(Told::outage(language));
        }
    };
    let exchange = Exchange { app, asked, speaks: language, answers: Answers::Paid };
    if let Err(problem) = charge(exchange, &order, PaymentBody { method, token: key }).await {
        // The attempt is open: its outcome is found out by asking, and the page shows that.
        tracing::warn!(%problem, "what came of a payment could not be recorded at once");
    }
    Ok(())
}

/// Whether a browser only loads what somebody might look at: that pays nothing.
fn is_ahead(headers: &HeaderMap) -> bool {
    let says = |name: &str| {
        let values = headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).any(|text| text.to_ascii_lowercase().contains("prefetch"))
    };
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].into_iter().any(says)
}

/// On to an address that names neither the payment nor its key.
fn see_other(token: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/o/{token}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    kept_to_oneself(response)
}

/// The payment that the window names.
#[derive(Debug)]
struct Named {
    reference: Reference,
    key: String,
    amount: Amount,
    method: PaymentMethod,
}

impl Named {
    fn read(query: &Query) -> Option<Self> {
        let amount = query.one("amount").filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let method = query.one("method").or_else(|| query.one("paymentType")).map_or(PaymentMethod::Card, method);
        let named = Self {
            reference: Reference::parse(query.one("orderId")?)?,
            key: query.one("paymentKey")?.to_owned(),
            amount: Amount::new(amount.parse().ok()?),
            method,
        };
        let payment = PaymentBody { method, token: named.key.clone() };
        let visible = named.key.chars().all(|letter| !letter.is_control());
        (visible && payment.check().is_ok()).then_some(named)
    }
}

/// How it was paid, as we and as the provider call it; whatever we do not know is a card.
fn method(name: &str) -> PaymentMethod {
    match name {
        "EASY_PAY" | "BRANDPAY" | "간편결제" => PaymentMethod::EasyPay,
        "TRANSFER" | "계좌이체" => PaymentMethod::Transfer,
        "PHONE" | "MOBILE_PHONE" | "휴대폰" => PaymentMethod::Phone,
        _ => PaymentMethod::Card,
    }
}

/// A query's parameters.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of an address; letters that are none are read as a mark that stands for them.
    pub(super) fn read(uri: &Uri) -> Self {
        let read = axum::extract::Query::try_from_uri(uri);
        Self(read.map(|axum::extract::Query(pairs)| pairs).unwrap_or_default())
    }

    /// The value of `name`, if it says one thing.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }
}

#[cfg(test)]
mod tests;
