//! People who do something at a fixed rate, however long the answers take. What they wait for is
//! counted from when they meant to, so that a server that falls behind is seen to.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use e2e::{SignedIn, Socket, soon};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

/// From when until when somebody does something, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
    pub(crate) every: Duration,
}

impl Plan {
    /// How often something is done.
    pub(crate) fn count(&self) -> usize {
        let (span, every) = (self.end - self.begin, self.every);
        usize::try_from(span.as_nanos().div_ceil(every.as_nanos())).expect("not for ever")
    }
}

/// Something that was done: when it was meant to be, and how long its answer took from then on.
#[derive(Clone, Copy)]
pub(crate) struct Done {
    pub(crate) meant: Instant,
    pub(crate) took: Duration,
}

impl Done {
    fn since(meant: Instant) -> Self {
        let took = meant.elapsed();
        Self { meant, took }
    }
}

/// Says something in a room again and again, and waits for every acknowledgement. What is said is
/// when it was meant to be, in microseconds from the plan's beginning.
pub(crate) async fn talk(person: &SignedIn, room: &str, plan: Plan) -> Vec<Done> {
    let (mut socket, _) = person.native().await;
    let mut waiting = HashMap::new();
    let mut done = Vec::new();
    let mut next = plan.begin;
    while next < plan.end || !waiting.is_empty() {
        tokio::select! {
            () = sleep_until(next), if next < plan.end => {
                say(&mut socket, room, plan, next).await;
                waiting.insert(content(plan, next), next);
                next += plan.every;
            }
            frame = socket.next() => {
                let answered = frame["id"].as_str().and_then(|id| waiting.remove(id));
                if let Some(meant) = answered {
                    assert_eq!(frame["type"], "ack", "{frame}");
                    done.push(Done::since(meant));
                }
            }
        }
    }
    done
}

async fn say(socket: &mut Socket, room: &str, plan: Plan, meant: Instant) {
    let content = content(plan, meant);
    let client_id = domain::ClientId::new();
    let frame = json!({
        "id": content, "type": "send", "room": room, "client_id": client_id, "content": content,
    });
    socket.send(&frame).await;
}

fn content(plan: Plan, meant: Instant) -> String {
    meant.duration_since(plan.begin).as_micros().to_string()
}

/// Reads a page of a room's history again and again.
pub(crate) async fn read(person: &SignedIn, room: &str, plan: Plan) -> Vec<Done> {
    let path = format!("/api/v1/rooms/{room}/messages?limit=50");
    let mut done = Vec::new();
    let mut next = plan.begin;
    while next < plan.end {
        sleep_until(next).await;
        let page = person.rest.get(&path).await;
        assert_eq!(page.status.as_u16(), 200, "{}", page.text);
        done.push(Done::since(next));
        next += plan.every;
    }
    done
}

/// Listens to notifications until `wanted` different ones were heard, and says how long after it
/// was meant to be said each was. `plan` is that of whoever says them.
pub(crate) async fn hear(mut bell: Socket, plan: Plan, wanted: usize) -> Vec<Duration> {
    let mut ids = HashSet::new();
    let mut heard = Vec::new();
    while heard.len() < wanted {
        let frame = soon("a notification", bell.next_of("notification")).await;
        let notification = &frame["notification"];
        let content = notification["message"]["content"].as_str();
        let Some(micros) = content.and_then(|content| content.parse().ok()) else {
            continue;
        };
        let meant = plan.begin + Duration::from_micros(micros);
        if ids.insert(notification["id"].to_string()) {
            heard.push(meant.elapsed());
        }
    }
    heard
}
