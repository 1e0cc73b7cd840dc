mod policies;
mod rooms;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{NewUser, RunId, User, ports::Users};
use edge::Context;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use settings::{Secret, Settings};
use testkit::builders;
use tower::ServiceExt;

use super::*;
use crate::{
    policies::{from_settings, synchronise},
    testing::{HOUR, World, settle},
};

/// The archive's routes over a world, and the tokens of an administrator and of somebody else.
struct Desk {
    world: World,
    routes: BoxedFilter<(Response,)>,
    admin: String,
    other: String,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new();
        let ctx = context(&world);
        let admin = token(&world, &ctx, "ann", true).await;
        let other = token(&world, &ctx, "bob", false).await;
        let wanted = from_settings(&settings().archive.policies, &ctx.limits).unwrap();
        let store = &*world.store;
        synchronise(store, wanted, world.now()).await.unwrap();
        let routes = routes(&ctx, world.archive.clone());
        Self {
            world,
            routes,
            admin,
            other,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.ask_as(&self.admin, method, path, body).await
    }

    async fn ask_as(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.send(token, ("x-none", ""), (method, path), body).await
    }

    /// Asks with `If-Match`.
    async fn ask_if(&self, tag: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.send(&self.admin, ("if-match", tag), (method, path), body)
            .await
    }

    async fn send(
        &self,
        token: &str,
        (header, value): (&str, &str),
        (method, path): (&str, &str),
        body: Value,
    ) -> (u16, Value) {
        let request = warp::http::Request::builder()
            .method(method)
            .uri(format!("/api/v1/admin/archive/{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header(header, value)
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap();
        let service = warp::service(self.routes.clone());
        let response = service.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// A run, once it is over.
    async fn end_of(&self, run: &Value) -> Value {
        settle(&self.world.archive).await;
        self.get(&format!("runs/{}", run["id"].as_str().unwrap()))
            .await
    }
}

fn settings() -> Settings {
    let policies = json!([{
        "name": "nightly",
        "older_than": "1 hour",
        "action": "archive",
        "schedule": "every day at 02:00",
        "timezone": "Europe/London",
    }]);
    Settings {
        // Tests let months pass.
        auth: settings::Auth {
            token_seconds: 90 * 86_400,
            ..settings::Auth::default()
        },
        archive: serde_json::from_value(json!({ "policies": policies })).unwrap(),
        ..Settings::default()
    }
}

fn context(world: &World) -> Context {
    let ports = domain::ports::Ports {
        store: world.store.clone(),
        cache: Arc::new(adapter_local::LocalCache::new()),
        presences: Arc::new(adapter_local::LocalPresences::new()),
        visitors: Arc::new(adapter_local::LocalPresences::new()),
        budgets: None,
        feed: None,
        bus: Arc::new(adapter_local::LocalBus::new()),
        blobs: Arc::new(adapter_blobs::DirBlobs::open(world.dir.path().join("blobs")).unwrap()),
        queue: Arc::new(adapter_sqlite::SqliteQueue::new(world.store.clone())),
        clock: world.clock.clone(),
        dependencies: Vec::new(),
    };
    let secret = Secret::new("5b1d0c6fe2a94e8797c1f0a3d24b6e58");
    Context::new(Arc::new(settings()), ports, &secret)
}

async fn token(world: &World, ctx: &Context, name: &str, admin: bool) -> String {
    let user = NewUser {
        admin,
        ..builders::new_user(name)
    };
    let user: User = world.store.create_user(user).await.unwrap();
    let begun = ctx.auth.begin_once(&user, domain::Label::default());
    begun.await.unwrap().token
}

#[tokio::test]
async fn only_administrators_are_answered() {
    let desk = Desk::new().await;
    for (method, path) in [
        ("GET", "policies"),
        ("POST", "preview"),
        ("GET", "runs"),
        ("POST", "runs"),
        ("GET", "runs/x"),
        ("POST", "runs/x/cancel"),
        ("POST", "restore"),
        ("POST", "policies"),
        ("GET", "policies/nightly"),
        ("PATCH", "policies/nightly"),
        ("DELETE", "policies/nightly"),
        ("POST", "policies/nightly/pause"),
        ("POST", "policies/nightly/resume"),
        ("POST", "policies/nightly/preview"),
        ("POST", "policies/nightly/run"),
        ("POST", "schedule/preview"),
        ("GET", "runs/x/rooms"),
        ("GET", "runs/x/differences"),
        ("GET", "rooms"),
        ("GET", "rooms/x"),
        ("PUT", "rooms/x"),
        ("DELETE", "rooms/x"),
        ("GET", "explain?room=x"),
    ] {
        let (status, body) = desk.ask_as(&desk.other, method, path, json!({})).await;
        assert_eq!(
            (status, &body["code"]),
            (403, &json!("forbidden")),
            "{method} {path}"
        );
        let (status, body) = desk.ask_as("nonsense", method, path, json!({})).await;
        assert_eq!(
            (status, &body["code"]),
            (401, &json!("token_invalid")),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn policies_are_shown_in_words_with_their_next_times() {
    let desk = Desk::new().await;
    let body = desk.get("policies").await;
    let policy = &body["policies"][0];
    assert_eq!(policy["name"], "nightly");
    assert_eq!(policy["english"], "every day at 02:00 Europe/London");
    assert_eq!(policy["cron"], "0 2 * * *");
    assert_eq!(policy["older_than"], "1h");
    assert_eq!(policy["next"].as_array().unwrap().len(), 5);
    assert_eq!(policy["next"][0], "2026-01-01T02:00:00+00:00");
    assert_eq!(policy["next_run_at"], "2026-01-01T02:00:00Z");
}

#[tokio::test]
async fn plan_run_watch_restore() {
    let desk = Desk::new().await;
    let room = desk.world.room("general", 12).await;
    desk.world.pass(2 * HOUR);

    let (status, plan) = desk
        .ask("POST", "preview", json!({"policy": "nightly"}))
        .await;
    assert_eq!((status, &plan["trigger"]), (201, &json!("dry_run")));
    assert_eq!(
        (&plan["total"]["due"], &plan["total"]["moved"]),
        (&json!(12), &json!(0))
    );
    let rooms = format!("runs/{}/rooms", plan["id"].as_str().unwrap());
    assert_eq!(desk.get(&rooms).await["rooms"][0]["name"], "general");
    assert_eq!(plan["good_until"], "2026-01-02T02:00:00Z");
    assert_eq!(desk.world.archived(room).await, 0);

    let (status, run) = desk.ask("POST", "runs", json!({"plan": plan["id"]})).await;
    assert_eq!((status, &run["by"]), (202, &json!("ann")));
    let run = desk.end_of(&run).await;
    assert_eq!(
        (&run["phase"], &run["total"]["moved"]),
        (&json!("finished"), &json!(12))
    );
    assert_eq!(run["differs"], json!([]));
    assert_eq!(desk.world.archived(room).await, 12);

    let wanted = json!({"run": run["id"], "room": room.to_string(), "hold_days": 7});
    let (status, restore) = desk.ask("POST", "restore", wanted).await;
    assert_eq!((status, &restore["trigger"]), (202, &json!("restore")));
    assert_eq!(restore["hold_until"], "2026-01-08T02:00:00Z");
    let restore = desk.end_of(&restore).await;
    assert_eq!(restore["total"]["moved"], 12);
    assert_eq!(desk.world.archived(room).await, 0);

    let page = desk.get("runs?limit=2").await;
    assert_eq!(
        (page["runs"].as_array().unwrap().len(), &page["more"]),
        (2, &json!(true))
    );
    assert_eq!(page["runs"][0]["id"], restore["id"]);
    let before = page["runs"][1]["id"].as_str().unwrap();
    let rest = desk.get(&format!("runs?before={before}")).await;
    assert_eq!(
        (&rest["runs"][0]["id"], &rest["more"]),
        (&plan["id"], &json!(false))
    );
}

#[tokio::test]
async fn a_plan_can_be_made_without_a_policy() {
    let desk = Desk::new().await;
    let (one, two) = (
        desk.world.room("one", 3).await,
        desk.world.room("two", 3).await,
    );
    desk.world.pass(Duration::from_secs(120));
    let wanted = json!({"older_than": "1 minute", "rooms": ["two", "three"]});
    let (status, plan) = desk.ask("POST", "preview", wanted).await;
    assert_eq!((status, &plan["total"]["due"]), (201, &json!(3)));
    assert_eq!(plan["missing"], json!(["three"]));
    let (_, run) = desk.ask("POST", "runs", json!({"plan": plan["id"]})).await;
    assert_eq!(desk.end_of(&run).await["total"]["moved"], 3);
    let archived = (
        desk.world.archived(one).await,
        desk.world.archived(two).await,
    );
    assert_eq!(archived, (0, 3));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_a_code() {
    let desk = Desk::new().await;
    let id = RunId::new().to_string();
    for (path, body, status, code) in [
        (
            "preview",
            json!({"policy": "weekly"}),
            404,
            "policy_not_found",
        ),
        ("preview", json!({}), 400, "invalid_field"),
        ("preview", json!({"older_than": "0"}), 400, "invalid_field"),
        (
            "preview",
            json!({"older_than": "1h", "rooms": [""]}),
            400,
            "invalid_room_name",
        ),
        (
            "preview",
            json!({"policy": "nightly", "older_than": "1h"}),
            400,
            "invalid_field",
        ),
        ("runs", json!({}), 400, "invalid_field"),
        (
            "runs",
            json!({"plan": id, "policy": "nightly"}),
            400,
            "invalid_field",
        ),
        ("runs", json!({"plan": id}), 404, "run_not_found"),
        ("runs", json!({"plan": "x"}), 400, "invalid_field"),
        ("runs", json!({"other": 1}), 400, "invalid_field"),
        ("restore", json!({"run": id}), 404, "run_not_found"),
        (
            "restore",
            json!({"run": id, "hold_days": 0}),
            400,
            "invalid_field",
        ),
        ("runs/x/cancel", json!({}), 404, "run_not_found"),
    ] {
        let (answered, problem) = desk.ask("POST", path, body.clone()).await;
        assert_eq!(
            (answered, &problem["code"]),
            (status, &json!(code)),
            "{path} {body}"
        );
    }
    let (status, problem) = desk.ask("GET", "runs?before=x", Value::Null).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_cursor")));
}
