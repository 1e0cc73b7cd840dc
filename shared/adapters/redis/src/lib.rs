//! The ports that are fast and forgetful, kept in Redis for many processes: the recent rows, who
//! is there, how far rates are used up, and the bus between the processes.
//!
//! Nothing durable is here. A call answers within [`Timings::call`] or fails; while the server is
//! away every call fails at once, one task asks for it in the background, and the log says so in
//! one line. What is kept lies under the store's epoch, so that installations which share a server
//! do not meet, and a store that was restored from a backup begins with nothing.

mod budgets;
mod bus;
mod cache;
pub mod checkup;
mod failure;
mod link;
mod place;
mod presences;
mod records;

pub use budgets::RedisBudgets;
pub use bus::{BusBounds, RedisBus};
pub use cache::RedisCache;
pub use link::Link;
pub use place::{BadUrl, Place, Timings};
pub use presences::RedisPresences;
