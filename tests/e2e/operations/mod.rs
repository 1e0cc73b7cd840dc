//! Running it: behind a proxy, over TLS, for pages of other origins, with limits that say
//! themselves.

mod limits;
mod metrics;
mod origins;
mod proxy;
mod tls;
