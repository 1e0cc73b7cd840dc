//! What a run found otherwise than its plan said, and why.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    RoomId, Timestamp,
    archive::{RoomCount, RuledBy},
};

/// Why a room was not as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Messages were put under a hold since.
    HeldSince,
    /// A hold ended since.
    ReleasedSince,
    /// Messages were deleted, or moved by another run.
    GoneSince,
    /// More messages are due, brought back by a restore.
    BackSince,
    /// Messages were edited.
    EditedSince,
    /// Another rule decides about the room since: its own, or the policy's again.
    RuleChanged,
    /// The run has not moved all that it found: changed under its hands, cancelled or failed.
    NotMoved,
}

/// One room that was not as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The room.
    pub room: RoomId,
    /// Its name, if it had one.
    pub name: Option<String>,
    /// Messages that were due by the plan.
    pub planned: u64,
    /// Messages that were due when the run came by.
    pub found: u64,
    /// Messages that were moved.
    pub moved: u64,
    /// Why, as far as the counts tell.
    pub reasons: Vec<Reason>,
}

/// Compares what a run that is over found with what its plan did: the rooms in which something
/// differs, by id.
#[must_use]
pub fn between(plan: &[&RoomCount], run: &[&RoomCount]) -> Vec<Difference> {
    let (planned, found) = (by_room(plan), by_room(run));
    let rooms: BTreeSet<RoomId> = planned.keys().chain(found.keys()).copied().collect();
    rooms
        .into_iter()
        .filter_map(|room| compare(planned.get(&room).copied(), found.get(&room).copied()))
        .collect()
}

fn by_room<'a>(counts: &[&'a RoomCount]) -> BTreeMap<RoomId, &'a RoomCount> {
    counts.iter().map(|count| (count.room, *count)).collect()
}

fn compare(plan: Option<&RoomCount>, run: Option<&RoomCount>) -> Option<Difference> {
    let either = run.or(plan)?;
    let of = |count: Option<&RoomCount>, field: fn(&RoomCount) -> u64| count.map_or(0, field);
    let (planned, found) = (of(plan, |c| c.due), of(run, |c| c.due));
    let (held_then, held_now) = (of(plan, |c| c.held), of(run, |c| c.held));
    let moved = of(run, |c| c.moved);
    let ruled = plan
        .zip(run)
        .is_some_and(|(plan, run)| own(plan) != own(run));
    let in_all = (planned + held_then, found + held_now);
    let edited = planned == found && of(plan, |c| c.revs) != of(run, |c| c.revs);
    let reasons = [
        (ruled, Reason::RuleChanged),
        (!ruled && held_now > held_then, Reason::HeldSince),
        (
            !ruled && held_now < held_then && found > planned,
            Reason::ReleasedSince,
        ),
        (!ruled && in_all.1 < in_all.0, Reason::GoneSince),
        (!ruled && in_all.1 > in_all.0, Reason::BackSince),
        (edited, Reason::EditedSince),
        (moved < found, Reason::NotMoved),
    ];
    let reasons: Vec<Reason> = reasons
        .into_iter()
        .filter_map(|(holds, reason)| holds.then_some(reason))
        .collect();
    (!reasons.is_empty()).then(|| Difference {
        room: either.room,
        name: either.name.clone(),
        planned,
        found,
        moved,
        reasons,
    })
}

/// What a room had of its own. That all of it is held is none of its own.
fn own(count: &RoomCount) -> (bool, Option<Timestamp>) {
    (count.rule == RuledBy::Exempt, count.cutoff)
}
