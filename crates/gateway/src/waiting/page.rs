//! The page for people who wait. It comes back by itself, without a script.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Extensions;
use axum::response::{Html, IntoResponse, Response};
use kernel::Time;
use kernel::ids::StoreId;
use platform::extract::Params;
use platform::identity::Identity;
use platform::problem::Problem;

use super::http::Wanted;
use super::line::Standing;
use super::{asks_again, customer};
use crate::Gateway;
use crate::page::{STYLE, with_page_headers};

/// `GET /waiting?storeId=`.
#[utoipa::path(
    get,
    path = "/waiting",
    operation_id = "showWaiting",
    tag = "pages",
    summary = "One's place in the line, on a page that comes back by itself",
    security(()),
    params(Wanted),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8")),
)]
pub(crate) async fn show(
    State(gateway): State<Arc<Gateway>>,
    Params(wanted): Params<Wanted>,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let identity = extensions.get::<Identity>().cloned().unwrap_or(Identity::Nobody);
    let (refresh, said) = match customer(&identity) {
        None => (None, sign_in(wanted.store_id)),
        Some(person) => {
            let standing = gateway.waiting.ask(&gateway, wanted.store_id, person).await?.map(|(_, stands)| stands);
            told(standing, gateway.accounts.clock().now())
        }
    };
    let mut response = Html(html(refresh, &said)).into_response();
    with_page_headers(response.headers_mut());
    Ok(response)
}

/// Where whoever wants to stand in the line of `store` signs in.
fn sign_in(store: Option<StoreId>) -> String {
    let next = store.map(|store| format!("%3FstoreId%3D{store}")).unwrap_or_default();
    format!(
        "<p>로그인한 고객이 줄을 설 수 있습니다. \
         <span lang=\"en\">Customers who are signed in can stand in line.</span></p>\n\
         <p><a href=\"/sign-in?next=%2Fwaiting{next}\">로그인 <span lang=\"en\">Sign in</span></a></p>"
    )
}

/// What is told to whoever stands so, and when the page comes back.
fn told(standing: Option<Standing>, now: Time) -> (Option<u64>, String) {
    match standing {
        None => (
            None,
            "<p class=\"ready\">지금은 기다리지 않고 주문할 수 있습니다. \
             <span lang=\"en\">Nobody waits: you can order now.</span></p>"
                .to_owned(),
        ),
        Some(Standing::Admitted { until }) => {
            let minutes = until.duration_since(now).as_secs().max(1).unsigned_abs().div_ceil(60);
            (
                None,
                format!(
                    "<p class=\"ready\">차례가 되었습니다. {minutes}분 안에 주문하세요. \
                     <span lang=\"en\">It is your turn: order within {minutes} min.</span></p>"
                ),
            )
        }
        Some(Standing::Waiting { position, seconds }) => {
            let minutes = seconds.div_ceil(60);
            (
                Some(asks_again(seconds)),
                format!(
                    "<p>앞에서 <strong>{position}번째</strong>입니다. 약 {minutes}분 뒤에 차례가 됩니다. \
                     <span lang=\"en\">You are number <strong>{position}</strong>, about {minutes} min from your \
                     turn.</span></p>\n<p>이 화면을 열어 두면 자리가 지켜집니다. \
                     <span lang=\"en\">Keep this page open, and you keep your place.</span></p>"
                ),
            )
        }
        Some(Standing::Full) => (
            Some(30),
            "<p>기다리는 사람이 너무 많습니다. 잠시 뒤에 다시 시도합니다. \
             <span lang=\"en\">Too many wait already; this page tries again.</span></p>"
                .to_owned(),
        ),
    }
}

fn html(refresh: Option<u64>, said: &str) -> String {
    let refresh = refresh.map(|seconds| format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">\n"));
    format!(
        "<!doctype html>\n<html lang=\"ko\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{}\
         <title>줄 서기 · Baedal</title>\n<style>\n{STYLE}</style>\n<main>\n\
         <h1>줄 서기 <small lang=\"en\">Waiting room</small></h1>\n{said}\n</main>\n</html>\n",
        refresh.unwrap_or_default(),
    )
}
