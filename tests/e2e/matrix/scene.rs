//! What is asked about: a room in which Pat said something and showed a file, while those were in it
//! who left or were removed since.

use std::collections::BTreeMap;

use bytes::Bytes;
use e2e::{Answer, Rest, SignedIn, Socket};
use hyper::Method;
use serde_json::{Value, json};

use super::people::{Cast, Who, unique};

/// What kind of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Channel,
    Direct,
}

impl Kind {
    /// Whether somebody can stand so to such a room. Who left a direct room has deleted it for
    /// themselves.
    pub(super) fn has(self, who: Who) -> bool {
        self != Self::Direct || !matches!(who, Who::Removed | Who::Admin | Who::Owner)
    }
}

/// Numbers that stand for so many things that they say nothing.
const SHORT: usize = 4;

/// The names by which requests mean things of a scene: `{room}` stands for the room's id.
#[derive(Debug, Clone)]
pub(super) struct Marks(BTreeMap<&'static str, String>);

impl Marks {
    /// A text with the things in the place of their names.
    pub(super) fn fill(&self, text: &str) -> String {
        let all = self.0.iter();
        all.fold(text.to_owned(), |text, (name, thing)| {
            text.replace(&format!("{{{name}}}"), thing)
        })
    }

    /// The same names, for what is not there.
    pub(super) fn random(&self) -> Self {
        let mut marks = self.clone();
        for (name, thing) in &mut marks.0 {
            let number = thing.parse::<u64>().is_ok();
            match (*name, number) {
                ("query" | "secret", _) => {}
                (_, true) => *thing = "999999999".to_owned(),
                ("username" | "title", _) => *thing = unique("random"),
                _ => *thing = domain::RowId::new().uuid().to_string(),
            }
        }
        marks
    }

    /// Whether an answer says anything of the scene.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let things = self.0.iter().filter(|(name, _)| **name != "query");
        let mut things = things.filter(|(_, thing)| thing.parse::<u64>().is_err());
        things.any(|(_, thing)| text.contains(thing.as_str()))
    }

    /// Whether an answer says what Pat said.
    pub(super) fn are_read_in(&self, text: &str) -> bool {
        text.contains(&self.0["secret"])
    }

    /// Whether a request names anything of the scene.
    pub(super) fn are_named_in(&self, request: &str) -> bool {
        let mut names = self.0.keys();
        names.any(|name| request.contains(&format!("{{{name}}}")))
    }

    /// An answer without the things, so that answers about others can be compared.
    pub(super) fn hide(&self, text: &str) -> String {
        let things = self.0.values().filter(|thing| thing.len() > SHORT);
        things.fold(text.to_owned(), |text, thing| {
            text.replace(thing.as_str(), "*")
        })
    }
}

/// A room of a kind.
pub(super) struct Scene {
    pub(super) pat: SignedIn,
    pub(super) room: String,
    pub(super) marks: Marks,
    /// Pat's, which keeps a channel in the lists of the `rooms` dialect.
    _socket: Option<Socket>,
}

impl Scene {
    /// Makes one. A direct room is Pat's and `who`'s, if they can have one; else another member's.
    pub(super) async fn new(anon: &e2e::Anon, kind: Kind, cast: &Cast, who: Who) -> Self {
        let pat = anon.sign_up(&unique("pat")).await;
        let (title, secret) = (unique("title"), unique("psst"));
        let peer = cast.get(if who == Who::Left { who } else { Who::Member });
        let room = match kind {
            Kind::Group => group(&pat, cast, &title).await,
            Kind::Channel => channel(&pat, cast, &title).await,
            Kind::Direct => direct(&pat, peer).await,
        };
        let file = upload(&pat.rest, &secret).await.expect(201)["file"].clone();
        let message = pat.say(&room, &secret).await["message"].clone();
        let shown = json!({"kind": "file", "file": file["id"], "content": secret});
        let path = format!("/api/v1/rooms/{room}/messages");
        let _ = pat.rest.post(&path, &shown).await.expect(201);
        part(kind, cast, &room, peer, who).await;
        let socket = match kind {
            Kind::Channel => Some(listen(&pat, &title).await),
            Kind::Group | Kind::Direct => None,
        };
        let mut marks = BTreeMap::from([
            ("room", room.clone()),
            ("message", text(&message["id"])),
            ("file", text(&file["id"])),
            ("user", pat.id.clone()),
            ("username", pat.name.clone()),
            ("secret", secret),
        ]);
        if kind != Kind::Direct {
            marks.insert("title", title);
        }
        Self {
            pat,
            room,
            marks: Marks(marks),
            _socket: socket,
        }
    }

    /// Finds out what a request needs to know besides, if it does.
    pub(super) async fn learn(&mut self, request: &str, cast: &Cast) {
        for name in ["query", "session", "number", "person", "policy", "run"] {
            if request.contains(&format!("{{{name}}}")) && !self.marks.0.contains_key(name) {
                let found = self.find(name, cast).await;
                self.marks.0.insert(name, found);
            }
        }
    }

    async fn find(&self, name: &str, cast: &Cast) -> String {
        let admin = &cast.get(Who::Administrator).rest;
        match name {
            "query" => {
                let path = self.marks.fill("/api/v1/files/{file}/link");
                let link = self.pat.rest.get(&path).await.expect(200);
                let link = text(&link["url"]);
                link.split('?').nth(1).expect("a query").to_owned()
            }
            "session" => {
                let all = self.pat.rest.get("/api/v1/sessions").await.expect(200);
                text(&all["sessions"][0]["id"])
            }
            "number" => self.told(cast).await["id"].to_string(),
            "person" => {
                let told = self.told(cast).await;
                let url = text(&told["from_user"]["url"]);
                let mut parts = url.trim_end_matches('/').rsplit('/');
                parts.next().expect("a number").to_owned()
            }
            "policy" => {
                let policy = json!({
                    "name": unique("policy"), "older_than": "3650d", "action": "archive",
                    "schedule": "every day at 02:00",
                });
                let made = admin.post("/api/v1/admin/archive/policies", &policy).await;
                text(&made.expect(201)["id"])
            }
            _ => {
                let plan = json!({"older_than": "3650d"});
                let made = admin.post("/api/v1/admin/archive/preview", &plan).await;
                text(&made.expect(201)["id"])
            }
        }
    }

    /// Pat's message as the `usernames` dialect shows it.
    async fn told(&self, cast: &Cast) -> Value {
        for who in [Who::Member, Who::Left] {
            let path = format!("/api/rooms/{}/messages", cast.get(who).name);
            let told = self.pat.rest.get(&path).await.expect(200);
            if told["messages"][0].is_object() {
                return told["messages"][0].clone();
            }
        }
        panic!("Pat has said nothing")
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn group(pat: &SignedIn, cast: &Cast, title: &str) -> String {
    let others = [Who::Admin, Who::Member, Who::Left, Who::Removed].map(|who| cast.get(who));
    let owner = cast.get(Who::Owner);
    let room = owner
        .create_group(title, &[&others[..], &[pat]].concat())
        .await;
    promote(owner, cast, &room).await;
    room
}

async fn channel(pat: &SignedIn, cast: &Cast, title: &str) -> String {
    let owner = cast.get(Who::Owner);
    let room = owner.create_room(title).await;
    for who in [Who::Admin, Who::Member, Who::Left, Who::Removed] {
        cast.get(who).join(&room).await;
    }
    pat.join(&room).await;
    promote(owner, cast, &room).await;
    room
}

async fn promote(owner: &SignedIn, cast: &Cast, room: &str) {
    let admin = format!("/api/v1/rooms/{room}/members/{}", cast.get(Who::Admin).id);
    let role = json!({"role": "admin"});
    let _ = owner.rest.patch(&admin, &role, &[]).await.expect(200);
}

async fn direct(pat: &SignedIn, peer: &SignedIn) -> String {
    let body = json!({"user": peer.id});
    let room = pat.rest.post("/api/v1/rooms/direct", &body).await;
    text(&room.expect(201)["id"])
}

/// Lets those go who are not in the room any more.
async fn part(kind: Kind, cast: &Cast, room: &str, peer: &SignedIn, who: Who) {
    let path = format!("/api/v1/rooms/{room}");
    if kind == Kind::Direct {
        if who == Who::Left {
            assert_eq!(peer.rest.delete(&path, &[]).await.status, 204);
        }
        return;
    }
    let leave = format!("{path}/leave");
    let left = cast.get(Who::Left).rest.post(&leave, &json!({})).await;
    assert!(left.status.is_success(), "{}", left.text);
    let removed = format!("{path}/members/{}", cast.get(Who::Removed).id);
    let removed = cast.get(Who::Owner).rest.delete(&removed, &[]).await;
    assert_eq!(removed.status, 204);
}

async fn listen(pat: &SignedIn, title: &str) -> Socket {
    let path = format!("/ws/join/?name={title}");
    let mut socket = pat.socket(&path).await.expect("a socket");
    socket.next().await;
    socket
}

/// Uploads a file of one line.
async fn upload(rest: &Rest, line: &str) -> Answer {
    let headers = [("content-type", FORM)];
    let body = Some(Bytes::from(form(line)));
    rest.send(Method::POST, "/api/v1/files", &headers, body)
        .await
}

/// The type of a form.
pub(super) const FORM: &str = "multipart/form-data; boundary=line";

/// A form of one file.
pub(super) fn form(line: &str) -> String {
    format!(
        "--line\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
         content-type: text/plain\r\n\r\n{line}\r\n--line--\r\n"
    )
}
