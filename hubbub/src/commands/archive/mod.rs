//! `hubbub archive`: policies and their runs.

mod progress;
mod text;

use std::time::Duration;

use domain::archive::Phase;
use protocol::native::archive::{
    Policies, PolicyView, PreviewRequest, RoomCountView, RunRooms, RunView, Runs,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::sleep;

use self::progress::Progress;
use crate::{
    Failure,
    cli::{Archive, Plan, Restore},
    client::{Client, encoded},
    output::Output,
};

const PATH: &str = "/api/v1/admin/archive";

/// How often a run is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How many rooms of a run are asked for at once.
const ROOMS: usize = 200;

/// Does it.
pub(crate) async fn run(
    command: &Archive,
    client: &mut Client,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let mut desk = Desk { client, output };
    match command {
        Archive::Plan(plan) => desk.plan(plan).await,
        Archive::Run { policy, plan, json } => {
            desk.start(policy.as_deref(), plan.as_deref(), *json).await
        }
        Archive::Runs { limit, json } => desk.runs(*limit, *json).await,
        Archive::Restore(restore) => desk.restore(restore).await,
        Archive::Policies { json } => desk.policies(*json).await,
        Archive::Pause { policy, json } => desk.rest(policy, "pause", *json).await,
        Archive::Resume { policy, json } => desk.rest(policy, "resume", *json).await,
        Archive::Explain { room, json } => desk.explain(room, *json).await,
        Archive::Schedule {
            schedule,
            zone,
            json,
        } => desk.schedule(schedule, zone, *json).await,
    }
}

/// What the commands work with.
struct Desk<'a, 'b> {
    client: &'a mut Client,
    output: &'a mut Output<'b>,
}

impl Desk<'_, '_> {
    async fn plan(&mut self, plan: &Plan) -> Result<(), Failure> {
        let body = json!(PreviewRequest {
            policy: plan.policy.clone(),
            older_than: plan.older_than.clone(),
            rooms: plan.rooms.clone(),
        });
        let answer = self.client.post(&format!("{PATH}/preview"), &body).await?;
        if plan.json {
            self.output.json(&answer);
            return Ok(());
        }
        let plan: RunView = understand(&answer)?;
        text::plan(&plan, self.output);
        self.rooms(&plan).await?;
        text::carry_out(&plan, self.output);
        Ok(())
    }

    async fn start(
        &mut self,
        policy: Option<&str>,
        plan: Option<&str>,
        json: bool,
    ) -> Result<(), Failure> {
        let body = match (policy, plan) {
            (Some(policy), _) => json!({ "policy": policy }),
            (None, plan) => json!({ "plan": plan }),
        };
        let begun = self.client.post(&format!("{PATH}/runs"), &body).await?;
        self.follow(&begun, json).await
    }

    async fn restore(&mut self, restore: &Restore) -> Result<(), Failure> {
        let room = match &restore.room {
            Some(room) => Some(self.room_of(&restore.run, room).await?),
            None => None,
        };
        let body = json!({ "run": restore.run, "room": room, "hold_days": restore.hold_days });
        let begun = self.client.post(&format!("{PATH}/restore"), &body).await?;
        self.follow(&begun, restore.json).await
    }

    /// The id of a room that a run came to, by what it was called then, or by that id.
    async fn room_of(&mut self, run: &str, room: &str) -> Result<String, Failure> {
        let mut after: Option<String> = None;
        loop {
            let page = self.page(run, after.as_deref()).await?;
            let is_meant = |count: &&RoomCountView| {
                count.name.as_deref() == Some(room) || count.room.to_string() == room
            };
            if let Some(meant) = page.rooms.iter().find(is_meant) {
                return Ok(meant.room.to_string());
            }
            after = page.rooms.last().map(|count| count.room.to_string());
            if !page.more {
                let nowhere = format!("there is no room `{room}` in run {run}");
                return Err(Failure::Refused(nowhere));
            }
        }
    }

    /// Prints what a run found and did in each room, page by page.
    async fn rooms(&mut self, run: &RunView) -> Result<(), Failure> {
        let id = run.id.to_string();
        let mut after: Option<String> = None;
        loop {
            let page = self.page(&id, after.as_deref()).await?;
            text::rooms(&page.rooms, self.output);
            after = page.rooms.last().map(|count| count.room.to_string());
            if !page.more {
                return Ok(());
            }
        }
    }

    async fn page(&mut self, run: &str, after: Option<&str>) -> Result<RunRooms, Failure> {
        let after = after.map_or_else(String::new, |after| format!("&after={after}"));
        let path = format!("{PATH}/runs/{run}/rooms?limit={ROOMS}{after}");
        understand(&self.client.get(&path).await?)
    }

    async fn runs(&mut self, limit: usize, json: bool) -> Result<(), Failure> {
        let answer = self
            .client
            .get(&format!("{PATH}/runs?limit={limit}"))
            .await?;
        self.print(json, answer, |runs: &Runs, output| {
            text::runs(&runs.runs, output)
        })
    }

    async fn policies(&mut self, json: bool) -> Result<(), Failure> {
        let answer = self.client.get(&format!("{PATH}/policies")).await?;
        self.print(json, answer, |all: &Policies, output| {
            text::policies(&all.policies, output)
        })
    }

    /// Pauses or resumes a policy.
    async fn rest(&mut self, policy: &str, what: &str, json: bool) -> Result<(), Failure> {
        let path = format!("{PATH}/policies/{}/{what}", encoded(policy));
        let answer = self.client.post(&path, &json!({})).await?;
        self.print(json, answer, |view: &PolicyView, output| {
            text::policies(std::slice::from_ref(view), output);
        })
    }

    async fn explain(&mut self, room: &str, json: bool) -> Result<(), Failure> {
        let path = format!("{PATH}/explain?room={}", encoded(room));
        let answer = self.client.get(&path).await?;
        self.print(json, answer, text::explained)
    }

    async fn schedule(&mut self, schedule: &str, zone: &str, json: bool) -> Result<(), Failure> {
        let body = json!({ "schedule": schedule, "zone": zone });
        let path = format!("{PATH}/schedule/preview");
        let answer = self.client.post(&path, &body).await?;
        self.print(json, answer, text::schedule)
    }

    /// Waits for the end of a run that was begun, and shows how far it is.
    async fn follow(&mut self, begun: &Value, json: bool) -> Result<(), Failure> {
        let run: RunView = understand(begun)?;
        let path = format!("{PATH}/runs/{}", run.id);
        let progress = Progress::of(&run, self.expected(&run).await);
        let (answer, run) = loop {
            let answer = self.client.get(&path).await?;
            let run: RunView = understand(&answer)?;
            progress.show(&run);
            if run.phase != Phase::Running {
                break (answer, run);
            }
            sleep(LOOK).await;
        };
        progress.end();
        if json {
            self.output.json(&answer);
        } else {
            text::run(&run, self.output);
            self.rooms(&run).await?;
            text::differences(&run, self.output);
        }
        match run.phase {
            Phase::Running | Phase::Finished => Ok(()),
            Phase::Cancelled => Err(Failure::Run(format!("run {} was cancelled", run.id))),
            Phase::Failed => Err(Failure::Run(text::failed(&run))),
        }
    }

    /// How many messages a plan counted, or a run moved that is to be brought back.
    async fn expected(&mut self, run: &RunView) -> Option<u64> {
        let path = format!("{PATH}/runs/{}", run.origin?);
        let origin: RunView = understand(&self.client.get(&path).await.ok()?).ok()?;
        Some(origin.total.due)
    }

    fn print<T: DeserializeOwned>(
        &mut self,
        json: bool,
        answer: Value,
        print: impl FnOnce(&T, &mut Output<'_>),
    ) -> Result<(), Failure> {
        if json {
            self.output.json(&answer);
        } else {
            print(&understand(&answer)?, self.output);
        }
        Ok(())
    }
}

fn understand<T: DeserializeOwned>(answer: &Value) -> Result<T, Failure> {
    T::deserialize(answer).map_err(|error| {
        Failure::Refused(format!(
            "the server's answer is not understood ({error}); is it of another version?"
        ))
    })
}
