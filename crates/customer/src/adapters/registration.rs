//! Whether a provider has our templates as they are written here: asked in the background after the start, since a
//! provider that is down must not keep the program from starting.

use jiff::SignedDuration;
use platform::clock::Clock;
use platform::shutdown::Shutdown;

use crate::domain::templates::listing::{Copy, Registered, differences};

/// The first pause after an answer that did not come; each further one is twice as long, up to the last.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// The longest pause.
const LAST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// A provider whose templates can be read.
pub trait Registrar: Send + Sync + 'static {
    /// Every template of ours that it has; `None` where it does not answer.
    fn copies(&self) -> impl Future<Output = Option<Vec<Copy>>> + Send;
}

/// Compares until the provider has answered once, and logs what it would not send as it is written.
pub async fn compare(registrar: impl Registrar, ours: Vec<Registered>, clock: Clock, shutdown: Shutdown) {
    let mut pause = FIRST_PAUSE;
    loop {
        let copies = tokio::select! {
            () = shutdown.begun() => return,
            copies = registrar.copies() => copies,
        };
        if let Some(copies) = copies {
            return tell(&ours, &copies);
        }
        tracing::warn!(again_in = %pause, "the message provider's templates cannot be read");
        tokio::select! {
            () = shutdown.begun() => return,
            () = clock.sleep(pause) => {}
        }
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

fn tell(ours: &[Registered], copies: &[Copy]) {
    let found = differences(ours, copies);
    if found.is_empty() {
        tracing::info!(templates = ours.len(), "the message provider has all templates");
        return;
    }
    let list: Vec<String> = found.iter().map(|(code, difference)| format!("{code} {difference}")).collect();
    tracing::error!(
        templates = list.join(", "),
        "the message provider would refuse messages: register what `baedal templates` prints"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::domain::samples::at;
    use crate::domain::templates::listing;
    use crate::domain::templates::{PAGE, registry};

    /// A provider that answers at the third time.
    #[derive(Clone, Default)]
    struct Late(Arc<AtomicU32>);

    impl Registrar for Late {
        async fn copies(&self) -> Option<Vec<Copy>> {
            (self.0.fetch_add(1, Ordering::Relaxed) == 2).then(Vec::new)
        }
    }

    #[tokio::test]
    async fn a_provider_that_does_not_answer_is_asked_again_with_growing_pauses() {
        let (clock, hand) = Clock::fake(at("18:42:00"));
        let (late, shutdown, ended) = (Late::default(), Shutdown::new(), Arc::new(Mutex::new(false)));
        let comparing = compare(late.clone(), listing::of(registry(), PAGE), clock, shutdown.clone());
        let told = Arc::clone(&ended);
        shutdown.spawn("compares", async move {
            comparing.await;
            *told.lock().unwrap() = true;
        });
        let asked = |times| late.0.load(Ordering::Relaxed) == times;
        for (times, pause) in [(1, FIRST_PAUSE), (2, FIRST_PAUSE * 2)] {
            platform::testing::until("it was asked", || asked(times)).await;
            hand.advance(pause);
        }
        platform::testing::until("it is compared", || *ended.lock().unwrap()).await;
        assert!(asked(3));
    }
}
