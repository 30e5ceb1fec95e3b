//! How requests leave, and what their answers say.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::TossProvider;
use super::answers::Failure;

/// The longest code of Toss's that is kept and told.
const LONGEST_CODE: usize = 100;

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
            let code: String = code.chars().take(LONGEST_CODE).collect();
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
