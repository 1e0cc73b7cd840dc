//! The ports that one process keeps in itself: the recent rows, who is there, the bus between its
//! parts, and the time of the machine it runs on.

mod bus;
mod cache;
mod clock;
mod presences;

pub use bus::LocalBus;
pub use cache::LocalCache;
pub use clock::SystemClock;
pub use presences::LocalPresences;
