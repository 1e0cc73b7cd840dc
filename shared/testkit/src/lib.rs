//! What tests share: one behaviour suite per port, the delivery judge, builders, a clock that can
//! be set, and the servers and proxies that tests run against. Never part of the product.

pub mod accepting;
pub mod builders;
pub mod clock;
pub mod contract;
pub mod judge;
pub mod losses;
pub mod lossy_bus;
pub mod mongo_server;
pub mod nginx_server;
pub mod proxy;
pub mod rabbit_server;
pub mod redis_server;
mod server;

pub use server::{Kind, Process, Program, Shared, TestServer, or_skip, target_directory};
