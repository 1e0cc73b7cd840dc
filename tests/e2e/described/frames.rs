//! The frames: everything that the description names is said or heard by two people over TCP, and
//! each is as described. A new frame without a step here fails the test.

use e2e::{
    Anon, Server, SignedIn, Socket,
    frames::{Frames, Talker},
};
use serde_json::{Value, json};

use super::moved;

const BOTH: &str = "/api/v1/ws?events=messages,notifications";

/// More rooms than the first frame names.
const MANY: usize = 201;

/// Two people and what they talk about.
struct Talk<'a> {
    frames: &'a Frames,
    room: String,
    olga: Talker<'a>,
    boris: Talker<'a>,
    /// Who Olga, the administrator, and Boris are.
    who: (SignedIn, SignedIn),
    epoch: Value,
}

impl<'a> Talk<'a> {
    /// Olga says who she is in the handshake, Boris in a frame.
    async fn begin(server: &Server, frames: &'a Frames) -> Self {
        let who = (
            server.admin("olga").await,
            server.anon().sign_up("boris").await,
        );
        for n in 0..MANY {
            who.1.create_room(&format!("room {n}")).await;
        }
        let room = who.0.create_room("den").await;
        let mut olga = Talker::new(frames, who.0.socket(BOTH).await.expect("a socket"));
        olga.hear("hello").await;
        let boris = Socket::open_with(server.addr(), BOTH, &[]).await;
        let mut boris = Talker::new(frames, boris.expect("a socket"));
        boris
            .say("authenticate", json!({"token": who.1.token}))
            .await;
        let epoch = boris.hear("hello").await["epoch"].clone();
        boris.hear("hello_rooms").await;
        Self {
            frames,
            room,
            olga,
            boris,
            who,
            epoch,
        }
    }

    fn room(&self) -> Value {
        json!({"room": self.room})
    }

    /// The same, with Boris in it.
    fn boris_here(&self) -> Value {
        json!({"room": self.room, "user": self.who.1.id})
    }

    async fn come_and_go(&mut self) {
        self.boris.ask("join", json!({"name": "den"})).await;
        self.olga.hear("member_joined").await;
        let mut role = self.boris_here();
        role["role"] = "admin".into();
        self.olga.ask("role", role).await;
        self.boris.hear("member_updated").await;
        self.boris.ask("leave", self.room()).await;
        self.olga.hear("member_left").await;
        self.olga.ask("add", self.boris_here()).await;
        self.olga.ask("remove", self.boris_here()).await;
        self.olga.ask("add", self.boris_here()).await;
        self.boris.hear("notification").await;
        let path = format!("/api/v1/rooms/{}", self.room);
        let name = json!({"name": "lounge"});
        let _ = self.who.0.rest.patch(&path, &name, &[]).await.expect(200);
        self.boris.hear("room_updated").await;
    }

    async fn speak(&mut self) {
        let said = json!({"room": self.room, "content": "hello", "mentions": [self.who.1.id]});
        let said = self.olga.ask("send", said).await;
        self.boris.hear("message").await;
        self.boris.hear("notification").await;
        let (message, seq) = (&said["message"]["id"], &said["message"]["seq"]);
        let mark = json!({"room": self.room, "seq": seq});
        for kind in ["received", "read", "acknowledge"] {
            self.boris.ask(kind, mark.clone()).await;
        }
        self.olga.hear("receipt").await;
        let thumb = json!({"room": self.room, "message": message, "emoji": "👍"});
        self.boris.ask("react", thumb.clone()).await;
        self.olga.hear("reaction_added").await;
        self.boris.ask("unreact", thumb).await;
        self.olga.hear("reaction_removed").await;
        let edit = json!({"room": self.room, "message": message, "content": "hi", "rev": 1});
        self.olga.ask("edit", edit).await;
        self.boris.hear("message_updated").await;
        let gone = json!({"room": self.room, "message": message});
        self.olga.ask("delete", gone).await;
        self.boris.hear("message_deleted").await;
        let nowhere = json!({"room": self.who.1.id, "content": "hello"});
        let refused = self.olga.ask("send", nowhere).await;
        assert_eq!(refused["type"], "error");
    }

    async fn be_there(&mut self) {
        let rest = self.who.1.rest.clone();
        let fresh = Anon { rest }.log_in("boris").await.token;
        let renewed = self.boris.ask("authenticate", json!({"token": fresh}));
        assert_eq!(renewed.await["type"], "ack");
        self.olga.ask("ping", json!({})).await;
        let typing = json!({"room": self.room, "on": true});
        self.olga.ask("typing", typing).await;
        self.boris.hear("typing").await;
        self.olga.ask("presence", json!({"state": "away"})).await;
        self.boris.hear("presence").await;
    }

    async fn archive(&mut self) {
        self.who.0.say(&self.room, "to be kept").await;
        moved(&self.who.0.rest).await;
        self.boris.hear("archived").await;
    }

    /// Olga comes back: of one room she missed everything, of another she knows what never was.
    async fn resume(&mut self) {
        let other = self.who.0.create_room("other").await;
        let path = format!("{BOTH}&resume=true");
        let socket = self.who.0.socket(&path).await.expect("a socket");
        let mut again = Talker::new(self.frames, socket);
        again.hear("hello").await;
        let rooms = json!({&self.room: 0, &other: 999_999});
        let resume = json!({"epoch": self.epoch, "rooms": rooms});
        again.ask("resume", resume).await;
        assert_eq!(again.hear("resumed").await["room"], self.room);
        assert_eq!(again.hear("gap").await["room"], other);
    }

    async fn end(mut self, server: Server) {
        let path = format!("/api/v1/rooms/{}", self.room);
        assert_eq!(self.who.0.rest.delete(&path, &[]).await.status, 204);
        self.boris.hear("room_deleted").await;
        let stopping = e2e::spawn(server.stop());
        self.boris.hear("draining").await;
        stopping.await.expect("a clean end");
    }
}

#[tokio::test]
async fn every_frame_that_is_described_is_said_or_heard() {
    let server = Server::without_limits().await;
    let frames = Frames::of(&server.rest()).await;
    let mut talk = Talk::begin(&server, &frames).await;
    talk.come_and_go().await;
    talk.speak().await;
    talk.be_there().await;
    talk.archive().await;
    talk.resume().await;
    talk.end(server).await;
    assert_eq!(frames.unseen(), Vec::<String>::new());
}
