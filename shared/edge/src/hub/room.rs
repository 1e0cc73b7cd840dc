//! One room as this process delivers it: strictly in the order of its log.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Change, Event, Head, MemberChange, RoomId, Row, Scene, Seq, SessionId, UserId};

use super::{
    Standing, Subscriber,
    roster::Roster,
    run::{self, Run},
};
use crate::outbox::Item;

/// How many rows may wait for one that is missing. What is beyond is read from the store.
pub(super) const WAITING_ROWS: usize = 1_000;

/// Finds the sessions that follow a user into every room they join.
pub(super) type Followers<'a> = &'a dyn Fn(UserId) -> Vec<Arc<Subscriber>>;

/// What this process knows of a room that somebody here listens to.
#[derive(Debug)]
pub(super) struct Room {
    id: RoomId,
    pub(super) roster: Roster,
    /// The row to be delivered next; unknown until somebody goes live or a row is announced.
    next: Option<Seq>,
    /// The highest row that was heard of.
    seen: Seq,
    /// The generation of the row before `next`, where it is known.
    generation: Option<Seq>,
    /// Rows beyond `next`.
    waiting: BTreeMap<Seq, Scene>,
    /// Taken out of the hub: whoever still holds it looks it up again.
    pub(super) retired: bool,
}

impl Room {
    /// A room without subscriptions. `known` is the newest row that was announced lately.
    pub(super) fn new(id: RoomId, known: Option<Head>) -> Self {
        Self {
            id,
            roster: Roster::default(),
            next: known.map(|head| head.seq + 1),
            seen: known.map_or(0, |head| head.seq),
            generation: known.map(|head| head.generation),
            waiting: BTreeMap::new(),
            retired: false,
        }
    }

    /// Takes rows that were appended, and delivers those that are next.
    pub(super) fn announce(&mut self, scenes: Vec<Scene>, followers: Followers<'_>) {
        for scene in scenes {
            let Some(seq) = run::seq(&scene) else {
                continue;
            };
            // Nobody is live while `next` is unknown, so nobody misses what was before.
            let next = *self.next.get_or_insert(seq);
            self.seen = self.seen.max(seq);
            if seq >= next && (seq == next || self.waiting.len() < WAITING_ROWS) {
                self.waiting.insert(seq, scene);
            }
        }
        self.deliver(followers);
    }

    /// Puts a paused subscription behind `head`.
    pub(super) fn go_live(
        &mut self,
        session: SessionId,
        head: Seq,
        followers: Followers<'_>,
    ) -> Standing {
        if self.next.is_some_and(|next| next > head + 1) || self.roster.get_mut(session).is_none() {
            return Standing::Behind;
        }
        self.advance(head);
        if let Some(subscription) = self.roster.get_mut(session) {
            subscription.after.get_or_insert(head);
        }
        self.deliver(followers);
        Standing::Live
    }

    /// Notes that the log reaches to `head`. If nobody is live, nobody needs the rows before it.
    fn advance(&mut self, head: Seq) {
        self.seen = self.seen.max(head);
        if self.next.is_none_or(|next| next <= head) && self.roster.live().next().is_none() {
            self.next = Some(head + 1);
            self.waiting = self.waiting.split_off(&(head + 1));
            self.generation = None;
        }
    }

    /// Goes on with `first`, if the store has no row between `after` and that any more. `false`
    /// when somebody is live, who would miss what was there.
    pub(super) fn pass_over(&mut self, after: Seq, first: Seq) -> bool {
        if self.next != Some(after + 1) || first == after + 1 {
            return true;
        }
        if self.roster.live().next().is_some() {
            return false;
        }
        self.next = Some(first);
        self.waiting = self.waiting.split_off(&first);
        self.generation = None;
        true
    }

    /// Notes that the log has a row.
    pub(super) fn hear_of(&mut self, seq: Seq) {
        self.seen = self.seen.max(seq);
    }

    /// Notes what the store says of the log's end.
    pub(super) fn note_head(&mut self, head: Head) {
        self.hear_of(head.seq);
        // Nobody is live while `next` is unknown, so nobody misses what was before.
        if *self.next.get_or_insert(head.seq + 1) == head.seq + 1 {
            self.generation = Some(head.generation);
        }
    }

    /// The end of the log, if all that was heard of is delivered.
    pub(super) fn position(&self) -> Option<Head> {
        let (next, generation) = (self.next?, self.generation?);
        (self.seen < next).then_some(Head {
            room: self.id,
            seq: next - 1,
            generation,
        })
    }

    /// The last row before a hole, if there is one.
    pub(super) fn hole(&self) -> Option<Seq> {
        let next = self.next?;
        (self.seen >= next).then_some(next - 1)
    }

    fn deliver(&mut self, followers: Followers<'_>) {
        let mut run = Vec::new();
        while let Some(scene) = self.next.and_then(|next| self.waiting.remove(&next)) {
            self.next = self.next.map(|next| next + 1);
            if let Some((seq, user, MemberChange::Joined)) = member_row(&scene) {
                self.follow(followers(user), seq - 1);
            }
            let ended = self.ended_by(&scene);
            let last = (!ended.is_empty()).then(|| scene.clone());
            run.push(scene);
            if let Some(last) = last {
                self.flush(&mut run);
                self.end(ended, &last);
            }
        }
        self.flush(&mut run);
    }

    /// Gives the rows to everybody live, and forgets them.
    fn flush(&mut self, scenes: &mut Vec<Scene>) {
        if let Some(Event::Logged(row)) = scenes.last().map(|scene| &scene.event) {
            self.generation = Some(row.generation);
        }
        let mut run = Run::new(scenes);
        for (subscriber, after) in self.roster.live() {
            run.give(subscriber, after);
        }
        scenes.clear();
    }

    /// Lets the sessions of somebody who comes in hear the room.
    fn follow(&mut self, sessions: Vec<Arc<Subscriber>>, after: Seq) {
        for subscriber in sessions {
            if self.roster.get_mut(subscriber.session).is_some() || !subscriber.enter(self.id) {
                continue;
            }
            let room = self.id;
            subscriber.outbox.push(Item::Began { room, after });
            self.roster.add(subscriber, Some(after));
        }
    }

    /// The sessions that hear no more after a row: those of who went, or all, of a deleted room.
    fn ended_by(&self, scene: &Scene) -> Vec<SessionId> {
        match member_row(scene) {
            Some((_, user, MemberChange::Left | MemberChange::Removed)) => {
                self.roster.sessions_of(user)
            }
            _ if scene.row().is_some_and(Row::is_last) => {
                self.roster.iter().map(|s| s.subscriber.session).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Ends subscriptions with the row `last`. Who read further in the store is in the room again;
    /// who is still reading is told here, since the log is closed to them by now.
    fn end(&mut self, sessions: Vec<SessionId>, last: &Scene) {
        let seq = run::seq(last).unwrap_or_default();
        for session in sessions {
            let after = self.roster.get_mut(session).and_then(|s| s.after);
            if after.is_some_and(|after| after >= seq) {
                continue;
            }
            let Some(ended) = self.roster.remove(session) else {
                continue;
            };
            let subscriber = ended.subscriber;
            subscriber.exit(self.id);
            let unheard = after.is_none().then(|| subscriber.word(last));
            subscriber.outbox.push(Item::Ended {
                room: self.id,
                last: unheard.flatten().map(Into::into),
            });
        }
    }
}

/// The number of a member row, whom it is about, and what became of them.
pub(super) fn member_row(scene: &Scene) -> Option<(Seq, UserId, MemberChange)> {
    let Event::Logged(row) = &scene.event else {
        return None;
    };
    let Change::Member(member) = &row.change else {
        return None;
    };
    Some((row.seq, member.user, member.change))
}
