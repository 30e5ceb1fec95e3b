//! Answers that are written by hand, where hyper has no request that it could answer.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Limits;
use super::strict::Refused;
use super::wire::Wire;
use crate::problem::{PROBLEM_JSON, Problem};

/// How much of a refused request is still read, so that the sender gets to see the refusal, and for how long.
const LINGER: (usize, Duration) = (16 * 1024 * 1024, Duration::from_secs(2));

impl Refused {
    /// What the sender is told.
    pub(super) fn problem(self, limits: &Limits) -> Problem {
        match self {
            Self::Ambiguous => {
                let detail = "Where this request ends could be understood in two ways.";
                Problem::new(StatusCode::BAD_REQUEST, "ambiguous-request", detail)
            }
            Self::LongLine => {
                let detail = format!("The first line of a request may have at most {} bytes.", limits.line_bytes);
                Problem::new(StatusCode::URI_TOO_LONG, "address-too-long", detail)
            }
            Self::LargeHead => {
                let Limits { head_bytes, headers, .. } = limits;
                let detail =
                    format!("A request may have at most {headers} headers and {head_bytes} bytes before its body.");
                Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", detail)
            }
        }
    }
}

/// Answers with `problem` and closes.
pub(super) async fn refuse(stream: &mut Wire, problem: &Problem) {
    let body = problem.json();
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        problem.status(),
        body.len()
    );
    let message = [head.as_bytes(), &body].concat();
    let written = async {
        stream.write_all(&message).await?;
        stream.shutdown().await
    };
    if !matches!(tokio::time::timeout(LINGER.1, written).await, Ok(Ok(()))) {
        tracing::debug!("a client whose request was not taken was gone before it was told");
    }
    linger(stream).await;
}

/// Reads on for a moment: closing on unread bytes resets the connection, and the answer would be lost with it.
pub(super) async fn linger(stream: &mut Wire) {
    let drain = async {
        let (mut buffer, mut left) = (vec![0; 16 * 1024], LINGER.0);
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            left = left.saturating_sub(count);
            if left == 0 {
                return;
            }
        }
    };
    // Whether the sender ended or our patience did, the connection closes now.
    drop(tokio::time::timeout(LINGER.1, drain).await);
}
