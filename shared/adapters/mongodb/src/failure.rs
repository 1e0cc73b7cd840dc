//! What can go wrong in a call to the server, and what the caller is told of it.

use domain::Error;
use mongodb::error::{Error as DriverError, ErrorKind, WriteFailure};

/// The server's code for a value that a unique index has already.
const DUPLICATE: i32 = 11_000;

/// The server's codes for a primary that is none any more, or is about to end: what was asked may
/// be asked again, of the next one.
const MOVED: [i32; 7] = [91, 189, 10_107, 11_600, 11_602, 13_435, 13_436];

/// Why a call gave up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No answer came in time. The request may still be under way.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The driver or the server says no.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// Others changed the same document again and again.
    #[error("the document is being changed by too many at once")]
    Contended,
    /// The store is not open yet, or no more: why, as anybody may be told.
    #[error("{0}")]
    Shut(String),
    /// A rule of the domain refused, or a record cannot be understood.
    #[error(transparent)]
    Domain(#[from] Error),
}

/// A unique index of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unique {
    /// (room, seq).
    Seq,
    /// (room, sender, client_id), (room, target, target_rev), the row's id; or one that this version of
    /// the server does not name.
    Other,
}

impl Failure {
    /// Whether the request surely never left.
    pub(crate) fn is_unsent(&self) -> bool {
        match self {
            Self::Driver(error) => matches!(*error.kind, ErrorKind::ServerSelection { .. }),
            Self::Domain(_) | Self::Shut(_) => true,
            Self::TimedOut | Self::Contended => false,
        }
    }

    /// Whether the connection was lost, or the primary another, in the middle: the request may have
    /// been done, and may be repeated now.
    pub(crate) fn is_lost(&self) -> bool {
        let Self::Driver(error) = self else {
            return false;
        };
        match error.kind.as_ref() {
            ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => true,
            ErrorKind::Command(error) => MOVED.contains(&error.code),
            _ => false,
        }
    }

    /// Whether a write was refused because a unique value is taken.
    pub(crate) fn is_duplicate(&self) -> bool {
        let Self::Driver(error) = self else {
            return false;
        };
        match error.kind.as_ref() {
            ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE,
            ErrorKind::InsertMany(many) => {
                let errors = many.write_errors.as_deref().unwrap_or_default();
                let all = errors.iter().all(|error| error.code == DUPLICATE);
                all && !errors.is_empty() && many.write_concern_error.is_none()
            }
            _ => false,
        }
    }

    /// Where an ordered insert stopped at a duplicate, and by which index. The rows before it are
    /// stored; what the server says of their number is not to be believed.
    pub(crate) fn stopped_at(&self) -> Option<(usize, Unique)> {
        let Self::Driver(error) = self else {
            return None;
        };
        let ErrorKind::InsertMany(many) = error.kind.as_ref() else {
            return None;
        };
        let first = many.write_errors.as_ref()?.first()?;
        let known = first.code == DUPLICATE && many.write_concern_error.is_none();
        known.then(|| (first.index, unique(&first.message)))
    }

    /// What a caller is told of a write that may have been done.
    pub(crate) fn of_write(self) -> Error {
        match self {
            Self::Domain(error) => error,
            Self::Shut(why) => shut(why),
            failure if failure.is_unsent() => Error::unavailable(failure),
            failure => Error::unknown_outcome(failure),
        }
    }
}

fn shut(why: String) -> Error {
    Error::unavailable("the store is not open").with_detail(why)
}

/// Which index a duplicate-key error names: `… index: NAME dup key: …`.
fn unique(message: &str) -> Unique {
    let name = message
        .split_once("index: ")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    match name {
        Some(crate::indexes::SEQ) => Unique::Seq,
        _ => Unique::Other,
    }
}

impl From<Failure> for Error {
    /// As of a call that only read.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Domain(error) => error,
            Failure::Shut(why) => shut(why),
            Failure::Driver(error) if matches!(*error.kind, ErrorKind::Bson(_)) => {
                Self::internal(error)
            }
            failure => Self::unavailable(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_names_its_index() {
        let said = "E11000 duplicate key error collection: db.messages index: room_seq dup key: \
                    { room_id: 1, seq: 2 }";
        assert_eq!(unique(said), Unique::Seq);
        assert_eq!(
            unique(&said.replace("room_seq", "room_client")),
            Unique::Other
        );
        assert_eq!(unique("E11000"), Unique::Other);
    }
}
