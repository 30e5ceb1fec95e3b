//! How an order stands, as the page behind its link says it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::Time;
use kernel::events::app::PaidSoFar;
use kernel::order::{DeliveryBy, OrderStatus};

use super::words::{self, Words};
use super::{Frame, page};
use crate::domain::order::{Ended, Stage, Unpaid};
use crate::domain::views::OrderRow;
use crate::service::AppService;

/// How often a browser looks again while a payment is being checked, in seconds.
const CHECKING_AGAIN: u32 = 3;
/// How often it does while the order is under way.
const LIVE_AGAIN: u32 = 30;

/// How far an order is, for someone who might pay for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It can be paid.
    Due,
    /// An attempt to pay is open.
    Checking,
    /// The time to pay is over, though nobody has noted it yet.
    TimeOver,
    /// It is paid, or has ended.
    Settled,
}

impl Standing {
    /// That of `row` at `now`.
    pub(super) fn of(row: &OrderRow, now: Time) -> Self {
        match &row.order.stage {
            Stage::Unpaid(unpaid) if unpaid.open.is_some() => Self::Checking,
            Stage::Unpaid(_) if now >= row.order.hold_ends_at => Self::TimeOver,
            Stage::Unpaid(_) => Self::Due,
            Stage::Live(_) | Stage::Ended(_) => Self::Settled,
        }
    }
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage<'a> {
    frame: Frame,
    of: String,
    mood: &'a str,
    heading: &'a str,
    lines: Vec<String>,
    link: Option<(String, &'a str)>,
}

/// The word for an order's status.
pub(super) fn word(row: &OrderRow) -> Words {
    words::status(row.status(), row.order.details.delivery_by == DeliveryBy::Pickup)
}

/// What the page is headed by; to whoever paid, an open attempt is being checked from its first moment.
fn heading(row: &OrderRow, standing: Standing) -> Words {
    match standing {
        Standing::Checking => words::CHECKING,
        Standing::TimeOver => words::TIME_OVER,
        Standing::Due | Standing::Settled => word(row),
    }
}

/// The page that shows how `row` stands.
pub(super) fn show(app: &AppService, row: &OrderRow) -> Response {
    let details = &row.order.details;
    let language = details.language;
    let standing = Standing::of(row, app.room().clock.now());
    let heading = heading(row, standing).get(language);
    let mut frame = Frame::new(app, language, heading);
    frame.again_after = again_after(row, standing);
    let policy = frame.policy("form-action 'none'");
    let link = match (standing, row.link_token()) {
        (Standing::Due, Some(token)) => {
            let label = if row.order.attempts == 0 { words::PAY } else { words::PAY_AGAIN };
            Some((format!("/o/{token}/pay"), label.get(language)))
        }
        (Standing::Due | Standing::Checking | Standing::TimeOver | Standing::Settled, _) => None,
    };
    let of = format!("{} · {}", details.store_name.get(language), details.order_number.as_str());
    let content = OrderPage { frame, of, mood: mood(row, standing), heading, lines: lines(app, row, standing), link };
    page(StatusCode::OK, &policy, &content)
}

fn again_after(row: &OrderRow, standing: Standing) -> Option<u32> {
    match (standing, &row.order.stage) {
        (Standing::Checking, _) => Some(CHECKING_AGAIN),
        (_, Stage::Live(_)) => Some(LIVE_AGAIN),
        (_, Stage::Unpaid(_) | Stage::Ended(_)) => None,
    }
}

fn mood(row: &OrderRow, standing: Standing) -> &'static str {
    match (&row.order.stage, standing) {
        (_, Standing::Checking) => "wait",
        (_, Standing::TimeOver) => "bad",
        (Stage::Unpaid(unpaid), _) if unpaid.declined.is_some() => "bad",
        (Stage::Unpaid(_), _) => "wait",
        (Stage::Live(live), _) if live.cancel.is_some() || live.trouble.is_some() => "wait",
        (Stage::Live(_), _) => "good",
        (Stage::Ended(ended), _) if ended.done_at.is_some() => "good",
        (Stage::Ended(_), _) => "bad",
    }
}

fn lines(app: &AppService, row: &OrderRow, standing: Standing) -> Vec<String> {
    let language = row.order.details.language;
    let say = |words: Words| words.get(language).to_owned();
    let clock = |at: Time| words::clock(at, app.zone(), language);
    match (standing, &row.order.stage) {
        (Standing::Checking, _) => vec![say(words::CHECKING_WHY)],
        (Standing::TimeOver, _) => vec![say(words::TIME_OVER_WHY), say(words::NOT_CHARGED)],
        (_, Stage::Unpaid(unpaid)) => {
            let until = clock(row.order.hold_ends_at);
            match unpaid {
                Unpaid { declined: Some(code), .. } => vec![
                    format!("{} {}", say(words::declined(*code)), say(words::NOT_CHARGED)),
                    words::kept_until(&until, language),
                ],
                Unpaid { declined: None, .. } if row.order.attempts > 0 => {
                    vec![words::deferred_until(&until, language), say(words::NOT_CHARGED)]
                }
                Unpaid { declined: None, .. } => vec![words::kept_until(&until, language)],
            }
        }
        (_, Stage::Live(live)) => {
            let placed = (row.status() == OrderStatus::Placed).then(|| say(words::PLACED_WHY));
            let eta = live.eta.map(|eta| words::expected(&clock(eta), language));
            placed.into_iter().chain(eta).chain(words::refund(row.refund()).map(say)).collect()
        }
        (_, Stage::Ended(ended)) => {
            let money = match unpaid_end(ended) {
                Some(words) => Some(words),
                None => words::refund(row.refund()),
            };
            money.map(say).into_iter().collect()
        }
    }
}

/// What there is to say of an end before anything was paid.
fn unpaid_end(ended: &Ended) -> Option<Words> {
    match ended.paid {
        PaidSoFar::Nothing => Some(words::NOT_CHARGED),
        PaidSoFar::Unknown => Some(words::REFUND_IF_PAID),
        PaidSoFar::Everything => None,
    }
}
