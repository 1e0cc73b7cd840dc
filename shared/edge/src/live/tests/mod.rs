//! Two processes over one store: what is told in one is heard in the other.

mod presence;
mod receipts;
mod sweep;
mod typing;
mod visits;

use std::sync::Arc;

use adapter_local::{LocalBus, LocalPresences};
use domain::{
    Limits, NodeId, RoomId, SessionId, UserId,
    ports::{Ports, Store},
};
use protocol::native::Native;
use serde_json::Value;
use testkit::builders::{join, message, new_channel, new_user};
use tokio::time::{Duration, Instant, timeout};

use super::{Live, pump::Pump};
use crate::{
    hub::{Seat, Standing, Subscriber},
    outbox::Item,
    testing::World,
};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two processes, and the store, the bus and the list of who is there that they share.
struct House {
    world: World,
    one: Arc<Live>,
    other: Arc<Live>,
    limits: Arc<Limits>,
}

impl House {
    async fn new() -> Self {
        Self::with(Limits::default(), LocalPresences::new()).await
    }

    async fn with(limits: Limits, presences: LocalPresences) -> Self {
        let world = World::new();
        let ports = Ports {
            presences: Arc::new(presences),
            ..world.ctx.ports.clone()
        };
        Self::of(world, limits, [&ports, &ports])
    }

    /// Two processes of which neither hears what the other says on the bus.
    async fn cut_off() -> Self {
        let world = World::new();
        let ports = Ports {
            bus: Arc::new(LocalBus::new()),
            ..world.ctx.ports.clone()
        };
        let whole = world.ctx.ports.clone();
        Self::of(world, Limits::default(), [&whole, &ports])
    }

    fn of(world: World, limits: Limits, [one, other]: [&Ports; 2]) -> Self {
        let limits = Arc::new(limits);
        let live = |ports| Live::new(NodeId::new(), ports, Arc::clone(&limits));
        let house = Self {
            one: live(one),
            other: live(other),
            world,
            limits,
        };
        house.run(&house.one);
        house.run(&house.other);
        house
    }

    fn run(&self, live: &Arc<Live>) {
        let (tasks, stop) = (&self.world.ctx.tasks, &self.world.ctx.stop);
        tasks.spawn(Pump::new(Arc::clone(live)).run(stop.clone()));
        tasks.spawn(live.mender().run(stop.clone()));
        tasks.spawn(Arc::clone(live).keep_receipts(stop.clone()));
        tasks.spawn(Arc::clone(live).tell_typing(stop.clone()));
        tasks.spawn(Arc::clone(live).keep_presence(stop.clone()));
        tasks.spawn(Arc::clone(live).keep_visits(stop.clone()));
    }

    /// Ends all tasks, as a process does when its sessions are gone.
    async fn stop(self) {
        self.world.ctx.stop.cancel();
        self.world.ctx.tasks.close();
        let ended = timeout(PATIENCE, self.world.ctx.tasks.wait());
        ended.await.expect("they end");
    }

    fn store(&self) -> &dyn Store {
        &*self.world.ctx.ports.store
    }

    async fn user(&self, name: &str) -> UserId {
        self.store().create_user(new_user(name)).await.unwrap().id
    }

    /// A room of these people in which the first has said so many messages.
    async fn room(&self, people: &[UserId], messages: usize) -> RoomId {
        let owner = people[0];
        let name = format!("room-{}", UserId::new());
        let room = self.store().create_room(new_channel(&name, owner)).await;
        let room = room.unwrap().id;
        let mut rows: Vec<_> = people[1..].iter().map(|user| join(*user, 1)).collect();
        rows.extend((0..messages).map(|n| message(owner, &format!("m{n}"))));
        self.store().append(room, rows).await.unwrap();
        room
    }

    async fn head(&self, room: RoomId) -> u64 {
        self.store().heads(&[room]).await.unwrap()[0].seq
    }

    /// A session of somebody in one of the processes, live in rooms.
    async fn session(&self, live: &Arc<Live>, user: UserId, rooms: &[RoomId]) -> Session {
        let subscriber = Subscriber::new(SessionId::new(), user, &Native, &self.limits);
        let seat = live.hub.seat(subscriber, true);
        for room in rooms {
            seat.subscribe(*room);
            let head = self.head(*room).await;
            assert_eq!(seat.go_live(*room, head), Standing::Live);
        }
        Session {
            seat,
            heard: Vec::new(),
        }
    }
}

/// Somebody who listens, and what they have heard and nobody looked at.
struct Session {
    seat: Seat,
    heard: Vec<Value>,
}

impl Session {
    fn listen(&mut self) {
        let frame = |item| match item {
            Item::Frame(text) | Item::Passing(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        };
        let items = self.seat.subscriber().outbox.take();
        self.heard.extend(items.into_iter().map(frame));
    }

    /// The next frame.
    async fn next(&mut self) -> Value {
        loop {
            self.listen();
            if !self.heard.is_empty() {
                return self.heard.remove(0);
            }
            let ready = self.seat.subscriber().outbox.ready();
            timeout(PATIENCE, ready).await.expect("something to hear");
        }
    }

    /// So many frames.
    async fn many(&mut self, count: usize) -> Vec<Value> {
        let mut heard = Vec::new();
        while heard.len() < count {
            heard.push(self.next().await);
        }
        heard
    }

    /// All that was heard so far.
    fn all(&mut self) -> Vec<Value> {
        self.listen();
        std::mem::take(&mut self.heard)
    }
}

/// Asks again and again until it is so.
async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
