//! The archive as ops teams use it: what will go, go, still readable, come back.

use domain::archive::{Action, CatchUp};
use e2e::{Server, SignedIn, eventually};
use serde_json::{Value, json};
use settings::PolicySetting;

const ARCHIVE: &str = "/api/v1/admin/archive";

fn policy(name: &str, action: Action, schedule: &str) -> PolicySetting {
    PolicySetting {
        name: name.to_owned(),
        rooms: Vec::new(),
        older_than: "1s".to_owned(),
        action,
        schedule: schedule.to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        catch_up: CatchUp::RunOnce,
        enabled: true,
    }
}

async fn room_with(server: &Server, messages: usize) -> (SignedIn, String) {
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    for n in 0..messages {
        alice.say(&room, &format!("m{n}")).await;
    }
    (alice, room)
}

/// Plans until so many messages are old enough.
async fn plan(ops: &SignedIn, due: u64) -> Value {
    eventually("the messages to be due", async || {
        let asked = json!({"older_than": "1s"});
        let plan = ops.rest.post(&format!("{ARCHIVE}/preview"), &asked).await;
        assert!(plan.status.is_success(), "{}", plan.text);
        Some(plan.json()).filter(|plan| plan["total"]["due"] == json!(due))
    })
    .await
}

async fn finished(ops: &SignedIn, run: &Value) -> Value {
    let path = format!("{ARCHIVE}/runs/{}", run["id"].as_str().expect("an id"));
    eventually("the run to finish", async || {
        let run = ops.rest.get(&path).await.expect(200);
        assert_ne!(run["phase"], "failed", "{run}");
        (run["phase"] == "finished").then_some(run)
    })
    .await
}

fn texts(history: &[Value]) -> Vec<&str> {
    history
        .iter()
        .map(|m| m["content"].as_str().expect("readable"))
        .collect()
}

#[tokio::test]
async fn a_run_does_what_its_plan_said_and_restoring_brings_everything_back() {
    let server = Server::without_limits().await;
    let (alice, room) = room_with(&server, 120).await;
    let ops = server.admin("ops").await;
    let before = alice.whole_history(&room).await;
    let (mut live, _) = alice.native().await;

    let plan = plan(&ops, 120).await;
    assert!(
        alice
            .whole_history(&room)
            .await
            .iter()
            .all(|m| m["archived"] == json!(false))
    );
    let started = ops
        .rest
        .post(&format!("{ARCHIVE}/runs"), &json!({"plan": plan["id"]}))
        .await;
    let run = finished(&ops, &started.expect(202)).await;
    assert_eq!(run["total"]["moved"], plan["total"]["due"]);
    assert_eq!(run["differs"].as_array().map_or(0, Vec::len), 0, "{run}");
    let told = live.next_of("archived").await;
    assert_eq!((&told["room"], &told["run"]), (&json!(room), &run["id"]));

    let archived = alice.whole_history(&room).await;
    assert!(archived.iter().all(|m| m["archived"] == json!(true)));
    assert_eq!(texts(&archived), texts(&before));
    let keys = |h: &[Value]| {
        h.iter()
            .map(|m| (m["id"].clone(), m["seq"].clone()))
            .collect()
    };
    let (ids, ids_before): (Vec<_>, Vec<_>) = (keys(&archived), keys(&before));
    assert_eq!(ids, ids_before);

    let restore = ops
        .rest
        .post(&format!("{ARCHIVE}/restore"), &json!({"run": run["id"]}))
        .await;
    let restored = finished(&ops, &restore.expect(202)).await;
    assert_eq!(restored["total"]["moved"], json!(120));
    let back = alice.whole_history(&room).await;
    assert!(back.iter().all(|m| m["archived"] == json!(false)));
    assert_eq!(texts(&back), texts(&before));
    let asked = json!({"older_than": "1s"});
    let again = ops
        .rest
        .post(&format!("{ARCHIVE}/preview"), &asked)
        .await
        .json();
    assert_eq!(
        (&again["total"]["due"], &again["total"]["held"]),
        (&json!(0), &json!(120))
    );
    server.stop().await;
}

#[tokio::test]
async fn the_originals_two_tasks_run_on_their_schedules() {
    let every_second = "* * * * * *";
    let policies = vec![
        policy("log-old", Action::Log, "every minute"),
        policy("archive-old", Action::Archive, every_second),
    ];
    let server = Server::with_policies(policies).await;
    let (alice, room) = room_with(&server, 10).await;
    let ops = server.admin("ops").await;
    eventually("the archive", async || {
        let history = alice.whole_history(&room).await;
        history
            .iter()
            .all(|m| m["archived"] == json!(true))
            .then_some(())
    })
    .await;
    assert_eq!(alice.whole_history(&room).await.len(), 10);
    let listed = ops
        .rest
        .get(&format!("{ARCHIVE}/policies"))
        .await
        .expect(200);
    let policies = listed["policies"].as_array().expect("policies");
    let names: Vec<_> = policies
        .iter()
        .map(|p| p["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["archive-old", "log-old"]);
    assert!(
        policies
            .iter()
            .all(|p| p["next"].as_array().is_some_and(|next| next.len() == 5))
    );
    let runs = ops
        .rest
        .get(&format!("{ARCHIVE}/runs?limit=100"))
        .await
        .expect(200);
    let runs = runs["runs"].as_array().expect("runs");
    let moved: u64 = runs
        .iter()
        .filter_map(|run| run["total"]["moved"].as_u64())
        .sum();
    assert_eq!(moved, 10, "each message is moved once: {runs:?}");
    server.stop().await;
}

#[tokio::test]
async fn only_administrators_see_the_archive() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    for path in ["policies", "runs"] {
        let path = format!("{ARCHIVE}/{path}");
        assert_eq!(server.rest().get(&path).await.code(), "unauthenticated");
        assert_eq!(alice.rest.get(&path).await.code(), "forbidden");
    }
    let ops = server.admin("ops").await;
    let nothing = json!({"run": "0191b4a2-7c1e-7d3a-9f00-0000000000ff"});
    let missing = ops.rest.post(&format!("{ARCHIVE}/restore"), &nothing).await;
    assert_eq!(
        (missing.status.as_u16(), missing.code().as_str()),
        (404, "run_not_found")
    );
    let bad = ops
        .rest
        .post(
            &format!("{ARCHIVE}/preview"),
            &json!({"older_than": "soon"}),
        )
        .await;
    assert_eq!(
        (bad.status.as_u16(), bad.code().as_str()),
        (400, "invalid_field")
    );
    server.stop().await;
}
