//! Accounts, rooms and messages: the rules of chat, and the routes that lead to them.
//!
//! [`routes`] is the table of contents. A command goes to [`application`], a row from there to its
//! room's [`writer`], and once it is stored to the sockets and to the [`relay`].

pub mod accounts;
mod announcer;
pub mod application;
pub mod relay;
pub mod routes;
pub mod writer;

use std::sync::Arc;

use edge::{Application, Context, Service, Task};

use crate::{
    announcer::Announcer,
    application::Chat,
    relay::{Publisher, Relay, Sweep},
    writer::{Parts, Writers},
};

/// What chat adds to a process: its routes, and the tasks behind them.
#[must_use]
pub fn service(ctx: &Context) -> Service {
    let publisher = Publisher {
        outbox: ctx.ports.store.clone(),
        queue: ctx.ports.queue.clone(),
    };
    let (hand_over, relay) = Relay::new(publisher.clone());
    let announcer = Arc::new(Announcer::new(ctx.live.clone(), hand_over));
    let app = application(ctx, announcer.clone());
    let sweep = Sweep {
        publisher,
        log: ctx.ports.store.clone(),
        retell: announcer,
        clock: ctx.ports.clock.clone(),
    };
    let mut service = routes::service(ctx, app);
    let stop = ctx.stop.clone();
    service.tasks = vec![
        Task::new("relay", relay.run(ctx.stop.clone())),
        Task::restarting("sweep", move || sweep.clone().run(stop.clone())),
    ];
    service
}

/// The rules of chat, with the writers behind them.
fn application(ctx: &Context, announcer: Arc<Announcer>) -> Arc<dyn Application> {
    let writers = Writers::new(Parts {
        log: ctx.ports.store.clone(),
        announce: announcer,
        limits: ctx.limits.clone(),
        tasks: ctx.tasks.clone(),
        stop: ctx.stop.clone(),
    });
    Arc::new(Chat {
        store: ctx.ports.store.clone(),
        writers,
        live: ctx.live.clone(),
        rates: ctx.rates.clone(),
        limits: ctx.limits.clone(),
    })
}
