//! People who are signed in before the server starts, so that a test may have as many as it needs.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::accounts::{Account, Accounts};
use kernel::people::PersonId;
use platform::clock::Clock;
use platform::ids::Ids;
use platform::shutdown::Shutdown;

/// Signs in each of `who` (`customer/mina`, or `owner/<storeId>` for the owner of that store) on the data in `dir`, which
/// no gateway may hold at this moment, and gives their tokens.
pub async fn sign_in(dir: &Path, who: impl IntoIterator<Item = String>) -> BTreeMap<String, String> {
    let clock = Clock::system();
    let accounts = Accounts::open(dir, &clock, &Ids::system(clock.clone()), &Shutdown::new()).unwrap();
    let mut tokens = BTreeMap::new();
    for who in who {
        let id = PersonId::parse(&who.replace('/', "-")).unwrap();
        let account = Account { id, ..Account::of(&kernel::testing::actor(&who)) };
        tokens.insert(who, accounts.sign_in_as(account).await.unwrap().token);
    }
    tokens
}
