//! The sockets, ready to be mounted: the native one as a route, those of the `rooms` dialect as
//! functions that its routes call when they have found out who comes, and where to.

mod guest;
mod handshake;
mod metered;
mod native;
mod notifications;
#[cfg(test)]
mod tests;
mod upgrade;

use std::sync::Arc;

use domain::{Result, RoomId, SessionId, Timestamp};
use protocol::{Dialect, rooms::Rooms};
use tokio::time::{Duration, Instant};
use warp::reply::Response;

use self::upgrade::Opening;
pub use self::{
    handshake::HandshakeError,
    native::native,
    notifications::notifications,
    upgrade::{Upgrade, upgrade},
};
use crate::{
    Application, Context, OpenSession, Peer,
    auth::Identity,
    hub::Subscriber,
    live::{KeyWatch, Live},
    session::{
        self, Ending, Flood, Machine, Terms, means::Means, notifications::Notifications, room::Room,
    },
};

/// Longest life of a session in one piece, so that a far `exp` cannot overflow a timer.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Opens a socket of the `rooms` dialect onto one room, of which `who` must be a member: history
/// first, then what is said. The answer switches protocols.
///
/// # Errors
/// `too_many_sessions`.
pub fn open_room(
    ctx: &Context,
    app: Arc<dyn Application>,
    upgrade: Upgrade,
    who: &Identity,
    room: RoomId,
) -> Result<Response> {
    let seated = Seated::enter(ctx, upgrade.peer, who, &Rooms)?;
    let means = means(ctx, app, who, seated.subscriber.session);
    let (response, opening) = upgrade.accept(None);
    let live = Arc::clone(&ctx.live);
    seated.spawn(ctx, opening, move |subscriber| {
        Room::new(means, live.hub.seat(subscriber, false), room)
    });
    Ok(response)
}

/// Opens a notification socket of the `rooms` dialect: first what waits in the inbox of `who`,
/// then whatever comes. The answer switches protocols.
///
/// # Errors
/// `too_many_sessions`.
pub fn open_notifications(ctx: &Context, upgrade: Upgrade, who: &Identity) -> Result<Response> {
    let seated = Seated::enter(ctx, upgrade.peer, who, &Rooms)?;
    let (response, opening) = upgrade.accept(None);
    let live = Arc::clone(&ctx.live);
    seated.spawn(ctx, opening, move |subscriber| {
        Notifications::new(&live, subscriber)
    });
    Ok(response)
}

/// A session that has its place under the caps, and can be told things.
struct Seated {
    open: OpenSession,
    subscriber: Arc<Subscriber>,
    key: KeyWatch,
    expires: Instant,
}

impl Seated {
    fn enter(
        ctx: &Context,
        peer: Peer,
        who: &Identity,
        dialect: &'static dyn Dialect,
    ) -> Result<Self> {
        let caller = &who.caller;
        let open = ctx.sessions.enter(caller.user, peer)?;
        let subscriber = Subscriber::new(SessionId::new(), caller.user, dialect, &ctx.limits);
        ctx.live.cards.know(caller.user, caller.username.clone());
        Ok(Self {
            open,
            key: ctx.live.keys.watch(&who.token, &subscriber),
            expires: expiry(ctx, caller.expires_at),
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
        let (drain, lifted) = (ctx.drain.clone(), ctx.settings.no_limits);
        ctx.tasks.spawn(async move {
            let Ok(mut socket) = opening.socket(&limits).await else {
                return;
            };
            let (terms, _open) = self.begin(&live, Flood::new(lifted), drain);
            let machine = machine(Arc::clone(&terms.subscriber));
            let ending = session::run(&mut socket, machine, terms).await;
            count(ending);
            socket.linger().await;
        });
    }

    fn begin(
        self,
        live: &Live,
        flood: Flood,
        drain: tokio_util::sync::CancellationToken,
    ) -> (Terms, (OpenSession, KeyWatch)) {
        live.heartbeats.watch(&self.subscriber);
        let terms = Terms {
            subscriber: self.subscriber,
            expires: self.expires,
            flood,
            drain,
        };
        (terms, (self.open, self.key))
    }
}

fn means(
    ctx: &Context,
    app: Arc<dyn Application>,
    who: &Identity,
    session: SessionId,
) -> Arc<Means> {
    let mut caller = who.caller.clone();
    caller.session = Some(session);
    Arc::new(Means {
        caller,
        app,
        live: Arc::clone(&ctx.live),
        limits: Arc::clone(&ctx.limits),
        clock: Arc::clone(&ctx.ports.clock),
    })
}

/// When a token ends, on the timers' clock.
fn expiry(ctx: &Context, at: Timestamp) -> Instant {
    let left = at.duration_since(ctx.ports.clock.now());
    let left = Duration::try_from(left).unwrap_or_default();
    Instant::now() + left.min(LONGEST)
}

fn count(ending: Ending) {
    let reason = match ending {
        Ending::Gone => "gone",
        Ending::Code(code) => code.name(),
        Ending::Protocol(_) => "protocol",
    };
    metrics::counter!("hubbub_sessions_ended_total", "reason" => reason).increment(1);
}
