//! A native socket whose user is not known yet. It can do one thing: say who it is.

use std::sync::Arc;

use domain::{Code, Error, Limits, Result};
use futures_util::{SinkExt, StreamExt};
use protocol::{Action, Dialect, Scope, native::Native};
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::{
    Message, Utf8Bytes,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{Seated, metered::WebSocket, native::Door, upgrade::Opening};
use crate::{
    Authenticator, Peer,
    auth::Identity,
    session::{self, Flood, member::Wants},
};

/// How long the last words of a refusal may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Waits for the first frame, and becomes a session of whoever it names.
pub(super) async fn welcome(door: Arc<Door>, opening: Opening, peer: Peer, wants: Wants) {
    let ctx = &door.ctx;
    let Ok(mut socket) = opening.socket(&ctx.limits).await else {
        return;
    };
    let known = tokio::select! {
        known = Box::pin(known(&mut socket, &door, peer)) => known,
        () = ctx.drain.cancelled() => Err(Error::new(Code::Draining)),
    };
    match known {
        Ok((who, seated)) => {
            let machine = door.machine(who.caller, &seated, wants);
            let flood = Flood::new(ctx.settings.no_limits);
            let (terms, _open) = seated.begin(&ctx.live, flood, ctx.drain.clone());
            let machine = machine(Arc::clone(&terms.subscriber));
            super::count(session::run(&mut socket, machine, terms).await);
        }
        Err(error) => {
            session::report(&error);
            // Whoever does not read it finds the connection closed.
            let _ = timeout(FAREWELL, refuse(&mut socket, &error)).await;
        }
    }
    socket.linger().await;
}

async fn known(socket: &mut WebSocket, door: &Door, peer: Peer) -> Result<(Identity, Seated)> {
    let scope = Scope {
        room: None,
        limits: Arc::clone(&door.ctx.limits),
    };
    let guest = Guest {
        auth: &door.ctx.auth,
        scope,
    };
    let who = guest.authenticate(socket).await?;
    let seated = Seated::enter(&door.ctx, peer, &who, &Native).await?;
    Ok((who, seated))
}

/// Somebody who has not said who they are.
struct Guest<'a> {
    auth: &'a Authenticator,
    scope: Scope,
}

impl Guest<'_> {
    /// Reads the first frame, which must be `authenticate`, within five seconds.
    async fn authenticate(self, socket: &mut WebSocket) -> Result<Identity> {
        let first = timeout(Limits::AUTHENTICATE, first_text(socket)).await;
        let text = first
            .ok()
            .flatten()
            .ok_or_else(|| Error::new(Code::Unauthenticated))?;
        let request = Native
            .decode(&self.scope, &text)
            .map_err(|refused| refused.error)?;
        match request.action {
            Action::Authenticate(token) => self.auth.identify(&token).await,
            Action::Command(_) | Action::JoinByName(_) | Action::Resume(_) | Action::Ping => {
                Err(Error::new(Code::Unauthenticated))
            }
        }
    }
}

async fn first_text(socket: &mut WebSocket) -> Option<Utf8Bytes> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return Some(text),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) | Message::Frame(_) => return None,
        }
    }
}

async fn refuse(socket: &mut WebSocket, error: &Error) {
    if let Some(text) = Native.refuse(None, error) {
        let _ = socket.feed(Message::Text(text.into())).await;
    }
    // A guest whose first frame is wrong has not said who they are.
    let code = match error.code().info().close {
        4_400 => Code::Unauthenticated,
        _ => error.code(),
    };
    let frame = CloseFrame {
        code: CloseCode::from(code.info().close),
        reason: Utf8Bytes::from_static(code.name()),
    };
    let _ = socket.send(Message::Close(Some(frame))).await;
}
