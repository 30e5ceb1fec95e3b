//! Where ports meet adapters: which contexts run here, what they listen to, and at which ports they answer.

mod edge;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use customer::service::{CustomerService, NoticeLog};
use kernel::Context;
use platform::access;
use platform::bus::Source;
use platform::clock::Clock;
use platform::config::{Secrets, Settings};
use platform::identity::Signer;
use platform::ids::Ids;
use platform::operations::Operations;
use platform::problem::with_fallbacks;
use platform::resilience::Guard;
use platform::room::Room;
use platform::server::{self, Door};
use platform::shutdown::Shutdown;
use platform::telemetry::{self, Metrics, Readiness};
use platform::view::ViewTable;
use tokio::net::TcpListener;

use pay::service::PayService;

pub use self::edge::Edge;
use crate::cli::What;
use crate::entrance::Entrance;
use crate::faulty;
use crate::interfaces::{self, Faults};
use crate::outlets;
use crate::payments::{DirectPayments, GuardedPayments, HttpPayments};
use crate::providers;
use crate::window;

/// How often it is looked whether everything is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// The demo stores, menus and hours.
const DEMO_DATA: &str = include_str!("demo-data.json");

/// What runs in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    contexts: Vec<Context>,
    gateway: bool,
}

impl Roles {
    /// Everything.
    pub fn all() -> Self {
        Self { contexts: Context::ALL.to_vec(), gateway: true }
    }

    /// These contexts, with the gateway or without.
    pub fn only(contexts: &[Context], gateway: bool) -> Self {
        let contexts = Context::ALL.into_iter().filter(|context| contexts.contains(context)).collect();
        Self { contexts, gateway }
    }

    /// What the command line says.
    pub fn of(what: What) -> Self {
        let one = |context| Self { contexts: vec![context], gateway: false };
        match what {
            What::All => Self::all(),
            What::App => one(Context::App),
            What::Pay => one(Context::Pay),
            What::Store => one(Context::Store),
            What::Delivery => one(Context::Delivery),
            What::Customer => one(Context::Customer),
            What::Gateway => Self { contexts: Vec::new(), gateway: true },
        }
    }
}

/// What a process has one of.
pub struct Parts {
    /// Tells the time.
    pub clock: Clock,
    /// Makes ids.
    pub ids: Ids,
    /// Ends it.
    pub shutdown: Shutdown,
    /// Counts.
    pub metrics: Metrics,
    /// What the environment holds in secret.
    pub secrets: Secrets,
}

/// What runs.
pub struct Running {
    addresses: Vec<(&'static str, SocketAddr)>,
    rooms: BTreeMap<Context, Room>,
    readiness: Readiness,
    entrance: Option<String>,
    edge: Option<Edge>,
    app: Option<Signer>,
    routers: BTreeMap<Context, Router>,
}

impl Running {
    /// The address at which people reach the gateway, if it runs here.
    pub fn entrance(&self) -> Option<&str> {
        self.entrance.as_deref()
    }

    /// What the gateway is, if it runs here.
    pub fn edge(&self) -> Option<&Edge> {
        self.edge.as_ref()
    }

    /// All that `context` answers to those who have passed an edge, if it runs here.
    pub fn router(&self, context: Context) -> Option<Router> {
        self.routers.get(&context).cloned()
    }

    /// Signs app's own calls, if it runs here.
    pub fn app_signer(&self) -> Option<&Signer> {
        self.app.as_ref()
    }

    /// Where each service answers.
    pub fn addresses(&self) -> &[(&'static str, SocketAddr)] {
        &self.addresses
    }

    /// Where the service `name` answers.
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses.iter().find(|(known, _)| *known == name).map(|(_, address)| *address)
    }

    /// The rooms of the contexts that run here.
    pub fn rooms(&self) -> &BTreeMap<Context, Room> {
        &self.rooms
    }

    /// Waits until everything that was there at the start has been heard.
    pub async fn ready(&self) {
        while !self.readiness.is_ready() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

struct Composer<'a> {
    settings: &'a Settings,
    parts: Parts,
    rooms: BTreeMap<Context, Room>,
    readiness: Readiness,
    routers: BTreeMap<Context, Router>,
    edge: Option<Edge>,
    /// What stands at the gateway's port, if it is here.
    entrance: Option<Entrance>,
    /// Signs app's own calls.
    app: Option<Signer>,
}

/// Starts what `roles` say: rooms, services, listening, serving.
///
/// # Errors
/// A sentence that says what to do.
pub async fn start(settings: &Settings, roles: Roles, parts: Parts) -> anyhow::Result<Running> {
    // The ports come first: whoever starts twice learns it before anything is touched.
    let mut listeners = Vec::new();
    for context in &roles.contexts {
        listeners.push((context.name(), listen(settings, context.name(), settings.ports.of(*context)).await?));
    }
    if roles.gateway {
        listeners.push(("gateway", listen(settings, "gateway", settings.ports.gateway).await?));
    }
    let mut composer = Composer {
        settings,
        parts,
        rooms: BTreeMap::new(),
        readiness: Readiness::new(),
        routers: BTreeMap::new(),
        edge: None,
        entrance: None,
        app: None,
    };
    composer.open_rooms(&roles)?;
    composer.open_edge(&roles).await?;
    composer.compose(&roles).await?;
    composer.wait_for_sources();
    composer.serve(listeners)
}

pub(crate) async fn listen(settings: &Settings, name: &str, port: u16) -> anyhow::Result<TcpListener> {
    let address = format!("{}:{port}", settings.bind);
    platform::server::listen(&address).await.with_context(|| {
        format!("{name} cannot listen at {address}. Choose another port with --port {name}=PORT, or another address with --bind")
    })
}

fn tables_of(context: Context) -> &'static [&'static ViewTable] {
    match context {
        Context::App => &app::TABLES,
        Context::Pay => &pay::tables::TABLES,
        Context::Store => &store::TABLES,
        Context::Delivery => delivery::TABLES,
        Context::Customer => &customer::tables::TABLES,
    }
}

impl Composer<'_> {
    fn open_rooms(&mut self, roles: &Roles) -> anyhow::Result<()> {
        for context in &roles.contexts {
            let Parts { clock, ids, shutdown, .. } = &self.parts;
            let room = Room::open(
                &self.settings.data_dir,
                *context,
                tables_of(*context),
                clock.clone(),
                ids.clone(),
                shutdown.clone(),
            )?;
            self.rooms.insert(*context, room);
        }
        Ok(())
    }

    /// The log of `context`: in this process, or in the file of another one.
    fn source(&self, context: Context) -> Source {
        match self.rooms.get(&context) {
            Some(room) => Source::local(&room.store),
            None => Source::file(&self.settings.data_dir, context),
        }
    }

    async fn compose(&mut self, roles: &Roles) -> anyhow::Result<()> {
        let mut payments = None;
        for context in &roles.contexts {
            let Some(room) = self.rooms.get(context).cloned() else { continue };
            let router = match context {
                Context::Store => self.store(room).await?,
                Context::Pay => {
                    let (service, router) = self.pay(room).await?;
                    payments = Some(service);
                    router
                }
                Context::App => self.app(room, payments.take()).await?,
                Context::Delivery => self.delivery(room).await?,
                Context::Customer => self.customer(room).await?,
            };
            self.routers.insert(*context, router);
        }
        Ok(())
    }

    async fn store(&self, room: Room) -> anyhow::Result<Router> {
        let options = store::Options { waits: store::waits_from(&self.settings.waits) };
        let service = store::StoreService::new(room.clone(), options);
        service.prepare().await?;
        if self.settings.demo_data && room.store.tail().head() == 0 {
            let stores = service.make_demo_stores(DEMO_DATA).await?;
            tracing::info!(stores, "demo stores made");
        }
        service.start(store::Sources { app: self.source(Context::App), delivery: self.source(Context::Delivery) });
        let operations = Operations::new(&room).with_waits_of(service.tickets());
        Ok(store::http::router(service).merge(operations.router()))
    }

    async fn pay(&self, room: Room) -> anyhow::Result<(PayService, Router)> {
        let provider = providers::provider(self.settings, &self.parts.secrets, &self.parts.clock, &self.parts.ids)?;
        let payment = &self.settings.payment;
        let options = pay::service::Options {
            waits: pay::service::waits_from(&self.settings.waits),
            zone: self.settings.time_zone()?,
            deadline: length(payment.provider_deadline),
            resilience: self.settings.resilience.options(payment.provider_deadline.min(payment.deadline)),
            ..pay::service::Options::default()
        };
        let operations = Operations::new(&room);
        let provider = faulty::around_provider(self.settings, &room, provider);
        let service = PayService::new(room, provider, options);
        service.prepare().await?;
        service.start(pay::service::Sources { app: self.source(Context::App) });
        let breaker = service.guard().router(Context::Pay);
        Ok((service.clone(), pay::http::router(service).merge(breaker).merge(operations.router())))
    }

    async fn app(&self, room: Room, payments: Option<PayService>) -> anyhow::Result<Router> {
        let guarded = self.settings.resilience.options(self.settings.payment.deadline);
        let payments: Arc<dyn app::ports::Payments> = if let Some(service) = payments {
            Arc::new(DirectPayments(service))
        } else {
            let signer = self.app.clone().context("app runs here without a name of its own")?;
            let pay = HttpPayments::new(self.settings.upstreams(Context::Pay), signer, &room.ids)?;
            let pay = pay.with_enough(guarded.enough);
            pay.watch(&room.shutdown)?;
            Arc::new(pay)
        };
        let guard = Guard::new("pay", guarded, &room.clock, &room.ids);
        let payments = Arc::new(GuardedPayments::new(payments, guard.clone()));
        let deadline = length(self.settings.payment.deadline);
        let options = app::Options {
            waits: app::waits_from(&self.settings.waits, deadline),
            zone: self.settings.time_zone()?,
            deadline,
            window: window::of(self.settings)?,
        };
        room.hearings.set_grace(self.settings.waits.cancel_unreadable_grace);
        let service = app::AppService::new(room.clone(), payments, options);
        service.prepare(&mut self.source(Context::Store)).await?;
        service.start(app::Sources {
            pay: self.source(Context::Pay),
            store: self.source(Context::Store),
            delivery: self.source(Context::Delivery),
        });
        let operations = Operations::new(&room).with_waits_of(service.orders());
        Ok(app::http::router(service).merge(guard.router(Context::App)).merge(operations.router()))
    }

    async fn delivery(&self, room: Room) -> anyhow::Result<Router> {
        let service = delivery::DeliveryService::open(room.clone(), self.settings);
        service.prepare().await?;
        service.start(delivery::Sources { store: self.source(Context::Store), app: self.source(Context::App) });
        let operations = Operations::new(&room).with_waits_of(service.deliveries());
        Ok(delivery::router(service).merge(operations.router()))
    }

    async fn customer(&self, room: Room) -> anyhow::Result<Router> {
        let options = customer::service::Options {
            waits: customer::service::waits_from(&self.settings.waits),
            zone: self.settings.time_zone()?,
            log: NoticeLog::default(),
            page: self.settings.page().to_owned(),
            shows_phones: outlets::is_a_demo(self.settings),
        };
        let outlet = faulty::around_outlet(self.settings, &room, outlets::open(self.settings, &self.parts)?);
        let service = CustomerService::new(room.clone(), outlet, options);
        service.prepare(&mut self.source(Context::App)).await?;
        service.start(customer::service::Sources { app: self.source(Context::App) });
        let operations = Operations::new(&room).with_waits_of(service.notices());
        Ok(customer::http::router(service).merge(operations.router()))
    }

    /// Ready means: every source that there is has been heard up to the head that it had.
    fn wait_for_sources(&self) {
        for (context, room) in &self.rooms {
            for (source, hearing) in room.hearings.all() {
                let heard = self.readiness.needs(format!("{context} hears {source}"));
                let shutdown = room.shutdown.clone();
                room.shutdown.spawn(format!("{context} becomes ready"), async move {
                    while !hearing.is_ready() && !shutdown.is_begun() {
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                    heard.met();
                });
            }
        }
    }

    fn serve(self, listeners: Vec<(&'static str, TcpListener)>) -> anyhow::Result<Running> {
        let mut addresses = Vec::new();
        for (name, listener) in &listeners {
            addresses.push((*name, listener.local_addr().context("a listener without an address")?));
        }
        for ((name, listener), (_, address)) in listeners.into_iter().zip(&addresses) {
            let context = Context::ALL.into_iter().find(|context| context.name() == name);
            let (router, door) = match context {
                Some(context) => (self.gate(context)?.around(self.whole(context)), Door::behind_the_gateway()),
                None => self.gateway(*address, &addresses)?,
            };
            let serving = server::serve(listener, router, self.parts.shutdown.clone(), door);
            self.parts.shutdown.spawn(format!("{name} serves"), serving);
        }
        let own = addresses.iter().find(|(name, _)| *name == "gateway").map(|(_, address)| *address);
        let entrance = self.entrance.as_ref().zip(own).map(|(entrance, own)| entrance.address(own));
        let routers = self.routers.keys().map(|context| (*context, self.whole(*context))).collect();
        let Self { rooms, readiness, edge, app, .. } = self;
        Ok(Running { addresses, rooms, readiness, entrance, edge, app, routers })
    }

    /// All that `context` answers to those who have passed an edge.
    fn whole(&self, context: Context) -> Router {
        let Parts { metrics, shutdown, .. } = &self.parts;
        let health = telemetry::routes(self.readiness.clone(), metrics.clone(), shutdown.clone());
        let keys = self.app.as_ref().filter(|_| context == Context::App).map(Signer::router);
        let router = self.routers.get(&context).cloned().unwrap_or_default().merge(health);
        let router = router.merge(keys.unwrap_or_default());
        let router = router.merge(interfaces::served(context, Faults::of(self.settings)));
        let router = faulty::around_router(self.settings, self.rooms.get(&context), router);
        access::around(with_fallbacks(router), context)
    }
}

fn length(length: jiff::SignedDuration) -> Duration {
    Duration::try_from(length).unwrap_or_default()
}
