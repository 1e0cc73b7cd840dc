//! Token families: what a login began, and all that was renewed from it.
//!
//! People know one as a *session* of theirs ("this telephone, since March"). In the code that word
//! is one socket's life, so that a login's is called a family: one document, changed by
//! compare-and-set on its generation, which is the number of the refresh token that is good now.

use std::{fmt, time::Duration};

use crate::{FamilyId, TenantId, Timestamp, UserId};

/// Longest description of a device, in characters.
const LABEL_CHARS: usize = 200;

/// How long the refresh token before the current one is answered with the current one: for two
/// refreshes at once, and for an answer that was lost.
const GRACE: Duration = Duration::from_secs(30);

/// How long a family may be renewed in all, counted from its login.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// What somebody logged in with, as it calls itself: at most 200 characters, none of them a
/// control character.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label(String);

impl Label {
    /// Takes what a client says of itself, and cuts it.
    #[must_use]
    pub fn cut(text: &str) -> Self {
        let visible = text.chars().filter(|c| !c.is_control());
        Self(visible.take(LABEL_CHARS).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// All tokens that come from one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its id, which its tokens carry.
    pub id: FamilyId,
    /// Whose it is.
    pub user: UserId,
    /// The world they live in.
    pub tenant: TenantId,
    /// What they logged in with.
    pub label: Label,
    /// Goes into its refresh tokens, so that whoever has the key alone cannot make one.
    pub nonce: [u8; 16],
    /// The refresh token that is good now: 1, 2, 3….
    pub generation: u64,
    /// The refresh token that the current one was given for; none before the first renewal.
    pub previous: Option<u64>,
    /// When the login was.
    pub created_at: Timestamp,
    /// When it was renewed last, or begun.
    pub last_used_at: Timestamp,
    /// When it ends by itself. No token of it is good for longer.
    pub expires_at: Timestamp,
    /// When it was ended before that.
    pub ended_at: Option<Timestamp>,
}

/// What a refresh token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// For a new one: the family as it is to become, by compare-and-set on its generation.
    Renew(Box<Family>),
    /// For the one that its last presentation was answered with.
    Again,
    /// For nothing: it was replaced, so that somebody else has it, too. The family is to be ended.
    Reused,
    /// For nothing: the family has ended.
    Over,
}

impl Family {
    /// Whether its tokens are good at `now`.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// Decides what the refresh token of this generation is good for. A client whose last answer
    /// was lost comes in with the token before, also later than [`GRACE`]: then the token that was
    /// never seen is replaced, and if somebody has it after all, it is found reused.
    #[must_use]
    pub fn present(&self, generation: u64, now: Timestamp, lifetime: Duration) -> Presented {
        if !self.is_alive(now) {
            return Presented::Over;
        }
        if generation == self.generation {
            return Presented::Renew(Box::new(self.renewed(now, lifetime)));
        }
        if self.previous != Some(generation) {
            return Presented::Reused;
        }
        if now < later(self.last_used_at, GRACE) {
            return Presented::Again;
        }
        let next = self.renewed(now, lifetime);
        Presented::Renew(Box::new(Self {
            previous: self.previous,
            ..next
        }))
    }

    /// The family with its next refresh token, good for `lifetime` from `now` on, and never for
    /// more than a year after the login.
    #[must_use]
    pub fn renewed(&self, now: Timestamp, lifetime: Duration) -> Self {
        Self {
            generation: self.generation + 1,
            previous: Some(self.generation),
            last_used_at: now,
            expires_at: later(now, lifetime).min(later(self.created_at, LONGEST)),
            ..self.clone()
        }
    }
}

/// A moment after another, or the last one there is.
fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: Duration = Duration::from_hours(30 * 24);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn begun() -> Family {
        Family {
            id: FamilyId::new(),
            user: UserId::new(),
            tenant: TenantId::default(),
            label: Label::cut("test"),
            nonce: [7; 16],
            generation: 1,
            previous: None,
            created_at: at(0),
            last_used_at: at(0),
            expires_at: at(1_000),
            ended_at: None,
        }
    }

    fn renewed(family: &Family, generation: u64, second: i64) -> Family {
        match family.present(generation, at(second), MONTH) {
            Presented::Renew(next) => *next,
            other => panic!("not renewed: {other:?}"),
        }
    }

    #[test]
    fn each_token_is_good_for_the_next() {
        let first = begun();
        let second = renewed(&first, 1, 10);
        assert_eq!((second.generation, second.previous), (2, Some(1)));
        assert_eq!((second.last_used_at, second.created_at), (at(10), at(0)));
        let third = renewed(&second, 2, 20);
        assert_eq!(third.present(1, at(20), MONTH), Presented::Reused);
    }

    #[test]
    fn who_asks_twice_within_half_a_minute_gets_the_same() {
        let family = renewed(&begun(), 1, 10);
        assert_eq!(family.present(1, at(39), MONTH), Presented::Again);
        let later = renewed(&family, 1, 40);
        assert_eq!((later.generation, later.previous), (3, Some(1)));
    }

    #[test]
    fn a_lost_answer_locks_nobody_out_and_what_was_lost_is_good_for_nothing() {
        let lost = renewed(&begun(), 1, 10);
        let again = renewed(&lost, 1, 100);
        assert_eq!(again.present(2, at(101), MONTH), Presented::Reused);
        assert_eq!(again.present(1, at(101), MONTH), Presented::Again);
        let on = renewed(&again, 3, 200);
        assert_eq!((on.generation, on.previous), (4, Some(3)));
    }

    #[test]
    fn tokens_that_were_never_given_end_it() {
        for generation in [0, 2, u64::MAX] {
            let said = begun().present(generation, at(1), MONTH);
            assert_eq!(said, Presented::Reused);
        }
    }

    #[test]
    fn what_is_over_stays_over() {
        let family = begun();
        assert_eq!(family.present(1, at(1_000), MONTH), Presented::Over);
        let ended = Family {
            ended_at: Some(at(5)),
            ..family
        };
        assert_eq!(ended.present(1, at(6), MONTH), Presented::Over);
        assert_eq!(ended.present(9, at(6), MONTH), Presented::Over);
    }

    #[test]
    fn it_slides_for_a_year_and_no_longer() {
        let year = 365 * 24 * 60 * 60;
        let family = Family {
            expires_at: at(year),
            ..begun()
        };
        let month = i64::try_from(MONTH.as_secs()).unwrap();
        assert_eq!(renewed(&family, 1, 10).expires_at, at(10 + month));
        assert_eq!(renewed(&family, 1, year - 1).expires_at, at(year));
    }

    #[test]
    fn a_label_is_cut_and_can_be_seen() {
        assert_eq!(Label::cut("a\u{7}b\n").as_str(), "ab");
        assert_eq!(Label::cut(&"é".repeat(300)).as_str().chars().count(), 200);
    }
}
