//! Journeys over HTTP: what people do, from the menu to the door, and what goes wrong on the way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "people act at the same time")]

mod accounts;
mod alimtalk;
mod apart;
mod attacks;
mod bad_input;
mod breaker;
mod cancelling;
mod data;
mod delivered;
mod demo;
mod described;
mod doubt;
mod entrance;
mod faults;
mod interface;
mod late;
mod links;
mod missing_parts;
mod paying;
mod policy_handler;
mod refunds;
mod repeats;
mod streams;
mod support;
mod toss;
mod turns;
mod views;
mod waiting;
mod windows;
