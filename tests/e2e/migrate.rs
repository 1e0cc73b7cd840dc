//! Moving an installation to MongoDB and back: clients notice a restart and nothing else, wherever
//! the way there was cut off.

use bytes::Bytes;
use e2e::{Anon, Process, Rest, SignedIn};
use hyper::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    home::{Home, ended},
    mongodb::archive,
};

const KEY: &str = "7b0e4d6e-5f0c-4f0e-9a55-0c6a1d3f7d11";

fn anon(server: &Process) -> Anon {
    Anon {
        rest: Rest::new(server.addr()),
    }
}

/// The same person, with the same token, at another server.
fn at(server: &Process, who: &SignedIn) -> SignedIn {
    SignedIn {
        rest: Rest::new(server.addr()).with_token(&who.token),
        ..who.clone()
    }
}

async fn upload(who: &SignedIn) -> Value {
    let headers = [
        ("content-type", "text/plain"),
        ("content-disposition", "attachment; filename=\"a.txt\""),
    ];
    let bytes = Some(Bytes::from_static(b"the bytes of a file"));
    let sent = who
        .rest
        .send(Method::POST, "/api/v1/files", &headers, bytes);
    sent.await.expect(201)["file"].clone()
}

/// What somebody sees of everything: rooms, members, histories, the inbox, and themselves.
async fn view(who: &SignedIn, rooms: &[&str]) -> Value {
    let mut seen = Vec::new();
    for path in ["/api/v1/me", "/api/v1/rooms", "/api/v1/notifications"] {
        seen.push(by_id(who.rest.get(path).await.expect(200)));
    }
    for room in rooms {
        let members = format!("/api/v1/rooms/{room}/members");
        seen.push(who.rest.get(&members).await.expect(200));
        seen.push(who.whole_history(room).await.into());
    }
    seen.into()
}

/// An answer with its lists by id: not every database sorts ids alike.
fn by_id(mut answer: Value) -> Value {
    let fields = answer.as_object_mut().into_iter().flatten();
    for list in fields.filter_map(|(_, field)| field.as_array_mut()) {
        list.sort_by_key(|one| one["id"].to_string());
    }
    answer
}

/// A talk with all that can happen in one. Gives its room, the direct one, and the file.
async fn talk(ann: &SignedIn, bob: &SignedIn) -> (String, String, Value) {
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let keyed = json!({"content": "hello", "client_id": KEY});
    let _ = ann.rest.post(&path, &keyed).await.expect(201);
    let mut ids = Vec::new();
    for n in 0..5 {
        let said = ann.say(&room, &format!("m{n}")).await;
        ids.push(said["message"]["id"].as_str().expect("an id").to_owned());
    }
    let of = |n: usize| format!("{path}/{}", ids[n]);
    let edit = json!({"content": "edited"});
    let _ = ann.rest.patch(&of(0), &edit, &[]).await.expect(200);
    let _ = ann.rest.delete(&of(1), &[]).await.expect(200);
    let like = format!("{}/reactions/%F0%9F%91%8D", of(2));
    bob.rest.put(&like, &json!({})).await;
    let file = upload(ann).await;
    let with_file = json!({"kind": "file", "content": "look", "file": file["id"]});
    let _ = ann.rest.post(&path, &with_file).await.expect(201);
    let direct = json!({"user": bob.id});
    let direct = ann.rest.post("/api/v1/rooms/direct", &direct).await.json();
    let direct = direct["id"].as_str().expect("an id").to_owned();
    ann.say(&direct, "between us").await;
    (room, direct, file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_moves_to_mongodb_and_back_and_clients_notice_a_restart() {
    let Some(home) = Home::new() else { return };
    let sqlite = "sqlite:hubbub.db";
    home.make_ops(sqlite).await;
    let server = home.serve(sqlite).await;
    let (ann, bob) = (
        anon(&server).sign_up("ann").await,
        anon(&server).sign_up("bob").await,
    );
    let (room, direct, file) = talk(&ann, &bob).await;
    let ops = anon(&server).log_in("ops").await;
    // Six in the lobby, without the one that was deleted, and one between the two.
    let run = archive(&ops, 7).await;
    assert_eq!(run["total"]["moved"], 7, "{run}");
    ann.say(&room, "after the run").await;
    let rooms = [room.as_str(), direct.as_str()];
    let (socket, hello) = bob.native().await;
    let head = of_room(&hello, &room)["head"].as_u64().expect("a head");
    socket.close().await;
    let before = [view(&ann, &rooms).await, view(&bob, &rooms).await];

    let to = ["migrate", "--to", home.uri.as_str()];
    let busy = home.refused(sqlite, &to).await;
    assert!(busy.contains("is in use by"), "{busy}");
    assert_eq!(server.terminate().await, Some(0));
    let dry = home.done(sqlite, &[&to[..], &["--dry-run"]].concat()).await;
    assert!(dry.contains("is fit"), "{dry}");
    let said = home.done(sqlite, &to).await;
    assert!(said.contains("all is there"), "{said}");
    let again = home.refused(sqlite, &to).await;
    assert!(again.contains("this installation already"), "{again}");

    let server = home.serve(&home.uri).await;
    let (ann, bob) = (at(&server, &ann), at(&server, &bob));
    assert_eq!(view(&ann, &rooms).await, before[0]);
    assert_eq!(view(&bob, &rooms).await, before[1]);
    anon(&server).log_in("ann").await;
    let bytes = bob.rest.get(file["url"].as_str().expect("a url")).await;
    assert_eq!(bytes.text, "the bytes of a file");
    goes_on(&ann, &bob, (&room, head), &hello["epoch"]).await;
    let there = view(&bob, &rooms).await;
    let back = ["migrate", "--to", "sqlite:back.db"];
    let elsewhere = TempDir::new().expect("a folder");
    let from_there = home.command_in(elsewhere.path(), &home.uri, &back);
    let busy = ended(from_there, "").await.refused();
    let shown = format!(":{}:", server.id());
    assert!(
        busy.contains("`serving:") && busy.contains(&shown),
        "{busy}"
    );
    assert_eq!(server.terminate().await, Some(0));

    let said = home.done(&home.uri, &back).await;
    assert!(said.contains("all is there"), "{said}");
    let server = home.serve("sqlite:back.db").await;
    let (ann, bob) = (at(&server, &ann), at(&server, &bob));
    assert_eq!(view(&bob, &rooms).await, there);
    goes_on(&ann, &bob, (&room, head + 1), &hello["epoch"]).await;
    assert_eq!(server.terminate().await, Some(0));
}

fn of_room<'a>(hello: &'a Value, room: &str) -> &'a Value {
    let mut rooms = hello["rooms"].as_array().expect("rooms").iter();
    let found = rooms.find(|one| one["id"] == room);
    found.expect("the room")
}

/// A socket resumes from its old seq, the log goes on behind it, and a repeat is a repeat.
async fn goes_on(ann: &SignedIn, bob: &SignedIn, (room, head): (&str, u64), epoch: &Value) {
    let (mut socket, hello) = bob.native().await;
    assert_eq!(&hello["epoch"], epoch, "it is the same installation");
    assert_eq!(of_room(&hello, room)["head"], json!(head));
    let since = json!({room: head - 1});
    let resume = json!({"id": "r", "type": "resume", "epoch": epoch, "rooms": since});
    socket.send(&resume).await;
    let missed = socket.next_of("message").await;
    assert_eq!(missed["message"]["seq"], json!(head));
    let resumed = socket.next_of("resumed").await;
    assert_eq!(resumed["head"], json!(head), "{resumed}");
    let next = ann.say(room, "and on").await;
    assert_eq!(next["message"]["seq"], json!(head + 1));
    let live = socket.next_of("message").await;
    assert_eq!(live["message"]["id"], next["message"]["id"]);
    let keyed = json!({"content": "hello", "client_id": KEY});
    let path = format!("/api/v1/rooms/{room}/messages");
    let repeat = ann.rest.post(&path, &keyed).await;
    assert_eq!(repeat.status.as_u16(), 200, "{}", repeat.text);
    socket.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_is_killed_goes_on_and_nobody_serves_half_of_it() {
    let Some(home) = Home::new() else { return };
    let sqlite = "sqlite:hubbub.db";
    let server = home.serve(sqlite).await;
    let ann = anon(&server).sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    let (mut socket, _) = ann.native().await;
    for n in 0..1_300 {
        let content = format!("m{n}");
        let send = json!({"id": "s", "type": "send", "room": room, "content": content});
        socket.send(&send).await;
        socket.answer("s").await;
    }
    socket.close().await;
    let before = view(&ann, &[&room]).await;
    // What it wrote last lies beside the database.
    server.kill().await;

    for line in [
        "what",
        "carried: 1 users",
        "carried: 1 members",
        "carried: 0 holds",
        "checked: 1 users",
    ] {
        let args = ["migrate", "--to", home.uri.as_str()];
        home.kill_after(sqlite, &args, line).await;
    }
    let half = home
        .refused(&home.uri, &["serve", "--listen", "127.0.0.1:0"])
        .await;
    assert!(half.contains("not whole"), "{half}");
    let said = home.done(sqlite, &["migrate", "--to", &home.uri]).await;
    assert!(said.contains("going on with"), "{said}");
    assert!(said.contains("all is there"), "{said}");
    let server = home.serve(&home.uri).await;
    let ann = at(&server, &ann);
    assert_eq!(view(&ann, &[&room]).await, before);
    assert_eq!(server.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_keeps_something_else_is_left_alone() {
    let Some(home) = Home::new() else { return };
    let Some(other) = Home::new() else { return };
    home.make_ops("sqlite:hubbub.db").await;
    other.make_ops(&home.uri).await;
    let to = ["migrate", "--to", home.uri.as_str()];
    let taken = home.refused("sqlite:hubbub.db", &to).await;
    assert!(taken.contains("of something else"), "{taken}");
    let unknown = ["migrate", "--to", "postgres://localhost"];
    let unknown = home.refused("sqlite:hubbub.db", &unknown).await;
    assert!(
        unknown.contains("--to: there is no `postgres:`"),
        "{unknown}"
    );
    let nothing = home.refused("sqlite:none.db", &to).await;
    assert!(nothing.contains("no installation"), "{nothing}");
}
