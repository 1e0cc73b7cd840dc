//! Why a call failed, what the caller is told of it, and what mends it.

use domain::Error;
use lapin::ErrorKind;

/// What a broker says of something that is there with other properties.
const PRECONDITION_FAILED: u16 = 406;
/// What it says to who may not.
const ACCESS_REFUSED: u16 = 403;
/// What it says of a vhost that is not there, among other things.
const NOT_ALLOWED: u16 = 530;

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// No answer came in time.
    #[error("RabbitMQ did not answer in time")]
    TimedOut,
    /// The connection ended.
    #[error("the connection to RabbitMQ ended")]
    Lost,
    /// The broker takes nothing for now.
    #[error("RabbitMQ takes nothing for now: its memory or its disk is full")]
    Blocked,
    /// The broker has no queue for a message that it took.
    #[error("RabbitMQ has no queue for what was published")]
    Unroutable,
    /// The broker did not take a message.
    #[error("RabbitMQ did not take what was published")]
    Refused,
    /// The broker said no, or cannot be reached.
    #[error("{}", explained(.0))]
    Broker(#[from] lapin::Error),
}

impl Failure {
    /// Whether nothing more is to be expected of the connection.
    pub(crate) fn broke(&self) -> bool {
        !matches!(self, Self::Blocked | Self::Refused)
    }

    /// As metrics name it.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Blocked => "blocked",
            _ => "failed",
        }
    }
}

impl From<Failure> for Error {
    /// Publishing a job again does no harm, so what may have been done counts as not done.
    fn from(failure: Failure) -> Self {
        let told = failure.to_string();
        Self::unavailable(failure).with_detail(told)
    }
}

/// What an administrator should know. A broker's own words name no secret.
fn explained(error: &lapin::Error) -> String {
    let ErrorKind::ProtocolError(said) = error.kind() else {
        return format!("RabbitMQ cannot be reached: {error}");
    };
    let words = said.get_message();
    match said.get_id() {
        PRECONDITION_FAILED => format!(
            "RabbitMQ has something of this name that is not as it should be: delete it once it is empty, or set another ?prefix= in QUEUE_URL ({words})"
        ),
        ACCESS_REFUSED => format!(
            "RabbitMQ refuses us: look at the user and password in QUEUE_URL, and at the user's permissions in the vhost ({words})"
        ),
        NOT_ALLOWED => format!(
            "RabbitMQ refuses us: look at the vhost in QUEUE_URL, and whether the user may enter it ({words})"
        ),
        _ => format!("RabbitMQ: {words}"),
    }
}
