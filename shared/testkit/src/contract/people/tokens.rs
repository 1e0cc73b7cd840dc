//! Tokens that were ended.

use domain::Timestamp;

use tokio::task::JoinSet;

use super::PeopleWorld;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("tests stay within the calendar")
}

/// Ending a token again changes nothing; another token is not touched.
pub async fn an_ended_token_stays_ended(world: &PeopleWorld) {
    let store = world.first();
    assert!(!store.is_token_revoked("a").await.unwrap());
    store.revoke_token("a", second(100)).await.unwrap();
    store.revoke_token("a", second(100)).await.unwrap();
    assert!(world.second().is_token_revoked("a").await.unwrap());
    assert!(!store.is_token_revoked("b").await.unwrap());
}

/// What has expired is refused for that, and need not be remembered.
pub async fn expired_tokens_are_forgotten(world: &PeopleWorld) {
    let store = world.first();
    for (token, at) in [("a", 100), ("b", 200), ("c", 300)] {
        store.revoke_token(token, second(at)).await.unwrap();
    }
    assert_eq!(store.forget_expired_tokens(second(200)).await.unwrap(), 1);
    assert!(!store.is_token_revoked("a").await.unwrap());
    assert!(store.is_token_revoked("b").await.unwrap());
    assert_eq!(store.forget_expired_tokens(second(1_000)).await.unwrap(), 2);
    assert_eq!(store.forget_expired_tokens(second(1_000)).await.unwrap(), 0);
}

/// All sockets of a process are asked for at once.
pub async fn ended_tokens_are_found_among_many(world: &PeopleWorld) {
    let store = world.first();
    for token in ["a", "c"] {
        store.revoke_token(token, second(100)).await.unwrap();
    }
    let asked = ["a", "b", "c", "d"].map(str::to_owned);
    let mut ended = world.second().revoked_tokens(&asked).await.unwrap();
    ended.sort_unstable();
    assert_eq!(ended, ["a", "c"]);
    assert!(store.revoked_tokens(&[]).await.unwrap().is_empty());
}

/// Sixteen sockets with one ticket.
pub async fn of_all_who_spend_a_token_one_may_go_on(world: &PeopleWorld) {
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = world.node(n);
        tasks.spawn(async move { store.spend_token("ticket", second(100)).await.unwrap() });
    }
    let spent = tasks.join_all().await;
    assert_eq!(spent.iter().filter(|spent| **spent).count(), 1);
    let store = world.second();
    assert!(store.is_token_revoked("ticket").await.unwrap());
    assert!(!store.spend_token("ticket", second(200)).await.unwrap());
    assert!(store.spend_token("another", second(100)).await.unwrap());
}
