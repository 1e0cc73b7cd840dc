//! Delivery in the order of the log, whatever the order in which rows are announced.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{
    Change, ClientId, Code, Error, Event, Head, Limits, MemberChange, MemberRow, Reply, Role,
    RoomChange, RoomId, RoomRow, Row, RowId, RunId, Scene, Seq, SessionId, Timestamp, UserId,
};
use protocol::{Dialect, Refused, Request, Scope, Viewer};

use super::{Hub, Seat, Standing, Subscriber};
use crate::outbox::Item;

/// Says the seq of a row, and counts how often it was asked to.
struct Counting(AtomicUsize, &'static str);

impl Dialect for Counting {
    fn name(&self) -> &'static str {
        self.1
    }

    fn decode(&self, _: &Scope, _: &str) -> Result<Request, Refused> {
        Err(Refused {
            id: None,
            error: Error::new(Code::UnknownType),
        })
    }

    fn encode(&self, _: &Viewer, scene: &Scene) -> Option<String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        super::run::seq(scene).map(|seq| seq.to_string())
    }

    fn reply(&self, _: Option<&str>, _: &Reply) -> Option<String> {
        None
    }

    fn refuse(&self, _: Option<&str>, _: &Error) -> Option<String> {
        None
    }
}

/// Says to whom it speaks.
struct Personal;

impl Dialect for Personal {
    fn name(&self) -> &'static str {
        "personal"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        dialect("counting").decode(scope, text)
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn encode(&self, viewer: &Viewer, scene: &Scene) -> Option<String> {
        super::run::seq(scene).map(|seq| format!("{seq} to {}", viewer.user))
    }

    fn reply(&self, _: Option<&str>, _: &Reply) -> Option<String> {
        None
    }

    fn refuse(&self, _: Option<&str>, _: &Error) -> Option<String> {
        None
    }
}

fn dialect(name: &'static str) -> &'static Counting {
    Box::leak(Box::new(Counting(AtomicUsize::new(0), name)))
}

fn room() -> RoomId {
    RoomId::from_uuid(uuid::Uuid::from_u128(1))
}

fn scene(seq: Seq, change: Change) -> Scene {
    Scene {
        event: Event::Logged(Row {
            id: RowId::new(),
            room: room(),
            seq,
            generation: 0,
            sender: UserId::new(),
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            change,
        }),
        actor: None,
        subject: None,
    }
}

fn rows(seqs: impl IntoIterator<Item = Seq>) -> Vec<Scene> {
    let row = |seq| {
        let change = Change::Archive {
            run: RunId::new(),
            through: 0,
        };
        scene(seq, change)
    };
    seqs.into_iter().map(row).collect()
}

fn member(seq: Seq, user: UserId, change: MemberChange) -> Vec<Scene> {
    let row = MemberRow {
        user,
        change,
        role: Role::Member,
        rev: 1,
    };
    vec![scene(seq, Change::Member(row))]
}

fn seat(hub: &Arc<Hub>, user: UserId, follows: bool) -> Seat {
    let limits = Limits {
        outbox_frames: 10_000,
        ..Limits::default()
    };
    let subscriber = Subscriber::new(SessionId::new(), user, dialect("counting"), &limits);
    hub.seat(subscriber, follows)
}

/// A session that is live after `head`.
fn live(hub: &Arc<Hub>, head: Seq) -> Seat {
    let seat = seat(hub, UserId::new(), false);
    seat.subscribe(room());
    assert_eq!(seat.go_live(room(), head), Standing::Live);
    seat
}

/// What waits for a session: seqs, and the rest by name.
fn heard(seat: &Seat) -> Vec<String> {
    let say = |item| match item {
        Item::Frame(text) => text.to_string(),
        Item::Began { after, .. } => format!("began after {after}"),
        Item::Ended { .. } => "ended".to_owned(),
        Item::Lost { .. } => "lost".to_owned(),
        other => panic!("{other:?}"),
    };
    seat.subscriber()
        .outbox
        .take()
        .into_iter()
        .map(say)
        .collect()
}

#[tokio::test]
async fn rows_come_in_the_order_of_the_log_and_once() {
    let hub = Hub::new();
    let ann = live(&hub, 3);
    for seqs in [
        vec![6],
        vec![4],
        vec![4, 5],
        vec![2, 3],
        vec![8, 7],
        vec![6],
    ] {
        hub.deliver(room(), rows(seqs));
    }
    assert_eq!(heard(&ann), ["4", "5", "6", "7", "8"]);
}

#[tokio::test]
async fn each_row_is_encoded_once_per_dialect() {
    let hub = Hub::new();
    let (one, two) = (dialect("one"), dialect("two"));
    let seats: Vec<_> = [one, one, one, two, two]
        .into_iter()
        .map(|dialect| {
            let subscriber =
                Subscriber::new(SessionId::new(), UserId::new(), dialect, &Limits::default());
            let seat = hub.seat(subscriber, false);
            seat.subscribe(room());
            seat.go_live(room(), 0);
            seat
        })
        .collect();
    hub.deliver(room(), rows(1..=10));
    assert!(seats.iter().all(|seat| heard(seat).len() == 10));
    assert_eq!(one.0.load(Ordering::Relaxed), 10);
    assert_eq!(two.0.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn a_personal_dialect_speaks_to_each_alone() {
    let hub = Hub::new();
    let people = [UserId::new(), UserId::new()];
    let seats = people.map(|user| {
        let limits = Limits::default();
        let subscriber = Subscriber::new(SessionId::new(), user, &Personal, &limits);
        let seat = hub.seat(subscriber, false);
        seat.subscribe(room());
        seat.go_live(room(), 0);
        seat
    });
    hub.deliver(room(), rows(1..=2));
    let third = rows([3]).remove(0);
    hub.tell_room(room(), UserId::new(), &third, Item::Frame);
    for (seat, user) in seats.iter().zip(people) {
        let own = [1, 2, 3].map(|seq| format!("{seq} to {user}"));
        assert_eq!(heard(seat), own);
    }
}

#[tokio::test]
async fn who_is_behind_reads_on_and_gets_nothing_twice() {
    let hub = Hub::new();
    let ann = live(&hub, 0);
    let bob = seat(&hub, UserId::new(), false);
    bob.subscribe(room());
    hub.deliver(room(), rows(1..=5));
    assert_eq!(bob.go_live(room(), 3), Standing::Behind);
    assert_eq!(bob.go_live(room(), 5), Standing::Live);
    hub.deliver(room(), rows(6..=7));
    assert_eq!(heard(&bob), ["6", "7"]);
    assert_eq!(heard(&ann).len(), 7);
}

#[tokio::test]
async fn who_has_read_further_than_the_hub_waits_for_it() {
    let hub = Hub::new();
    let ann = live(&hub, 0);
    let bob = live(&hub, 2);
    hub.deliver(room(), rows(1..=3));
    assert_eq!(heard(&ann), ["1", "2", "3"]);
    assert_eq!(heard(&bob), ["3"]);
}

#[tokio::test]
async fn a_row_announced_before_the_subscription_is_not_forgotten() {
    let hub = Hub::new();
    // The session read head 3; row 4 came before it could subscribe.
    hub.deliver(room(), rows([4]));
    let ann = seat(&hub, UserId::new(), false);
    ann.subscribe(room());
    assert_eq!(ann.go_live(room(), 3), Standing::Behind);
    assert_eq!(ann.go_live(room(), 4), Standing::Live);
}

#[tokio::test]
async fn a_row_announced_while_paused_is_not_forgotten() {
    let hub = Hub::new();
    let ann = seat(&hub, UserId::new(), false);
    ann.subscribe(room());
    hub.deliver(room(), rows([4]));
    assert_eq!(ann.go_live(room(), 3), Standing::Behind);
}

#[tokio::test]
async fn who_was_removed_hears_of_it_and_nothing_after() {
    let hub = Hub::new();
    let user = UserId::new();
    let ann = seat(&hub, user, false);
    ann.subscribe(room());
    ann.go_live(room(), 0);
    let mut scenes = rows([1]);
    scenes.extend(member(2, user, MemberChange::Removed));
    scenes.extend(rows([3]));
    hub.deliver(room(), scenes);
    hub.deliver(room(), rows([4]));
    assert_eq!(heard(&ann), ["1", "2", "ended"]);
    assert_eq!(
        ann.go_live(room(), 4),
        Standing::Behind,
        "the subscription is gone"
    );
}

#[tokio::test]
async fn a_role_lets_nobody_in_or_out() {
    let hub = Hub::new();
    let (ann, bob) = (UserId::new(), UserId::new());
    let (inside, outside) = (seat(&hub, ann, true), seat(&hub, bob, true));
    inside.subscribe(room());
    inside.go_live(room(), 0);
    hub.deliver(room(), member(1, ann, MemberChange::RoleChanged));
    hub.deliver(room(), member(2, bob, MemberChange::RoleChanged));
    assert_eq!(heard(&inside), ["1", "2"]);
    assert!(heard(&outside).is_empty());
}

#[tokio::test]
async fn everybody_hears_the_deletion_of_a_room_last() {
    let hub = Hub::new();
    let (ann, paused) = (live(&hub, 0), seat(&hub, UserId::new(), false));
    paused.subscribe(room());
    let (change, rev) = (RoomChange::Deleted, 2);
    let mut scenes = rows([1]);
    scenes.push(scene(2, Change::Room(RoomRow { change, rev })));
    hub.deliver(room(), scenes);
    assert_eq!(heard(&ann), ["1", "2", "ended"]);
    assert_eq!(paused.go_live(room(), 2), Standing::Behind);
    assert!(hub.live_rooms().is_empty());
}

#[tokio::test]
async fn who_was_removed_while_reading_is_told_and_does_not_go_live() {
    let hub = Hub::new();
    let _other = live(&hub, 0);
    let user = UserId::new();
    let ann = seat(&hub, user, false);
    ann.subscribe(room());
    hub.deliver(room(), member(1, user, MemberChange::Removed));
    assert_eq!(ann.go_live(room(), 1), Standing::Behind);
    let told = ann.subscriber().outbox.take();
    let is_told =
        |item: &Item| matches!(item, Item::Ended { last: Some(text), .. } if text.as_str() == "1");
    assert!(told.len() == 1 && told.iter().all(is_told), "{told:?}");
}

#[tokio::test]
async fn an_old_removal_does_not_end_who_is_in_the_room_again() {
    let hub = Hub::new();
    let _other = live(&hub, 0);
    let user = UserId::new();
    let ann = seat(&hub, user, false);
    ann.subscribe(room());
    // It read the removal (1) and the return (2) in the store before the hub heard of them.
    assert_eq!(ann.go_live(room(), 2), Standing::Live);
    hub.deliver(room(), member(1, user, MemberChange::Removed));
    hub.deliver(room(), member(2, user, MemberChange::Joined));
    hub.deliver(room(), rows([3]));
    assert_eq!(heard(&ann), ["3"]);
}

#[tokio::test]
async fn a_follower_hears_a_room_from_the_join_on() {
    let hub = Hub::new();
    let user = UserId::new();
    let (ann, deaf) = (seat(&hub, user, true), seat(&hub, user, false));
    hub.deliver(room(), rows(1..=4));
    let mut scenes = rows([5]);
    scenes.extend(member(6, user, MemberChange::Joined));
    scenes.extend(rows([7]));
    hub.deliver(room(), scenes);
    assert_eq!(heard(&ann), ["began after 5", "6", "7"]);
    assert!(heard(&deaf).is_empty());
}

#[tokio::test]
async fn nothing_is_kept_when_the_last_session_goes() {
    let hub = Hub::new();
    let (ann, bob) = (live(&hub, 0), seat(&hub, UserId::new(), true));
    assert_eq!(hub.listeners("counting").get(&room()), Some(&1));
    drop((ann, bob));
    assert!(hub.live_rooms().is_empty());
    assert!(hub.followers.is_empty());
    hub.deliver(room(), rows([1]));
    assert!(hub.live_rooms().is_empty());
}

#[tokio::test]
async fn the_position_is_known_only_where_nothing_is_missing() {
    let hub = Hub::new();
    let _ann = live(&hub, 0);
    assert_eq!(
        hub.position(room()),
        None,
        "the generation is not known yet"
    );
    hub.deliver(room(), rows([1]));
    assert_eq!(hub.position(room()).map(|head| head.seq), Some(1));
    hub.deliver(room(), rows([3]));
    assert_eq!(hub.position(room()), None, "a row is missing");
    hub.deliver(room(), rows([2]));
    assert_eq!(hub.position(room()).map(|head| head.seq), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_hole_is_due_after_fifty_milliseconds_unless_it_closes() {
    let hub = Hub::new();
    let _ann = live(&hub, 0);
    let begun = tokio::time::Instant::now();
    hub.deliver(room(), rows([2]));
    let due = hub.holes.due().await;
    assert_eq!(due.len(), 1);
    assert_eq!(begun.elapsed().as_millis(), 50);
}

#[tokio::test]
async fn a_lost_room_tells_who_was_live_and_starts_afresh() {
    let hub = Hub::new();
    let ann = live(&hub, 0);
    hub.deliver(room(), rows([2]));
    hub.lose(room());
    assert_eq!(heard(&ann), ["lost"]);
    assert!(hub.live_rooms().is_empty());
    let bob = live(&hub, 2);
    hub.deliver(room(), rows([3]));
    assert_eq!(heard(&bob), ["3"]);
}

#[tokio::test]
async fn many_rows_beyond_a_hole_are_not_kept() {
    let hub = Hub::new();
    let ann = live(&hub, 0);
    hub.deliver(room(), rows(2..=5_000));
    assert!(heard(&ann).is_empty());
    hub.deliver(room(), rows([1]));
    assert_eq!(heard(&ann).len(), 1_001, "the rest is read from the store");
    assert!(hub.position(room()).is_none());
}

mod mending {
    use testkit::builders::{message, new_channel, new_user};
    use tokio::time::{Duration, Instant, timeout};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{hub::Mender, testing::World};

    async fn room_with(world: &World, texts: usize) -> (RoomId, Vec<Row>) {
        let store = &world.ctx.ports.store;
        let ann = store.create_user(new_user("ann")).await.unwrap();
        let room = store
            .create_room(new_channel("lobby", ann.id))
            .await
            .unwrap()
            .id;
        let said = (0..texts)
            .map(|n| message(ann.id, &format!("m{n}")))
            .collect();
        store.append(room, said).await.unwrap();
        let rows = store.rows(room, 0, 1_000).await.unwrap();
        (room, rows)
    }

    fn live_in(hub: &Arc<Hub>, room: RoomId) -> Seat {
        let seat = seat(hub, UserId::new(), false);
        seat.subscribe(room);
        assert_eq!(seat.go_live(room, 0), Standing::Live);
        seat
    }

    async fn until(what: &str, mut done: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !done() {
            assert!(Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn what_was_lost_on_the_way_is_read_from_the_store() {
        let world = World::new();
        let (room, stored) = room_with(&world, 450).await;
        let live = &world.ctx.live;
        let ann = live_in(&live.hub, room);
        // Only the last row is announced.
        let last = stored.last().unwrap().clone();
        live.hub.deliver(room, live.cards.scenes(vec![last]).await);
        let mender = Mender::new(
            Arc::clone(&live.hub),
            Arc::clone(&world.ctx.ports.store),
            Arc::clone(&live.cards),
        );
        let stop = CancellationToken::new();
        let mut got = Vec::new();
        let waiting = until("all rows come", || {
            got.extend(heard(&ann));
            got.len() >= stored.len()
        });
        tokio::select! {
            () = mender.run(stop.clone()) => {}
            () = waiting => {}
        }
        let expected: Vec<_> = stored.iter().map(|row| row.seq.to_string()).collect();
        assert_eq!(got, expected);
    }

    /// Runs the mender until `done`.
    async fn mend(world: &World, done: impl Future<Output = ()>) {
        let live = &world.ctx.live;
        let mender = Mender::new(
            Arc::clone(&live.hub),
            Arc::clone(&world.ctx.ports.store),
            Arc::clone(&live.cards),
        );
        tokio::select! {
            () = mender.run(CancellationToken::new()) => panic!("it does not stop by itself"),
            () = done => {}
        }
    }

    /// A room of which every second row, from the first on, was an old change. Returns what is
    /// left of it.
    async fn room_with_holes(world: &World) -> (RoomId, Vec<Row>) {
        let (room, rows) = room_with(world, 1).await;
        let store = &world.ctx.ports.store;
        for n in 0..5 {
            let row = vec![
                testkit::builders::join(UserId::new(), 1),
                message(rows[0].sender, &format!("{n}")),
            ];
            store.append(room, row).await.unwrap();
        }
        let marked = store.marked(Timestamp::MAX, 100).await.unwrap();
        let marked: Vec<_> = marked.iter().map(|envelope| envelope.id).collect();
        store.clear_marks(&marked).await.unwrap();
        let dropped = store.drop_changes(Timestamp::MAX, None, 100).await.unwrap();
        assert_eq!(dropped.rows, 6, "the owner's joining is one of them");
        (room, store.rows(room, 0, 100).await.unwrap())
    }

    #[tokio::test]
    async fn old_changes_that_the_store_has_no_more_hold_nothing_up() {
        let world = World::new();
        let (room, left) = room_with_holes(&world).await;
        let live = &world.ctx.live;
        // Somebody who still reads, so that nobody waits for what was before.
        let ann = seat(&live.hub, UserId::new(), false);
        ann.subscribe(room);
        live.hub.deliver(room, rows([1]));
        let head = left.last().unwrap().clone();
        let (seq, generation) = (head.seq, head.generation);
        let whole = Head {
            room,
            seq,
            generation,
        };
        live.hub.deliver(room, live.cards.scenes(vec![head]).await);
        let mended = until("the log is read to its end", || {
            live.hub.position(room) == Some(whole)
        });
        mend(&world, mended).await;
        assert_eq!(ann.go_live(room, seq), Standing::Live);
        live.hub.deliver(room, rows([seq + 1]));
        assert_eq!(heard(&ann), [(seq + 1).to_string()]);
    }

    #[tokio::test]
    async fn who_is_live_never_misses_an_old_change_unawares() {
        let world = World::new();
        let (room, left) = room_with_holes(&world).await;
        let live = &world.ctx.live;
        let ann = live_in(&live.hub, room);
        let last = left.last().unwrap().clone();
        live.hub.deliver(room, live.cards.scenes(vec![last]).await);
        mend(&world, async { ann.subscriber().outbox.ready().await }).await;
        assert_eq!(heard(&ann), ["lost"]);
        assert!(live.hub.live_rooms().is_empty(), "and nothing goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_that_cannot_be_read_for_five_seconds_is_given_up() {
        let world = World::new();
        let live = &world.ctx.live;
        world.ctx.ports.store.close().await;
        let ann = live_in(&live.hub, room());
        live.hub.deliver(room(), rows([2]));
        let mender = Mender::new(
            Arc::clone(&live.hub),
            Arc::clone(&world.ctx.ports.store),
            Arc::clone(&live.cards),
        );
        let begun = Instant::now();
        let told = async {
            ann.subscriber().outbox.ready().await;
            begun.elapsed()
        };
        let after = tokio::select! {
            () = mender.run(CancellationToken::new()) => panic!("it does not stop by itself"),
            after = timeout(Duration::from_secs(60), told) => after.unwrap(),
        };
        assert!((5..=10).contains(&after.as_secs()), "{after:?}");
        assert_eq!(heard(&ann), ["lost"]);
    }

    #[tokio::test]
    async fn a_thousand_cold_readers_are_one_read() {
        let world = World::new();
        let (room, stored) = room_with(&world, 60).await;
        let live = &world.ctx.live;
        let read = || async { live.recent_history(room, 50).await.unwrap() };
        let pages = futures_util::future::join_all((0..1_000).map(|_| read())).await;
        let head = stored.last().unwrap().seq;
        assert!(
            pages
                .iter()
                .all(|page| page.messages.len() == 50 && page.head == head)
        );
        let is_message = |row: &&Row| matches!(row.change, Change::Message(_));
        let newest = stored.iter().rev().find(is_message).unwrap().seq;
        assert_eq!(pages[0].messages.last().unwrap().seq, newest);
    }

    #[tokio::test]
    async fn a_live_room_is_answered_from_memory() {
        let world = World::new();
        let (room, _) = room_with(&world, 60).await;
        let live = &world.ctx.live;
        let page = live.recent_history(room, 50).await.unwrap();
        let seat = seat(&live.hub, UserId::new(), false);
        seat.subscribe(room);
        assert_eq!(seat.go_live(room, page.head), Standing::Live);
        let again = live.recent_history(room, 50).await.unwrap();
        assert_eq!(again, page);
        // From here on the store is away, and what is said is known all the same.
        let sender = page.messages[0].sender;
        let said = world
            .ctx
            .ports
            .store
            .append(room, vec![message(sender, "new")])
            .await
            .unwrap();
        let domain::Appended::Stored(row) = said.into_iter().next().unwrap() else {
            panic!("it is stored");
        };
        live.rows(vec![row]).await;
        world.ctx.ports.store.close().await;
        let after = live.recent_history(room, 50).await.unwrap();
        assert_eq!(
            after.messages.last().unwrap().content().unwrap().as_text(),
            "new"
        );
    }
}
