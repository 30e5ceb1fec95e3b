//! The start page: what runs, where it is, and where to go next. Plain HTML, no script.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Extensions, HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use kernel::Context;
use kernel::people::Role;

use crate::Gateway;
use crate::accounts::DEMO_PASSWORD;
use crate::around::known_by;
use crate::status::{Health, Service, Status};

pub(crate) const STYLE: &str = include_str!("page.css");

/// Nothing is loaded from anywhere; the one style is in the page, and known by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = known_by(&format!("\n{STYLE}"));
    format!("default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
});

/// Answers with the start page.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "showStart",
    tag = "pages",
    summary = "What runs, where it is, and where to go next",
    security(()),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
    ),
)]
pub(crate) async fn show(State(gateway): State<Arc<Gateway>>, extensions: Extensions) -> Response {
    // Without an answer nobody is shown who can sign in, and the page is there all the same.
    let demo = gateway.accounts.demo_people().await.unwrap_or_default();
    let mut response = Html(html(&Status::of(&gateway, &extensions).await, &demo)).into_response();
    with_page_headers(response.headers_mut());
    response
}

/// What every page of ours says of itself.
pub(crate) fn with_page_headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// The page that shows `status`.
fn html(status: &Status, demo: &[Role]) -> String {
    let mut page = String::with_capacity(8 * 1024);
    let ready = status.services.iter().filter(|service| service.state == Health::Ready).count();
    let all = status.services.len();
    let head = format!(
        "<!doctype html>\n<html lang=\"ko\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>배달 · Baedal</title>\n<style>\n{STYLE}</style>\n<main>\n\
         <h1>배달 <small lang=\"en\">Baedal</small></h1>\n\
         <p>서비스 {all}개 중 {ready}개가 준비되었습니다. <span lang=\"en\">{ready} of {all} services are ready.</span></p>\n"
    );
    page.push_str(&head);
    services(&mut page, &status.services);
    next(&mut page, &status.address, demo);
    documents(&mut page, status);
    page.push_str("</main>\n</html>\n");
    page
}

fn services(page: &mut String, services: &[Service]) {
    heading(page, "서비스", "Services");
    page.push_str(
        "<table>\n<thead><tr><th scope=\"col\">서비스 <span lang=\"en\">Service</span></th>\
         <th scope=\"col\">상태 <span lang=\"en\">State</span></th>\
         <th scope=\"col\">주소 <span lang=\"en\">Address</span></th></tr></thead>\n<tbody>\n",
    );
    for service in services {
        let name = service.name;
        let (korean, english) = work(name);
        let (class, state, state_en) = words(service.state);
        let detail = service.detail.as_deref().map(|text| format!("<small lang=\"en\">{}</small>", escaped(text)));
        let address = service.address.as_deref().map_or_else(|| "–".to_owned(), linked);
        line(
            page,
            &format!(
                "<tr><th scope=\"row\">{name}<small>{korean} <span lang=\"en\">{english}</span></small></th>\
                 <td><span class=\"{class}\">{state}</span> <span lang=\"en\">{state_en}</span>{}</td>\
                 <td>{address}</td></tr>",
                detail.unwrap_or_default(),
            ),
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

fn next(page: &mut String, address: &str, demo: &[Role]) {
    let address = escaped(address);
    heading(page, "시작하기", "Where to go next");
    line(
        page,
        "<p>가게 목록을 보고, 가게 하나의 메뉴를 봅니다. <span lang=\"en\">List the stores, then see one menu.</span></p>",
    );
    line(
        page,
        &format!("<pre><code>curl {address}/api/stores\ncurl {address}/api/stores/&lt;storeId&gt;</code></pre>"),
    );
    line(
        page,
        "<p>주문은 로그인한 고객이 합니다. <span lang=\"en\">Orders are a customer’s: sign in first.</span></p>",
    );
    let login = demo.first().map_or("…", |role| role.name());
    let password = if demo.is_empty() { "…" } else { DEMO_PASSWORD };
    line(
        page,
        &format!(
            "<pre><code>curl -H 'Content-Type: application/json' -d '{{\"login\": \"{login}\", \"password\": \"{password}\"}}' \
             {address}/api/sessions\ncurl -H 'Authorization: Bearer &lt;token&gt;' {address}/api/orders</code></pre>"
        ),
    );
    if !demo.is_empty() {
        let names: Vec<_> = demo.iter().map(|role| format!("<code>{role}</code>")).collect();
        let names = names.join(", ");
        line(
            page,
            &format!(
                "<p>데모 계정: {names}. 비밀번호는 모두 <code>{DEMO_PASSWORD}</code>입니다. \
                 <span lang=\"en\">The demo people are named after their roles; the password of each is \
                 <code>{DEMO_PASSWORD}</code>.</span></p>"
            ),
        );
    }
    line(
        page,
        "<ul><li><a href=\"/sign-in\">로그인 <span lang=\"en\">Sign in</span></a></li>\
         <li><a href=\"/account\">내 계정 <span lang=\"en\">Your account</span></a></li>\
         <li><a href=\"/api/stores\">가게 목록 <span lang=\"en\">Stores</span></a></li>\
         <li><a href=\"/api/status\">이 화면의 내용 (JSON) <span lang=\"en\">This page as JSON</span></a></li></ul>",
    );
}

fn documents(page: &mut String, status: &Status) {
    if status.documents.is_empty() {
        return;
    }
    heading(page, "문서", "Documents");
    page.push_str("<ul>\n");
    for document in &status.documents {
        let (title, href) = (escaped(&document.title), escaped(&document.href));
        line(page, &format!("<li><a href=\"{href}\">{title}</a></li>"));
    }
    page.push_str("</ul>\n");
}

fn heading(page: &mut String, korean: &str, english: &str) {
    line(page, &format!("<h2>{korean} <small lang=\"en\">{english}</small></h2>"));
}

fn line(page: &mut String, html: &str) {
    page.push_str(html);
    page.push('\n');
}

/// A service has no page of its own; its link asks how it is. Several addresses are told apart by commas.
fn linked(addresses: &str) -> String {
    let link = |address: &str| format!("<a href=\"{address}/health/ready\"><code>{address}</code></a>");
    escaped(addresses).split(", ").map(link).collect::<Vec<_>>().join(" ")
}

/// What a service does.
const fn work(context: Context) -> (&'static str, &'static str) {
    match context {
        Context::App => ("주문", "orders"),
        Context::Pay => ("결제", "payments"),
        Context::Store => ("가게와 주문서", "stores and kitchens"),
        Context::Delivery => ("배달", "deliveries"),
        Context::Customer => ("알림", "messages"),
    }
}

const fn words(state: Health) -> (&'static str, &'static str, &'static str) {
    match state {
        Health::Ready => ("ready", "● 준비됨", "Ready"),
        Health::NotReady => ("not-ready", "◐ 준비 중", "Not ready yet"),
        Health::NotReachable => ("not-reachable", "○ 연결 안 됨", "Not reachable"),
    }
}

/// Text that says in HTML what it says.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, letter| {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(letter),
        }
        html
    })
}
