//! The steps of *relocate*: whose turn it is.

use stateright::{Model, Property};

use super::actors::{Collector, Mover, Restorer, Writer};
use super::message::{Change, CopyId, Message};
use super::{Rule, properties};

/// A case of *relocate*: who acts, and how often.
#[derive(Clone, Debug)]
pub struct Relocate {
    /// The rule that is left out, if any.
    pub without: Option<Rule>,
    /// How many times each mover may begin.
    pub moves: [u8; 2],
    /// The changes that are asked for, each by its own writer.
    pub changes: Vec<Change>,
    /// How many times each restorer may begin.
    pub restores: Vec<u8>,
    /// How many times the collector may begin.
    pub collections: u8,
    /// How many copies may be written wrongly.
    pub damages: u8,
}

/// Everything there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// What the store holds.
    pub message: Message,
    /// The movers.
    pub movers: [Mover; 2],
    /// Editors and erasers.
    pub writers: Vec<Writer>,
    /// The restorers.
    pub restorers: Vec<Restorer>,
    /// The collector.
    pub collector: Collector,
    /// The newest revision that was acknowledged.
    pub acked: u8,
    /// How many copies may still be written wrongly.
    pub damages_left: u8,
}

/// A step: whose, where that leaves a choice.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A mover goes on.
    Move(usize),
    /// A mover inserts a copy and it goes wrong.
    MoveDamaged(usize),
    /// A writer goes on.
    Write(usize),
    /// A restorer goes on.
    Restore(usize),
    /// The collector reads the key.
    Look,
    /// The collector deletes this copy.
    Collect(CopyId),
}

impl Relocate {
    fn go_on(&self, state: &mut State, action: Action) -> Option<()> {
        let (message, without) = (&mut state.message, self.without);
        match action {
            Action::Move(m) => state.movers[m] = state.movers[m].step(message, false, without)?,
            Action::MoveDamaged(m) => {
                state.damages_left -= 1;
                state.movers[m] = state.movers[m].step(message, true, without)?;
            }
            Action::Write(w) => {
                let (writer, acked) = state.writers[w].step(message, without)?;
                state.writers[w] = writer;
                state.acked = state.acked.max(acked.unwrap_or(0));
            }
            Action::Restore(r) => state.restorers[r] = state.restorers[r].step(message, without)?,
            Action::Look => state.collector = state.collector.read(message)?,
            Action::Collect(id) => state.collector = state.collector.take(message, id)?,
        }
        Some(())
    }
}

impl Model for Relocate {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            message: Message::new(),
            movers: self.moves.map(Mover::Idle),
            writers: self.changes.iter().copied().map(Writer::Idle).collect(),
            restorers: self.restores.iter().copied().map(Restorer::Idle).collect(),
            collector: Collector::Idle(self.collections),
            acked: 1,
            damages_left: self.damages,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend((0..state.movers.len()).map(Action::Move));
        actions.extend((0..state.writers.len()).map(Action::Write));
        actions.extend((0..state.restorers.len()).map(Action::Restore));
        if state.damages_left > 0 {
            let inserting = |m: &usize| matches!(state.movers[*m], Mover::Read(..));
            actions.extend(
                (0..state.movers.len())
                    .filter(inserting)
                    .map(Action::MoveDamaged),
            );
        }
        match &state.collector {
            Collector::Idle(_) => actions.push(Action::Look),
            Collector::Read(_, seen) => {
                let garbage = state.message.garbage(seen, self.without);
                actions.extend(garbage.into_iter().map(Action::Collect));
            }
        }
    }

    /// A step that an actor cannot take now is no step.
    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        self.go_on(&mut state, action).map(|()| state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
