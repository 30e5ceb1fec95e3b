//! Sessions that are none: at the gateway no route lets them in, not even those that are open to anybody.

use jiff::SignedDuration;
use kernel::access::Place;
use platform::identity::IDENTITY_HEADER;
use reqwest::Method;

use crate::calls::{answered, every, method, nobodys, outside, send, signed_in, start};
use crate::support::{GUKBAP, TestApp};

/// Longer than any session lasts, and the same hour of the same day of the week.
const LONG: SignedDuration = SignedDuration::from_hours(24 * 7 * 52);

/// One of each role.
fn people() -> [String; 4] {
    ["customer/late".to_owned(), format!("owner/{GUKBAP}"), "rider/late".to_owned(), "operator/late".to_owned()]
}

async fn tokens(app: &TestApp) -> Vec<String> {
    let mut tokens = Vec::new();
    for who in people() {
        let account = gateway::accounts::Account::of(&kernel::testing::actor(&who));
        tokens.push(app.edge().accounts.sign_in_as(account).await.unwrap().token);
    }
    tokens
}

async fn is_signed_in(app: &TestApp, token: &str) -> u16 {
    let url = format!("{}/sessions/current", app.gateway());
    app.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

/// Every row is 401 with each of these headers.
async fn lets_nobody_in(app: &TestApp, headers: &[String]) {
    let mut tried = 0;
    for (route, context) in every() {
        let Some(url) = outside(app, route, &nobodys(route, context)) else { continue };
        for header in headers {
            let request = app.http.request(method(route), &url).header("Authorization", header);
            let answer = send(request, None).await;
            assert_eq!(answer.status().as_u16(), 401, "{} {url} with {header}", route.method.name());
            tried += 1;
        }
    }
    println!("{tried} calls with sessions that are none");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_lets_in_who_was_signed_in_once() {
    let app = start().await;
    let expired = tokens(&app).await;
    app.pass(LONG).await;
    let left = tokens(&app).await;
    for token in &left {
        assert_eq!(is_signed_in(&app, token).await, 200);
        let url = format!("{}/sessions/current", app.gateway());
        assert_eq!(app.http.delete(url).bearer_auth(token).send().await.unwrap().status().as_u16(), 204);
    }
    let headers: Vec<_> = expired.iter().chain(&left).map(|token| format!("Bearer {token}")).collect();
    lets_nobody_in(&app, &headers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_lets_in_who_never_was_signed_in() {
    let app = start().await;
    let good = tokens(&app).await.remove(3);
    let longer = format!("{good}0");
    let other: String = good.chars().rev().collect();
    let headers = [
        format!("Bearer {}", &good[1..]),
        format!("Bearer {longer}"),
        format!("Bearer {other}"),
        format!("Bearer {good},{good}"),
        format!("Bearer {good} {good}"),
        format!("Basic {good}"),
        format!("Bearer{good}"),
        "Bearer ".to_owned(),
        good.clone(),
        "Bearer null".to_owned(),
        "Bearer ' OR 1=1 --".to_owned(),
        format!("Bearer {}", "a".repeat(8_000)),
    ];
    lets_nobody_in(&app, &headers).await;
    let url = format!("{}/sessions/current", app.gateway());
    let twice = app.http.get(&url).header("Authorization", format!("Bearer {good}"));
    let twice = twice.header("authorization", format!("Bearer {good}"));
    assert_eq!(send(twice, None).await.status().as_u16(), 401, "two sessions at once");
    assert_eq!(is_signed_in(&app, &good).await, 200);
}

/// Whatever says who somebody is, but for a session: the header that was believed once, and identities as services take
/// them, good ones even.
#[tokio::test(flavor = "multi_thread")]
async fn at_the_gateway_nothing_but_a_session_says_who_somebody_is() {
    let app = start().await;
    let mut tried = 0;
    for (route, context) in every() {
        let (Some(context), true) = (context, route.may(None) == kernel::access::May::No) else { continue };
        let path = nobodys(route, Some(context));
        let Some(url) = outside(&app, route, &path) else { continue };
        let method = method(route);
        let signed = app.signed("operator/1", context, &method, &path);
        let signed_outside = app.signed("operator/1", context, &method, url.trim_start_matches(&base(&app)));
        for (name, value) in [
            ("Baedal-Actor", "operator/1".to_owned()),
            ("baedal-actor", format!("owner/{GUKBAP}")),
            ("X-Baedal-Actor", "operator/1".to_owned()),
            (IDENTITY_HEADER, signed.to_str().unwrap().to_owned()),
            ("Baedal-Identity", signed_outside.to_str().unwrap().to_owned()),
        ] {
            let request = app.http.request(method.clone(), &url).header(name, value);
            let answer = send(request, None).await;
            assert_eq!(answer.status().as_u16(), 401, "{method} {url} with {name}");
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
    // It does not change who somebody is either, nor does it pass on.
    let operators = "/operations/app/lag";
    let identity = app.signed("operator/1", kernel::Context::App, &Method::GET, operators);
    let headers = [("Baedal-Identity", identity.to_str().unwrap()), ("Baedal-Actor", "operator/1")];
    let answer = app.call(Method::GET, "customer/mina", operators, None, &headers).await;
    assert_eq!(answer.status.as_u16(), 403, "{}", answer.body);
    let mut current =
        signed_in(&app, Method::GET, "customer/mina", &format!("{}/sessions/current", app.gateway())).await;
    for (name, value) in headers {
        current = current.header(name, value);
    }
    assert_eq!(answered(current, None, 200).await["role"], "customer");
}

fn base(app: &TestApp) -> String {
    app.gateway().trim_end_matches("/api").to_owned()
}

#[test]
fn there_are_routes_outside_to_try() {
    assert!(every().iter().filter(|(route, _)| route.place != Place::Inside).count() > 100);
}
