//! Why nothing is carried, or not all.

use crate::failure::cause;

/// Why nothing is carried from one store to another, or not all: in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// There is nothing to carry.
    #[error("there is no installation on {0}: look at STORE_URL and --data")]
    Empty(String),
    /// The source was never whole.
    #[error(
        "{0} is not whole: what was being carried into it has not come to its end; run that again before it is carried on"
    )]
    HalfSource(String),
    /// Somebody works on the source, or left something half done.
    #[error("{name} cannot be carried now: {why}")]
    Unrest {
        /// The source.
        name: String,
        /// Why, and what to do.
        why: String,
    },
    /// The target has taken the source in already.
    #[error(
        "{0} is this installation already, whole: set STORE_URL to it and start the server; to carry it over once more, drop that database first"
    )]
    Already(String),
    /// The target is something else.
    #[error("{name} keeps {records} records of something else: choose an empty one, or drop it")]
    Taken {
        /// The target.
        name: String,
        /// How many records it keeps.
        records: u64,
    },
    /// The target takes in something else.
    #[error(
        "{0} takes in another installation, or this one as it was before somebody changed it, and that has not come to its end: finish that, or choose an empty one, or drop it"
    )]
    Other(String),
    /// The two are not the same.
    #[error(
        "{difference}: something changed one of the two meanwhile. Make sure that no server works on either, drop {name}, and carry it over again"
    )]
    Differs {
        /// The target.
        name: String,
        /// What differs first.
        difference: String,
    },
    /// A store failed.
    #[error(
        "interrupted: {}. Nothing is lost: run the same command again, and it goes on",
        cause(.0)
    )]
    Interrupted(#[from] domain::Error),
}
