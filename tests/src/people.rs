//! The kinds of people that use a server, as types.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{Rest, Socket, socket::Refused};

/// A password that everybody in the tests has.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody who has not said who they are.
#[derive(Debug, Clone)]
pub struct Anon {
    /// Their client.
    pub rest: Rest,
}

/// Somebody with a token.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What they are called.
    pub name: String,
    /// Their id.
    pub id: String,
    /// Their token.
    pub token: String,
    /// Their client, with the token.
    pub rest: Rest,
}

impl Anon {
    /// Signs up and logs in through the native API.
    ///
    /// # Panics
    /// When either is refused.
    pub async fn sign_up(&self, name: &str) -> SignedIn {
        let body = json!({"username": name, "password": PASSWORD});
        let answer = self
            .rest
            .post("/api/v1/auth/signup", &body)
            .await
            .expect(201);
        self.signed_in(name, &answer)
    }

    /// Logs in through the native API.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn log_in(&self, name: &str) -> SignedIn {
        let body = json!({"username": name, "password": PASSWORD});
        let answer = self
            .rest
            .post("/api/v1/auth/login", &body)
            .await
            .expect(200);
        self.signed_in(name, &answer)
    }

    fn signed_in(&self, name: &str, answer: &Value) -> SignedIn {
        let token = answer["token"].as_str().expect("a token").to_owned();
        let id = answer["user"]["id"].as_str().expect("a user").to_owned();
        let rest = self.rest.with_token(&token);
        SignedIn {
            name: name.to_owned(),
            id,
            token,
            rest,
        }
    }
}

impl SignedIn {
    /// The same person, with the same token, at another server.
    #[must_use]
    pub fn at(&self, addr: SocketAddr) -> Self {
        Self {
            rest: Rest::new(addr).with_token(&self.token),
            ..self.clone()
        }
    }

    /// Makes a channel and gives its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create_room(&self, name: &str) -> String {
        let answer = self
            .rest
            .post("/api/v1/rooms", &json!({"name": name}))
            .await
            .expect(201);
        answer["id"].as_str().expect("an id").to_owned()
    }

    /// Joins a room through REST.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn join(&self, room: &str) -> Value {
        self.rest
            .post(&format!("/api/v1/rooms/{room}/join"), &json!({}))
            .await
            .expect(200)
    }

    /// Makes a group with others, and gives its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create_group(&self, name: &str, others: &[&Self]) -> String {
        let members: Vec<_> = others.iter().map(|other| &other.id).collect();
        let body = json!({"kind": "group", "name": name, "members": members});
        let group = self.rest.post("/api/v1/rooms", &body).await.expect(201);
        group["id"].as_str().expect("an id").to_owned()
    }

    /// The rooms that the inbox says they were added to.
    ///
    /// # Panics
    /// When the inbox is refused.
    pub async fn added_to(&self) -> Vec<String> {
        let inbox = self.rest.get("/api/v1/notifications").await.expect(200);
        let all = inbox["notifications"].as_array().expect("a list").iter();
        let added = all.filter(|told| told["cause"] == "added");
        let room = |told: &Value| told["room"].as_str().map(str::to_owned);
        added.filter_map(room).collect()
    }

    /// Says something through REST.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn say(&self, room: &str, text: &str) -> Value {
        let path = format!("/api/v1/rooms/{room}/messages");
        self.rest
            .post(&path, &json!({"content": text}))
            .await
            .expect(201)
    }

    /// Opens a native socket and gives it with its hello.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn native(&self) -> (Socket, Value) {
        let mut socket = self.socket("/api/v1/ws").await.expect("a socket");
        let hello = socket.next_of("hello").await;
        (socket, hello)
    }

    /// Opens any socket.
    ///
    /// # Errors
    /// When the handshake is refused.
    pub async fn socket(&self, path: &str) -> Result<Socket, Refused> {
        Socket::open(self.rest.addr(), path, &self.token).await
    }

    /// All messages of a room, oldest first, by paging through the history.
    ///
    /// # Panics
    /// When the history is refused.
    pub async fn whole_history(&self, room: &str) -> Vec<Value> {
        let mut messages: Vec<Value> = Vec::new();
        loop {
            let after = messages
                .last()
                .map_or(0, |m| m["seq"].as_u64().expect("a seq"));
            let path = format!("/api/v1/rooms/{room}/messages?after_seq={after}&limit=200");
            let page = self.rest.get(&path).await.expect(200);
            let items = page["messages"].as_array().expect("messages").clone();
            if items.is_empty() {
                return messages;
            }
            messages.extend(items);
        }
    }
}
