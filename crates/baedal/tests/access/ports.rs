//! The services' own ports: nobody comes in but with an identity that is ours, new, and for this one call.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use jiff::SignedDuration;
use kernel::Context;
use kernel::access::{May, Route};
use platform::identity::{IDENTITY_HEADER, KEYS_PATH, Signer};
use platform::ids::Ids;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::calls::{every, identity, method, nobodys, send, start, told};
use crate::support::TestApp;

/// Those who could act.
const WHO: [&str; 4] = ["customer/mina", "owner/019aa8dc-4883-7518-b416-a51e317821cf", "rider/kim", "operator/1"];

/// What is put before a port to come in.
struct Try {
    what: &'static str,
    headers: Vec<(&'static str, HeaderValue)>,
}

fn with(what: &'static str, headers: impl IntoIterator<Item = (&'static str, HeaderValue)>) -> Try {
    Try { what, headers: headers.into_iter().collect() }
}

fn only(what: &'static str, identity: HeaderValue) -> Try {
    with(what, [(IDENTITY_HEADER, identity)])
}

/// Calls at services, with the path that is asked for.
fn calls() -> Vec<(&'static Route, Context, Method, String)> {
    let of_services = every().into_iter().filter_map(|(route, context)| Some((route, context?)));
    of_services.map(|(route, context)| (route, context, method(route), nobodys(route, Some(context)))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_port_lets_in_who_has_no_good_identity() {
    let app = start().await;
    let strangers = Ids::seeded(7);
    let stranger = Signer::new("gateway", &app.clock, &strangers);
    let known = keys(&app).await;
    let mut tried = 0;
    for (route, context, method, path) in calls() {
        let mut ways = unsigned();
        for who in WHO.into_iter().chain([""]) {
            let good = app.signed(who, context, &method, &path);
            ways.extend(forged(&app, &stranger, &known, (who, context, &method, &path), &good));
            ways.extend(misused(&app, who, context, &method, &path));
        }
        for Try { what, headers } in ways {
            let mut request = app.http.request(method.clone(), format!("{}{path}", app.service(context)));
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = send(request, None).await;
            assert_eq!(answer.status().as_u16(), 401, "{} {path} of {context}: {what}", route.method.name());
            tried += 1;
        }
    }
    println!("{tried} calls at services' ports without a good identity");
    assert!(tried > 5_000, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_port_shows_everybody_its_health_its_metrics_and_its_documents() {
    let app = start().await;
    for context in Context::ALL {
        for path in ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/asyncapi.json"] {
            let answer = send(app.http.get(format!("{}{path}", app.service(context))), None).await;
            assert_eq!(answer.status().as_u16(), 200, "{path} of {context}");
        }
    }
}

/// Who says nothing, or says it as it was once said, or shows what is good at the gateway.
fn unsigned() -> Vec<Try> {
    let text = HeaderValue::from_static;
    vec![
        with("nothing", []),
        with("the header of old", [("Baedal-Actor", text("operator/1"))]),
        with("the header of old, as a service", [("baedal-actor", text("service/app"))]),
        only("an actor's text", text("operator/1")),
        only("nothing in it", text("")),
        only("no token", text("a.b.c")),
    ]
}

/// By another's key, by none, and by a public key taken for a secret one.
fn forged(
    app: &TestApp,
    stranger: &Signer,
    known: &Value,
    (who, context, method, path): (&str, Context, &Method, &str),
    good: &HeaderValue,
) -> Vec<Try> {
    let theirs = stranger.sign(&told(who), context, method, &path.parse().unwrap()).unwrap();
    let (good, theirs) = (parts(good), parts(&theirs));
    let header =
        |algorithm: &str| BASE64.encode(json!({ "alg": algorithm, "kid": known["kid"], "typ": "JWT" }).to_string());
    let claims = |change: &dyn Fn(&mut Value)| {
        let mut claims: Value = serde_json::from_slice(&BASE64.decode(&good[1]).unwrap()).unwrap();
        change(&mut claims);
        BASE64.encode(claims.to_string())
    };
    let operator = claims(&|claims| claims["role"] = json!("operator"));
    let named = claims(&|claims| (claims["sub"], claims["role"]) = (json!("mallory"), json!("operator")));
    let later = claims(&|claims| claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 1));
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64.decode(known["x"].as_str().unwrap()).unwrap()).unwrap();
    let signed_part = format!("{}.{named}", header("HS256"));
    mac.update(signed_part.as_bytes());
    let hashed = BASE64.encode(mac.finalize().into_bytes());
    let join = |parts: [&str; 3]| HeaderValue::try_from(parts.join(".")).unwrap();
    let another = app.signed("customer/mina", context, method, path);
    vec![
        only("signed by a stranger", join([&theirs[0], &theirs[1], &theirs[2]])),
        only("signed by a stranger with our key's name", join([&header("EdDSA"), &theirs[1], &theirs[2]])),
        only("not signed", join([&header("none"), &named, ""])),
        only("not signed, in capitals", join([&header("NONE"), &named, &good[2]])),
        only("signed with the public key", join([&header("HS256"), &named, &hashed])),
        only("another's claims", join([&good[0], &named, &good[2]])),
        only("another role", join([&good[0], &operator, &good[2]])),
        only("a longer time", join([&good[0], &later, &good[2]])),
        only("another's signature", join([&good[0], &good[1], &parts(&another)[2]])),
    ]
}

/// Good ones, but for something else.
fn misused(app: &TestApp, who: &str, context: Context, method: &Method, path: &str) -> Vec<Try> {
    let other = Context::ALL.into_iter().find(|other| *other != context).unwrap();
    let other_method = if *method == Method::GET { Method::DELETE } else { Method::GET };
    let good = |path: &str| app.signed(who, context, method, path);
    let both = [(IDENTITY_HEADER, good(path)), (IDENTITY_HEADER, good(path))];
    let joined = format!("{}, {}", good(path).to_str().unwrap(), good(path).to_str().unwrap());
    vec![
        only("for another service", app.signed(who, other, method, path)),
        only("for another method", app.signed(who, context, &other_method, path)),
        only("for another path", good(&format!("{path}x"))),
        only("for another query", good(&format!("{path}?limit=1"))),
        only("for the path at the gateway", good(&format!("/api{path}"))),
        only("for another service of ours", app_for(app, who, context, method, path)),
        with("two of them", both),
        only("two in one", HeaderValue::try_from(joined).unwrap()),
    ]
}

/// What app signs for somebody else than itself.
fn app_for(app: &TestApp, who: &str, context: Context, method: &Method, path: &str) -> HeaderValue {
    let signer = app.parts.iter().find_map(|part| part.running.app_signer()).unwrap();
    signer.sign(&told(who), context, method, &path.parse().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_good_for_a_few_seconds_and_once() {
    let app = start().await;
    // Signed before, so that the clock has to move once only.
    let all = calls();
    let old: Vec<_> = all
        .iter()
        .flat_map(|(_, context, method, path)| WHO.map(|who| app.signed(who, *context, method, path)))
        .collect();
    app.pass(SignedDuration::from_secs(10)).await;
    let asked = async |(context, method, path): (Context, &Method, &str), identity: &HeaderValue| {
        let request = app.http.request(method.clone(), format!("{}{path}", app.service(context)));
        let answer = send(request.header(IDENTITY_HEADER, identity), None).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for ((_, context, method, path), old) in all.iter().zip(old.chunks(WHO.len())) {
        for old in old {
            let (status, text) = asked((*context, method, path), old).await;
            assert_eq!(status, 401, "{method} {path} of {context}");
            assert!(text.contains("expired"), "{text}");
        }
    }
    // Where nobody may, an identity is used up as well.
    for (route, context, method, path) in &all {
        let Some(who) = WHO.into_iter().find(|who| route.may(told(who).role()) == May::No) else { continue };
        let once = identity(&app, *context, method, who, path);
        assert_eq!(asked((*context, method, path), &once).await.0, 403, "{method} {path} of {context}");
        let (status, text) = asked((*context, method, path), &once).await;
        assert_eq!(status, 401, "{method} {path} of {context}");
        assert!(text.contains("used before"), "{text}");
    }
}

/// How a header is written changes nothing, and a request that can be read in two ways is not read at all.
#[tokio::test(flavor = "multi_thread")]
async fn however_the_header_is_written_it_counts_once() {
    let app = start().await;
    let path = "/orders?limit=1";
    let good = || app.signed("customer/mina", Context::App, &Method::GET, path).to_str().unwrap().to_owned();
    let other = || app.signed("operator/1", Context::App, &Method::GET, path).to_str().unwrap().to_owned();
    let address = app.service(Context::App).trim_start_matches("http://").to_owned();
    for (what, lines, statuses) in [
        ("in small letters", format!("baedal-identity: {}\r\n", good()), &[200][..]),
        ("in capitals", format!("BAEDAL-IDENTITY: {}\r\n", good()), &[200][..]),
        ("with spaces around", format!("Baedal-Identity:  {} \t\r\n", good()), &[200][..]),
        ("twice", format!("Baedal-Identity: {}\r\nbaedal-identity: {}\r\n", good(), good()), &[401][..]),
        (
            "twice, another's second",
            format!("Baedal-Identity: {}\r\nBAEDAL-IDENTITY: {}\r\n", good(), other()),
            &[401][..],
        ),
        ("after an empty one", format!("Baedal-Identity:\r\nBaedal-Identity: {}\r\n", good()), &[401][..]),
        ("folded", format!("Baedal-Identity:\r\n {}\r\n", good()), &[400, 431][..]),
        ("a space before the colon", format!("Baedal-Identity : {}\r\n", good()), &[400, 431][..]),
        ("an underscore", format!("Baedal_Identity: {}\r\n", good()), &[401][..]),
        ("in the query", format!("X: {}\r\n", good()), &[401][..]),
        ("as a cookie", format!("Cookie: Baedal-Identity={}\r\n", good()), &[401][..]),
        ("as a bearer's", format!("Authorization: Bearer {}\r\n", good()), &[401][..]),
        (
            "in the end after the body",
            format!("TE: trailers\r\nTrailer: Baedal-Identity\r\nX: {}\r\n", good()),
            &[401][..],
        ),
    ] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{lines}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let is = |status: &u16| answer.starts_with(&format!("HTTP/1.1 {status} "));
        assert!(statuses.iter().any(is), "{what}: {answer}");
    }
}

/// The key that the gateway signs with, as it is published.
async fn keys(app: &TestApp) -> Value {
    let url = format!("{}{KEYS_PATH}", app.gateway().trim_end_matches("/api"));
    let published: Value = app.http.get(url).send().await.unwrap().json().await.unwrap();
    published["keys"][0].clone()
}

fn parts(token: &HeaderValue) -> [String; 3] {
    let parts: Vec<_> = token.to_str().unwrap().split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}
