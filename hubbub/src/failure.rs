//! Why a command failed, in one line that says what to do.

use std::{io, path::PathBuf};

use adapters::Holder;

/// Why a command failed. Displayed as one line that says what to do; the causes below it are for
/// the log.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] settings::Problems),
    /// The ports cannot be opened.
    #[error(transparent)]
    Open(#[from] adapters::OpenError),
    /// There is no secret to sign tokens with.
    #[error(transparent)]
    Secret(#[from] edge::auth::SecretError),
    /// The log cannot be set up.
    #[error(transparent)]
    Telemetry(#[from] edge::telemetry::TelemetryError),
    /// An address cannot be listened on; the text names it and says what to do.
    #[error("cannot listen: {0}")]
    Listen(#[source] io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] edge::TlsError),
    /// Without limits, for everybody.
    #[error("no_limits is for benchmarks: it needs every listener on loopback")]
    Unlimited,
    /// People whose password is printed, for everybody.
    #[error(
        "--demo is for trying things out: it needs `mode = \"development\"` and every listener on loopback"
    )]
    DemoInPublic,
    /// The demo's people or rooms cannot be made.
    #[error("--demo cannot be set up here: {}; choose another folder with --data", cause(.0))]
    Demo(#[source] domain::Error),
    /// Another process works on the data.
    #[error(
        "{} is in use by {holder}; stop it, or choose another folder with --data",
        data.display()
    )]
    InUse {
        /// The folder.
        data: PathBuf,
        /// Who has it.
        holder: Holder,
    },
    /// There is nothing to administer.
    #[error(
        "there is no installation in {}: name its folder with --data, or make one with `hubbub serve`",
        data.display()
    )]
    Nothing {
        /// The folder.
        data: PathBuf,
    },
    /// The data folder cannot be used.
    #[error("{} cannot be used: {source}; make it writable for this user", path.display())]
    Data {
        /// What could not be opened.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The running server does not answer.
    #[error(
        "{} is in use by {holder}, which does not answer: {reason}; try again when it is ready, or stop it",
        data.display()
    )]
    Silent {
        /// The folder.
        data: PathBuf,
        /// Who has it.
        holder: Holder,
        /// What went wrong.
        reason: String,
    },
    /// Something that the doctor looked at fails.
    #[error("{failed} of these must be mended before a server can run well")]
    Unwell {
        /// How many things fail.
        failed: usize,
    },
    /// Nothing is carried from one store to another, or not all.
    #[error(transparent)]
    Transfer(#[from] crate::commands::transfer::Stop),
    /// The server refused.
    #[error("{0}")]
    Refused(String),
    /// A run ended otherwise than it should.
    #[error("{0}")]
    Run(String),
    /// The standard input or output failed.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The server does not become ready.
    #[error("not ready after {} s: {missing}", crate::server::PATIENCE.as_secs())]
    NotReady {
        /// What is missing.
        missing: String,
    },
    /// A part of the server ended that should not.
    #[error("stopped, because a part of the server failed: {}", cause(.0))]
    Broken(#[source] domain::Error),
}

/// Whoever runs the server may know what its clients may not.
pub(crate) fn cause(error: &domain::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let cause = cause.unwrap_or_else(|| error.to_string());
    cause.replace('\n', " ")
}
