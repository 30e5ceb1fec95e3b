//! The people of the demo, one of each role.

use kernel::ids::StoreId;
use kernel::people::{PersonId, Role};
use platform::store::StoreError;

use super::{Account, Accounts};

/// Their password.
pub const DEMO_PASSWORD: &str = "baedal";

impl Accounts {
    /// Makes one of each role, who signs in with the role's name; the owner runs `stores`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn make_demo_people(&self, stores: &[StoreId]) -> Result<(), StoreError> {
        for role in Role::OF_PEOPLE {
            let Ok(id) = PersonId::parse(&format!("demo-{role}")) else { continue };
            let stores = if role == Role::Owner { stores.to_vec() } else { Vec::new() };
            self.add(Account { id, role, stores }, role.name(), DEMO_PASSWORD).await?;
        }
        Ok(())
    }
}
