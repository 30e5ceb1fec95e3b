//! Journeys over HTTP: what people do, from the menu to the door, and what goes wrong on the way.

mod support;
mod delivered;
