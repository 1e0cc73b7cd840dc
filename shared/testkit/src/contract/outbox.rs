//! What every store promises of [`Outbox`] and [`Inbox`]: what must still be told, and to whom.

pub mod inbox;
pub mod kept;
pub mod marks;

use domain::ports::{Inbox, Log, Outbox, Rooms};

use super::World;

/// The ports that the suite needs of a store.
pub trait OutboxStore: Log + Rooms + Outbox + Inbox {}

impl<T: Log + Rooms + Outbox + Inbox> OutboxStore for T {}

/// A fresh store with an outbox.
pub type OutboxWorld = World<dyn OutboxStore>;

/// Runs the suite of [`Outbox`](domain::ports::Outbox) and [`Inbox`](domain::ports::Inbox) on the
/// worlds of `open`, which returns an [`OutboxWorld`].
#[macro_export]
macro_rules! outbox_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, outbox;
            marks: [
                every_stored_row_is_marked,
                a_cleared_mark_is_gone,
                clearing_again_changes_nothing,
                only_rows_from_before_are_listed,
                the_oldest_come_first_up_to_the_limit,
                rows_are_listed_when_the_clock_goes_back,
            ]
            inbox: [
                others_messages_come_oldest_first,
                ones_own_and_what_is_gone_are_left_out,
                pages_go_on_after_the_last,
            ]
            kept: [
                nothing_is_kept_of_a_deleted_room,
                what_is_kept_comes_once_and_by_position,
                what_is_settled_stays_settled,
                a_message_is_never_kept,
                what_is_old_is_forgotten_in_slices,
            ]
        }
    };
}
