//! The window in which a customer authenticates a payment: a small page that works without scripts.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use kernel::money::Amount;
use reqwest::Url;
use serde::Deserialize;

use super::TossStub;
use super::book::is_order_id;

/// What the window is opened with.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    order_id: String,
    amount: Amount,
    #[serde(default)]
    order_name: String,
    success_url: String,
    fail_url: String,
}

pub(super) fn router(stub: TossStub) -> Router {
    Router::new().route("/window", get(show)).route("/window/pay", post(pay)).with_state(stub)
}

/// `GET /window?orderId=&amount=&orderName=&successUrl=&failUrl=`.
async fn show(opened: Result<Query<Opened>, QueryRejection>) -> Response {
    let checked = opened.ok().and_then(|Query(opened)| Some((opened.cancelled()?, opened.success()?, opened)));
    let Some((cancelled, _, opened)) = checked else { return unusable() };
    Html(page(&opened, cancelled.as_str())).into_response()
}

/// `POST /window/pay`: the customer authenticates, and goes on to the shop, which confirms.
async fn pay(State(stub): State<TossStub>, Form(opened): Form<Opened>) -> Response {
    let Some(mut success) = opened.success() else { return unusable() };
    let payment_key = stub.authenticate(&opened.order_id, opened.amount);
    let amount = opened.amount.minor().to_string();
    let told = [("paymentKey", &payment_key), ("orderId", &opened.order_id), ("amount", &amount)];
    success.query_pairs_mut().extend_pairs(told);
    Redirect::to(success.as_str()).into_response()
}

impl Opened {
    fn success(&self) -> Option<Url> {
        let is_fit = is_order_id(&self.order_id) && self.amount > Amount::ZERO;
        is_fit.then(|| web_address(&self.success_url)).flatten()
    }

    /// Where a customer goes who does not want to pay.
    fn cancelled(&self) -> Option<Url> {
        let mut url = web_address(&self.fail_url)?;
        let told = [
            ("code", "PAY_PROCESS_CANCELED"),
            ("message", "사용자가 결제를 취소했습니다."),
            ("orderId", &self.order_id),
        ];
        url.query_pairs_mut().extend_pairs(told);
        Some(url)
    }
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))
}

fn unusable() -> Response {
    let page = "<!doctype html><meta charset=\"utf-8\"><p>결제창을 열 수 없습니다. (stub)</p>";
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

fn page(opened: &Opened, cancelled: &str) -> String {
    let amount = opened.amount.minor().to_string();
    let fields = [
        ("orderId", opened.order_id.as_str()),
        ("amount", &amount),
        ("orderName", &opened.order_name),
        ("successUrl", &opened.success_url),
        ("failUrl", &opened.fail_url),
    ];
    let hidden = fields.map(|(name, value)| {
        let value = escaped(value);
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    });
    let hidden = hidden.concat();
    format!(
        "<!doctype html><html lang=\"ko\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>결제 (stub)</title>\
         <body style=\"font-family:sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem\">\
         <p>토스페이먼츠가 아닌 연습용 결제창입니다.</p><h1>{}</h1><p><strong>{amount}원</strong></p>\
         <form method=\"post\" action=\"/window/pay\">{hidden}<button>결제하기 (pay)</button></form>\
         <p><a href=\"{}\">취소 (cancel)</a></p></body></html>",
        escaped(&opened.order_name),
        escaped(cancelled),
    )
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, char| {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}
