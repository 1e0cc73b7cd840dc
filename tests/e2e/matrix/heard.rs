//! Who hears what: everything happens in a room, while everybody listens.

use std::collections::{BTreeMap, BTreeSet};

use e2e::{Server, SignedIn, Socket, described::Described};
use serde_json::{Value, json};

use super::{
    ask::open,
    people::{Cast, Who, unique},
    rows::Section,
    scene::{Kind, Scene},
    table::Table,
};

/// What answers a request, tells of the server and of no room, or is told by an archive's run.
const NO_EVENTS: [&str; 7] = [
    "ack",
    "error",
    "resumed",
    "gap",
    "hello_rooms",
    "draining",
    "archived",
];

/// A way to listen.
struct Ear {
    section: Section,
    path: &'static str,
    /// What is said to hear the room.
    enter: Option<Value>,
    /// The type of the last frame that members hear.
    last: &'static str,
    /// What is answered with an `error` or an `ack`, after all that was told before.
    fence: Option<Value>,
}

fn ears() -> [Ear; 3] {
    [
        Ear {
            section: ("What the native socket tells", Kind::Group),
            path: "/api/v1/ws?events=messages,notifications",
            enter: Some(json!({"id": "in", "type": "ping"})),
            last: "room_deleted",
            fence: Some(json!({"id": "end", "type": "ping"})),
        },
        Ear {
            section: ("What the tenants socket tells", Kind::Group),
            path: "/ws/chat/default/",
            enter: Some(json!({"type": "join_conversation", "conversation_id": "{room}"})),
            last: "conversation_left",
            fence: Some(json!({"type": "dance"})),
        },
        Ear {
            section: ("What the friends socket tells", Kind::Direct),
            path: "/api/chat/ws/chat/",
            enter: None,
            last: "friend.offline",
            fence: None,
        },
    ]
}

/// Adds what everybody hears to the table.
pub(super) async fn tell(server: &Server, table: &mut Table) {
    for ear in ears() {
        let heard = Box::pin(ear.listen(server)).await;
        let mut kinds: BTreeSet<String> = heard.values().flatten().cloned().collect();
        if ear.path.starts_with("/api/v1/ws") {
            kinds.extend(events(server).await);
        }
        for kind in kinds {
            let cell = |who: &Who| match heard.get(who.name()) {
                None => "–".to_owned(),
                Some(kinds) if kinds.contains(&kind) => "hears".to_owned(),
                Some(_) => "nothing".to_owned(),
            };
            let cells = Who::ALL.iter().map(cell).collect();
            table.add(ear.section, &kind, cells);
        }
    }
}

/// The types of what is told, as described.
async fn events(server: &Server) -> Vec<String> {
    let text = server.rest().get("/asyncapi.yaml").await.text;
    let described = Described::new(serde_saphyr::from_str(&text).expect("YAML"));
    let messages = described.document()["components"]["messages"].clone();
    let messages: BTreeMap<String, Value> = serde_json::from_value(messages).expect("messages");
    let told = messages
        .into_iter()
        .filter(|(name, _)| name.starts_with("server."));
    let kinds = told.filter_map(|(_, said)| said["name"].as_str().map(str::to_owned));
    kinds
        .filter(|kind| !NO_EVENTS.contains(&kind.as_str()))
        .collect()
}

impl Ear {
    /// The types of the frames that told anything of the scene, by who heard them.
    async fn listen(&self, server: &Server) -> BTreeMap<&'static str, BTreeSet<String>> {
        let kind = self.section.1;
        let cast = Cast::new(server).await;
        let scene = Scene::new(&server.anon(), kind, &cast, Who::Member).await;
        let mut sockets = Vec::new();
        let in_it = |who: &Who| kind.has(*who) && !(kind == Kind::Direct && *who == Who::Left);
        for who in Who::ALL.into_iter().filter(in_it) {
            if let Ok(mut socket) = open(cast.get(who), self.path).await {
                if let Some(enter) = &self.enter {
                    let enter = scene.marks.fill(&enter.to_string());
                    let enter = serde_json::from_str(&enter).expect("a frame");
                    socket.send(&enter).await;
                    until(&mut socket, is_answer).await;
                }
                sockets.push((who, socket));
            }
        }
        match kind {
            Kind::Direct => two_talk(&scene, cast.get(Who::Member)).await,
            _ => everything_happens(&scene, &cast).await,
        }
        // Members first: when they have heard the last, whatever others hear was told, too.
        sockets.reverse();
        let mut heard = BTreeMap::new();
        for (who, socket) in sockets {
            let frames = self.rest_of(socket, who).await.into_iter();
            let told = frames.filter(|frame| scene.marks.are_in(&frame.to_string()));
            let kinds = told.filter_map(|frame| frame["type"].as_str().map(str::to_owned));
            let kinds = kinds.filter(|kind| !NO_EVENTS.contains(&kind.as_str()));
            heard.insert(who.name(), kinds.collect());
        }
        heard
    }

    /// What somebody heard to the end.
    async fn rest_of(&self, mut socket: Socket, who: Who) -> Vec<Value> {
        let mut frames = Vec::new();
        if matches!(who, Who::Member | Who::Admin | Who::Owner) {
            frames = until(&mut socket, |frame| frame["type"] == self.last).await;
        }
        if let Some(fence) = &self.fence {
            socket.send(fence).await;
            frames.extend(until(&mut socket, is_fence).await);
        }
        frames.extend(socket.last_words().await);
        frames
    }
}

/// Whether a frame answers whoever wants to hear a conversation.
fn is_answer(frame: &Value) -> bool {
    frame["type"] == "conversation_joined" || is_fence(frame)
}

fn is_fence(frame: &Value) -> bool {
    frame["type"] == "ack" || frame["type"] == "error"
}

async fn until(socket: &mut Socket, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        frames.push(socket.next().await);
        if frames.last().is_some_and(&is_last) {
            return frames;
        }
    }
}

/// Pat talks with a friend, and goes.
async fn two_talk(scene: &Scene, friend: &SignedIn) {
    let path = format!("/api/chat/ws/chat/?token={}", scene.pat.token);
    let mut pat = scene.pat.socket(&path).await.expect("a socket");
    let read = |room: &str| json!({"type": "chat.read", "data": {"room": room}});
    friend.say(&scene.room, "hello").await;
    pat.next_of("chat.message").await;
    pat.send(&read(&scene.room)).await;
    let typing = json!({"type": "friend.typing.start", "data": {"room": scene.room}});
    pat.send(&typing).await;
    let typing = json!({"type": "friend.typing.stop", "data": {"room": scene.room}});
    pat.send(&typing).await;
    let says = json!({"type": "chat.message", "data": {"room": scene.room, "content": "bye"}});
    pat.send(&says).await;
    pat.close().await;
}

/// Everything that can happen in a room, by Pat and by its owner.
async fn everything_happens(scene: &Scene, cast: &Cast) {
    let (owner, room) = (cast.get(Who::Owner), &scene.room);
    let (mut pat, _) = scene.pat.native().await;
    let said = scene.pat.say(room, "one").await["message"].clone();
    let (message, seq) = (&said["id"], &said["seq"]);
    for (kind, mut frame) in [
        ("typing", json!({"on": true})),
        ("presence", json!({"state": "busy"})),
        ("react", json!({"message": message, "emoji": "+1"})),
        ("unreact", json!({"message": message, "emoji": "+1"})),
        (
            "edit",
            json!({"message": message, "content": "two", "client_id": id()}),
        ),
        ("delete", json!({"message": message, "client_id": id()})),
        ("read", json!({"seq": seq})),
    ] {
        if kind != "presence" {
            frame["room"] = json!(room);
        }
        (frame["id"], frame["type"]) = (json!(kind), json!(kind));
        pat.send(&frame).await;
        assert_eq!(pat.answer(kind).await["type"], "ack", "{kind}");
    }
    let members = format!("/api/v1/rooms/{room}/members/{}", scene.pat.id);
    let role = json!({"role": "admin"});
    let _ = owner.rest.patch(&members, &role, &[]).await.expect(200);
    assert_eq!(owner.rest.delete(&members, &[]).await.status, 204);
    let back = json!({"user": scene.pat.id});
    let all = format!("/api/v1/rooms/{room}/members");
    let _ = owner.rest.post(&all, &back).await.expect(201);
    let named = json!({"name": unique("again")});
    let path = format!("/api/v1/rooms/{room}");
    let _ = owner.rest.patch(&path, &named, &[]).await.expect(200);
    assert_eq!(owner.rest.delete(&path, &[]).await.status, 204);
}

fn id() -> String {
    domain::ClientId::new().to_string()
}
