//! What rooms have of their own, over REST.

use domain::{NewRoom, TenantId, ports::Rooms};
use serde_json::{Value, json};
use testkit::builders;

use super::Desk;
use crate::testing::{DAY, HOUR};

impl Desk {
    async fn rule(&self, room: &str, rule: Value) -> Value {
        let (status, view) = self.ask("PUT", &format!("rooms/{room}"), rule).await;
        assert_eq!(status, 200, "{view}");
        view
    }

    /// A plan for the nightly policy, and its rooms by name.
    async fn planned(&self) -> (Value, Vec<Value>) {
        let (status, plan) = self
            .ask("POST", "policies/nightly/preview", Value::Null)
            .await;
        assert_eq!(status, 201, "{plan}");
        let path = format!("runs/{}/rooms", plan["id"].as_str().unwrap());
        let mut rooms = self.get(&path).await["rooms"].as_array().unwrap().clone();
        rooms.sort_by_key(|room| room["name"].to_string());
        (plan, rooms)
    }
}

#[tokio::test]
async fn a_plan_says_which_rule_decided_and_the_run_goes_by_it() {
    let desk = Desk::new().await;
    let (mut ids, names) = (Vec::new(), ["a-plain", "b-exempt", "c-longer", "d-shorter"]);
    for name in names {
        ids.push(desk.world.room(name, 5).await);
    }
    desk.world.pass(2 * HOUR);
    desk.world.say(ids[3], 2).await;
    desk.world.pass(HOUR / 2);
    desk.rule("b-exempt", json!({"exempt": true})).await;
    desk.rule(&ids[2].to_string(), json!({"older_than": "1 day"}))
        .await;
    desk.rule("d-shorter", json!({"older_than": "10 minutes"}))
        .await;

    let (plan, rooms) = desk.planned().await;
    let told: Vec<_> = rooms
        .iter()
        .map(|room| (&room["name"], &room["rule"], &room["due"], &room["held"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("a-plain"), &json!("policy"), &json!(5), &json!(0)),
            (&json!("b-exempt"), &json!("exempt"), &json!(0), &json!(5)),
            (
                &json!("d-shorter"),
                &json!("override"),
                &json!(7),
                &json!(0)
            ),
        ],
        "of c-longer nothing is due"
    );
    assert_eq!(plan["total"]["due"], 12);

    let (_, run) = desk.ask("POST", "runs", json!({"plan": plan["id"]})).await;
    let run = desk.end_of(&run).await;
    assert_eq!(
        (&run["total"]["moved"], &run["differs"]),
        (&json!(12), &json!([]))
    );
    let mut archived = Vec::new();
    for id in &ids {
        archived.push(desk.world.archived(*id).await);
    }
    assert_eq!(archived, [5, 0, 0, 7]);
}

#[tokio::test]
async fn what_was_decided_otherwise_since_the_plan_is_said() {
    let desk = Desk::new().await;
    desk.world.room("general", 5).await;
    desk.world.pass(2 * HOUR);
    let (plan, _) = desk.planned().await;
    desk.rule("general", json!({"exempt": true})).await;
    let (_, run) = desk.ask("POST", "runs", json!({"plan": plan["id"]})).await;
    let run = desk.end_of(&run).await;
    assert_eq!(run["total"]["moved"], 0);
    assert_eq!(run["differs"][0]["reasons"], json!(["rule_changed"]));
    let path = format!("runs/{}/differences?limit=1", run["id"].as_str().unwrap());
    let page = desk.get(&path).await;
    assert_eq!(
        (&page["differences"][0]["planned"], &page["more"]),
        (&json!(5), &json!(false))
    );
}

#[tokio::test]
async fn a_room_can_be_given_to_one_policy_alone() {
    let desk = Desk::new().await;
    let slow = json!({
        "name": "slow", "older_than": "30 days", "action": "archive",
        "schedule": "every sunday at 3", "rooms": ["elsewhere"],
    });
    let (_, slow) = desk.ask("POST", "policies", slow).await;
    let room = desk.world.room("general", 5).await;
    let view = desk.rule("general", json!({"policy": "slow"})).await;
    assert_eq!(
        (&view["policy"], &view["exempt"]),
        (&slow["id"], &json!(false))
    );
    desk.world.pass(2 * HOUR);
    assert_eq!(
        desk.planned().await.1,
        Vec::<Value>::new(),
        "it is not the nightly's any more"
    );
    desk.world.pass(31 * DAY);
    let (_, run) = desk.ask("POST", "policies/slow/run", Value::Null).await;
    assert_eq!(
        desk.end_of(&run).await["total"]["moved"],
        5,
        "though it does not name it"
    );
    assert_eq!(desk.world.archived(room).await, 5);
}

#[tokio::test]
async fn rules_are_read_listed_and_lifted() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(desk.world.room(name, 1).await.to_string());
        desk.rule(name, json!({"exempt": true})).await;
    }
    let one = desk.get("rooms/a").await;
    assert_eq!((&one["room"], &one["by"]), (&json!(ids[0]), &json!("ann")));
    ids.sort_unstable();
    let page = desk.get("rooms?limit=2").await;
    let listed = |page: &Value| {
        let rooms = page["rooms"].as_array().unwrap().iter();
        rooms
            .map(|room| room["room"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (listed(&page), &page["more"]),
        (ids[..2].to_vec(), &json!(true))
    );
    let rest = desk.get(&format!("rooms?limit=2&after={}", ids[1])).await;
    assert_eq!(
        (listed(&rest), &rest["more"]),
        (ids[2..].to_vec(), &json!(false))
    );

    for _ in 0..2 {
        let (status, _) = desk.ask("DELETE", "rooms/a", Value::Null).await;
        assert_eq!(status, 204);
    }
    let lifted = desk.get("rooms/a").await;
    assert_eq!((&lifted["exempt"], lifted.get("by")), (&json!(false), None));
    assert_eq!(listed(&desk.get("rooms").await).len(), 2);
}

#[tokio::test]
async fn an_explanation_says_who_covers_a_room_what_is_due_and_when() {
    let desk = Desk::new().await;
    desk.world.room("general", 5).await;
    desk.world.pass(2 * HOUR);
    let plain = desk.get("explain?room=general").await;
    let nightly = &plain["policies"][0];
    assert_eq!(
        (&nightly["name"], &nightly["rule"]),
        (&json!("nightly"), &json!("policy"))
    );
    assert_eq!((&nightly["due"], &nightly["held"]), (&json!(5), &json!(0)));
    assert_eq!(nightly["due_before"], "2026-01-01T01:00:00Z");
    assert_eq!(nightly["oldest"], "2026-01-01T00:00:00Z");
    assert_eq!(
        (&nightly["runs"], &nightly["next"]),
        (&json!(true), &json!("2026-01-01T02:00:00+00:00"))
    );

    desk.rule("general", json!({"exempt": true})).await;
    desk.ask("POST", "policies/nightly/pause", Value::Null)
        .await;
    let exempt = desk.get("explain?room=general").await;
    let nightly = &exempt["policies"][0];
    assert_eq!(
        (&exempt["exempt"], &nightly["rule"]),
        (&json!(true), &json!("exempt"))
    );
    assert_eq!((&nightly["due"], &nightly["held"]), (&json!(0), &json!(5)));
    assert_eq!(
        (&nightly["runs"], nightly.get("next")),
        (&json!(false), None)
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let desk = Desk::new().await;
    desk.world.room("general", 1).await;
    for (rule, status, code, field) in [
        (json!({}), 400, "invalid_field", "exempt"),
        (json!({"exempt": false}), 400, "invalid_field", "exempt"),
        (
            json!({"exempt": true, "older_than": "1 day"}),
            400,
            "invalid_field",
            "exempt",
        ),
        (
            json!({"older_than": "soon"}),
            400,
            "invalid_field",
            "older_than",
        ),
        (json!({"policy": "other"}), 404, "policy_not_found", ""),
    ] {
        let (answered, problem) = desk.ask("PUT", "rooms/general", rule.clone()).await;
        assert_eq!(
            (answered, &problem["code"]),
            (status, &json!(code)),
            "{rule}"
        );
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        assert_eq!(named, field, "{rule}");
    }
    assert_eq!(desk.get("explain?room=general").await["exempt"], false);
    let (_, problem) = desk.ask("GET", "explain", Value::Null).await;
    assert_eq!(problem["errors"][0]["field"], "room");
}

#[tokio::test]
async fn rooms_of_other_tenants_do_not_exist() {
    let desk = Desk::new().await;
    let theirs = NewRoom {
        tenant: TenantId::new("other"),
        ..builders::bare_channel("theirs")
    };
    let theirs = desk.world.store.create_room(theirs).await.unwrap().id;
    for (method, path) in [
        ("GET", format!("rooms/{theirs}")),
        ("PUT", format!("rooms/{theirs}")),
        ("DELETE", format!("rooms/{theirs}")),
        ("PUT", "rooms/theirs".to_owned()),
        ("GET", format!("explain?room={theirs}")),
        ("GET", "explain?room=nowhere".to_owned()),
    ] {
        let (status, problem) = desk.ask(method, &path, json!({"exempt": true})).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("room_not_found")),
            "{method} {path}"
        );
    }
    assert_eq!(desk.get("rooms").await["rooms"], json!([]));
}
