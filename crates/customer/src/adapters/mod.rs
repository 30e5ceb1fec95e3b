//! Ways out.

mod answers;
pub mod faulty;
pub mod inbox;
pub mod nhn;
pub mod registration;
mod short;
pub mod solapi;
pub mod stubbed;
mod together;

#[cfg(test)]
mod tests;
