//! Signing up, in and out: what programs call under `/api`, and pages for people with a browser.

mod accounts;
mod acts;
mod cookies;
mod cross_site;
mod pages;
mod people;
mod reached;
mod sessions;
mod visitor;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::acts::begin_act;
pub(crate) use self::cookies::{Shown as ShownCookie, clear, shown as shown_by_cookie};
pub(crate) use self::cross_site::is_refused;
pub(crate) use self::pages::again;
pub(crate) use self::visitor::From;
use crate::Gateway;

/// The routes of signing in, and those that operate on accounts.
pub(crate) fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(accounts::send_code))
        .routes(routes!(accounts::sign_up))
        .routes(routes!(accounts::change_password))
        .routes(routes!(sessions::list, sessions::open, sessions::close_all))
        .routes(routes!(sessions::show, sessions::close))
        .routes(routes!(sessions::close_one))
        .routes(routes!(people::list, people::make))
        .routes(routes!(people::get))
        .routes(routes!(people::set_stores))
        .routes(routes!(people::disable))
        .routes(routes!(people::enable))
        .routes(routes!(people::reset_password))
        .routes(routes!(acts::list))
        .merge(pages::routes())
}
