//! One story, told to both providers' stubs.

mod there;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kernel::events::customer::{Channel, NoticeKind};
use kernel::ids::NoticeId;
use kernel::lang::Language;
use platform::clock::{Clock, FakeClock};
use platform::config::Secret;
use platform::ids::Ids;
use platform::shutdown::Shutdown;
use platform::stub::{Faults, Kind};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::nhn::stub::{NhnStub, Options as NhnStubOptions};
use super::nhn::{Nhn, Options as NhnOptions};
use super::registration::Registrar;
use super::solapi::stub::{Options as SolapiStubOptions, SolapiStub};
use super::solapi::{Options as SolapiOptions, Solapi};
use super::stubbed::{Approval, Behaviour, Reached};
use crate::domain::samples::{at, customer, number};
use crate::domain::templates::listing::{self, Copy, Difference, Registered};
use crate::domain::templates::{Form, PAGE, registry, render};
use crate::ports::{Found, HandOver, HookError, Message, Outlet, Provider};

const PROVIDERS: [Provider; 2] = [Provider::Nhn, Provider::Solapi];
const SENDER: &str = "0212345678";

/// A provider's stub and our way out through it.
struct Desk {
    outlet: Arc<dyn Outlet>,
    stub: Stub,
    hand: FakeClock,
    shutdown: Shutdown,
}

enum Stub {
    Nhn(NhnStub, Nhn),
    Solapi(SolapiStub, Solapi),
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

impl Desk {
    async fn open(provider: Provider) -> Self {
        Self::with(provider, Some(SENDER), "secret").await
    }

    async fn with(provider: Provider, sms_sender: Option<&str>, secret: &str) -> Self {
        let (shutdown, sms_sender) = (Shutdown::new(), sms_sender.map(str::to_owned));
        let (clock, hand) = Clock::fake(at("18:42:00"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behaviour = Behaviour {
            templates: ours(),
            senders: vec![SENDER.to_owned()],
            delay: Duration::from_millis(20),
            clock: clock.clone(),
            webhook: None,
        };
        let (outlet, stub): (Arc<dyn Outlet>, Stub) = match provider {
            Provider::Nhn => {
                let [appkey, sender_key] = ["app", "channel"].map(str::to_owned);
                let known = NhnStubOptions {
                    appkey: appkey.clone(),
                    secret: Secret::new("secret"),
                    sender_key: sender_key.clone(),
                    sms_secret: Secret::new("sms"),
                    behaviour,
                };
                let stub = NhnStub::start(listener, known, &shutdown).unwrap();
                let (base, secret) = (stub.base(), Secret::new(secret));
                let nhn = Nhn::new(NhnOptions { base, appkey, sender_key, secret, sms_sender }, clock).unwrap();
                (Arc::new(nhn.clone()), Stub::Nhn(stub, nhn))
            }
            Provider::Solapi => {
                let (pf_id, api_key) = ("channel".to_owned(), Secret::new("key"));
                let api_secret = Secret::new("secret");
                let known = SolapiStubOptions { pf_id: pf_id.clone(), api_key: api_key.clone(), api_secret, behaviour };
                let stub = SolapiStub::start(listener, known, &shutdown).unwrap();
                let (base, api_secret) = (stub.base(), Secret::new(secret));
                let options = SolapiOptions { base, pf_id, api_key, api_secret, sms_sender };
                let solapi = Solapi::new(options, clock.clone(), Ids::system(clock)).unwrap();
                (Arc::new(solapi.clone()), Stub::Solapi(stub, solapi))
            }
        };
        Self { outlet, stub, hand, shutdown }
    }

    fn faults(&self) -> &Faults {
        match &self.stub {
            Stub::Nhn(stub, _) => stub.faults(),
            Stub::Solapi(stub, _) => stub.faults(),
        }
    }

    fn reached(&self) -> Vec<Reached> {
        match &self.stub {
            Stub::Nhn(stub, _) => stub.reached(),
            Stub::Solapi(stub, _) => stub.reached(),
        }
    }

    fn taken(&self, message: &Message) -> usize {
        let notice = message.notice_id.to_string();
        match &self.stub {
            Stub::Nhn(stub, _) => stub.taken(&notice),
            Stub::Solapi(stub, _) => stub.taken(&notice),
        }
    }

    fn unregister(&self, code: &str) {
        match &self.stub {
            Stub::Nhn(stub, _) => stub.unregister(code),
            Stub::Solapi(stub, _) => stub.unregister(code),
        }
    }

    fn review(&self, code: &str, approval: Approval) {
        match &self.stub {
            Stub::Nhn(stub, _) => stub.review(code, approval),
            Stub::Solapi(stub, _) => stub.review(code, approval),
        }
    }

    async fn copies(&self) -> Option<Vec<Copy>> {
        match &self.stub {
            Stub::Nhn(_, nhn) => nhn.copies().await,
            Stub::Solapi(_, solapi) => solapi.copies().await,
        }
    }

    /// Looks until the message is no longer on its way.
    async fn ends(&self, message: &Message) -> Found {
        for _ in 0..500 {
            match self.outlet.look_up(message).await {
                Found::Pending => tokio::time::sleep(Duration::from_millis(5)).await,
                found => return found,
            }
        }
        panic!("it stays on its way");
    }
}

fn ours() -> Vec<Registered> {
    listing::of(registry(), PAGE)
}

/// A message to `phone`, the `number_of`-th of its order.
fn message_to(phone: &str, number_of: u128) -> Message {
    let language = Language::Ko;
    let whole = render(NoticeKind::Placed, Form::Usual, language, &registry().examples(language));
    let made = at("18:41:59").as_millisecond() as u128;
    Message {
        notice_id: NoticeId::from(Uuid::from_u128((made << 80) | (0x7 << 76) | (0b10 << 62) | number_of)),
        order_id: Uuid::from_u128(7).into(),
        order_number: number(),
        customer_id: customer(),
        phone: Some(phone.to_owned()),
        language,
        kind: NoticeKind::Placed,
        text: whole.text.clone(),
        whole: Some(whole),
        failed: 0,
    }
}

fn refused(answer: HandOver) -> (String, bool) {
    match answer {
        HandOver::Refused { code, permanent } => (code.into_owned(), permanent),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_accepted_and_then_reaches_the_phone_with_all_its_words() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-5678", 1);
        assert_eq!(desk.outlet.look_up(&message).await, Found::NotFound);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert_eq!(desk.outlet.look_up(&message).await, Found::Pending);
        assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::AlimTalk });
        let reached = desk.reached();
        assert_eq!((reached.len(), &reached[0].text), (1, &message.text), "{provider:?}");
        assert_eq!(reached[0].notice, message.notice_id.to_string());
        // Another notice of the order is not taken for this one.
        assert_eq!(desk.outlet.look_up(&message_to("010-1234-5678", 2)).await, Found::NotFound);
    }
}

#[tokio::test]
async fn a_phone_without_the_messenger_gets_a_short_message_where_a_sender_is_set() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-3018", 1);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::Sms });
        assert_eq!(desk.reached()[0].text, message.whole.as_ref().unwrap().sms);

        let desk = Desk::with(provider, None, "secret").await;
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert!(matches!(desk.ends(&message).await, Found::Failed { permanent: true, .. }), "{provider:?}");
    }
}

#[tokio::test]
async fn what_no_way_brings_fails_for_good_and_what_is_busy_for_now() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-9999", 1);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert!(matches!(desk.ends(&message).await, Found::Failed { permanent: true, .. }), "{provider:?}");

        // Without a short message in its place, a failure is known at once.
        let desk = Desk::with(provider, None, "secret").await;
        let mut message = message_to("010-1234-1001", 2);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        let ended = desk.ends(&message).await;
        assert_eq!(ended, Found::Failed { code: "1001".into(), permanent: false, times: 1 }, "{provider:?}");
        message.failed = 1;
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::AlimTalk });

        let message = message_to("010-1234-3005", 3);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert_eq!(desk.ends(&message).await, Found::Unknown);
    }
}

#[tokio::test]
async fn an_answer_that_got_lost_is_unknown_and_then_found() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-5678", 1);
        desk.faults().on("send", Kind::Lost, 1);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Unknown);
        assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::AlimTalk });
        assert_eq!(desk.taken(&message), 1);
    }
}

#[tokio::test]
async fn nhn_takes_the_same_message_once_and_says_that_it_has_it() {
    let desk = Desk::open(Provider::Nhn).await;
    let message = message_to("010-1234-5678", 1);
    let both = tokio::join!(desk.outlet.hand_over(&message), desk.outlet.hand_over(&message));
    assert_eq!(both, (HandOver::Accepted, HandOver::Accepted));
    assert_eq!((desk.taken(&message), desk.ends(&message).await), (1, Found::Delivered { by: Channel::AlimTalk }));
}

#[tokio::test]
async fn faults_are_told_apart() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-5678", 1);
        let hand_over = || desk.outlet.hand_over(&message);
        assert_eq!(desk.outlet.look_up(&message).await, Found::NotFound);
        desk.faults().on("send", Kind::Status { status: 503 }, 1);
        assert_eq!(refused(hand_over().await), ("HTTP_503".to_owned(), false));
        desk.faults().on("send", Kind::Status { status: 500 }, 1);
        assert_eq!(hand_over().await, HandOver::Unknown);
        desk.faults().on("send", Kind::Reset, 1);
        assert_eq!(hand_over().await, HandOver::Unknown);
        let (for_good, for_now) = match provider {
            Provider::Nhn => ("-3003", "-9999"),
            Provider::Solapi => ("ValidationError", "NotEnoughBalance"),
        };
        for (code, permanent) in [(for_good, true), (for_now, false)] {
            desk.faults().on("send", Kind::Code { code: code.to_owned() }, 1);
            assert_eq!(refused(hand_over().await), (code.to_owned(), permanent), "{provider:?}");
        }
        for kind in [Kind::Status { status: 503 }, Kind::Status { status: 500 }, Kind::Reset, Kind::Lost] {
            desk.faults().on("list", kind, 1);
            assert_eq!(desk.outlet.look_up(&message).await, Found::Unknown);
        }
        assert_eq!(desk.taken(&message), 0);
    }
}

#[tokio::test]
async fn solapi_says_well_that_nothing_was_accepted() {
    let desk = Desk::open(Provider::Solapi).await;
    for (code, permanent) in [("1062", true), ("1030", false)] {
        desk.faults().on("send", Kind::Code { code: code.to_owned() }, 1);
        let answer = desk.outlet.hand_over(&message_to("010-1234-5678", 1)).await;
        assert_eq!(refused(answer), (code.to_owned(), permanent));
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_has_nothing() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        desk.shutdown.begin();
        assert!(desk.shutdown.drained(Duration::from_secs(5)).await);
        let message = message_to("010-1234-5678", 1);
        assert!(!refused(desk.outlet.hand_over(&message).await).1, "{provider:?}");
        assert_eq!(desk.outlet.look_up(&message).await, Found::Unknown);
        assert_eq!(desk.copies().await, None);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_for_good_and_says_why() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let usual = message_to("010-1234-5678", 1);
        let cases = [
            (Message { phone: None, ..usual.clone() }, "NO_PHONE"),
            (Message { phone: Some("전화".to_owned()), ..usual.clone() }, "BAD_PHONE"),
            (Message { whole: None, ..usual.clone() }, "NO_TEMPLATE"),
        ];
        for (message, code) in cases {
            assert_eq!(refused(desk.outlet.hand_over(&message).await), (code.to_owned(), true));
        }
        let mut lacking = usual.clone();
        lacking.whole.as_mut().unwrap().variables.clear();
        assert!(refused(desk.outlet.hand_over(&lacking).await).1, "{provider:?}");
        desk.review("BD_PLACED_KO", Approval::InReview);
        assert!(refused(desk.outlet.hand_over(&usual).await).1, "{provider:?}");
        desk.unregister("BD_PLACED_KO");
        assert!(refused(desk.outlet.hand_over(&usual).await).1, "{provider:?}");
        assert_eq!(desk.taken(&usual), 0);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_for_good() {
    for provider in PROVIDERS {
        let desk = Desk::with(provider, None, "another").await;
        let message = message_to("010-1234-5678", 1);
        assert!(refused(desk.outlet.hand_over(&message).await).1, "{provider:?}");
        assert_eq!(desk.copies().await, None);
    }
}

#[tokio::test]
async fn the_providers_templates_are_compared_with_ours() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        assert_eq!(listing::differences(&ours(), &desk.copies().await.unwrap()), [], "{provider:?}");
        desk.unregister("BD_PLACED_KO");
        desk.review("BD_COOKING_EN", Approval::InReview);
        let found = listing::differences(&ours(), &desk.copies().await.unwrap());
        let expected = [("BD_PLACED_KO", Difference::Missing), ("BD_COOKING_EN", Difference::NotApproved)];
        assert_eq!(found, expected.map(|(code, difference)| (code.to_owned(), difference)), "{provider:?}");
    }
}

#[tokio::test]
async fn a_webhook_is_believed_only_in_which_messages_it_names() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        let message = message_to("010-1234-5678", 1);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        let (hook, nobody) = match provider {
            Provider::Nhn => (
                r#"{"appKey":"app","hooks":[{"requestId":"stub0000000000000000","recipientSeq":1,"resultCode":"1000"}]}"#,
                r#"{"appKey":"app","hooks":[{"requestId":"another","recipientSeq":1},{"requestId":"../../x","recipientSeq":1}]}"#,
            ),
            Provider::Solapi => (
                r#"[{"messageId":"M4Vstub000000000000","statusCode":"4000"}]"#,
                r#"[{"messageId":"another","statusCode":"4000"},{"messageId":"../../x"}]"#,
            ),
        };
        // It says delivered, and the provider says that it is on its way.
        let reports = desk.outlet.reported(provider, hook).await.unwrap();
        assert_eq!((reports.len(), &reports[0].found), (1, &Found::Pending), "{provider:?}");
        assert_eq!((reports[0].order_id, reports[0].notice_id), (message.order_id, message.notice_id));
        desk.ends(&message).await;
        let reports = desk.outlet.reported(provider, hook).await.unwrap();
        assert_eq!(reports[0].found, Found::Delivered { by: Channel::AlimTalk });
        assert_eq!(desk.outlet.reported(provider, nobody).await, Ok(Vec::new()));
        for rubbish in ["", "7", "{}", r#"{"appKey":"other","hooks":[]}"#] {
            assert_eq!(desk.outlet.reported(provider, rubbish).await, Err(HookError::Unreadable), "{rubbish}");
        }
        let other = if provider == Provider::Nhn { Provider::Solapi } else { Provider::Nhn };
        assert_eq!(desk.outlet.reported(other, hook).await, Err(HookError::NotOurs));
        desk.faults().always("list", Kind::Reset);
        assert_eq!(desk.outlet.reported(provider, hook).await, Err(HookError::Down), "{provider:?}");
    }
}

#[tokio::test]
async fn a_message_is_found_however_long_ago_it_was_made() {
    for provider in PROVIDERS {
        let desk = Desk::open(provider).await;
        desk.hand.advance(SignedDuration::from_hours(24 * 60));
        let message = message_to("010-1234-5678", 1);
        assert_eq!(desk.outlet.hand_over(&message).await, HandOver::Accepted);
        assert_eq!(desk.ends(&message).await, Found::Delivered { by: Channel::AlimTalk }, "{provider:?}");
    }
}
