//! What other sites' pages have a browser send, and where ours lead to.

use reqwest::Method;

use crate::server::{Server, order};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_on_another_site_does_nothing() {
    let mut server = Server::start(&[]).await;
    let customer = server.sign_in("customer").await;
    let body = order().to_string();
    // What a form can send without asking first: no JSON.
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""] {
        for path in ["/api/orders", "/api/sessions", "/api/quotes"] {
            let request = server.request(Method::POST, &customer, path).body(body.clone());
            let request = request.header("Origin", "https://evil.example").header("Sec-Fetch-Site", "cross-site");
            let request = if kind.is_empty() { request } else { request.header("Content-Type", kind) };
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            assert!([400, 403, 415].contains(&status), "{path} {kind}: {status}");
        }
    }
    let (_, orders) = server.get(&customer, "/api/orders").await;
    assert!(orders.contains("\"items\":[]"), "{orders}");
    server.still_runs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_may_read_what_we_answer() {
    let server = Server::start(&[]).await;
    let customer = server.sign_in("customer").await;
    for path in ["/api/orders", "/api/stores", "/", "/api/sessions/current"] {
        for method in [Method::GET, Method::OPTIONS] {
            let request = server.request(method.clone(), &customer, path).header("Origin", "https://evil.example");
            let request = request.header("Access-Control-Request-Method", "GET");
            let answer = request.send().await.unwrap();
            let allowed = answer.headers().get("access-control-allow-origin");
            assert!(allowed.is_none(), "{method} {path}: {allowed:?}");
        }
    }
}

/// Whatever an address says of where to go next, it is here.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_to_another_site() {
    let server = Server::start(&[]).await;
    let elsewhere = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "https:evil.example",
        "\thttps://evil.example",
    ];
    let http = platform::client::inside().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for target in elsewhere {
        for path in [
            "/",
            "/pay/return",
            "/pay/failed",
            "/o/x",
            "/o/x/pay",
            "/phone",
            "/api/stores",
            "/sign-in",
            "/sign-up",
            "/waiting",
        ] {
            for name in ["next", "return", "url", "redirect", "to", "message"] {
                let request = http.get(format!("{}{path}", server.base())).query(&[(name, target)]);
                let answer = request.send().await.unwrap();
                let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
                let here = location
                    .as_deref()
                    .is_none_or(|to| to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'));
                assert!(here, "{path}?{name}={target}: {location:?}");
                let text = answer.text().await.unwrap();
                assert!(
                    !text.contains("href=\"https://evil") && !text.contains("action=\"https://evil"),
                    "{path}: {text}"
                );
                assert!(!text.contains("href=\"//evil") && !text.contains("action=\"//evil"), "{path}: {text}");
            }
        }
    }
}
