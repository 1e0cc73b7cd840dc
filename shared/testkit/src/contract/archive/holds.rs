//! The holds, as records. What they stop, the suite of bodies shows.

use domain::{HoldId, RoomId, Seq, Timestamp, archive::Hold};

use super::{ArchiveStore, policies::slot};
use crate::contract::World;

type Worlds = World<dyn ArchiveStore>;

/// Placing and lifting are idempotent by id.
pub async fn a_hold_is_placed_once_and_lifted(world: &Worlds) {
    let room = RoomId::new();
    let (first, second) = (hold(room, 1, None), hold(room, 5, None));
    for hold in [&first, &second, &first] {
        world.first().place_hold(hold.clone()).await.unwrap();
    }
    let holds = async || by_seq(world.second().holds(room, moment(0)).await.unwrap());
    assert_eq!(holds().await, [first.clone(), second.clone()]);
    for _ in 0..2 {
        world.second().release_hold(first.id).await.unwrap();
        assert_eq!(holds().await, std::slice::from_ref(&second));
    }
    world.first().release_hold(HoldId::new()).await.unwrap();
}

/// `until` is the first moment at which it holds no longer.
pub async fn a_hold_lasts_until_its_end(world: &Worlds) {
    let room = RoomId::new();
    let (ends, stays) = (hold(room, 1, slot(1)), hold(room, 2, None));
    for hold in [&ends, &stays] {
        world.first().place_hold(hold.clone()).await.unwrap();
    }
    let holds = async |now| by_seq(world.second().holds(room, now).await.unwrap());
    let last = Timestamp::from_millisecond(moment(1).as_millisecond() - 1);
    assert_eq!(holds(last.expect("a moment")).await, [ends, stays.clone()]);
    assert_eq!(holds(moment(1)).await, [stays]);
}

/// A room's holds are its own.
pub async fn holds_are_of_one_room(world: &Worlds) {
    let (here, there) = (RoomId::new(), RoomId::new());
    world.first().place_hold(hold(here, 1, None)).await.unwrap();
    let holds = async |room| world.second().holds(room, moment(0)).await.unwrap().len();
    assert_eq!((holds(here).await, holds(there).await), (1, 0));
}

fn hold(room: RoomId, from: Seq, until: Option<Timestamp>) -> Hold {
    Hold {
        id: HoldId::new(),
        room,
        from,
        through: from + 3,
        reason: "a case at court".to_owned(),
        by: "ops".to_owned(),
        since: moment(0),
        until,
    }
}

fn by_seq(mut holds: Vec<Hold>) -> Vec<Hold> {
    holds.sort_by_key(|hold| hold.from);
    holds
}

fn moment(n: i64) -> Timestamp {
    slot(n).expect("a moment")
}
