//! The archive's administration, as an administrator meets it: a policy from its first thought to
//! its end, and rooms that are to be treated otherwise.

use e2e::{Server, SignedIn, eventually};
use hyper::Method;
use serde_json::{Value, json};

const ARCHIVE: &str = "/api/v1/admin/archive";

/// An administrator at the archive.
struct Ops {
    who: SignedIn,
}

impl Ops {
    async fn of(server: &Server) -> Self {
        let who = server.admin("ops").await;
        Self { who }
    }

    async fn get(&self, path: &str) -> Value {
        self.who
            .rest
            .get(&format!("{ARCHIVE}/{path}"))
            .await
            .expect(200)
    }

    async fn post(&self, path: &str, body: Value) -> e2e::Answer {
        self.who
            .rest
            .post(&format!("{ARCHIVE}/{path}"), &body)
            .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        seen: Option<&str>,
        body: Value,
    ) -> e2e::Answer {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(seen.map(|tag| ("if-match", tag)));
        let (path, body) = (format!("{ARCHIVE}/{path}"), body.to_string());
        self.who
            .rest
            .send(method, &path, &headers, Some(body.into()))
            .await
    }

    /// Makes the weekly policy.
    async fn weekly(&self) -> Value {
        self.post("policies", weekly()).await.expect(201)
    }

    async fn over(&self, run: &Value) -> Value {
        let path = format!("runs/{}", run["id"].as_str().expect("an id"));
        eventually("the run to end", async || {
            let run = self.get(&path).await;
            (run["phase"] != "running").then_some(run)
        })
        .await
    }

    /// Plans the policy until so many messages are old enough.
    async fn planned(&self, policy: &str, due: u64) -> Value {
        eventually("the messages to be due", async || {
            let plan = self
                .post(&format!("policies/{policy}/preview"), json!({}))
                .await;
            Some(plan.expect(201)).filter(|plan| plan["total"]["due"] == json!(due))
        })
        .await
    }
}

/// Of messages older than a second, on Sundays.
fn weekly() -> Value {
    json!({
        "name": "weekly",
        "older_than": "1s",
        "action": "archive",
        "schedule": "every sunday at 3",
        "timezone": "Europe/Berlin",
    })
}

async fn talk(alice: &SignedIn, name: &str, messages: usize) -> String {
    let room = alice.create_room(name).await;
    for n in 0..messages {
        alice.say(&room, &format!("m{n}")).await;
    }
    room
}

async fn archived(alice: &SignedIn, room: &str) -> usize {
    let history = alice.whole_history(room).await;
    history
        .iter()
        .filter(|m| m["archived"] == json!(true))
        .count()
}

/// Two administrators change it; the one who has not seen the other's change is told so.
async fn two_administrators_change_it(ops: &Ops) {
    let change = json!({"catch_up": "skip"});
    let changed = ops
        .send(
            Method::PATCH,
            "policies/weekly",
            Some("\"1\""),
            change.clone(),
        )
        .await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.expect(200)["catch_up"], "skip");
    let stale = ops
        .send(Method::PATCH, "policies/weekly", Some("\"1\""), change)
        .await;
    assert_eq!(
        (stale.status.as_u16(), stale.code().as_str()),
        (409, "stale_revision")
    );
}

/// The history of this policy: the run, and the plans before it.
async fn it_has_a_history(ops: &Ops, run: &Value) {
    let history = ops.get("runs?policy=weekly&limit=2").await;
    assert_eq!(history["runs"][0]["id"], run["id"]);
    assert_eq!(history["runs"][1]["trigger"], "dry_run");
    let before = history["runs"][0]["id"].as_str().expect("an id");
    let older = ops
        .get(&format!("runs?policy=weekly&before={before}&limit=1"))
        .await;
    assert_eq!(older["runs"][0]["id"], history["runs"][1]["id"]);
}

#[tokio::test]
async fn a_policy_from_its_first_thought_to_its_end() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let room = talk(&alice, "lobby", 30).await;
    let ops = Ops::of(&server).await;

    // What would this schedule mean? Nothing is stored yet.
    let asked = json!({"schedule": "every sunday at 3", "zone": "Europe/Berlin"});
    let meaning = ops.post("schedule/preview", asked).await.expect(200);
    assert_eq!(meaning["cron"], "0 3 * * 0");
    assert_eq!(meaning["english"], "every sunday at 03:00 Europe/Berlin");
    assert_eq!(meaning["next"].as_array().map(Vec::len), Some(5));

    // The policy is made, and says when it will run.
    let made = ops.post("policies", weekly()).await;
    assert_eq!(made.header("etag"), "\"1\"");
    let at = made.header("location").to_owned();
    let policy = made.expect(201);
    assert_eq!(policy["english"], meaning["english"]);
    assert_eq!(ops.who.rest.get(&at).await.expect(200), policy);

    // What would go now? The plan tells, and moves nothing.
    let plan = ops.planned("weekly", 30).await;
    let rooms = ops
        .get(&format!(
            "runs/{}/rooms",
            plan["id"].as_str().expect("an id")
        ))
        .await;
    assert_eq!(
        (&rooms["rooms"][0]["name"], &rooms["rooms"][0]["rule"]),
        (&json!("lobby"), &json!("policy"))
    );
    assert_eq!(archived(&alice, &room).await, 0);

    two_administrators_change_it(&ops).await;

    // It rests, and goes on.
    let paused = ops
        .post("policies/weekly/pause", json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&paused["paused"], paused.get("next_run_at")),
        (&json!(true), None)
    );
    let resumed = ops
        .post("policies/weekly/resume", json!({}))
        .await
        .expect(200);
    assert_eq!(resumed["next_run_at"], policy["next_run_at"]);

    // Now, and not on Sunday.
    let run = ops.post("policies/weekly/run", json!({})).await.expect(202);
    let run = ops.over(&run).await;
    assert_eq!(
        (&run["phase"], &run["total"]["moved"]),
        (&json!("finished"), &json!(30))
    );
    assert_eq!(archived(&alice, &room).await, 30);

    it_has_a_history(&ops, &run).await;

    // It ends. What it did stays.
    let gone = ops
        .send(Method::DELETE, "policies/weekly", None, Value::Null)
        .await;
    assert_eq!(gone.status.as_u16(), 204);
    let id = policy["id"].as_str().expect("an id");
    assert_eq!(
        ops.get(&format!("runs?policy={id}&limit=1")).await["runs"][0]["id"],
        run["id"]
    );
    server.stop().await;
}

#[tokio::test]
async fn a_run_can_be_cancelled_and_no_second_one_begins_beside_it() {
    let server = Server::start_with(|settings| {
        settings.no_limits = true;
        settings.limits.run_batch = 1;
    })
    .await;
    let alice = server.anon().sign_up("alice").await;
    let room = talk(&alice, "lobby", 200).await;
    let ops = Ops::of(&server).await;
    ops.weekly().await;
    ops.planned("weekly", 200).await;

    let run = ops.post("policies/weekly/run", json!({})).await.expect(202);
    let second = ops.post("policies/weekly/run", json!({})).await;
    assert_eq!(
        (second.status.as_u16(), second.code().as_str()),
        (409, "run_in_progress")
    );
    let cancel = format!("runs/{}/cancel", run["id"].as_str().expect("an id"));
    assert_eq!(
        ops.post(&cancel, json!({})).await.expect(200)["cancel"],
        true
    );
    let ended = ops.over(&run).await;
    let moved = ended["total"]["moved"].as_u64().expect("a count");
    assert_eq!(
        archived(&alice, &room).await as u64,
        moved,
        "what was moved stays moved"
    );
    assert_eq!(
        ended["phase"],
        if moved < 200 { "cancelled" } else { "finished" }
    );
    server.stop().await;
}

#[tokio::test]
async fn a_room_can_be_exempt_and_says_so() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let (lobby, court) = (
        talk(&alice, "lobby", 3).await,
        talk(&alice, "court", 5).await,
    );
    let ops = Ops::of(&server).await;
    ops.weekly().await;
    ops.planned("weekly", 8).await;

    let path = format!("rooms/{court}");
    let rule = ops
        .send(Method::PUT, &path, None, json!({"exempt": true}))
        .await
        .expect(200);
    assert_eq!(
        (&rule["exempt"], &rule["by"]),
        (&json!(true), &json!("ops"))
    );
    assert_eq!(ops.get("rooms").await["rooms"][0]["name"], "court");
    let plan = ops.planned("weekly", 3).await;
    assert_eq!(plan["total"]["held"], 5);

    let told = ops.get(&format!("explain?room={court}")).await;
    assert_eq!(
        (&told["policies"][0]["name"], &told["policies"][0]["rule"]),
        (&json!("weekly"), &json!("exempt"))
    );
    let told = ops.get("explain?room=lobby").await;
    assert_eq!(
        (&told["policies"][0]["rule"], &told["policies"][0]["due"]),
        (&json!("policy"), &json!(3))
    );
    assert_eq!(told["policies"][0]["runs"], true);

    let run = ops
        .post("runs", json!({"plan": plan["id"]}))
        .await
        .expect(202);
    assert_eq!(ops.over(&run).await["differs"], json!([]));
    assert_eq!(
        (
            archived(&alice, &lobby).await,
            archived(&alice, &court).await
        ),
        (3, 0)
    );

    let lifted = ops.send(Method::DELETE, &path, None, Value::Null).await;
    assert_eq!(lifted.status.as_u16(), 204);
    ops.planned("weekly", 5).await;
    server.stop().await;
}

#[tokio::test]
async fn the_archive_is_for_administrators_and_their_own_rooms() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    for (method, path) in [
        (Method::GET, "policies".to_owned()),
        (Method::POST, "policies".to_owned()),
        (Method::PATCH, "policies/weekly".to_owned()),
        (Method::DELETE, "policies/weekly".to_owned()),
        (Method::POST, "policies/weekly/run".to_owned()),
        (Method::POST, "schedule/preview".to_owned()),
        (Method::PUT, format!("rooms/{room}")),
        (Method::GET, format!("explain?room={room}")),
    ] {
        let ops = Ops { who: alice.clone() };
        let answer = ops.send(method, &path, None, weekly()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "forbidden"),
            "{path}"
        );
    }
    let ops = Ops::of(&server).await;
    let elsewhere = "0191b4a2-7c1e-7d3a-9f00-0000000000ff";
    for path in [
        format!("rooms/{elsewhere}"),
        format!("explain?room={elsewhere}"),
    ] {
        let answer = ops.send(Method::GET, &path, None, Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "room_not_found")
        );
    }
    server.stop().await;
}
