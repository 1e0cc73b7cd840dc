//! Where bytes come in: listeners, upgrade, sessions, the hub, tokens, HTTP answers, limits,
//! telemetry and shutdown.
//!
//! The services plug in through two seams. [`Service`] is what a process serves; the sockets
//! reach the rules through [`Application`]. A session knows dialects, the hub and that trait, and
//! nothing else.

mod agenda;
pub mod answer;
pub mod application;
pub mod auth;
pub mod body;
pub mod caps;
pub mod cards;
pub mod context;
mod derived;
pub mod disposition;
pub mod docs;
mod form;
mod front;
mod generations;
pub mod health;
pub mod heartbeat;
pub mod hub;
mod in_time;
pub mod links;
pub mod listener;
pub mod live;
mod locks;
pub mod notifier;
pub mod origin;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "otlp_absent.rs"]
mod otlp;
pub mod outbox;
mod pace;
pub mod passwords;
pub mod proxies;
pub mod query;
pub mod random;
pub mod ranges;
pub mod rates;
pub(crate) mod remote;
pub mod request;
pub mod revision;
pub mod serve;
pub mod service;
mod serving;
pub mod session;
pub mod shutdown;
mod site;
pub mod socket;
pub mod stream;
mod supervise;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod trace;
pub mod upload;

pub use application::{Application, unexpected};
pub use auth::{Authenticator, load_secret};
pub use caps::{OpenSession, Sessions};
pub use context::Context;
pub use front::Front;
pub use health::Health;
pub use hub::Hub;
pub use in_time::in_time;
pub use links::{LinkSigner, Named, SignedUntil};
pub use listener::{Listener, LocalListener, Socket, listen, listen_local, secured};
pub use live::Live;
pub use origin::Origins;
pub use passwords::Passwords;
pub use proxies::Proxies;
pub use rates::Rates;
pub use request::Peer;
pub use serve::{in_process, serve};
pub use service::{Endpoint, Fallback, Missed, Service, Task};
pub use site::{Lent, Site};
pub use stream::Stream;
pub use tls::{Tls, TlsError};
