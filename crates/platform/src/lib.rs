//! Machinery that knows no context: event store, bus, runner, timers, outbound work, HTTP edge, configuration.

pub mod clock;
pub mod ids;
pub mod shutdown;
