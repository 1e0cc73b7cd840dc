//! What people are called, looked up once for all who see what they did.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use domain::{
    Caller, Card, Change, Event, Result, Row, Scene, TenantId, User, UserId, ports::Store,
};

use crate::{generations::Generations, in_time, locks::lock};

/// How many names are kept.
const NAMES: usize = 16 * 1024;

/// Names by user: bounded, filled from the store.
pub struct Cards {
    store: Arc<dyn Store>,
    names: Mutex<Generations<UserId, Card>>,
}

impl Cards {
    /// No names yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            names: Mutex::new(Generations::new(NAMES)),
        })
    }

    /// Notes what somebody is called.
    pub fn know(&self, card: Card) {
        lock(&self.names).put(card.user, card);
    }

    /// Notes what somebody is called, unless that is known already, perhaps of late.
    pub fn meet(&self, card: &Card) {
        let mut names = lock(&self.names);
        if names.get(&card.user).is_none() {
            names.put(card.user, card.clone());
        }
    }

    /// Forgets all names: some may have changed unheard.
    pub(crate) fn forget(&self) {
        *lock(&self.names) = Generations::new(NAMES);
    }

    /// What somebody is called, if it is known here.
    #[must_use]
    pub fn card(&self, user: UserId) -> Option<Card> {
        lock(&self.names).get(&user).cloned()
    }

    /// How others see somebody who asks: by the name they have now, of which an old token or socket
    /// knows nothing; where it cannot be looked up, by the name that they came with.
    pub async fn caller(&self, who: &Caller) -> Card {
        self.learn([who.user]).await;
        self.card(who.user).unwrap_or_else(|| who.card())
    }

    /// Somebody by either id ([`domain::foreign::find`]), unless they were deleted.
    ///
    /// # Errors
    /// What the store says.
    pub async fn find(&self, tenant: &TenantId, id: &str) -> Result<Option<Card>> {
        let found = in_time(domain::foreign::find(&*self.store, tenant, id)).await?;
        Ok(found.filter(User::is_there).map(|user| Card::from(&user)))
    }

    /// Shows rows. A name that cannot be looked up is left out: the row counts, not the name.
    pub async fn scenes(&self, rows: Vec<Row>) -> Vec<Scene> {
        self.learn(rows.iter().flat_map(people)).await;
        rows.into_iter().map(|row| self.scene(row)).collect()
    }

    /// Looks up those who are not known yet. The store being away is logged, and forgiven.
    pub async fn learn(&self, users: impl IntoIterator<Item = UserId>) {
        let unknown: Vec<UserId> = {
            let names = lock(&self.names);
            let unknown = |user: &UserId| names.get(user).is_none();
            let users: BTreeSet<UserId> = users.into_iter().filter(unknown).collect();
            users.into_iter().collect()
        };
        if unknown.is_empty() {
            return;
        }
        match in_time(self.store.users(&unknown)).await {
            Ok(users) => users.iter().for_each(|user| self.know(user.into())),
            Err(error) => tracing::warn!(%error, "names could not be looked up"),
        }
    }

    fn scene(&self, row: Row) -> Scene {
        let subject = match &row.change {
            Change::Member(member) => self.card(member.user),
            _ => None,
        };
        Scene {
            actor: self.card(row.sender),
            subject,
            event: Event::Logged(row),
        }
    }
}

/// Everybody whom a row shows.
fn people(row: &Row) -> impl Iterator<Item = UserId> + use<> {
    let subject = match &row.change {
        Change::Member(member) => Some(member.user),
        _ => None,
    };
    let sender = row.message().map_or(row.sender, |message| message.sender);
    [Some(row.sender), Some(sender), subject]
        .into_iter()
        .flatten()
}
