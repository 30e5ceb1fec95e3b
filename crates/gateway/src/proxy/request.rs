//! What of a request is the same at every try, and its body.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{EXPECT, HOST};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::{BodyExt, Limited};
use platform::deadline::DEADLINE_HEADER;
use platform::extract::BODY_LIMIT;
use platform::identity::{IDENTITY_HEADER, Identity};
use platform::server::{
    ClientAddress, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, Origin, REQUEST_ID, RequestId, Trace,
};

use super::{Outage, strip_hop_by_hop};

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

/// All of a body, so that it can be sent again; the edge has taken care that it is not too long.
pub(super) async fn whole(body: Body) -> Result<Bytes, Outage> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // Whoever asks is gone, or sends what nobody can read: there is nobody left who would hear more of it.
    let whole = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Outage::Unreachable)?;
    Ok(whole.to_bytes())
}
