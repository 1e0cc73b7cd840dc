//! The chat that one would write with `warp::ws` in an afternoon: a broadcast channel for each
//! room, and nothing kept. It is measured beside the product; it is no example.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast::{Sender, channel};
use warp::{
    Filter,
    ws::{Message, WebSocket, Ws},
};

type Rooms = Arc<Mutex<HashMap<String, Sender<String>>>>;

/// As many as a broadcast channel keeps for the slowest.
const WAITING: usize = 1024;

#[tokio::main]
async fn main() {
    let rooms = Rooms::default();
    let query = warp::query::<HashMap<String, String>>();
    let chat = warp::path::end().and(query).and(warp::ws());
    let chat = chat.map(move |mut query: HashMap<String, String>, ws: Ws| {
        let room = query.remove("room").unwrap_or_default();
        let mut rooms = rooms.lock().expect("a lock");
        let room = rooms.entry(room).or_insert_with(|| channel(WAITING).0).clone();
        ws.on_upgrade(|socket| converse(socket, room))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("listening on {}", listener.local_addr().expect("an address"));
    warp::serve(chat).incoming(listener).run().await;
}

async fn converse(socket: WebSocket, room: Sender<String>) {
    let (mut write, mut read) = socket.split();
    let mut told = room.subscribe();
    let hello = Message::text(r#"{"type":"hello"}"#);
    if write.send(hello).await.is_err() {
        return;
    }
    tokio::spawn(async move {
        while let Ok(text) = told.recv().await {
            if write.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = read.next().await {
        if let Ok(text) = message.to_str() {
            let event = format!(r#"{{"type":"message","message":{{"content":"{text}"}}}}"#);
            let _ = room.send(event);
        }
    }
}
