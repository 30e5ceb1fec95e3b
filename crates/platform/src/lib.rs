//! Machinery that knows no context: event store, bus, runner, timers, outbound work, HTTP edge, configuration.

pub mod actor;
pub mod batch;
pub mod bus;
pub mod clock;
pub mod commands;
pub mod config;
pub mod extract;
pub mod idempotency;
pub mod ids;
pub mod paging;
pub mod parking;
pub mod problem;
pub mod rebuild;
pub mod reply;
pub mod room;
pub mod runner;
pub mod server;
pub mod shutdown;
pub mod sse;
pub mod store;
pub mod streams;
pub mod telemetry;
pub mod timers;
pub mod topics;
pub mod view;
pub mod work;
