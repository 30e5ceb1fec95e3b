//! Problems for people who look at them in a browser: a page that says what is the matter, and comes back by itself where
//! it passes.

use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use kernel::lang::Language;
use platform::problem::PROBLEM_JSON;
use serde_json::Value;

use crate::page::{STYLE, escaped, with_page_headers};
use crate::signin;

/// The longest problem that is made a page of.
const LONGEST: usize = 16 * 1024;

/// Whether whoever asks reads pages: browsers name them first, programs do not name them.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("text/html"))
}

/// What people are told in Korean of an answer with `status`; of others they are told by the answer itself.
fn said(status: StatusCode, again: Option<u64>) -> Option<String> {
    let text = match status {
        StatusCode::NOT_FOUND => "이 주소에는 아무것도 없습니다.",
        StatusCode::METHOD_NOT_ALLOWED => "이 주소는 이렇게 열 수 없습니다.",
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG => "보내신 내용이 너무 깁니다.",
        StatusCode::REQUEST_TIMEOUT => "보내신 내용이 제때 도착하지 않았습니다.",
        StatusCode::TOO_MANY_REQUESTS => {
            let seconds = again.unwrap_or(1).max(1);
            return Some(format!("너무 자주 요청하셨습니다. {}", signin::again(Language::Ko, seconds)));
        }
        StatusCode::INTERNAL_SERVER_ERROR
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => "지금은 보여 드릴 수 없습니다.",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The page of a problem; any other answer stays as it is. Only what was asked for by `GET` can be loaded again.
pub(super) async fn page(response: Response, method: &Method) -> Response {
    let again = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let Some(said) = said(response.status(), again) else { return response };
    if response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind != PROBLEM_JSON) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = Limited::new(body, LONGEST).collect().await;
    let problem: Value = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok()).unwrap_or_default();
    let elsewhere = parts.headers.get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    parts.headers.remove(CONTENT_LENGTH);
    with_page_headers(&mut parts.headers);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let title = if again.is_some() || parts.status.is_server_error() {
        ("잠시만요", "One moment")
    } else {
        ("보여 드릴 것이 없어요", "Nothing to show")
    };
    let comes_back = again.filter(|_| method == Method::GET || elsewhere.is_some());
    Response::from_parts(parts, html(title, &said, &problem, comes_back, elsewhere.as_deref()).into())
}

fn html(title: (&str, &str), said: &str, problem: &Value, again: Option<u64>, elsewhere: Option<&str>) -> String {
    let detail = escaped(problem["detail"].as_str().unwrap_or_default());
    let missing: Vec<_> = problem["missing"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let there = elsewhere.map(|path| format!(";url={}", escaped(path))).unwrap_or_default();
    let refresh = again.map(|seconds| format!("<meta http-equiv=\"refresh\" content=\"{}{there}\">\n", seconds.max(1)));
    let part = if missing.is_empty() {
        String::new()
    } else {
        let missing = escaped(&missing.join(", "));
        format!(
            "<p>지금 답하지 않는 서비스: <strong>{missing}</strong> \
             <span lang=\"en\">Not answering right now: {missing}</span></p>\n"
        )
    };
    let soon = again.map_or(
        "",
        |_| "<p>이 화면은 저절로 다시 불러옵니다. <span lang=\"en\">This page comes back by itself.</span></p>\n",
    );
    let (korean, english) = title;
    format!(
        "<!doctype html>\n<html lang=\"ko\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{}\
         <title>{korean} · Baedal</title>\n<style>\n{STYLE}</style>\n<main>\n\
         <h1>{korean} <small lang=\"en\">{english}</small></h1>\n\
         <p>{said} <span lang=\"en\">{detail}</span></p>\n{part}{soon}\
         <p><a href=\"/\">처음으로 <span lang=\"en\">To the start</span></a></p>\n</main>\n</html>\n",
        refresh.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use kernel::Context;
    use platform::problem::Problem;

    use super::*;

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_page_names_the_part_that_is_missing_and_comes_back() {
        let problem = Problem::unavailable("The service <store> is not there.", 2).with_missing([Context::Store]);
        let response = page(problem.into_response(), &Method::GET).await;
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"2".parse().unwrap()));
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        let html = text(response).await;
        assert!(html.contains("<strong>store</strong>") && html.contains("http-equiv=\"refresh\" content=\"2\""));
        assert!(html.contains("&lt;store&gt;") && !html.contains("<store>"), "{html}");
    }

    #[tokio::test]
    async fn a_form_that_was_sent_is_not_loaded_again() {
        let response = page(Problem::unavailable("No.", 2).into_response(), &Method::POST).await;
        assert!(!text(response).await.contains("http-equiv"));
    }

    #[tokio::test]
    async fn where_there_is_nothing_the_page_leads_to_the_start_and_stays() {
        let response = page(Problem::not_found().into_response(), &Method::GET).await;
        assert_eq!(response.status(), 404);
        let html = text(response).await;
        assert!(html.contains("아무것도 없습니다") && html.contains("href=\"/\""), "{html}");
        assert!(!html.contains("refresh") && !html.contains("잠시만요"), "{html}");
    }

    #[tokio::test]
    async fn whoever_asks_too_often_is_told_how_long_to_wait() {
        for (seconds, told) in [(20, "20초"), (61, "2분"), (3_600, "60분")] {
            let html = text(page(Problem::too_many_requests(seconds).into_response(), &Method::GET).await).await;
            assert!(html.contains(told), "{html}");
        }
    }

    #[tokio::test]
    async fn what_people_are_told_by_the_answer_itself_stays_as_it_is() {
        let response = page(Problem::forbidden("no").into_response(), &Method::GET).await;
        assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        let other = page((StatusCode::SERVICE_UNAVAILABLE, "a page of its own").into_response(), &Method::GET).await;
        assert_eq!(text(other).await, "a page of its own");
    }
}
