//! The page from which an order is paid: what it costs, and a button that opens the provider's window.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use kernel::lang::Language;
use platform::actor::Speaks;
use platform::server::Origin;

use super::standing::{self, Standing};
use super::told::Told;
use super::window::Window;
use super::words;
use super::{Frame, PathText, by_token, page, text_of};
use crate::domain::order::Known;
use crate::domain::pricing::{self, Changed};
use crate::domain::storefront::Closed;
use crate::domain::views::{OrderRow, PaymentDue};
use crate::service::AppService;

/// Which windows stay in touch with the page that opened them.
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// `GET /o/{token}/pay`: where there is nothing to pay, how the order stands.
#[utoipa::path(
    get,
    path = "/o/{token}/pay",
    operation_id = "openPayment",
    tag = "pages",
    summary = "Pay for an order in the window of the provider",
    security(()),
    responses(
        (status = 303, description = "There is nothing to pay.", headers(("Location" = String, description = "The page that says how the order stands."))),
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "No such link, or it is over.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 503, description = "Nobody can look right now.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub async fn pay_page(
    State(app): State<AppService>,
    token: PathText,
    Speaks(language): Speaks,
    origin: Option<Extension<Origin>>,
) -> Response {
    let row = match by_token(&app, &text_of(token)) {
        Ok(row) => row,
        Err(missing) => return missing.told(language).page(&app),
    };
    match (Standing::of(&row, app.room().clock.now()), row.payment_due()) {
        (Standing::Due, Some(due)) => match changes(&app, &row.order) {
            changes if changes.is_empty() => show(&app, &row, &due, origin.as_deref()),
            changes => Told::changed(StatusCode::OK, row.order.details.language, &changes).page(&app),
        },
        (Standing::Due | Standing::Checking | Standing::TimeOver | Standing::Settled, _) => standing::show(&app, &row),
    }
}

/// What changed at the store since the order was made: as long as there is something, it is not paid.
pub(super) fn changes(app: &AppService, order: &Known) -> Vec<Changed> {
    match app.fronts().get(order.details.store_id) {
        Some(front) => pricing::recheck(&order.details, &front, app.room().clock.now()).err().unwrap_or_default(),
        None => vec![Changed::StoreClosed(Closed::SwitchedOff)],
    }
}

#[derive(Template)]
#[template(path = "pay.html")]
struct PayPage<'a> {
    frame: Frame,
    words: Labels,
    store: &'a str,
    number: &'a str,
    name: String,
    /// In won, without the comma that people read.
    amount: i64,
    amount_text: String,
    until: String,
    reference: &'a str,
    /// Where a plain form's window comes back to. Toss's own is told by a script, from the address in the browser.
    origin: String,
    client_key: Option<&'a str>,
    window: Option<&'a str>,
    simulated: bool,
}

fn show(app: &AppService, row: &OrderRow, due: &PaymentDue, origin: Option<&Origin>) -> Response {
    let details = &row.order.details;
    let language = details.language;
    let words = Labels::of(language);
    let frame = Frame::new(app, language, words.heading);
    let policy = frame.policy(&app.window().policy(&frame.nonce));
    let (client_key, window) = match app.window() {
        Window::Toss { client_key } => (Some(client_key.as_str()), None),
        Window::Elsewhere { url } => (None, Some(url.as_str())),
        Window::Simulated | Window::Nowhere => (None, None),
    };
    let content = PayPage {
        frame,
        words,
        store: details.store_name.get(language),
        number: details.order_number.as_str(),
        name: words::name_of(&details.lines, language),
        amount: due.amount.minor(),
        amount_text: words::won(due.amount, language),
        until: words::clock(row.order.hold_ends_at, app.zone(), language),
        reference: &due.reference,
        origin: origin.map(ToString::to_string).unwrap_or_default(),
        client_key,
        window,
        simulated: *app.window() == Window::Simulated,
    };
    let mut response = page(StatusCode::OK, &policy, &content);
    if client_key.is_some() {
        // The provider's script opens card companies' windows, which talk back to it.
        response.headers_mut().insert(OPENER, HeaderValue::from_static("same-origin-allow-popups"));
    }
    response
}

/// What stands beside the values.
struct Labels {
    heading: &'static str,
    number: &'static str,
    items: &'static str,
    amount: &'static str,
    until: &'static str,
    pay: &'static str,
    pay_declined: &'static str,
    simulated: &'static str,
    needs_scripts: &'static str,
    not_opened: &'static str,
    elsewhere: &'static str,
}

impl Labels {
    const fn of(language: Language) -> Self {
        match language {
            Language::Ko => Self {
                heading: "결제하기",
                number: "주문번호",
                items: "주문 내역",
                amount: "결제 금액",
                until: "결제 기한",
                pay: words::PAY.get(Language::Ko),
                pay_declined: "거절되는 카드로 해 보기",
                simulated: "모의 결제예요. 실제로 청구되지 않아요.",
                needs_scripts: "결제창을 열려면 브라우저의 자바스크립트를 켜 주세요.",
                not_opened: "결제창을 열지 못했어요. 잠시 후 다시 눌러 주세요.",
                elsewhere: "주문한 앱에서 결제해 주세요.",
            },
            Language::En => Self {
                heading: "Payment",
                number: "Order",
                items: "Items",
                amount: "Amount",
                until: "Pay by",
                pay: words::PAY.get(Language::En),
                pay_declined: "Try a card that is declined",
                simulated: "This payment is simulated. Nothing is really charged.",
                needs_scripts: "The payment window needs JavaScript. Please switch it on.",
                not_opened: "The payment window did not open. Please try again in a moment.",
                elsewhere: "Please pay in the app that you ordered with.",
            },
        }
    }
}
