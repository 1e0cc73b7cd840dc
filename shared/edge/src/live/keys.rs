//! Which sessions live by which token, so that they end when it is revoked.

use std::sync::{Arc, Weak};

use dashmap::DashMap;
use domain::Code;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::{auth::TokenKey, hub::Subscriber, outbox::Item};

/// The sessions of each token.
#[derive(Debug, Default)]
pub struct Keys(DashMap<TokenKey, Vec<Weak<Subscriber>>>);

/// Keeps a session listed under its token while it lives.
#[derive(Debug)]
pub(crate) struct KeyWatch {
    keys: Arc<Keys>,
    key: TokenKey,
}

impl Keys {
    /// Lists a session until the answer is dropped, which must be after the session.
    pub(crate) fn watch(self: &Arc<Self>, key: &TokenKey, session: &Arc<Subscriber>) -> KeyWatch {
        self.0
            .entry(Arc::clone(key))
            .or_default()
            .push(Arc::downgrade(session));
        KeyWatch {
            keys: Arc::clone(self),
            key: Arc::clone(key),
        }
    }

    /// Ends the sessions of tokens as they are revoked, until `stop`.
    pub(super) async fn run(
        self: Arc<Self>,
        mut revoked: Receiver<TokenKey>,
        stop: CancellationToken,
    ) {
        loop {
            let key = tokio::select! {
                () = stop.cancelled() => return,
                key = revoked.recv() => key,
            };
            match key {
                Ok(key) => self.end(&key),
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "revocations came too fast; their sockets live on");
                }
                Err(RecvError::Closed) => return stop.cancelled().await,
            }
        }
    }

    fn end(&self, key: &TokenKey) {
        let sessions = self.0.get(key).map(|sessions| sessions.clone());
        for session in sessions
            .unwrap_or_default()
            .iter()
            .filter_map(Weak::upgrade)
        {
            session.outbox.push(Item::Close(Code::TokenInvalid));
        }
    }
}

impl Drop for KeyWatch {
    fn drop(&mut self) {
        self.keys.0.remove_if_mut(&self.key, |_, sessions| {
            sessions.retain(|session| session.strong_count() > 0);
            sessions.is_empty()
        });
    }
}
