//! Accounts: coming in, staying in, being found out, and leaving everywhere.

use std::time::{Duration, Instant};

use e2e::{Answer, Rest, Server, SignedIn, Socket, people::PASSWORD};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

/// Within what time a socket must have heard of the end of its login.
const PROMISED: Duration = Duration::from_secs(1);

/// The tokens of one login, and a client that has them.
struct Login {
    rest: Rest,
    token: String,
    refresh: String,
}

impl Login {
    #[track_caller]
    fn of(server: &Server, answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().expect("a token").to_owned();
        let token = text("token");
        Self {
            rest: server.rest().with_token(&token),
            token,
            refresh: text("refresh_token"),
        }
    }

    async fn signed_up(server: &Server, name: &str) -> Self {
        let body = json!({"username": name, "password": PASSWORD});
        let answer = server.rest().post("/api/v1/auth/signup", &body).await;
        Self::of(server, &answer.expect(201))
    }

    async fn again(server: &Server, name: &str) -> Self {
        let body = json!({"username": name, "password": PASSWORD});
        let answer = server.rest().post("/api/v1/auth/login", &body).await;
        Self::of(server, &answer.expect(200))
    }

    /// The tokens that the refresh token of this login gives.
    async fn next(&self, server: &Server) -> Self {
        Self::of(server, &refresh(server, &self.refresh).await.expect(200))
    }

    async fn socket(&self) -> Socket {
        let opened = Socket::open(self.rest.addr(), "/api/v1/ws", &self.token).await;
        let mut socket = opened.expect("a socket");
        socket.next_of("hello").await;
        socket
    }

    async fn is_good(&self) -> bool {
        self.rest.get("/api/v1/me").await.status == 200
    }
}

async fn refresh(server: &Server, token: &str) -> Answer {
    let body = json!({"refresh_token": token});
    server.rest().post("/api/v1/auth/refresh", &body).await
}

/// The socket is closed by the promise, counted from `since`.
async fn ends(socket: &mut Socket, since: Instant) {
    assert_eq!(socket.closed().await, Some(4501));
    let took = since.elapsed();
    assert!(took < PROMISED, "it heard for {took:?} more");
}

async fn still_hears(socket: &mut Socket) {
    socket.send(&json!({"id": "p", "type": "ping"})).await;
    assert_eq!(socket.answer("p").await["type"], "ack");
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_its_login_and_its_sockets() {
    let server = Server::start().await;
    let first = Login::signed_up(&server, "alice").await;
    let elsewhere = Login::again(&server, "alice").await;
    let second = first.next(&server).await;
    let third = second.next(&server).await;
    let (mut old, mut new) = (first.socket().await, third.socket().await);
    let mut other = elsewhere.socket().await;

    // Whoever stole the first one comes with it now.
    let since = Instant::now();
    let stolen = refresh(&server, &first.refresh).await;
    assert_eq!(
        (stolen.status.as_u16(), stolen.code().as_str()),
        (401, "refresh_reused")
    );
    ends(&mut old, since).await;
    ends(&mut new, since).await;
    assert!(!third.is_good().await, "nobody goes on with it");
    assert_eq!(
        refresh(&server, &third.refresh).await.code(),
        "token_invalid"
    );
    still_hears(&mut other).await;
    server.stop().await;
}

#[tokio::test]
async fn two_refreshes_at_once_get_the_same_tokens_and_both_go_on() {
    let server = Server::start().await;
    let first = Login::signed_up(&server, "alice").await;
    let (one, two) = tokio::join!(first.next(&server), first.next(&server));
    assert_eq!(one.refresh, two.refresh);
    assert!(one.is_good().await && two.is_good().await);
    assert!(one.next(&server).await.is_good().await);
    server.stop().await;
}

#[tokio::test]
async fn who_lost_the_answer_is_not_locked_out_by_a_restart() {
    let server = Server::start().await;
    let first = Login::signed_up(&server, "alice").await;
    let body = json!({"refresh_token": first.refresh}).to_string();
    let mut lost = tokio::net::TcpStream::connect(server.addr())
        .await
        .expect("a server");
    let request = format!(
        "POST /api/v1/auth/refresh HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    lost.write_all(request.as_bytes()).await.expect("a server");
    // Whatever became of it, its answer is never read.
    drop(lost);
    let server = server.restart().await;
    let second = first.next(&server).await;
    let third = second.next(&server).await;
    assert!(third.is_good().await);
    server.stop().await;
}

#[tokio::test]
async fn leaving_everywhere_ends_every_login_and_socket() {
    let server = Server::start().await;
    let here = Login::signed_up(&server, "alice").await;
    let there = Login::again(&server, "alice").await;
    let bob = Login::signed_up(&server, "bob").await;
    let form = json!({"username": "alice", "password": PASSWORD});
    let dialect = server
        .rest()
        .post("/api/user/login/", &form)
        .await
        .expect(200);
    let dialect = dialect["token"].as_str().expect("a token");
    let (mut one, mut two) = (here.socket().await, there.socket().await);
    let mut bobs = bob.socket().await;
    let path = "/ws/join-notification/";
    let mut listener = Socket::open(server.addr(), path, dialect)
        .await
        .expect("a socket");

    let since = Instant::now();
    let left = here
        .rest
        .post("/api/v1/auth/logout-everywhere", &json!({}))
        .await;
    assert_eq!(left.status, 204);
    for socket in [&mut one, &mut two, &mut listener] {
        ends(socket, since).await;
    }
    assert!(!here.is_good().await && !there.is_good().await);
    assert_eq!(
        refresh(&server, &there.refresh).await.code(),
        "token_invalid"
    );
    still_hears(&mut bobs).await;
    assert!(Login::again(&server, "alice").await.is_good().await);
    server.stop().await;
}

#[tokio::test]
async fn one_device_is_put_out_from_another() {
    let server = Server::start().await;
    let here = Login::signed_up(&server, "alice").await;
    let lost = Login::again(&server, "alice").await;
    let mut socket = lost.socket().await;
    let listed = here.rest.get("/api/v1/sessions").await.expect(200);
    let sessions = listed["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false);
    let id = other.expect("the other one")["id"].as_str().expect("an id");
    let since = Instant::now();
    let path = format!("/api/v1/sessions/{id}");
    let ended = here.rest.delete(&path, &[]).await;
    assert_eq!(ended.status, 204);
    ends(&mut socket, since).await;
    assert!(here.is_good().await && !lost.is_good().await);
    server.stop().await;
}

#[tokio::test]
async fn a_new_password_puts_everybody_out_also_who_stole_this_login() {
    let server = Server::start().await;
    let here = Login::signed_up(&server, "alice").await;
    let stolen = here.next(&server).await;
    let there = Login::again(&server, "alice").await;
    let (mut mine, mut other) = (here.socket().await, there.socket().await);
    let body = json!({"current": PASSWORD, "new": "another long password"});
    let since = Instant::now();
    let changed = here
        .rest
        .post("/api/v1/me/password", &body)
        .await
        .expect(200);
    ends(&mut other, since).await;
    ends(&mut mine, since).await;
    assert!(!here.is_good().await && !stolen.is_good().await);
    for token in [&here.refresh, &stolen.refresh] {
        let refused = refresh(&server, token).await;
        assert_eq!(refused.code(), "token_invalid");
    }
    let fresh = Login::of(&server, &changed);
    still_hears(&mut fresh.socket().await).await;
    assert!(fresh.next(&server).await.is_good().await);
    let old = json!({"username": "alice", "password": PASSWORD});
    let refused = server.rest().post("/api/v1/auth/login", &old).await;
    assert_eq!(refused.code(), "wrong_credentials");
    server.stop().await;
}

#[tokio::test]
async fn a_new_name_is_seen_by_who_listens() {
    let server = Server::start().await;
    let (alice, bob) = (
        server.anon().sign_up("alice").await,
        server.anon().sign_up("bob").await,
    );
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    let (mut socket, _) = bob.native().await;
    let heard = async |socket: &mut Socket, who: &SignedIn| {
        who.say(&room, "hello").await;
        socket.next_of("message").await["message"]["sender"]["username"].clone()
    };
    assert_eq!(heard(&mut socket, &alice).await, "alice");
    let change = json!({"username": "alicia"});
    let me = alice.rest.patch("/api/v1/me", &change, &[]).await;
    assert_eq!(me.expect(200)["username"], "alicia");
    assert_eq!(heard(&mut socket, &alice).await, "alicia");
    let found = bob.rest.get("/api/v1/users?name=alicia").await.expect(200);
    assert_eq!(found, json!({"id": alice.id, "username": "alicia"}));
    server.stop().await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket_that_ends_with_its_login() {
    let server = Server::start().await;
    let alice = Login::signed_up(&server, "alice").await;
    let made = alice
        .rest
        .post("/api/v1/ws-ticket", &json!({}))
        .await
        .expect(201);
    let path = format!(
        "/api/v1/ws?ticket={}",
        made["ticket"].as_str().expect("a ticket")
    );
    let open = || Socket::open_with(server.addr(), &path, &[]);
    let mut socket = open().await.expect("a socket");
    assert_eq!(socket.next_of("hello").await["user"]["username"], "alice");
    let refused = open().await.err().expect("it was used");
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("token_invalid"), "{}", refused.body);
    let since = Instant::now();
    let left = alice.rest.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(left.status, 204);
    ends(&mut socket, since).await;
    server.stop().await;
}

#[tokio::test]
async fn who_starts_the_server_makes_the_first_administrator() {
    let server = Server::start().await;
    assert_eq!(
        server.rest().get("/setup").await.status,
        404,
        "nobody was shown a token"
    );
    let token = server.setup_token().await;
    let page = server.rest().get("/setup").await;
    assert_eq!(
        (page.status.as_u16(), page.text.contains(&token)),
        (200, false)
    );
    let make = |token: &str, name: &str| {
        let body = json!({"token": token, "username": name, "password": PASSWORD});
        let rest = server.rest();
        async move { rest.post("/api/v1/setup", &body).await }
    };
    assert_eq!(make("guessed", "eve").await.code(), "token_invalid");
    let (one, two) = tokio::join!(make(&token, "ops"), make(&token, "eve"));
    let mut said = [one.status.as_u16(), two.status.as_u16()];
    said.sort_unstable();
    assert_eq!(said, [201, 404], "one of two who come at once");
    let made = if one.status == 201 { one } else { two };
    let admin = Login::of(&server, &made.json());
    let policies = admin.rest.get("/api/v1/admin/archive/policies").await;
    assert_eq!(policies.status, 200);
    assert_eq!(
        server.rest().get("/setup").await.status,
        404,
        "it is closed"
    );
    server.stop().await;
}
