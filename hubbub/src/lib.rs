//! The product in one process: chat, notifications and the archive's scheduler, and the command
//! line of those who run it.
//!
//! [`run`] serves everything on given listeners, which is what tests and programs around Hubbub
//! use; [`main`] is the program. Read [`Server`] for what a process consists of.

mod admin;
mod banner;
mod cli;
mod client;
mod commands;
mod configuration;
mod data;
mod demo;
mod failure;
mod office;
mod output;
mod program;
mod server;
mod services;

pub use commands::transfer::Stop;
pub use failure::Failure;
pub use program::main;
pub use server::{Server, run, run_between};
