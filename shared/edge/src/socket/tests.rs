//! Sockets over real TCP, through the accept loop, against a client that is not ours.

mod autobahn;
mod refusals;

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Appended, Caller, Code, Command, Content, Error, Label, MemberChange, NewChange, NewRow, Reply,
    Role, Room, RoomId, RowId, User, command::ReplayPage,
};
use futures_util::{SinkExt, StreamExt};
use hyper::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use protocol::rooms::Rooms;
use serde_json::{Value, json};
use testkit::builders::{join, membership, message, new_channel, new_user};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Duration, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Error as WsError, Message, client::IntoClientRequest, handshake::client::Request,
        handshake::client::Response,
    },
};
use warp::Filter;

use super::{Admitted, HandshakeError, Seated, Upgrade, native, notifications, upgrade};
use crate::{
    Application, Context, Endpoint, Peer, Service,
    auth::bearer_of,
    testing::{Served, World},
};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// The rules in miniature: everybody may do everything.
struct Rules(Context);

impl Rules {
    async fn send(&self, who: &Caller, command: Command) -> domain::Result<Reply> {
        let Command::Send {
            room,
            client_id,
            draft,
        } = command
        else {
            return Err(Error::new(Code::UnknownType));
        };
        let row = NewRow {
            id: RowId::new(),
            client_id,
            sender: who.user,
            change: NewChange::Message {
                content: Content::plain(draft.text()),
            },
        };
        let rows = append(&self.0, room, vec![row]).await;
        let row = rows.into_iter().next().unwrap();
        Ok(Reply::Sent {
            row,
            sender: who.card(),
            repeat: false,
        })
    }
}

#[async_trait]
impl Application for Rules {
    async fn handle(&self, who: &Caller, command: Command) -> domain::Result<Reply> {
        match command {
            Command::ListOwnRooms { .. } => Ok(Reply::Rooms {
                rooms: Vec::new(),
                more: false,
            }),
            Command::Replay { room, after, limit } => {
                let rows = self.0.ports.store.rows(room, after, limit).await?;
                let head = self.0.ports.store.heads(&[room]).await?[0].seq;
                let through = rows.last().map_or(after, |row| row.seq);
                let missing = domain::missing_after(after, &rows);
                let scenes = self.0.live.cards.scenes(rows).await;
                Ok(Reply::Replay(ReplayPage {
                    scenes,
                    missing,
                    through,
                    head,
                }))
            }
            send => self.send(who, send).await,
        }
    }
}

/// Appends rows, and shows them to whoever listens.
async fn append(ctx: &Context, room: RoomId, rows: Vec<NewRow>) -> Vec<domain::Row> {
    let appended = ctx.ports.store.append(room, rows).await.unwrap();
    let stored = |appended| match appended {
        Appended::Stored(row) => row,
        other => panic!("{other:?}"),
    };
    let rows: Vec<_> = appended.into_iter().map(stored).collect();
    ctx.live.rows(rows.clone()).await;
    rows
}

/// A server with one room, made by ann.
struct House {
    world: World,
    served: Served,
    ann: User,
    room: Room,
}

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl House {
    async fn new() -> Self {
        let world = World::new();
        let store = &world.ctx.ports.store;
        let ann = store.create_user(new_user("ann")).await.unwrap();
        let room = store
            .create_room(new_channel("lobby", ann.id))
            .await
            .unwrap();
        let app: Arc<dyn Application> = Arc::new(Rules(world.ctx.clone()));
        let routes = native(&world.ctx, Arc::clone(&app))
            .or(rooms(&world.ctx, app))
            .unify();
        let services = vec![
            Service::new("sockets", routes, Vec::new()).with_endpoints(&[
                Endpoint {
                    path: "/api/v1/ws",
                    methods: &["GET"],
                },
                Endpoint {
                    path: "/room/{room}",
                    methods: &["GET"],
                },
            ]),
            notifications(&world.ctx),
        ];
        let served = world.serve(services);
        Self {
            world,
            served,
            ann,
            room,
        }
    }

    async fn token(&self, user: &User) -> String {
        let begun = self.world.ctx.auth.begin_once(user, Label::default());
        begun.await.unwrap().token
    }

    fn request(&self, path: &str) -> Request {
        format!("ws://{}{path}", self.served.address)
            .into_client_request()
            .unwrap()
    }

    /// Opens a socket with the user's token in the header.
    async fn open(&self, path: &str, user: &User) -> Client {
        let mut request = self.request(path);
        let bearer = format!("Bearer {}", self.token(user).await);
        request
            .headers_mut()
            .insert(AUTHORIZATION, bearer.parse().unwrap());
        connect(request).await.unwrap().0
    }

    async fn say(&self, text: &str) {
        append(
            &self.world.ctx,
            self.room.id,
            vec![message(self.ann.id, text)],
        )
        .await;
    }

    /// A second user, who is a member.
    async fn bob(&self) -> User {
        let bob = self
            .world
            .ctx
            .ports
            .store
            .create_user(new_user("bob"))
            .await
            .unwrap();
        append(&self.world.ctx, self.room.id, vec![join(bob.id, 1)]).await;
        bob
    }
}

/// A route such as the chat service has.
fn rooms(
    ctx: &Context,
    app: Arc<dyn Application>,
) -> impl Filter<Extract = (warp::reply::Response,), Error = warp::Rejection> + Clone + use<> {
    let own = ctx.clone();
    warp::path!("room" / RoomId).and(upgrade(ctx)).then(
        move |room, upgrade: Result<Upgrade, HandshakeError>| {
            let (ctx, app) = (own.clone(), Arc::clone(&app));
            async move {
                let upgrade = match upgrade {
                    Ok(upgrade) => upgrade,
                    Err(error) => return error.response(),
                };
                let token = bearer_of(upgrade.headers()).unwrap().to_owned();
                let who = ctx.auth.identify(&token).await.unwrap();
                let admitted = Admitted::enter(&ctx, upgrade, &who, &Rooms, None)
                    .await
                    .unwrap();
                admitted.open_room(&ctx, app, room)
            }
        },
    )
}

async fn connect(request: Request) -> Result<(Client, Response), WsError> {
    timeout(PATIENCE, tokio_tungstenite::connect_async(request))
        .await
        .expect("it answers")
}

/// The status with which a handshake is refused.
async fn refused(request: Request) -> u16 {
    match connect(request).await {
        Err(WsError::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

async fn next(client: &mut Client) -> Message {
    let next = timeout(PATIENCE, client.next())
        .await
        .expect("something comes");
    next.expect("the socket is open").expect("it can be read")
}

/// The next frame; pings are answered by the client's library.
async fn hear(client: &mut Client) -> Value {
    loop {
        match next(client).await {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The code that the server closes with.
async fn closed(client: &mut Client) -> u16 {
    loop {
        match next(client).await {
            Message::Close(Some(frame)) => return frame.code.into(),
            Message::Close(None) => panic!("closed without a code"),
            _ => {}
        }
    }
}

async fn say(client: &mut Client, frame: Value) {
    client.send(Message::text(frame.to_string())).await.unwrap();
}

#[tokio::test]
async fn a_token_may_come_in_three_places() {
    let house = House::new().await;
    let token = house.token(&house.ann).await;
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    assert_eq!(hear(&mut client).await["user"]["username"], "ann");

    let mut request = house.request("/api/v1/ws");
    let offer = format!(
        "base64url.bearer.hubbub.{}, hubbub.v1",
        URL_SAFE_NO_PAD.encode(&token)
    );
    request
        .headers_mut()
        .insert(SEC_WEBSOCKET_PROTOCOL, offer.parse().unwrap());
    let (mut client, response) = connect(request).await.unwrap();
    assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "hubbub.v1");
    assert_eq!(hear(&mut client).await["type"], "hello");

    let (mut client, response) = connect(house.request("/api/v1/ws")).await.unwrap();
    assert!(
        !response.headers().contains_key(SEC_WEBSOCKET_PROTOCOL),
        "none was offered"
    );
    say(&mut client, json!({"type": "authenticate", "token": token})).await;
    assert_eq!(hear(&mut client).await["type"], "hello");
}

#[tokio::test]
async fn who_does_not_say_who_they_are_is_let_go() {
    let house = House::new().await;
    for first in [
        json!({"type": "ping"}),
        json!({"type": "authenticate", "token": "x"}),
        json!([]),
    ] {
        let (mut client, _) = connect(house.request("/api/v1/ws")).await.unwrap();
        say(&mut client, first).await;
        assert_eq!(hear(&mut client).await["type"], "error");
        assert_eq!(closed(&mut client).await, 4501);
    }
    let mut request = house.request("/api/v1/ws");
    request
        .headers_mut()
        .insert(AUTHORIZATION, "Bearer x".parse().unwrap());
    assert_eq!(refused(request).await, 401);
    assert_eq!(refused(house.request("/api/v1/ws?token=abc")).await, 400);
}

#[tokio::test]
async fn a_first_frame_is_held_to_the_form_of_any_other() {
    let house = House::new().await;
    let max = house.world.ctx.limits.body_bytes;
    let guest = async || connect(house.request("/api/v1/ws")).await.unwrap().0;
    let mut client = guest().await;
    let long = Message::text("x".repeat(max + 1));
    client.send(long).await.unwrap();
    assert_eq!(closed(&mut client).await, 1009);

    let mut client = guest().await;
    client.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(hear(&mut client).await["code"], "binary_frame");
    assert_eq!(closed(&mut client).await, 1003);

    // A text frame of one byte that is no UTF-8, with the mask 0.
    let mut client = guest().await;
    raw(&mut client, &[0x81, 0x81, 0, 0, 0, 0, 0xFF]).await;
    assert_eq!(closed(&mut client).await, 1007);
}

#[tokio::test]
async fn wrong_handshakes_are_refused() {
    let house = House::new().await;
    let with = |name: &'static str, value: &str| {
        let mut request = house.request("/api/v1/ws");
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    assert_eq!(refused(with("sec-websocket-version", "8")).await, 426);
    assert_eq!(refused(with("origin", "https://evil.test")).await, 403);
    let same = format!("http://{}", house.served.address);
    assert!(connect(with("origin", &same)).await.is_ok());
    let plain = crate::testing::bare("GET", "/api/v1/ws");
    assert!(house.served.ask(&plain).await.starts_with("HTTP/1.1 400"));
    let old = "GET /api/v1/ws HTTP/1.0\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert!(house.served.ask(old).await.starts_with("HTTP/1.0 400"));
}

#[tokio::test]
async fn frames_are_held_to_their_size_and_form() {
    let house = House::new().await;
    let max = house.world.ctx.limits.body_bytes;
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    client.send(Message::text("x".repeat(max))).await.unwrap();
    assert_eq!(hear(&mut client).await["code"], "invalid_json");
    client
        .send(Message::text("x".repeat(max + 1)))
        .await
        .unwrap();
    assert_eq!(closed(&mut client).await, 1009);

    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    client.send(Message::binary(vec![1])).await.unwrap();
    assert_eq!(closed(&mut client).await, 1003);

    // A text frame of one byte that is no UTF-8, with the mask 0.
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    raw(&mut client, &[0x81, 0x81, 0, 0, 0, 0, 0xFF]).await;
    assert_eq!(closed(&mut client).await, 1007);
}

#[tokio::test]
async fn endless_empty_fragments_end_the_session() {
    let house = House::new().await;
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    raw(&mut client, &[0x01, 0x80, 0, 0, 0, 0]).await;
    let fragments = [0x00, 0x80, 0, 0, 0, 0].repeat(1_000_000 / 6);
    raw(&mut client, &fragments).await;
    assert_eq!(closed(&mut client).await, 4008);
}

/// Writes bytes past the client's library. The server may close before it has read all.
async fn raw(client: &mut Client, bytes: &[u8]) {
    let MaybeTlsStream::Plain(stream) = client.get_mut() else {
        panic!("there is no TLS here");
    };
    let _ = stream.write_all(bytes).await;
}

#[tokio::test]
async fn a_revoked_token_ends_its_sockets_and_no_others() {
    let house = House::new().await;
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    house.world.clock.advance(Duration::from_secs(1));
    let other = house.token(&house.ann).await;
    let mut request = house.request("/api/v1/ws");
    request
        .headers_mut()
        .insert(AUTHORIZATION, format!("Bearer {other}").parse().unwrap());
    let (mut second, _) = connect(request).await.unwrap();
    hear(&mut second).await;
    house.world.ctx.auth.revoke(&other).await.unwrap();
    assert_eq!(closed(&mut second).await, 4501);
    say(&mut client, json!({"id": "p", "type": "ping"})).await;
    assert_eq!(hear(&mut client).await["id"], "p");
}

#[tokio::test]
async fn a_token_that_is_revoked_while_its_socket_opens_opens_none() {
    let world = World::new();
    let ctx = &world.ctx;
    let ann = ctx.ports.store.create_user(new_user("ann")).await.unwrap();
    let token = ctx
        .auth
        .begin_once(&ann, Label::default())
        .await
        .unwrap()
        .token;
    let who = ctx.auth.identify(&token).await.unwrap();
    // Nobody is listed under the token yet, so this finds no session to end.
    ctx.auth.revoke(&token).await.unwrap();
    let refused = Seated::enter(ctx, Peer::local(), &who, super::native::native_to(&who)).await;
    assert_eq!(refused.err().unwrap().code(), Code::TokenInvalid);
    assert_eq!(ctx.sessions.open(), 0, "its place is free again");
}

#[tokio::test]
async fn a_room_begins_with_its_history_and_goes_on_live() {
    let house = House::new().await;
    let path = format!("/room/{}", house.room.id);
    house.say("one").await;
    house.say("two").await;
    let mut ann = house.open(&path, &house.ann).await;
    let history = hear(&mut ann).await;
    let texts: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["content"].clone())
        .collect();
    assert_eq!(texts, ["two", "one"]);
    assert_eq!(history[0]["username"], "ann");

    let mut other = house.open(&path, &house.ann).await;
    hear(&mut other).await;
    say(&mut ann, json!({"type": "message", "content": "three"})).await;
    ann.send(Message::binary(r#"{"content":"four"}"#))
        .await
        .unwrap();
    for client in [&mut ann, &mut other] {
        assert_eq!(hear(client).await["content"], "three");
        assert_eq!(hear(client).await["content"], "four");
    }
    ann.send(Message::text("x")).await.unwrap();
    assert_eq!(
        hear(&mut ann).await,
        json!({"error": "Invalid JSON format"})
    );
    ann.send(Message::binary(vec![0xFF])).await.unwrap();
    assert_eq!(
        hear(&mut ann).await,
        json!({"error": "Invalid JSON format"})
    );
}

#[tokio::test]
async fn who_is_sent_away_hears_no_more() {
    let house = House::new().await;
    let bob = house.bob().await;
    let mut client = house.open(&format!("/room/{}", house.room.id), &bob).await;
    assert_eq!(hear(&mut client).await, json!([]));
    let ctx = &house.world.ctx;
    let away = membership(bob.id, MemberChange::Removed, Role::Member, 2);
    append(
        ctx,
        house.room.id,
        vec![
            message(house.ann.id, "last"),
            away,
            message(house.ann.id, "secret"),
        ],
    )
    .await;
    assert_eq!(hear(&mut client).await["content"], "last");
    assert_eq!(closed(&mut client).await, 4503);
}

#[tokio::test]
async fn notifications_wait_and_come_again_until_the_pong() {
    let house = House::new().await;
    let bob = house.bob().await;
    house.say("while you were away").await;

    // This client goes before it reads the ping that asks whether the notification arrived.
    let mut deaf = house.open("/ws/join-notification/", &bob).await;
    assert_eq!(hear(&mut deaf).await["Content"], "while you were away");
    drop(deaf);

    let mut client = house.open("/ws/join-notification/", &bob).await;
    let news = hear(&mut client).await;
    assert_eq!(news["Content"], "while you were away");
    assert_eq!(news["ReceiverID"], bob.id.to_string());
    assert_eq!(news["Seen"], false);
    asked(&mut client).await;
    client.flush().await.unwrap();
    settled(&house, &bob).await;
    client.close(None).await.unwrap();

    let mut again = house.open("/ws/join-notification/", &bob).await;
    house.say("new").await;
    house.world.ctx.live.news(house.room.id, 100).await;
    assert_eq!(
        hear(&mut again).await["Content"],
        "new",
        "the first one is settled"
    );
}

/// Reads until the ping that asks whether the notifications arrived. The heartbeat's, which has
/// nothing in it, may come before.
async fn asked(client: &mut Client) {
    loop {
        match next(client).await {
            Message::Ping(number) if !number.is_empty() => return,
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Waits until everything said so far is settled for a member.
async fn settled(house: &House, user: &User) {
    let store = &house.world.ctx.ports.store;
    let head = store.heads(&[house.room.id]).await.unwrap()[0].seq;
    let noted = async {
        while store
            .member(house.room.id, user.id)
            .await
            .unwrap()
            .unwrap()
            .notified
            < head
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, noted).await.expect("the pong is noted");
}

#[tokio::test]
async fn a_stopping_server_tells_its_sessions_and_ends() {
    let house = House::new().await;
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    house.world.ctx.drain.cancel();
    assert_eq!(hear(&mut client).await["type"], "draining");
    assert_eq!(closed(&mut client).await, 4001);
    drop(client);
    house.served.ended().await.unwrap();
}
