//! Those who talk and listen. One thread, no copy of what is heard, and no parsing beyond the
//! frames' heads and the stamp, so that what is measured is the server.

pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod crowd;
mod ear;
pub(crate) mod gate;
mod pacer;
pub(crate) mod seat;
pub(crate) mod shape;
pub(crate) mod tally;
mod voice;

pub(crate) use caller::Caller;
pub(crate) use client::Client;
pub(crate) use crowd::Crowd;
pub(crate) use seat::{Hall, Seat, Tongue};
pub(crate) use shape::Shape;
pub(crate) use tally::Tally;
