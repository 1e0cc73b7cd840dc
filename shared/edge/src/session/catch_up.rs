//! From a position in a room's log to its live end.

use domain::{Change, MemberChange, Row, Scene, Seq, UserId, command::ReplayPage};

use super::turn::Turn;
use crate::hub::Subscriber;

/// Says the rows of a page, up to `end` if there is one, and tells the last row that was read.
pub(super) fn say_page<D>(
    page: &ReplayPage,
    after: Seq,
    end: Option<Seq>,
    subscriber: &Subscriber,
    turn: &mut Turn<D>,
) -> Seq {
    let end = end.unwrap_or(Seq::MAX);
    let mut last = after;
    for scene in &page.scenes {
        let seq = scene.row().map(|row| row.seq);
        let Some(seq) = seq.filter(|seq| *seq > last && *seq <= end) else {
            continue;
        };
        last = seq;
        if let Some(text) = subscriber.word(scene) {
            turn.say(text);
        }
    }
    last.max(page.through.min(end))
}

/// Whether `user` hears no more of the room after the page: it tells that they went, and not that
/// they came back, or that the room was deleted.
pub(super) fn is_ended_by(page: &ReplayPage, user: UserId) -> bool {
    let ends = |row: &Row| match &row.change {
        Change::Member(member) if member.user == user => match member.change {
            MemberChange::Joined => Some(false),
            MemberChange::Left | MemberChange::Removed => Some(true),
            MemberChange::RoleChanged => None,
        },
        _ => row.is_last().then_some(true),
    };
    let mut rows = page.scenes.iter().rev().filter_map(Scene::row);
    rows.find_map(ends).unwrap_or(false)
}
