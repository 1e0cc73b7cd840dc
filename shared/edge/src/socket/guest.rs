//! A native socket whose user is not known yet. It can do one thing: say who it is. Also one that
//! was opened only to be told why it may not be: browsers show nothing of a refused handshake.

use std::sync::Arc;

use domain::{Code, Error, Limits, Result};
use futures_util::{SinkExt, StreamExt};
use protocol::{Action, Dialect, Scope, native::Native};
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{
    Seated,
    metered::WebSocket,
    native::{Door, native_to},
    upgrade::Opening,
};
use crate::{
    Authenticator, Peer,
    auth::Identity,
    session::{self, Ending, Flood, member::Wants},
};

/// How long it may take to say why somebody is refused.
const REFUSAL: Duration = Duration::from_secs(2);

/// How long a socket lives that was opened only to be refused.
const REFUSED: Duration = Duration::from_secs(5);

/// Waits for the first frame, and becomes a session of whoever it names.
pub(super) async fn welcome(door: Arc<Door>, opening: Opening, peer: Peer, wants: Wants) {
    let ctx = &door.ctx;
    let Ok(mut socket) = opening.socket(&ctx.limits).await else {
        return;
    };
    let known = tokio::select! {
        known = Box::pin(known(&mut socket, &door, peer)) => known,
        () = ctx.drain.cancelled() => Err(Error::new(Code::Draining).into()),
    };
    match known {
        Ok((who, seated)) => {
            let machine = door.machine(who.caller, &seated, wants);
            let flood = Flood::new(&ctx.limits, ctx.settings.no_limits);
            let (mut terms, _open) = seated.begin(&ctx.live, flood, ctx.drain.clone());
            let mut machine = machine(Arc::clone(&terms.subscriber));
            super::count(session::run(&mut socket, &mut machine, &mut terms).await);
        }
        Err(refused) => refused.say(&mut socket).await,
    }
    socket.linger().await;
}

/// Opens a socket, says why it may not be one, and closes it.
pub(super) async fn turn_away(opening: Opening, limits: Arc<Limits>, error: Error) {
    let told = async {
        let Ok(mut socket) = opening.socket(&limits).await else {
            return;
        };
        let ending = Ending::Code(error.code());
        let error = Some(error);
        Refused { error, ending }.say(&mut socket).await;
        socket.linger().await;
    };
    // Whoever takes longer finds the connection closed.
    let _ = timeout(REFUSED, told).await;
}

/// Why a guest does not come in.
struct Refused {
    /// What is wrong, where the guest can be told.
    error: Option<Error>,
    ending: Ending,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        // A guest whose first frame is wrong has not said who they are.
        let code = match error.code().info().close {
            4_400 => Code::Unauthenticated,
            _ => error.code(),
        };
        Self {
            ending: Ending::Code(code),
            error: Some(error),
        }
    }
}

impl From<Ending> for Refused {
    fn from(ending: Ending) -> Self {
        let error = session::fault(ending);
        Self { error, ending }
    }
}

impl Refused {
    async fn say(self, socket: &mut WebSocket) {
        if let Some(error) = &self.error {
            session::report(error);
            if let Some(text) = Native.refuse(None, error) {
                // Whoever does not read it finds the connection closed.
                let _ = timeout(REFUSAL, socket.feed(Message::Text(text.into()))).await;
            }
        }
        session::farewell(socket, self.ending).await;
    }
}

async fn known(
    socket: &mut WebSocket,
    door: &Door,
    peer: Peer,
) -> Result<(Identity, Seated), Refused> {
    let scope = Scope {
        room: None,
        peer: None,
        limits: Arc::clone(&door.ctx.limits),
    };
    let guest = Guest {
        auth: &door.ctx.auth,
        scope,
    };
    let who = guest.authenticate(socket).await?;
    let seated = Seated::enter(&door.ctx, peer, &who, native_to(&who)).await?;
    Ok((who, seated))
}

/// Somebody who has not said who they are.
struct Guest<'a> {
    auth: &'a Authenticator,
    scope: Scope,
}

impl Guest<'_> {
    /// Reads the first frame, which must be `authenticate`, within five seconds.
    async fn authenticate(self, socket: &mut WebSocket) -> Result<Identity, Refused> {
        let first = timeout(Limits::AUTHENTICATE, first_text(socket)).await;
        let text = first.map_err(|_| Error::new(Code::Unauthenticated))??;
        let request = Native
            .decode(&self.scope, &text)
            .map_err(|refused| refused.error)?;
        match request.action {
            Action::Authenticate(token) => Ok(self.auth.identify(&token).await?),
            _ => Err(Error::new(Code::Unauthenticated).into()),
        }
    }
}

async fn first_text(socket: &mut WebSocket) -> Result<Utf8Bytes, Refused> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Binary(_))) => return Err(Error::new(Code::BinaryFrame).into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(_))) | None => return Err(Ending::Gone.into()),
            Some(Err(error)) => return Err(session::broken(&error).into()),
        }
    }
}
