//! What of a request is the same at every try, and its body, which is there once.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{EXPECT, HOST};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::BodyExt;
use platform::deadline::DEADLINE_HEADER;
use platform::identity::{IDENTITY_HEADER, Identity};
use platform::server::{
    ClientAddress, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, Origin, REQUEST_ID, RequestId, Trace,
};

use super::{Outage, strip_hop_by_hop};
use crate::bodies::Lent;

/// The longest body that is kept so that it can be sent again.
const LONGEST_KEPT: u64 = 64 * 1024;

/// A request without its body, as a service gets it.
pub(super) struct Head {
    pub(super) method: Method,
    /// The path at the service.
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) identity: Option<Identity>,
}

impl Head {
    pub(super) fn of(request: Request) -> (Self, Body) {
        let (parts, body) = request.into_parts();
        let told = told(&parts.extensions);
        let identity = parts.extensions.get::<Identity>().cloned();
        let mut headers = parts.headers;
        strip_hop_by_hop(&mut headers);
        // The client has been told to go on by our own server.
        for name in [HOST, EXPECT] {
            headers.remove(name);
        }
        for name in [IDENTITY_HEADER, DEADLINE_HEADER] {
            headers.remove(name);
        }
        for (name, value) in told {
            headers.remove(name);
            if let Some(value) = value.and_then(|text| HeaderValue::try_from(text).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        (Self { method: parts.method, uri: parts.uri, headers, identity }, body)
    }

    /// Whether it does no harm where it arrives twice.
    pub(super) fn is_repeatable(&self) -> bool {
        let reads = self.method == Method::GET || self.method == Method::HEAD;
        reads || self.headers.contains_key("idempotency-key")
    }
}

/// What a service is told of the request that it answers; whatever the caller said of that counts for nothing.
fn told(extensions: &Extensions) -> [(&'static str, Option<String>); 5] {
    let origin = extensions.get::<Origin>();
    [
        (REQUEST_ID, extensions.get::<RequestId>().map(|id| id.0.to_string())),
        ("traceparent", extensions.get::<Trace>().map(|trace| trace.0.to_string())),
        (FORWARDED_FOR, extensions.get::<ClientAddress>().map(|client| client.0.to_string())),
        (FORWARDED_PROTO, origin.map(|origin| origin.scheme().to_owned())),
        (FORWARDED_HOST, origin.map(|origin| origin.host().to_owned())),
    ]
}

/// The body of a request that may be tried again.
pub(super) enum Load {
    /// Sent as it comes; it can be sent elsewhere as long as nobody has begun to read it.
    Once(Body),
    /// All of it is here.
    Kept(Bytes),
}

/// What stays here of a body that is being sent.
pub(super) enum Stays {
    Lent(Lent),
    Kept(Bytes),
}

impl Load {
    /// Keeps what is small and may be sent again.
    pub(super) async fn of(head: &Head, body: Body) -> Result<Self, Outage> {
        if body.is_end_stream() {
            return Ok(Self::Kept(Bytes::new()));
        }
        let is_small = body.size_hint().exact().is_some_and(|length| length <= LONGEST_KEPT);
        if !head.is_repeatable() || !is_small {
            return Ok(Self::Once(body));
        }
        // Whoever asks is gone, or sends what nobody can read: there is nobody left who would hear more of it.
        let whole = body.collect().await.map_err(|_| Outage::Unreachable)?;
        Ok(Self::Kept(whole.to_bytes()))
    }

    /// A body to send, and what stays here of it.
    pub(super) fn lend(self) -> (Stays, Body) {
        match self {
            Self::Once(body) => {
                let (lent, body) = Lent::new(body);
                (Stays::Lent(lent), body)
            }
            Self::Kept(bytes) => (Stays::Kept(bytes.clone()), Body::from(bytes)),
        }
    }
}

impl Stays {
    /// The body, to be sent once more; `None` where a part of it is gone.
    pub(super) fn back(self) -> Option<Load> {
        match self {
            Self::Lent(lent) => lent.take_back().map(Load::Once),
            Self::Kept(bytes) => Some(Load::Kept(bytes)),
        }
    }
}
