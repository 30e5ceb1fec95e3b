//! pay's port for the payment provider, filled as the settings say.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use pay::adapters::simulated::SimulatedProvider;
use pay::adapters::toss::TossProvider;
use pay::ports::Provider;
use platform::clock::Clock;
use platform::config::{PaymentProvider, Secrets, Settings, needed};
use platform::ids::Ids;
use platform::resilience::retry::Budget;

/// The file in the data directory that says who has taken payments, a name on each line. The simulated provider keeps
/// its books there; `baedal check` does not look for other providers' charges in them.
const TAKERS: &str = "payment-providers";

/// The simulated provider's name.
const SIMULATED: &str = "simulated";

/// Who takes payments.
///
/// # Errors
/// A sentence that says what lacks.
pub fn provider(settings: &Settings, secrets: &Secrets, clock: &Clock, ids: &Ids) -> anyhow::Result<Arc<dyn Provider>> {
    let (name, provider): (_, Arc<dyn Provider>) = match settings.payment.provider {
        PaymentProvider::Simulated => (SIMULATED, Arc::new(simulated(&settings.data_dir, clock)?)),
        PaymentProvider::Toss => {
            let key = needed(secrets.toss_secret_key.as_ref(), "BAEDAL_TOSS_SECRET_KEY")
                .context("payment.provider is \"toss\", and Toss Payments knows us by a key")?;
            ("toss", Arc::new(TossProvider::new(&settings.toss.base, key, Budget::new(ids))?))
        }
    };
    remember(&settings.data_dir, name)
        .with_context(|| format!("{TAKERS} cannot be written in {}", settings.data_dir.display()))?;
    Ok(provider)
}

fn simulated(dir: &Path, clock: &Clock) -> anyhow::Result<SimulatedProvider> {
    let (books, clock) = (dir.join("provider.db"), clock.clone());
    SimulatedProvider::open(&books, Arc::new(move || clock.now()))
        .with_context(|| format!("the simulated provider's books {} cannot be opened", books.display()))
}

/// Writes down who takes payments from now on, once.
fn remember(dir: &Path, name: &str) -> std::io::Result<()> {
    let known = takers(dir)?;
    if known.lines().any(|known| known == name) {
        return Ok(());
    }
    std::fs::write(dir.join(TAKERS), format!("{known}{name}\n"))
}

/// Who has taken payments in this data directory, a name on each line; nobody where it is not said.
fn takers(dir: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(dir.join(TAKERS)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(dir: &Path, provider: PaymentProvider) -> Settings {
        let mut settings = Settings { data_dir: dir.to_owned(), ..Settings::default() };
        settings.payment.provider = provider;
        settings
    }

    #[test]
    fn who_takes_payments_is_written_down_once() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::from_variables([("BAEDAL_TOSS_SECRET_KEY".to_owned(), "test_sk_1".to_owned())]);
        for who in
            [PaymentProvider::Simulated, PaymentProvider::Toss, PaymentProvider::Simulated, PaymentProvider::Toss]
        {
            provider(&settings(dir.path(), who), &secrets, &Clock::system(), &Ids::seeded(1)).unwrap();
        }
        assert_eq!(takers(dir.path()).unwrap(), "simulated\ntoss\n");
    }

    #[test]
    fn toss_without_a_key_is_refused_with_the_name_of_the_variable() {
        let dir = tempfile::tempdir().unwrap();
        let refused = provider(
            &settings(dir.path(), PaymentProvider::Toss),
            &Secrets::default(),
            &Clock::system(),
            &Ids::seeded(1),
        );
        let Err(error) = refused else { panic!("it was taken") };
        assert!(format!("{error:#}").contains("BAEDAL_TOSS_SECRET_KEY"), "{error:#}");
        assert_eq!(takers(dir.path()).unwrap(), "");
    }
}
