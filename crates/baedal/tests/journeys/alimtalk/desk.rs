//! The platform with a stub of a message provider beside it.

use std::time::{Duration, Instant};

use customer::adapters::nhn::stub::{NhnStub, Options as NhnOptions};
use customer::adapters::solapi::stub::{Options as SolapiOptions, SolapiStub};
use customer::adapters::stubbed::{Behaviour, Reached};
use customer::domain::templates::{listing, registry};
use jiff::SignedDuration;
use platform::config::{MessageOutlet, Secret};
use platform::shutdown::Shutdown;
use platform::stub::Faults;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{GUKBAP, PANCAKE, TestApp, id};

/// Both ways out.
pub const BOTH: [MessageOutlet; 2] = [MessageOutlet::Nhn, MessageOutlet::Solapi];
const SENDER: &str = "0212345678";
/// How long something may take in all.
const PATIENCE: Duration = Duration::from_secs(40);

/// The platform, and the provider by which its messages leave.
pub struct Desk {
    pub app: TestApp,
    pub customer: String,
    stub: Stub,
    shutdown: Shutdown,
}

enum Stub {
    Nhn(NhnStub),
    Solapi(SolapiStub),
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

impl Desk {
    /// Starts both.
    pub async fn start(outlet: MessageOutlet) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = TestApp::start_with(|settings| {
            settings.messages.outlet = outlet;
            settings.messages.sms_sender = SENDER.into();
            settings.messages.page = "https://order.example".into();
            (settings.nhn.base, settings.solapi.base) = (base.clone(), base);
            (settings.nhn.appkey, settings.nhn.sender_key) = ("app".into(), "channel".into());
            settings.solapi.pf_id = "channel".into();
        })
        .await;
        let webhook = |path: &str| Some(format!("{}/webhooks/{path}", app.root()));
        let behaviour = |path| Behaviour {
            templates: listing::of(registry(), &app.settings.messages.page),
            senders: vec![SENDER.to_owned()],
            delay: Duration::from_millis(15),
            clock: app.clock.clone(),
            webhook: webhook(path),
        };
        let shutdown = Shutdown::new();
        let secret = |secret: &Option<Secret>| secret.clone().unwrap();
        let stub = if outlet == MessageOutlet::Nhn {
            let options = NhnOptions {
                appkey: "app".to_owned(),
                secret: secret(&app.secrets.nhn_secret_key),
                sender_key: "channel".to_owned(),
                behaviour: behaviour("nhn"),
            };
            Stub::Nhn(NhnStub::start(listener, options, &shutdown).unwrap())
        } else {
            let options = SolapiOptions {
                pf_id: "channel".to_owned(),
                api_key: secret(&app.secrets.solapi_api_key),
                api_secret: secret(&app.secrets.solapi_api_secret),
                behaviour: behaviour("solapi"),
            };
            Stub::Solapi(SolapiStub::start(listener, options, &shutdown).unwrap())
        };
        let customer = app.someone("customer");
        Self { app, customer, stub, shutdown }
    }

    pub fn faults(&self) -> &Faults {
        match &self.stub {
            Stub::Nhn(stub) => stub.faults(),
            Stub::Solapi(stub) => stub.faults(),
        }
    }

    pub fn calls(&self, name: &str) -> u64 {
        match &self.stub {
            Stub::Nhn(stub) => stub.calls(name),
            Stub::Solapi(stub) => stub.calls(name),
        }
    }

    pub fn unregister(&self, code: &str) {
        match &self.stub {
            Stub::Nhn(stub) => stub.unregister(code),
            Stub::Solapi(stub) => stub.unregister(code),
        }
    }

    /// What reached the phone about `order`, in order.
    pub fn reached(&self, order: &str) -> Vec<Reached> {
        let all = match &self.stub {
            Stub::Nhn(stub) => stub.reached(),
            Stub::Solapi(stub) => stub.reached(),
        };
        all.into_iter().filter(|reached| reached.order == order).collect()
    }

    /// How many messages the provider took of a notice.
    pub fn taken(&self, notice: &str) -> usize {
        match &self.stub {
            Stub::Nhn(stub) => stub.taken(notice),
            Stub::Solapi(stub) => stub.taken(notice),
        }
    }

    /// No two messages of an order were ever on their way at once.
    #[track_caller]
    pub fn never_crossed(&self) {
        let crossed = match &self.stub {
            Stub::Nhn(stub) => stub.crossed(),
            Stub::Solapi(stub) => stub.crossed(),
        };
        assert_eq!(crossed, Vec::<String>::new());
    }

    /// Somebody with this number orders and pays.
    pub async fn placed(&self, phone: &str) -> String {
        let mut body = self.app.basket(GUKBAP, PANCAKE, 2);
        body["phone"] = json!(phone);
        body["language"] = json!("ko");
        body["payment"] = json!({ "method": "CARD", "token": "ok" });
        let order = id(&self.app.post(&self.customer, "/orders", body).await.expect(201));
        self.app.rest().await;
        order
    }

    /// The notices of `order`, oldest first.
    pub async fn notices(&self, order: &str) -> Vec<Value> {
        let path = format!("/notifications?orderId={order}&limit=200");
        let found = self.app.get(&self.customer, &path).await.expect(200);
        found["items"].as_array().unwrap().iter().rev().cloned().collect()
    }

    /// The kinds and states of the notices of `order`, oldest first.
    pub async fn told(&self, order: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.notices(order).await.iter().map(|notice| (text(&notice["kind"]), text(&notice["state"]))).collect()
    }

    /// Lets time go on, a little at a look, until nothing of `order` waits to be sent.
    pub async fn settled(&self, order: &str) {
        self.settled_in_steps_of(order, SignedDuration::from_millis(500)).await;
    }

    /// The same, with time going on by `step` at a look.
    pub async fn settled_in_steps_of(&self, order: &str, step: SignedDuration) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let told = self.told(order).await;
            if told.iter().all(|(_, state)| state != "QUEUED") {
                return;
            }
            assert!(Instant::now() < deadline, "not settled: {told:?}");
            self.app.pass(step).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits, with the clock standing still, until `reached`.
    pub async fn until(&self, what: &str, reached: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !reached(self) {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
