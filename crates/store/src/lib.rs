//! store: menus, opening hours and the kitchen's tickets.

pub mod domain;
