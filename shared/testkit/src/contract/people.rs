//! What every store promises of accounts, tokens, rooms and members.

pub mod families;
pub mod members;
pub mod numbers;
pub mod profiles;
pub mod rooms;
pub mod sightings;
pub mod tokens;
pub mod users;

use domain::ports::{Families, Log, Members, Numbers, Profiles, Rooms, Sightings, Tokens, Users};

use super::World;

/// The ports that the suite needs of a store.
pub trait PeopleStore:
    Users + Profiles + Tokens + Families + Rooms + Members + Sightings + Numbers + Log
{
}

impl<T> PeopleStore for T where
    T: Users + Profiles + Tokens + Families + Rooms + Members + Sightings + Numbers + Log
{
}

/// A fresh store with people.
pub type PeopleWorld = World<dyn PeopleStore>;

/// Runs the suites of [`Users`](domain::ports::Users), [`Profiles`](domain::ports::Profiles),
/// [`Tokens`](domain::ports::Tokens), [`Families`](domain::ports::Families),
/// [`Rooms`](domain::ports::Rooms), [`Members`](domain::ports::Members),
/// [`Numbers`](domain::ports::Numbers) and
/// [`Sightings`](domain::ports::Sightings) on the worlds of `open`, which returns a
/// [`PeopleWorld`].
#[macro_export]
macro_rules! people_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, people;
            users: [
                every_field_of_a_user_returns,
                repeating_a_creation_answers_with_the_account,
                names_are_compared_as_written_in_nfc,
                addresses_are_compared_in_lower_case,
                what_is_taken_is_named,
                tenants_do_not_see_each_other,
                addresses_are_of_one_tenant,
                people_are_listed_from_the_newest,
                of_simultaneous_creations_one_wins,
            ]
            profiles: [
                passwords_and_rights_change,
                a_password_is_replaced_only_where_it_was_known,
                a_profile_changes_as_a_whole,
                names_are_said_and_taken_back,
                what_another_has_cannot_be_taken,
                of_simultaneous_changes_one_wins,
                there_is_an_administrator_or_none,
                who_is_deleted_leaves_an_id_and_an_alias,
                who_was_deleted_stays_as_they_are,
            ]
            tokens: [
                an_ended_token_stays_ended,
                expired_tokens_are_forgotten,
                ended_tokens_are_found_among_many,
                of_all_who_spend_a_token_one_may_go_on,
            ]
            families: [
                every_field_of_a_family_returns,
                beginning_a_family_twice_changes_nothing,
                of_simultaneous_renewals_one_wins,
                families_are_listed_while_they_live,
                an_ended_family_stays_ended,
                families_that_nobody_ended_are_found_among_many,
                all_families_of_a_user_end_but_one,
                families_that_ended_are_forgotten,
            ]
            rooms: [
                every_field_of_a_room_returns,
                repeating_a_creation_answers_with_the_room,
                a_channels_name_is_taken_once_per_tenant,
                groups_and_direct_rooms_need_no_name,
                of_simultaneous_creations_of_a_room_one_wins,
                channels_are_listed_in_pages_by_id,
            ]
            members: [
                active_members_are_listed_in_pages_by_user,
                active_memberships_are_listed_in_pages_by_room,
                marks_only_rise,
                marks_survive_leaving,
                a_rule_is_kept_through_leaving_and_marks,
                a_mark_of_nobody_changes_nothing,
            ]
            sightings: [
                who_was_never_seen_has_no_moment,
                the_latest_moment_counts,
                many_are_noted_at_once,
            ]
            numbers: [
                things_are_numbered_kind_by_kind,
                a_number_leads_to_its_thing,
                of_simultaneous_askers_all_hear_the_same,
            ]
        }
    };
}
