//! What the answer of a provider means before it is read: whether the call came to nothing, or nobody knows.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::ports::Code;

/// How long one request may take; a look-up of two and the service's patience fit together.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);
/// The longest code, in letters.
const LONGEST_CODE: usize = 64;

/// An answer that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Nothing was done there, and it may work later.
    Busy(Code),
    /// Nothing was done there, and asking again in this way is pointless.
    Refused(Code),
    /// It may have been done.
    Unknown,
}

/// A client for a provider.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    platform::client::outside().timeout(PATIENCE).build()
}

/// The body of an answer with its status, where there is one to be read.
pub(super) async fn read<T: DeserializeOwned>(
    sent: Result<Response, reqwest::Error>,
) -> Result<(StatusCode, T), Unanswered> {
    let response = sent.map_err(|error| unreached(&error))?;
    let status = response.status();
    match platform::client::body(response).await.and_then(|body| serde_json::from_slice(&body).ok()) {
        // What comes with 5xx is the word of something in between, and no answer, however it reads; 429 says all there is.
        Some(read) if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS => Ok((status, read)),
        Some(_) | None => Err(unread(status)),
    }
}

/// What was not sent was not done.
fn unreached(error: &reqwest::Error) -> Unanswered {
    if error.is_connect() || error.is_builder() {
        return Unanswered::Busy(Code::Borrowed("NOT_REACHED"));
    }
    Unanswered::Unknown
}

fn unread(status: StatusCode) -> Unanswered {
    let code = || Code::Owned(format!("HTTP_{}", status.as_u16()));
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Unanswered::Busy(code()),
        status if status.is_client_error() || status.is_redirection() => Unanswered::Refused(code()),
        _ => Unanswered::Unknown,
    }
}

/// A provider's code, if it reads like one: it is recorded, shown and logged, which a sentence with a number in it, or a
/// whole page, must not be.
pub(super) fn code(given: &str) -> Code {
    let is_of_a_code = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if given.len() <= LONGEST_CODE && given.bytes().all(is_of_a_code) {
        Code::Owned(given.to_owned())
    } else {
        Code::Borrowed("NOT_A_CODE")
    }
}

/// A text that some answers write as a number, and others leave out.
pub(super) fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(i64),
    }
    Ok(match Option::<Either>::deserialize(from)? {
        Some(Either::Text(text)) => text,
        Some(Either::Number(number)) => number.to_string(),
        None => String::new(),
    })
}

/// A text that some answers leave empty by saying null.
pub(super) fn text_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_certainly_came_to_nothing_is_told_from_what_nobody_knows() {
        for (status, expected) in [
            (503, Unanswered::Busy("HTTP_503".into())),
            (429, Unanswered::Busy("HTTP_429".into())),
            (401, Unanswered::Refused("HTTP_401".into())),
            (302, Unanswered::Refused("HTTP_302".into())),
            (500, Unanswered::Unknown),
            (502, Unanswered::Unknown),
            (504, Unanswered::Unknown),
            (200, Unanswered::Unknown),
        ] {
            assert_eq!(unread(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }

    #[test]
    fn a_code_is_recorded_only_if_it_reads_like_one() {
        assert_eq!(code("E901"), "E901");
        for rubbish in ["no one at +82 10-1234-5678".to_owned(), "x".repeat(65), "E901\n".to_owned()] {
            assert_eq!(code(&rubbish), "NOT_A_CODE");
        }
    }

    #[tokio::test]
    async fn whoever_says_too_many_is_asked_later_whatever_else_it_says() {
        let said = axum::http::Response::builder().status(429).body(r#"{"errorCode":"LimitExceeded"}"#).unwrap();
        let read = read::<serde_json::Value>(Ok(Response::from(said))).await;
        assert_eq!(read.unwrap_err(), Unanswered::Busy("HTTP_429".into()));
    }

    #[tokio::test]
    async fn whoever_is_not_there_was_not_reached() {
        let client = client().unwrap();
        let nobody = read::<serde_json::Value>(client.get("http://127.0.0.1:1/").send().await).await;
        assert_eq!(nobody.unwrap_err(), Unanswered::Busy("NOT_REACHED".into()));
    }
}
