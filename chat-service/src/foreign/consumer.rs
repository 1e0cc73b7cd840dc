//! Takes what another system tells from its queue, one after the other.
//!
//! What can never be taken in is set aside, where administrators look, with the reason. What fails for
//! now holds up what was told after it, and comes again after a pause: names and friendships are few,
//! and their order is worth more than their pace.

use std::{error::Error as _, sync::Arc, time::Duration};

use domain::{
    Error, Result, TenantId,
    ports::{Feed, Outcome, Telling},
};
use protocol::friends::events;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Tellings;

/// How long to wait before what failed is taken again.
const PAUSE: Duration = Duration::from_secs(1);

/// The consumer of another system's queue.
pub(crate) struct Consumer {
    /// Where it comes from.
    pub(crate) feed: Arc<dyn Feed>,
    /// What takes it in.
    pub(crate) tellings: Tellings,
}

impl Consumer {
    /// Takes in what is told until `stop`. What was taken is finished.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while let Some(telling) = stop.run_until_cancelled(self.feed.next_telling()).await {
            let outcome = self.outcome(&telling).await;
            if let Err(error) = self.feed.settle_telling(telling.tag, outcome).await {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "what another system told comes again"
                );
            }
        }
    }

    async fn outcome(&self, telling: &Telling) -> Outcome {
        let (outcome, name) = match self.take(telling).await {
            Ok(()) => (Outcome::Done, "done"),
            Err(error) if error.code().temporary() => {
                warn!(
                    action = telling.action,
                    error = &error as &dyn std::error::Error,
                    "what another system told comes again later"
                );
                (Outcome::Retry { after: PAUSE }, "retried")
            }
            Err(error) => {
                let reason = reason(&error);
                error!(
                    action = telling.action,
                    reason, "what another system told was set aside"
                );
                (Outcome::SetAside { reason }, "set_aside")
            }
        };
        metrics::counter!("hubbub_foreign_events_total", "outcome" => name).increment(1);
        outcome
    }

    async fn take(&self, telling: &Telling) -> Result<()> {
        let told = events::read(&telling.action, &telling.body)?;
        self.tellings.take(&TenantId::default(), &told).await
    }
}

/// Why it can never be taken in, for administrators.
fn reason(error: &Error) -> String {
    match error.source() {
        Some(source) => format!("{}: {source}", error.code().name()),
        None => format!("{}: {error}", error.code().name()),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, sync::Mutex};

    use async_trait::async_trait;
    use domain::foreign::find;

    use super::*;
    use crate::{accounts::Accounts, testing::World};

    /// Tells these, and then nothing more; remembers what became of each.
    #[derive(Default)]
    struct Script {
        waiting: Mutex<VecDeque<Telling>>,
        settled: Mutex<Vec<(u64, Outcome)>>,
        stop: CancellationToken,
    }

    #[async_trait]
    impl Feed for Script {
        async fn next_telling(&self) -> Telling {
            let next = self.waiting.lock().unwrap().pop_front();
            match next {
                Some(next) => next,
                None => {
                    self.stop.cancel();
                    std::future::pending().await
                }
            }
        }

        async fn settle_telling(&self, tag: u64, outcome: Outcome) -> Result<()> {
            self.settled.lock().unwrap().push((tag, outcome));
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_is_told_is_taken_in_and_what_cannot_be_is_set_aside() {
        let world = World::new();
        let told = [
            ("user.created", r#"{"id":"7","full_name":"Ann Lee"}"#),
            ("user.created", "{"),
            ("user.waved", r#"{"id":"7"}"#),
            ("", ""),
            (
                "friend.created",
                r#"{"friends":[{"id":"7"},{"id":8,"full_name":"Bob"}]}"#,
            ),
        ];
        let telling = |(tag, (action, body)): (u64, (&str, &str))| Telling {
            action: action.to_owned(),
            body: body.as_bytes().to_vec(),
            tag,
        };
        let script = Arc::new(Script {
            waiting: Mutex::new((0..).zip(told).map(telling).collect()),
            ..Script::default()
        });
        let accounts = Accounts::new(&world.ctx);
        let consumer = Consumer {
            feed: script.clone(),
            tellings: Tellings::new(&world.ctx, &accounts, world.app.clone()),
        };
        consumer.run(script.stop.clone()).await;
        let settled = script.settled.lock().unwrap().clone();
        let done: Vec<bool> = settled
            .iter()
            .map(|(_, outcome)| *outcome == Outcome::Done)
            .collect();
        assert_eq!(done, [true, false, false, false, true], "{settled:?}");
        for (_, outcome) in settled
            .iter()
            .filter(|(_, outcome)| *outcome != Outcome::Done)
        {
            assert!(matches!(outcome, Outcome::SetAside { .. }), "{outcome:?}");
        }
        let tenant = TenantId::default();
        let bob = find(world.store(), &tenant, "8")
            .await
            .unwrap()
            .expect("he is made");
        assert_eq!(world.store().count_memberships(bob.id).await.unwrap(), 1);
    }
}
