//! The steps of *append*, and what each does to the world.

use std::collections::BTreeSet;

use stateright::{Model, Property};

use super::node::{Answer, Doubt, Node};
use super::store::{Index, Kind, Log, Request};
use super::{Rule, properties};

/// A case of *append*: who sends what, and how much may go wrong.
#[derive(Clone, Debug)]
pub struct Append {
    /// The rule that is left out, if any.
    pub without: Option<Rule>,
    /// The commands of all clients.
    pub commands: Vec<Command>,
    /// How many requests may time out.
    pub time_outs: u8,
    /// How many times a node may crash.
    pub crashes: u8,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its `client_id`.
    pub client: char,
    /// Message or edit.
    pub kind: Kind,
    /// How often it may be sent: once, and then as a repeat.
    pub sends: u8,
}

/// Everything there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// What the store holds.
    pub log: Log,
    /// The two writers.
    pub nodes: [Node; 2],
    /// Requests on their way, zombies too; kept sorted, since their order means nothing.
    pub wire: Vec<Request>,
    /// All that clients were ever told.
    pub answers: BTreeSet<Answer>,
    /// How often each command may still be sent.
    pub sends_left: Vec<u8>,
    /// How many requests may still time out.
    pub time_outs_left: u8,
    /// How many times a node may still crash.
    pub crashes_left: u8,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A client sends the command with this index to a node.
    Submit(usize, usize),
    /// A node reads the highest seq.
    ReadLast(usize),
    /// A node writes what waits.
    Send(usize),
    /// The next row of this request meets the store; if indexes refuse it, the
    /// error names this one.
    Land(usize, Option<Index>),
    /// A node looks the refused row's `client_id` up.
    LookUp(usize),
    /// A node looks all pending `client_id`s up.
    LookUpPending(usize),
    /// A node gives up waiting; its request stays under way.
    TimeOut(usize),
    /// A node dies and begins anew with nothing.
    Crash(usize),
}

impl Append {
    fn landings(&self, state: &State, actions: &mut Vec<Action>) {
        for (at, request) in state.wire.iter().enumerate() {
            let refusing = state
                .log
                .refusing(&request.rows[request.next], self.without);
            if refusing.is_empty() {
                actions.push(Action::Land(at, None));
            }
            actions.extend(
                refusing
                    .into_iter()
                    .map(|index| Action::Land(at, Some(index))),
            );
        }
    }

    fn of_node(&self, state: &State, me: usize, actions: &mut Vec<Action>) {
        let node = &state.nodes[me];
        if node.last.is_none() && node.sent == 0 && !node.pending.is_empty() {
            actions.push(Action::ReadLast(me));
        }
        if node.may_send(self.without) {
            actions.push(Action::Send(me));
        }
        match node.doubt {
            Doubt::Refused(..) => actions.push(Action::LookUp(me)),
            Doubt::Pending if node.last.is_some() => actions.push(Action::LookUpPending(me)),
            _ => {}
        }
        if node.sent > 0 && state.time_outs_left > 0 {
            actions.push(Action::TimeOut(me));
        }
        if state.crashes_left > 0 && *node != Node::default() {
            actions.push(Action::Crash(me));
        }
    }

    fn land(&self, state: &mut State, at: usize, refused: Option<Index>) {
        let ordered = self.without != Some(Rule::OrderedInsert);
        let over = state.wire[at].land(&mut state.log, refused, ordered);
        if !over {
            return;
        }
        let request = state.wire.remove(at);
        if let Some(node) = request.waiting {
            state
                .answers
                .extend(state.nodes[node].receive(&request, self.without));
        }
    }
}

/// From now on nobody waits for what this node has in flight.
fn abandon(state: &mut State, node: usize) {
    for request in state.wire.iter_mut().filter(|r| r.waiting == Some(node)) {
        request.waiting = None;
    }
}

impl Model for Append {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            log: Log::new(),
            nodes: Default::default(),
            wire: Vec::new(),
            answers: BTreeSet::new(),
            sends_left: self.commands.iter().map(|command| command.sends).collect(),
            time_outs_left: self.time_outs,
            crashes_left: self.crashes,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (command, _) in state
            .sends_left
            .iter()
            .enumerate()
            .filter(|(_, left)| **left > 0)
        {
            actions.extend((0..2).map(|node| Action::Submit(command, node)));
        }
        self.landings(state, actions);
        (0..2).for_each(|node| self.of_node(state, node, actions));
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Submit(command, node) => {
                state.sends_left[command] -= 1;
                let Command { client, kind, .. } = self.commands[command];
                state.nodes[node].pending.push((client, kind));
            }
            Action::ReadLast(node) => state.nodes[node].last = Some(state.log.last()),
            Action::Send(node) => {
                let request = state.nodes[node].send(node);
                state.wire.push(request);
            }
            Action::Land(at, refused) => self.land(&mut state, at, refused),
            Action::LookUp(node) => {
                let answer = state.nodes[node].look_up(&state.log, self.without);
                state.answers.extend(answer);
            }
            Action::LookUpPending(node) => {
                let answers = state.nodes[node].look_up_pending(&state.log);
                state.answers.extend(answers);
            }
            Action::TimeOut(node) => {
                state.time_outs_left -= 1;
                state.nodes[node].time_out(self.without);
                abandon(&mut state, node);
            }
            Action::Crash(node) => {
                state.crashes_left -= 1;
                state.nodes[node] = Node::default();
                abandon(&mut state, node);
            }
        }
        state.wire.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
