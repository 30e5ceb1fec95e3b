//! HTTP clients: one way to make them, so that TLS has one provider and every call leaves at once.

use std::sync::OnceLock;

use reqwest::ClientBuilder;

/// For what answers in our own network, over plain HTTP: no certificates are looked for.
pub fn inside() -> ClientBuilder {
    builder().tls_certs_only(std::iter::empty())
}

/// For the outside world, over TLS with the certificates that this machine trusts. It follows no redirects: an
/// interface that moves is a change that a person has to look at.
pub fn outside() -> ClientBuilder {
    builder().redirect(reqwest::redirect::Policy::none())
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
