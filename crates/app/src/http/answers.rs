//! What is answered to whoever orders or pays, and to whoever changes an order.

use std::time::Duration;

use axum::http::StatusCode;
use kernel::events::app::PaidSoFar;
use kernel::ids::OrderId;
use kernel::lang::Language;
use kernel::order::PaymentCode;
use platform::commands::{self, Asked, outage};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::store::{Changes, StoreError};
use platform::streams::Loaded;
use uuid::Uuid;

use super::{problems, shapes};
use crate::domain::commands::What;
use crate::domain::order::{End, Ended, Order, Rejection, Stage};
use crate::service::AppService;

/// When to ask or to pay again where nobody said when: from so many seconds on,
const SOONEST: u64 = 3;
/// spread over so many, so that not everybody comes at once.
const SPREAD: u64 = 5;

/// A request to order or to pay, and how it is answered.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// app.
    pub app: &'a AppService,
    /// The request.
    pub asked: &'a Asked,
    /// The language of the answer.
    pub speaks: Language,
    /// Which request it is.
    pub answers: Answers,
}

/// Which request is answered: it decides the status of success.
#[derive(Clone, Copy)]
pub enum Answers {
    /// `POST /orders`: 201.
    Created,
    /// `POST /orders/{id}/payment`: 200.
    Paid,
}

impl Answers {
    /// Whether success would say more than how the order ended.
    fn are_refused_by(self, ended: &Ended) -> bool {
        match self {
            Self::Created => ended.paid != PaidSoFar::Everything,
            Self::Paid => matches!(ended.how, End::Cancelled | End::Expired),
        }
    }
}

impl Exchange<'_> {
    /// The answer that the order's state gives, where no better one is known any more.
    pub fn standing(&self, id: Uuid) -> Result<Reply, Problem> {
        let order = self.app.orders().load(id).map_err(|error| outage(&error))?;
        match why_declined(&order) {
            Some(code) => Ok(declined(id, code)),
            None => self.answer(&order, None).map_err(|error| outage(&error)),
        }
    }

    /// 201 or 200 for a paid order, 202 while it waits for its payment; 409 to who pays for one that has ended.
    pub fn answer(&self, order: &Loaded<Order>, retry_after: Option<Duration>) -> Result<Reply, StoreError> {
        let row = order.row().ok_or_else(without_row)?;
        let (waits, open) = match &row.order.stage {
            Stage::Unpaid(unpaid) => (true, unpaid.open.is_some()),
            Stage::Live(_) | Stage::Ended(_) => (false, false),
        };
        let status = match self.answers {
            _ if waits => StatusCode::ACCEPTED,
            Answers::Created => StatusCode::CREATED,
            Answers::Paid => StatusCode::OK,
        };
        // Over meanwhile: who pays must not read a 200 as paid, nor who orders a 201 as placed.
        if let Stage::Ended(ended) = &row.order.stage
            && self.answers.are_refused_by(ended)
        {
            let problem = problems::rejected(Rejection::Ended(ended.how)).with_order(OrderId::from(order.id));
            return Ok(Reply::problem(&problem).at(location(order.id)));
        }
        let reply = Reply::json(status, &shapes::order(row, self.speaks))?.at(location(order.id));
        Ok(match retry_after {
            Some(pause) => reply.retry_after(whole_seconds(pause)),
            None if waits && (open || row.order.attempts > 0) => reply.retry_after(pause_of(order.id)),
            None => reply,
        })
    }

    /// Adds to `changes` that `reply` was given.
    pub fn keep(&self, changes: &mut Changes, reply: &Reply) -> Result<(), StoreError> {
        if let Some(keyed) = &self.asked.keyed {
            changes.answers.push(keyed.answer(reply.status, reply.keep()?));
        }
        Ok(())
    }
}

/// 402 for an order that can be paid with something else.
pub fn declined(id: Uuid, code: PaymentCode) -> Reply {
    Reply::problem(&problems::declined(OrderId::from(id), code)).at(location(id))
}

/// Why the last attempt to pay was declined, while that is how the order stands.
pub fn why_declined(order: &Loaded<Order>) -> Option<PaymentCode> {
    match &order.state.as_deref()?.stage {
        Stage::Unpaid(unpaid) => unpaid.declined,
        Stage::Live(_) | Stage::Ended(_) => None,
    }
}

/// For commands that change an existing order: decided, committed, answered with the order.
pub async fn change(
    app: &AppService,
    asked: &Asked,
    id: OrderId,
    what: What,
    status: impl Fn(&Loaded<Order>) -> StatusCode + Send + Sync,
    speaks: Language,
) -> Result<Reply, Problem> {
    let command = app.command(app.room().clock.now(), what);
    let reply = |order: &Loaded<Order>| {
        let row = order.row().ok_or_else(without_row)?;
        Reply::json(status(order), &shapes::order(row, speaks))
    };
    commands::decide(app.room(), app.orders(), id.uuid(), asked, command, reply, problems::rejected).await
}

/// A moment of the order's own, always the same one.
fn pause_of(order: Uuid) -> u64 {
    SOONEST + (order.as_u128() % u128::from(SPREAD)) as u64
}

fn whole_seconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1)
}

fn location(id: Uuid) -> String {
    format!("/orders/{id}")
}

fn without_row() -> StoreError {
    StoreError::Unreadable("an order without a row".to_owned())
}
