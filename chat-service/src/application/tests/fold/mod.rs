//! State and events are the same thing told twice: after every command, what a member's client
//! has made of the events is what fresh answers say. Who is out hears nothing more.

mod client;
mod deeds;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use domain::{
    Caller, Change, Code, Command, Cursor, MemberChange, MemberRow, Reply, RoomId, RoomKind, Row,
    Scene, Seq, TenantId, Timestamp, UserId,
    ports::{BusEvent, BusStream},
};
use futures_util::StreamExt;
use proptest::prelude::*;
use protocol::{Dialect, Viewer, native::Native};
use serde_json::Value;

use self::{
    client::{Shown, wire},
    deeds::Deed,
};
use crate::testing::World;

/// How long rows may take from the log to the listeners.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most rows and messages of one answer: more than a run can make.
const ALL: usize = 200;

/// Later than every row of a test.
const LATER: Timestamp = Timestamp::MAX;

/// What one person's client shows of one room, while they are in it.
type Clients = BTreeMap<(usize, RoomId), Shown>;

/// People who do things, and somebody of another tenant who hears nothing of it.
pub(super) struct Scenery {
    world: World,
    /// Everybody who does something.
    pub(super) people: Vec<Caller>,
    stranger: Caller,
    /// A channel, a group and a direct room, and what is known of each from its beginning.
    rooms: Vec<(RoomId, Shown)>,
    bus: BusStream,
    heard: HashMap<RoomId, Seq>,
    clients: Clients,
}

impl Scenery {
    async fn new() -> Self {
        let world = World::with(|settings| settings.no_limits = true);
        let bus = world.ctx.ports.bus.subscribe().await.unwrap();
        let mut people = Vec::new();
        for name in ["ann", "bob", "cid", "dan"] {
            people.push(world.person(name).await);
        }
        let stranger = world.person_of("far", TenantId::new("elsewhere")).await;
        let channel = world.channel(&people[0], "lobby").await.room.id;
        let group = world.group(&people[1], &[&people[0], &people[2]]).await;
        let direct = world.direct(&people[0], &people[1]).await.0.room.id;
        let mut scenery = Self {
            world,
            people,
            stranger,
            rooms: Vec::new(),
            bus,
            heard: HashMap::new(),
            clients: Clients::new(),
        };
        for room in [channel, group, direct] {
            let view = scenery.world.view(&scenery.people[0], room).await;
            let begun = Shown::begun(&wire(&Reply::Room(view))["room"]);
            scenery.rooms.push((room, begun));
        }
        scenery.hear().await;
        scenery
    }

    pub(super) fn room(&self, nth: usize) -> RoomId {
        self.rooms[nth].0
    }

    /// The nth message of a room, whoever said it.
    pub(super) async fn said(&self, room: RoomId, nth: usize) -> Option<domain::Message> {
        let page = self.world.store().page(room, Cursor::After(0), ALL).await;
        let messages = page.unwrap().messages;
        messages.get(nth % messages.len().max(1)).cloned()
    }

    /// Does something. What is refused must not have written anything.
    async fn act(&mut self, deed: &Deed) {
        let Some((who, command)) = deed.command(self).await else {
            return;
        };
        let hides = match &command {
            Command::Leave { room } | Command::DeleteRoom { room } => Some(*room),
            _ => None,
        };
        let before = self.heads().await;
        let done = self.world.ask(&self.people[who], command).await;
        match &done {
            Ok(_) => {}
            Err(error) => {
                assert_ne!(error.code(), Code::Internal, "{error}");
                assert_eq!(self.heads().await, before, "{error} wrote something");
            }
        }
        let (direct, _) = self.rooms[2];
        if done.is_ok() && hides == Some(direct) {
            self.clients.entry((who, direct)).and_modify(Shown::hide);
        }
        self.hear().await;
    }

    async fn heads(&self) -> Vec<(RoomId, Seq)> {
        let rooms: Vec<RoomId> = self.rooms.iter().map(|(room, _)| *room).collect();
        let heads = self.world.store().heads(&rooms).await.unwrap();
        heads.iter().map(|head| (head.room, head.seq)).collect()
    }

    /// Listens until all that is stored was told, as sessions would.
    async fn hear(&mut self) {
        let mut joined = Vec::new();
        for (room, head) in self.heads().await {
            while self.heard.get(&room).copied().unwrap_or(0) < head {
                let event = tokio::time::timeout(PATIENCE, self.bus.next()).await;
                let event = event.expect("rows are told").unwrap().unwrap().event;
                if let BusEvent::Rows(rows) = event {
                    self.tell(rows, &mut joined).await;
                }
            }
        }
        for (who, room) in joined {
            if let Some(fresh) = self.fresh(who, room).await {
                self.clients.insert((who, room), fresh);
            }
        }
    }

    async fn tell(&mut self, rows: Vec<Row>, joined: &mut Vec<(usize, RoomId)>) {
        for scene in self.world.ctx.live.cards.scenes(rows).await {
            let domain::Event::Logged(row) = &scene.event else {
                panic!("no row");
            };
            let heard = self.heard.entry(row.room).or_default();
            if row.seq <= *heard {
                continue;
            }
            *heard = row.seq;
            let event = frame(&scene);
            for who in 0..self.people.len() {
                let change = own_change(row, &self.people[who]);
                if change == Some(MemberChange::Joined) {
                    joined.push((who, row.room));
                }
                let client = self.clients.get_mut(&(who, row.room));
                client.into_iter().for_each(|client| client.fold(&event));
                let out = matches!(change, Some(MemberChange::Left | MemberChange::Removed));
                if out || row.is_last() {
                    self.clients.remove(&(who, row.room));
                    joined.retain(|place| *place != (who, row.room));
                }
            }
        }
    }

    /// What fresh answers say to somebody; `None` when they are not in the room.
    async fn fresh(&self, who: usize, room: RoomId) -> Option<Shown> {
        let who = &self.people[who];
        let after = None;
        let limit = ALL;
        let members = Command::ListMembers { room, after, limit };
        let members = match self.world.ask(who, members).await {
            Err(error) if error.code() == Code::RoomNotFound => return None,
            members => members.unwrap(),
        };
        let (cursor, view) = (Cursor::After(0), Command::GetRoom { room });
        let history = Command::ReadHistory {
            room,
            cursor,
            limit,
        };
        let view = self.world.ask(who, view).await.unwrap();
        let history = self.world.ask(who, history).await.unwrap();
        Some(Shown::fresh(&view, &members, &history))
    }

    /// What a client makes of a whole replay; `None` when there is none for them.
    async fn replayed(&self, who: usize, room: RoomId, begun: &Shown) -> Option<Shown> {
        let (after, limit) = (0, ALL);
        let replay = Command::Replay { room, after, limit };
        let page = match self.world.ask(&self.people[who], replay).await {
            Ok(Reply::Replay(page)) => page,
            other => {
                assert_eq!(other.unwrap_err().code(), Code::RoomNotFound);
                return None;
            }
        };
        if page.missing.is_some() {
            // A client is told so, and asks for everything anew.
            return self.fresh(who, room).await;
        }
        let mut shown = begun.clone();
        if self.world.store().room(room).await.unwrap()?.kind == RoomKind::Direct {
            // What is hidden from one is not replayed; who is in it never changes.
            let fresh = self.fresh(who, room).await?;
            shown.members = fresh.members;
        }
        for scene in &page.scenes {
            shown.fold(&frame(scene));
        }
        Some(shown)
    }

    /// A month goes by: everything is published, and all changes that may go are dropped.
    async fn age(&self) {
        let store = self.world.store();
        let marked = store.marked(LATER, 1_000).await.unwrap();
        let marked: Vec<_> = marked.iter().map(|envelope| envelope.id).collect();
        store.clear_marks(&marked).await.unwrap();
        let dropped = store.drop_changes(LATER, None, 1_000).await.unwrap();
        assert_eq!(dropped.next, None, "fewer than it looks at");
        for (room, head) in self.heads().await {
            let rows = store.rows(room, 0, ALL).await.unwrap();
            let told = |row: &Row| matches!(row.change, Change::Message(_)) || row.seq == head;
            assert!(rows.iter().all(told), "only changes go, and they all do");
        }
    }

    /// Everybody's client shows what is so, and who is out hears nothing.
    async fn check(&self) {
        for (room, begun) in &self.rooms {
            for who in 0..self.people.len() {
                let fresh = self.fresh(who, *room).await;
                let live = self.clients.get(&(who, *room)).cloned();
                assert_eq!(live, fresh, "live, {}", self.people[who].username);
                let replayed = self.replayed(who, *room, begun).await;
                assert_eq!(replayed, fresh, "replayed, {}", self.people[who].username);
            }
            let (room, after, limit) = (*room, 0, ALL);
            for command in [
                Command::GetRoom { room },
                Command::Replay { room, after, limit },
            ] {
                let code = self.world.refused(&self.stranger, command).await;
                assert_eq!(code, Code::RoomNotFound);
            }
        }
    }
}

fn frame(scene: &Scene) -> Value {
    serde_json::from_str(
        &Native
            .encode(&Viewer::of(UserId::new()), scene)
            .expect("a frame"),
    )
    .unwrap()
}

/// What a row makes of somebody's own membership.
fn own_change(row: &Row, who: &Caller) -> Option<MemberChange> {
    match &row.change {
        Change::Member(MemberRow { user, change, .. }) if *user == who.user => Some(*change),
        _ => None,
    }
}

/// Does it all; before the deeds of these numbers, a month goes by.
async fn run(deeds: Vec<Deed>, ages: Vec<usize>) {
    let mut scenery = Scenery::new().await;
    scenery.check().await;
    for (n, deed) in deeds.iter().enumerate() {
        if ages.contains(&n) {
            scenery.age().await;
            scenery.check().await;
        }
        scenery.act(deed).await;
        scenery.check().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn state_and_events_are_fresh_state(
        deeds in prop::collection::vec(deeds::any_deed(), 1..30),
        ages in prop::collection::vec(0..40usize, 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(run(deeds, ages));
    }
}
