//! Which sessions live by which token, so that they end when it is revoked.

use std::sync::{Arc, Weak};

use dashmap::DashMap;
use domain::{Code, Result, TokenKey, UserId};
use tokio::{
    sync::{
        Notify,
        broadcast::{Receiver, error::RecvError},
    },
    time::{Duration, sleep},
};
use tokio_util::sync::CancellationToken;

use super::sweep::healed;
use crate::{
    auth::{Authenticator, Ended},
    hub::Subscriber,
    in_time,
    outbox::Item,
};

/// How long to wait before the store is asked again after it did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Tokens that the store is asked for at once.
const AT_ONCE: usize = 500;

/// The sessions of each token.
#[derive(Debug, Default)]
pub struct Keys {
    sessions: DashMap<TokenKey, Vec<Weak<Subscriber>>>,
    /// Revocations may have been missed: the store is to be asked.
    doubt: Notify,
}

/// Keeps a session listed under its token while it lives.
#[derive(Debug)]
pub(crate) struct KeyWatch {
    keys: Arc<Keys>,
    key: TokenKey,
    session: Weak<Subscriber>,
}

impl Keys {
    /// Lists a session until the answer is dropped. It may be listed more than once.
    pub(crate) fn watch(self: &Arc<Self>, key: &TokenKey, session: &Arc<Subscriber>) -> KeyWatch {
        self.sessions
            .entry(key.clone())
            .or_default()
            .push(Arc::downgrade(session));
        KeyWatch {
            keys: Arc::clone(self),
            key: key.clone(),
            session: Arc::downgrade(session),
        }
    }

    /// Has all listed tokens looked up in the store soon: revocations may have been missed.
    pub(super) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Ends the sessions of tokens as they are revoked, until `stop`.
    pub(super) async fn run(
        self: Arc<Self>,
        revoked: Receiver<Ended>,
        auth: Arc<Authenticator>,
        stop: CancellationToken,
    ) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.listen(revoked) => {}
            () = self.settle_doubts(&auth) => {}
        }
    }

    async fn listen(&self, mut revoked: Receiver<Ended>) {
        // Nobody heard what was revoked before this began to listen.
        self.doubt();
        loop {
            match revoked.recv().await {
                Ok(ended) => self.end(&ended),
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "revocations came too fast; the store is asked");
                    self.doubt();
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn settle_doubts(&self, auth: &Authenticator) {
        loop {
            self.doubt.notified().await;
            while let Err(error) = self.look_up(auth).await {
                tracing::warn!(%error, "it is not known which tokens were revoked");
                sleep(RETRY).await;
            }
        }
    }

    /// Asks the store for all listed tokens, and ends the sessions of those that were revoked.
    async fn look_up(&self, auth: &Authenticator) -> Result<()> {
        let listed = self.sessions.iter().map(|entry| entry.key().clone());
        for keys in listed.collect::<Vec<_>>().chunks(AT_ONCE) {
            let revoked = in_time(auth.revoked_of(keys)).await?;
            healed("logins", revoked.len());
            self.end(&revoked);
        }
        Ok(())
    }

    /// Ends the sessions of tokens that have ended.
    pub(super) fn end(&self, ended: &[TokenKey]) {
        ended.iter().for_each(|key| self.end_of(key));
    }

    /// Ends all sessions of somebody.
    pub(super) fn end_user(&self, user: UserId) {
        let listed = self.sessions.iter();
        let own = listed.flat_map(|sessions| {
            let live = sessions.iter().filter_map(Weak::upgrade);
            live.filter(|session| session.user == user)
                .collect::<Vec<_>>()
        });
        own.for_each(|session| end(&session));
    }

    fn end_of(&self, key: &TokenKey) {
        let sessions = self.sessions.get(key).map(|sessions| sessions.clone());
        for session in sessions
            .unwrap_or_default()
            .iter()
            .filter_map(Weak::upgrade)
        {
            end(&session);
        }
    }
}

fn end(session: &Subscriber) {
    session.outbox.push(Item::Close(Code::TokenInvalid));
}

impl Drop for KeyWatch {
    fn drop(&mut self) {
        self.keys.sessions.remove_if_mut(&self.key, |_, sessions| {
            let mine = sessions
                .iter()
                .position(|listed| listed.ptr_eq(&self.session));
            mine.map(|place| sessions.swap_remove(place));
            sessions.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use domain::{Limits, SessionId, Timestamp, UserId};
    use protocol::native::Native;
    use tokio::{sync::broadcast, time::timeout};

    use super::*;
    use crate::testing::World;

    /// How long anything may take before a test fails.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn single(key: &str) -> TokenKey {
        TokenKey::Single(key.into())
    }

    /// Tokens that are revoked in the store, and their sessions.
    struct House {
        world: World,
        keys: Arc<Keys>,
    }

    impl House {
        fn new() -> Self {
            let world = World::new();
            let keys = Arc::clone(&world.ctx.live.keys);
            Self { world, keys }
        }

        fn session(&self, key: &str) -> (Arc<Subscriber>, KeyWatch) {
            let (id, user) = (SessionId::new(), UserId::new());
            let session = Subscriber::new(id, user, &Native, &Limits::default());
            let watch = self.keys.watch(&single(key), &session);
            (session, watch)
        }

        async fn revoke(&self, key: &str) {
            let store = &self.world.ctx.ports.store;
            store.revoke_token(key, Timestamp::MAX).await.unwrap();
        }

        /// Listens from now on. Who is told of one revocation more misses the one before it.
        fn listen(&self) -> broadcast::Sender<Ended> {
            let (say, heard) = broadcast::channel(1);
            let (keys, ctx) = (Arc::clone(&self.keys), &self.world.ctx);
            let listening = keys.run(heard, Arc::clone(&ctx.auth), ctx.stop.clone());
            ctx.tasks.spawn(listening);
            say
        }
    }

    async fn ended(session: &Subscriber) {
        let told = timeout(PATIENCE, session.outbox.ready());
        told.await.expect("the session is told to end");
        assert_eq!(session.outbox.take(), [Item::Close(Code::TokenInvalid)]);
    }

    #[tokio::test]
    async fn what_was_revoked_unheard_is_found_in_the_store() {
        let house = House::new();
        let ((early, _early), (other, _other)) = (house.session("early"), house.session("other"));
        house.revoke("early").await;
        let say = house.listen();
        ended(&early).await;

        let (missed, _missed) = house.session("missed");
        house.revoke("missed").await;
        for key in ["missed", "another"] {
            say.send([single(key)].into()).unwrap();
        }
        ended(&missed).await;

        let (far, _far) = house.session("revoked by another process");
        house.revoke("revoked by another process").await;
        house.keys.doubt();
        ended(&far).await;
        assert!(other.outbox.take().is_empty(), "its token is good");
    }
}
