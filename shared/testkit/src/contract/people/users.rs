//! Accounts.

use std::slice;

use domain::{Code, NewUser, TenantId, UserId, Username};
use tokio::task::JoinSet;

use super::PeopleWorld;
use crate::builders::{email, full_name, new_user, username};

fn with_email(name: &str, address: &str) -> NewUser {
    NewUser {
        email: Some(email(address)),
        ..new_user(name)
    }
}

/// All that was given, by each way of finding.
pub async fn every_field_of_a_user_returns(world: &PeopleWorld) {
    let store = world.first();
    let new = NewUser {
        password_hash: Some("$2b$10$hash".to_owned()),
        alias: Some("elsewhere:7".to_owned()),
        admin: true,
        names: full_name("Ann", "Lee"),
        ..with_email("ann", "Ann@Example.org")
    };
    let user = store.create_user(new.clone()).await.unwrap();
    assert_eq!((user.id, &user.tenant), (new.id, &new.tenant));
    assert_eq!((&user.username, &user.email), (&new.username, &new.email));
    assert_eq!(user.password_hash, new.password_hash);
    assert_eq!((&user.alias, user.admin), (&new.alias, true));
    assert_eq!(user.names, new.names);
    let tenant = &new.tenant;
    let by_id = store.user(new.id).await.unwrap();
    let by_name = store.user_by_name(tenant, &new.username).await.unwrap();
    let by_alias = store.user_by_alias(tenant, "elsewhere:7").await.unwrap();
    let address = email("ann@example.org");
    let by_email = store.user_by_email(tenant, &address).await.unwrap();
    for found in [by_id, by_name, by_alias, by_email] {
        assert_eq!(found.as_ref(), Some(&user));
    }
    let known = store.users(&[UserId::new(), new.id]).await.unwrap();
    assert_eq!(known, [user]);
    assert_eq!(store.user(UserId::new()).await.unwrap(), None);
    assert!(store.users(&[]).await.unwrap().is_empty());
}

/// A creation whose answer was lost is simply repeated.
pub async fn repeating_a_creation_answers_with_the_account(world: &PeopleWorld) {
    let new = with_email("ann", "ann@example.org");
    let first = world.first().create_user(new.clone()).await.unwrap();
    let again = world.second().create_user(new).await.unwrap();
    assert_eq!(again, first);
}

/// Two ways to write é are one name; capitals are another.
pub async fn names_are_compared_as_written_in_nfc(world: &PeopleWorld) {
    let store = world.first();
    store.create_user(new_user("Ren\u{e9}")).await.unwrap();
    let taken = store.create_user(new_user("Rene\u{301}")).await;
    assert_eq!(taken.unwrap_err().code(), Code::UsernameTaken);
    assert!(store.create_user(new_user("ren\u{e9}")).await.is_ok());
}

/// Mail reaches both spellings.
pub async fn addresses_are_compared_in_lower_case(world: &PeopleWorld) {
    let store = world.first();
    let ann = with_email("ann", "Ann@Example.org");
    store.create_user(ann).await.unwrap();
    let taken = store
        .create_user(with_email("bob", "ann@example.ORG"))
        .await;
    assert_eq!(taken.unwrap_err().field(), Some("email"));
}

/// The caller is told which field to change.
pub async fn what_is_taken_is_named(world: &PeopleWorld) {
    let store = world.first();
    let alias = |name: &str, alias: &str| NewUser {
        alias: Some(alias.to_owned()),
        ..new_user(name)
    };
    let ann = NewUser {
        alias: Some("7".to_owned()),
        ..with_email("ann", "ann@example.org")
    };
    store.create_user(ann).await.unwrap();
    for (new, field) in [
        (new_user("ann"), "username"),
        (with_email("bob", "ann@example.org"), "email"),
        (alias("bob", "7"), "alias"),
        (with_email("ann", "ann@example.org"), "username"),
    ] {
        let taken = store.create_user(new).await.unwrap_err();
        let told = (taken.code(), taken.field());
        assert_eq!(told, (Code::UsernameTaken, Some(field)));
    }
    // Those who have no address and no alias do not take them from each other.
    store.create_user(new_user("cid")).await.unwrap();
    store.create_user(new_user("dan")).await.unwrap();
}

/// The same name in another world is another person.
pub async fn tenants_do_not_see_each_other(world: &PeopleWorld) {
    let store = world.first();
    let elsewhere = TenantId::new("elsewhere");
    let ann = store.create_user(new_user("ann")).await.unwrap();
    let other = NewUser {
        tenant: elsewhere.clone(),
        ..new_user("ann")
    };
    let other = store.create_user(other).await.unwrap();
    let find = async |tenant: &TenantId| {
        let name: Username = username("ann");
        store.user_by_name(tenant, &name).await.unwrap()
    };
    let ann_only = store.newest_users(&ann.tenant, None, 10).await.unwrap();
    assert_eq!(ann_only, slice::from_ref(&ann));
    assert_eq!(find(&TenantId::default()).await, Some(ann));
    assert_eq!(find(&elsewhere).await, Some(other));
}

/// An address is found in its own world alone.
pub async fn addresses_are_of_one_tenant(world: &PeopleWorld) {
    let store = world.first();
    let elsewhere = TenantId::new("elsewhere");
    let ann = with_email("ann", "ann@example.org");
    let ann = store.create_user(ann).await.unwrap();
    store.create_user(new_user("bob")).await.unwrap();
    let find = async |tenant: &TenantId, address: &str| {
        let address = email(address);
        let found = store.user_by_email(tenant, &address).await;
        found.unwrap().map(|user| user.id)
    };
    assert_eq!(find(&ann.tenant, "ANN@example.org").await, Some(ann.id));
    assert_eq!(find(&ann.tenant, "bob@example.org").await, None);
    assert_eq!(find(&elsewhere, "ann@example.org").await, None);
}

/// Page by page, each once.
pub async fn people_are_listed_from_the_newest(world: &PeopleWorld) {
    let store = world.first();
    let mut ids = Vec::new();
    for n in 0..5 {
        let user = new_user(&format!("person {n}"));
        ids.push(store.create_user(user).await.unwrap().id);
    }
    ids.sort_unstable();
    ids.reverse();
    let tenant = TenantId::default();
    let (mut listed, mut before) = (Vec::new(), None);
    loop {
        let page = store.newest_users(&tenant, before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        listed.extend(page.into_iter().map(|user| user.id));
    }
    assert_eq!(listed, ids);
}

/// Sixteen sign-ups with one name in the same millisecond.
pub async fn of_simultaneous_creations_one_wins(world: &PeopleWorld) {
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = world.node(n);
        tasks.spawn(async move { store.create_user(new_user("ann")).await });
    }
    let (made, refused): (Vec<_>, Vec<_>) =
        tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 15));
    for refused in refused {
        let error = refused.unwrap_err();
        let told = (error.code(), error.field());
        assert_eq!(told, (Code::UsernameTaken, Some("username")));
    }
}
