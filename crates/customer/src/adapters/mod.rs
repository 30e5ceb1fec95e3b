//! Ways out.

pub mod faulty;
pub mod inbox;
