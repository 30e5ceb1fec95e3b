//! What people do who mean harm, to a server as it is run, while a customer who does not keeps ordering: the server stays
//! up, the customer hardly notices, and nothing is let in.
//!
//! `BAEDAL_ABUSE=long` does all of it longer (`make abuse`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod browsers;
mod cookies;
mod guessing;
mod honest;
mod limited;
mod load;
mod oversized;
mod paths;
mod raw;
mod scripts;
mod server;
mod smuggling;
