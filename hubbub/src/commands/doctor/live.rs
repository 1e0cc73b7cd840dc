//! The servers of the cache and the bus, where there are any.

use adapters::checkup::{self, LiveFinding};
use settings::Settings;

use super::Finding;

pub(super) async fn all(settings: &Settings) -> Vec<Finding> {
    let found = checkup::live(settings).await.into_iter();
    found.map(|(what, found)| told(what, found)).collect()
}

/// Chat goes on without them, but nobody names a server to have it away.
fn told(what: &'static str, found: LiveFinding) -> Finding {
    match found {
        LiveFinding::Fit(about) => Finding::ok(what, format!("Redis {about}")),
        LiveFinding::Unfit(about) => Finding::warn(what, format!("Redis {about}")),
        LiveFinding::Away(why) => {
            let text = format!("{why} — start it, or look at the URL and its password");
            Finding::fail(what, text)
        }
    }
}
