//! What every store promises of [`Log`]: each row once, in order, dense, whoever else writes.

pub mod append;
pub mod changes;
pub mod deleted;
pub mod init;
pub mod members;
pub mod old;
pub mod order;
pub mod owners;
pub mod race;
pub mod reactions;
pub mod reading;
pub mod repeats;
pub mod roles;
pub mod rooms;
pub mod since;

use domain::ports::{History, Log, Members, Outbox, Rooms};

use super::World;

/// The ports that the suite needs of a store.
pub trait LogStore: Log + Rooms + Members + History + Outbox {}

impl<T: Log + Rooms + Members + History + Outbox> LogStore for T {}

/// A fresh store with a log.
pub type LogWorld = World<dyn LogStore>;

/// Runs the suite of [`Log`](domain::ports::Log) on the worlds of `open`, which returns a
/// [`LogWorld`].
#[macro_export]
macro_rules! log_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, log;
            append: [
                seqs_are_dense_from_one,
                rows_keep_the_order_given,
                an_empty_batch_gives_an_empty_answer,
                an_unknown_room_is_not_found,
                every_field_of_a_message_returns,
                every_kind_of_row_returns,
                every_kind_of_content_returns,
                a_full_batch_is_stored_whole,
            ]
            repeats: [
                a_repeat_in_the_same_batch_is_the_original,
                a_repeat_later_is_the_original,
                a_repeat_in_mid_batch_lets_the_rest_through,
                repeats_from_two_nodes_at_once_store_one_row,
                other_content_is_a_mismatch,
                a_repeat_shows_the_message_as_it_is_now,
                other_senders_and_rooms_have_client_ids_of_their_own,
                a_repeated_edit_is_no_conflict,
                a_repeated_join_is_no_conflict,
                what_was_sent_under_a_client_id_is_found,
                a_repeated_edit_of_what_is_gone_is_the_original,
            ]
            changes: [
                an_edit_raises_the_revision,
                edits_of_one_batch_follow_each_other,
                a_stale_edit_conflicts,
                a_deletion_leaves_a_tombstone,
                a_stale_deletion_conflicts,
                what_is_deleted_can_neither_be_edited_nor_deleted,
                what_the_room_has_not_cannot_be_changed,
                a_refused_row_lets_the_rest_through,
            ]
            members: [
                who_joins_is_a_member_from_that_row_on,
                who_leaves_stays_known,
                who_comes_back_goes_on_at_the_next_revision,
                who_is_gone_does_nothing_more,
                what_waits_behind_a_removal_is_not_stored,
                a_stale_decision_conflicts,
                one_batch_may_bring_and_send_away,
                the_removed_are_told_from_those_who_left,
                who_shares_a_room_is_found,
            ]
            reactions: [
                a_reaction_is_set_and_taken_back,
                what_is_so_already_writes_no_row,
                a_repeated_reaction_is_the_original,
                reactions_of_one_batch_follow_each_other,
                only_what_says_something_is_reacted_to,
                a_message_takes_so_many_different_emoji,
                the_last_row_says_what_is_set,
            ]
            roles: [
                a_role_changes_and_nothing_else,
                a_stale_change_of_a_role_conflicts,
                a_role_lets_nobody_in,
            ]
            owners: [
                the_last_owner_stays_with_others,
                who_is_alone_may_go,
                one_batch_leaves_an_owner,
                nobody_comes_into_a_deserted_room_without_owning_it,
                of_two_last_owners_who_go_at_once_one_stays,
                of_a_last_owner_who_goes_and_one_who_comes_one_owns_the_room,
            ]
            rooms: [
                a_channel_is_renamed,
                a_taken_name_is_refused,
                other_kinds_and_tenants_have_names_of_their_own,
                a_room_becomes_read_only_and_back,
                a_room_changes_whole_or_not_at_all,
                a_stale_change_of_a_room_conflicts,
                changes_of_one_batch_follow_each_other_in_a_room,
                a_repeated_rename_is_the_original,
                of_simultaneous_renames_one_wins,
                of_simultaneous_renames_to_one_name_one_wins,
            ]
            deleted: [
                nothing_follows_a_deletion,
                a_deleted_room_is_shown_nowhere,
                the_id_of_a_deleted_room_stays_taken,
                nobody_is_in_a_deleted_room,
                a_deletion_under_load_is_the_last_row,
                deleted_rooms_are_cleared_up,
            ]
            init: [
                first_rows_come_before_the_first,
                first_rows_are_appended_once_though_two_nodes_begin,
                appending_the_first_rows_oneself_repeats_them,
                many_first_rows_come_in_their_order,
            ]
            old: [
                old_changes_go_and_what_they_changed_stays,
                what_is_not_old_stays,
                what_is_marked_stays,
                the_newest_row_stays_and_the_log_goes_on,
                a_deleted_room_stays_closed,
                a_message_is_known_for_ever_and_a_change_while_its_row_is,
                who_comes_back_later_goes_on_at_the_next_revision,
                first_rows_that_went_are_not_appended_anew,
                names_stay_given_and_freed,
                what_is_passed_over_is_looked_at_once,
                two_nodes_may_drop_while_others_write,
            ]
            order: [
                time_never_falls,
                changes_raise_the_generation,
            ]
            race: [
                two_nodes_in_one_room_stay_dense,
                many_rooms_at_once_stay_dense,
                of_edits_that_name_a_revision_one_wins,
                edits_that_name_none_all_come_to_pass,
                of_simultaneous_joins_one_wins,
            ]
            reading: [
                heads_come_in_the_order_asked,
                rows_come_in_pages_without_a_hole,
                rows_show_their_message_as_it_is_now,
                what_one_node_stored_the_other_reads,
            ]
            since: [
                rooms_with_rows_since_a_moment_are_found,
                rooms_since_a_moment_come_in_pages,
                what_is_found_since_a_moment_is_applied,
            ]
        }
    };
}
