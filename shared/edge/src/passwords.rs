//! Passwords: bcrypt, in a bounded pool, so that log-ins never take the processor from chat for
//! longer than they must, nor the memory.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Code, Error, Password, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many may wait for each core.
const WAITING_PER_CORE: usize = 8;

/// Salt and digest of no password that anybody knows; only the work of comparing with it counts.
const NOBODY: &str = "Xw2m8Q1bN5c7dT9eR3fK4u6VvYzA0sLpJhGgFiEoUtWnMxCyBqDrO";

/// The pool that hashes. One per process.
pub struct Passwords {
    cost: u32,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

impl Passwords {
    /// Hashes with bcrypt's `cost`, on as many cores as there are.
    #[must_use]
    pub fn new(cost: u32) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            cost,
            slots: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            most_waiting: WAITING_PER_CORE * cores,
        }
    }

    /// Hashes a password that somebody will have.
    ///
    /// # Errors
    /// `busy` when too many wait already; `internal` when bcrypt fails.
    pub async fn hash(&self, password: Password) -> Result<String> {
        let cost = self.cost;
        self.run(move || bcrypt::non_truncating_hash(password.reveal(), cost))
            .await?
            .map_err(Error::internal)
    }

    /// Compares an attempt with the stored hash (`$2a$`, `$2b$`, `$2y$`, of any cost). Without a
    /// hash it does the same work for nothing, so that the time does not tell who exists. An
    /// attempt that could never have been set is wrong without any work, whoever it is for.
    ///
    /// # Errors
    /// `busy` when too many wait already.
    pub async fn verify(&self, stored: Option<String>, attempt: Option<Password>) -> Result<bool> {
        let Some(attempt) = attempt else {
            return Ok(false);
        };
        let exists = stored.is_some();
        let hash = stored.unwrap_or_else(|| format!("$2b${:02}${NOBODY}", self.cost));
        let equal = self
            .run(move || bcrypt::non_truncating_verify(attempt.reveal(), &hash))
            .await?;
        match equal {
            Ok(equal) => Ok(equal && exists),
            Err(error) => {
                tracing::warn!(%error, "a stored password hash cannot be read");
                Ok(false)
            }
        }
    }

    /// Whether a hash has another cost than the settings ask for, and should be made anew at the
    /// next log-in.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        stored
            .parse::<bcrypt::HashParts>()
            .is_ok_and(|parts| parts.get_cost() != self.cost)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let slot = self.slot().await?;
        // The slot goes with the work: a caller who leaves does not stop the hashing.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(slot);
            result
        });
        done.await.map_err(Error::internal)
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit> {
        let waiting = Waiting::enter(self)?;
        let slot = self.slots.clone().acquire_owned().await;
        drop(waiting);
        slot.map_err(Error::internal)
    }
}

/// One more who waits, until dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(passwords: &'a Passwords) -> Result<Self> {
        let this = Self(&passwords.waiting);
        let before = this.0.fetch_add(1, Ordering::Relaxed);
        if before >= passwords.most_waiting {
            metrics::counter!("hubbub_passwords_refused_total").increment(1);
            return Err(Error::too_many(Code::Busy, Duration::from_secs(2)));
        }
        Ok(this)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(4)
    }

    fn attempt(text: &str) -> Option<Password> {
        Password::attempt(text.to_owned())
    }

    async fn hash(text: &str) -> String {
        let password = Password::parse(text.to_owned(), 1).unwrap();
        passwords().hash(password).await.unwrap()
    }

    #[tokio::test]
    async fn the_right_one_and_no_other() {
        for text in ["hunter22", &"x".repeat(71), &"€".repeat(23), "a\0b"] {
            let stored = hash(text).await;
            let other = format!(
                "{}!",
                &text[..text.len() - text.chars().last().unwrap().len_utf8()]
            );
            let passwords = passwords();
            assert!(
                passwords
                    .verify(Some(stored.clone()), attempt(text))
                    .await
                    .unwrap()
            );
            assert!(
                !passwords
                    .verify(Some(stored), attempt(&other))
                    .await
                    .unwrap()
            );
        }
    }

    #[tokio::test]
    async fn what_bcrypt_would_cut_off_is_never_right() {
        let stored = hash(&"x".repeat(71)).await;
        let passwords = passwords();
        for length in [72, 73, 200, 1_024] {
            let right = passwords.verify(Some(stored.clone()), attempt(&"x".repeat(length)));
            assert!(!right.await.unwrap());
        }
    }

    #[tokio::test]
    async fn hashes_of_other_systems_are_understood() {
        let stored = hash("hunter22").await;
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let foreign = stored.replacen("$2b$", prefix, 1);
            assert!(
                passwords()
                    .verify(Some(foreign), attempt("hunter22"))
                    .await
                    .unwrap()
            );
        }
        assert!(
            !passwords()
                .verify(Some("junk".into()), attempt("hunter22"))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn an_unknown_user_costs_as_much_as_a_known_one() {
        let passwords = Passwords::new(8);
        let password = Password::parse("hunter22".to_owned(), 1).unwrap();
        let stored = passwords.hash(password).await.unwrap();
        let time = async |stored: Option<String>| {
            let begin = Instant::now();
            assert!(!passwords.verify(stored, attempt("wrong")).await.unwrap());
            begin.elapsed()
        };
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for _ in 0..15 {
            known.push(time(Some(stored.clone())).await);
            unknown.push(time(None).await);
        }
        known.sort();
        unknown.sort();
        let ratio = unknown[7].as_secs_f64() / known[7].as_secs_f64();
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_told_to_wait() {
        let passwords = passwords();
        let all = u32::try_from(passwords.slots.available_permits()).unwrap();
        let busy = passwords
            .slots
            .clone()
            .acquire_many_owned(all)
            .await
            .unwrap();
        let waiting: Vec<_> = (0..passwords.most_waiting)
            .map(|_| Waiting::enter(&passwords).unwrap())
            .collect();
        let refused = passwords.verify(None, attempt("x")).await.unwrap_err();
        assert_eq!(refused.code(), Code::Busy);
        assert!(refused.retry_after().is_some());
        drop((busy, waiting));
        assert!(!passwords.verify(None, attempt("x")).await.unwrap());
    }

    #[tokio::test]
    async fn another_cost_is_outdated() {
        let stored = hash("hunter22").await;
        assert!(!Passwords::new(4).is_outdated(&stored));
        assert!(Passwords::new(5).is_outdated(&stored));
    }
}
