//! From a position in a room's log to its live end.

use domain::{Seq, command::ReplayPage};

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
        if let Some(text) = subscriber.dialect.encode(scene) {
            turn.say(text);
        }
    }
    last.max(page.through.min(end))
}
