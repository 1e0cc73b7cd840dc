//! From the queue to people: notifications.
//!
//! A job on the queue is a hint that a row was stored. The [`consumer`] reads the row, and if it
//! is news, wakes the listeners of its room, which derive their notifications from the log. The
//! [`inbox`] derives the same for who was away. What no log tells its receiver is kept by the
//! consumer, and forgotten by the [`keeper`] when it is old. [`explain`] says which rule decided
//! about a message.

pub mod consumer;
pub mod explain;
pub mod inbox;
mod keeper;
mod routes;
#[cfg(test)]
mod testing;

use edge::{Context, Service, Task};

use crate::{consumer::Consumer, keeper::Keeper};

/// What notifications add to a process: the inbox over REST, and the consumer of the queue. The
/// notification sockets are [`edge::socket::notifications`], which every process mounts.
#[must_use]
pub fn service(ctx: &Context) -> Service {
    let mut service = routes::service(ctx);
    let own = ctx.clone();
    let keeper = Keeper::new(ctx);
    let stop = ctx.stop.clone();
    service.tasks = vec![
        Task::restarting("notification consumer", move || {
            Consumer::new(&own).run(own.stop.clone())
        }),
        Task::restarting("notification keeper", move || {
            keeper.clone().run(stop.clone())
        }),
    ];
    service
}

/// What a process serves that is notifications alone: the inbox, and the sockets.
#[must_use]
pub fn alone(ctx: &Context) -> Vec<Service> {
    vec![service(ctx), edge::socket::notifications(ctx)]
}
