//! Who may do what: every cell of the table of routes and roles, tried on the running system.

mod page;
mod scan;
mod table;
