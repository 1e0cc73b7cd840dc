//! The error that crosses every boundary inside Hubbub.
//!
//! It keeps apart what the caller is told (code, field, detail) and what only the log may know
//! (the source). It becomes HTTP, a frame or a close code at the last step, in `edge`.

use std::{borrow::Cow, fmt, time::Duration};

use crate::code::{Code, Kind};

/// A result whose error the caller can be told.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why something was not done.
#[derive(Debug)]
pub struct Error {
    code: Code,
    detail: Option<Cow<'static, str>>,
    field: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    source: Option<Source>,
}

impl Error {
    /// An error that the code says all about.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            field: None,
            retry_after: None,
            source: None,
        }
    }

    /// A field of the request is wrong; `detail` says how to mend it.
    #[must_use]
    pub fn invalid(
        code: Code,
        field: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: Some(field.into()),
            detail: Some(detail.into()),
            ..Self::new(code)
        }
    }

    /// Too much at once: try again after `retry_after`.
    #[must_use]
    pub fn too_many(code: Code, retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(code)
        }
    }

    /// A dependency is away, and surely nothing was done.
    #[must_use]
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(1)),
            source: Some(source.into()),
            ..Self::new(Code::Unavailable)
        }
    }

    /// A disk has no space left, and surely nothing was done. Whoever runs the server has to see
    /// to it, so that coming back soon is of no use.
    #[must_use]
    pub fn storage_full(source: impl Into<Source>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(Code::StorageFull)
        }
    }

    /// A dependency went away in the middle: it may have been done.
    #[must_use]
    pub fn unknown_outcome(source: impl Into<Source>) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(1)),
            source: Some(source.into()),
            ..Self::new(Code::UnknownOutcome)
        }
    }

    /// Something that should not happen. The source is logged and never sent.
    #[must_use]
    pub fn internal(source: impl Into<Source>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(Code::Internal)
        }
    }

    /// Adds what a person should know beyond the code's title.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.code.kind()
    }

    /// The text for the caller: the detail, or the code's title.
    #[must_use]
    pub fn message(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.code.info().title)
    }

    /// The field of the request that is wrong.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// How long to wait before trying again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
