//! The servers of the cache, the bus and the queue, where there are any.

use adapters::checkup::{self, LiveFinding, QueueFinding};
use settings::Settings;

use super::Finding;

pub(super) async fn all(settings: &Settings) -> Vec<Finding> {
    let found = checkup::live(settings).await.into_iter();
    let found = found.map(|(what, found)| told(what, found));
    let queue = checkup::queue(settings).await.map(queue_told);
    found.chain(queue).collect()
}

/// Chat goes on without it too, and what is set aside waits for somebody to look.
fn queue_told(found: QueueFinding) -> Finding {
    match found {
        QueueFinding::Fit(about) => Finding::ok("queue", format!("RabbitMQ at {about}")),
        QueueFinding::Unfit(about) => Finding::warn("queue", format!("RabbitMQ at {about}")),
        QueueFinding::Away(why) => Finding::fail("queue", why),
    }
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
