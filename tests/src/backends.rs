//! What servers of tests keep things in: `BACKENDS=embedded`, which is meant where nothing is said,
//! or `BACKENDS=services`, which is MongoDB's protocol, Redis and RabbitMQ.

use settings::Settings;

use crate::Nodes;

/// The variable that says it.
pub const VARIABLE: &str = "BACKENDS";

/// The value for MongoDB's protocol, Redis and RabbitMQ.
pub const SERVICES: &str = "services";

/// Whether all servers of this run are on MongoDB's protocol, Redis and RabbitMQ.
///
/// # Panics
/// When something else is said than there is.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "it steers the tests and is no setting of the product"
)]
pub fn are_services() -> bool {
    match std::env::var(VARIABLE).as_deref() {
        Ok(SERVICES) => true,
        Err(_) | Ok("" | "embedded") => false,
        Ok(other) => panic!("{VARIABLE}={other}: there are `embedded` and `{SERVICES}`"),
    }
}

/// Gives a server backends of its own, of the kind that this run is about.
pub(crate) fn choose(settings: &mut Settings) {
    if are_services() {
        let installation = Nodes::shared().expect("the servers of BACKENDS=services");
        installation.join(settings);
    }
}
