//! Machinery that knows no context: event store, bus, runner, timers, outbound work, HTTP edge, configuration.

pub mod actor;
pub mod clock;
pub mod extract;
pub mod ids;
pub mod paging;
pub mod problem;
pub mod shutdown;
