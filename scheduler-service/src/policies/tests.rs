use super::*;
use crate::testing::{DAY, World, at, limits};

fn setting(change: serde_json::Value) -> PolicySetting {
    let mut setting = serde_json::json!({
        "name": "nightly",
        "older_than": "90 days",
        "action": "archive",
        "schedule": "every day at 02:00",
        "timezone": "Europe/London",
    });
    let fields = setting.as_object_mut().unwrap();
    fields.extend(change.as_object().unwrap().clone());
    serde_json::from_value(setting).unwrap()
}

fn read(change: serde_json::Value) -> Policy {
    from_settings(&[setting(change)], &limits())
        .unwrap()
        .remove(0)
}

#[test]
fn a_policy_is_read() {
    let policy = read(serde_json::json!({"rooms": ["general"]}));
    assert_eq!(policy.id, id_of("nightly"));
    assert_eq!(policy.older_than.as_secs(), 90 * 86_400);
    assert_eq!(
        policy.scope,
        Scope::Rooms(vec![RoomName::stored("general".into())])
    );
    assert_eq!(read(serde_json::json!({})).scope, Scope::AllRooms);
}

#[test]
fn what_is_wrong_is_said_with_the_path_of_the_setting() {
    for (change, path, part) in [
        (
            serde_json::json!({"older_than": "0"}),
            "older_than",
            "not an age",
        ),
        (
            serde_json::json!({"older_than": "0s"}),
            "older_than",
            "more than zero",
        ),
        (
            serde_json::json!({"timezone": "Europe/Londno"}),
            "timezone",
            "Europe/Londno",
        ),
        (
            serde_json::json!({"schedule": "every fortnight"}),
            "schedule",
            "fortnight",
        ),
        (serde_json::json!({"name": " "}), "name", "needs a name"),
        (
            serde_json::json!({"rooms": ["ok", "a\u{0}b"]}),
            "rooms[1]",
            "control",
        ),
    ] {
        let good = setting(serde_json::json!({"name": "other"}));
        let problems = from_settings(&[good, setting(change)], &limits()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let said = problems[0].to_string();
        assert!(
            said.starts_with(&format!("archive.policies[1].{path}: ")),
            "{said}"
        );
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let twice = setting(serde_json::json!({"older_than": "0", "schedule": "never"}));
    let problems = from_settings(&[twice.clone(), twice], &limits()).unwrap_err();
    let paths: Vec<_> = problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "archive.policies[0].older_than",
            "archive.policies[0].schedule",
            "archive.policies[1].name",
            "archive.policies[1].older_than",
            "archive.policies[1].schedule",
        ]
    );
}

#[tokio::test]
async fn the_store_follows_the_configuration() {
    let world = World::new();
    let now = world.now();
    let store = &*world.store;
    let set =
        |policies: Vec<Policy>| async move { synchronise(store, policies, now).await.unwrap() };
    let stored = || async { world.archive.policies().await.unwrap() };

    set(vec![
        read(serde_json::json!({})),
        read(serde_json::json!({"name": "old"})),
    ])
    .await;
    assert_eq!(stored().await.len(), 2);
    let first = stored().await[0].clone();
    assert_eq!(first.next_run_at, Some(at("2026-01-01T02:00:00Z")));

    world
        .archive
        .parts
        .store
        .advance_policy(
            first.id,
            first.next_run_at,
            Some(at("2026-01-05T02:00:00Z")),
        )
        .await
        .unwrap();
    set(vec![read(serde_json::json!({"older_than": "30 days"}))]).await;
    let [kept] = &stored().await[..] else {
        panic!("the other was removed")
    };
    assert_eq!(kept.id, first.id);
    assert_eq!(kept.older_than.as_secs(), 30 * 86_400);
    assert_eq!(
        kept.next_run_at,
        Some(at("2026-01-05T02:00:00Z")),
        "its slot stays"
    );

    set(vec![read(
        serde_json::json!({"timezone": "America/New_York"}),
    )])
    .await;
    assert_eq!(
        stored().await[0].next_run_at,
        Some(at("2026-01-01T07:00:00Z"))
    );
    set(vec![read(serde_json::json!({"enabled": false}))]).await;
    assert_eq!(stored().await[0].next_run_at, None);
    set(Vec::new()).await;
    assert_eq!(stored().await, []);
    set(vec![read(serde_json::json!({"enabled": true}))]).await;
    assert_eq!(
        stored().await[0].next_run_at,
        Some(at("2026-01-01T02:00:00Z"))
    );
}

/// A server that was started in the wrong folder for once must not forget what was missed.
#[tokio::test]
async fn a_policy_that_comes_back_finds_its_slot_again() {
    let world = World::new();
    let store = &*world.store;
    let nightly = || vec![read(serde_json::json!({}))];
    synchronise(store, nightly(), world.now()).await.unwrap();
    world.pass(2 * DAY);
    for _ in 0..2 {
        synchronise(store, Vec::new(), world.now()).await.unwrap();
        assert_eq!(world.archive.policies().await.unwrap(), []);
        crate::due::scan(&world.archive).await.unwrap();
        assert_eq!(world.scheduled().await, [], "it does not run meanwhile");
    }
    synchronise(store, nightly(), world.now()).await.unwrap();
    let back = world.archive.policy("nightly").await.unwrap();
    assert!(back.enabled);
    assert_eq!(back.next_run_at, Some(at("2026-01-01T02:00:00Z")));
}

/// What no list shows is in nobody's way.
#[tokio::test]
async fn the_name_of_a_withdrawn_policy_is_free() {
    let world = World::new();
    let (store, archive) = (&*world.store, &world.archive);
    for name in ["nightly", "weekly"] {
        let of_configuration = vec![read(serde_json::json!({"name": name}))];
        let synchronised = synchronise(store, of_configuration, world.now());
        synchronised.await.unwrap();
    }
    synchronise(store, Vec::new(), world.now()).await.unwrap();
    let own = setting(serde_json::json!({"name": "nightly"}));
    archive.create_policy(&own, &limits()).await.unwrap();
    let rename = |policy: &mut PolicySetting| policy.name = "weekly".into();
    let limits = limits();
    let renamed = archive.change_policy("nightly", None, &limits, rename);
    assert_eq!(renamed.await.unwrap().name, "weekly");
    let names = archive.policies().await.unwrap();
    assert_eq!(names.len(), 1, "{names:?}");
}
