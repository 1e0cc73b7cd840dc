//! Runs the checker over a model and says in plain words what it found.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

/// What the checker found in a model.
#[derive(Debug)]
pub struct Verdict {
    /// How many different states were visited.
    pub states: usize,
    /// Names of the properties for which a counterexample exists. The search
    /// ends at the first one, so this is rarely more than one name.
    pub broken: BTreeSet<&'static str>,
    /// Names of the situations that the model promises to reach and never did:
    /// a clean verdict with an entry here would be an empty one.
    pub unreached: BTreeSet<&'static str>,
    /// A way to each of the broken properties, one step a line; empty without a fault.
    pub steps: String,
}

/// Walks through every reachable state of `model`, nearest first, and stops
/// early only at a fault. One thread, so that the fault is the same each time.
pub fn explore<M>(model: M) -> Verdict
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let checker = model
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let found = checker.discoveries();
    let named = |expectation: Expectation, discovered: bool| {
        checker
            .model()
            .properties()
            .iter()
            .filter(|p| p.expectation == expectation && found.contains_key(p.name) == discovered)
            .map(|p| p.name)
            .collect::<BTreeSet<_>>()
    };
    let broken = named(Expectation::Always, true);
    let steps = broken
        .iter()
        .filter_map(|name| Some((name, found.get(name)?.clone().into_actions())))
        .map(|(name, actions)| format!("  against \"{name}\":\n{}", lines(&actions)))
        .collect();
    Verdict {
        states: checker.unique_state_count(),
        unreached: named(Expectation::Sometimes, false),
        broken,
        steps,
    }
}

fn lines(actions: &[impl Debug]) -> String {
    actions
        .iter()
        .map(|action| format!("    {action:?}\n"))
        .collect()
}
