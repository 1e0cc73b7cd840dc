//! From the queue to people: notifications.
//!
//! A job on the queue is a hint that a row was stored. The [`consumer`] reads the row, and if it
//! is news, wakes the listeners of its room, which derive their notifications from the log. The
//! [`inbox`] derives the same for who was away.

pub mod consumer;
pub mod inbox;
mod routes;
#[cfg(test)]
mod testing;

use edge::{Context, Service, Task};

use crate::consumer::Consumer;

/// What notifications add to a process: the inbox over REST, and the consumer of the queue. The
/// notification sockets are [`edge::socket::notifications`], which every process mounts.
#[must_use]
pub fn service(ctx: &Context) -> Service {
    let mut service = routes::service(ctx);
    let own = ctx.clone();
    service.tasks = vec![Task::restarting("notification consumer", move || {
        Consumer::new(&own).run(own.stop.clone())
    })];
    service
}
