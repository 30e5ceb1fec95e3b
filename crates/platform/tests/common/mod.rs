//! A tiny aggregate with a view, a wait and a call, for the tests of the machinery.
#![expect(dead_code, reason = "each test binary uses a part of it")]

use std::sync::Arc;

use jiff::SignedDuration;
use kernel::decider::{Decider, Silence, Task, Wait};
use kernel::events::Recorded;
use kernel::events::delivery::{
    DeliveryCancelled, DeliveryCompleted, DeliveryEvent, DeliveryRequested, DeliveryStarted, NoRiderYet, RiderAssigned,
};
use kernel::lang::Localized;
use kernel::order::{DeliveryBy, OrderNumber};
use kernel::people::PersonId;
use kernel::personal::{Handover, PersonalData};
use kernel::{Context, Time};
use platform::room::Room;
use platform::store::Cause;
use platform::streams::{Aggregate, Loaded, Streams};
use platform::view::{Value, View, ViewTable};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A parcel and the names written on it.
pub struct Parcel;

#[derive(Debug, Clone, Default)]
pub struct State {
    pub requested: bool,
    pub by: DeliveryBy,
    pub no_rider_at: Option<Time>,
    pub riders: Vec<String>,
    pub nagged: u32,
    pub started: u32,
    pub completed: u32,
    pub phone: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Do {
    /// Asks for it; whether somebody's silence is presumed when nobody takes it until then.
    Request { by: DeliveryBy, no_rider_at: Option<Time> },
    /// Writes a name on it, every time.
    Assign(String),
    /// Nobody took it; looked at again then.
    NoRider(Time),
    /// A call is needed from here on.
    Start,
    /// The call is done.
    Complete,
    /// That call is done; a call that is no longer needed leaves its name.
    Brought(u32),
    /// Always refused.
    Refuse,
    /// Changes nothing.
    Nothing,
    /// A bug.
    Panic,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused")]
pub struct Refused;

pub fn number() -> OrderNumber {
    OrderNumber::from_text("1122-K7Q3")
}

pub fn request() -> Do {
    Do::Request { by: DeliveryBy::Rider, no_rider_at: None }
}

impl Decider for Parcel {
    type State = State;
    type Command = Do;
    type Event = DeliveryEvent;
    type Rejection = Refused;

    fn decide(state: &State, command: Do) -> Result<Vec<DeliveryEvent>, Refused> {
        let order_number = number();
        Ok(match command {
            Do::Request { .. } if state.requested => Vec::new(),
            Do::Request { by, no_rider_at } => vec![
                DeliveryRequested {
                    order_number,
                    store_id: Uuid::from_u128(1).into(),
                    store_name: Localized::new("가게", "Store"),
                    store_address: "서울".to_owned(),
                    store_lat: None,
                    store_lng: None,
                    delivery_by: by,
                    ready_by: Time::UNIX_EPOCH,
                    no_rider_at,
                    private: Some(Box::new(PersonalData {
                        phone: Some("010-1234-5678".into()),
                        ..PersonalData::default()
                    })),
                }
                .into(),
            ],
            Do::Assign(name) => {
                vec![RiderAssigned { order_number, rider_id: PersonId::parse(&name).map_err(|_| Refused)? }.into()]
            }
            Do::NoRider(again_at) => vec![NoRiderYet { order_number, again_at }.into()],
            Do::Start => vec![
                DeliveryStarted {
                    order_number,
                    delivery_by: state.by,
                    rider_id: None,
                    started_at: Time::UNIX_EPOCH,
                    late_at: Time::UNIX_EPOCH,
                }
                .into(),
            ],
            Do::Complete if state.completed == state.started => Vec::new(),
            Do::Complete => vec![
                DeliveryCompleted { order_number, handover: Handover::HandToMe, completed_at: Time::UNIX_EPOCH }.into(),
            ],
            Do::Brought(call) if call == state.started => Self::decide(state, Do::Complete)?,
            Do::Brought(call) => Self::decide(state, Do::Assign(format!("late-{call}")))?,
            Do::Refuse => return Err(Refused),
            Do::Nothing => Vec::new(),
            Do::Panic => panic!("for the test"),
        })
    }

    fn evolve(mut state: State, event: &DeliveryEvent) -> State {
        match event {
            DeliveryEvent::DeliveryRequested(event) => {
                state.requested = true;
                state.by = event.delivery_by;
                state.no_rider_at = event.no_rider_at;
                state.phone = event.private.as_ref().and_then(|private| private.phone.clone());
            }
            DeliveryEvent::RiderAssigned(event) => {
                state.riders.push(event.rider_id.to_string());
                state.no_rider_at = None;
            }
            DeliveryEvent::NoRiderYet(event) => {
                state.nagged += 1;
                state.no_rider_at = Some(event.again_at);
            }
            DeliveryEvent::DeliveryStarted(_) => state.started += 1,
            DeliveryEvent::DeliveryCompleted(_) => state.completed = state.started,
            _ => {}
        }
        state
    }

    fn waits(state: &State) -> Vec<Wait> {
        const SILENCE: &[Silence] = &[Silence { of: Context::Store, grace_seconds: 600 }];
        let presumes = if state.by == DeliveryBy::Store { SILENCE } else { &[] };
        state.no_rider_at.map(|until| Wait { what: "no-rider", until, presumes }).into_iter().collect()
    }

    fn work(state: &State) -> Option<Task> {
        (state.completed < state.started).then(|| Task { key: format!("bring/{}", state.started), due: None })
    }
}

impl Aggregate for Parcel {
    const CATEGORY: &'static str = "delivery";
    type View = Parcels;
}

pub struct Parcels;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub riders: Vec<String>,
    #[serde(skip)]
    pub private: Option<PersonalData>,
}

pub static PARCELS: ViewTable = ViewTable::new("parcels", 1, &[("riders", "INTEGER NOT NULL")], &["riders"]);
pub const TABLES: &[&ViewTable] = &[&PARCELS];

impl View for Parcels {
    type Event = DeliveryEvent;
    type Row = Row;
    const TABLE: &'static ViewTable = &PARCELS;

    fn key(event: &Recorded<DeliveryEvent>) -> Option<String> {
        Some(event.subject.to_string())
    }

    fn apply(row: Option<Row>, event: &Recorded<DeliveryEvent>) -> Option<Row> {
        let mut row = row.unwrap_or_default();
        match &event.event {
            DeliveryEvent::DeliveryCancelled(DeliveryCancelled { .. }) => return None,
            DeliveryEvent::DeliveryRequested(event) => row.private = event.private.as_deref().cloned(),
            DeliveryEvent::RiderAssigned(event) => row.riders.push(event.rider_id.to_string()),
            _ => {}
        }
        Some(row)
    }

    fn columns(row: &Row) -> Vec<Value> {
        vec![Value::Integer(row.riders.len() as i64)]
    }

    fn personal(row: &Row) -> Option<&PersonalData> {
        row.private.as_ref()
    }

    fn with_personal(row: Row, private: Option<PersonalData>) -> Row {
        Row { private, ..row }
    }
}

pub fn cause(room: &Room) -> Cause {
    Cause { at: room.clock.now(), by: Arc::from("operator/test"), trace: None }
}

pub fn streams(room: &Room) -> Streams<Parcel> {
    Streams::new(&room.store, &room.topics)
}

pub async fn tell(room: &Room, streams: &Streams<Parcel>, id: Uuid, command: Do) -> Arc<Loaded<Parcel>> {
    streams.handle(id, &cause(room), command).await.unwrap().after
}

pub fn subject(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

pub fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// Every row of the view, by key.
pub fn rows(room: &Room) -> Vec<(String, String, Option<String>)> {
    let found = room.store.readers().with(|reader| reader.rows("parcels", "ORDER BY key", &[])).unwrap();
    found.into_iter().map(|row| (row.key, row.doc, row.personal)).collect()
}

pub fn count(room: &Room, sql: &str) -> i64 {
    room.store.readers().with(|reader| reader.connection().query_row(sql, [], |row| row.get(0))).unwrap()
}
