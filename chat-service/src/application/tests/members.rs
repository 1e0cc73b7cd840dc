//! Who may bring, send away and promote whom.

use domain::{
    Caller, Change, Code, Command, MemberChange, Reply, Role, RoomId, Row, TenantId, UserId,
};

use crate::testing::{World, send};

fn add(room: RoomId, user: UserId, role: Role) -> Command {
    Command::AddMember { room, user, role }
}

fn remove(room: RoomId, of: &Caller) -> Command {
    let user = of.user;
    Command::RemoveMember { room, user }
}

fn role(room: RoomId, of: &Caller, role: Role) -> Command {
    let user = of.user;
    Command::SetRole { room, user, role }
}

/// A group of ann (its owner), adam (an admin), and mia (a member).
async fn group(world: &World) -> (RoomId, Caller, Caller, Caller) {
    let ann = world.person("ann").await;
    let adam = world.person("adam").await;
    let mia = world.person("mia").await;
    let room = world.group(&ann, &[&adam, &mia]).await;
    world
        .ask(&ann, role(room, &adam, Role::Admin))
        .await
        .unwrap();
    (room, ann, adam, mia)
}

#[tokio::test]
async fn a_group_is_for_those_who_were_added() {
    let world = World::new();
    let (room, ann, _, mia) = group(&world).await;
    let eve = world.person("eve").await;
    let join = || Command::Join { room };
    assert_eq!(world.refused(&eve, join()).await, Code::RoomNotFound);
    let added = add(room, eve.user, Role::Member);
    assert_eq!(
        world.refused(&mia, added.clone()).await,
        Code::RoleTooLow,
        "a member adds nobody"
    );
    world.ask(&ann, added).await.unwrap();
    assert_eq!(world.role(room, &eve).await, Some(Role::Member));
    world.say(&eve, room, "hello").await;
    world.ask(&eve, Command::Leave { room }).await.unwrap();
    assert_eq!(
        world.refused(&eve, join()).await,
        Code::RoomNotFound,
        "who left a group has to be added again"
    );
}

#[tokio::test]
async fn nobody_adds_a_stranger_of_another_tenant_or_more_than_they_are() {
    let world = World::new();
    let (room, ann, adam, _) = group(&world).await;
    let far = world.person_of("far", TenantId::new("elsewhere")).await;
    for user in [far.user, UserId::new()] {
        let command = add(room, user, Role::Member);
        assert_eq!(world.refused(&ann, command).await, Code::UserNotFound);
    }
    let eve = world.person("eve").await;
    let owner = add(room, eve.user, Role::Owner);
    assert_eq!(world.refused(&adam, owner).await, Code::RoleTooLow);
    assert_eq!(world.role(room, &eve).await, None);
}

#[tokio::test]
async fn who_was_removed_comes_back_only_by_being_added() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.join(&bob, room).await;
    world.ask(&ann, remove(room, &bob)).await.unwrap();
    let join = Command::Join { room };
    assert_eq!(world.refused(&bob, join).await, Code::RemovedFromRoom);
    let rows = world.store().rows(room, 2, 10).await.unwrap();
    let Change::Member(row) = rows[0].change else {
        panic!("no member row");
    };
    assert_eq!(
        (row.change, rows[0].sender),
        (MemberChange::Removed, ann.user)
    );
    world
        .ask(&ann, add(room, bob.user, Role::Member))
        .await
        .unwrap();
    world.ask(&bob, Command::Leave { room }).await.unwrap();
    assert!(
        world.join(&bob, room).await.is_some(),
        "leaving is no removal"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_stored_of_somebody_after_their_removal() {
    let world = World::with(|settings| settings.no_limits = true);
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    for round in 0..5 {
        let back = add(room, bob.user, Role::Member);
        world.ask(&ann, back).await.unwrap();
        let from = world.view(&ann, room).await.head;
        let talk = async {
            for batch in 0..8 {
                let said = (0..50).map(|n| send(room, &format!("{round} {batch} {n}")));
                let told = world.app.handle_all(&bob, said.collect()).await;
                let told = told.into_iter().filter_map(Result::err);
                for error in told {
                    assert_eq!(error.code(), Code::RoomNotFound);
                }
            }
        };
        let removal = world.ask(&ann, remove(room, &bob));
        let ((), removed) = tokio::join!(talk, removal);
        removed.unwrap();
        let rows = world.store().rows(room, from, 1_000).await.unwrap();
        let last = rows.last().expect("the removal");
        assert!(matches!(last.change, Change::Member(_)), "{last:?}");
    }
}

#[tokio::test]
async fn an_admin_has_no_power_over_equals_and_owners() {
    let world = World::new();
    let (room, ann, adam, mia) = group(&world).await;
    let bea = world.person("bea").await;
    world
        .ask(&ann, add(room, bea.user, Role::Admin))
        .await
        .unwrap();
    for target in [&ann, &bea] {
        assert_eq!(
            world.refused(&adam, remove(room, target)).await,
            Code::RoleTooLow
        );
        let command = role(room, target, Role::Member);
        assert_eq!(world.refused(&adam, command).await, Code::RoleTooLow);
    }
    let upward = role(room, &adam, Role::Owner);
    assert_eq!(world.refused(&adam, upward).await, Code::RoleTooLow);
    let crown = role(room, &mia, Role::Owner);
    assert_eq!(world.refused(&adam, crown).await, Code::RoleTooLow);
    world
        .ask(&adam, role(room, &mia, Role::Admin))
        .await
        .unwrap();
    world
        .ask(&adam, role(room, &adam, Role::Member))
        .await
        .unwrap();
    assert_eq!(world.role(room, &adam).await, Some(Role::Member));
    assert_eq!(world.role(room, &mia).await, Some(Role::Admin));
}

#[tokio::test]
async fn a_right_that_was_taken_away_is_gone_at_once() {
    let world = World::new();
    let (room, ann, adam, mia) = group(&world).await;
    world
        .ask(&ann, role(room, &adam, Role::Member))
        .await
        .unwrap();
    assert_eq!(
        world.refused(&adam, remove(room, &mia)).await,
        Code::RoleTooLow
    );
    world.ask(&ann, remove(room, &adam)).await.unwrap();
    let mine = role(room, &adam, Role::Member);
    assert_eq!(world.refused(&adam, mine).await, Code::RoomNotFound);
}

#[tokio::test]
async fn the_last_owner_stays_until_there_is_another() {
    let world = World::new();
    let (room, ann, adam, mia) = group(&world).await;
    let leave = || Command::Leave { room };
    assert_eq!(world.refused(&ann, leave()).await, Code::LastOwner);
    let down = role(room, &ann, Role::Admin);
    assert_eq!(world.refused(&ann, down).await, Code::LastOwner);
    let user = mia.user;
    let transfer = |user| Command::Transfer { room, user };
    assert_eq!(world.refused(&adam, transfer(user)).await, Code::RoleTooLow);
    world.ask(&ann, transfer(user)).await.unwrap();
    assert_eq!(world.role(room, &mia).await, Some(Role::Owner));
    assert_eq!(world.role(room, &ann).await, Some(Role::Admin));
    world.ask(&ann, leave()).await.unwrap();
    world.ask(&adam, leave()).await.unwrap();
    world.ask(&mia, leave()).await.unwrap();
    assert_eq!(world.role(room, &mia).await, None, "alone she may go");
}

#[tokio::test]
async fn a_group_ends_with_its_last_member() {
    let world = World::with(|settings| settings.no_limits = true);
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    for round in 0..5 {
        let room = world.group(&ann, &[&bob]).await;
        world
            .ask(&ann, role(room, &bob, Role::Owner))
            .await
            .unwrap();
        let leave = |who| world.ask(who, Command::Leave { room });
        if round == 0 {
            leave(&ann).await.unwrap();
            assert!(world.store().room(room).await.unwrap().is_some());
            leave(&bob).await.unwrap();
        } else {
            let (one, other) = tokio::join!(leave(&ann), leave(&bob));
            for left in [one, other] {
                assert!(
                    left.is_ok_and(|reply| reply == Reply::Done),
                    "round {round}"
                );
            }
        }
        assert_eq!(world.store().room(room).await.unwrap(), None);
        let rows = world.store().rows(room, 0, 100).await.unwrap();
        assert!(rows.last().is_some_and(Row::is_last), "{rows:?}");
    }
}

#[tokio::test]
async fn a_transfer_that_was_cut_in_the_middle_is_repeated() {
    let world = World::new();
    let (room, ann, _, mia) = group(&world).await;
    // As far as it came: two owners.
    world
        .ask(&ann, role(room, &mia, Role::Owner))
        .await
        .unwrap();
    let user = mia.user;
    world
        .ask(&ann, Command::Transfer { room, user })
        .await
        .unwrap();
    assert_eq!(world.role(room, &mia).await, Some(Role::Owner));
    assert_eq!(world.role(room, &ann).await, Some(Role::Admin));
}

#[tokio::test]
async fn a_transfer_counts_once_and_so_is_not_stopped_in_the_middle() {
    let world = World::with(|settings| {
        settings.limits.sends_per_second = 1;
        settings.limits.sends_burst = 2;
    });
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.join(&bob, room).await;
    let user = bob.user;
    let transfer = Command::Transfer { room, user };
    world.ask(&ann, transfer).await.unwrap();
    assert_eq!(world.role(room, &bob).await, Some(Role::Owner));
    assert_eq!(world.role(room, &ann).await, Some(Role::Admin));
}

#[tokio::test]
async fn who_comes_into_an_empty_channel_owns_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.ask(&ann, Command::Leave { room }).await.unwrap();
    world.join(&bob, room).await;
    world.join(&ann, room).await;
    assert_eq!(world.role(room, &bob).await, Some(Role::Owner));
    assert_eq!(world.role(room, &ann).await, Some(Role::Member));
}

#[tokio::test]
async fn adding_keeps_to_the_limits_of_room_and_user() {
    let world = World::with(|settings| {
        settings.limits.room_members = 2;
        settings.limits.user_rooms = 1;
    });
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let eve = world.person("eve").await;
    let room = world.group(&ann, &[]).await;
    world.channel(&bob, "bobs").await;
    let bobs = add(room, bob.user, Role::Member);
    assert_eq!(world.refused(&ann, bobs).await, Code::TooManyRooms);
    let eves = || add(room, eve.user, Role::Member);
    world.ask(&ann, eves()).await.unwrap();
    world.ask(&ann, eves()).await.expect("she is in it already");
    let dan = world.person("dan").await;
    let dans = add(room, dan.user, Role::Member);
    assert_eq!(world.refused(&ann, dans).await, Code::RoomFull);
}
