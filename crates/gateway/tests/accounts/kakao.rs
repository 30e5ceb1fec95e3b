use axum::extract::Request;
use axum::http::header::{COOKIE, HOST};
use gateway::kakao::stub::{KakaoStub, Options};
use platform::config::Secret;
use platform::server::Origin;
use platform::shutdown::Shutdown;
use platform::stub::Kind;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;

use crate::support::*;

/// Kakao, and a gateway that believes it.
struct World {
    desk: Desk,
    stub: KakaoStub,
    browser: reqwest::Client,
    _shutdown: Shutdown,
}

/// An errand on its way back: the address, and the cookie of the browser that began it.
struct Back {
    path: String,
    cookie: String,
}

/// The cookie of the session that an answer opens.
fn session(answer: &Answer) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let mut cookies = cookies.map(|cookie| cookie.split(';').next().unwrap());
    cookies.find(|cookie| cookie.starts_with("__Host-baedal=")).unwrap().to_owned()
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let desk = Desk::with_kakao(&base, "our-key", "our-secret").await;
        let secret = Secret::new("our-secret");
        let options = Options { client_id: "our-key".to_owned(), secret, clock: desk.clock.clone() };
        let shutdown = Shutdown::new();
        let stub = KakaoStub::start(listener, options, &shutdown).unwrap();
        let browser = platform::client::inside().redirect(Policy::none()).build().unwrap();
        Self { desk, stub, browser, _shutdown: shutdown }
    }

    /// Somebody goes to Kakao and agrees there as `person`, or does not.
    async fn errand(&self, next: &str, person: Option<&str>) -> Back {
        let begun = self.desk.page(&format!("/sign-in/kakao?next={next}"), "").await.expect(303);
        assert!(begun.cookie().starts_with("__Host-baedal-kakao="), "{}", begun.cookie());
        let cookie = begun.cookie().split(';').next().unwrap().to_owned();
        let agree = begun.header("location").replace("/oauth/authorize?", "/stub/agree?");
        let agree = person.map_or(agree.clone(), |person| format!("{agree}&as={person}"));
        let back = self.browser.get(agree).send().await.unwrap();
        let path =
            back.headers()["location"].to_str().unwrap().strip_prefix("http://127.0.0.1:8088").unwrap().to_owned();
        Back { path, cookie }
    }

    async fn comes(&self, back: &Back) -> Answer {
        self.desk.page(&back.path, &back.cookie).await
    }

    /// Who is signed in by an answer.
    async fn who(&self, answer: &Answer) -> String {
        self.desk.page("/api/stores", &session(answer)).await.text
    }

    async fn refused(&self, back: &Back, status: u16) {
        let answer = self.comes(back).await.expect(status);
        assert!(answer.text.contains("카카오"), "{}", answer.text);
        assert!(!answer.cookie().contains("__Host-baedal=") && answer.cookie().contains("Max-Age=0"));
    }
}

#[tokio::test]
async fn whom_kakao_vouches_for_is_one_customer_each_time() {
    let world = World::new().await;
    let page = world.desk.page("/sign-in", "").await;
    assert!(page.text.contains("카카오로 로그인"));
    let first = world.comes(&world.errand("/o/abc", Some("mina")).await).await.expect(303);
    assert_eq!(first.header("location"), "/o/abc");
    let mina = world.who(&first).await;
    assert!(mina.starts_with("customer/"), "{mina}");
    let again = world.comes(&world.errand("/", Some("mina")).await).await.expect(303);
    assert_eq!(world.who(&again).await, mina);
    let haneul = world.comes(&world.errand("/", Some("haneul")).await).await.expect(303);
    assert_ne!(world.who(&haneul).await, mina);
    assert_eq!(world.stub.calls("discovery"), 1, "Kakao blocks those who ask too often");
}

#[tokio::test]
async fn kakao_is_a_link_since_a_form_leads_to_no_other_site() {
    let world = World::new().await;
    let page = world.desk.page("/sign-in?next=/o/a?b%3Dc%26d", "").await.expect(200);
    assert!(page.text.contains("href=\"/sign-in/kakao?next=%2Fo%2Fa%3Fb%3Dc%26d\""), "{}", page.text);
    assert!(!page.text.contains("action=\"/sign-in/kakao"), "{}", page.text);
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    let led = world.desk.page("/sign-in/kakao?next=%2Fo%2Fa%3Fb%3Dc%26d", "").await.expect(303);
    assert!(led.header("location").starts_with(&world.stub.base()));
}

#[tokio::test]
async fn an_errand_begins_under_the_name_of_this_machine_that_it_comes_back_to() {
    let world = World::new().await;
    let begun = async |origin: &str, host: &str| {
        let request = Request::get("/sign-in/kakao?next=%2Fo%2Fa%3Fb%3Dc").header(HOST, host);
        world.desk.ask(request.extension(Origin::parse(origin).unwrap()), "").await.expect(303)
    };
    let led = begun("http://localhost:8088", "localhost:8088").await;
    assert_eq!(led.header("location"), "http://127.0.0.1:8088/sign-in/kakao?next=%2Fo%2Fa%3Fb%3Dc");
    assert_eq!(led.cookie(), "");
    for (other, host) in [
        ("http://127.0.0.1:8088", "127.0.0.1:8088"),
        ("http://localhost:8088", "127.0.0.1:8088"),
        ("http://localhost:3000", "localhost:3000"),
        ("http://baedal.lan:8088", "baedal.lan:8088"),
        ("https://baedal.example", "baedal.example"),
    ] {
        let led = begun(other, host).await;
        assert!(led.header("location").starts_with(&world.stub.base()), "{other}");
        assert!(led.cookie().starts_with("__Host-baedal-kakao="), "{other}");
    }
}

#[tokio::test]
async fn who_has_no_login_is_offered_no_password() {
    let world = World::new().await;
    let answer = world.comes(&world.errand("/", Some("mina")).await).await.expect(303);
    let id = world.who(&answer).await.trim_start_matches("customer/").to_owned();
    let page = world.desk.page("/account", &session(&answer)).await.expect(200).text;
    assert!(!page.contains("newPassword") && !page.contains("비밀번호"), "{page}");
    assert!(page.contains(&format!("계정 번호 {id}")), "{page}");
}

#[tokio::test]
async fn only_the_browser_that_began_it_ends_it_and_once() {
    let world = World::new().await;
    let back = world.errand("/", Some("mina")).await;
    let stolen = Back { path: back.path.clone(), cookie: "__Host-baedal-kakao=another".to_owned() };
    world.refused(&stolen, 400).await;
    world.refused(&Back { path: back.path.clone(), cookie: "a=b".to_owned() }, 400).await;
    // A neighbour's page may set such a cookie for us, with an errand of its own; one with the prefix it may not.
    let planted = back.cookie.replace("__Host-", "");
    world.refused(&Back { path: back.path.clone(), cookie: planted }, 400).await;
    world.comes(&back).await.expect(303);
    world.refused(&back, 400).await;
    let late = world.errand("/", Some("mina")).await;
    world.desk.pass_seconds(601);
    world.refused(&late, 400).await;
    let made_up = Back { path: "/sign-in/kakao/callback?state=x&code=y".to_owned(), cookie: late.cookie };
    world.refused(&made_up, 400).await;
}

#[tokio::test]
async fn who_does_not_agree_is_told_so_on_a_page() {
    let world = World::new().await;
    let back = world.errand("/", None).await;
    world.refused(&back, 400).await;
}

#[tokio::test]
async fn a_token_that_is_not_for_us_for_this_errand_of_today_and_of_kakao_is_not_believed() {
    let world = World::new().await;
    for fault in ["wrong-nonce", "wrong-audience", "wrong-issuer", "expired", "other-key"] {
        let back = world.errand("/", Some("mina")).await;
        world.stub.faults().on("token", Kind::Code { code: fault.to_owned() }, 1);
        world.refused(&back, 400).await;
    }
    let items = {
        let operator = world.desk.demo("operator").await;
        world.desk.get("/api/operations/gateway/audit?what=sign-in-failed", &operator).await.json()
    };
    assert_eq!(items["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn another_key_of_kakaos_is_asked_for() {
    let world = World::new().await;
    world.comes(&world.errand("/", Some("mina")).await).await.expect(303);
    world.stub.rotate().unwrap();
    world.desk.pass_seconds(61);
    world.comes(&world.errand("/", Some("mina")).await).await.expect(303);
    assert_eq!(world.stub.calls("keys"), 2);
}

#[tokio::test]
async fn where_kakao_is_away_one_is_told_so_and_signs_in_otherwise() {
    let world = World::new().await;
    let back = world.errand("/", Some("mina")).await;
    for fault in [Kind::Status { status: 503 }, Kind::Reset, Kind::Lost, Kind::Slow { ms: 60_000, jitter_ms: 0 }] {
        let back = world.errand("/", Some("mina")).await;
        world.stub.faults().on("token", fault, 1);
        world.refused(&back, 503).await;
    }
    world.comes(&back).await.expect(303);
    world.desk.pass(2);
    world.stub.faults().on("discovery", Kind::Status { status: 500 }, 1);
    let page = world.desk.page("/sign-in/kakao", "").await.expect(503);
    assert!(page.text.contains("카카오에 연결할 수 없어요"));
    world.desk.form("/sign-in", "", "do=password&login=customer&password=baedal").await.expect(303);
}

#[tokio::test]
async fn who_is_disabled_is_not_let_in_by_kakao() {
    let world = World::new().await;
    let answer = world.comes(&world.errand("/", Some("mina")).await).await.expect(303);
    let id = world.who(&answer).await.trim_start_matches("customer/").to_owned();
    let operator = world.desk.demo("operator").await;
    let path = format!("/api/operations/gateway/accounts/{id}/disable");
    world.desk.post(&path, &operator, serde_json::Value::Null).await.expect(200);
    let back = world.errand("/", Some("mina")).await;
    let page = world.comes(&back).await.expect(403);
    assert!(page.text.contains("닫힌 계정이에요. 운영자에게") && !page.text.contains("다시 시도"), "{}", page.text);
    assert!(!page.cookie().contains("__Host-baedal="), "{}", page.cookie());
}

#[tokio::test]
async fn without_a_key_there_is_no_such_sign_in() {
    let desk = Desk::open().await;
    assert!(!desk.page("/sign-in", "").await.text.contains("kakao"));
    desk.page("/sign-in/kakao", "").await.expect(404);
    let request = Request::get("/sign-in/kakao/callback?state=x&code=y").header(COOKIE, "a=b");
    desk.ask(request, "").await.expect(404);
}
