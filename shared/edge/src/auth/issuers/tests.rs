//! What tokens of foreign issuers are good for, and which are not.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Caller, Code, TenantId, User, ports::Clock};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use settings::{IssuerSetting, Secret, SignatureAlgorithm};
use tempfile::TempDir;
use testkit::builders::new_user;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::testing::{SECRET, World};

const THEIRS: &str = "what another system signs its tokens with";

/// A key pair of a foreign system.
struct Pair {
    kid: &'static str,
    algorithm: Algorithm,
    signs: EncodingKey,
    public: Value,
}

impl Pair {
    fn ed25519(kid: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key_raw());
        Self {
            kid,
            algorithm: Algorithm::EdDSA,
            signs: EncodingKey::from_ed_der(&pair.serialize_der()),
            public: json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "use": "sig"}),
        }
    }

    fn rsa(kid: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let signs = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap();
        let key = Jwk::from_encoding_key(&signs, Algorithm::RS256).unwrap();
        let mut public = serde_json::to_value(key).unwrap();
        public["kid"] = json!(kid);
        Self {
            kid,
            algorithm: Algorithm::RS256,
            signs,
            public,
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.to_owned());
        jsonwebtoken::encode(&header, claims, &self.signs).unwrap()
    }
}

fn set(pairs: &[&Pair]) -> Value {
    json!({ "keys": pairs.iter().map(|pair| &pair.public).collect::<Vec<_>>() })
}

fn hs256() -> IssuerSetting {
    IssuerSetting {
        secret: Secret::new(THEIRS),
        ..IssuerSetting::of(SignatureAlgorithm::Hs256)
    }
}

fn world(issuers: Vec<IssuerSetting>) -> World {
    World::with(|settings| settings.auth.issuers = issuers)
}

fn with_secret(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::default(), claims, &key).unwrap()
}

fn later(world: &World) -> i64 {
    world.clock.now().as_second() + 60
}

async fn admitted(world: &World, token: &str) -> Result<Caller, Code> {
    let checked = world.ctx.auth.check(token).await;
    checked.map_err(|error| error.code())
}

async fn user(world: &World, caller: &Caller) -> User {
    let store = &world.ctx.ports.store;
    store.user(caller.user).await.unwrap().unwrap()
}

#[tokio::test]
async fn whom_an_issuer_names_is_made_at_first_sight() {
    let world = world(vec![hs256()]);
    let exp = later(&world);
    for (claims, alias, name) in [
        (
            json!({"exp": exp, "sub": "s-1", "user_id": 2, "username": "ann"}),
            "s-1",
            "ann",
        ),
        (
            json!({"exp": exp, "user_id": 2, "preferred_username": "bob"}),
            "2",
            "bob",
        ),
        (
            json!({"exp": exp, "user": {"id": "u-3", "username": "cid"}}),
            "u-3",
            "cid",
        ),
    ] {
        let caller = admitted(&world, &with_secret(&claims, THEIRS))
            .await
            .unwrap();
        let user = user(&world, &caller).await;
        assert_eq!(user.alias.as_deref(), Some(alias));
        assert_eq!((user.username.as_str(), user.admin), (name, false));
        assert_eq!(caller.tenant, TenantId::default());
        let again = admitted(&world, &with_secret(&claims, THEIRS)).await;
        assert_eq!(again.unwrap().user, caller.user);
    }
}

#[tokio::test]
async fn nobody_of_ours_is_named_by_an_issuer() {
    let world = world(vec![hs256()]);
    let ours = world
        .ctx
        .ports
        .store
        .create_user(new_user("ann"))
        .await
        .unwrap();
    let claims = json!({"exp": later(&world), "sub": ours.id, "username": "ann", "admin": true});
    let caller = admitted(&world, &with_secret(&claims, THEIRS))
        .await
        .unwrap();
    assert_ne!(caller.user, ours.id);
    assert!(caller.username.as_str().starts_with("ann~") && !caller.admin);
}

#[tokio::test]
async fn the_tenant_is_the_issuers_or_the_claims() {
    let acme = IssuerSetting {
        tenant: "acme".to_owned(),
        issuer: "https://acme.example".to_owned(),
        ..hs256()
    };
    let many = IssuerSetting {
        tenant_claim: "tenant_unique_id".to_owned(),
        tenants: vec!["t-9".to_owned()],
        user_claim: "user.id".to_owned(),
        secret: Secret::new("another secret of another system"),
        ..hs256()
    };
    let world = world(vec![acme, many]);
    let exp = later(&world);
    let claims = json!({"exp": exp, "iss": "https://acme.example", "sub": "7", "tenant_id": 3});
    let one = admitted(&world, &with_secret(&claims, THEIRS))
        .await
        .unwrap();
    assert_eq!(one.tenant.as_str(), "acme");
    let elsewhere = |tenant: Value| {
        let user = json!({"id": "7"});
        let claims = json!({"exp": exp, "tenant_unique_id": tenant, "tenant_id": 3, "user": user});
        with_secret(&claims, "another secret of another system")
    };
    let other = admitted(&world, &elsewhere(json!("t-9"))).await.unwrap();
    assert_eq!(other.tenant.as_str(), "t-9");
    assert_ne!(one.user, other.user, "one id in two tenants is two people");
    for none in [
        json!(null),
        json!(""),
        json!("a b"),
        json!({}),
        json!("x".repeat(65)),
        json!("t-8"),
        json!("*"),
    ] {
        let refused = admitted(&world, &elsewhere(none)).await;
        assert_eq!(refused, Err(Code::TokenInvalid));
    }
}

#[tokio::test]
async fn tokens_are_held_to_what_the_issuer_promises() {
    let issuer = IssuerSetting {
        issuer: "them".to_owned(),
        audience: "chat".to_owned(),
        ..hs256()
    };
    let world = world(vec![issuer]);
    let exp = later(&world);
    let good = json!({"exp": exp, "iss": "them", "aud": ["chat", "mail"], "sub": "7"});
    assert!(admitted(&world, &with_secret(&good, THEIRS)).await.is_ok());
    for (claim, value) in [
        ("exp", Value::Null),
        ("exp", json!("9999999999")),
        ("exp", json!(exp - 66)),
        ("exp", json!(1e300)),
        ("nbf", json!(exp)),
        ("nbf", json!("now")),
        ("iss", json!("others")),
        ("iss", json!("hubbub")),
        ("iss", Value::Null),
        ("aud", json!("mail")),
        ("aud", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7.5)),
        ("sub", json!("a\nb")),
        ("token_type", json!("refresh")),
    ] {
        let mut claims = good.clone();
        claims[claim] = value.clone();
        let refused = admitted(&world, &with_secret(&claims, THEIRS)).await;
        assert_eq!(refused, Err(Code::TokenInvalid), "{claim} = {value}");
    }
    for secret in [SECRET, "", "another"] {
        let refused = admitted(&world, &with_secret(&good, secret)).await;
        assert_eq!(refused, Err(Code::TokenInvalid));
    }
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_secret_or_for_one_of_another_kind() {
    let (ed, rsa) = (Pair::ed25519("one"), Pair::rsa("two"));
    let folder = TempDir::new().unwrap();
    let file = written(&folder, &set(&[&ed, &rsa]));
    let of = |algorithm| IssuerSetting {
        jwks_file: file.clone(),
        ..IssuerSetting::of(algorithm)
    };
    let only_rsa = world(vec![of(SignatureAlgorithm::Rs256)]);
    let only_ed = world(vec![of(SignatureAlgorithm::EdDsa)]);
    let claims = json!({"exp": later(&only_rsa), "sub": "7"});
    assert!(admitted(&only_rsa, &rsa.sign(&claims)).await.is_ok());
    assert!(admitted(&only_ed, &ed.sign(&claims)).await.is_ok());
    let refused = Err(Code::TokenInvalid);
    assert_eq!(admitted(&only_rsa, &ed.sign(&claims)).await, refused);
    assert_eq!(admitted(&only_ed, &rsa.sign(&claims)).await, refused);
    for public in [&ed.public["x"], &rsa.public["n"]] {
        let forged = with_secret(&claims, public.as_str().unwrap());
        assert_eq!(admitted(&only_rsa, &forged).await, refused);
        assert_eq!(admitted(&only_ed, &forged).await, refused);
    }
    let stranger = Pair::ed25519("one");
    assert_eq!(admitted(&only_ed, &stranger.sign(&claims)).await, refused);
}

fn written(folder: &TempDir, set: &Value) -> PathBuf {
    let path = folder.path().join("keys.json");
    std::fs::write(&path, set.to_string()).unwrap();
    path
}

#[tokio::test]
async fn a_file_of_keys_is_read_again_when_it_changes() {
    let (old, new) = (Pair::ed25519("old"), Pair::ed25519("and the new one"));
    let folder = TempDir::new().unwrap();
    let issuer = IssuerSetting {
        jwks_file: folder.path().join("keys.json"),
        ..IssuerSetting::of(SignatureAlgorithm::EdDsa)
    };
    let world = world(vec![issuer]);
    let claims = json!({"exp": later(&world), "sub": "7"});
    assert_eq!(
        admitted(&world, &old.sign(&claims)).await,
        Err(Code::Unavailable)
    );
    let fault = world.ctx.auth.issuers_fault().unwrap();
    assert!(
        fault.starts_with("auth.issuers[0]: ") && fault.contains("keys.json"),
        "{fault}"
    );
    written(&folder, &set(&[&old]));
    let first = admitted(&world, &old.sign(&claims)).await.unwrap();
    assert_eq!(world.ctx.auth.issuers_fault(), None);
    assert_eq!(
        admitted(&world, &new.sign(&claims)).await,
        Err(Code::TokenInvalid)
    );
    written(&folder, &set(&[&old, &new]));
    assert_eq!(
        admitted(&world, &new.sign(&claims)).await.unwrap().user,
        first.user
    );
    written(&folder, &json!("no keys"));
    assert_eq!(
        admitted(&world, &old.sign(&claims)).await.unwrap().user,
        first.user
    );
}

/// Serves a set of keys, and counts who asks.
async fn published(set: Value) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/jwks", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let serve = async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let body = set.to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
        }
    };
    tokio_util::task::TaskTracker::new().spawn(serve);
    (address, asked)
}

#[tokio::test]
async fn published_keys_are_asked_for_once_whatever_keys_are_named() {
    let pair = Pair::rsa("one");
    let (address, asked) = published(set(&[&pair])).await;
    let issuer = IssuerSetting {
        jwks_url: address,
        ..IssuerSetting::of(SignatureAlgorithm::Rs256)
    };
    let world = world(vec![issuer]);
    let claims = json!({"exp": later(&world), "sub": "7"});
    let stranger = Pair::rsa("two");
    for _ in 0..3 {
        assert!(admitted(&world, &pair.sign(&claims)).await.is_ok());
        let refused = admitted(&world, &stranger.sign(&claims)).await;
        assert_eq!(refused, Err(Code::TokenInvalid));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_issuer_that_is_away_keeps_nobody_else_out() {
    let issuer = IssuerSetting {
        jwks_url: "http://127.0.0.1:1/jwks".to_owned(),
        ..IssuerSetting::of(SignatureAlgorithm::EdDsa)
    };
    let world = world(vec![issuer, hs256()]);
    let claims = json!({"exp": later(&world), "sub": "7"});
    let away = admitted(&world, &Pair::ed25519("one").sign(&claims)).await;
    assert_eq!(away, Err(Code::Unavailable));
    assert!(
        admitted(&world, &with_secret(&claims, THEIRS))
            .await
            .is_ok()
    );
    let fault = world.ctx.auth.issuers_fault().unwrap();
    assert!(
        fault.starts_with("auth.issuers[0]: cannot be asked"),
        "{fault}"
    );
}
