//! kill -9 of the process under load, again and again. Afterwards every acknowledged message is
//! there, once, in order; listeners that resumed missed nothing; the inbox of a member who was
//! never there holds each; and the archive, which ran all the while, is whole.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::atomic::Ordering,
    time::Duration,
};

use domain::RoomId;
use e2e::{
    Anon, Process, Rest, SignedIn, eventually,
    load::{self, Heads, Listener, Sender, Until, heads},
};
use futures_util::future::join_all;
use serde_json::json;
use testkit::judge::{Kept, Ledger};

use crate::CONFIG;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");
const KILLS: u64 = 50;
const SENDERS: usize = 4;
const LISTENERS: usize = 2;

struct World {
    rooms: Vec<RoomId>,
    absent: SignedIn,
    reader: SignedIn,
    senders: Vec<Sender>,
    listeners: Vec<Listener>,
}

fn anon(process: &Process) -> Anon {
    Anon {
        rest: Rest::new(process.addr()),
    }
}

async fn start(data: &Path) -> Process {
    let config = data.join("hubbub.toml");
    std::fs::write(&config, CONFIG).expect("written");
    Process::start(PROGRAM, data, Some(config)).await
}

async fn populate(process: &Process) -> World {
    let anon = anon(process);
    let owner = anon.sign_up("owner").await;
    let rooms = [
        owner.create_room("one").await,
        owner.create_room("two").await,
    ];
    let absent = anon.sign_up("absent").await;
    let mut people = Vec::new();
    for n in 0..SENDERS + LISTENERS {
        people.push(anon.sign_up(&format!("person-{n}")).await);
    }
    for person in people.iter().chain([&absent]) {
        for room in &rooms {
            person.join(room).await;
        }
    }
    let rooms: Vec<RoomId> = rooms
        .iter()
        .map(|room| room.parse().expect("an id"))
        .collect();
    let sender = |n: usize| Sender::new(n, &people[n].token, rooms[n % rooms.len()]);
    let heads = heads(&owner).await;
    let listener = |n: usize| Listener::new(n, &people[SENDERS + n].token, heads.clone());
    World {
        senders: (0..SENDERS).map(sender).collect(),
        listeners: (0..LISTENERS).map(listener).collect(),
        rooms,
        absent,
        reader: owner,
    }
}

/// Everybody talks and listens until the process is killed, some time into it.
async fn suffer(process: Process, world: &mut World, round: u64) {
    let addr = process.addr();
    let (until, unknown) = (Until::default(), Heads::default());
    let kill = async {
        tokio::time::sleep(Duration::from_millis(150 + round * 37 % 400)).await;
        process.kill().await;
    };
    let talk = join_all(
        world
            .senders
            .iter_mut()
            .map(|sender| sender.talk(addr, &until)),
    );
    let listen = join_all(world.listeners.iter_mut().map(|l| l.listen(addr, &unknown)));
    tokio::join!(kill, talk, listen);
}

/// Everybody finishes: what was not answered is sent again, and everything is heard.
async fn heal(process: &Process, world: &mut World) {
    let addr = process.addr();
    let until = Until::default();
    until.store(true, Ordering::Relaxed);
    e2e::soon(
        "the answers",
        join_all(world.senders.iter_mut().map(|s| s.talk_on(addr, &until))),
    )
    .await;
    let history = history(process, world).await;
    let heads = Heads::new(Some(load::ends(&history)));
    let listen = world.listeners.iter_mut().map(|l| l.listen(addr, &heads));
    e2e::soon("the listeners to catch up", join_all(listen)).await;
}

async fn history(process: &Process, world: &World) -> BTreeMap<RoomId, Vec<Kept>> {
    let reader = anon(process).log_in(&world.reader.name).await;
    load::history(&reader, &world.rooms).await
}

/// The ids of all messages that wait in somebody's inbox.
async fn inbox(person: &SignedIn) -> HashSet<String> {
    let mut ids = HashSet::new();
    let mut path = "/api/v1/notifications?limit=200".to_owned();
    loop {
        let page = person.rest.get(&path).await.expect(200);
        let items = page["notifications"].as_array().expect("a list");
        ids.extend(
            items
                .iter()
                .map(|n| n["message"]["id"].as_str().expect("id").to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            return ids;
        };
        path = format!("/api/v1/notifications?limit=200&after={next}");
    }
}

/// The archive has caught up: every message is in it, and every run came to its end.
async fn archive_is_whole(process: &Process, world: &World) {
    let reader = anon(process).log_in(&world.reader.name).await;
    eventually("the archive to catch up", async || {
        let mut hot = 0;
        for room in &world.rooms {
            let messages = reader.whole_history(&room.to_string()).await;
            hot += messages
                .iter()
                .filter(|m| m["archived"] != json!(true))
                .count();
        }
        (hot == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_lose_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let process = start(data.path()).await;
    let mut world = populate(&process).await;
    suffer(process, &mut world, 0).await;
    for round in 1..KILLS {
        suffer(start(data.path()).await, &mut world, round).await;
    }

    let process = start(data.path()).await;
    heal(&process, &mut world).await;
    let history = history(&process, &world).await;
    let absent = anon(&process).log_in(&world.absent.name).await;
    let waiting = inbox(&absent).await;
    for kept in history.values().flatten() {
        assert!(
            waiting.contains(&kept.id.to_string()),
            "the inbox misses seq {}",
            kept.seq
        );
    }
    archive_is_whole(&process, &world).await;
    let after: BTreeMap<_, _> = self::history(&process, &world).await;
    assert_eq!(history, after, "archiving changed no seq, id or client_id");
    judge(world, history);
    assert_eq!(process.terminate().await, Some(0));
}

fn judge(world: World, history: BTreeMap<RoomId, Vec<Kept>>) {
    let mut ledger = Ledger {
        history,
        ..Ledger::default()
    };
    for (number, listener) in world.listeners.into_iter().enumerate() {
        ledger.heard.extend(listener.heard);
        ledger.recovered.extend(listener.recovered);
        ledger
            .complete
            .extend(world.rooms.iter().map(|room| (number, *room, 1)));
    }
    ledger.sent = world.senders.into_iter().flat_map(Sender::sent).collect();
    let verdict = ledger.judge();
    println!("{KILLS} kills: {verdict}");
    assert!(verdict.is_clean(), "{verdict}");
    assert!(
        verdict.acknowledged > 1_000,
        "too little load to say anything: {verdict}"
    );
}
