//! Who may do what: every cell of the table of routes and roles, tried on the running system.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calls;
mod cases;
mod cells;
#[path = "../journeys/described.rs"]
mod described;
mod ended;
mod gateway_cases;
mod owners;
mod page;
mod ports;
mod scan;
mod sessions;
mod subjects;
#[path = "../journeys/support.rs"]
#[expect(dead_code, reason = "the journeys do more than what is tried here")]
mod support;
mod table;
