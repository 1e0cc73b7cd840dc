//! What changes of accounts.

use domain::{Code, FullName, NewUser, Profile, TenantId, User, UserId};
use tokio::task::JoinSet;

use super::PeopleWorld;
use crate::builders::{email, full_name, new_user, username};

fn profile(name: &str, address: Option<&str>) -> Profile {
    Profile {
        username: username(name),
        email: address.map(email),
        names: FullName::default(),
    }
}

async fn made(world: &PeopleWorld, new: NewUser) -> User {
    world.first().create_user(new).await.unwrap()
}

async fn now(world: &PeopleWorld, id: UserId) -> User {
    world.second().user(id).await.unwrap().unwrap()
}

/// The first password of who had none, and a right.
pub async fn passwords_and_rights_change(world: &PeopleWorld) {
    let store = world.first();
    let ann = made(world, new_user("ann")).await.id;
    let hash = "$2b$new".to_owned();
    assert!(store.set_password_hash(ann, None, hash).await.unwrap());
    store.set_admin(ann, true).await.unwrap();
    let ann = now(world, ann).await;
    assert_eq!(ann.password_hash.as_deref(), Some("$2b$new"));
    assert!(ann.admin);
    let refused = store.set_admin(UserId::new(), true).await.unwrap_err();
    assert_eq!(refused.code(), Code::UserNotFound);
}

/// Who knew an older password changes nothing.
pub async fn a_password_is_replaced_only_where_it_was_known(world: &PeopleWorld) {
    let store = world.first();
    let first = NewUser {
        password_hash: Some("first".to_owned()),
        ..new_user("ann")
    };
    let ann = made(world, first).await.id;
    let set = async |was: Option<&str>, is: &str| {
        let set = store.set_password_hash(ann, was, is.to_owned());
        set.await.unwrap()
    };
    assert!(!set(None, "x").await);
    assert!(!set(Some("other"), "x").await);
    assert!(set(Some("first"), "second").await);
    assert!(!set(Some("first"), "x").await);
    let hash = now(world, ann).await.password_hash;
    assert_eq!(hash.as_deref(), Some("second"));
    let nobody = UserId::new();
    let set = store.set_password_hash(nobody, None, String::new()).await;
    assert!(!set.unwrap());
}

/// Name and address together, or neither; found by the new name, and by the old no more.
pub async fn a_profile_changes_as_a_whole(world: &PeopleWorld) {
    let store = world.first();
    let ann = made(world, new_user("ann")).await;
    let anna = profile("anna", Some("Anna@Example.org"));
    let stale = profile("someone", None);
    let set = store.set_profile(ann.id, &stale, anna.clone()).await;
    assert!(!set.unwrap(), "she is called otherwise");
    let set = store
        .set_profile(ann.id, &ann.profile(), anna.clone())
        .await;
    assert!(set.unwrap());
    let found = User {
        username: anna.username.clone(),
        email: anna.email.clone(),
        ..ann.clone()
    };
    assert_eq!(now(world, ann.id).await, found);
    let find = async |name: &str| {
        let found = store.user_by_name(&ann.tenant, &username(name)).await;
        found.unwrap().map(|user| user.id)
    };
    assert_eq!(
        (find("anna").await, find("ann").await),
        (Some(ann.id), None)
    );
    let set = store.set_profile(ann.id, &anna, profile("ann", None)).await;
    assert!(set.unwrap(), "what is free again may be taken again");
    assert_eq!(now(world, ann.id).await, ann);
    let nobody = store.set_profile(UserId::new(), &anna, anna.clone()).await;
    assert!(!nobody.unwrap());
}

/// Many may have the same names, and a change that does not know them changes nothing.
pub async fn names_are_said_and_taken_back(world: &PeopleWorld) {
    let store = world.first();
    let named = |name: &str, names: FullName| Profile {
        names,
        ..profile(name, None)
    };
    for name in ["ann", "bob"] {
        let user = made(world, new_user(name)).await;
        let lee = named(name, full_name("Ann", "Lee"));
        let unnamed = user.profile();
        let set = store.set_profile(user.id, &unnamed, lee.clone());
        assert!(set.await.unwrap());
        assert_eq!(now(world, user.id).await.names, lee.names);
        let stale = store.set_profile(user.id, &unnamed, profile("x", None));
        assert!(!stale.await.unwrap());
        let first = named(name, FullName::stored(Some("Anna".to_owned()), None));
        assert!(
            store
                .set_profile(user.id, &lee, first.clone())
                .await
                .unwrap()
        );
        assert_eq!(now(world, user.id).await.names, first.names);
        let none = store.set_profile(user.id, &first, profile(name, None));
        assert!(none.await.unwrap());
        assert_eq!(now(world, user.id).await, user);
    }
}

/// The caller is told which field to change, and nothing has changed.
pub async fn what_another_has_cannot_be_taken(world: &PeopleWorld) {
    let store = world.first();
    let bob = NewUser {
        email: Some(email("bob@example.org")),
        ..new_user("bob")
    };
    made(world, bob).await;
    let elsewhere = NewUser {
        tenant: TenantId::new("elsewhere"),
        ..new_user("cid")
    };
    made(world, elsewhere).await;
    let ann = made(world, new_user("ann")).await;
    for (wanted, field) in [
        (profile("bob", None), "username"),
        (profile("anna", Some("bob@example.org")), "email"),
    ] {
        let taken = store.set_profile(ann.id, &ann.profile(), wanted).await;
        let taken = taken.unwrap_err();
        let told = (taken.code(), taken.field());
        assert_eq!(told, (Code::UsernameTaken, Some(field)));
    }
    assert_eq!(now(world, ann.id).await, ann);
    let own = store
        .set_profile(ann.id, &ann.profile(), ann.profile())
        .await;
    assert!(own.unwrap(), "what one has oneself");
    let cid = profile("cid", None);
    assert!(
        store
            .set_profile(ann.id, &ann.profile(), cid)
            .await
            .unwrap()
    );
}

/// Sixteen people who want one name in the same millisecond.
pub async fn of_simultaneous_changes_one_wins(world: &PeopleWorld) {
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let person = made(world, new_user(&format!("person {n}"))).await;
        let store = world.node(n);
        tasks.spawn(async move {
            let wanted = profile("wanted", None);
            store
                .set_profile(person.id, &person.profile(), wanted)
                .await
        });
    }
    let answers = tasks.join_all().await;
    let won = answers.iter().filter(|set| matches!(set, Ok(true))).count();
    assert_eq!(won, 1);
    let taken = |error: &domain::Error| error.code() == Code::UsernameTaken;
    let refused = answers.iter().filter_map(|set| set.as_ref().err());
    assert_eq!(refused.filter(|error| taken(error)).count(), 15);
}

/// In whichever tenant.
pub async fn there_is_an_administrator_or_none(world: &PeopleWorld) {
    let store = world.first();
    let ann = NewUser {
        tenant: TenantId::new("elsewhere"),
        ..new_user("ann")
    };
    let ann = made(world, ann).await.id;
    assert!(!store.has_admin().await.unwrap());
    store.set_admin(ann, true).await.unwrap();
    assert!(world.second().has_admin().await.unwrap());
    store.set_admin(ann, false).await.unwrap();
    assert!(!store.has_admin().await.unwrap());
}

/// Name and address are free for others; what another system calls them is not.
pub async fn who_is_deleted_leaves_an_id_and_an_alias(world: &PeopleWorld) {
    let store = world.first();
    let new = NewUser {
        email: Some(email("ann@example.org")),
        names: full_name("Ann", "Lee"),
        password_hash: Some("$2b$hash".to_owned()),
        alias: Some("42".to_owned()),
        admin: true,
        ..new_user("ann")
    };
    let ann = made(world, new).await;
    let left = store.delete_user(ann.id).await.unwrap().unwrap();
    assert_eq!(now(world, ann.id).await, left);
    assert_eq!(left, ann.clone().erased(left.deleted_at.unwrap()));
    assert!(!left.is_there() && !store.has_admin().await.unwrap());
    let tenant = TenantId::default();
    let by_alias = store.user_by_alias(&tenant, "42").await.unwrap();
    assert_eq!(by_alias.map(|user| user.id), Some(ann.id));
    let name = username("ann");
    assert_eq!(store.user_by_name(&tenant, &name).await.unwrap(), None);
    let bob = made(world, new_user("bob")).await.id;
    let listed = store.newest_users(&tenant, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|user| user.id).collect::<Vec<_>>(), [bob]);
    let again = NewUser {
        email: Some(email("ann@example.org")),
        ..new_user("ann")
    };
    made(world, again).await;
}

/// Deleting twice is deleting once, and who never was cannot be deleted.
pub async fn who_was_deleted_stays_as_they_are(world: &PeopleWorld) {
    let store = world.first();
    let ann = made(world, new_user("ann")).await.id;
    let left = store.delete_user(ann).await.unwrap();
    assert_eq!(store.delete_user(ann).await.unwrap(), left);
    assert_eq!(store.delete_user(UserId::new()).await.unwrap(), None);
}
