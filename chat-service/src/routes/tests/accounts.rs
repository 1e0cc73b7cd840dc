//! Accounts, their logins, and the first administrator.

use domain::{Password, TenantId, Username};
use edge::Passwords;
use serde_json::{Value, json};

use super::{Answer, House, bearer};

const PASSWORD: &str = "correct horse";

/// The tokens of one login.
struct Login {
    token: String,
    refresh: String,
}

impl Login {
    #[track_caller]
    fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Self {
            token: text("token"),
            refresh: text("refresh_token"),
        }
    }
}

impl House {
    async fn sign_up(&self, name: &str) -> Login {
        let body = json!({"username": name, "password": PASSWORD});
        let answer = self.post("/api/v1/auth/signup", "", &body).await;
        Login::of(&answer.expect(201))
    }

    async fn log_in(&self, name: &str, password: &str) -> Answer {
        let body = json!({"username": name, "password": password});
        self.post("/api/v1/auth/login", "", &body).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        let body = json!({"refresh_token": token});
        self.post("/api/v1/auth/refresh", "", &body).await
    }

    async fn with_method(&self, method: &str, path: &str, token: &str, body: &Value) -> Answer {
        let headers = [
            ("authorization", bearer(token)),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
        self.ask(method, path, &headers, &body.to_string()).await
    }

    /// Stores the password of somebody as other settings would have hashed it.
    async fn age_hash(&self, name: &str) {
        let store = self.world.store();
        let name = Username::parse(name, None).unwrap();
        let user = store.user_by_name(&TenantId::default(), &name).await;
        let user = user.unwrap().unwrap();
        let password = Password::attempt(PASSWORD.to_owned()).unwrap();
        let old = Passwords::new(5).hash(password).await.unwrap();
        let was = user.password_hash.as_deref();
        assert!(store.set_password_hash(user.id, was, old).await.unwrap());
    }

    async fn is_good(&self, token: &str) -> bool {
        self.get("/api/v1/me", token).await.status == 200
    }

    async fn sessions(&self, token: &str) -> Vec<Value> {
        let listed = self.get("/api/v1/sessions", token).await.expect(200);
        assert_eq!(listed["more"], false);
        listed["sessions"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_login_is_renewed_and_found_out_when_its_token_is_used_again() {
    let house = House::new();
    let first = house.sign_up("ann").await;
    let second = Login::of(&house.refresh(&first.refresh).await.expect(200));
    let same = Login::of(&house.refresh(&first.refresh).await.expect(200));
    assert_eq!(same.refresh, second.refresh, "as if the answer was lost");
    let third = Login::of(&house.refresh(&second.refresh).await.expect(200));
    assert!(house.is_good(&third.token).await);
    let refused = house.refresh(&first.refresh).await.expect(401);
    assert_eq!(refused["code"], "refresh_reused");
    for login in [&first, &second, &third] {
        assert!(!house.is_good(&login.token).await);
        let refused = house.refresh(&login.refresh).await.expect(401);
        assert_eq!(refused["code"], "token_invalid");
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_counted() {
    let house = House::with(|settings| settings.limits.refreshes_per_minute = 3);
    for body in [json!({"refresh_token": "x"}), json!({"refresh_token": ""})] {
        let refused = house.post("/api/v1/auth/refresh", "", &body).await;
        assert_eq!(refused.expect(401)["code"], "token_invalid");
    }
    for body in [json!({}), json!({"refresh_token": 1})] {
        let refused = house.post("/api/v1/auth/refresh", "", &body).await;
        assert_eq!(refused.expect(400)["code"], "invalid_field");
    }
    house.refresh("x").await.expect(401);
    assert_eq!(house.refresh("x").await.expect(429)["code"], "rate_limited");
}

#[tokio::test]
async fn logins_are_listed_and_ended_one_by_one() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let bob = house.sign_up("bob").await;
    let agent = [
        ("content-type", "application/json"),
        ("user-agent", "telephone"),
    ];
    let body = json!({"username": "ann", "password": PASSWORD}).to_string();
    let other = house.ask("POST", "/api/v1/auth/login", &agent, &body).await;
    let other = Login::of(&other.expect(200));
    let listed = house.sessions(&ann.token).await;
    let find = |current: bool| listed.iter().find(|s| s["current"] == current).unwrap();
    assert_eq!(
        (listed.len(), &find(false)["label"]),
        (2, &json!("telephone"))
    );
    let path = format!("/api/v1/sessions/{}", find(false)["id"].as_str().unwrap());
    for (who, path) in [(&bob, path.as_str()), (&ann, "/api/v1/sessions/x")] {
        let refused = house
            .with_method("DELETE", path, &who.token, &json!({}))
            .await;
        assert_eq!(refused.expect(404)["code"], "session_not_found");
    }
    for _ in 0..2 {
        let ended = house
            .with_method("DELETE", &path, &ann.token, &json!({}))
            .await;
        assert_eq!(ended.status, 204, "also the second time");
    }
    assert!(!house.is_good(&other.token).await);
    house.refresh(&other.refresh).await.expect(401);
    assert_eq!(house.sessions(&ann.token).await.len(), 1);
    house.get("/api/v1/sessions", "").await.expect(401);
}

#[tokio::test]
async fn logins_of_the_dialect_are_listed_and_ended_like_all_others() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let body = json!({"username": "ann", "password": PASSWORD});
    let other = house.post("/api/user/login/", "", &body).await.expect(200);
    let other = other["token"].as_str().unwrap();
    assert_eq!(house.sessions(&ann.token).await.len(), 2);
    let path = "/api/v1/auth/logout-everywhere";
    let out = house.post(path, &ann.token, &json!({})).await;
    assert_eq!(out.status, 204);
    assert!(!house.is_good(other).await && !house.is_good(&ann.token).await);
}

#[tokio::test]
async fn leaving_ends_the_renewals_too() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let next = Login::of(&house.refresh(&ann.refresh).await.expect(200));
    let out = house
        .post("/api/v1/auth/logout", &ann.token, &json!({}))
        .await;
    assert_eq!(out.status, 204);
    assert!(!house.is_good(&next.token).await, "one login, two tokens");
    let refused = house.refresh(&next.refresh).await.expect(401);
    assert_eq!(refused["code"], "token_invalid");
}

#[tokio::test]
async fn a_new_password_ends_all_logins_and_begins_one() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let other = Login::of(&house.log_in("ann", PASSWORD).await.expect(200));
    let change = |current: &str, new: &str| {
        let body = json!({"current": current, "new": new});
        let (house, token) = (&house, &ann.token);
        async move { house.post("/api/v1/me/password", token, &body).await }
    };
    let refused = change("wrong horse", "battery staple").await.expect(401);
    assert_eq!(refused["code"], "wrong_credentials");
    let refused = change(PASSWORD, "short").await.expect(400);
    let told = (&refused["code"], &refused["errors"][0]["field"]);
    assert_eq!(told, (&json!("invalid_password"), &json!("new")));
    assert!(house.is_good(&other.token).await, "nothing has changed");

    let fresh = Login::of(&change(PASSWORD, "battery staple").await.expect(200));
    assert!(house.is_good(&fresh.token).await);
    for login in [&ann, &other] {
        assert!(!house.is_good(&login.token).await);
        house.refresh(&login.refresh).await.expect(401);
    }
    assert_eq!(house.sessions(&fresh.token).await.len(), 1);
    house.refresh(&fresh.refresh).await.expect(200);
    house.log_in("ann", PASSWORD).await.expect(401);
    house.log_in("ann", "battery staple").await.expect(200);
}

/// A login that finds an old hash stores another of the same password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_at_the_same_time_does_not_stop_a_new_password() {
    let house = House::with(|settings| settings.no_limits = true);
    for round in 0..5 {
        let name = format!("ann {round}");
        let ann = house.sign_up(&name).await;
        house.age_hash(&name).await;
        let body = json!({"current": PASSWORD, "new": "battery staple"});
        let change = house.post("/api/v1/me/password", &ann.token, &body);
        let (changed, _login) = tokio::join!(change, house.log_in(&name, PASSWORD));
        let fresh = Login::of(&changed.expect(200));
        assert_eq!(house.sessions(&fresh.token).await.len(), 1, "and no other");
        house.log_in(&name, PASSWORD).await.expect(401);
    }
}

#[tokio::test]
async fn guessing_the_password_of_a_stolen_token_is_slowed_down() {
    let house = House::with(|settings| settings.limits.logins_per_minute = 2);
    let ann = house.sign_up("ann").await;
    let guess = json!({"current": "wrong horse", "new": "battery staple"});
    for expected in [401, 401, 429] {
        let answer = house.post("/api/v1/me/password", &ann.token, &guess).await;
        answer.expect(expected);
    }
}

#[tokio::test]
async fn a_profile_is_changed_and_shown() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let change = async |body: Value| {
        let answer = house.with_method("PATCH", "/api/v1/me", &ann.token, &body);
        answer.await
    };
    let me = change(json!({"username": "anna", "email": "Ann@Example.org"}));
    let me = me.await.expect(200);
    assert_eq!(
        (&me["username"], &me["email"]),
        (&json!("anna"), &json!("ann@example.org"))
    );
    let id = me["id"].as_str().unwrap();
    let seen = json!({"id": id, "username": "anna"});
    for path in [
        format!("/api/v1/users/{id}"),
        "/api/v1/users?name=anna".to_owned(),
    ] {
        assert_eq!(house.get(&path, &bob.token).await.expect(200), seen);
    }
    assert_eq!(house.get("/api/v1/me", &ann.token).await.expect(200), me);
    assert_eq!(change(json!({})).await.expect(200), me);
    let me = change(json!({"email": null})).await.expect(200);
    assert_eq!((&me["username"], me.get("email")), (&json!("anna"), None));

    for (body, status, code, field) in [
        (
            json!({"username": "bob"}),
            409,
            "username_taken",
            "username",
        ),
        (json!({"username": ""}), 400, "invalid_username", "username"),
        (json!({"email": "nowhere"}), 400, "invalid_email", "email"),
    ] {
        let refused = change(body).await.expect(status);
        let told = (&refused["code"], &refused["errors"][0]["field"]);
        assert_eq!(told, (&json!(code), &json!(field)));
    }
    for path in [
        "/api/v1/users/x",
        "/api/v1/users?name=ann",
        "/api/v1/users?name=",
    ] {
        let refused = house.get(path, &bob.token).await.expect(404);
        assert_eq!(refused["code"], "user_not_found", "{path}");
    }
    house.get("/api/v1/users", &bob.token).await.expect(400);
}

#[tokio::test]
async fn whose_an_address_is_cannot_be_found_out_by_trying() {
    let house = House::with(|settings| settings.limits.changes_per_minute = 2);
    let ann = house.sign_up("ann").await;
    let guess = async |n: u32| {
        let body = json!({"email": format!("{n}@example.org")});
        let answer = house.with_method("PATCH", "/api/v1/me", &ann.token, &body);
        answer.await
    };
    for n in 0..2 {
        assert_eq!(guess(n).await.status, 200);
    }
    let refused = guess(2).await;
    assert!(refused.header("ratelimit-policy").contains("changes"));
    assert_eq!(refused.expect(429)["code"], "rate_limited");
}

#[tokio::test]
async fn people_of_another_tenant_are_nobody() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let elsewhere = domain::TenantId::new("elsewhere");
    let eve = house.world.person_of("eve", elsewhere).await;
    let path = format!("/api/v1/users/{}", eve.user);
    for path in [path.as_str(), "/api/v1/users?name=eve"] {
        let refused = house.get(path, &ann.token).await.expect(404);
        assert_eq!(refused["code"], "user_not_found");
    }
}

#[tokio::test]
async fn the_first_administrator_comes_by_the_printed_token() {
    let house = House::new();
    let made = |token: &str, name: &str| {
        let body = json!({"token": token, "username": name, "password": PASSWORD});
        let house = &house;
        async move { house.post("/api/v1/setup", "", &body).await }
    };
    assert_eq!(made("x", "ops").await.expect(404)["code"], "not_found");
    assert_eq!(house.get("/setup", "").await.status, 404);
    let token = house.setup.open().await.unwrap().unwrap();
    let page = house.get("/setup", "").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(!page.text.contains(&token) && !page.text.contains("src="));

    assert_eq!(made("x", "ops").await.expect(401)["code"], "token_invalid");
    assert_eq!(
        made(&token, "").await.expect(400)["code"],
        "invalid_username"
    );
    let ops = made(&token, "ops").await.expect(201);
    assert_eq!(ops["user"]["admin"], true);
    assert!(house.is_good(&Login::of(&ops).token).await);
    assert_eq!(made(&token, "eve").await.expect(404)["code"], "not_found");
    assert_eq!(house.get("/setup", "").await.status, 404);
}

#[tokio::test]
async fn tickets_are_for_those_who_are_known_and_not_for_ever() {
    let house = House::with(|settings| settings.limits.tickets_per_minute = 2);
    let ann = house.sign_up("ann").await;
    house
        .post("/api/v1/ws-ticket", "", &json!({}))
        .await
        .expect(401);
    for _ in 0..2 {
        let made = house
            .post("/api/v1/ws-ticket", &ann.token, &json!({}))
            .await;
        assert!(made.expect(201)["ticket"].is_string());
    }
    let refused = house
        .post("/api/v1/ws-ticket", &ann.token, &json!({}))
        .await;
    assert_eq!(refused.expect(429)["code"], "rate_limited");
}
