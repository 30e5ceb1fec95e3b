//! All that is known of one order after another: five logs and the provider's, side by side in the order of ids.
//!
//! Nothing is kept of an order once it is judged, so that memory does not grow with the number of orders.

use std::collections::BTreeSet;

use super::delivery::Delivery;
use super::facts::Views;
use super::lane::{self, KnownLogs, Lane};
use super::logs::{Context, Log, Logs};
use super::notices::Notices;
use super::order::Order;
use super::payment::Payment;
use super::progress::Progress;
use super::provider::{self, Charge, Charges};
use super::report::Report;
use super::ticket::Ticket;
use super::{Unreadable, rules};

/// An order as each log tells it.
pub(super) struct Story<'a> {
    pub(super) id: &'a str,
    pub(super) order: Option<Order>,
    pub(super) payment: Option<Payment>,
    pub(super) ticket: Option<Ticket>,
    pub(super) delivery: Option<Delivery>,
    pub(super) notices: Option<Notices>,
    pub(super) charges: Vec<Charge>,
    /// Somebody has not heard yet what concerns them.
    pub(super) news: bool,
    /// A message about it is parked.
    pub(super) parked: bool,
}

pub(super) fn sweep(logs: &Logs, report: &mut Report) -> Result<(), Unreadable> {
    let present: Vec<&Log> = logs.iter().collect();
    let mut statements = Vec::new();
    for log in &present {
        statements.push(lane::prepare(log, log.context.category())?);
    }
    let mut lanes = Vec::new();
    for (log, statement) in present.iter().zip(&mut statements) {
        lanes.push((log.context, Lane::new(log, log.context.category(), statement)?));
    }
    let mut of_charges = provider::prepare(logs)?;
    let mut charges = match &mut of_charges {
        Some(statement) => Charges::new(logs, statement)?,
        None => None,
    };
    let (news, parked) = (unheard(logs)?, parked(logs)?);
    let known = KnownLogs::of(logs);
    let mut views = Views::new(logs)?;
    let mut progress = Progress::new(present.iter().map(|log| log.head.unsigned_abs()).sum());
    loop {
        let ids = lanes.iter().filter_map(|(_, lane)| lane.next_id());
        let Some(id) = ids.chain(charges.as_ref().and_then(Charges::next_id)).min().map(str::to_owned) else { break };
        let subject = uuid::Uuid::try_parse(&id).map(|id| id.as_u128()).unwrap_or_default();
        let mut story = Story::new(&id, news.contains(&subject), parked.contains(&subject));
        for (context, lane) in &mut lanes {
            if let Some(stream) = lane.take(&id, &known, report)? {
                story.add(*context, &stream);
            }
        }
        if let Some(charges) = &mut charges {
            story.charges = charges.take(&id)?;
        }
        rules::judge(&story, logs, report)?;
        views.check(&story, report)?;
        progress.at(report.events);
    }
    provider::check_refunds(logs, report)?;
    views.check_others(report)
}

impl<'a> Story<'a> {
    fn new(id: &'a str, news: bool, parked: bool) -> Self {
        Self {
            id,
            order: None,
            payment: None,
            ticket: None,
            delivery: None,
            notices: None,
            charges: Vec::new(),
            news,
            parked,
        }
    }

    fn add(&mut self, context: Context, stream: &lane::Stream) {
        match context {
            Context::App => self.order = Order::fold(stream),
            Context::Pay => self.payment = Some(Payment::fold(stream)),
            Context::Store => self.ticket = Some(Ticket::fold(stream)),
            Context::Delivery => self.delivery = Some(Delivery::fold(stream)),
            Context::Customer => self.notices = Some(Notices::fold(stream)),
        }
    }
}

/// The orders of which somebody has not heard yet what concerns them.
fn unheard(logs: &Logs) -> Result<BTreeSet<u128>, Unreadable> {
    let mut subjects = BTreeSet::new();
    for (_, source, wanted, position) in logs.edges() {
        subjects.extend(source.subjects_after(position, wanted).map_err(|error| source.explain(&error))?);
    }
    Ok(subjects)
}

fn parked(logs: &Logs) -> Result<BTreeSet<u128>, Unreadable> {
    let mut subjects = BTreeSet::new();
    for log in logs.iter() {
        let read = || -> rusqlite::Result<Vec<[u8; 16]>> {
            log.connection.prepare("SELECT DISTINCT subject FROM parked")?.query_map([], |row| row.get(0))?.collect()
        };
        subjects.extend(read().map_err(|error| log.explain(&error))?.into_iter().map(u128::from_be_bytes));
    }
    Ok(subjects)
}
