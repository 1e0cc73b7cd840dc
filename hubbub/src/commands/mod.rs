//! What the command line does beside serving.

pub(crate) mod archive;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod migrate;
pub(crate) mod transfer;
pub(crate) mod user;
