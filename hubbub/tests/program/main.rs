//! The program `hubbub`, as its users have it.

mod archive;
mod commands;
mod configuration;
mod serving;
mod support;
