//! Accounts, rooms, messages and files: the rules of chat, and the routes that lead to them.
//!
//! [`routes`] is the table of contents. A command goes to [`application`], a row from there to its
//! room's [`writer`], and once it is stored to the sockets and to the [`relay`].

pub mod accounts;
mod announcer;
pub mod application;
mod clearing;
pub mod files;
pub mod foreign;
mod old_changes;
pub mod relay;
pub mod routes;
pub mod setup;
#[cfg(test)]
mod testing;
pub mod writer;

use std::sync::Arc;

use edge::{Application, Context, Service, Task};

use crate::{
    announcer::Announcer,
    application::Chat,
    clearing::Clearing,
    files::Files,
    foreign::{Tellings, consumer::Consumer},
    old_changes::OldChanges,
    relay::{Publisher, Relay, Sweep},
    setup::Setup,
    writer::Parts,
};

pub use writer::Writers;

/// Chat as a part of a process.
pub struct ChatService {
    /// Its routes, and the tasks behind them.
    pub service: Service,
    /// The writers of the rooms. Whatever else in the process appends to logs does it through
    /// them, since of one room only one append may be under way.
    pub writers: Writers,
    /// The rules of chat over them.
    pub app: Arc<dyn Application>,
    /// How the first administrator comes to be. Closed until somebody opens it.
    pub setup: Arc<Setup>,
}

/// Puts chat together, without starting anything.
#[must_use]
pub fn service(ctx: &Context) -> ChatService {
    let publisher = Publisher {
        outbox: ctx.ports.store.clone(),
        queue: ctx.ports.queue.clone(),
    };
    let (hand_over, relay) = Relay::new(publisher.clone());
    let announcer = Arc::new(Announcer::new(ctx.live.clone(), hand_over));
    let writers = writers(ctx, announcer.clone());
    let sweep = Sweep {
        publisher,
        retell: announcer,
        clock: ctx.ports.clock.clone(),
        leases: ctx.ports.store.clone(),
        node: ctx.node,
    };
    let clearing = Clearing {
        rooms: ctx.ports.store.clone(),
        clock: ctx.ports.clock.clone(),
    };
    let setup = Setup::new(ctx);
    let app = application(ctx, writers.clone());
    let mut service = routes::service(ctx, Arc::clone(&app), &setup);
    let files = Files::new(ctx);
    let old_changes = OldChanges::new(ctx);
    let [sweeping, clearing_up, dropping, filing] = [(); 4].map(|()| ctx.stop.clone());
    service.tasks = vec![
        Task::new("relay", relay.run(ctx.stop.clone())),
        Task::restarting("sweep", move || sweep.clone().run(sweeping.clone())),
        Task::restarting("clearing", move || {
            clearing.clone().run(clearing_up.clone())
        }),
        Task::restarting("old_changes", move || {
            old_changes.clone().run(dropping.clone())
        }),
        Task::restarting("files", move || files.clone().run_sweep(filing.clone())),
    ];
    service.tasks.extend(listening(ctx, &setup, &app));
    ChatService {
        service,
        writers,
        app,
        setup,
    }
}

/// The task that takes in what another system tells, where there is one.
fn listening(ctx: &Context, setup: &Setup, app: &Arc<dyn Application>) -> Option<Task> {
    let consumer = Consumer {
        feed: ctx.ports.feed.clone()?,
        tellings: Tellings::new(ctx, setup.accounts(), Arc::clone(app)),
    };
    let stop = ctx.stop.clone();
    Some(Task::new("foreign events", consumer.run(stop)))
}

/// What a process serves that is chat alone: it, and the notification sockets that its documents
/// put there.
#[must_use]
pub fn alone(ctx: &Context) -> Vec<Service> {
    vec![service(ctx).service, edge::socket::notifications(ctx)]
}

fn writers(ctx: &Context, announce: Arc<Announcer>) -> Writers {
    Writers::new(Parts {
        log: ctx.ports.store.clone(),
        announce,
        limits: ctx.limits.clone(),
        tasks: ctx.tasks.clone(),
        stop: ctx.stop.clone(),
    })
}

/// The rules of chat over these writers.
#[must_use]
pub fn application(ctx: &Context, writers: Writers) -> Arc<dyn Application> {
    Arc::new(Chat {
        store: ctx.ports.store.clone(),
        writers,
        live: ctx.live.clone(),
        rates: ctx.rates.clone(),
        limits: ctx.limits.clone(),
        files: Files::new(ctx),
    })
}
