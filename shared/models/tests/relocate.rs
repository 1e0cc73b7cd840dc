//! The whole space of *relocate* is clean, and every rule of it is needed.

use models::relocate::{Change, Relocate, Rule, properties};
use models::{Verdict, explore};

/// Everybody once: two movers, two editors, an eraser, a restorer, a collector; a
/// copy may go wrong.
fn everybody(without: Option<Rule>) -> Relocate {
    Relocate {
        without,
        moves: [1, 1],
        changes: vec![Change::Edit, Change::Edit, Change::Erase],
        restores: vec![1],
        collections: 1,
        damages: 1,
    }
}

fn assert_breaks(without: Rule, property: &str) {
    let verdict = explore(everybody(Some(without)));
    println!(
        "without {without:?}, after {} states: {:?}\n{}",
        verdict.states, verdict.broken, verdict.steps
    );
    assert!(
        verdict.broken.contains(property),
        "without {without:?} only {:?} broke",
        verdict.broken
    );
}

/// Back and forth: bodies move more often, two restorers compete
/// and the collector works.
fn back_and_forth() -> Relocate {
    Relocate {
        moves: [2, 1],
        changes: vec![Change::Edit, Change::Erase],
        restores: vec![1, 1],
        collections: 1,
        damages: 0,
        ..everybody(None)
    }
}

fn assert_clean(model: Relocate) {
    let Verdict {
        states,
        broken,
        unreached,
        steps,
    } = explore(model);
    println!("{states} states");
    assert!(broken.is_empty(), "broken\n{steps}");
    assert!(unreached.is_empty(), "never met: {unreached:?}");
}

#[test]
fn everybody_at_once_keeps_the_body() {
    assert_clean(everybody(None));
}

#[test]
fn moving_back_and_forth_keeps_the_body() {
    assert_clean(back_and_forth());
}

#[test]
fn copies_keyed_without_place_are_collected_while_in_use() {
    assert_breaks(Rule::PlaceInCopyKey, properties::COPY_THERE);
}

#[test]
fn a_collector_of_all_that_no_key_points_to_takes_the_newest() {
    assert_breaks(Rule::CollectBelowKey, properties::COPY_THERE);
}

#[test]
fn a_mover_that_swings_blindly_loses_an_edit() {
    assert_breaks(Rule::MoverComparesAndSets, properties::NEWEST);
}

#[test]
fn a_restorer_that_swings_blindly_brings_an_erased_body_back() {
    assert_breaks(Rule::RestorerComparesAndSets, properties::ONE_BODY);
}

#[test]
fn a_writer_that_applies_blindly_leaves_two_bodies() {
    assert_breaks(Rule::WriterComparesAndSets, properties::ONE_BODY);
}

#[test]
fn a_restore_at_the_same_place_misleads_an_edit_under_way() {
    assert_breaks(Rule::RestoreRaisesPlace, properties::NEWEST);
}

#[test]
fn a_body_unset_before_the_copy_was_compared_is_lost() {
    assert_breaks(Rule::VerifyBeforeUnset, properties::NEWEST);
}
