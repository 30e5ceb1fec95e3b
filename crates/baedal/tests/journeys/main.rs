//! Journeys over HTTP: what people do, from the menu to the door, and what goes wrong on the way.

mod apart;
mod cancelling;
mod data;
mod delivered;
mod streams;
mod support;
mod views;
mod waiting;
