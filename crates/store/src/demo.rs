//! Demo stores, for a first start.

use kernel::events::store::{MenuItem, StoreTerms};
use kernel::ids::StoreId;
use platform::batch::Batch;
use platform::store::{Cause, CommitError, StoreError};
use serde::Deserialize;

use crate::domain::commands::StoreWhat;
use crate::domain::store::StoreRejection;
use crate::service::StoreService;

/// Why there are no demo stores.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The text does not say what a store is.
    #[error("the demo data cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// A store that cannot be.
    #[error("the demo store {0} cannot be made")]
    Impossible(StoreId, #[source] StoreRejection),
    /// The database is out.
    #[error("the demo stores cannot be written")]
    Unwritable(#[from] CommitError),
}

impl From<StoreError> for DemoError {
    fn from(error: StoreError) -> Self {
        Self::Unwritable(error.into())
    }
}

#[derive(Deserialize)]
struct DemoData {
    stores: Vec<DemoStore>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DemoStore {
    store_id: StoreId,
    #[serde(flatten)]
    terms: StoreTerms,
    menu: Vec<MenuItem>,
}

/// The ids of the stores that `text` describes.
pub fn demo_store_ids(text: &str) -> Result<Vec<StoreId>, DemoError> {
    let data: DemoData = serde_json::from_str(text)?;
    Ok(data.stores.into_iter().map(|store| store.store_id).collect())
}

impl DemoStore {
    /// All that makes it, in order.
    fn story(self) -> Vec<StoreWhat> {
        let sold_out: Vec<_> = self.menu.iter().filter(|item| item.sold_out).map(|item| item.menu_id).collect();
        let items = self
            .menu
            .into_iter()
            .map(|item| StoreWhat::ChangeMenuItem { item: Box::new(MenuItem { sold_out: false, ..item }) });
        [StoreWhat::RegisterStore { terms: Box::new(self.terms) }]
            .into_iter()
            .chain(items)
            .chain(sold_out.into_iter().map(|menu_id| StoreWhat::MarkSoldOut { menu_id }))
            .chain([StoreWhat::OpenStore])
            .collect()
    }
}

impl StoreService {
    /// Makes the stores that `json` tells of, all or none, and says how many. An empty log only: whoever has stores
    /// of their own gets none beside them.
    pub async fn make_demo_stores(&self, json: &str) -> Result<usize, DemoError> {
        let room = self.room();
        if room.store.tail().head() > 0 {
            return Ok(0);
        }
        let data: DemoData = serde_json::from_str(json)?;
        let made = data.stores.len();
        let cause = Cause { at: room.clock.now(), by: "demo".into(), trace: None };
        let mut batch = Batch::default();
        for store in data.stores {
            let id = store.store_id;
            for what in store.story() {
                let command = self.command(cause.at, what);
                let decided = batch.decide(self.stores(), id.uuid(), &cause, command)?;
                decided.map_err(|rejection| DemoError::Impossible(id, rejection))?;
            }
        }
        room.store.commit(batch.changes).await?;
        tracing::info!(stores = made, "demo stores are open");
        Ok(made)
    }
}
