//! The whole space of *append* is clean, and every rule of it is needed.

use models::append::{Append, Command, Kind, Rule, properties};
use models::{Verdict, explore};

fn command(client: char, kind: Kind, sends: u8) -> Command {
    Command {
        client,
        kind,
        sends,
    }
}

/// Two messages, each sent up to twice, to either node; a request times out and
/// a node crashes.
fn messages(without: Option<Rule>) -> Append {
    let commands = vec![
        command('a', Kind::Message, 2),
        command('b', Kind::Message, 2),
    ];
    Append {
        without,
        commands,
        time_outs: 1,
        crashes: 1,
    }
}

/// Fewer sends and more time-outs, so that two zombies of one row are about.
fn zombies() -> Append {
    let commands = vec![
        command('a', Kind::Message, 2),
        command('b', Kind::Message, 1),
    ];
    Append {
        without: None,
        commands,
        time_outs: 2,
        crashes: 1,
    }
}

/// Two edits that claim the same revision, one of them sent twice, and a
/// message among them.
fn edits(without: Option<Rule>) -> Append {
    let edits = [command('e', Kind::Edit, 2), command('f', Kind::Edit, 1)];
    let message = command('a', Kind::Message, 1);
    let commands = edits.into_iter().chain([message]).collect();
    Append {
        without,
        commands,
        time_outs: 1,
        crashes: 1,
    }
}

fn assert_clean(verdict: Verdict) {
    let Verdict {
        states,
        broken,
        unreached,
        steps,
    } = verdict;
    println!("{states} states");
    assert!(broken.is_empty(), "broken\n{steps}");
    assert!(unreached.is_empty(), "never met: {unreached:?}");
}

fn assert_breaks(model: Append, property: &str) {
    let rule = model.without;
    let verdict = explore(model);
    println!(
        "without {rule:?}, after {} states: {:?}\n{}",
        verdict.states, verdict.broken, verdict.steps
    );
    assert!(
        verdict.broken.contains(property),
        "without {rule:?} only {:?} broke",
        verdict.broken
    );
}

#[test]
fn two_writers_of_messages_keep_every_promise() {
    assert_clean(explore(messages(None)));
}
#[test]
fn two_writers_and_several_zombies_keep_every_promise() {
    assert_clean(explore(zombies()));
}

#[test]
fn two_writers_of_edits_keep_every_promise() {
    assert_clean(explore(edits(None)));
}

#[test]
fn unordered_inserts_leave_a_hole() {
    assert_breaks(messages(Some(Rule::OrderedInsert)), properties::DENSE);
}

#[test]
fn two_requests_in_flight_leave_a_hole() {
    assert_breaks(messages(Some(Rule::OneInFlight)), properties::DENSE);
}

#[test]
fn without_unique_seqs_two_rows_share_a_number() {
    assert_breaks(messages(Some(Rule::UniqueSeq)), properties::DENSE);
}

#[test]
fn without_unique_client_ids_a_repeat_is_stored_again() {
    assert_breaks(messages(Some(Rule::UniqueClientId)), properties::ONCE);
}

#[test]
fn without_unique_revisions_an_edit_is_lost() {
    assert_breaks(edits(Some(Rule::UniqueRev)), properties::ONE_REV);
}

#[test]
fn a_conflict_without_a_look_up_accuses_the_row_itself() {
    assert_breaks(
        edits(Some(Rule::LookUpBeforeConflict)),
        properties::CONFLICT_TRUE,
    );
}

#[test]
fn a_repeat_that_is_not_looked_up_gets_a_wrong_seq() {
    assert_breaks(
        messages(Some(Rule::LookUpOriginal)),
        properties::ACKED_STORED,
    );
}

#[test]
fn believing_the_servers_count_acknowledges_what_is_not_stored() {
    assert_breaks(
        messages(Some(Rule::CountFromErrorIndex)),
        properties::ACKED_STORED,
    );
}

#[test]
fn keeping_the_numbers_of_a_thinned_batch_leaves_a_hole() {
    assert_breaks(messages(Some(Rule::NumberAnew)), properties::DENSE);
}

#[test]
fn trusting_a_request_that_timed_out_leaves_a_hole() {
    assert_breaks(
        messages(Some(Rule::ReadLastAfterTimeOut)),
        properties::DENSE,
    );
}
