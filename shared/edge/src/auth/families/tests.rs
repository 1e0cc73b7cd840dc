//! Renewal, reuse, the end of families, and tickets.

use std::{sync::Arc, time::Duration};

use domain::{Card, Code, Family, FamilyId, Label, SessionId, TokenKey, User};
use futures_util::future::join_all;
use protocol::native::Native;
use settings::Secret;
use testkit::builders::{new_user, username};
use tokio::time::timeout;

use super::Granted;
use crate::{
    Context, Live, Task,
    auth::Identity,
    hub::Subscriber,
    outbox::Item,
    testing::{SECRET, World},
};

const PATIENCE: Duration = Duration::from_secs(20);

struct House {
    world: World,
    ann: User,
}

impl House {
    async fn new() -> Self {
        Self::of(World::new()).await
    }

    async fn of(world: World) -> Self {
        let ann = world.ctx.ports.store.create_user(new_user("ann")).await;
        let ann = ann.unwrap();
        Self { world, ann }
    }

    fn ctx(&self) -> &Context {
        &self.world.ctx
    }

    async fn begin(&self) -> Granted {
        let begun = self.ctx().auth.begin(&self.ann, Label::cut("a test"));
        begun.await.unwrap()
    }

    async fn refresh(&self, granted: &Granted) -> Result<Granted, Code> {
        let renewed = self.ctx().auth.refresh(&granted.refresh.token).await;
        renewed.map(|(_, next)| next).map_err(|error| error.code())
    }

    async fn identify(&self, granted: &Granted) -> Result<Identity, Code> {
        let who = self.ctx().auth.identify(&granted.token.token).await;
        who.map_err(|error| error.code())
    }

    async fn alive(&self) -> Vec<Family> {
        self.ctx().auth.families(self.ann.id, 10).await.unwrap()
    }

    fn wait(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }
}

fn family_of(who: &Identity) -> FamilyId {
    match who.token {
        TokenKey::Family(id) => id,
        TokenKey::Single(_) => panic!("a token without a family"),
    }
}

#[tokio::test]
async fn each_refresh_gives_new_tokens_of_the_same_family() {
    let house = House::new().await;
    let first = house.begin().await;
    house.wait(60);
    let second = house.refresh(&first).await.unwrap();
    assert_ne!(first.refresh.token, second.refresh.token);
    let (old, new) = (house.identify(&first).await, house.identify(&second).await);
    let (old, new) = (old.unwrap(), new.unwrap());
    assert_eq!(family_of(&old), family_of(&new), "and the first lives on");
    assert_eq!(new.caller.user, house.ann.id);
    let [family] = &house.alive().await[..] else {
        panic!("one family");
    };
    assert_eq!(family.label.as_str(), "a test");
    assert_eq!(second.refresh.expires_at, family.expires_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_refreshes_with_one_token_all_get_the_same_next_one() {
    let house = House::new().await;
    let first = house.begin().await;
    let all = join_all((0..20).map(|_| house.refresh(&first))).await;
    let next: Vec<_> = all
        .into_iter()
        .map(|next| next.unwrap().refresh.token)
        .collect();
    assert!(next.iter().all(|token| *token == next[0]), "{next:?}");
    assert_eq!(house.alive().await[0].generation, 2, "it was renewed once");
}

#[tokio::test]
async fn a_replaced_token_ends_its_family_and_no_other() {
    let house = House::new().await;
    let (first, other) = (house.begin().await, house.begin().await);
    let second = house.refresh(&first).await.unwrap();
    let third = house.refresh(&second).await.unwrap();
    assert_eq!(
        house.refresh(&first).await.unwrap_err(),
        Code::RefreshReused
    );
    for granted in [&first, &second, &third] {
        assert_eq!(
            house.identify(granted).await.unwrap_err(),
            Code::TokenInvalid
        );
        assert_eq!(
            house.refresh(granted).await.unwrap_err(),
            Code::TokenInvalid
        );
    }
    house.identify(&other).await.expect("another login");
}

#[tokio::test]
async fn a_client_whose_answer_was_lost_comes_in_however_late() {
    let house = House::new().await;
    let first = house.begin().await;
    let lost = house.refresh(&first).await.unwrap();
    house.wait(29);
    let same = house.refresh(&first).await.unwrap();
    assert_eq!(same.refresh.token, lost.refresh.token);
    house.wait(3_600);
    let second = house.refresh(&first).await.unwrap();
    assert_ne!(second.refresh.token, lost.refresh.token);
    let third = house.refresh(&second).await.unwrap();
    house.identify(&third).await.unwrap();
    // Whoever caught the lost answer is found out.
    assert_eq!(house.refresh(&lost).await.unwrap_err(), Code::RefreshReused);
}

#[tokio::test]
async fn a_login_that_is_not_renewed_ends_and_a_renewed_one_goes_on() {
    let house = House::of(World::with(|settings| {
        settings.auth.token_seconds = 60;
        settings.auth.refresh_seconds = 600;
    }))
    .await;
    let (idle, first) = (house.begin().await, house.begin().await);
    house.wait(599);
    let next = house.refresh(&first).await.unwrap();
    house.wait(2);
    assert_eq!(house.refresh(&idle).await.unwrap_err(), Code::TokenInvalid);
    house.refresh(&next).await.unwrap();
    assert_eq!(house.alive().await.len(), 1);
}

#[tokio::test]
async fn what_is_no_refresh_token_of_ours_ends_nothing() {
    let house = House::new().await;
    let granted = house.begin().await;
    let token = &granted.refresh.token;
    let (id, rest) = token.split_once('.').unwrap();
    let (_, mac) = rest.split_once('.').unwrap();
    for forged in [
        String::new(),
        granted.token.token.clone(),
        format!("{id}.2.{mac}"),
        format!("{}.1.{mac}", FamilyId::new().uuid().simple()),
    ] {
        let refused = house.ctx().auth.refresh(&forged).await.unwrap_err();
        assert_eq!(refused.code(), Code::TokenInvalid, "{forged}");
    }
    let access = house.ctx().auth.identify(token).await.unwrap_err();
    assert_eq!(access.code(), Code::TokenInvalid, "it opens nothing itself");
    house.refresh(&granted).await.expect("and it is still good");
}

#[tokio::test]
async fn a_family_is_ended_by_its_owner_alone() {
    let house = House::new().await;
    let bob = house.ctx().ports.store.create_user(new_user("bob")).await;
    let bob = bob.unwrap().id;
    let granted = house.begin().await;
    let id = family_of(&house.identify(&granted).await.unwrap());
    let auth = &house.ctx().auth;
    for (who, which) in [(bob, id), (house.ann.id, FamilyId::new())] {
        let refused = auth.end_family(who, which).await.unwrap_err();
        assert_eq!(refused.code(), Code::SessionNotFound);
    }
    auth.end_family(house.ann.id, id).await.unwrap();
    auth.end_family(house.ann.id, id).await.unwrap();
    assert_eq!(
        house.identify(&granted).await.unwrap_err(),
        Code::TokenInvalid
    );
}

#[tokio::test]
async fn of_too_many_logins_the_least_used_ends() {
    let house = House::of(World::with(|settings| settings.limits.user_logins = 2)).await;
    let first = house.begin().await;
    house.wait(1);
    let second = house.begin().await;
    house.wait(1);
    let first = house.refresh(&first).await.unwrap();
    house.wait(1);
    let third = house.begin().await;
    assert_eq!(
        house.identify(&second).await.unwrap_err(),
        Code::TokenInvalid
    );
    for granted in [&first, &third] {
        house.identify(granted).await.unwrap();
    }
}

/// Another process on the same ports, which hears this one.
fn beside(here: &Context) -> Context {
    let (settings, ports) = (Arc::clone(&here.settings), here.ports.clone());
    let there = Context::new(settings, ports, &Secret::new(SECRET));
    let tasks = Live::tasks(here).into_iter().chain(Live::tasks(&there));
    for task in tasks.map(Task::run) {
        here.tasks.spawn(task);
    }
    there
}

#[tokio::test]
async fn what_ends_here_ends_the_sockets_of_another_process() {
    let house = House::new().await;
    let here = house.ctx();
    let there = beside(here);
    let (lost, kept) = (house.begin().await, house.begin().await);
    let mut sockets = Vec::new();
    for granted in [&lost, &kept] {
        let who = house.identify(granted).await.unwrap();
        let session = SessionId::new();
        let socket = Subscriber::new(session, house.ann.id, &Native, &there.limits);
        let watch = there.live.keys.watch(&who.token, &socket);
        sockets.push((who, socket, watch));
    }
    let TokenKey::Family(id) = sockets[0].0.token else {
        panic!("a login is a family");
    };
    here.auth.end_family(house.ann.id, id).await.unwrap();
    let told = timeout(PATIENCE, sockets[0].1.outbox.ready());
    told.await.expect("the socket is told");
    let ended = [Item::Close(Code::TokenInvalid)];
    assert_eq!(sockets[0].1.outbox.take(), ended);
    assert!(sockets[1].1.outbox.take().is_empty(), "its login lives on");
    here.stop.cancel();
    there.stop.cancel();
}

#[tokio::test]
async fn a_new_name_is_known_in_another_process() {
    let house = House::new().await;
    let here = house.ctx();
    let there = beside(here);
    there.live.cards.learn([house.ann.id]).await;
    let card = Card::named(house.ann.id, username("anna"));
    let known = async {
        while there.live.cards.card(card.user).as_ref() != Some(&card) {
            // Until it listens, nothing is heard.
            here.live.renamed(card.clone()).await;
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, known).await.expect("it hears of it");
    there.live.cards.meet(&(&house.ann).into());
    let kept = there.live.cards.card(card.user);
    assert_eq!(
        kept,
        Some(card),
        "who comes with the old name changes nothing"
    );
    here.stop.cancel();
    there.stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lets_one_in_once() {
    let house = House::new().await;
    let who = house.identify(&house.begin().await).await.unwrap();
    let auth = &house.ctx().auth;
    let ticket = auth.ticket(&who).unwrap().token;
    let all = join_all((0..20).map(|_| auth.admit(&ticket))).await;
    let came: Vec<_> = all.into_iter().flatten().collect();
    let [came] = &came[..] else {
        panic!("{} came", came.len());
    };
    assert_eq!((&came.caller, &came.token), (&who.caller, &who.token));
    let opens = auth.identify(&auth.ticket(&who).unwrap().token).await;
    assert!(opens.is_err(), "a ticket is no token");
}

#[tokio::test]
async fn a_ticket_is_good_for_half_a_minute_of_a_living_login() {
    let house = House::new().await;
    let granted = house.begin().await;
    let who = house.identify(&granted).await.unwrap();
    let auth = &house.ctx().auth;
    let (late, ended) = (auth.ticket(&who).unwrap(), auth.ticket(&who).unwrap());
    assert!(
        auth.admit(&granted.token.token).await.is_err(),
        "a token is no ticket"
    );
    house.wait(29);
    auth.revoke(&granted.token.token).await.unwrap();
    let refused = auth.admit(&ended.token).await.unwrap_err();
    assert_eq!(refused.code(), Code::TokenInvalid, "the login has ended");
    house.wait(1);
    let refused = auth.admit(&late.token).await.unwrap_err();
    assert_eq!(refused.code(), Code::TokenInvalid, "too late");
}
