//! What every store promises of [`Bodies`]: bodies move to the archive and back, and nothing is
//! lost, doubled or older than what was acknowledged, whoever else is at work and wherever a mover
//! stops.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod collect;
pub mod due;
pub mod erase;
pub mod holds;
pub mod interleave;
pub mod race;
pub mod restore;
mod talk;
pub mod whole;

use async_trait::async_trait;
use domain::{
    MessageId, Rev,
    ports::{Bodies, History, Holds, Log, Rooms},
};

/// The ports that the suite needs of a store.
pub trait BodyStore: Log + Rooms + History + Bodies + Holds {}

impl<T: Log + Rooms + History + Bodies + Holds> BodyStore for T {}

/// A fresh store, by two handles.
#[async_trait]
pub trait BodiesWorld: Send + Sync {
    /// One process's handle.
    fn first(&self) -> &dyn BodyStore;

    /// Another process's handle on the same store. They share nothing else.
    fn second(&self) -> &dyn BodyStore;

    /// The (rev, place) of every copy of a message that lies in the archive, rising, whether a
    /// key points to it or not. Looks past the port.
    async fn copies(&self, message: MessageId) -> Vec<(Rev, u64)>;

    /// Lets at least a millisecond of store time pass.
    async fn tick(&self);
}

/// Runs the suite of [`Bodies`](domain::ports::Bodies) on the worlds of `open`.
#[macro_export]
macro_rules! bodies_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, bodies;
            whole: [
                a_moved_message_reads_as_before_and_says_archived,
                a_moved_message_keeps_when_it_was_edited,
                a_mover_that_stops_after_any_step_leaves_everything_readable,
                copying_twice_changes_nothing,
                an_older_copy_is_never_written_over,
                what_a_run_moved_is_listed_by_run_and_in_pages,
                unread_counts_archived_messages_too,
                an_archived_message_refuses_an_edit_and_takes_a_deletion,
                an_archived_message_takes_reactions,
                a_deleted_room_leaves_no_copies,
                keys_that_the_room_has_not_are_lost,
                no_keys_give_no_answers,
            ]
            restore: [
                a_restored_message_is_as_it_was,
                the_place_rises_with_every_way,
                a_slept_mover_swings_nothing_after_a_restore,
                a_slept_restorer_brings_nothing_back_twice,
                a_message_may_go_and_come_any_number_of_times,
            ]
            interleave: [
                two_movers,
                two_movers_and_an_editor,
                two_movers_and_a_deletion,
                two_movers_and_an_erasure,
                two_movers_and_a_restorer,
                a_mover_a_restorer_and_a_collector,
                a_mover_an_editor_and_a_hold,
            ]
            race: [
                a_reader_sees_each_message_once_all_the_while,
                edits_and_deletions_beside_a_run_are_kept,
                two_movers_at_full_speed_move_each_message_once,
            ]
            due: [
                the_cutoff_is_exclusive,
                pages_rise_and_end,
                messages_alone_are_due_and_only_while_they_say_something,
                a_dry_run_counts_what_a_run_lists,
                held_ranges_are_counted_apart,
            ]
            holds: [
                nothing_held_is_listed,
                a_hold_that_comes_after_the_listing_stops_the_swing,
                a_hold_that_ran_out_or_was_lifted_holds_nothing,
                a_held_archived_message_stays_readable,
            ]
            erase: [
                an_erasure_at_any_step_of_a_move_leaves_a_tombstone_and_no_copy,
                a_copy_that_a_slept_mover_makes_after_an_erasure_is_collected,
                erasing_again_changes_nothing,
            ]
            collect: [
                nothing_that_a_key_points_to_is_collected,
                a_copy_that_waits_for_its_swing_is_not_collected,
                what_lost_movers_left_is_collected_up_to_the_limit,
            ]
        }
    };
}
