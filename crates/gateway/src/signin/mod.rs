//! Signing up, in and out: what programs call under `/api`, and pages for people with a browser.

mod accounts;
mod acts;
mod cookies;
mod cross_site;
mod pages;
mod people;
mod sessions;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post, put};

pub(crate) use self::acts::Act;
pub(crate) use self::cookies::{Shown as ShownCookie, clear, shown as shown_by_cookie};
pub(crate) use self::cross_site::is_refused;
pub(crate) use self::visitor::From;
use crate::Gateway;

/// The routes of signing in, and those that operate on accounts.
pub(crate) fn router() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/api/phone-codes", post(accounts::send_code))
        .route("/api/accounts", post(accounts::sign_up))
        .route("/api/accounts/current/password", put(accounts::change_password))
        .route("/api/sessions", get(sessions::list).post(sessions::open).delete(sessions::close_all))
        .route("/api/sessions/current", get(sessions::show).delete(sessions::close))
        .route("/api/sessions/{sessionId}", delete(sessions::close_one))
        .route("/api/operations/gateway/accounts", get(people::list).post(people::make))
        .route("/api/operations/gateway/accounts/{accountId}", get(people::get))
        .route("/api/operations/gateway/accounts/{accountId}/stores", put(people::set_stores))
        .route("/api/operations/gateway/accounts/{accountId}/disable", post(people::disable))
        .route("/api/operations/gateway/accounts/{accountId}/enable", post(people::enable))
        .route("/api/operations/gateway/accounts/{accountId}/reset-password", post(people::reset_password))
        .route("/api/operations/gateway/audit", get(acts::list))
        .merge(pages::router())
}
