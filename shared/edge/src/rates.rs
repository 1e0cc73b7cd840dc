//! How fast somebody may go: messages, changes, tickets and uploads per user, log-ins per
//! address and per name, sign-ups and renewals per address. The name of each stands in
//! `RateLimit-Policy` of the answers that it had a part in.
//!
//! What is taken is counted here, and nobody waits. Where there are several processes they tell
//! each other afterwards, so that together they let about as much pass as one would.

mod meter;
mod quota;
mod readings;
mod sharing;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    Code, Email, Error, Holder, Limits, Rate, Result, TenantId, UserId, Username, ports::Budgets,
};
use hmac::{Hmac, Mac};
use settings::Secret;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;

pub(crate) use self::readings::{scope, set_headers};
use self::{meter::Meter, sharing::Sharing};
use crate::{Task, derived::key_for, request::Peer};

/// How often those are forgotten who have been quiet long enough.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What the key is for, so that no other use of the secret makes the same.
const PURPOSE: &[u8] = b"hubbub holders of rates 1";

/// The rates that a process holds people to. Cheap to ask; nothing waits.
pub struct Rates {
    lifted: bool,
    /// In the order of [`Rate::ALL`].
    meters: [Meter; Rate::ALL.len()],
    /// Makes addresses and names into holders.
    holders: Hmac<Sha256>,
    sharing: Option<Sharing>,
}

impl Rates {
    /// Takes the rates from the limits; `lifted` lets everything pass, for benchmarks. With the
    /// secret of our tokens, addresses and names are made into what nobody can read.
    #[must_use]
    pub fn new(limits: &Limits, lifted: bool, secret: &Secret) -> Self {
        Self {
            lifted,
            meters: Rate::ALL.map(|rate| Meter::new(rate, limits)),
            holders: key_for(PURPOSE, secret.reveal().as_bytes()),
            sharing: None,
        }
    }

    /// Counts together with the processes that have the same budgets, while the tasks of this run.
    #[must_use]
    pub fn shared_by(self, budgets: Option<Arc<dyn Budgets>>) -> Self {
        let Some(budgets) = budgets.filter(|_| !self.lifted) else {
            return self;
        };
        let (sharing, note) = Sharing::new(budgets);
        Self {
            meters: self.meters.map(|meter| meter.telling(note.clone())),
            sharing: Some(sharing),
            ..self
        }
    }

    /// Counts a message of `user`.
    ///
    /// # Errors
    /// `rate_limited`, with the time until the next may come.
    pub fn send(&self, user: UserId) -> Result<()> {
        self.check(Rate::Sends, user.into())
    }

    /// Counts an attempt to log in as `name` from `peer`, before any work is done for it. `name`
    /// is what the client wrote, whether or not there is such a user; spellings that mean one
    /// account count together.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn login(&self, peer: Peer, tenant: &TenantId, name: &str) -> Result<()> {
        self.check(Rate::Logins, self.address(peer))?;
        self.check(Rate::LoginsOfName, self.name(tenant, name))
    }

    /// Counts a sign-up from `peer`.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn signup(&self, peer: Peer) -> Result<()> {
        self.check(Rate::Signups, self.address(peer))
    }

    /// Counts a renewal of tokens from `peer`.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn refresh(&self, peer: Peer) -> Result<()> {
        self.check(Rate::Refreshes, self.address(peer))
    }

    /// Counts a change that `user` makes of what is kept of them: their account, their rules.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn change(&self, user: UserId) -> Result<()> {
        self.check(Rate::Changes, user.into())
    }

    /// Counts a ticket for a socket of `user`.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn ticket(&self, user: UserId) -> Result<()> {
        self.check(Rate::Tickets, user.into())
    }

    /// Counts an upload of `user`, before any byte of it is read.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn upload(&self, user: UserId) -> Result<()> {
        self.check(Rate::Uploads, user.into())
    }

    fn check(&self, rate: Rate, holder: Holder) -> Result<()> {
        if self.lifted {
            return Ok(());
        }
        let taken = self.meters[rate as usize].take(holder);
        taken.map_err(|wait| Error::too_many(Code::RateLimited, wait))
    }

    fn address(&self, peer: Peer) -> Holder {
        self.hashed(&[peer.network().to_string().as_bytes()])
    }

    /// Of any length, since a stranger chooses it.
    fn name(&self, tenant: &TenantId, name: &str) -> Holder {
        self.hashed(&[tenant.as_str().as_bytes(), &[0], account(name).as_bytes()])
    }

    fn hashed(&self, parts: &[&[u8]]) -> Holder {
        let mut mac = self.holders.clone();
        parts.iter().for_each(|part| mac.update(part));
        Holder::hashed(mac.finalize().into_bytes().into())
    }

    /// The tasks of the rates, until `stop`: one keeps their memory small, and where they are
    /// shared another tells the other processes.
    pub(crate) fn tasks(self: Arc<Self>, stop: &CancellationToken) -> Vec<Task> {
        let mut tasks = vec![self.clone().forgetting(stop.clone())];
        if self.sharing.is_some() {
            tasks.push(self.telling(stop.clone()));
        }
        tasks
    }

    fn forgetting(self: Arc<Self>, stop: CancellationToken) -> Task {
        Task::new("rates", async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(FORGET_EVERY))
                .await
                .is_some()
            {
                self.meters.iter().for_each(Meter::forget_the_quiet);
            }
        })
    }

    fn telling(self: Arc<Self>, stop: CancellationToken) -> Task {
        Task::restarting("rates shared", move || {
            let (rates, stop) = (Arc::clone(&self), stop.clone());
            async move {
                if let Some(sharing) = &rates.sharing {
                    stop.run_until_cancelled(sharing.run(&rates.meters)).await;
                }
            }
        })
    }
}

/// The account that somebody means by a name: an address in lower case, a name as it is stored.
/// What can be neither is nobody's, and stands for itself.
fn account(name: &str) -> String {
    if let Ok(email) = Email::parse(name) {
        return email.as_str().to_owned();
    }
    match Username::parse(name, None) {
        Ok(username) => username.as_str().to_owned(),
        Err(_) => name.to_owned(),
    }
}
