//! What other sites' pages have a browser do that is signed in here, and what is on the pages of signing in.

use reqwest::header::{HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};

use crate::scripts::{EVIL, is_script};
use crate::server::{Server, order};

/// A browser with a cookie, which follows no redirect.
struct Browser<'a> {
    server: &'a Server,
    http: reqwest::Client,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn signed_in(server: &'a Server, role: &str) -> Self {
        let http = platform::client::inside().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut browser = Self { server, http, cookie: String::new() };
        let answer = browser.form("/sign-in", &format!("login={role}&password=baedal")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303);
        let cookie = answer.headers().get(SET_COOKIE).expect("a cookie").to_str().unwrap().to_owned();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server.base()));
        let request = request.header("User-Agent", EVIL);
        if self.cookie.is_empty() { request } else { request.header("Cookie", &self.cookie) }
    }

    fn form(&self, path: &str, body: &str) -> RequestBuilder {
        let kind = "application/x-www-form-urlencoded";
        self.request(Method::POST, path).header("Content-Type", kind).body(body.to_owned())
    }

    async fn is_signed_in(&self) -> bool {
        self.request(Method::GET, "/api/sessions/current").send().await.unwrap().status().is_success()
    }
}

fn from_elsewhere(request: RequestBuilder) -> RequestBuilder {
    request.header("Origin", "https://evil.example").header("Sec-Fetch-Site", "cross-site")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_does_nothing_with_our_cookie() {
    let server = Server::start(&[]).await;
    let browser = Browser::signed_in(&server, "customer").await;
    assert!(browser.is_signed_in().await);
    for (path, body) in [
        ("/sign-in", "login=rider&password=baedal"),
        ("/sign-up", "email=evil%40example.com&password=three+words+apart"),
        ("/sign-out", ""),
        ("/account/password", "newPassword=three+words+apart"),
        ("/account/sign-out", "session=all"),
    ] {
        let answer = from_elsewhere(browser.form(path, body)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{path}");
        assert!(answer.headers().get(SET_COOKIE).is_none(), "{path}");
    }
    let json = |method, path: &str| browser.request(method, path).json(&order());
    for (method, path) in [
        (Method::POST, "/api/orders"),
        (Method::POST, "/api/sessions"),
        (Method::DELETE, "/api/sessions"),
        (Method::DELETE, "/api/sessions/current"),
        (Method::PUT, "/api/accounts/current/password"),
    ] {
        for request in [
            from_elsewhere(json(method.clone(), path)),
            json(method.clone(), path).header("Sec-Fetch-Site", "same-site"),
            json(method.clone(), path).header("Origin", "null"),
            json(method.clone(), path).header("Origin", format!("http://{}.evil.example", server.address())),
        ] {
            assert_eq!(request.send().await.unwrap().status().as_u16(), 403, "{method} {path}");
        }
    }
    assert!(browser.is_signed_in().await, "still signed in, as who they were");
    // Our own pages do.
    let own = json(Method::POST, "/api/orders").header("Origin", server.base());
    assert_eq!(own.send().await.unwrap().status().as_u16(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_to_no_other_site() {
    let server = Server::start(&[]).await;
    let browser = Browser::signed_in(&server, "customer").await;
    let led = |answer: &Response| answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        "https:evil.example",
        "javascript:pwned()",
        "/./../../evil.example//evil.example",
        " //evil.example",
        "/\r\nSet-Cookie: a=b",
    ] {
        let form = reqwest::Url::parse_with_params(
            "http://x/",
            [("login", "customer"), ("password", "baedal"), ("next", next)],
        );
        let form = form.unwrap().query().unwrap().to_owned();
        let shown = browser.request(Method::GET, "/sign-in").query(&[("next", next)]).send().await.unwrap();
        let posted = browser.form("/sign-in", &form).send().await.unwrap();
        assert!(posted.headers().get_all(SET_COOKIE).iter().all(|cookie| !cookie.to_str().unwrap().starts_with("a=")));
        for to in [led(&shown), led(&posted)].into_iter().flatten() {
            let base = reqwest::Url::parse(&server.base()).unwrap();
            let reached = base.join(&to).unwrap();
            assert_eq!(reached.origin(), base.origin(), "{next:?} leads to {to:?}");
            assert!(HeaderValue::from_str(&to).is_ok() && !to.contains('\\'), "{to:?}");
        }
    }
}

/// Of browsers it is shown what they call themselves, and of a form what was in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_in_a_sign_in_stays_a_text() {
    let server = Server::start(&[]).await;
    let browser = Browser::signed_in(&server, "customer").await;
    let account = browser.request(Method::GET, "/account").send().await.unwrap();
    assert_eq!(account.status().as_u16(), 200);
    let page = account.text().await.unwrap();
    assert!(!is_script(&page), "{page}");
    assert!(page.contains("pwned"), "what a browser calls itself is shown: {page}");
    let stranger = Browser { cookie: String::new(), ..browser };
    let evil = "%22%27%3E%3Cscript%3Epwned()%3C%2Fscript%3E";
    for (path, form) in [
        ("/sign-in", format!("login={evil}&password={evil}&next={evil}")),
        ("/sign-in", format!("do=code&phone={evil}&code={evil}&next={evil}")),
        ("/sign-in", format!("do=send-code&phone={evil}&next={evil}")),
        ("/sign-up", format!("email={evil}&phone={evil}&code={evil}&password={evil}&next={evil}")),
    ] {
        let page = stranger.form(path, &form).send().await.unwrap().text().await.unwrap();
        assert!(!is_script(&page), "{path}: {page}");
    }
}
