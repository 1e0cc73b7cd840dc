//! The sockets, ready to be mounted: the native one as a route, those of the documented dialects as
//! functions that its routes call when they have found out who comes, and where to.

mod guest;
mod handshake;
mod metered;
mod native;
mod notifications;
mod outgoing;
#[cfg(test)]
mod tests;
mod upgrade;

use std::sync::Arc;

use domain::{Caller, Card, Result, RoomId, SessionId};
use protocol::{Dialect, Links, Viewer};
use warp::reply::Response;

use self::upgrade::Opening;
pub use self::{
    handshake::HandshakeError,
    native::native,
    notifications::notifications,
    upgrade::{Upgrade, upgrade},
};
use crate::{
    Application, Context, OpenSession, Peer, Site,
    auth::Identity,
    hub::Subscriber,
    live::{Attending, Live},
    session::{
        self, Ending, Flood, Machine, Terms,
        friends::Friends,
        means::Means,
        notifications::Notifications,
        room::Room,
        tenure::{Registry, Tenure},
        unread::Unread,
        visitor::Visitor,
    },
    trace,
};

/// A handshake of a documented dialect whose sender has a place among the sessions, and cannot be
/// refused any more. Dropping it gives the place back.
pub struct Admitted {
    upgrade: Upgrade,
    caller: Caller,
    card: Card,
    seated: Seated,
}

impl Admitted {
    /// Gives `who` a place, to be spoken to in `dialect`. `peer` is with whom the socket's room is,
    /// if it is for two. To be done before anything that a refused handshake must not do.
    ///
    /// # Errors
    /// `too_many_sessions`; `token_invalid` when the token was revoked meanwhile; `unavailable`.
    pub async fn enter(
        ctx: &Context,
        upgrade: Upgrade,
        who: &Identity,
        dialect: &'static dyn Dialect,
        peer: Option<Card>,
    ) -> Result<Self> {
        let user = who.caller.user;
        // Whoever is spoken to alone is made links that open where they are.
        let site = || -> Arc<dyn Links> { Arc::new(Site::of(ctx, upgrade.headers())) };
        let links = dialect.is_personal().then(site);
        let viewer = Viewer { user, peer, links };
        Ok(Self {
            seated: Seated::enter(ctx, upgrade.peer, who, (viewer, dialect)).await?,
            caller: who.caller.clone(),
            card: who.card.clone(),
            upgrade,
        })
    }

    /// Opens a socket onto one room, of which the caller must be a member: what the dialect greets
    /// with first, then what is said. The answer switches protocols.
    #[must_use]
    pub fn open_room(self, ctx: &Context, app: Arc<dyn Application>, room: RoomId) -> Response {
        let session = self.seated.subscriber.session;
        let means = means(ctx, app, self.caller, session);
        let (response, opening) = self.upgrade.accept(None);
        let live = Arc::clone(&ctx.live);
        self.seated.spawn(ctx, opening, move |subscriber| {
            Room::new(means, live.hub.seat(subscriber, false), room)
        });
        response
    }

    /// Opens a socket of a client that has one of its rooms open at a time, and none at first. The
    /// answer switches protocols.
    #[must_use]
    pub fn open_visitor(self, ctx: &Context, app: Arc<dyn Application>) -> Response {
        let session = self.seated.subscriber.session;
        let means = means(ctx, app, self.caller, session);
        let (response, opening) = self.upgrade.accept(None);
        let (live, card) = (Arc::clone(&ctx.live), self.card);
        self.seated.spawn(ctx, opening, move |subscriber| {
            Visitor::new(means, live.hub.seat(subscriber, false), card)
        });
        response
    }

    /// Opens a socket that says how much the caller has not read, and rings when there is more: in
    /// one conversation of theirs, or in all. The answer switches protocols.
    #[must_use]
    pub fn open_unread(
        self,
        ctx: &Context,
        app: Arc<dyn Application>,
        only: Option<RoomId>,
    ) -> Response {
        let session = self.seated.subscriber.session;
        let means = means(ctx, app, self.caller, session);
        let (response, opening) = self.upgrade.accept(None);
        self.seated.spawn(ctx, opening, move |subscriber| {
            Unread::new(means, subscriber, only)
        });
        response
    }

    /// Opens a socket onto all that the caller has with friends. The answer switches protocols.
    #[must_use]
    pub fn open_friends(self, ctx: &Context, app: Arc<dyn Application>) -> Response {
        let session = self.seated.subscriber.session;
        let means = means(ctx, app, self.caller, session);
        let (response, opening) = self.upgrade.accept(None);
        let live = Arc::clone(&ctx.live);
        self.seated.spawn(ctx, opening, move |subscriber| {
            Friends::new(means, live.hub.seat(subscriber, true))
        });
        response
    }

    /// Opens a notification socket: first what waits in the caller's inbox, then whatever comes.
    /// The answer switches protocols.
    #[must_use]
    pub fn open_notifications(self, ctx: &Context) -> Response {
        let (response, opening) = self.upgrade.accept(None);
        let live = Arc::clone(&ctx.live);
        self.seated.spawn(ctx, opening, move |subscriber| {
            Notifications::new(&live, subscriber)
        });
        response
    }
}

/// A session that has its place under the caps, and can be told things.
struct Seated {
    open: OpenSession,
    subscriber: Arc<Subscriber>,
    tenure: Tenure,
}

impl Seated {
    /// Gives somebody who is known a place, and lists them under their token.
    async fn enter(
        ctx: &Context,
        peer: Peer,
        who: &Identity,
        (viewer, dialect): (Viewer, &'static dyn Dialect),
    ) -> Result<Self> {
        let caller = &who.caller;
        let open = ctx.sessions.enter(caller.user, peer)?;
        let subscriber = Subscriber::seeing(SessionId::new(), viewer, dialect, &ctx.limits);
        ctx.live.cards.meet(&who.card);
        let registry = Registry {
            auth: &ctx.auth,
            keys: &ctx.live.keys,
            clock: &*ctx.ports.clock,
        };
        Ok(Self {
            open,
            tenure: registry.list(who, &subscriber).await?,
            subscriber,
        })
    }

    /// Runs the session on a task of its own, the only one it has.
    fn spawn<M, F>(self, ctx: &Context, opening: Opening, machine: F)
    where
        M: Machine + 'static,
        F: FnOnce(Arc<Subscriber>) -> M + Send + 'static,
    {
        let (live, limits) = (Arc::clone(&ctx.live), Arc::clone(&ctx.limits));
        let drain = ctx.drain.clone();
        let flood = Flood::new(&limits, ctx.settings.no_limits);
        ctx.tasks.spawn(trace::carry(async move {
            let Ok(mut socket) = opening.socket(&limits).await else {
                return;
            };
            let (mut terms, _open) = self.begin(&live, flood, drain);
            let mut machine = machine(Arc::clone(&terms.subscriber));
            let ending = session::run(&mut socket, &mut machine, &mut terms).await;
            count(ending);
            socket.linger().await;
        }));
    }

    fn begin(
        self,
        live: &Arc<Live>,
        flood: Flood,
        drain: tokio_util::sync::CancellationToken,
    ) -> (Terms, (OpenSession, Attending)) {
        live.heartbeats.watch(&self.subscriber);
        let attending = live.attend(self.subscriber.user);
        let terms = Terms {
            subscriber: self.subscriber,
            tenure: self.tenure,
            flood,
            drain,
        };
        (terms, (self.open, attending))
    }
}

fn means(
    ctx: &Context,
    app: Arc<dyn Application>,
    mut caller: Caller,
    session: SessionId,
) -> Arc<Means> {
    caller.session = Some(session);
    Arc::new(Means {
        caller,
        app,
        auth: Arc::clone(&ctx.auth),
        live: Arc::clone(&ctx.live),
        limits: Arc::clone(&ctx.limits),
        clock: Arc::clone(&ctx.ports.clock),
    })
}

fn count(ending: Ending) {
    let reason = match ending {
        Ending::Gone => "gone",
        Ending::Code(code) => code.name(),
        Ending::Protocol(_) => "protocol",
    };
    metrics::counter!("hubbub_sessions_ended_total", "reason" => reason).increment(1);
}
