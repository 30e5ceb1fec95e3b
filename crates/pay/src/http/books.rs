//! What operators see and do: the ledger, its trial balance, the provider's books beside it, and refunds that need a
//! person.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use kernel::ids::{OrderId, RefundId};
use kernel::order::OrderNumber;
use platform::actor::{Caller, require_operator};
use platform::commands::{self, Asked, commit_problem, once, outage};
use platform::describe::Idempotent;
use platform::extract::{Params, PathId};
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use platform::reply::Reply;
use platform::store::StoreError;
use serde::{Deserialize, Serialize};

use super::problem_of;
use crate::domain::commands::What;
use crate::domain::payment::RefundStanding;
use crate::domain::reconciliation::Day;
use crate::domain::views::{Ledger, LedgerRefund};
use crate::service::{Balances, PayService, ReconcileError, Reconciliation};

/// `GET /operations/pay/ledger`: the books of every order, newest order first.
#[utoipa::path(
    get,
    path = "/operations/pay/ledger",
    operation_id = "listLedger",
    tag = "operations",
    summary = "The books of every order, newest first",
    params(Paging),
    responses(
        (status = 200, description = "The books.", body = LedgerPage),
    ),
)]
pub(super) async fn ledger(
    State(pay): State<PayService>,
    Caller(actor): Caller,
    paging: Paging,
) -> Result<Json<Page<Ledger>>, Problem> {
    require_operator(&actor)?;
    let after: Option<OrderId> = paging.after()?;
    let rows = pay.ledger_before(after, paging.limit() + 1).map_err(|error| outage(&error))?;
    Ok(Json(Page::of(rows, &paging, |row| row.order_id)))
}

/// `GET /operations/pay/balances`: the trial balance; debits and credits are equal.
#[utoipa::path(
    get,
    path = "/operations/pay/balances",
    operation_id = "showBalances",
    tag = "operations",
    summary = "The trial balance",
    responses(
        (status = 200, description = "The balances.", body = Balances),
    ),
)]
pub(super) async fn balances(State(pay): State<PayService>, Caller(actor): Caller) -> Result<Json<Balances>, Problem> {
    require_operator(&actor)?;
    pay.balances().await.map(Json).map_err(|error| outage(&error))
}

/// A page of books.
type LedgerPage = Page<Ledger>;
/// A page of refunds.
type RefundPage = Page<RefundView>;

platform::written!(RefundView);
platform::asked_in_query!(WhichDay, Which);

#[derive(Deserialize, schemars::JsonSchema)]
pub(super) struct WhichDay {
    date: Option<Date>,
}

/// `GET /operations/pay/reconciliation?date=`: the provider's books beside the ledger, computed when asked; of
/// yesterday unless a date is asked for.
#[utoipa::path(
    get,
    path = "/operations/pay/reconciliation",
    operation_id = "reconcile",
    tag = "operations",
    summary = "The books of the provider beside ours",
    params(WhichDay),
    responses(
        (status = 200, description = "The comparison.", body = Reconciliation),
        (status = 409, description = "busy"),
    ),
)]
pub(super) async fn reconciliation(
    State(pay): State<PayService>,
    Caller(actor): Caller,
    Params(which): Params<WhichDay>,
) -> Result<Json<Reconciliation>, Problem> {
    require_operator(&actor)?;
    let zone = &pay.options().zone;
    let today = pay.room().clock.now().to_zoned(zone.clone()).date();
    let date = which.date.unwrap_or_else(|| today.saturating_sub(1.day()));
    let day = Day::of(date, zone).filter(|_| date <= today);
    let day = day.ok_or_else(|| Problem::invalid_field("date", "a date that has begun"))?;
    match pay.reconcile(&day).await {
        Ok(found) => Ok(Json(found)),
        Err(ReconcileError::NoAnswer) => {
            Err(Problem::unavailable("The payment provider does not list its transactions right now.", 60))
        }
        Err(ReconcileError::Store(error)) => Err(outage(&error)),
        Err(ReconcileError::Commit(error)) => Err(commit_problem(&error)),
    }
}

/// A refund as operators see it.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Refund")]
pub(super) struct RefundView {
    order_id: OrderId,
    order_number: OrderNumber,
    #[serde(flatten)]
    refund: LedgerRefund,
    needs_operator: bool,
}

#[derive(Deserialize, schemars::JsonSchema)]
pub(super) struct Which {
    standing: Option<RefundStanding>,
}

/// `GET /operations/pay/refunds?standing=`: the newest order's first; those that are still open unless one standing
/// is asked for.
#[utoipa::path(
    get,
    path = "/operations/pay/refunds",
    operation_id = "listRefunds",
    tag = "operations",
    summary = "Refunds, those that are open unless one standing is asked for",
    params(Which, Paging),
    responses(
        (status = 200, description = "The refunds.", body = RefundPage),
    ),
)]
pub(super) async fn refunds(
    State(pay): State<PayService>,
    Caller(actor): Caller,
    Params(which): Params<Which>,
    paging: Paging,
) -> Result<Json<Page<RefundView>>, Problem> {
    require_operator(&actor)?;
    let after: Option<(OrderId, RefundId)> = paging.after()?;
    // One order more than asked for: the first may have been shown in part.
    let rows = pay.refunded_orders(which.standing, after.map(|(order_id, _)| order_id), paging.limit() + 2);
    let rows = rows.map_err(|error| outage(&error))?;
    let all = rows.iter().flat_map(|row| row.refunds.iter().map(move |refund| (row, refund)));
    let wanted = all.filter(|(_, refund)| which.wants(refund.standing)).map(|(row, refund)| view(&pay, row, refund));
    let mut found: Vec<RefundView> = wanted.collect();
    if let Some(last) = after {
        let shown = found.iter().take_while(|view| view.order_id == last.0).position(|view| view.key() == last);
        found.drain(..shown.map_or(0, |place| place + 1));
    }
    found.truncate(paging.limit() + 1);
    Ok(Json(Page::of(found, &paging, RefundView::key)))
}

impl Which {
    fn wants(&self, standing: RefundStanding) -> bool {
        let open = matches!(standing, RefundStanding::Pending | RefundStanding::Failed);
        self.standing.map_or(open, |wanted| wanted == standing)
    }
}

impl RefundView {
    fn key(&self) -> (OrderId, RefundId) {
        (self.order_id, self.refund.refund_id)
    }
}

fn view(pay: &PayService, row: &Ledger, refund: &LedgerRefund) -> RefundView {
    RefundView {
        order_id: row.order_id,
        order_number: row.order_number.clone(),
        needs_operator: refund.needs_operator(pay.room().clock.now(), &pay.options().waits),
        refund: refund.clone(),
    }
}

/// `POST /operations/pay/refunds/{refundId}/settle`: the operator gave it back by other means.
#[utoipa::path(
    post,
    path = "/operations/pay/refunds/{refundId}/settle",
    operation_id = "settleRefund",
    tag = "operations",
    summary = "Say that a refund was given back by other means",
    params(Idempotent),
    responses(
        (status = 200, description = "The refund.", body = RefundView),
        (status = 409, description = "already-refunded, nothing-charged, more-than-left, payment-closed, too-early"),
    ),
)]
pub(super) async fn settle(
    State(pay): State<PayService>,
    PathId(refund_id): PathId<RefundId>,
    asked: Asked,
) -> Response {
    act(&pay, &asked, refund_id, What::SettleRefundByHand { refund_id }).await
}

/// `POST /operations/pay/refunds/{refundId}/retry`: a refused refund is tried again.
#[utoipa::path(
    post,
    path = "/operations/pay/refunds/{refundId}/retry",
    operation_id = "retryRefund",
    tag = "operations",
    summary = "Try a refused refund again",
    params(Idempotent),
    responses(
        (status = 200, description = "The refund.", body = RefundView),
        (status = 409, description = "already-refunded, nothing-charged, more-than-left, payment-closed, too-early"),
    ),
)]
pub(super) async fn retry(
    State(pay): State<PayService>,
    PathId(refund_id): PathId<RefundId>,
    asked: Asked,
) -> Response {
    act(&pay, &asked, refund_id, What::RetryRefund { refund_id }).await
}

async fn act(pay: &PayService, asked: &Asked, refund_id: RefundId, what: What) -> Response {
    let reply = |row: Option<&Ledger>| {
        let refund = row.and_then(|row| Some((row, row.refund(refund_id)?)));
        let (row, refund) = refund.ok_or_else(|| StoreError::Unreadable("a refund has no row".to_owned()))?;
        Reply::json(StatusCode::OK, &view(pay, row, refund))
    };
    let work = async || {
        require_operator(&asked.actor)?;
        let order_id = pay.order_of_refund(refund_id).map_err(|error| outage(&error))?;
        let order_id = order_id.ok_or_else(Problem::not_found)?;
        let command = pay.command(order_id, pay.room().clock.now(), what);
        let answer = |loaded: &platform::streams::Loaded<_>| reply(loaded.row());
        commands::decide(pay.room(), pay.payments(), order_id.uuid(), asked, command, answer, |rejection| {
            problem_of(&rejection)
        })
        .await
    };
    let cut_off = |order_id| {
        let loaded = pay.payments().load(order_id);
        loaded.and_then(|loaded| reply(loaded.row())).map_err(|error| outage(&error))
    };
    once(pay.room(), pay.running(), asked, work, cut_off).await
}
