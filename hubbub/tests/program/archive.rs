//! The archive from the command line, with a running server and without one.

use serde_json::{Value, json};

use crate::support::{Place, Serving};

pub(crate) const POLICY: &str = "
[[archive.policies]]
name = 'old'
older_than = '1ms'
action = 'archive'
schedule = 'every day at 02:00'
timezone = 'Europe/London'
";

/// A place with three messages that are due.
pub(crate) fn place() -> Place {
    let place = Place::new();
    place.write("hubbub.toml", POLICY);
    let serving = place.serve();
    say(&serving, &["one", "two", "three"]);
    assert_eq!(serving.end("-TERM"), Some(0));
    place
}

fn say(serving: &Serving, texts: &[&str]) {
    let ann = json!({ "username": "ann", "password": "correct horse" });
    let token = serving.post("/api/v1/auth/signup", "", &ann);
    let token = token["token"].as_str().unwrap_or_default();
    let room = serving.post("/api/v1/rooms", token, &json!({ "name": "kitchen" }));
    let path = format!(
        "/api/v1/rooms/{}/messages",
        room["id"].as_str().unwrap_or_default()
    );
    for text in texts {
        serving.post(&path, token, &json!({ "content": text }));
    }
}

/// Runs a command that must succeed and answers in JSON.
pub(crate) fn json_of(place: &Place, args: &[&str]) -> Value {
    let done = place.run(args);
    assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
    serde_json::from_str(&done.stdout).expect("JSON")
}

fn counts(run: &Value) -> (u64, u64) {
    let count = |name: &str| run["total"][name].as_u64().expect("a count");
    (count("due"), count("moved"))
}

#[test]
fn a_plan_tells_the_truth_and_a_restore_undoes_the_run() {
    let place = place();
    let plan = json_of(&place, &["archive", "plan", "old", "--json"]);
    assert_eq!(counts(&plan), (3, 0));
    let id = plan["id"].as_str().unwrap();
    let run = json_of(&place, &["archive", "run", "--plan", id, "--json"]);
    assert_eq!(
        (run["phase"].as_str(), counts(&run)),
        (Some("finished"), (3, 3))
    );
    assert_eq!(run["differs"], json!([]), "{run}");
    let serving = place.serve();
    let id = run["id"].as_str().unwrap();
    let restore = json_of(&place, &["archive", "restore", id, "--json"]);
    assert_eq!(
        (restore["phase"].as_str(), counts(&restore).1),
        (Some("finished"), 3)
    );
    let again = json_of(&place, &["archive", "run", "old", "--json"]);
    assert_eq!(counts(&again).1, 0, "what was restored is held");
    drop(serving);
}

#[test]
fn people_read_the_same_with_a_server_and_without() {
    let place = place();
    let plan = place.run(&["archive", "plan", "old"]);
    assert!(
        plan.stdout.contains("due: 3 messages in 1 room"),
        "{plan:?}"
    );
    assert!(
        plan.stdout.contains("hubbub archive run --plan "),
        "{plan:?}"
    );
    let run = place.run(&["archive", "run", "old"]);
    assert!(
        run.stdout.contains("moved: 3 of 3 messages in 1 room"),
        "{run:?}"
    );
    assert_eq!(run.stderr, "", "no bar where nobody looks");
    let alone = ["policies", "runs"].map(|what| place.run(&["archive", what]));
    let _serving = place.serve();
    let through = ["policies", "runs"].map(|what| place.run(&["archive", what]));
    for (alone, through) in alone.iter().zip(&through) {
        assert_eq!((alone.code, &alone.stdout), (Some(0), &through.stdout));
    }
    assert!(alone[0].stdout.contains("Europe/London"), "{alone:?}");
    assert!(alone[1].stdout.contains("dry run"), "{alone:?}");
}

#[test]
fn what_does_not_exist_is_one_line() {
    let place = place();
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (args, code) in [
        (&["archive", "plan", "new"][..], "(policy_not_found)"),
        (&["archive", "run", "new"], "(policy_not_found)"),
        (&["archive", "run", "--plan", nobody], "(run_not_found)"),
        (&["archive", "restore", nobody], "(run_not_found)"),
    ] {
        let done = place.run(args);
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        assert!(done.complaint().ends_with(code), "{args:?}: {done:?}");
    }
}

#[test]
fn a_plan_can_be_made_of_an_age_and_rooms() {
    let place = place();
    let plan = |args: &[&str]| {
        let args = [&["archive", "plan", "--json"], args].concat();
        counts(&json_of(&place, &args)).0
    };
    assert_eq!(plan(&["--older-than", "1ms"]), 3);
    assert_eq!(plan(&["--older-than", "90 days"]), 0);
    assert_eq!(plan(&["--older-than", "1ms", "--room", "kitchen"]), 3);
    let elsewhere = ["--older-than", "1ms", "--room", "hall", "--room", "attic"];
    assert_eq!(plan(&elsewhere), 0);
    let read = place.run(&[&["archive", "plan"], &elsewhere[..]].concat());
    let subject = "for what is older than 1ms in the rooms hall, attic: nothing was moved";
    assert!(read.stdout.contains(subject), "{read:?}");
}

#[test]
fn a_restore_can_be_of_one_room_and_for_some_days() {
    let place = place();
    let run = json_of(&place, &["archive", "run", "old", "--json"]);
    let id = run["id"].as_str().unwrap();
    let restore = ["archive", "restore", id, "--hold-days", "7", "--room"];
    let elsewhere = place.run(&[&restore[..], &["hall"]].concat());
    assert_eq!(elsewhere.code, Some(1));
    assert!(
        elsewhere.complaint().contains("there is no room `hall`"),
        "{elsewhere:?}"
    );
    let back = json_of(&place, &[&restore[..], &["kitchen", "--json"]].concat());
    assert_eq!(counts(&back).1, 3);
    let (begun, held) = (&back["started_at"], &back["hold_until"]);
    let day = |moment: &Value| moment.as_str().unwrap()[..10].to_owned();
    assert_ne!(day(begun), day(held));
}

#[test]
fn a_policy_rests_a_room_is_explained_and_a_schedule_is_told() {
    let place = place();
    let says = |args: &[&str], parts: &[&str]| {
        let done = place.run(&[&["archive"], args].concat());
        assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
        for part in parts {
            assert!(done.stdout.contains(part), "{args:?}: {done:?}");
        }
    };
    says(
        &["schedule", "every day at 3", "--zone", "Europe/Berlin"],
        &[
            "cron: 0 3 * * *",
            "in words: every day at 03:00 Europe/Berlin",
        ],
    );
    says(
        &["explain", "kitchen"],
        &[
            "`kitchen` goes by the policies",
            "policy old: 3 messages due",
            "next 2",
        ],
    );
    says(&["pause", "old"], &["paused"]);
    says(&["explain", "kitchen"], &["does not run by itself"]);
    says(&["policies"], &["paused"]);
    says(&["resume", "old"], &["T02:00:00"]);
    for (args, code) in [
        (["explain", "hall"], "(room_not_found)"),
        (["pause", "new"], "(policy_not_found)"),
    ] {
        let done = place.run(&[&["archive"], &args[..]].concat());
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        assert!(done.complaint().ends_with(code), "{args:?}: {done:?}");
    }
}
