//! The program `hubbub`, as its users have it.

mod accounts;
mod archive;
mod commands;
mod configuration;
mod doctor;
mod documents;
mod serving;
mod support;
