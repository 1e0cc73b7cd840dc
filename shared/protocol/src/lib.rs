//! How it is said: the JSON of the native API and of the documented dialects.
//!
//! Pure codecs, without sockets and without waiting. Each dialect is a folder here, tested with
//! the JSON blocks of its document. Wire types are their own: a domain type can change without a
//! client noticing.

pub mod dialect;
pub mod drf;
pub mod friends;
mod moment;
pub mod native;
pub mod recipients;
pub mod rooms;
pub mod schema;
pub mod tenants;
pub mod usernames;

pub use dialect::{
    Action, Cards, Deed, Dialect, Links, Names, Refused, Request, Resume, Scope, Viewer,
};
