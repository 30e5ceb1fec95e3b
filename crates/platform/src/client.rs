//! HTTP clients: one way to make them, so that TLS has one provider and every call leaves at once.

use std::sync::OnceLock;

use reqwest::{ClientBuilder, Response};

/// The most bytes of an answer from outside that are read.
const MOST: usize = 4 * 1024 * 1024;

/// For what answers in our own network, over plain HTTP: no certificates are looked for.
pub fn inside() -> ClientBuilder {
    builder().tls_certs_only(std::iter::empty())
}

/// For the outside world, over TLS with the certificates that this machine trusts. It follows no redirects: an
/// interface that moves is a change that a person has to look at.
pub fn outside() -> ClientBuilder {
    builder().redirect(reqwest::redirect::Policy::none())
}

/// For whoever answers at `base`: over TLS as for the outside world, or plain HTTP as in our own network.
pub fn at(base: &str) -> ClientBuilder {
    if base.starts_with("https://") { outside() } else { inside() }
}

/// The body of an answer from outside; `None` where it breaks off, or has no end.
pub async fn body(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            return None;
        }
    }
    Some(body)
}

#[expect(clippy::disallowed_methods, reason = "this is the place that makes clients")]
fn builder() -> ClientBuilder {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        // Somebody else's choice is as good: all that matters is that there is one.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
    ClientBuilder::new().tcp_nodelay(true)
}
