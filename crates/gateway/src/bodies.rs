//! Bodies that something ends with.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

/// `body`, which holds `what` until it ends or is dropped.
pub(crate) fn holding<T: Send + Unpin + 'static>(body: Body, what: T) -> Body {
    Body::new(Holding { body, _what: what })
}

struct Holding<T> {
    body: Body,
    _what: T,
}

impl<T: Send + Unpin> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn what_a_body_holds_ends_with_it() {
        let held = Arc::new(());
        let body = holding(Body::from("text"), Arc::clone(&held));
        assert_eq!(Arc::strong_count(&held), 2);
        drop(body.collect().await);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
