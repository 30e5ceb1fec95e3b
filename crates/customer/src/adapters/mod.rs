//! Ways out.

pub mod inbox;
