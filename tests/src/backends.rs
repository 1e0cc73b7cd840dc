//! What servers of tests keep things in, and how they run: `BACKENDS=embedded`, which is meant where
//! nothing is said; `BACKENDS=services`, which is MongoDB's protocol, Redis and RabbitMQ; or
//! `BACKENDS=split`, which is the three services on those, each alone, behind one address.

use settings::Settings;

use crate::Nodes;

/// The variable that says it.
pub const VARIABLE: &str = "BACKENDS";

/// What the servers of a run are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backends {
    /// One process on embedded storage.
    Embedded,
    /// One process on MongoDB's protocol, Redis and RabbitMQ.
    Services,
    /// The three services, each alone, on the same.
    Split,
}

impl Backends {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Embedded, Self::Services, Self::Split];

    /// The value of the variable.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Services => "services",
            Self::Split => "split",
        }
    }
}

/// What this run is about.
///
/// # Panics
/// When something else is said than there is.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "it steers the tests and is no setting of the product"
)]
pub fn chosen() -> Backends {
    let said = std::env::var(VARIABLE).unwrap_or_default();
    if said.is_empty() {
        return Backends::Embedded;
    }
    let known = Backends::ALL.into_iter().find(|kind| kind.name() == said);
    known.unwrap_or_else(|| {
        panic!(
            "{VARIABLE}={said}: there are {:?}",
            Backends::ALL.map(Backends::name)
        )
    })
}

/// Gives a server backends of its own, of the kind that this run is about.
pub(crate) fn choose(settings: &mut Settings) {
    if chosen() != Backends::Embedded {
        let installation = Nodes::shared().expect("the servers of this run");
        installation.join(settings);
    }
}
