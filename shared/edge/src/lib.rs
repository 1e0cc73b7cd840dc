//! Where bytes come in: listeners, upgrade, sessions, the hub, tokens, HTTP answers, limits,
//! telemetry and shutdown.
//!
//! The services plug in through two seams. [`Service`] is what a process serves; the sockets
//! reach the rules through [`Application`]. A session knows dialects, the hub and that trait, and
//! nothing else.

pub mod application;
pub mod context;
pub mod service;

pub use application::Application;
pub use context::Context;
pub use service::{Service, Task};
