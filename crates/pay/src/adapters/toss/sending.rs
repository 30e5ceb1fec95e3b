//! How requests leave, and what their answers say.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::TossProvider;
use super::answers::Failure;

/// The longest code.
const LONGEST_CODE: usize = 100;
/// Stands for a code that does not read like one.
const NOT_A_CODE: &str = "NOT_A_CODE";

/// What came of sending a request.
pub(super) enum Answer<T> {
    /// It was done.
    Done(T),
    /// It was refused with a code.
    Refused(String),
    /// It certainly never left.
    NotSent,
    /// Nobody knows.
    Unknown,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// There was nobody to send it to.
    NobodyThere,
    /// The connection broke after something was sent.
    Cut,
}

impl Broken {
    fn answer<T>(self) -> Answer<T> {
        match self {
            Self::NobodyThere => Answer::NotSent,
            Self::Cut => Answer::Unknown,
        }
    }
}

impl TossProvider {
    /// A request to the path `parts`, each of which may hold any character.
    pub(super) fn request(&self, method: Method, parts: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v1").extend(parts);
        }
        self.client.request(method, url).basic_auth(self.key.reveal(), None::<&str>)
    }

    /// The one place where requests leave. One that found nobody, or whose connection broke, is sent once more, where
    /// few others are: all of them are harmless to repeat, by their kind or by their `Idempotency-Key`.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: &'static str, request: RequestBuilder) -> Answer<T> {
        let again = request.try_clone();
        self.retries.called();
        let first = match self.send_once(call, request).await {
            Ok(answer) => return answer,
            Err(broken) => broken,
        };
        let Some((again, pause)) = again.zip(self.retries.retry()) else { return first.answer() };
        tokio::time::sleep(pause).await;
        match (first, self.send_once(call, again).await) {
            // What may have been done the first time is not undone because there was nobody the second time, or because
            // that one was refused.
            (Broken::Cut, Err(_) | Ok(Answer::Refused(_))) | (_, Err(Broken::Cut)) => Answer::Unknown,
            (_, Ok(answer)) => answer,
            (Broken::NobodyThere, Err(Broken::NobodyThere)) => Answer::NotSent,
        }
    }

    async fn send_once<T: DeserializeOwned>(
        &self,
        call: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer<T>, Broken> {
        let answer = request.send().await.map_err(|error| {
            let broken = if error.is_connect() { Broken::NobodyThere } else { Broken::Cut };
            tracing::warn!(call, ?broken, "Toss gave no answer");
            broken
        })?;
        Ok(read(call, answer).await)
    }
}

/// What an answer says.
async fn read<T: DeserializeOwned>(call: &'static str, answer: reqwest::Response) -> Answer<T> {
    let status = answer.status();
    let Some(body) = platform::client::body(answer).await else { return Answer::Unknown };
    if status == StatusCode::OK {
        let read = serde_json::from_slice(&body);
        return read.map_or_else(|error| unreadable(call, status, &error), Answer::Done);
    }
    match serde_json::from_slice(&body) {
        Ok(Failure { code }) => {
            let code = if is_a_code(&code) { code } else { NOT_A_CODE.to_owned() };
            tracing::info!(call, code, status = status.as_u16(), "Toss refused");
            Answer::Refused(code)
        }
        Err(error) => unreadable(call, status, &error),
    }
}

/// The error says where it was, and never what was there.
fn unreadable<T>(call: &'static str, status: StatusCode, error: &serde_json::Error) -> Answer<T> {
    let (status, column) = (status.as_u16(), error.column());
    tracing::warn!(call, status, column, "an answer of Toss cannot be read");
    Answer::Unknown
}

/// What does not read like a code is neither logged nor kept: a sentence may have a number or a name in it.
fn is_a_code(code: &str) -> bool {
    let is_of_a_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(is_of_a_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_only_if_it_reads_like_one() {
        assert!(is_a_code("REJECT_CARD_PAYMENT") && is_a_code("SOMETHING_NEW_2"));
        for rubbish in ["", "no card of 010-1234-5678", "CODE\n", "카드", &"X".repeat(101)] {
            assert!(!is_a_code(rubbish), "{rubbish}");
        }
    }

    #[tokio::test]
    async fn what_is_no_code_is_a_refusal_that_nobody_knows() {
        let said = axum::http::Response::builder().status(400).body(r#"{"code":"no card of 010-1234-5678"}"#).unwrap();
        let read = read::<serde_json::Value>("confirm", said.into()).await;
        assert!(matches!(read, Answer::Refused(code) if code == NOT_A_CODE));
    }
}
