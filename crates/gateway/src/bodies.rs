//! Bodies that know something: whether they were begun, and what ends with them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;

/// A body that is lent out: as long as nobody has begun to read it, it can be taken back and sent elsewhere.
pub(crate) struct Lent(Arc<Mutex<Option<Body>>>);

/// The other half of a lent body.
struct Borrowed {
    lent: Arc<Mutex<Option<Body>>>,
    begun: Option<Body>,
    hint: SizeHint,
    ended: bool,
}

impl Lent {
    /// Lends `body`.
    pub(crate) fn new(body: Body) -> (Self, Body) {
        let (hint, ended) = (body.size_hint(), body.is_end_stream());
        let lent = Arc::new(Mutex::new(Some(body)));
        let borrowed = Borrowed { lent: Arc::clone(&lent), begun: None, hint, ended };
        (Self(lent), Body::new(borrowed))
    }

    /// The body, if nobody has begun to read it.
    pub(crate) fn take_back(self) -> Option<Body> {
        self.0.lock().take()
    }
}

impl HttpBody for Borrowed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.begun.is_none() {
            let taken = self.lent.lock().take();
            self.begun = taken;
        }
        match &mut self.begun {
            Some(body) => Pin::new(body).poll_frame(cx),
            // It was taken back: whoever still reads here gets no half of it.
            None => Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::BrokenPipe))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.begun.as_ref().map_or(self.ended, HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.begun.as_ref().map_or(self.hint, HttpBody::size_hint)
    }
}

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
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_that_nobody_began_can_be_taken_back_and_one_that_was_begun_cannot() {
        let (lent, body) = Lent::new(Body::from("order"));
        assert_eq!(body.size_hint().exact(), Some(5));
        let back = lent.take_back().unwrap();
        assert!(body.collect().await.is_err(), "whoever borrowed it has nothing");
        assert_eq!(back.collect().await.unwrap().to_bytes(), "order");
        let (lent, body) = Lent::new(Body::from("order"));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "order");
        assert!(lent.take_back().is_none());
    }

    #[tokio::test]
    async fn what_a_body_holds_ends_with_it() {
        let held = Arc::new(());
        let body = holding(Body::from("text"), Arc::clone(&held));
        assert_eq!(Arc::strong_count(&held), 2);
        drop(body.collect().await);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
