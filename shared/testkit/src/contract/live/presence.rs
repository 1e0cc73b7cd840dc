//! Who is there.

use std::{sync::Arc, time::Duration};

use domain::{
    NodeId,
    PresenceState::{Away, Busy, Offline, Online},
    RoomId, UserId, Visit, Wish,
    ports::Presences,
};

use super::PresenceWorld;

/// Nobody is there of whom nobody said so.
pub async fn who_never_came_is_offline(world: &dyn PresenceWorld) {
    let people = [UserId::new(), UserId::new()];
    let presences = world.presences();
    assert_eq!(presences.look(&people).await.unwrap(), [Offline, Offline]);
    assert_eq!(presences.look(&[]).await.unwrap(), []);
}

/// In the order asked, whoever is in between.
pub async fn who_came_is_there_until_they_go(world: &dyn PresenceWorld) {
    let presences = world.presences();
    let (node, ann, bob) = (NodeId::new(), UserId::new(), UserId::new());
    assert_eq!(presences.touch(node, &[ann]).await.unwrap(), [Offline]);
    let again = presences.touch(node, &[bob, ann]).await.unwrap();
    assert_eq!(again, [Offline, Online], "what each was before");
    let left = presences.leave(node, &[ann]).await.unwrap();
    assert_eq!(left, [Offline], "what each is now");
    assert_eq!(
        presences.look(&[bob, ann]).await.unwrap(),
        [Online, Offline]
    );
}

/// One process goes, the other stays.
pub async fn who_is_elsewhere_too_stays(world: &dyn PresenceWorld) {
    let presences = world.presences();
    let (one, other, ann) = (NodeId::new(), NodeId::new(), UserId::new());
    presences.touch(one, &[ann]).await.unwrap();
    assert_eq!(presences.touch(other, &[ann]).await.unwrap(), [Online]);
    assert_eq!(presences.leave(one, &[ann]).await.unwrap(), [Online]);
    assert_eq!(
        presences.leave(one, &[ann]).await.unwrap(),
        [Online],
        "twice"
    );
    assert_eq!(presences.leave(other, &[ann]).await.unwrap(), [Offline]);
}

/// It belongs to the user, and is forgotten when they go.
pub async fn a_wish_holds_while_somebody_is_there(world: &dyn PresenceWorld) {
    let presences = world.presences();
    let (one, other, ann) = (NodeId::new(), NodeId::new(), UserId::new());
    assert!(!presences.wish(ann, Wish::Busy).await.unwrap(), "not there");
    assert_eq!(presences.touch(one, &[ann]).await.unwrap(), [Offline]);
    assert_eq!(presences.look(&[ann]).await.unwrap(), [Online]);
    assert!(presences.wish(ann, Wish::Busy).await.unwrap());
    assert_eq!(presences.touch(other, &[ann]).await.unwrap(), [Busy]);
    assert!(presences.wish(ann, Wish::Away).await.unwrap());
    assert_eq!(presences.leave(one, &[ann]).await.unwrap(), [Away]);
    assert_eq!(presences.leave(other, &[ann]).await.unwrap(), [Offline]);
    presences.touch(one, &[ann]).await.unwrap();
    assert_eq!(presences.look(&[ann]).await.unwrap(), [Online]);
}

/// Of those who come at once, one is the first; of those who go at once, one is the last.
pub async fn one_is_the_first_and_one_is_the_last(world: &dyn PresenceWorld) {
    let presences = world.presences();
    let (ann, nodes) = (UserId::new(), [(); 16].map(|()| NodeId::new()));
    let came = each(&presences, &nodes, |presences, node| async move {
        presences.touch(node, &[ann]).await.unwrap()[0]
    });
    let first = came.await.into_iter().filter(|state| *state == Offline);
    assert_eq!(first.count(), 1);
    let went = each(&presences, &nodes, |presences, node| async move {
        presences.leave(node, &[ann]).await.unwrap()[0]
    });
    let last = went.await.into_iter().filter(|state| *state == Offline);
    assert_eq!(last.count(), 1);
}

/// A process that ended without a word: its people go, and one caller is told of each.
pub async fn what_is_not_touched_runs_out(world: &dyn PresenceWorld) {
    let (presences, ttl) = world.fleeting();
    let (node, ann, bob) = (NodeId::new(), UserId::new(), UserId::new());
    presences.touch(node, &[ann, bob]).await.unwrap();
    presences.wish(ann, Wish::Busy).await.unwrap();
    let mut expired = Vec::new();
    while !expired.contains(&ann) {
        tokio::time::sleep(ttl / 4).await;
        presences.touch(node, &[bob]).await.unwrap();
        expired.extend(presences.expire(100).await.unwrap());
    }
    assert_eq!(expired, [ann], "each once, and nobody who was touched");
    assert_eq!(
        presences.look(&[ann, bob]).await.unwrap(),
        [Offline, Online]
    );
    assert!(!presences.wish(ann, Wish::Away).await.unwrap());
    let back = presences.touch(node, &[ann]).await.unwrap();
    assert_eq!(back, [Offline], "as if they had never been there");
    assert_eq!(presences.look(&[ann]).await.unwrap(), [Online]);
}

/// What ran out is no longer shown, also before anybody asks what did.
pub async fn what_ran_out_is_not_shown(world: &dyn PresenceWorld) {
    let (presences, ttl) = world.fleeting();
    let (node, ann) = (NodeId::new(), UserId::new());
    presences.touch(node, &[ann]).await.unwrap();
    while presences.look(&[ann]).await.unwrap() != [Offline] {
        tokio::time::sleep(ttl / 4).await;
    }
    assert_eq!(presences.touch(node, &[ann]).await.unwrap(), [Offline]);
    assert_eq!(presences.expire(100).await.unwrap(), []);
}

/// So many at once, until there are no more.
pub async fn what_ran_out_is_told_in_pieces(world: &dyn PresenceWorld) {
    let (presences, ttl) = world.fleeting();
    let people: Vec<_> = (0..5).map(|_| UserId::new()).collect();
    presences.touch(NodeId::new(), &people).await.unwrap();
    let mut expired = Vec::new();
    while expired.len() < people.len() {
        let some = presences.expire(2).await.unwrap();
        assert!(some.len() <= 2);
        expired.extend(some);
        tokio::time::sleep(ttl / 10).await;
    }
    expired.sort_unstable();
    let mut people = people;
    people.sort_unstable();
    assert_eq!(expired, people);
}

async fn each<F, W>(
    presences: &Arc<dyn Presences>,
    nodes: &[NodeId],
    work: W,
) -> Vec<domain::PresenceState>
where
    W: Fn(Arc<dyn Presences>, NodeId) -> F,
    F: Future<Output = domain::PresenceState>,
{
    let each = nodes.iter().map(|node| work(Arc::clone(presences), *node));
    let done = futures_util::future::join_all(each);
    tokio::time::timeout(Duration::from_secs(10), done)
        .await
        .expect("it answers")
}

/// Of whom it is known that they are there, it is not known where, and the other way round.
pub async fn visits_are_of_one_room_and_one_user(world: &dyn PresenceWorld) {
    let (presences, (visitors, ttl)) = (world.presences(), world.visitors());
    let (node, room, ann) = (NodeId::new(), RoomId::new(), UserId::new());
    let visit = Visit { room, user: ann };
    let elsewhere = Visit {
        room: RoomId::new(),
        ..visit
    };
    let other = Visit {
        user: UserId::new(),
        ..visit
    };
    let all = [elsewhere, visit, other];
    assert_eq!(visitors.touch(node, &[visit]).await.unwrap(), [Offline]);
    let there = visitors.look(&all).await.unwrap();
    assert_eq!(there, [Offline, Online, Offline]);
    assert_eq!(presences.look(&[ann]).await.unwrap(), [Offline]);
    assert_eq!(visitors.leave(node, &[visit]).await.unwrap(), [Offline]);
    assert_eq!(visitors.expire(9).await.unwrap(), [], "it was told");

    visitors.touch(node, &all[1..]).await.unwrap();
    tokio::time::sleep(2 * ttl).await;
    let mut gone = visitors.expire(9).await.unwrap();
    gone.sort_unstable();
    let mut expected = [visit, other];
    expected.sort_unstable();
    assert_eq!(gone, expected, "whole");
}
