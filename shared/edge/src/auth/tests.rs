//! Forged, stale, revoked and foreign tokens.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Code, Label, NewUser, TenantId, User, UserId, Username, ports::Clock};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::builders::new_user;

use crate::testing::{SECRET, World};

const LEGACY: &str = "the original's SECRET_KEY";

async fn ann(world: &World) -> User {
    let new = NewUser {
        admin: true,
        ..new_user("ann")
    };
    world.ctx.ports.store.create_user(new).await.unwrap()
}

fn with_legacy() -> World {
    World::with(|settings| settings.auth.legacy_secret = settings::Secret::new(LEGACY))
}

/// The claims of a token of ours, as anybody can read them.
fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn sign(header: &Header, claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn sign_ours(claims: &Value) -> String {
    sign(&Header::new(Algorithm::HS256), claims, SECRET)
}

/// A token with a header of any text and the given signature.
fn assemble(header: &str, claims: &Value, signature: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header);
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{header}.{claims}.{signature}")
}

async fn code(world: &World, token: &str) -> Option<Code> {
    let checked = world.ctx.auth.check(token).await;
    checked.err().map(|error| error.code())
}

async fn refused(world: &World, what: &str, token: &str) {
    assert_eq!(code(world, token).await, Some(Code::TokenInvalid), "{what}");
}

#[tokio::test]
async fn a_token_of_ours_says_who_it_is_in_the_words_of_every_dialect() {
    let world = World::new();
    let user = ann(&world).await;
    let token = world
        .ctx
        .auth
        .begin_once(&user, Label::default())
        .await
        .unwrap();
    let caller = world.ctx.auth.check(&token.token).await.unwrap();
    assert_eq!((caller.user, caller.admin), (user.id, true));
    assert_eq!(caller.expires_at, token.expires_at);
    let claims = claims_of(&token.token);
    let id = user.id.to_string();
    for name in ["sub", "id", "user_id"] {
        assert_eq!(claims[name], id, "{name}");
    }
    assert_eq!(claims["username"], "ann");
    assert_eq!(claims["tenant_id"], "default");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        12 * 60 * 60
    );
}

#[tokio::test]
async fn changed_claims_are_refused_even_with_a_good_signature() {
    let world = World::new();
    let user = ann(&world).await;
    let good = claims_of(
        &world
            .ctx
            .auth
            .begin_once(&user, Label::default())
            .await
            .unwrap()
            .token,
    );
    assert_eq!(
        code(&world, &sign_ours(&good)).await,
        None,
        "the table's base is good"
    );
    let now = world.clock.now().as_second();
    for (claim, value) in [
        ("exp", Value::Null),
        ("exp", json!("9999999999")),
        ("exp", json!(9_999_999_999.5)),
        ("exp", json!(-1)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("exp", json!(now - 6)),
        ("nbf", Value::Null),
        ("nbf", json!(now + 6)),
        ("nbf", json!("now")),
        ("iat", json!(now + 6)),
        ("aud", Value::Null),
        ("aud", json!("another")),
        ("iss", Value::Null),
        ("iss", json!("another")),
        ("sub", Value::Null),
        ("sub", json!("ann")),
        ("sub", json!(UserId::new())),
        ("id", json!(UserId::new())),
        ("token_use", json!("refresh")),
        ("token_use", Value::Null),
        ("jti", Value::Null),
        ("sid", json!("a session")),
        ("sid", json!(UserId::new())),
    ] {
        let mut claims = good.clone();
        claims[claim] = value.clone();
        refused(&world, &format!("{claim} = {value}"), &sign_ours(&claims)).await;
        claims.as_object_mut().unwrap().remove(claim);
        // The first version's tokens had no family.
        let fine = (claim == "sid").then_some(());
        let expected = fine.map_or(Some(Code::TokenInvalid), |()| None);
        assert_eq!(
            code(&world, &sign_ours(&claims)).await,
            expected,
            "without {claim}"
        );
    }
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let world = World::new();
    let user = ann(&world).await;
    let good = world
        .ctx
        .auth
        .begin_once(&user, Label::default())
        .await
        .unwrap()
        .token;
    let claims = claims_of(&good);
    for (what, token) in mangled(&good, &claims) {
        refused(&world, what, &token).await;
    }
    let signature = good.rsplit('.').next().unwrap();
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"NONE"}"#,
        r#"{"alg":""}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#,
        r#"{"alg":"HS256","jku":"http://127.0.0.1:1/keys"}"#,
        r#"{"alg":"HS256","x5u":"http://127.0.0.1:1/chain"}"#,
        r#"{"alg":"HS256","kid":"../../dev/null"}"#,
        r#"{"alg":"HS256","kid":"' OR 1=1 --\u0000"}"#,
    ] {
        refused(&world, header, &assemble(header, &claims, "")).await;
        refused(&world, header, &assemble(header, &claims, signature)).await;
    }
}

/// Tokens made of a good one, or of what it says.
fn mangled(good: &str, claims: &Value) -> Vec<(&'static str, String)> {
    let with = |algorithm| sign(&Header::new(algorithm), claims, SECRET);
    let mut critical = Header::new(Algorithm::HS256);
    critical.crit = Some(vec!["exp".to_owned()]);
    let hs256 = r#"{"alg":"HS256","typ":"JWT"}"#;
    vec![
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("no signature", assemble(hs256, claims, "")),
        (
            "another secret",
            sign(&Header::default(), claims, "another"),
        ),
        ("empty secret", sign(&Header::default(), claims, "")),
        ("padding", format!("{good}=")),
        ("a space", format!(" {good}")),
        ("a line", format!("{good}\n")),
        ("a fourth part", format!("{good}.x")),
        ("five parts, as of a JWE", format!("{good}.x.y")),
        ("nested", sign_ours(&json!(good))),
        ("too long", format!("{good}{}", "x".repeat(10_000))),
        ("HS384", with(Algorithm::HS384)),
        ("HS512", with(Algorithm::HS512)),
        ("crit", sign(&critical, claims, SECRET)),
    ]
}

#[tokio::test]
async fn time_is_the_stores_with_five_seconds_of_grace() {
    let world = World::with(|settings| settings.auth.token_seconds = 60);
    let user = ann(&world).await;
    let token = world
        .ctx
        .auth
        .begin_once(&user, Label::default())
        .await
        .unwrap()
        .token;
    world.clock.advance(Duration::from_secs(64));
    assert_eq!(code(&world, &token).await, None);
    world.clock.advance(Duration::from_secs(1));
    refused(&world, "expired", &token).await;
    world.clock.turn_back(Duration::from_secs(71));
    refused(&world, "not yet", &token).await;
}

#[tokio::test]
async fn a_revoked_token_is_over_and_others_of_the_user_are_not() {
    let world = World::new();
    let user = ann(&world).await;
    let (first, second) = (
        world
            .ctx
            .auth
            .begin_once(&user, Label::default())
            .await
            .unwrap()
            .token,
        world
            .ctx
            .auth
            .begin_once(&user, Label::default())
            .await
            .unwrap()
            .token,
    );
    let identity = world.ctx.auth.identify(&first).await.unwrap();
    let mut revocations = world.ctx.auth.revocations();
    world.ctx.auth.revoke(&first).await.unwrap();
    world.ctx.auth.revoke(&first).await.unwrap();
    refused(&world, "revoked", &first).await;
    assert_eq!(code(&world, &second).await, None);
    assert_eq!(
        revocations.recv().await.unwrap()[..],
        *std::slice::from_ref(&identity.token)
    );
    assert!(world.ctx.auth.is_revoked(&identity.token).await.unwrap());
}

#[tokio::test]
async fn tokens_of_the_first_version_stay_good_and_can_be_ended() {
    let world = World::new();
    let user = ann(&world).await;
    let begun = world.ctx.auth.begin_once(&user, Label::default()).await;
    let mut claims = claims_of(&begun.unwrap().token);
    claims.as_object_mut().unwrap().remove("sid").unwrap();
    let token = sign_ours(&claims);
    assert_eq!(code(&world, &token).await, None);
    world.ctx.auth.revoke(&token).await.unwrap();
    refused(&world, "revoked", &token).await;
}

#[tokio::test]
async fn an_administrator_is_one_only_for_as_long_as_the_store_says() {
    let world = World::new();
    let user = ann(&world).await;
    let token = world
        .ctx
        .auth
        .begin_once(&user, Label::default())
        .await
        .unwrap()
        .token;
    assert!(world.ctx.auth.check(&token).await.unwrap().admin);
    world
        .ctx
        .ports
        .store
        .set_admin(user.id, false)
        .await
        .unwrap();
    world.ctx.auth.forget(user.id).await;
    assert!(!world.ctx.auth.check(&token).await.unwrap().admin);
}

#[tokio::test]
async fn tokens_of_the_original_name_the_same_user_ever_after() {
    let world = with_legacy();
    let exp = world.clock.now().as_second() + 60;
    let claims = json!({"exp": exp, "id": "6671A52bcca20e318e617dd4", "username": "vargha"});
    let token = sign(&Header::default(), &claims, LEGACY);
    let first = world.ctx.auth.check(&token).await.unwrap();
    assert_eq!(first.username.as_str(), "vargha");
    assert!(!first.admin);
    let renamed = json!({"exp": exp + 1, "id": "6671a52bcca20e318e617dd4", "username": "other"});
    let again = sign(&Header::default(), &renamed, LEGACY);
    assert_eq!(world.ctx.auth.check(&again).await.unwrap().user, first.user);
    world.ctx.auth.revoke(&token).await.unwrap();
    refused(&world, "revoked", &token).await;
    assert_eq!(code(&world, &again).await, None);

    let user = ann(&world).await;
    let ours = json!({"exp": exp, "id": user.id, "username": "whatever"});
    let caller = world
        .ctx
        .auth
        .check(&sign(&Header::default(), &ours, LEGACY))
        .await
        .unwrap();
    assert_eq!((caller.user, caller.username.as_str()), (user.id, "ann"));
}

#[tokio::test]
async fn an_imported_user_keeps_its_id_and_name() {
    let world = with_legacy();
    let imported = NewUser {
        alias: Some("6671a52bcca20e318e617dd4".to_owned()),
        ..new_user("Vargha the First")
    };
    let imported = world.ctx.ports.store.create_user(imported).await.unwrap();
    let exp = world.clock.now().as_second() + 60;
    let claims = json!({"exp": exp, "id": "6671a52bcca20e318e617dd4", "username": "vargha"});
    let caller = world
        .ctx
        .auth
        .check(&sign(&Header::default(), &claims, LEGACY))
        .await
        .unwrap();
    assert_eq!(caller.user, imported.id);
    assert_eq!(caller.username.as_str(), "Vargha the First");
}

#[tokio::test]
async fn tokens_of_the_original_are_held_to_its_form() {
    let world = with_legacy();
    let exp = world.clock.now().as_second() + 60;
    let alias = "6671a52bcca20e318e617dd4";
    for claims in [
        json!({"id": alias, "username": "a"}),
        json!({"exp": exp - 66, "id": alias, "username": "a"}),
        json!({"exp": exp, "id": "short", "username": "a"}),
        json!({"exp": exp, "id": UserId::new(), "username": "a"}),
        json!({"exp": exp, "id": alias, "username": "a", "admin": true}),
        json!({"exp": exp, "id": alias, "username": "a", "aud": "hubbub"}),
        json!({"exp": exp, "username": "a"}),
    ] {
        refused(
            &world,
            &claims.to_string(),
            &sign(&Header::default(), &claims, LEGACY),
        )
        .await;
    }
    let good = json!({"exp": exp, "id": alias, "username": "a"});
    let token = sign(&Header::default(), &good, LEGACY);
    refused(&World::new(), "no such secret is known", &token).await;
    let ours = claims_of(
        &world
            .ctx
            .auth
            .begin_once(&ann(&world).await, Label::default())
            .await
            .unwrap()
            .token,
    );
    refused(
        &world,
        "our claims, their key",
        &sign(&Header::default(), &ours, LEGACY),
    )
    .await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_numbered_and_never_taken_over() {
    let world = with_legacy();
    let user = ann(&world).await;
    let exp = world.clock.now().as_second() + 60;
    let claims = json!({"exp": exp, "id": "6671a52bcca20e318e617dd4", "username": "ann"});
    let caller = world
        .ctx
        .auth
        .check(&sign(&Header::default(), &claims, LEGACY))
        .await
        .unwrap();
    assert_ne!(caller.user, user.id);
    assert!(caller.username.as_str().starts_with("ann~"));
    assert!(!caller.admin);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_first_sights_one_user_comes() {
    let world = Arc::new(with_legacy());
    let _ann = ann(&world).await;
    let exp = world.clock.now().as_second() + 60;
    let claims = json!({"exp": exp, "id": "6671a52bcca20e318e617dd4", "username": "ann"});
    let token = sign(&Header::default(), &claims, LEGACY);
    let checks = (0..20).map(|_| {
        let (world, token) = (world.clone(), token.clone());
        async move { world.ctx.auth.check(&token).await.unwrap() }
    });
    let callers = futures_util::future::join_all(checks).await;
    assert!(
        callers.iter().all(|caller| *caller == callers[0]),
        "{callers:?}"
    );
    let store = &world.ctx.ports.store;
    let found = store
        .user_by_name(&TenantId::default(), &callers[0].username)
        .await
        .unwrap();
    assert_eq!(found.unwrap().id, callers[0].user);
    assert!(
        store
            .user_by_name(&TenantId::default(), &Username::stored("ann".into()))
            .await
            .unwrap()
            .is_some()
    );
}
