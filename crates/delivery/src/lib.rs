//! delivery: riders and the way from the store to the door.

pub mod domain;
