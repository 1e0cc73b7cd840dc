//! Records as they are carried from one store to another, whole.

mod log;
mod people;
mod rooms;
