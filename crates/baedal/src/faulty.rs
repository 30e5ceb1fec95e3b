//! Where faults can be asked for, they are put around what compose.rs puts together; elsewhere nothing is.

use std::sync::Arc;

use axum::Router;
use customer::ports::Outlet;
use pay::ports::Provider;
use platform::config::Settings;
use platform::faults;
use platform::room::Room;

/// The provider that pay in `room` calls.
pub fn around_provider(settings: &Settings, room: &Room, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
    if settings.faults { Arc::new(pay::adapters::faulty::Faulty::new(provider, room.faults.clone())) } else { provider }
}

/// The way out of customer in `room`.
pub fn around_outlet(settings: &Settings, room: &Room, outlet: Arc<dyn Outlet>) -> Arc<dyn Outlet> {
    if settings.faults {
        Arc::new(customer::adapters::faulty::Faulty::new(outlet, room.faults.clone()))
    } else {
        outlet
    }
}

/// All that the context of `room` answers.
pub fn around_router(settings: &Settings, room: Option<&Room>, router: Router) -> Router {
    match room {
        Some(room) if settings.faults => faults::around(router, room),
        Some(_) | None => router,
    }
}
