//! What every store promises of [`History`]: the messages of a room, by cursor.

pub mod numbered;
pub mod page;
pub mod reactions;
pub mod unread;

use super::log::LogWorld;

/// A fresh store with a log and its history.
pub type HistoryWorld = LogWorld;

/// Runs the suite of [`History`](domain::ports::History) on the worlds of `open`, which returns a
/// [`HistoryWorld`].
#[macro_export]
macro_rules! history_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, history;
            page: [
                an_empty_room_has_an_empty_page,
                the_newest_come_last,
                before_a_row_come_the_newest_before_it,
                after_a_row_come_the_oldest_after_it,
                around_a_row_come_half_before_and_half_after,
                paging_back_and_forth_misses_and_doubles_nothing,
                only_messages_are_in_it_but_the_head_is_the_logs,
                tombstones_and_edits_are_in_it,
                a_message_is_found_in_its_own_room_only,
                the_room_of_a_message_is_found_by_its_id,
            ]
            numbered: [
                messages_are_counted_and_found_by_their_place,
                there_is_nothing_beyond_the_last,
            ]
            reactions: [
                reactions_come_by_message_and_then_by_time,
                the_first_people_are_named,
                a_reaction_tells_when_it_was_set,
                what_is_gone_has_no_reactions,
            ]
            unread: [
                others_messages_after_the_mark_count,
                what_is_deleted_does_not_count,
                rows_that_are_no_messages_do_not_count,
                counting_stops_at_the_cap,
            ]
        }
    };
}
