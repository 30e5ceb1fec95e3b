//! The gateway's port with TLS, behind proxies and for pages of other origins.

use platform::config::Settings;
use reqwest::{Certificate, Client, redirect};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{TestApp, free_ports};

/// A server with a certificate for localhost, and a client that trusts no other.
async fn with_tls(change: impl FnOnce(&mut Settings)) -> (TestApp, Client, TempDir) {
    let dir = TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = |name: &str, content: String| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (file("tls.crt", made.cert.pem()), file("tls.key", made.signing_key.serialize_pem()));
    let app = TestApp::start_with(|settings| {
        settings.tls.certificate = certificate;
        settings.tls.key = key;
        change(settings);
    })
    .await;
    let trusted = Certificate::from_der(made.cert.der()).unwrap();
    let client = platform::client::inside().tls_certs_only([trusted]).redirect(redirect::Policy::none());
    (app, client.build().unwrap(), dir)
}

fn secure(app: &TestApp) -> String {
    app.gateway().replace("http://127.0.0.1", "https://localhost")
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_everything_is_there_and_browsers_are_told_to_come_no_other_way() {
    let (app, client, _dir) = with_tls(|_| {}).await;
    let answer = client.get(format!("{}/stores", secure(&app))).send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.headers()["strict-transport-security"].to_str().unwrap()),
        (200.try_into().unwrap(), "max-age=31536000")
    );
    assert!(!answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().is_empty());
    let status: Value = client.get(format!("{}/status", secure(&app))).send().await.unwrap().json().await.unwrap();
    assert!(status["address"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{status}");
    assert!(client.get(format!("{}/stores", app.gateway())).send().await.is_err(), "and nothing is there without it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_by_plain_http_is_led_to_the_public_address() {
    let port = free_ports().gateway;
    let (app, client, _dir) = with_tls(|settings| {
        settings.tls.redirect_port = port;
        settings.public_address = "https://baedal.example".into();
    })
    .await;
    let plain = format!("http://127.0.0.1:{port}/o/a?b=c");
    let answer = client.get(plain).header("host", "elsewhere.example").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (308, "https://baedal.example/o/a?b=c")
    );
    let status: Value = client.get(format!("{}/status", secure(&app))).send().await.unwrap().json().await.unwrap();
    assert_eq!(status["address"], "https://baedal.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_named_origin_may_ask_and_no_cookie_goes_with_it() {
    let app = TestApp::start_with(|settings| settings.cors_origins = vec!["https://shop.example".into()]).await;
    for (origin, allowed) in [("https://shop.example", true), ("https://evil.example", false)] {
        let answer = app.call(reqwest::Method::GET, "", "/stores", None, &[("origin", origin)]).await;
        assert_eq!(answer.header("access-control-allow-origin") == origin, allowed);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}
