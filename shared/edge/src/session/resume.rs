//! `resume`: everything since the positions that a client names, or a plain word on what is
//! missing. Rooms are answered one after the other, page by page.

use std::collections::VecDeque;

use domain::{Receipt, Result, RoomId, Seq, command::ReplayPage};
use protocol::native::{Gap, GapReason, ResumeAnswer, Resumed, UnnamedRoom};
use uuid::Uuid;

use super::{
    catch_up::{is_ended_by, say_page},
    member::{Done, Hearing, Member, is_no_access},
    report,
    turn::Turn,
};
use crate::hub::Standing;

/// A resume that is being answered.
pub(super) struct Resuming {
    id: Option<String>,
    epoch: Uuid,
    waiting: VecDeque<(RoomId, Seq)>,
    current: Option<Replaying>,
    /// The room that is live again, after this row, and whose end is to be said.
    ending: Option<(RoomId, Seq)>,
    /// Rows replayed so far, in all rooms.
    rows: u64,
    answer: ResumeAnswer,
}

/// What is to be read next for a resume.
pub(super) enum Next {
    /// The rows of a room after one.
    Rows(RoomId, Seq),
    /// How far its members are.
    Receipts(RoomId),
}

/// The room that is being replayed.
#[derive(Debug, Clone, Copy)]
struct Replaying {
    room: RoomId,
    /// The last row that the client has.
    since: Seq,
    /// The last row that was read.
    after: Seq,
}

impl Resuming {
    /// Begins to answer a resume.
    pub(super) fn new(
        id: Option<String>,
        resume: protocol::Resume,
        not_named: Vec<UnnamedRoom>,
    ) -> Self {
        Self {
            id,
            epoch: resume.epoch,
            waiting: resume.rooms.into_iter().collect(),
            current: None,
            ending: None,
            rows: 0,
            answer: ResumeAnswer {
                resumed: Vec::new(),
                gaps: Vec::new(),
                not_named,
            },
        }
    }
}

impl Member {
    /// Lets the rooms go live that a resume does not name, and lists them.
    pub(super) fn release_unnamed(&mut self, resume: &protocol::Resume) -> Vec<UnnamedRoom> {
        let unnamed = self
            .rooms
            .iter()
            .filter(|(room, _)| !resume.rooms.contains_key(room));
        let unnamed: Vec<_> = unnamed.map(|(room, hearing)| (*room, *hearing)).collect();
        let mut listed = Vec::with_capacity(unnamed.len());
        for (room, hearing) in unnamed {
            let head = match hearing {
                Hearing::Held { head } => {
                    self.release(room, head);
                    head
                }
                Hearing::From(from) => from - 1,
            };
            let room = room.uuid();
            listed.push(UnnamedRoom { room, head });
        }
        listed
    }

    /// The last row to be replayed, if the session hears the room from there on already.
    fn end_of(&self, room: RoomId) -> Option<Seq> {
        match self.rooms.get(&room)? {
            Hearing::Held { .. } => None,
            Hearing::From(from) => Some(from - 1),
        }
    }

    /// Goes on with the resumes; says what is to be read for them next.
    pub(super) fn resume_on(&mut self, turn: &mut Turn<Done>) -> Option<Next> {
        loop {
            let resuming = self.resumes.front_mut()?;
            if let Some(current) = resuming.current {
                return Some(Next::Rows(current.room, current.after));
            }
            if let Some((room, _)) = resuming.ending {
                return Some(Next::Receipts(room));
            }
            let Some((room, since)) = resuming.waiting.pop_front() else {
                turn.say(resuming.answer.frame(resuming.id.as_deref()));
                self.resumes.pop_front();
                continue;
            };
            let known_epoch = resuming.epoch == self.epoch;
            self.begin_replay(room, since, known_epoch, turn);
        }
    }

    fn begin_replay(&mut self, room: RoomId, since: Seq, known_epoch: bool, turn: &mut Turn<Done>) {
        let Some(hearing) = self.rooms.get(&room).copied() else {
            return self.gap(gap(room, since + 1, None, GapReason::NoAccess), turn);
        };
        if known_epoch {
            let after = since;
            if let Some(resuming) = self.resumes.front_mut() {
                resuming.current = Some(Replaying { room, since, after });
            }
            return;
        }
        let head = match hearing {
            Hearing::From(from) => from - 1,
            Hearing::Held { head } => {
                self.release(room, head);
                head
            }
        };
        self.gap(gap(room, 1, Some(head), GapReason::UnknownPosition), turn);
    }

    pub(super) fn on_replayed(&mut self, page: Result<ReplayPage>, turn: &mut Turn<Done>) {
        let Some(current) = self.resumes.front().and_then(|resuming| resuming.current) else {
            return;
        };
        match page {
            Ok(page) => match self.unresumable(current, &page) {
                Some(reason) => self.skip(current, &page, reason, turn),
                None => self.replay_page(current, &page, turn),
            },
            Err(error) if is_no_access(&error) => {
                self.forget(current.room);
                let missing = gap(current.room, current.after + 1, None, GapReason::NoAccess);
                self.gap(missing, turn);
            }
            Err(error) => self.give_up(&error, turn),
        }
    }

    /// Why a room cannot be replayed whole. How many rows there are is asked at its first page:
    /// what comes meanwhile is replayed in any case. A change may be gone from any page.
    fn unresumable(&self, current: Replaying, page: &ReplayPage) -> Option<GapReason> {
        let end = self.end_of(current.room).unwrap_or(page.head);
        if current.after == current.since {
            if current.since > page.head {
                return Some(GapReason::UnknownPosition);
            }
            if self.are_too_many(end.saturating_sub(current.since)) {
                return Some(GapReason::TooMany);
            }
        }
        let expired = page.missing.is_some_and(|missing| missing <= end);
        expired.then_some(GapReason::ChangesExpired)
    }

    /// Whether a room has more rows to replay than a resume takes.
    fn are_too_many(&self, rows: u64) -> bool {
        let limits = &self.means.limits;
        let before = self.resumes.front().map_or(0, |resuming| resuming.rows);
        rows > limits.resume_room_rows || before + rows > limits.resume_rows
    }

    /// Leaves rows out: says so, and goes on after the head.
    fn skip(
        &mut self,
        current: Replaying,
        page: &ReplayPage,
        reason: GapReason,
        turn: &mut Turn<Done>,
    ) {
        let end = self.end_of(current.room);
        let head = end.unwrap_or(page.head);
        let whole = end.is_none() && page.through >= page.head;
        if whole && is_ended_by(page, self.means.caller.user) {
            self.forget(current.room);
            let missing = gap(current.room, current.after + 1, None, GapReason::NoAccess);
            return self.gap(missing, turn);
        }
        let from = match reason {
            GapReason::UnknownPosition => 1,
            GapReason::TooMany | GapReason::NoAccess | GapReason::ChangesExpired => {
                current.after + 1
            }
        };
        self.gap(gap(current.room, from, Some(head), reason), turn);
        if end.is_none() {
            self.release(current.room, head);
        }
    }

    fn gap(&mut self, gap: Gap, turn: &mut Turn<Done>) {
        turn.say(gap.frame());
        if let Some(resuming) = self.resumes.front_mut() {
            resuming.current = None;
            resuming.answer.gaps.push(gap.room);
        }
    }

    fn replay_page(&mut self, current: Replaying, page: &ReplayPage, turn: &mut Turn<Done>) {
        let Replaying { room, after, .. } = current;
        let end = self.end_of(room);
        let last = say_page(page, after, end, self.seat.subscriber(), turn);
        if end.is_none() && is_ended_by(page, self.means.caller.user) {
            self.forget(room);
            return self.gap(gap(room, last + 1, None, GapReason::NoAccess), turn);
        }
        let whole = match end {
            Some(end) => last >= end,
            None => last >= page.head && self.seat.go_live(room, last) == Standing::Live,
        };
        if whole && end.is_none() {
            self.rooms.insert(room, Hearing::From(last + 1));
        }
        let Some(resuming) = self.resumes.front_mut() else {
            return;
        };
        resuming.rows += last - after;
        resuming.current = (!whole).then_some(Replaying {
            after: last,
            ..current
        });
        // Read while the room is live: no receipt falls between.
        resuming.ending = whole.then_some((room, last));
    }

    /// Whether a room is live again of which that is still to be said.
    pub(super) fn ends_replay(&self) -> bool {
        let resuming = self.resumes.front();
        resuming.is_some_and(|resuming| resuming.ending.is_some())
    }

    pub(super) fn on_receipts(&mut self, receipts: Result<Vec<Receipt>>, turn: &mut Turn<Done>) {
        if let Err(error) = &receipts {
            report(error);
        }
        let Some(resuming) = self.resumes.front_mut() else {
            return;
        };
        if let Some((room, head)) = resuming.ending.take() {
            resuming.answer.resumed.push(room.uuid());
            turn.say(Resumed::frame(room, head, receipts.ok().as_deref()));
        }
    }
}

fn gap(room: RoomId, from: Seq, to: Option<Seq>, reason: GapReason) -> Gap {
    let room = room.uuid();
    Gap {
        room,
        from,
        to,
        reason,
    }
}
