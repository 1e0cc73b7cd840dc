//! What *append* promises in every state, and the situations it must have met.

use stateright::Property;

use super::model::{Append, State};
use super::node::{Answer, Outcome};
use super::store::Kind;

/// What is stored is 1, 2, 3…, without holes and without doubles.
pub const DENSE: &str = "the log is dense";
/// No command is stored twice.
pub const ONCE: &str = "a client_id is stored once";
/// No two edits have the same revision of the same message.
pub const ONE_REV: &str = "a revision is given once";
/// What was acknowledged is stored, under the seq that was said.
pub const ACKED_STORED: &str = "an acknowledged row is in the log";
/// Two acknowledgements of one command say the same seq.
pub const ACK_STANDS: &str = "an acknowledged seq never changes";
/// A conflict is reported only to a command that was not stored itself.
pub const CONFLICT_TRUE: &str = "a conflict is true";

/// Both nodes have rows in the log.
pub const INTERLEAVED: &str = "(met) two writers interleave";
/// A row is stored that nobody waits for and nobody was told of.
pub const ORPHAN_STORED: &str = "(met) a zombie or a dead node's request landed";
/// A zombie is still under way although another attempt stored its row.
pub const ZOMBIE_LATE: &str = "(met) a zombie comes after the repeat";

/// Returns all properties.
pub(super) fn all() -> Vec<Property<Append>> {
    vec![
        Property::always(DENSE, |_, s: &State| dense(s)),
        Property::always(ONCE, |_, s: &State| once(s)),
        Property::always(ONE_REV, |_, s: &State| edits(s) <= 1),
        Property::always(ACKED_STORED, |_, s: &State| {
            acked(s).all(|a| is_stored(s, a))
        }),
        Property::always(ACK_STANDS, |_, s: &State| acks_stand(s)),
        Property::always(CONFLICT_TRUE, |_, s: &State| {
            let lie = Outcome::Conflict {
                own_row_stored: true,
            };
            s.answers.iter().all(|answer| answer.outcome != lie)
        }),
        Property::sometimes(INTERLEAVED, |_, s: &State| {
            (0..2).all(|node| s.log.rows().iter().skip(1).any(|row| row.node == node))
        }),
        Property::sometimes(ORPHAN_STORED, |_, s: &State| orphan_stored(s)),
        Property::sometimes(ZOMBIE_LATE, |_, s: &State| {
            let mut zombies = s.wire.iter().filter(|request| request.waiting.is_none());
            zombies.any(|zombie| s.log.seq_of(zombie.rows[zombie.next].client).is_some())
        }),
    ]
}

fn dense(state: &State) -> bool {
    state
        .log
        .rows()
        .iter()
        .map(|row| row.seq)
        .eq(1..=state.log.rows().len() as u8)
}

fn once(state: &State) -> bool {
    let rows = state.log.rows();
    rows.iter()
        .all(|row| state.log.seq_of(row.client) == Some(row.seq))
}

fn edits(state: &State) -> usize {
    state
        .log
        .rows()
        .iter()
        .filter(|row| row.kind == Kind::Edit)
        .count()
}

fn acked(state: &State) -> impl Iterator<Item = (char, u8)> {
    state.answers.iter().filter_map(|answer| match answer {
        Answer {
            client,
            outcome: Outcome::Stored(seq),
        } => Some((*client, *seq)),
        _ => None,
    })
}

fn is_stored(state: &State, (client, seq): (char, u8)) -> bool {
    state
        .log
        .rows()
        .iter()
        .any(|row| row.client == client && row.seq == seq)
}

/// Answers are a set ordered by client, so two acks of one command are neighbours.
fn acks_stand(state: &State) -> bool {
    let acks: Vec<_> = acked(state).collect();
    acks.windows(2).all(|pair| pair[0].0 != pair[1].0)
}

fn orphan_stored(state: &State) -> bool {
    let known = |client| {
        state.answers.iter().any(|answer| answer.client == client)
            || state
                .nodes
                .iter()
                .any(|node| node.pending.iter().any(|p| p.0 == client))
            || state
                .wire
                .iter()
                .any(|request| request.rows.iter().any(|row| row.client == client))
    };
    state
        .log
        .rows()
        .iter()
        .skip(1)
        .any(|row| !known(row.client))
}
