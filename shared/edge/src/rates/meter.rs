//! One rate, counted for each holder (the generic cell rate algorithm: of each only the moment is
//! kept at which all that they took has come back).

use std::time::Duration;

use dashmap::{DashMap, Entry};
use domain::{Budget, Holder, Limits, Rate, ports::Spent};
use tokio::{sync::mpsc, time::Instant};

use super::{
    quota::Quota,
    readings::{self, Reading},
};

/// How many budgets may be owed at most. As many processes may overdraw one together, and in the
/// long run nobody has more than it; and whoever is counted on a clock that jumped is held off for
/// so many times the time in which a budget comes back, and no longer.
const MOST: u32 = 10;

/// A rate and how far each holder has used it up.
pub(super) struct Meter {
    rate: Rate,
    quota: Quota,
    standings: DashMap<Holder, Standing>,
    /// Takes who has something to tell to the other processes.
    untold: Option<mpsc::Sender<Budget>>,
}

/// How far somebody has used it up.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// When all has come back that is known to be taken.
    whole: Instant,
    /// The same by what was taken here alone. It is apart so that what others tell is not told back
    /// to them: it would grow on the way.
    own: Instant,
    /// How many were taken here of which the others were not told.
    untold: u32,
}

impl Meter {
    /// Nobody has used anything yet.
    pub(super) fn new(rate: Rate, limits: &Limits) -> Self {
        Self {
            rate,
            quota: Quota::of(rate, limits),
            standings: DashMap::new(),
            untold: None,
        }
    }

    /// Lets it note who has something to tell. What does not fit in there counts here alone.
    pub(super) fn telling(self, untold: mpsc::Sender<Budget>) -> Self {
        let untold = Some(untold);
        Self { untold, ..self }
    }

    /// Takes one, and lets the answer that is being made tell of it; or says how long to wait.
    pub(super) fn take(&self, holder: Holder) -> Result<(), Duration> {
        let taken = self.try_take(holder, Instant::now());
        let (remaining, wait) = match taken {
            Ok(owed) => (self.quota.left(owed), self.quota.interval()),
            Err(wait) => (0, wait),
        };
        readings::note(Reading {
            rate: self.rate,
            quota: self.quota,
            remaining,
            wait,
        });
        taken.map(drop)
    }

    /// Takes one, and says what is owed then; or says how long to wait.
    fn try_take(&self, holder: Holder, now: Instant) -> Result<Duration, Duration> {
        let mut standing = self.standings.entry(holder).or_insert(Standing {
            whole: now,
            own: now,
            untold: 0,
        });
        let owed = standing.whole.saturating_duration_since(now);
        let wait = self.quota.wait(owed);
        if !wait.is_zero() {
            return Err(wait);
        }
        let interval = self.quota.interval();
        standing.whole = standing.whole.max(now) + interval;
        standing.own = standing.own.max(now) + interval;
        if standing.untold > 0 || self.is_to_tell(holder) {
            standing.untold += 1;
        }
        Ok(owed + interval)
    }

    fn is_to_tell(&self, holder: Holder) -> bool {
        let rate = self.rate;
        let untold = self.untold.as_ref();
        untold.is_some_and(|untold| untold.try_send(Budget { rate, holder }).is_ok())
    }

    /// What the others are to be told of a holder, at `now`. It counts as told.
    pub(super) fn tell(&self, holder: Holder, now: Instant) -> Spent {
        let (mut taken, mut owed) = (Duration::ZERO, Duration::ZERO);
        if let Entry::Occupied(mut standing) = self.standings.entry(holder) {
            let standing = standing.get_mut();
            taken = self.quota.interval().saturating_mul(standing.untold);
            owed = standing.own.saturating_duration_since(now);
            standing.untold = 0;
        }
        let rate = self.rate;
        Spent {
            budget: Budget { rate, holder },
            taken,
            owed,
            most: self.quota.window().saturating_mul(MOST),
        }
    }

    /// Notes when a holder's budget is whole again by what all processes were told. What was taken
    /// here since then comes on top.
    pub(super) fn adopt(&self, holder: Holder, whole: Instant) {
        if let Some(mut standing) = self.standings.get_mut(&holder) {
            let since = self.quota.interval().saturating_mul(standing.untold);
            standing.whole = standing.whole.max(whole + since);
        }
    }

    /// Forgets those who could begin anew.
    pub(super) fn forget_the_quiet(&self) {
        let now = Instant::now();
        self.standings
            .retain(|_, standing| standing.whole > now || standing.untold > 0);
        self.standings.shrink_to_fit();
    }
}
