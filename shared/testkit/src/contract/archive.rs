//! What every store promises of the archive's records: policies, runs, holds and leases.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod holds;
pub mod leases;
pub mod overrides;
pub mod policies;
pub mod run_rooms;
pub mod runs;

use domain::ports::{Holds, Leases, Log, Overrides, Policies, Rooms, RunRooms, Runs};

/// The ports that the suite needs of a store.
pub trait ArchiveStore:
    Policies + Overrides + Runs + RunRooms + Holds + Leases + Rooms + Log
{
}

impl<T> ArchiveStore for T where
    T: Policies + Overrides + Runs + RunRooms + Holds + Leases + Rooms + Log
{
}

/// Runs the suites of [`Policies`](domain::ports::Policies),
/// [`Overrides`](domain::ports::Overrides), [`Runs`](domain::ports::Runs),
/// [`RunRooms`](domain::ports::RunRooms), [`Holds`](domain::ports::Holds) and [`Leases`](domain::ports::Leases) on the worlds of `open`,
/// each a `World<dyn ArchiveStore>`.
#[macro_export]
macro_rules! archive_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, archive;
            policies: [
                a_policy_is_saved_changed_and_removed,
                a_policys_name_is_taken_once,
                of_many_changes_of_one_revision_one_succeeds,
                policies_are_listed_by_name,
                a_slot_is_advanced_from_what_it_was,
                of_many_schedulers_one_advances_a_slot,
            ]
            overrides: [
                a_rooms_rule_is_set_replaced_and_lifted,
                rules_are_paged_by_room_within_a_tenant,
                the_rooms_of_a_policy_are_known,
                the_rule_of_a_deleted_room_goes_with_it,
            ]
            runs: [
                a_run_is_read_back_as_it_was_claimed,
                a_slot_is_claimed_once,
                of_many_schedulers_one_claims_a_slot,
                runs_without_a_slot_are_claimed_once_per_id,
                progress_is_saved_and_the_end_too,
                who_was_relieved_saves_nothing,
                of_many_heirs_one_takes_over,
                a_wish_to_stop_is_not_saved_over,
                only_a_running_run_can_be_stopped_or_taken_over,
                runs_are_listed_newest_first_in_pages,
                the_history_of_one_policy_is_listed_alone,
            ]
            run_rooms: [
                an_outcome_is_stored_and_replaced,
                outcomes_are_paged_by_room,
                runs_have_outcomes_of_their_own,
                who_was_relieved_writes_no_outcome,
                the_heir_writes_over_what_was_there,
            ]
            holds: [
                a_hold_is_placed_once_and_lifted,
                a_hold_lasts_until_its_end,
                holds_are_of_one_room,
            ]
            leases: [
                a_lease_is_taken_prolonged_and_given_back,
                another_has_to_wait,
                a_lease_ends_in_store_time,
                only_the_holder_gives_it_back,
                of_many_one_gets_it,
                names_are_apart,
            ]
        }
    };
}
