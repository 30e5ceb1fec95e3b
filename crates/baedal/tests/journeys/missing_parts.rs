//! One context after the other is away: every page and list still answers with what there is, and says what is missing.

use std::time::{Duration, Instant};

use kernel::Context;
use kernel::access::{May, Method, Place, ROUTES, Route, Server};
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};

use crate::support::{GUKBAP, PANCAKE, TestApp};

/// The longest that a route may take where somebody is away who answers it, or whom it asks.
const SOON: Duration = Duration::from_secs(5);
/// What a browser says that it reads.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The platform without `gone`, and an order of `customer` that was placed before.
struct Without {
    app: TestApp,
    gone: Context,
    customer: String,
    order: String,
}

/// What came back.
struct Got {
    status: u16,
    retry_after: Option<String>,
    kind: String,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl Without {
    async fn new(gone: Context) -> Self {
        let others: Vec<_> = Context::ALL.into_iter().filter(|context| *context != gone).collect();
        let mut app = TestApp::start_apart(&[&others, &[gone]]).await;
        app.rest().await;
        let customer = app.someone("customer");
        let order = app.placed(&customer).await;
        app.stop(gone).await;
        Self { app, gone, customer, order }
    }

    /// Everybody there is; nobody is empty.
    fn people(&self) -> [String; 5] {
        let rider = self.app.someone("rider");
        [String::new(), self.customer.clone(), format!("owner/{GUKBAP}"), rider, "operator/1".to_owned()]
    }

    /// The paths of `route` as they are asked from outside, and who answers each.
    fn paths(&self, route: &Route) -> Vec<(String, Option<Context>)> {
        let prefix = if route.place == Place::Api { "/api" } else { "" };
        let fill = |path: String| {
            let path = path.replace("{orderId}", &self.order).replace("{storeId}", GUKBAP).replace("{menuId}", PANCAKE);
            path.split('/').map(|part| if part.starts_with('{') { "none" } else { part }).collect::<Vec<_>>().join("/")
        };
        let of: Vec<_> = Context::ALL.into_iter().filter(|context| route.is_of(*context)).collect();
        match route.by {
            Server::Gateway => vec![(fill(format!("{prefix}{}", route.path)), None)],
            Server::One(_) | Server::Each => {
                of.into_iter().map(|one| (fill(format!("{prefix}{}", route.path_at(one))), Some(one))).collect()
            }
        }
    }

    async fn get(&self, who: &str, path: &str, accept: &str) -> Got {
        let base = self.app.gateway();
        let mut request = self.app.http.get(format!("{}{path}", base.trim_end_matches("/api"))).header(ACCEPT, accept);
        if !who.is_empty() {
            request = request.bearer_auth(self.app.token(who).await);
        }
        let began = Instant::now();
        let response = request.send().await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, retry_after) = (response.status().as_u16(), header(RETRY_AFTER));
        let kind = header(CONTENT_TYPE).unwrap_or_default();
        // A stream that is open has no end to wait for.
        let text = if kind == "text/event-stream" { String::new() } else { response.text().await.unwrap() };
        assert!(began.elapsed() < SOON, "{path} took {:?}", began.elapsed());
        Got { status, retry_after, kind, text }
    }

    /// Asks each route that is safe to ask, as everybody.
    async fn ask_everything(&self) -> usize {
        let mut asked = 0;
        for route in ROUTES.iter().filter(|route| route.method == Method::Get && route.place != Place::Inside) {
            for who in self.people() {
                let role = (!who.is_empty()).then(|| kernel::testing::actor(&who).role());
                for (path, by) in self.paths(route) {
                    asked += 1;
                    let told = format!("{} away: {path} as \"{who}\"", self.gone);
                    let got = self.get(&who, &path, "application/json").await;
                    if route.may(role) == May::No {
                        assert!(matches!(got.status, 401 | 403), "{told}: {} {}", got.status, got.text);
                    } else if by == Some(self.gone) {
                        self.is_named(&got, &told);
                        let page = self.get(&who, &path, BROWSER).await;
                        assert_eq!((page.status, page.kind.as_str()), (503, "text/html; charset=utf-8"), "{told}");
                        assert!(
                            page.text.contains(&format!("<strong>{}</strong>", self.gone)),
                            "{told}: {}",
                            page.text
                        );
                    } else {
                        assert!(got.status < 500, "{told}: {} {}", got.status, got.text);
                    }
                }
            }
        }
        asked
    }

    fn is_named(&self, got: &Got, told: &str) {
        assert_eq!(got.status, 503, "{told}: {}", got.text);
        let problem = got.json();
        assert_eq!(problem["type"], "/problems/service-unavailable", "{told}");
        assert_eq!(problem["missing"], json!([self.gone]), "{told}");
        assert!(got.retry_after.is_some(), "{told}");
    }

    /// What brings several contexts together has what the others know.
    async fn what_is_left_is_there(&self) {
        let status = self.get("", "/api/status", "application/json").await.json();
        assert_eq!(status["missing"], json!([self.gone]));
        assert_eq!(status["services"].as_array().unwrap().iter().filter(|one| one["state"] == "READY").count(), 4);
        let page = self.get("", "/", BROWSER).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("4 of 5 services are ready"), "{}", page.text);
        let events = self.get("operator/1", "/api/events?limit=200", "application/json").await;
        assert_eq!((events.status, &events.json()["missing"]), (200, &json!([self.gone])));
        assert!(!events.json()["items"].as_array().unwrap().is_empty());
        if self.gone != Context::App {
            let order = self.get(&self.customer, &format!("/api/orders/{}", self.order), "application/json").await;
            assert_eq!((order.status, &order.json()["orderId"]), (200, &json!(self.order)));
            let list = self.get(&self.customer, "/api/orders", "application/json").await;
            assert_eq!(list.json()["items"][0]["orderId"], json!(self.order));
        }
        if self.gone != Context::Customer {
            let messages = self.get(&self.customer, "/api/notifications", "application/json").await;
            assert!(!messages.json()["items"].as_array().unwrap().is_empty(), "{}", messages.text);
        }
    }
}

async fn without(gone: Context) {
    let without = Without::new(gone).await;
    let asked = without.ask_everything().await;
    assert!(asked > 200, "{asked} is not every route");
    without.what_is_left_is_there().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_app_everything_else_answers_and_says_that_it_is_missing() {
    without(Context::App).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pay_everything_else_answers_and_says_that_it_is_missing() {
    without(Context::Pay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_store_everything_else_answers_and_says_that_it_is_missing() {
    without(Context::Store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_delivery_everything_else_answers_and_says_that_it_is_missing() {
    without(Context::Delivery).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_messages_everything_else_answers_and_says_that_it_is_missing() {
    without(Context::Customer).await;
}
