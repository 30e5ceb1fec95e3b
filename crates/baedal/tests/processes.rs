//! The program as it is run: every service its own process on one data directory, killed, restarted, stopped, and
//! refused with a sentence where it cannot start.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "people act at the same time")]

mod people;

use std::collections::BTreeMap;
use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use kernel::money::Amount;
use pay::adapters::toss::stub::{Options, TossStub};
use platform::config::Secret;
use platform::shutdown::Shutdown;
use platform::stub::Kind;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Always open.
const GUKBAP: &str = "019aa8dc-4883-7518-b416-a51e317821cf";
const PANCAKE: &str = "019aa8dc-4881-71c4-9fa0-56741d0b328d";
const SERVICES: [&str; 6] = ["app", "pay", "store", "customer", "delivery", "gateway"];
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_menu_to_door_through_six_processes_of_which_one_is_killed() {
    let mut town = Town::new();
    for service in SERVICES {
        town.serve(service).await;
    }
    town.ready().await;
    let stores = town.until("", "/stores", |found| found["items"].as_array().is_some_and(|items| !items.is_empty()));
    stores.await;
    let menu = town.get("", &format!("/stores/{GUKBAP}")).await;
    assert!(menu["menu"].to_string().contains(PANCAKE));
    let order = town.order().await;
    let owner = format!("owner/{GUKBAP}");
    let open = |ticket: &Value| ticket["status"] == "OPEN";
    town.until(&owner, &format!("/tickets/{order}"), open).await;
    town.post(&owner, &format!("/tickets/{order}/accept"), json!({ "prepMinutes": 20 })).await;

    town.kill("store");
    let second = town.order().await;
    town.serve("store").await;
    town.ready().await;
    town.until(&owner, &format!("/tickets/{second}"), open).await;
    for what in ["start-cooking", "finish-cooking"] {
        town.post(&owner, &format!("/tickets/{order}/{what}"), json!({})).await;
    }
    town.until("rider/1", &format!("/deliveries/{order}"), |delivery| delivery["ready"] == true).await;
    for what in ["claim", "pick-up", "complete"] {
        town.post("rider/1", &format!("/deliveries/{order}/{what}"), json!({})).await;
    }
    town.until("customer/1", &format!("/orders/{order}"), |order| order["status"] == "DELIVERED").await;
    let told = |found: &Value| found["items"].as_array().is_some_and(|items| items.len() == 6);
    town.until("customer/1", &format!("/notifications?orderId={order}"), told).await;

    for service in SERVICES {
        assert_eq!(town.terminate(service).await.code(), Some(0), "{service}");
    }
    let check = town.run(&["check", "--once"]);
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_on_purpose_and_then_killed_comes_back_whole() {
    let mut town = Town::new();
    town.flags = &["--faults"];
    for service in SERVICES {
        town.serve(service).await;
    }
    town.ready().await;
    town.until("", "/stores", |found| found["items"].as_array().is_some_and(|items| !items.is_empty())).await;
    let gateway = town.address("gateway");
    let fault = |words: &str| {
        let words: Vec<_> = ["fault", "--server", &gateway].into_iter().chain(words.split_whitespace()).collect();
        let output = town.run(&words);
        (output.status.code(), said(&output))
    };
    let (code, told) = fault("pause store customer");
    assert!(code == Some(0) && told.contains("store is paused") && told.contains("customer is paused"), "{told}");
    assert_eq!(fault("payment --losing").0, Some(0));
    let (status, doubtful) = town.call(Method::POST, "customer/1", "/orders", Some(basket("ok"))).await;
    assert_eq!((status, &doubtful["status"]), (202, &json!("PAYMENT_CHECKING")));
    assert_eq!(fault("payment").0, Some(0));
    let placed = town.order().await;
    assert_eq!(fault("payment --hanging").0, Some(0));

    town.kill("pay");
    town.kill("store");
    town.serve("pay").await;
    town.serve("store").await;
    let owner = format!("owner/{GUKBAP}");
    for order in [doubtful["orderId"].as_str().unwrap(), &placed] {
        town.until(&owner, &format!("/tickets/{order}"), |ticket| ticket["status"] == "OPEN").await;
    }
    let output = town.run(&["fault", "--server", &gateway, "show"]);
    assert!(said(&output).contains("customer is paused") && !said(&output).contains("store"), "{}", said(&output));
    assert_eq!(town.run(&["fault", "--server", &gateway, "clear"]).status.code(), Some(0));
    let told = |found: &Value| found["items"].as_array().is_some_and(|items| items.len() == 3);
    town.until("customer/1", "/notifications", told).await;
    for service in SERVICES {
        assert_eq!(town.terminate(service).await.code(), Some(0), "{service}");
    }
    let check = town.run(&["check", "--once"]);
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_data_is_refused() {
    let mut town = Town::new();
    town.serve("store").await;
    town.ready().await;
    let second = town.run(&["serve", "store", "--port", &format!("store={}", free_port())]);
    refused(&second, "Another process already runs store");
    town.get_at("store", "/health/ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named_before_anything_is_touched() {
    let town = Town::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let refusal = town.run(&["serve", "pay", "--port", &format!("pay={port}")]);
    refused(&refusal, &format!("pay cannot listen at 127.0.0.1:{port}"));
    assert!(!town.data_dir().exists());
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    let town = Town::new();
    std::fs::write(town.data_dir(), "a file where a directory should be").unwrap();
    let refusal = town.run(&["serve", "pay", "--port", &format!("pay={}", free_port())]);
    refused(&refusal, &town.data_dir().display().to_string());
    assert!(said(&refusal).contains("--data-dir"), "{}", said(&refusal));
}

#[test]
fn a_log_that_is_no_database_is_named() {
    let town = Town::new();
    std::fs::create_dir(town.data_dir()).unwrap();
    std::fs::write(town.data_dir().join("pay.db"), "no database, whatever its name says".repeat(100)).unwrap();
    refused(&town.run(&["serve", "pay", "--port", &format!("pay={}", free_port())]), "pay.db");
}

#[test]
fn an_unknown_setting_is_named_wherever_it_comes_from() {
    let town = Town::new();
    refused(&town.run(&["serve", "--set", "waits.forever=1m"]), "waits.forever");
    refused(&town.run(&["serve", "--wait", "forever=1m"]), "forever");
    let file = town.dir.path().join("other.toml");
    std::fs::write(&file, "[waits]\nforever = \"1m\"\n").unwrap();
    refused(&town.run(&["serve", "--config", file.to_str().unwrap()]), "forever");
    let output = town.command(&["serve"]).env("BAEDAL_FOREVER", "1").output().unwrap();
    refused(&output, "BAEDAL_FOREVER");
    refused(&town.run(&["serve", "--set", "trusted_proxies=everybody"]), "everybody");
    let port = format!("gateway={}", free_port());
    let tls = ["serve", "gateway", "--port", &port, "--set", "tls.certificate=/nowhere", "--set", "tls.key=/nowhere"];
    refused(&town.run(&tls), "/nowhere cannot be read");
}

#[test]
fn the_program_says_what_it_can_do() {
    let town = Town::new();
    let help = town.run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for word in ["serve", "demo", "check", "fault", "--data-dir", "--port"] {
        assert!(said(&help).contains(word), "{word}");
    }
    let stubs = said(&town.run(&["stub", "--help"])).split_whitespace().collect::<Vec<_>>().join(" ");
    for usual in ["9101 for toss", "9102 for nhn", "9103 for solapi", "9104 for kakao"] {
        assert!(stubs.contains(usual), "{usual}: {stubs}");
    }
    assert_eq!(town.run(&["--version"]).status.code(), Some(0));
    assert_eq!(town.run(&["cook"]).status.code(), Some(2));
}

#[test]
fn a_check_of_nothing_says_so() {
    let town = Town::new();
    let check = town.run(&["check"]);
    refused(&check, &town.data_dir().display().to_string());
    assert!(!town.data_dir().exists(), "a look makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn being_told_to_stop_answers_what_is_under_way_first() {
    let mut town = Town::new();
    town.serve("all").await;
    town.ready().await;
    // The provider takes three seconds for this one.
    let request = town.http.post(format!("{}/orders", town.gateway())).bearer_auth(&town.tokens["customer/1"]);
    let slow = request.json(&basket("slow")).send();
    let stopped = async {
        let a_payment = |page: &Value| page.to_string().contains("PaymentRequested");
        town.until("operator/1", "/events?limit=200&from=store:100000", a_payment).await;
        town.terminate("all").await
    };
    let (answer, stopped) = tokio::join!(slow, stopped);
    assert_eq!(answer.unwrap().status(), 201);
    assert_eq!(stopped.code(), Some(0));
    let check = town.run(&["check", "--once"]);
    assert_ne!(check.status.code(), Some(2), "{}", said(&check));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_toss_charges_and_while_it_gives_back_it_charges_and_gives_back_once() {
    let mut town = Town::new();
    let shutdown = Shutdown::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options {
        webhook: Some(format!("{}/webhooks/toss", town.address("gateway"))),
        pauses: vec![Duration::from_millis(200); 300],
        ..Options::new(Secret::new("test_sk_processes"))
    };
    let toss = TossStub::start(listener, options, &shutdown).unwrap();
    town.variables = vec![("BAEDAL_PAYMENT_PROVIDER", "toss".to_owned()), ("BAEDAL_TOSS_BASE", toss.base())];
    refused(&town.run(&["serve", "pay", "--port", &format!("pay={}", free_port())]), "BAEDAL_TOSS_SECRET_KEY");
    town.variables.push(("BAEDAL_TOSS_SECRET_KEY", "test_sk_processes".to_owned()));
    town.serve("all").await;
    town.ready().await;
    let mut body = basket("");
    body.as_object_mut().unwrap().remove("payment");
    let (status, order) = town.call(Method::POST, "customer/1", "/orders", Some(body)).await;
    assert_eq!(status, 202, "{order}");
    let path = format!("/orders/{}", order["orderId"].as_str().unwrap());
    let reference = order["payment"]["reference"].as_str().unwrap().to_owned();
    let key = toss.authenticate(&reference, Amount::new(order["payment"]["amount"].as_i64().unwrap()));

    let slowly = || Kind::Slow { ms: 400, jitter_ms: 0 };
    toss.faults().on("confirm", slowly(), 1);
    let paying = town.http.post(format!("{}{path}/payment", town.gateway())).bearer_auth(&town.tokens["customer/1"]);
    let paying = tokio::spawn(paying.json(&json!({ "method": "CARD", "token": key })).send());
    platform::testing::until("Toss is asked to charge", || toss.calls("confirm") == 1).await;
    town.kill("all");
    assert!(paying.await.unwrap().is_err(), "nobody is left to answer");
    platform::testing::until("Toss has charged", || toss.sums(&reference) == [(22_000, 0)]).await;
    town.serve("all").await;
    town.ready().await;
    town.until("customer/1", &path, |order| order["status"] == "PLACED").await;

    toss.faults().on("cancel", slowly(), 1);
    let (status, _) = town.call(Method::POST, "customer/1", &format!("{path}/cancel"), Some(json!({}))).await;
    assert_eq!(status, 202);
    platform::testing::until("Toss is asked to give back", || toss.calls("cancel") == 1).await;
    town.kill("all");
    town.serve("all").await;
    town.ready().await;
    town.until("customer/1", &path, |order| order["refund"] == "DONE").await;
    assert_eq!((toss.sums(&reference), toss.calls("confirm")), (vec![(22_000, 22_000)], 1));
    assert_eq!(town.terminate("all").await.code(), Some(0));
    let check = town.run(&["check", "--once"]);
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));
    assert!(!said(&check).contains("test_sk"), "{}", said(&check));
    shutdown.begin();
    assert!(shutdown.drained(Duration::from_secs(5)).await);
}

/// A data directory, ports, and the processes that run on them.
struct Town {
    /// Of the environment.
    variables: Vec<(&'static str, String)>,
    dir: TempDir,
    ports: Vec<(&'static str, u16)>,
    running: Vec<(&'static str, Child)>,
    /// What each is started with.
    flags: &'static [&'static str],
    /// What everybody shows, once a gateway has been started.
    tokens: BTreeMap<String, String>,
    http: reqwest::Client,
}

impl Drop for Town {
    fn drop(&mut self) {
        for (_, child) in &mut self.running {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Town {
    fn new() -> Self {
        let ports = SERVICES.map(|service| (service, free_port())).into();
        let http = platform::client::inside().timeout(Duration::from_secs(20)).build().unwrap();
        let (flags, variables) = (&[][..], Vec::new());
        Self {
            dir: TempDir::new().unwrap(),
            ports,
            running: Vec::new(),
            flags,
            variables,
            tokens: BTreeMap::new(),
            http,
        }
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baedal"));
        command.current_dir(self.dir.path()).env_remove("RUST_LOG").args(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("--data-dir").arg(self.data_dir());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    async fn serve(&mut self, service: &'static str) {
        if matches!(service, "all" | "gateway") && self.tokens.is_empty() {
            let who = ["customer/1", "rider/1", "operator/1"].map(str::to_owned);
            self.tokens = people::sign_in(&self.data_dir(), who.into_iter().chain([format!("owner/{GUKBAP}")])).await;
        }
        let mut command = self.command(&["serve", service]);
        command.args(self.flags);
        for (name, port) in &self.ports {
            command.arg("--port").arg(format!("{name}={port}"));
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.running.push((service, child));
    }

    fn take(&mut self, service: &str) -> Child {
        let place = self.running.iter().position(|(name, _)| *name == service).unwrap();
        self.running.remove(place).1
    }

    /// As a machine that loses its power.
    fn kill(&mut self, service: &str) {
        let mut child = self.take(service);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and the wait until it has ended.
    async fn terminate(&mut self, service: &str) -> ExitStatus {
        let mut child = self.take(service);
        let told = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
        assert!(told.success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "{service} does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until all that runs is ready.
    async fn ready(&mut self) {
        let running: Vec<_> = self.running.iter().map(|(service, _)| *service).collect();
        for service in running {
            self.get_at(if service == "all" { "gateway" } else { service }, "/health/ready").await;
        }
    }

    fn address(&self, service: &str) -> String {
        let port = self.ports.iter().find(|(name, _)| *name == service).unwrap().1;
        format!("http://127.0.0.1:{port}")
    }

    fn gateway(&self) -> String {
        format!("{}/api", self.address("gateway"))
    }

    /// Asks a service itself until it answers well.
    async fn get_at(&self, service: &str, path: &str) {
        let deadline = Instant::now() + PATIENCE;
        let address = format!("{}{path}", self.address(service));
        loop {
            let answer = self.http.get(&address).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < deadline, "{service} is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn call(&self, method: Method, who: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.gateway()));
        if !who.is_empty() {
            request = request.bearer_auth(&self.tokens[who]);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    async fn get(&self, who: &str, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, who, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, who: &str, path: &str, body: Value) -> Value {
        let (status, body) = self.call(Method::POST, who, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn until(&self, who: &str, path: &str, right: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, body) = self.call(Method::GET, who, path, None).await;
            if status == 200 && right(&body) {
                return body;
            }
            assert!(Instant::now() < deadline, "{path} did not become right: {status} {body}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Orders two pancakes and pays.
    async fn order(&self) -> String {
        let (status, order) = self.call(Method::POST, "customer/1", "/orders", Some(basket("ok"))).await;
        assert_eq!(status, 201, "{order}");
        assert_eq!(order["status"], "PLACED");
        order["orderId"].as_str().unwrap().to_owned()
    }
}

/// Two pancakes, paid with `token`.
fn basket(token: &str) -> Value {
    json!({
        "storeId": GUKBAP,
        "items": [{ "menuId": PANCAKE, "quantity": 2 }],
        "address": "서울특별시 마포구 달보드레로 1",
        "phone": "010-0000-0000",
        "payment": { "method": "CARD", "token": token },
    })
}

/// Exit code 2, and a sentence with `words` in it on the standard error.
#[track_caller]
fn refused(output: &Output, words: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

fn said(output: &Output) -> String {
    let mut said = String::new();
    for mut stream in [&output.stdout[..], &output.stderr[..]] {
        stream.read_to_string(&mut said).unwrap();
    }
    said
}

/// A port that stays free for this test, also while nobody listens there: below those that systems hand out by
/// themselves.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 10_000 + u16::try_from(std::process::id() % 200).unwrap() * 100;
    loop {
        let port = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
