//! The gateway's port as the outside reaches it: with TLS or without, by which name, behind which proxies.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::http::HeaderValue;
use platform::config::Settings;
use platform::server::{self, Door, Limits, Trust, files};
use platform::shutdown::Shutdown;

use crate::compose::listen;

/// What stands at the gateway's port.
pub struct Entrance {
    door: Door,
    callers: Vec<HeaderValue>,
}

impl Entrance {
    /// As `settings` say. The certificate is followed, and plain HTTP is led to it, until `shutdown` begins.
    ///
    /// # Errors
    /// A sentence that says which setting is wrong, or which file.
    pub async fn open(settings: &Settings, shutdown: &Shutdown) -> anyhow::Result<Self> {
        let certificates =
            settings.tls.certificates().context("TLS cannot be spoken as tls.certificate and tls.key say")?;
        if let Some(certificates) = &certificates {
            certificates.follow(shutdown);
        }
        let limits = Limits {
            connections: connections(settings.connections.most),
            connections_per_address: settings.connections.most_per_address,
            ..Limits::default()
        };
        let public = settings.public_origin()?;
        if let Some(public) = public.as_ref().filter(|_| settings.tls.redirect_port != 0) {
            let listener = listen(settings, "the redirect to TLS", settings.tls.redirect_port).await?;
            let leading = server::serve(listener, server::to_https(public), shutdown.clone(), limits);
            shutdown.spawn("plain HTTP is led to TLS", leading);
        }
        let trust = Trust::Networks(settings.proxies()?);
        let uncounted = settings.limits.exempt.clone();
        Ok(Self { door: Door { limits, trust, uncounted, certificates, public }, callers: settings.callers()? })
    }

    /// What stands between the gateway and those who ask.
    pub const fn door(&self) -> &Door {
        &self.door
    }

    /// The origins whose pages may call it.
    pub fn callers(&self) -> &[HeaderValue] {
        &self.callers
    }

    /// The address at which people reach the gateway that listens at `own`.
    pub fn address(&self, own: SocketAddr) -> String {
        match (&self.door.public, &self.door.certificates) {
            (Some(public), _) => public.to_string(),
            (None, Some(_)) => format!("https://{own}"),
            (None, None) => format!("http://{own}"),
        }
    }
}

/// How many connections there can be: no more than this process may have files open.
fn connections(wanted: usize) -> usize {
    let Some(files) = files::raise() else { return wanted };
    let granted = files::connections_within(files, wanted);
    if granted < wanted {
        tracing::warn!(
            files,
            wanted,
            granted,
            "fewer connections than connections.most are possible: this process may not open more files (ulimit -n)"
        );
    }
    granted
}
