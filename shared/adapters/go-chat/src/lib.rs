//! The database of a documented Go chat backend, the original of the dialect `rooms`, read as a
//! store that is carried into one of ours.
//!
//! [`Original`] reaches it. A survey ([`Original::survey`]) reads all of it once, decides what
//! becomes of everything, and tells what cannot stay as it was. [`GoChat`] then reads it as records,
//! as often as somebody asks, always the same.
//!
//! It is only read: nothing is written, and no index is made. The original has none but those of
//! `_id`, and never made sure that anything is there once.
//!
//! In memory are some 200 bytes for each person and room, and 24 bytes for each message of the
//! rooms whose order is known at a time: a million messages, or one room that has more.

mod census;
mod db;
mod documents;
mod findings;
mod ids;
mod order;
mod pages;
mod parts;
mod reach;
mod records;
mod source;
mod survey;
mod union;

pub use reach::{Original, ReachError};
pub use source::GoChat;
