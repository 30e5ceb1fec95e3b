//! What is done with rights that few have is written down: by whom, to what, and how it went.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::access::{Method, Route};
use kernel::people::Role;
use platform::extract::Params;
use platform::paging::{Page, Paging};
use platform::problem::Problem;
use serde::Deserialize;

use crate::Gateway;
use crate::accounts::{Accounts, Act, Asked, Doing, Record, Session, Visitor};

/// What an owner does that gives money back.
const OF_OWNERS: [&str; 3] = ["/tickets/{orderId}/withdraw", "/tickets/{orderId}/adjust", "/tickets/{orderId}/reject"];

/// Begins what whoever has `session` does at `path`, if `route` makes it an act. It is kept before anything is done.
///
/// # Errors
/// 503 where it cannot be kept.
pub(crate) async fn begin_act(
    accounts: &Accounts,
    route: &Route,
    path: &str,
    session: &Session,
    visitor: Visitor,
) -> Result<Option<Act>, Problem> {
    let is_privileged = match session.account.role {
        Role::Operator => route.method != Method::Get,
        Role::Owner => OF_OWNERS.contains(&route.path),
        Role::Customer | Role::Rider | Role::Service => false,
    };
    if !is_privileged {
        return Ok(None);
    }
    let doing = Doing {
        who: session.account.actor().to_string(),
        subject: subject(route.path, path),
        route: format!("{} {}", route.method.name(), route.path),
    };
    accounts.begin_act(doing, visitor).await.map(Some)
}

/// What `path` has where the template has a name; the last of them.
fn subject(template: &str, path: &str) -> Option<String> {
    let pairs = template.rsplit('/').zip(path.rsplit('/'));
    let mut named = pairs.filter(|(name, _)| name.starts_with('{') && *name != "{context}");
    named.next().map(|(_, id)| id.chars().take(64).collect())
}

/// Which entries are asked for.
#[derive(Deserialize, schemars::JsonSchema)]
pub(crate) struct Of {
    /// By whom, or to whom, as `role/id`.
    who: Option<String>,
    /// What happened, like `signed-in` or `act`.
    what: Option<String>,
}

type AuditPage = Page<Record>;

platform::asked_in_query!(Of);

/// `GET /operations/gateway/audit?who=&what=`: what happened, newest first.
#[utoipa::path(
    get,
    path = "/api/operations/gateway/audit",
    operation_id = "readAudit",
    tag = "operations",
    summary = "Who signed in, and what was done with rights that few have",
    params(Of, Paging),
    responses((status = 200, description = "A page, newest first.", body = AuditPage)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    paging: Paging,
    Params(of): Params<Of>,
) -> Result<Response, Problem> {
    let asked = Asked { who: of.who, what: of.what, before: paging.after()?, limit: paging.limit() };
    let rows = gateway.accounts.audit(asked).await?;
    Ok(Json(Page::of(rows, &paging, |last| last.id)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_what_the_path_names() {
        assert_eq!(subject("/tickets/{orderId}/withdraw", "/api/tickets/o1/withdraw").as_deref(), Some("o1"));
        let parked = ("/operations/{context}/parked/{id}/retry", "/api/operations/pay/parked/7/retry");
        assert_eq!(subject(parked.0, parked.1).as_deref(), Some("7"));
        assert_eq!(subject("/operations/faults", "/api/operations/faults"), None);
    }
}
