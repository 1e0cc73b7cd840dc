//! Policies over REST.

use serde_json::{Value, json};

use super::Desk;
use crate::{
    policies,
    testing::{DAY, HOUR, settle},
};

fn weekly() -> Value {
    json!({
        "name": "weekly",
        "older_than": "30 days",
        "action": "archive",
        "schedule": "every sunday at 3",
        "timezone": "Europe/Berlin",
    })
}

impl Desk {
    async fn made(&self) -> Value {
        let (status, policy) = self.ask("POST", "policies", weekly()).await;
        assert_eq!(status, 201, "{policy}");
        policy
    }
}

#[tokio::test]
async fn a_policy_is_made_read_changed_and_removed() {
    let desk = Desk::new().await;
    let made = desk.made().await;
    assert_eq!(
        (&made["rev"], &made["source"]),
        (&json!(1), &json!("administrator"))
    );
    assert_eq!(made["cron"], "0 3 * * 0");
    assert_eq!(made["english"], "every sunday at 03:00 Europe/Berlin");
    assert_eq!(made["zone"], "Europe/Berlin");
    assert_eq!(made["next"][0], "2026-01-04T03:00:00+01:00");
    assert_eq!(made["next_run_at"], "2026-01-04T02:00:00Z");
    for path in [
        "policies/weekly",
        &format!("policies/{}", made["id"].as_str().unwrap()),
    ] {
        assert_eq!(desk.get(path).await, made, "{path}");
    }

    let change = json!({"older_than": "7 days", "schedule": "0 4 * * *", "rooms": ["general"]});
    let (status, changed) = desk.ask("PATCH", "policies/weekly", change).await;
    assert_eq!((status, &changed["rev"]), (200, &json!(2)), "{changed}");
    assert_eq!(
        (&changed["older_than"], &changed["action"]),
        (&json!("7d"), &json!("archive"))
    );
    assert_eq!(changed["rooms"], json!(["general"]));
    assert_eq!(changed["english"], "every day at 04:00 Europe/Berlin");
    assert_eq!(
        changed["next_run_at"], "2026-01-01T03:00:00Z",
        "computed anew"
    );

    let (status, _) = desk.ask("DELETE", "policies/weekly", Value::Null).await;
    assert_eq!(status, 204);
    let (status, gone) = desk.ask("GET", "policies/weekly", Value::Null).await;
    assert_eq!((status, &gone["code"]), (404, &json!("policy_not_found")));
}

#[tokio::test]
async fn a_policy_that_was_made_here_runs_on_its_schedule() {
    let desk = Desk::new().await;
    desk.made().await;
    let room = desk.world.room("general", 3).await;
    desk.ask("POST", "policies/nightly/pause", Value::Null)
        .await;
    desk.world.pass(31 * DAY);
    crate::due::scan(&desk.world.archive).await.unwrap();
    settle(&desk.world.archive).await;
    let runs = desk.get("runs?policy=weekly").await;
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{runs}");
    assert_eq!(desk.world.archived(room).await, 3);
    assert_eq!(desk.get("runs?policy=nightly").await["runs"], json!([]));
}

#[tokio::test]
async fn who_has_seen_an_older_revision_changes_nothing() {
    let desk = Desk::new().await;
    desk.made().await;
    let change = |age: &str| json!({ "older_than": age });
    let tagged = async |tag: &str, method: &str, path: &str, body: Value| {
        desk.ask_if(tag, method, path, body).await
    };
    let (status, policy) = tagged("\"1\"", "PATCH", "policies/weekly", change("8 days")).await;
    assert_eq!((status, &policy["rev"]), (200, &json!(2)));
    for (method, path) in [
        ("PATCH", "policies/weekly"),
        ("DELETE", "policies/weekly"),
        ("POST", "policies/weekly/pause"),
    ] {
        let (status, problem) = tagged("\"1\"", method, path, change("9 days")).await;
        assert_eq!(
            (status, &problem["code"]),
            (409, &json!("stale_revision")),
            "{method} {path}"
        );
    }
    let kept = desk.get("policies/weekly").await;
    assert_eq!(
        (&kept["older_than"], &kept["paused"]),
        (&json!("8d"), &json!(false))
    );
    let (status, problem) = tagged("1", "DELETE", "policies/weekly", Value::Null).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_field")));
    assert_eq!(problem["errors"][0]["field"], "if-match");
}

#[tokio::test]
async fn what_is_wrong_with_a_policy_is_said_by_field() {
    let desk = Desk::new().await;
    desk.made().await;
    for (change, field) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(65)}), "name"),
        (
            json!({"name": "0191b4a2-7c1e-7d3a-9f00-0000000000ff"}),
            "name",
        ),
        (json!({"older_than": "0"}), "older_than"),
        (json!({"older_than": "1 month"}), "older_than"),
        (json!({"schedule": "every fortnight"}), "schedule"),
        (json!({"schedule": "0 0 30 2 *"}), "schedule"),
        (json!({"timezone": "Europe/Londno"}), "timezone"),
        (json!({"rooms": ["general", ""]}), "rooms"),
    ] {
        let mut new = weekly();
        new["name"] = json!("other");
        new.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        for (method, path, body) in [
            ("POST", "policies", new),
            ("PATCH", "policies/weekly", change.clone()),
        ] {
            let (status, problem) = desk.ask(method, path, body).await;
            assert_eq!(
                (status, &problem["code"]),
                (400, &json!("invalid_field")),
                "{change}"
            );
            assert_eq!(problem["errors"][0]["field"], field, "{change}: {problem}");
        }
    }
    for body in [json!({"olderthan": "1 day"}), json!({"action": "delete"})] {
        let (status, problem) = desk.ask("PATCH", "policies/weekly", body.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_field")),
            "{body}"
        );
    }
    assert_eq!(
        desk.get("policies/weekly").await["rev"],
        1,
        "nothing was changed in part"
    );
}

#[tokio::test]
async fn a_name_may_have_spaces() {
    let desk = Desk::new().await;
    let mut new = weekly();
    new["name"] = json!("every week, ümläut");
    assert_eq!(desk.ask("POST", "policies", new).await.0, 201);
    let path = "policies/every%20week,%20%C3%BCml%C3%A4ut";
    assert_eq!(desk.get(path).await["name"], "every week, ümläut");
}

#[tokio::test]
async fn names_are_unique() {
    let desk = Desk::new().await;
    desk.made().await;
    for name in ["weekly", "nightly"] {
        let mut new = weekly();
        new["name"] = json!(name);
        let (status, problem) = desk.ask("POST", "policies", new).await;
        assert_eq!((status, &problem["code"]), (409, &json!("policy_exists")));
    }
    let taken = json!({"name": "nightly"});
    let (status, problem) = desk.ask("PATCH", "policies/weekly", taken).await;
    assert_eq!((status, &problem["code"]), (409, &json!("policy_exists")));
}

#[tokio::test]
async fn policies_of_the_configuration_can_only_be_paused_here() {
    let desk = Desk::new().await;
    let nightly = desk.get("policies/nightly").await;
    assert_eq!(nightly["source"], "configuration");
    for (method, body) in [
        ("PATCH", json!({"older_than": "1 day"})),
        ("DELETE", Value::Null),
    ] {
        let (status, problem) = desk.ask(method, "policies/nightly", body).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("policy_read_only")),
            "{method}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("configuration"), "{detail}");
    }
    let (status, paused) = desk
        .ask("POST", "policies/nightly/pause", Value::Null)
        .await;
    assert_eq!((status, &paused["paused"]), (200, &json!(true)));
    assert!(paused.get("next_run_at").is_none());
    desk.world.pass(2 * DAY);
    crate::due::scan(&desk.world.archive).await.unwrap();
    assert_eq!(desk.get("runs").await["runs"], json!([]), "it rests");

    // A server that starts anew finds it as it was.
    let wanted = super::settings().archive.policies;
    let wanted = policies::from_settings(&wanted, &crate::testing::limits()).unwrap();
    let store = &*desk.world.store;
    policies::synchronise(store, wanted, desk.world.now())
        .await
        .unwrap();
    assert_eq!(desk.get("policies/nightly").await["paused"], true);

    let (_, resumed) = desk
        .ask("POST", "policies/nightly/resume", Value::Null)
        .await;
    assert_eq!(
        resumed["next_run_at"], "2026-01-03T02:00:00Z",
        "nothing is made up for"
    );
    let (_, again) = desk
        .ask("POST", "policies/nightly/resume", Value::Null)
        .await;
    assert_eq!(
        again, resumed,
        "resuming what is not paused changes nothing"
    );
}

#[tokio::test]
async fn a_name_that_the_configuration_wants_is_made_free() {
    let desk = Desk::new().await;
    let made = desk.made().await;
    let mut setting = super::settings().archive.policies;
    setting[0].name = "weekly".to_owned();
    let wanted = policies::from_settings(&setting, &crate::testing::limits()).unwrap();
    let store = &*desk.world.store;
    policies::synchronise(store, wanted, desk.world.now())
        .await
        .unwrap();
    let weekly = desk.get("policies/weekly").await;
    assert_eq!(weekly["source"], "configuration");
    let path = format!("policies/{}", made["id"].as_str().unwrap());
    let other = desk.get(&path).await;
    let name = other["name"].as_str().unwrap();
    assert!(name.starts_with("weekly~"), "{name}");
    assert_eq!(other["next_run_at"], made["next_run_at"], "it runs on");
}

#[tokio::test]
async fn a_policy_is_planned_and_run_by_its_name() {
    let desk = Desk::new().await;
    let room = desk.world.room("general", 25).await;
    desk.world.pass(2 * HOUR);
    let (status, plan) = desk
        .ask("POST", "policies/nightly/preview", Value::Null)
        .await;
    assert_eq!((status, &plan["total"]["due"]), (201, &json!(25)));
    assert_eq!(plan["trigger"], "dry_run");
    let (status, run) = desk.ask("POST", "policies/nightly/run", Value::Null).await;
    assert_eq!(status, 202);
    let (status, problem) = desk.ask("POST", "policies/nightly/run", Value::Null).await;
    assert_eq!((status, &problem["code"]), (409, &json!("run_in_progress")));
    let run = desk.end_of(&run).await;
    assert_eq!(
        (&run["phase"], &run["total"]["moved"]),
        (&json!("finished"), &json!(25))
    );
    assert_eq!(desk.world.archived(room).await, 25);
    let missing = desk.ask("POST", "policies/other/run", Value::Null).await;
    assert_eq!(missing.1["code"], "policy_not_found");
}

/// In Berlin the clock goes from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on
/// 25 October.
#[tokio::test]
async fn a_schedule_says_when_it_comes_also_where_the_clock_jumps() {
    let desk = Desk::new().await;
    let next = async |schedule: &str, after: &str| {
        let asked = json!({"schedule": schedule, "zone": "Europe/Berlin", "after": after});
        let (status, view) = desk.ask("POST", "schedule/preview", asked).await;
        assert_eq!(status, 200, "{view}");
        assert_eq!(view["next"].as_array().unwrap().len(), 5);
        view
    };
    let spring = next("every day at 2:30", "2026-03-28T12:00:00Z").await;
    assert_eq!(spring["cron"], "30 2 * * *");
    assert_eq!(spring["english"], "every day at 02:30 Europe/Berlin");
    assert_eq!(
        spring["next"][0], "2026-03-29T03:00:00+02:00",
        "the first that exists"
    );
    assert_eq!(spring["next"][1], "2026-03-30T02:30:00+02:00");
    let autumn = next("30 2 * * *", "2026-10-24T12:00:00Z").await;
    assert_eq!(autumn["english"], "every day at 02:30 Europe/Berlin");
    assert_eq!(
        autumn["next"][0], "2026-10-25T02:30:00+02:00",
        "the first of two"
    );
    assert_eq!(autumn["next"][1], "2026-10-26T02:30:00+01:00");

    for (asked, field) in [
        (json!({"schedule": "now and then"}), "schedule"),
        (
            json!({"schedule": "every day", "timezone": "Mars/Olympus"}),
            "timezone",
        ),
    ] {
        let (status, problem) = desk.ask("POST", "schedule/preview", asked).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_field")));
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn administrators_make_only_so_many() {
    let desk = Desk::new().await;
    let make = async |name: String| {
        let mut policy = weekly();
        policy["name"] = json!(name);
        desk.ask("POST", "policies", policy).await
    };
    for n in 0..domain::Limits::default().archive_policies {
        let (status, made) = make(format!("policy {n}")).await;
        assert_eq!(
            status, 201,
            "those of the configuration do not count: {made}"
        );
    }
    let (status, refused) = make("one more".into()).await;
    assert_eq!(
        (status, &refused["code"]),
        (409, &json!("too_many_policies"))
    );
    desk.ask("DELETE", "policies/policy%207", Value::Null).await;
    assert_eq!(make("one more".into()).await.0, 201);
}
