use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

const GET: &[u8] = b"GET /told HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A directory with a certificate and its key.
struct Files {
    dir: TempDir,
}

impl Files {
    fn new() -> (Self, CertificateDer<'static>) {
        let files = Self { dir: tempfile::tempdir().unwrap() };
        let certificate = files.renewed();
        (files, certificate)
    }

    fn certificate(&self) -> PathBuf {
        self.dir.path().join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.dir.path().join("tls.key")
    }

    /// Writes a new pair, and says which certificate is in it.
    fn renewed(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(self.certificate(), made.cert.pem()).unwrap();
        std::fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    fn load(&self) -> Result<Certificates, TlsError> {
        Certificates::load(&self.certificate(), &self.key())
    }
}

async fn serving(files: &Files) -> Running {
    let certificates = files.load().unwrap();
    let door = Door { certificates: Some(certificates.clone()), ..quick().into() };
    let server = Running::start(door).await;
    certificates.follow(&server.shutdown);
    server
}

/// A connection to a server that shows exactly this certificate.
async fn shaken(server: &Running, certificate: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await
}

async fn asked(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(GET).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn over_tls_requests_are_answered_and_known_to_be_secure() {
    let (files, certificate) = Files::new();
    let server = serving(&files).await;
    let mut stream = shaken(&server, &certificate).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let answer = asked(&mut stream).await;
    assert!(answer.contains("127.0.0.1 https://localhost "), "{answer}");
}

#[tokio::test]
async fn refusals_written_by_hand_arrive_over_tls() {
    let (files, certificate) = Files::new();
    let server = serving(&files).await;
    for (sent, status) in [(&b"GET / HTTP/1.1\r\nhos"[..], "408"), (b"GET / HTTP/1.1\nhost: x\r\n\r\n", "400")] {
        let mut stream = shaken(&server, &certificate).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[tokio::test]
async fn whoever_does_not_get_through_the_handshake_holds_nobody_up() {
    let (files, certificate) = Files::new();
    let server = serving(&files).await;
    let mut halves = Vec::new();
    for sent in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut stream = server.connect().await;
        stream.write_all(sent).await.unwrap();
        halves.push(stream);
    }
    assert!(asked(&mut shaken(&server, &certificate).await.unwrap()).await.starts_with("HTTP/1.1 200"));
    for stream in &mut halves {
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
        assert!(closed.is_err() || !answer.starts_with(b"HTTP"));
    }
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_and_open_connections_go_on() {
    let (files, old) = Files::new();
    let server = serving(&files).await;
    let mut open = shaken(&server, &old).await.unwrap();
    open.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let new = files.renewed();
    let taken_up = async {
        while shaken(&server, &new).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, taken_up).await.unwrap();
    assert!(shaken(&server, &old).await.is_err());
    server.go_on.notify_one();
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("at last"));
}

#[tokio::test]
async fn a_new_pair_that_does_not_fit_leaves_the_old_one_in_use() {
    let (files, old) = Files::new();
    let (others, new) = Files::new();
    let certificates = files.load().unwrap();
    for broken in ["", "rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(files.certificate(), broken).unwrap();
        certificates.renew();
        assert_eq!(certificates.shown(), old);
    }
    std::fs::copy(others.certificate(), files.certificate()).unwrap();
    certificates.renew();
    assert_eq!(certificates.shown(), old, "the key is still the old one's");
    std::fs::copy(others.key(), files.key()).unwrap();
    certificates.renew();
    assert_eq!(certificates.shown(), new);
}

#[test]
fn at_the_start_a_pair_that_cannot_be_used_is_told_with_its_files() {
    let (files, _) = Files::new();
    let (others, _) = Files::new();
    let told = |certificate: &Path, key: &Path| Certificates::load(certificate, key).err().unwrap().to_string();
    assert!(told(Path::new("/nowhere/tls.crt"), &files.key()).contains("/nowhere/tls.crt cannot be read"));
    assert!(told(&files.key(), &files.key()).contains("holds no certificate"));
    assert!(told(&files.certificate(), &files.certificate()).contains("holds no private key"));
    assert!(told(&files.certificate(), &others.key()).contains("cannot be used together"));
}

#[tokio::test]
async fn plain_http_leads_to_the_same_path_at_the_public_address_and_nowhere_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
    let router = to_https(&Origin::parse("https://baedal.example").unwrap());
    shutdown.spawn("redirect", serve(listener, router, shutdown.clone(), Limits::default()));
    let server = Running { address, shutdown, go_on: Arc::new(Notify::new()) };
    for (target, location) in [
        ("/", "https://baedal.example/"),
        ("/o/a?b=c%20d", "https://baedal.example/o/a?b=c%20d"),
        ("//elsewhere.example/", "https://baedal.example//elsewhere.example/"),
        ("http://elsewhere.example/x", "https://baedal.example/x"),
    ] {
        let host = if target.starts_with("http") { "elsewhere.example" } else { "x" };
        let head = format!("POST {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let answer = server.ask(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
        assert!(answer.contains(&format!("location: {location}\r\n")), "{answer}");
    }
    let answer = server.ask(b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}
