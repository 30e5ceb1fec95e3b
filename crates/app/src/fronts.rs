//! The stores as customers see them, in memory: every order is priced from here.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::ids::StoreId;
use parking_lot::RwLock;
use platform::store::{Store, StoreError};
use platform::view::View;

use crate::domain::storefront::StoreFrontRow;
use crate::tables::StoreFrontView;

/// What the view `StoreFront` holds. Cheap to clone.
#[derive(Clone, Default)]
pub struct StoreFronts {
    rows: Arc<RwLock<BTreeMap<StoreId, Arc<StoreFrontRow>>>>,
}

impl StoreFronts {
    /// Reads the whole view.
    pub fn load(&self, store: &Store) -> Result<(), StoreError> {
        let found = store.readers().with(|reader| reader.rows(StoreFrontView::TABLE.name, "", &[]))?;
        let mut rows = BTreeMap::new();
        for row in found {
            let front = StoreFrontView::read(&row.doc, row.personal.as_deref())?;
            rows.insert(front.store_id, Arc::new(front));
        }
        *self.rows.write() = rows;
        Ok(())
    }

    /// The store `id`.
    pub fn get(&self, id: StoreId) -> Option<Arc<StoreFrontRow>> {
        self.rows.read().get(&id).cloned()
    }

    /// Every store, by id.
    pub fn all(&self) -> Vec<Arc<StoreFrontRow>> {
        self.rows.read().values().cloned().collect()
    }

    /// Puts in what was committed.
    pub fn put(&self, row: StoreFrontRow) {
        self.rows.write().insert(row.store_id, Arc::new(row));
    }
}
