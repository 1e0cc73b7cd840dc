//! How fast somebody may go: messages, changes, tickets and uploads per user, log-ins per
//! address and per name, sign-ups and renewals per address. The name of each stands in
//! `RateLimit-Policy` of the answers that it had a part in.

mod meter;
mod readings;

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use domain::{Code, Email, Error, Limits, Rate, Result, TenantId, UserId, Username};
use governor::Quota;
use tokio_util::sync::CancellationToken;

use self::meter::Meter;
pub(crate) use self::readings::{scope, set_headers};
use crate::{Task, request::Peer};

/// How often those are forgotten who have been quiet long enough.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The rates of one process. Cheap to ask; nothing waits.
pub struct Rates {
    lifted: bool,
    sends: Meter<UserId>,
    logins_from: Meter<IpAddr>,
    logins_as: Meter<u64>,
    signups: Meter<IpAddr>,
    refreshes: Meter<IpAddr>,
    changes: Meter<UserId>,
    tickets: Meter<UserId>,
    uploads: Meter<UserId>,
    names: RandomState,
}

impl Rates {
    /// Takes the rates from the limits; `lifted` lets everything pass, for benchmarks.
    #[must_use]
    pub fn new(limits: &Limits, lifted: bool) -> Self {
        let logins = Quota::per_minute(at_least_one(limits.logins_per_minute));
        // An account bears twice the burst of one address, so that nobody locks its owner, who
        // comes from elsewhere, out of it alone.
        let as_name = logins.allow_burst(at_least_one(limits.logins_per_minute.saturating_mul(2)));
        let sends = Quota::per_second(at_least_one(limits.sends_per_second))
            .allow_burst(at_least_one(limits.sends_burst));
        let signups = Quota::per_hour(at_least_one(limits.signups_per_hour));
        let refreshes = Quota::per_minute(at_least_one(limits.refreshes_per_minute));
        let changes = Quota::per_minute(at_least_one(limits.changes_per_minute));
        let tickets = Quota::per_minute(at_least_one(limits.tickets_per_minute));
        let uploads = Quota::per_minute(at_least_one(limits.uploads_per_minute));
        Self {
            lifted,
            sends: Meter::new(Rate::Sends, sends),
            logins_from: Meter::new(Rate::Logins, logins),
            logins_as: Meter::new(Rate::LoginsOfName, as_name),
            signups: Meter::new(Rate::Signups, signups),
            refreshes: Meter::new(Rate::Refreshes, refreshes),
            changes: Meter::new(Rate::Changes, changes),
            tickets: Meter::new(Rate::Tickets, tickets),
            uploads: Meter::new(Rate::Uploads, uploads),
            names: RandomState::new(),
        }
    }

    /// Counts a message of `user`.
    ///
    /// # Errors
    /// `rate_limited`, with the time until the next may come.
    pub fn send(&self, user: UserId) -> Result<()> {
        self.check(&self.sends, &user)
    }

    /// Counts an attempt to log in as `name` from `peer`, before any work is done for it. `name`
    /// is what the client wrote, whether or not there is such a user; spellings that mean one
    /// account count together.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn login(&self, peer: Peer, tenant: &TenantId, name: &str) -> Result<()> {
        self.check(&self.logins_from, &peer.network())?;
        // Names are kept as numbers: a stranger chooses how long they are.
        let account = self.names.hash_one((tenant, account(name)));
        self.check(&self.logins_as, &account)
    }

    /// Counts a sign-up from `peer`.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn signup(&self, peer: Peer) -> Result<()> {
        self.check(&self.signups, &peer.network())
    }

    /// Counts a renewal of tokens from `peer`.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn refresh(&self, peer: Peer) -> Result<()> {
        self.check(&self.refreshes, &peer.network())
    }

    /// Counts a change that `user` makes of what is kept of them: their account, their rules.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn change(&self, user: UserId) -> Result<()> {
        self.check(&self.changes, &user)
    }

    /// Counts a ticket for a socket of `user`.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn ticket(&self, user: UserId) -> Result<()> {
        self.check(&self.tickets, &user)
    }

    /// Counts an upload of `user`, before any byte of it is read.
    ///
    /// # Errors
    /// `rate_limited`, as above.
    pub fn upload(&self, user: UserId) -> Result<()> {
        self.check(&self.uploads, &user)
    }

    fn check<K: Hash + Eq + Clone>(&self, meter: &Meter<K>, key: &K) -> Result<()> {
        if self.lifted {
            return Ok(());
        }
        let taken = meter.take(key);
        taken.map_err(|wait| Error::too_many(Code::RateLimited, wait))
    }

    fn forget_the_quiet(&self) {
        self.sends.forget_the_quiet();
        self.logins_from.forget_the_quiet();
        self.logins_as.forget_the_quiet();
        self.signups.forget_the_quiet();
        self.refreshes.forget_the_quiet();
        self.changes.forget_the_quiet();
        self.tickets.forget_the_quiet();
        self.uploads.forget_the_quiet();
    }

    /// The task that keeps the memory of the rates small, until `stop`.
    pub(crate) fn task(self: Arc<Self>, stop: CancellationToken) -> Task {
        Task::new("rates", async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(FORGET_EVERY))
                .await
                .is_some()
            {
                self.forget_the_quiet();
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

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer(text.parse().unwrap())
    }

    #[test]
    fn a_burst_passes_and_then_the_wait_is_told() {
        let rates = Rates::new(&Limits::default(), false);
        let user = UserId::new();
        for _ in 0..30 {
            rates.send(user).unwrap();
        }
        let error = rates.send(user).unwrap_err();
        assert_eq!(error.code(), Code::RateLimited);
        let wait = error.retry_after().unwrap();
        assert!(
            wait > Duration::ZERO && wait <= Duration::from_millis(100),
            "{wait:?}"
        );
        rates.send(UserId::new()).expect("others are not held up");
    }

    #[test]
    fn guessing_from_one_address_stops_and_the_owner_still_comes_in() {
        let rates = Rates::new(&Limits::default(), false);
        let tenant = TenantId::default();
        let guesses = (0..1_000)
            .filter(|_| rates.login(peer("10.0.0.1:1"), &tenant, "ann").is_ok())
            .count();
        assert_eq!(guesses, 10);
        rates.login(peer("10.0.0.2:1"), &tenant, "ann").unwrap();
    }

    #[test]
    fn however_an_account_is_spelled_it_is_one() {
        for (one, other) in [
            ("Jos\u{e9}", "Jose\u{301}"),
            ("Kim", "\u{212a}im"),
            ("Ann@Example.org", "ann@example.org"),
        ] {
            let limits = Limits {
                logins_per_minute: 1,
                ..Limits::default()
            };
            let (rates, tenant) = (Rates::new(&limits, false), TenantId::default());
            let attempt = |n: u8, name| rates.login(peer(&format!("10.0.0.{n}:1")), &tenant, name);
            attempt(1, one).unwrap();
            attempt(2, other).unwrap();
            attempt(3, one).expect_err(one);
            attempt(4, other).expect_err(other);
            attempt(5, "somebody else").unwrap();
        }
    }

    #[test]
    fn guessing_one_name_from_everywhere_stops() {
        let rates = Rates::new(&Limits::default(), false);
        let guesses = (0..=255)
            .filter(|n| {
                let peer = peer(&format!("10.0.0.{n}:1"));
                rates.login(peer, &TenantId::default(), "ann").is_ok()
            })
            .count();
        assert_eq!(guesses, 20);
    }

    #[test]
    fn lifted_rates_let_everything_pass() {
        let rates = Rates::new(&Limits::default(), true);
        for _ in 0..100 {
            rates.signup(peer("10.0.0.1:1")).unwrap();
        }
    }
}
