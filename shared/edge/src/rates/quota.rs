//! How many may pass, and what that takes.

use std::time::Duration;

use domain::{Limits, Rate};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// So many at once, and one more each time that an interval has passed. Never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    burst: u32,
    interval: Duration,
}

impl Quota {
    /// What the limits say of a rate.
    pub(super) fn of(rate: Rate, limits: &Limits) -> Self {
        match rate {
            Rate::Sends => Self::per(SECOND, limits.sends_per_second).of_burst(limits.sends_burst),
            Rate::Logins => Self::per(MINUTE, limits.logins_per_minute),
            // An account bears twice the burst of one address, so that nobody locks its owner, who
            // comes from elsewhere, out of it alone.
            Rate::LoginsOfName => Self::per(MINUTE, limits.logins_per_minute)
                .of_burst(limits.logins_per_minute.saturating_mul(2)),
            Rate::Signups => Self::per(HOUR, limits.signups_per_hour),
            Rate::Refreshes => Self::per(MINUTE, limits.refreshes_per_minute),
            Rate::Changes => Self::per(MINUTE, limits.changes_per_minute),
            Rate::Tickets => Self::per(MINUTE, limits.tickets_per_minute),
            Rate::Uploads => Self::per(MINUTE, limits.uploads_per_minute),
        }
    }

    /// So many in a time, and as many at once.
    fn per(time: Duration, number: u32) -> Self {
        let burst = number.max(1);
        let interval = (time / burst).max(Duration::from_nanos(1));
        Self { burst, interval }
    }

    fn of_burst(self, burst: u32) -> Self {
        let burst = burst.max(1);
        Self { burst, ..self }
    }

    /// How many may pass at once.
    pub(super) fn burst(self) -> u32 {
        self.burst
    }

    /// After how long one more may pass.
    pub(super) fn interval(self) -> Duration {
        self.interval
    }

    /// How long all of them take to come back.
    pub(super) fn window(self) -> Duration {
        self.interval.saturating_mul(self.burst)
    }

    /// How many pass, of whom so much is still owed.
    pub(super) fn left(self, owed: Duration) -> u32 {
        let free = self.window().saturating_sub(owed);
        let left = free.as_nanos() / self.interval.as_nanos();
        u32::try_from(left).unwrap_or(self.burst)
    }

    /// How long it takes until one passes.
    pub(super) fn wait(self, owed: Duration) -> Duration {
        let after = owed.saturating_add(self.interval);
        after.saturating_sub(self.window())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_comes_back_one_by_one() {
        let quota = Quota::per(SECOND, 10).of_burst(30);
        assert_eq!(quota.window(), 3 * SECOND);
        let millis = Duration::from_millis;
        for (owed, left, wait) in [
            (0, 30, 0),
            (1, 29, 0),
            (2_900, 1, 0),
            (2_950, 0, 50),
            (3_000, 0, 100),
            (6_000, 0, 3_100),
        ] {
            let stands = (quota.left(millis(owed)), quota.wait(millis(owed)));
            assert_eq!(stands, (left, millis(wait)), "{owed}");
        }
    }

    #[test]
    fn a_rate_of_none_lets_one_pass_and_a_huge_one_all() {
        let none = Quota::per(MINUTE, 0);
        assert_eq!((none.burst(), none.window()), (1, MINUTE));
        let huge = Quota::per(SECOND, u32::MAX);
        assert_eq!(huge.left(Duration::ZERO), u32::MAX);
        assert_eq!(huge.wait(Duration::ZERO), Duration::ZERO);
    }
}
