//! A room for customer, an app that says things, and a way out that misbehaves.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use kernel::Context;
use kernel::events::DomainEvent;
use kernel::events::app::{AppEvent, OrderProgressed};
use kernel::events::customer::{Channel, NoticeKind};
use kernel::ids::NoticeId;
use kernel::lang::Language;
use kernel::order::{DeliveryBy, Progress};
use platform::bus::Source;
use platform::clock::{Clock, FakeClock};
use platform::ids::Ids;
use platform::room::Room;
use platform::shutdown::Shutdown;
use platform::store::{Append, Cause, Changes, NewEvent};
use tempfile::TempDir;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::domain::samples::{at, created, number, seoul};
use crate::domain::views::{InboxRow, NoticeState};
use crate::domain::waits::Waits;
use crate::ports::{Answer, Found, HandOver, Message, Outlet};
use crate::service::{CustomerService, NoticeLog, Options, Sources};

/// customer at work behind an app that says whatever a test wants.
pub struct Stage {
    pub customer: CustomerService,
    pub hand: FakeClock,
    app: Room,
    versions: BTreeMap<Uuid, u64>,
    _dir: TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.app.shutdown.begin();
    }
}

impl Stage {
    /// Opens at 18:42, with `outlet` as the way out.
    pub async fn open(outlet: Arc<dyn Outlet>) -> Self {
        Self::open_with(outlet, |_| {}).await
    }

    /// The same with other options.
    pub async fn open_with(outlet: Arc<dyn Outlet>, change: impl FnOnce(&mut Options)) -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::fake(at("18:42:00"));
        let (ids, shutdown) = (Ids::seeded(7), Shutdown::new());
        let room = |context, tables| {
            Room::open(dir.path(), context, tables, clock.clone(), ids.clone(), shutdown.clone()).unwrap()
        };
        let (app, room) = (room(Context::App, &[]), room(Context::Customer, &crate::TABLES));
        let mut options = Options {
            waits: Waits::default(),
            zone: seoul(),
            log: NoticeLog::Info,
            page: "https://order.example".to_owned(),
            shows_phones: true,
        };
        change(&mut options);
        let customer = CustomerService::new(room, outlet, options);
        let mut source = Source::local(&app.store);
        customer.prepare(&mut source).await.unwrap();
        customer.start(Sources { app: source });
        Self { customer, hand, app, versions: BTreeMap::new(), _dir: dir }
    }

    /// app says that `event` happened to `order`.
    pub async fn say(&mut self, order: Uuid, event: impl Into<AppEvent>) {
        let event = event.into();
        let version = self.versions.entry(order).or_default();
        let append = Append {
            stream: format!("order/{order}"),
            subject: order,
            expected: *version,
            events: vec![NewEvent {
                name: event.name(),
                body: event.body().unwrap(),
                personal: event.personal().map(|personal| serde_json::to_string(personal).unwrap()),
                typed: Arc::new(event),
            }],
            cause: Cause { at: self.app.clock.now(), by: "test".into(), trace: None },
            rows: Vec::new(),
            timer: None,
            work: None,
            publish: None,
        };
        *version += 1;
        let mut changes = Changes::default();
        changes.appends.push(append);
        self.app.store.commit(changes).await.unwrap();
    }

    /// app says that `order` was created.
    pub async fn create(&mut self, order: Uuid) {
        self.say(order, created(Language::En, DeliveryBy::Rider)).await;
    }

    /// app says that `order` came further.
    pub async fn progress(&mut self, order: Uuid, to: Progress) {
        self.say(order, OrderProgressed { order_number: number(), to, eta: Some(at("19:25:00")) }).await;
    }

    /// How far each notice of `order` has come, oldest first.
    pub fn told(&self, order: Uuid) -> Vec<(NoticeKind, NoticeState)> {
        self.rows(order).into_iter().map(|row| (row.kind, row.state)).collect()
    }

    /// All that is known of each notice of `order`, oldest first.
    pub fn rows(&self, order: Uuid) -> Vec<InboxRow> {
        let loaded = self.customer.notices().load(order).unwrap();
        let mut rows: Vec<_> = loaded.rows.values().cloned().collect();
        rows.sort_by_key(|row| (row.queued_at, row.notification_id));
        rows
    }

    /// Lets time go on, a second at a look, until `reached`.
    pub async fn wait_until(&self, reached: impl Fn() -> bool) {
        for _ in 0..1000 {
            if reached() {
                return;
            }
            self.hand.advance(SignedDuration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("it never came to that");
    }

    /// Lets time go on, a second at a look, until `order`'s notices have come this far.
    #[track_caller]
    pub fn until_told(
        &self,
        order: Uuid,
        expected: impl Into<Vec<(NoticeKind, NoticeState)>>,
    ) -> impl Future<Output = ()> {
        let expected = expected.into();
        async move {
            for _ in 0..1000 {
                if self.told(order) == expected {
                    return;
                }
                self.hand.advance(SignedDuration::from_secs(1));
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            assert_eq!(self.told(order), expected);
        }
    }

    /// Waits, with the clock standing still, until `reached`.
    pub async fn until(&self, reached: impl Fn() -> bool) {
        for _ in 0..2000 {
            if reached() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("it never came to that: {:?}", self.versions.keys().map(|order| self.told(*order)).collect::<Vec<_>>());
    }

    /// app's log.
    pub fn app(&self) -> Source {
        Source::local(&self.app.store)
    }

    /// How many rows `table` has.
    pub fn count(&self, table: &str) -> u32 {
        let count = |reader: &platform::store::Reader<'_>| {
            reader.connection().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
        };
        self.customer.room().store.readers().with(count).unwrap()
    }
}

/// What a misbehaving way out does with a message.
#[derive(Debug, Clone)]
pub enum Does {
    /// Takes it, and says so.
    Takes,
    /// Takes it, and says that it will bring it.
    Accepts,
    /// Does not take it, and says so.
    Fails,
    /// Will never take it, and says so.
    Refuses,
    /// Takes it; the answer is lost.
    LosesAnswer,
    /// Loses it, and nobody knows.
    LosesMessage,
    /// Takes it once it is woken.
    Waits(Arc<Notify>),
}

/// A way out that does what it is told, and then the last of that for ever.
#[derive(Default)]
pub struct Wayward {
    script: Mutex<VecDeque<Does>>,
    seen: Mutex<Seen>,
}

/// What a way out has seen.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// Every message it took.
    pub taken: Vec<(Uuid, NoticeKind, NoticeId)>,
    /// How often it was called.
    pub calls: u32,
    /// How often it was asked.
    pub looked_up: u32,
    /// Whether two calls for one order were ever under way.
    pub crossed: bool,
    /// Whether it answers questions.
    pub is_mute: bool,
    /// What it says of what it took; that it was delivered where nothing is set.
    pub says: Option<Found>,
    /// With which code every message that it took has failed for now, if so.
    fails_for_now: Option<&'static str>,
    under_way: Vec<Uuid>,
}

impl Wayward {
    /// It will do these, one a call.
    pub fn that(script: impl IntoIterator<Item = Does>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(script.into_iter().collect()), ..Self::default() })
    }

    /// From now on.
    pub fn now(&self, does: Does) {
        *self.script.lock().unwrap() = VecDeque::from([does]);
    }

    /// Whether it answers questions from now on.
    pub fn mute(&self, is_mute: bool) {
        self.seen.lock().unwrap().is_mute = is_mute;
    }

    /// What it says of what it took from now on.
    pub fn says(&self, found: Found) {
        self.seen.lock().unwrap().says = Some(found);
    }

    /// Every message that it takes from now on fails on its way, for now.
    pub fn fails_for_now(&self, code: &'static str) {
        self.seen.lock().unwrap().fails_for_now = Some(code);
    }

    /// What it has seen.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// What it took for `order`, in order.
    pub fn taken_for(&self, order: Uuid) -> Vec<NoticeKind> {
        self.seen().taken.into_iter().filter(|taken| taken.0 == order).map(|taken| taken.1).collect()
    }

    fn begin(&self, order: Uuid) -> Does {
        let mut script = self.script.lock().unwrap();
        let does = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
        drop(script);
        let mut seen = self.seen.lock().unwrap();
        seen.calls += 1;
        seen.crossed |= seen.under_way.contains(&order);
        seen.under_way.push(order);
        does.unwrap_or(Does::Takes)
    }

    fn end(&self, message: &Message, takes: bool) {
        let mut seen = self.seen.lock().unwrap();
        seen.under_way.retain(|order| *order != message.order_id.uuid());
        if takes {
            seen.taken.push((message.order_id.uuid(), message.kind, message.notice_id));
        }
    }
}

impl Outlet for Wayward {
    fn hand_over<'a>(&'a self, message: &'a Message) -> Answer<'a, HandOver> {
        Box::pin(async move {
            let does = self.begin(message.order_id.uuid());
            match &does {
                Does::Waits(woken) => woken.notified().await,
                _ => tokio::time::sleep(Duration::from_millis(3)).await,
            }
            self.end(message, matches!(does, Does::Takes | Does::Accepts | Does::LosesAnswer | Does::Waits(_)));
            match does {
                Does::Takes | Does::Waits(_) => HandOver::Delivered,
                Does::Accepts => HandOver::Accepted,
                Does::Fails => HandOver::Refused { code: "busy".into(), permanent: false },
                Does::Refuses => HandOver::Refused { code: "no".into(), permanent: true },
                Does::LosesAnswer | Does::LosesMessage => HandOver::Unknown,
            }
        })
    }

    fn look_up<'a>(&'a self, message: &'a Message) -> Answer<'a, Found> {
        let mut seen = self.seen.lock().unwrap();
        seen.looked_up += 1;
        let times = seen.taken.iter().filter(|taken| taken.2 == message.notice_id).count() as u32;
        let found = match (seen.is_mute, times, seen.fails_for_now) {
            (true, ..) => Found::Unknown,
            (false, 0, _) => Found::NotFound,
            (false, _, Some(code)) => Found::Failed { code: code.into(), permanent: false, times },
            (false, ..) => seen.says.clone().unwrap_or(Found::Delivered { by: Channel::AlimTalk }),
        };
        Box::pin(std::future::ready(found))
    }
}
