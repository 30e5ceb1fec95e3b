//! The server that is abused: the program itself, with everything in one process.

use std::any::Any;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::RwLock;

/// Always open.
pub const GUKBAP: &str = "019aa8dc-4883-7518-b416-a51e317821cf";
pub const PANCAKE: &str = "019aa8dc-4881-71c4-9fa0-56741d0b328d";

const SERVICES: [&str; 6] = ["app", "pay", "store", "customer", "delivery", "gateway"];
const PATIENCE: Duration = Duration::from_secs(30);

/// How often as much as in `make test`.
pub static TIMES: LazyLock<usize> = LazyLock::new(|| if std::env::var_os("BAEDAL_ABUSE").is_some() { 10 } else { 1 });

/// What is measured beside something else says nothing.
static ALONE: LazyLock<RwLock<()>> = LazyLock::new(RwLock::default);

/// A share in the machine, or all of it, until it is dropped.
type Turn = Box<dyn Any + Send>;

/// A running server; it is killed when it is dropped.
pub struct Server {
    child: Child,
    ports: Vec<u16>,
    pub http: reqwest::Client,
    _dir: TempDir,
    _turn: Turn,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// As it is run, with these settings beside.
    pub async fn start(settings: &[&str]) -> Self {
        Self::start_in(Box::new(ALONE.read().await), settings).await
    }

    /// Nothing else is abused meanwhile, so that it can be measured.
    pub async fn start_alone() -> Self {
        Self::start_in(Box::new(ALONE.write().await), &[]).await
    }

    async fn start_in(turn: Turn, settings: &[&str]) -> Self {
        let listeners = SERVICES.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        drop(listeners);
        let dir = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_baedal"));
        command.current_dir(dir.path()).arg("serve").arg("--data-dir").arg(dir.path().join("data"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BAEDAL_") || name == "RUST_LOG") {
            command.env_remove(name);
        }
        for (service, port) in SERVICES.iter().zip(&ports) {
            command.arg("--port").arg(format!("{service}={port}"));
        }
        for setting in settings {
            command.arg("--set").arg(setting);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let http = platform::client::inside().timeout(PATIENCE).build().unwrap();
        let server = Self { child, ports, http, _dir: dir, _turn: turn };
        let deadline = Instant::now() + PATIENCE;
        while !server.is_ready().await {
            assert!(Instant::now() < deadline, "the server does not become ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/health/ready", self.base())).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Where people reach it.
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The gateway's own address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports[5])
    }

    /// It is the process that was started, it answers somebody new.
    pub async fn still_runs(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it has ended: {ended:?}");
        let answer = Self::client_at([127, 0, 0, 3]).get(format!("{}/api/stores", self.base())).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }

    pub fn request(&self, method: Method, token: &str, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base()));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    /// The token of one of the demo's people.
    pub async fn sign_in(&self, role: &str) -> String {
        let answer = self.try_sign_in(role, "baedal").await;
        assert_eq!(answer.status().as_u16(), 201);
        let opened: Value = answer.json().await.unwrap();
        opened["token"].as_str().unwrap().to_owned()
    }

    pub async fn try_sign_in(&self, login: &str, password: &str) -> Response {
        let body = json!({ "login": login, "password": password });
        self.request(Method::POST, "", "/api/sessions").json(&body).send().await.unwrap()
    }

    /// What somebody at another address of this machine is answered who signs in.
    pub async fn sign_in_from(&self, address: [u8; 4], login: &str, password: &str) -> u16 {
        let body = json!({ "login": login, "password": password });
        let request = Self::client_at(address).post(format!("{}/api/sessions", self.base())).json(&body);
        request.send().await.unwrap().status().as_u16()
    }

    /// Somebody at another address of this machine.
    pub fn client_at(address: [u8; 4]) -> reqwest::Client {
        let from = std::net::IpAddr::from(address);
        platform::client::inside().local_address(from).timeout(PATIENCE).build().unwrap()
    }

    pub async fn get(&self, token: &str, path: &str) -> (u16, String) {
        let answer = self.request(Method::GET, token, path).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn call(&self, method: Method, token: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.request(method, token, path).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

/// An order of two pancakes, paid for.
pub fn order() -> Value {
    json!({
        "storeId": GUKBAP,
        "items": [{ "menuId": PANCAKE, "quantity": 2 }],
        "address": "서울특별시 마포구 달보드레로 1",
        "phone": "010-0000-0000",
        "payment": { "method": "CARD", "token": "ok" },
    })
}
