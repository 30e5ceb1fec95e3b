//! What is done with rights that few have is kept from before it is done until it is known how it went, so that none of it
//! is without a record, whatever happens meanwhile.

use platform::problem::Problem;
use platform::store::StoreError;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::audit::{Visitor, What, address_of};
use super::{Accounts, outage};

/// What somebody is about to do.
#[derive(Debug, Clone)]
pub(crate) struct Doing {
    /// Who does it, as `role/id`.
    pub(crate) who: String,
    /// Whom or what it is done to.
    pub(crate) subject: Option<String>,
    /// The route that is called.
    pub(crate) route: String,
}

/// What is written down as being done. Whoever lets go of it went away before they were answered, and that is written down.
pub(crate) struct Act {
    accounts: Accounts,
    id: Option<i64>,
}

impl Accounts {
    /// Writes down that `doing` is about to be done, and waits until that is kept. Where nobody waits any more it is ended:
    /// it is not done then.
    ///
    /// # Errors
    /// 503 where it cannot be kept; then it is not to be done.
    pub(crate) async fn begin_act(&self, doing: Doing, visitor: Visitor) -> Result<Act, Problem> {
        let (accounts, now) = (self.clone(), self.now());
        let (reply, begun) = oneshot::channel();
        self.0.shutdown.spawn("what is about to be done is written down", async move {
            let begun = accounts.run(move |connection| begin(connection, &doing, &visitor, now)).await;
            // What nobody takes is let go of here.
            drop(reply.send(begun.map(|id| Act { accounts, id: Some(id) })));
        });
        begun.await.map_err(|_| outage(&StoreError::Closed))?
    }

    fn end_act_then(&self, id: i64, status: Option<u16>, done: oneshot::Sender<()>) {
        let accounts = self.clone();
        self.0.shutdown.spawn("how an act went is written down", async move {
            let written = accounts.0.database.run(move |connection| end(connection, Some(id), status)).await;
            if let Err(error) = written {
                tracing::error!(%error, "how an act went could not be written down before the next start");
            }
            drop(done);
        });
    }

    /// Writes down what was under way when the gateway stopped.
    pub(super) async fn end_acts_of_before(&self) -> Result<(), Problem> {
        self.run(|connection| end(connection, None, None)).await
    }
}

impl Act {
    /// Writes down how it was answered, and waits until that is kept. It is kept also where nobody waits any more.
    pub(crate) async fn answered(mut self, status: u16) {
        let Some(id) = self.id.take() else { return };
        let (done, written) = oneshot::channel();
        self.accounts.end_act_then(id, Some(status), done);
        // The other half goes away only when it is written, or cannot be.
        drop(written.await);
    }
}

impl Drop for Act {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.accounts.end_act_then(id, None, oneshot::channel().0);
        }
    }
}

fn begin(connection: &Connection, doing: &Doing, visitor: &Visitor, now: i64) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO acts (at, who, subject, route, address, request) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Doing { who, subject, route } = doing;
    let request = visitor.request.map(|id| id.to_string());
    let row = params![now, who, subject, route, address_of(visitor), request];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(connection.last_insert_rowid())
}

/// Moves the act `id`, or all, to what happened.
fn end(connection: &Connection, id: Option<i64>, status: Option<u16>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO audit (at, what, who, subject, route, status, address, request) \
               SELECT at, ?3, who, subject, route, ?2, address, request FROM acts WHERE ?1 IS NULL OR id = ?1";
    connection.prepare_cached(sql)?.execute(params![id, status, What::Act.name()])?;
    connection.prepare_cached("DELETE FROM acts WHERE ?1 IS NULL OR id = ?1")?.execute([id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use platform::clock::Clock;
    use platform::ids::Ids;
    use platform::shutdown::Shutdown;
    use platform::testing::PATIENCE;
    use serde_json::{Value, json};

    use super::*;
    use crate::accounts::{Asked, Demo};

    async fn opened(dir: &Path) -> Accounts {
        let (clock, _) = Clock::fake("2026-11-22T10:00:00Z".parse().unwrap());
        let accounts = Accounts::open(dir, &clock, &Ids::seeded(1), &Shutdown::new()).unwrap();
        accounts.prepare(Demo::Nobody, None).await.unwrap();
        accounts
    }

    /// Lets go of the database, which what still runs holds too.
    async fn closed(accounts: Accounts) {
        assert!(accounts.0.shutdown.drained(PATIENCE).await);
    }

    async fn written(accounts: &Accounts) -> Vec<Value> {
        let records = accounts.audit(Asked { limit: 9, ..Asked::default() }).await.unwrap();
        records.iter().map(|record| serde_json::to_value(record).unwrap()).collect()
    }

    #[tokio::test]
    async fn an_act_whose_end_nobody_saw_is_written_down_at_the_next_start() {
        let dir = tempfile::TempDir::new().unwrap();
        let accounts = opened(dir.path()).await;
        let doing = |route: &str| Doing { who: "operator/kim".into(), subject: None, route: route.into() };
        let visitor = Visitor { address: [192, 0, 2, 1].into(), device: String::new(), request: None };
        let seen = accounts.begin_act(doing("POST /seen"), visitor.clone()).await.unwrap();
        let mut unseen = accounts.begin_act(doing("POST /unseen"), visitor).await.unwrap();
        // A gateway that dies lets go of nothing.
        unseen.id = None;
        seen.answered(200).await;
        let [record] = written(&accounts).await.try_into().unwrap();
        assert_eq!((&record["route"], &record["status"]), (&json!("POST /seen"), &json!(200)));
        drop(unseen);
        closed(accounts).await;
        let again = opened(dir.path()).await;
        let [record, _] = written(&again).await.try_into().unwrap();
        assert_eq!((&record["who"], &record["what"]), (&json!("operator/kim"), &json!("act")));
        assert_eq!((&record["route"], record.get("status")), (&json!("POST /unseen"), None));
        assert_eq!(record["address"], "192.0.2.1");
        closed(again).await;
        assert_eq!(written(&opened(dir.path()).await).await.len(), 2, "once");
    }

    #[tokio::test]
    async fn an_act_whose_caller_goes_while_it_is_begun_is_not_left_until_the_next_start() {
        let dir = tempfile::TempDir::new().unwrap();
        let accounts = opened(dir.path()).await;
        let doing = Doing { who: "operator/kim".into(), subject: None, route: "POST /gone".into() };
        let visitor = Visitor { address: [192, 0, 2, 1].into(), device: String::new(), request: None };
        let mut beginning = Box::pin(accounts.begin_act(doing, visitor));
        assert!(futures_util::FutureExt::now_or_never(&mut beginning).is_none());
        drop(beginning);
        assert!(accounts.0.shutdown.drained(PATIENCE).await);
        let [record] = written(&accounts).await.try_into().unwrap();
        assert_eq!((&record["route"], record.get("status")), (&json!("POST /gone"), None));
    }
}
