//! What one address may do where none is exempt, as none is that asks from outside; and that another has its own.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::server::{Server, order};

/// As if everybody came from outside.
const NOBODY_IS_EXEMPT: &str = "limits.exempt=";
/// Where the honest customer is; the others are at 127.0.0.1.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];
/// Orders of one customer within a minute, by default.
const ORDERS: usize = 20;

/// The honest customer, with a connection and an address of their own.
struct Customer<'a> {
    server: &'a Server,
    http: Client,
    token: String,
}

impl<'a> Customer<'a> {
    async fn of(server: &'a Server) -> Self {
        let http = Server::client_at(ELSEWHERE);
        let asked = json!({ "login": "customer", "password": "baedal" });
        let signed_in = http.post(format!("{}/api/sessions", server.base())).json(&asked).send().await.unwrap();
        assert_eq!(signed_in.status().as_u16(), 201);
        let opened: Value = signed_in.json().await.unwrap();
        Self { server, http, token: opened["token"].as_str().unwrap().to_owned() }
    }

    async fn order(&self) -> Response {
        let request = self.http.post(format!("{}/api/orders", self.server.base()));
        request.bearer_auth(&self.token).json(&order()).send().await.unwrap()
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> Vec<&'a str> {
    answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

/// A refusal that says when to come back; gives its problem's name.
async fn refusal(answer: Response) -> String {
    assert_eq!(answer.status().as_u16(), 429);
    let back: u64 = header(&answer, "retry-after").concat().parse().expect("when to come back");
    assert!((1..=3_600).contains(&back), "{back}");
    let problem: Value = answer.json().await.unwrap();
    problem["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_one_address_is_held_back_and_another_address_orders_on() {
    let mut server = Server::start(&[NOBODY_IS_EXEMPT, "limits.address=600/1m"]).await;
    let customer = Customer::of(&server).await;
    let flood = futures_util::stream::iter(0..1_500).map(|_| server.request(Method::GET, "", "/api/stores").send());
    let flood = flood.buffer_unordered(8).map(Result::unwrap).collect::<Vec<_>>();
    let orders = async {
        for _ in 0..ORDERS {
            assert_eq!(customer.order().await.status().as_u16(), 201, "who does not flood orders on");
        }
    };
    let (answers, ()) = futures_util::future::join(flood, orders).await;
    let (passed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status().as_u16() == 200);
    println!("of a flood of 1,500 {} passed", passed.len());
    // Six hundred, and what came back meanwhile.
    assert!((500..1_000).contains(&passed.len()), "{}", passed.len());
    for answer in &passed {
        assert!(header(answer, "ratelimit").concat().starts_with("\"address\";r="));
    }
    for answer in refused {
        assert_eq!(header(&answer, "ratelimit-policy"), ["\"address\";q=600;w=60"]);
        assert!(header(&answer, "ratelimit").concat().starts_with("\"address\";r=0;t="), "{:?}", answer.headers());
        assert_eq!(refusal(answer).await, "too-many-requests");
    }
    // Their own limit holds the honest customer too, and is theirs.
    let more = customer.order().await;
    assert!(header(&more, "ratelimit-policy").contains(&"\"orders\";q=20;w=60"), "{:?}", more.headers());
    server.still_runs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_passwords_meet_the_lockout_and_who_was_there_before_gets_in() {
    // Without the address's own limit: it is the account that is guarded here.
    let server = Server::start(&[NOBODY_IS_EXEMPT, "limits.sign_in=off"]).await;
    let customer = Customer::of(&server).await;
    let guesses = (0..1_000).map(async |number| server.try_sign_in("customer", &format!("guess-{number}")).await);
    let answers: Vec<_> = futures_util::stream::iter(guesses).buffer_unordered(4).collect().await;
    let (judged, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status().as_u16() == 401);
    println!("of 1,000 wrong passwords {} were tried", judged.len());
    // Five are free; each later one waits twice as long as the one before it.
    assert!((5..15).contains(&judged.len()), "{}", judged.len());
    for answer in refused {
        assert_eq!(refusal(answer).await, "too-many-requests");
    }
    let known = server.try_sign_in("customer", "baedal").await;
    assert_eq!(refusal(known).await, "too-many-requests", "not even what is right is tried now from there");
    assert_eq!(server.sign_in_from(ELSEWHERE, "customer", "baedal").await, 201);
    assert_eq!(customer.order().await.status().as_u16(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_signs_in_too_often_is_held_back_whoever_it_says_it_is() {
    let server = Server::start(&[NOBODY_IS_EXEMPT]).await;
    let tries = (0..200).map(async |number| server.try_sign_in(&format!("somebody-{number}"), "guess").await);
    let answers: Vec<_> = futures_util::stream::iter(tries).buffer_unordered(4).collect().await;
    let (judged, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status().as_u16() == 401);
    // Sixty, and one more for each second that it took.
    assert!((60..120).contains(&judged.len()), "{}", judged.len());
    for answer in refused {
        assert_eq!(header(&answer, "ratelimit-policy").first(), Some(&"\"sign-in\";q=60;w=60"));
        assert_eq!(refusal(answer).await, "too-many-requests");
    }
    assert_eq!(server.sign_in_from(ELSEWHERE, "customer", "baedal").await, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections_and_no_more() {
    const EACH: usize = 100;
    let mut server = Server::start(&[NOBODY_IS_EXEMPT, "connections.most_per_address=100"]).await;
    let customer = Customer::of(&server).await;
    let opened = join_all((0..3 * EACH).map(|_| TcpStream::connect(server.address()))).await;
    // Whoever was silent for longest had to make room, long before silence as such is ended.
    let ended = AtomicUsize::new(0);
    let reads = opened.into_iter().map(async |stream| {
        let mut stream = stream.unwrap();
        let _ = stream.read(&mut [0; 16]).await;
        ended.fetch_add(1, Relaxed);
    });
    let enough = async {
        let begun = Instant::now();
        while ended.load(Relaxed) < 2 * EACH && begun.elapsed() < Duration::from_secs(9) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(customer.order().await.status().as_u16(), 201);
        println!("of {} connections {} were ended, in {:?}", 3 * EACH, ended.load(Relaxed), begun.elapsed());
    };
    tokio::select! {
        () = enough => {}
        _ = join_all(reads) => panic!("none was left"),
    }
    let ended = ended.load(Relaxed);
    assert!((2 * EACH..=2 * EACH + 8).contains(&ended), "{ended}");
    server.still_runs().await;
}
