//! What is kept for a session's user, told once each.

use std::{collections::HashSet, mem};

use domain::{Notification, NotificationId, notification::Position};

/// How many are told at most. What is beyond comes when the first are settled.
const MOST: usize = 1_000;

/// A walk through what waits, a page at a time, and what of it was told before.
#[derive(Debug, Default)]
pub(super) struct Kept {
    due: bool,
    after: Option<Position>,
    /// Told, and waiting when the last walk ended.
    told: HashSet<NotificationId>,
    /// Found by this walk.
    found: HashSet<NotificationId>,
}

impl Kept {
    /// Begins at the beginning: what came last need not be the newest.
    pub(super) fn begin(&mut self) {
        self.due = true;
        self.after = None;
        self.found.clear();
    }

    /// After which position to read, if there is anything to be read.
    pub(super) fn due(&self) -> Option<Option<Position>> {
        self.due.then_some(self.after)
    }

    /// Takes a page; returns what was not told before.
    pub(super) fn take(&mut self, mut page: Vec<Notification>) -> Vec<Notification> {
        if let Some(last) = page.last() {
            self.after = Some(last.position);
        }
        self.found.extend(page.iter().map(|kept| kept.id));
        let whole = page.is_empty() || self.found.len() >= MOST;
        page.retain(|kept| self.told.insert(kept.id));
        if whole {
            self.due = false;
            // What is settled by now never comes again.
            self.told = mem::take(&mut self.found);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Cause, MemberChange, Role, RoomId, RowId, Timestamp, UserId, notification::MembershipNews,
    };

    use super::*;

    fn kept(second: i64) -> Notification {
        let news = MembershipNews {
            by: UserId::new(),
            change: MemberChange::Joined,
            role: Role::Member,
        };
        Notification {
            id: NotificationId::of(RowId::new(), UserId::new()),
            receiver: UserId::new(),
            position: Position {
                at: Timestamp::from_second(second).unwrap(),
                room: RoomId::new(),
                seq: 1,
            },
            cause: Cause::Membership(news),
        }
    }

    /// Walks through pages of two; returns what is told.
    fn walk(state: &mut Kept, waiting: &[Notification]) -> Vec<Notification> {
        state.begin();
        let mut told = Vec::new();
        while let Some(after) = state.due() {
            let beyond = |kept: &&Notification| after.is_none_or(|after| kept.position > after);
            let page = waiting.iter().filter(beyond).take(2).cloned();
            told.extend(state.take(page.collect()));
        }
        told
    }

    #[test]
    fn each_is_told_once_and_also_what_comes_before_what_was_told() {
        let mut state = Kept::default();
        let (one, two, three) = (kept(1), kept(2), kept(3));
        let late = [two.clone(), three.clone()];
        assert_eq!(walk(&mut state, &late), late);
        let all = [one.clone(), two, three];
        assert_eq!(walk(&mut state, &all), [one]);
        assert_eq!(walk(&mut state, &all), []);
        assert_eq!(walk(&mut state, &[]), []);
        assert!(state.told.is_empty(), "what is settled is forgotten");
    }
}
