//! What is promised of the ports that are fast and forgetful, and of the clock.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod budgets;
pub mod bus;
pub mod cache;
pub mod clock;
pub mod presence;

use std::{sync::Arc, time::Duration};

use domain::{
    Visit,
    ports::{Budgets, Bus, Cache, Presences},
};

/// A fresh cache.
pub trait CacheWorld: Send + Sync {
    /// The cache as servers use it.
    fn cache(&self) -> &dyn Cache;

    /// A cache that keeps a block for a fraction of a second instead of ten minutes.
    fn brief(&self) -> &dyn Cache;
}

/// Nobody is there yet.
pub trait PresenceWorld: Send + Sync {
    /// The port as servers use it.
    fn presences(&self) -> Arc<dyn Presences>;

    /// The same with entries that run out after this fraction of a second.
    fn fleeting(&self) -> (Arc<dyn Presences>, Duration);

    /// The same as [`PresenceWorld::fleeting`], of who has a conversation open.
    fn visitors(&self) -> (Arc<dyn Presences<Visit>>, Duration);
}

/// Budgets that nobody else spends.
pub trait BudgetWorld: Send + Sync {
    /// The port.
    fn budgets(&self) -> Arc<dyn Budgets>;
}

/// A fresh bus.
pub trait BusWorld: Send + Sync {
    /// The bus.
    fn bus(&self) -> Arc<dyn Bus>;

    /// A bus whose subscribers lose something when they do not read this many events.
    fn tight(&self) -> (Arc<dyn Bus>, usize);
}

/// Runs the suite of [`Cache`](domain::ports::Cache) on the worlds of `open`.
#[macro_export]
macro_rules! cache_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, live;
            cache: [
                what_was_not_kept_is_a_miss,
                a_fill_is_kept_and_replaced,
                rows_are_added_behind_the_block,
                a_generation_is_not_begun_by_adding,
                rooms_and_generations_are_apart,
                a_block_goes_after_its_time_though_rows_come,
                a_block_does_not_grow_without_end,
                many_writers_lose_no_row,
            ]
        }
    };
}

/// Runs the suite of [`Presences`](domain::ports::Presences) on the worlds of `open`.
#[macro_export]
macro_rules! presence_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, live;
            presence: [
                who_never_came_is_offline,
                who_came_is_there_until_they_go,
                who_is_elsewhere_too_stays,
                a_wish_holds_while_somebody_is_there,
                one_is_the_first_and_one_is_the_last,
                what_is_not_touched_runs_out,
                what_ran_out_is_not_shown,
                what_ran_out_is_told_in_pieces,
                visits_are_of_one_room_and_one_user,
            ]
        }
    };
}

/// Runs the suite of [`Budgets`](domain::ports::Budgets) on the worlds of `open`.
#[macro_export]
macro_rules! budget_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, live;
            budgets: [
                what_is_taken_adds_up,
                every_budget_is_apart,
                what_a_process_counted_itself_is_owed,
                nobody_owes_more_than_the_most,
                what_is_taken_comes_back,
                many_at_once_lose_nothing,
            ]
        }
    };
}

/// Runs the suite of [`Bus`](domain::ports::Bus) on the worlds of `open`.
#[macro_export]
macro_rules! bus_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, live;
            bus: [
                every_subscriber_hears_everything_in_order,
                nobody_hears_what_came_before,
                each_publisher_keeps_its_order,
                who_falls_behind_is_told_and_goes_on,
                who_left_is_forgotten,
            ]
        }
    };
}

/// Runs the suite of [`Clock`](domain::ports::Clock) on the clocks of `open`.
#[macro_export]
macro_rules! clock_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, live;
            clock: [
                it_tells_whole_milliseconds,
                it_goes_on,
            ]
        }
    };
}
