//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use platform::server::{ClientAddress, RequestId};

use crate::accounts::Visitor;

/// How much of what a device calls itself is kept, in characters. What it is stands last there.
const LONGEST_DEVICE: usize = 240;

/// Where a request comes from.
pub(crate) struct From(pub(crate) Visitor);

impl From {
    /// What `headers` and `extensions` tell of it.
    pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let device = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let device = device.chars().filter(|c| !c.is_control()).take(LONGEST_DEVICE).collect();
        let request = extensions.get::<RequestId>().map(|id| id.0);
        Self(Visitor { address: address(extensions), device, request })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, &parts.extensions))
    }
}

/// Whom the door took for the client.
fn address(extensions: &Extensions) -> IpAddr {
    extensions.get::<ClientAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.0.to_canonical())
}
