//! Why a call failed, and what the caller is told of it.

use domain::Error;
use redis::{ErrorKind, RedisError};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server is known to be away: nothing was asked.
    #[error("Redis is away")]
    Away,
    /// It is not known whose keys to ask for: nothing was asked.
    #[error("the store has not said yet which it is: {0}")]
    NoStore(#[source] Error),
    /// No answer came in time. It may still be done.
    #[error("Redis did not answer in time")]
    TimedOut,
    /// The server refused, or the connection broke.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
}

impl Failure {
    /// Whether nothing more can be asked on this connection.
    pub(crate) fn broke(&self) -> bool {
        matches!(self, Self::Redis(error) if error.is_unrecoverable_error())
    }

    /// As metrics name it.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Away | Self::NoStore(_) => "refused",
            Self::TimedOut => "timed_out",
            Self::Redis(_) => "failed",
        }
    }

    /// What a caller is told of a write that may have been done.
    pub(crate) fn of_write(self) -> Error {
        match self.is_undone() {
            true => Error::unavailable(self),
            false => Error::unknown_outcome(self),
        }
    }

    /// Whether what was asked was surely not done.
    fn is_undone(&self) -> bool {
        match self {
            Self::Away | Self::NoStore(_) => true,
            Self::TimedOut => false,
            Self::Redis(error) => matches!(error.kind(), ErrorKind::Server(_)),
        }
    }
}

impl From<Failure> for Error {
    /// As of a call that only read.
    fn from(failure: Failure) -> Self {
        Self::unavailable(failure)
    }
}
