//! TLS: the certificate is read from files, and read again when they change.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::shutdown::Shutdown;

/// How often it is looked whether the files have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// A file that is longer than this holds no certificate.
const LONGEST: u64 = 1024 * 1024;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// There is no certificate in it.
    #[error("{} holds no certificate in PEM form", .0.display())]
    NoCertificate(PathBuf),
    /// There is no private key in it.
    #[error("{} holds no private key in PEM form", .0.display())]
    NoKey(PathBuf),
    /// They do not belong together, or are of a kind that cannot be used.
    #[error("the certificate in {} and the key in {} cannot be used together", .0.display(), .1.display())]
    Pair(PathBuf, PathBuf, #[source] rustls::Error),
    /// TLS itself cannot be set up.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// A certificate with its key, as good as its files.
#[derive(Clone)]
pub struct Certificates(Arc<Inner>);

struct Inner {
    files: [PathBuf; 2],
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read()))
    }
}

/// What tells one state of a file from another without reading it.
type Stamp = Option<(SystemTime, u64)>;

impl Certificates {
    /// The certificate chain in one file and the private key in the other, both PEM.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = [certificate.to_owned(), key.to_owned()];
        let current = Arc::new(Current(RwLock::new(Arc::new(pair(&files)?))));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Inner { files, current, acceptor: TlsAcceptor::from(Arc::new(config)) })))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.0.acceptor.clone()
    }

    /// Follows the files until `shutdown` begins. A pair that cannot be used is told once, and the one before it stays.
    pub fn follow(&self, shutdown: &Shutdown) {
        let (own, end) = (self.clone(), shutdown.clone());
        // What the files look like now, not when the task first runs: they may change in between.
        let mut seen = own.stamps();
        shutdown.spawn("certificates are followed", async move {
            loop {
                tokio::select! {
                    () = end.begun() => return,
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
                let stamps = own.stamps();
                if stamps != seen {
                    seen = stamps;
                    own.renew();
                }
            }
        });
    }

    fn stamps(&self) -> [Stamp; 2] {
        self.0.files.each_ref().map(|file| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }

    /// The certificate that is shown now.
    #[cfg(test)]
    pub(super) fn shown(&self) -> CertificateDer<'static> {
        self.0.current.0.read().cert[0].clone()
    }

    pub(super) fn renew(&self) {
        match pair(&self.0.files) {
            Ok(renewed) => {
                *self.0.current.0.write() = Arc::new(renewed);
                tracing::info!(certificate = %self.0.files[0].display(), "a new certificate is in use");
            }
            Err(error) => {
                let why = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, why, "the new certificate cannot be used, and the one before it stays in use");
            }
        }
    }
}

fn pair([certificate, key]: &[PathBuf; 2]) -> Result<CertifiedKey, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(certificate.clone()))?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::NoKey(key.clone()))?;
    let pair = |error| TlsError::Pair(certificate.clone(), key.clone(), error);
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(pair)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |error| TlsError::File(path.to_owned(), error);
    let mut content = Vec::new();
    let file = BufReader::new(File::open(path).map_err(failed)?);
    file.take(LONGEST).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}
