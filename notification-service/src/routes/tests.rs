//! Rules and explanations over REST.

use std::time::Duration;

use bytes::Bytes;
use domain::{
    Content, MessageId, NewChange, NewRow, Row, UserId,
    ports::{Clock, Members},
};
use edge::Context;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use testkit::builders::{leave, message};
use tower::ServiceExt;
use warp::{filters::BoxedFilter, reply::Response};

use crate::testing::World;

/// Ann talks in the lobby, bob is asked about.
struct Lobby {
    world: World,
    routes: BoxedFilter<(Response,)>,
    token: String,
    room: domain::RoomId,
    ann: UserId,
    bob: UserId,
}

impl Lobby {
    async fn new() -> Self {
        let world = World::new();
        let (ann, bob) = (world.person("ann").await, world.person("bob").await);
        let room = world.channel("lobby", ann, &[bob]).await;
        let routes = super::service(&world.ctx).routes;
        let token = token(&world.ctx, bob).await;
        Self {
            world,
            routes,
            token,
            room,
            ann,
            bob,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = warp::http::Request::builder()
            .method(method)
            .uri(format!("/api/v1/notifications{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap();
        let service = warp::service(self.routes.clone());
        let response = service.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn rule(&self, body: Value) -> Value {
        let path = format!("/rules/{}", self.room);
        let (status, answer) = self.ask("PUT", &path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn refused(&self, method: &str, path: &str, body: Value) -> String {
        let (status, answer) = self.ask(method, path, body).await;
        assert!(status >= 400, "{answer}");
        answer["code"].as_str().unwrap().to_owned()
    }

    async fn say(&self, mentions: Vec<UserId>) -> Row {
        let content = Content {
            mentions,
            ..Content::plain("hello")
        };
        let said = NewRow {
            change: NewChange::Message { content },
            ..message(self.ann, "")
        };
        self.world.clock.advance(Duration::from_secs(1));
        self.world.append(self.room, said).await
    }

    /// What became of a message, by which rule, and the inbox has it or not.
    async fn explained(&self, row: &Row) -> (String, String) {
        let (status, said) = self
            .ask("GET", &format!("/explain?message={}", row.id), Value::Null)
            .await;
        assert_eq!(status, 200, "{said}");
        let word = |field: &str| said[field].as_str().unwrap().to_owned();
        let in_inbox = self.inbox().await.contains(&row.seq);
        assert_eq!(in_inbox, word("outcome") == "waiting", "{said}");
        (word("outcome"), word("decided_by"))
    }

    async fn inbox(&self) -> Vec<u64> {
        let (_, page) = self.ask("GET", "", Value::Null).await;
        let found = page["notifications"].as_array().unwrap();
        found.iter().map(|n| n["seq"].as_u64().unwrap()).collect()
    }
}

/// The token of somebody who has just logged in.
async fn token(ctx: &Context, user: UserId) -> String {
    let user = ctx.ports.store.user(user).await.unwrap().unwrap();
    let begun = ctx.auth.begin_once(&user, domain::Label::default());
    begun.await.unwrap().token
}

fn decided(outcome: &str, by: &str) -> (String, String) {
    (outcome.to_owned(), by.to_owned())
}

#[tokio::test]
async fn a_mute_keeps_quiet_what_is_said_meanwhile_also_when_it_is_over() {
    let lobby = Lobby::new().await;
    let before = lobby.say(vec![]).await;
    lobby.world.clock.advance(Duration::from_secs(1));
    let until = lobby.world.clock.now() + Duration::from_secs(60);
    let answer = lobby.rule(json!({"muted_until": until})).await;
    assert_eq!(answer["muted_until"], json!(until));
    let during = lobby.say(vec![lobby.bob]).await;
    lobby.world.clock.advance(Duration::from_secs(60));
    let after = lobby.say(vec![]).await;
    assert_eq!(lobby.explained(&before).await, decided("waiting", "news"));
    let quiet = lobby.explained(&during).await;
    assert_eq!(quiet, decided("suppressed", "muted"), "a mention as well");
    assert_eq!(lobby.explained(&after).await, decided("waiting", "news"));
    let (_, rule) = lobby
        .ask("GET", &format!("/rules/{}", lobby.room), Value::Null)
        .await;
    assert_eq!(rule["muted_until"], Value::Null, "it is over");
}

#[tokio::test]
async fn a_level_chooses_mentions_or_nothing() {
    let lobby = Lobby::new().await;
    lobby.rule(json!({"level": "mentions"})).await;
    let plain = lobby.say(vec![]).await;
    let meant = lobby.say(vec![lobby.bob]).await;
    let heard = lobby.explained(&plain).await;
    assert_eq!(heard, decided("suppressed", "not_mentioned"));
    assert_eq!(lobby.explained(&meant).await, decided("waiting", "news"));
    lobby.rule(json!({"level": "none"})).await;
    assert_eq!(lobby.explained(&meant).await, decided("suppressed", "off"));
    let (_, listed) = lobby.ask("GET", "/rules", Value::Null).await;
    assert_eq!(listed["rules"][0]["level"], "none");
    lobby.rule(json!({})).await;
    let (_, listed) = lobby.ask("GET", "/rules", Value::Null).await;
    assert_eq!(listed["rules"], json!([]), "as everybody begins");
}

#[tokio::test]
async fn what_is_acknowledged_is_explained_as_such() {
    let lobby = Lobby::new().await;
    let said = lobby.say(vec![]).await;
    let body = json!({"room": lobby.room, "seq": said.seq});
    assert_eq!(lobby.ask("POST", "/ack", body).await.0, 204);
    let outcome = lobby.explained(&said).await;
    assert_eq!(outcome, decided("acknowledged", "news"));
}

#[tokio::test]
async fn what_is_not_ones_own_to_know_is_not_found() {
    let lobby = Lobby::new().await;
    let elsewhere = lobby.world.channel("elsewhere", lobby.ann, &[]).await;
    let said = lobby.world.say(elsewhere, lobby.ann, "secret").await;
    for message in [
        said.id.to_string(),
        MessageId::new().to_string(),
        "x".into(),
    ] {
        let path = format!("/explain?message={message}");
        let code = lobby.refused("GET", &path, Value::Null).await;
        assert_eq!(code, "message_not_found");
    }
    let nothing = lobby.refused("GET", "/explain", Value::Null).await;
    assert_eq!(nothing, "invalid_field");
    for method in ["GET", "PUT"] {
        let path = format!("/rules/{elsewhere}");
        let code = lobby.refused(method, &path, json!({})).await;
        assert_eq!(code, "room_not_found");
    }
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_changes_nothing() {
    let lobby = Lobby::new().await;
    let path = format!("/rules/{}", lobby.room);
    let past = lobby.world.clock.now();
    for (body, code) in [
        (json!({"level": "loud"}), "invalid_field"),
        (json!({"muted_untill": past}), "invalid_field"),
        (json!({"muted_until": past}), "invalid_field"),
        (
            json!({"level": "none", "muted_until": "tomorrow"}),
            "invalid_field",
        ),
    ] {
        assert_eq!(lobby.refused("PUT", &path, body).await, code);
    }
    let member = lobby.world.store.member(lobby.room, lobby.bob).await;
    assert_eq!(member.unwrap().unwrap().rule, domain::Rule::default());
}

#[tokio::test]
async fn who_left_hears_why_nothing_comes() {
    let lobby = Lobby::new().await;
    let member = lobby.world.store.member(lobby.room, lobby.bob).await;
    let rev = member.unwrap().unwrap().rev;
    lobby
        .world
        .append(lobby.room, leave(lobby.bob, rev + 1))
        .await;
    let said = lobby.say(vec![]).await;
    let heard = lobby.explained(&said).await;
    assert_eq!(heard, decided("suppressed", "not_a_member"));
}

#[tokio::test]
async fn rules_have_a_rate() {
    let lobby = Lobby::new().await;
    let path = format!("/rules/{}", lobby.room);
    for _ in 0..1_000 {
        let (status, answer) = lobby.ask("PUT", &path, json!({"level": "none"})).await;
        if status == 429 {
            assert_eq!(answer["code"], "rate_limited");
            return;
        }
    }
    panic!("they come as fast as one likes");
}
