//! The native API.

use serde_json::{Value, json};

use super::House;

const KEY: &str = "0191b4a2-7c1e-7d3a-9f00-000000000001";

async fn room(house: &House, token: &str, name: &str) -> String {
    let made = house
        .post("/api/v1/rooms", token, &json!({"name": name}))
        .await;
    let location = made.header("location").to_owned();
    let id = made.expect(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/api/v1/rooms/{id}"));
    id
}

#[tokio::test]
async fn an_account_is_made_used_and_left() {
    let house = House::new();
    let token = house.token("ann").await;
    assert_eq!(
        house.get("/api/v1/me", &token).await.expect(200)["username"],
        "ann"
    );
    let login = json!({"username": "ann", "password": "correct horse"});
    let second = house
        .post("/api/v1/auth/login", "", &login)
        .await
        .expect(200);
    let out = house.post("/api/v1/auth/logout", &token, &json!({})).await;
    assert_eq!(out.status, 204);
    let refused = house.get("/api/v1/me", &token).await.expect(401);
    assert_eq!(refused["code"], "token_invalid");
    let other = second["token"].as_str().unwrap();
    house.get("/api/v1/me", other).await.expect(200);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_the_same() {
    let house = House::new();
    house.token("ann").await;
    let login = |name: &str, password: &str| json!({"username": name, "password": password});
    let mut said = Vec::new();
    for body in [
        login("ann", "wrong"),
        login("nobody", "wrong"),
        login("a\u{0}b", "wrong"),
        login("ann", &"x".repeat(100)),
    ] {
        let mut answer = house
            .post("/api/v1/auth/login", "", &body)
            .await
            .expect(401);
        answer["request_id"].take();
        said.push(answer);
    }
    assert_eq!(said[0]["code"], "wrong_credentials");
    assert!(said.iter().all(|answer| *answer == said[0]), "{said:?}");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let house = House::with(|settings| settings.limits.logins_per_minute = 3);
    let body = json!({"username": "ann", "password": "guess"});
    for _ in 0..3 {
        house
            .post("/api/v1/auth/login", "", &body)
            .await
            .expect(401);
    }
    let refused = house.post("/api/v1/auth/login", "", &body).await;
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.expect(429)["code"], "rate_limited");
}

#[tokio::test]
async fn a_taken_name_is_named() {
    let house = House::new();
    house.token("ann").await;
    let body = json!({"username": "ann", "password": "correct horse"});
    let refused = house
        .post("/api/v1/auth/signup", "", &body)
        .await
        .expect(409);
    assert_eq!(
        (&refused["code"], &refused["errors"][0]["field"]),
        (&json!("username_taken"), &json!("username"))
    );
}

#[tokio::test]
async fn a_room_is_made_found_joined_and_left() {
    let house = House::new();
    let (ann, bob) = (house.token("ann").await, house.token("bob").await);
    let id = room(&house, &ann, "lobby").await;
    let listed = house
        .get("/api/v1/rooms?scope=channels", &bob)
        .await
        .expect(200);
    assert_eq!(
        (&listed["rooms"][0]["id"], &listed["rooms"][0]["member"]),
        (&json!(id), &json!(false))
    );
    let found = house
        .get("/api/v1/rooms?name=lobby", &bob)
        .await
        .expect(200);
    assert_eq!(found["rooms"][0]["id"], id);
    let none = house
        .get("/api/v1/rooms?name=nowhere", &bob)
        .await
        .expect(200);
    assert_eq!(none, json!({"rooms": [], "more": false}));

    let path = format!("/api/v1/rooms/{id}");
    let joined = house
        .post(&format!("{path}/join"), &bob, &json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&joined["seq"], &joined["room"]["member"]),
        (&json!(2), &json!(true))
    );
    let members = house
        .get(&format!("{path}/members"), &bob)
        .await
        .expect(200);
    let names = members["members"].as_array().unwrap().iter();
    let mut names: Vec<_> = names.map(|m| m["user"]["username"].clone()).collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["ann", "bob"]);
    assert_eq!(
        house
            .post(&format!("{path}/leave"), &bob, &json!({}))
            .await
            .status,
        204
    );
    let mine = house.get("/api/v1/rooms", &bob).await.expect(200);
    assert_eq!(mine["rooms"], json!([]));
    let view = house.get(&path, &bob).await.expect(200);
    assert_eq!(view["member"], false);
}

#[tokio::test]
async fn a_send_is_stored_once() {
    let house = House::new();
    let ann = house.token("ann").await;
    let path = format!(
        "/api/v1/rooms/{}/messages",
        room(&house, &ann, "lobby").await
    );
    let token = format!("Bearer {ann}");
    let send = async |key: &str, body: Value| {
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        house.ask("POST", &path, &headers, &body.to_string()).await
    };
    let said = json!({"content": "once"});
    let first = send(KEY, said.clone()).await.expect(201);
    let again = send(KEY, said.clone()).await.expect(200);
    assert_eq!(
        (&first["message"], &again["repeat"]),
        (&again["message"], &json!(true))
    );
    let in_body = json!({"content": "once", "client_id": KEY});
    send("", in_body).await.expect(200);
    let other = send(KEY, json!({"content": "other"})).await.expect(409);
    assert_eq!(other["code"], "client_id_mismatch");
    assert_eq!(
        send("x", said).await.expect(400)["code"],
        "invalid_client_id"
    );
    let differ = json!({"content": "once", "client_id": KEY.replace('1', "2")});
    assert_eq!(
        send(KEY, differ).await.expect(400)["code"],
        "invalid_client_id"
    );
    let page = house.get(&path, &ann).await.expect(200);
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn history_comes_in_pages_with_links_and_tags() {
    let house = House::new();
    let ann = house.token("ann").await;
    let path = format!(
        "/api/v1/rooms/{}/messages",
        room(&house, &ann, "lobby").await
    );
    for n in 0..5 {
        house
            .post(&path, &ann, &json!({"content": n.to_string()}))
            .await
            .expect(201);
    }
    let page = house.get(&format!("{path}?limit=2"), &ann).await;
    assert_eq!(
        page.header("link"),
        format!("<{path}?before_seq=5>; rel=\"prev\"")
    );
    let tag = page.header("etag").to_owned();
    let texts = |page: &Value| -> Vec<Value> {
        let messages = page["messages"].as_array().unwrap().iter();
        messages.map(|message| message["content"].clone()).collect()
    };
    assert_eq!(texts(&page.json()), ["3", "4"]);
    let before = house
        .get(&format!("{path}?limit=2&before_seq=5"), &ann)
        .await
        .expect(200);
    assert_eq!(texts(&before), ["1", "2"]);

    let token = format!("Bearer {ann}");
    let headers = [
        ("authorization", token.as_str()),
        ("if-none-match", tag.as_str()),
    ];
    let known = house
        .ask("GET", &format!("{path}?limit=2"), &headers, "")
        .await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
    house
        .post(&path, &ann, &json!({"content": "new"}))
        .await
        .expect(201);
    let changed = house
        .ask("GET", &format!("{path}?limit=2"), &headers, "")
        .await;
    assert_eq!(changed.status, 200);

    for query in [
        "before_seq=x",
        "limit=x",
        "before_seq=1&after_seq=1",
        "after_seq=-1",
    ] {
        let refused = house
            .get(&format!("{path}?{query}"), &ann)
            .await
            .expect(400);
        assert_eq!(refused["code"], "invalid_cursor", "{query}");
    }
}

#[tokio::test]
async fn a_strange_room_and_no_room_are_the_same() {
    let house = House::new();
    let (ann, eve) = (house.token("ann").await, house.token("eve").await);
    let id = room(&house, &ann, "lobby").await;
    for room in [id.as_str(), KEY, "lobby"] {
        for part in ["messages", "members"] {
            let path = format!("/api/v1/rooms/{room}/{part}");
            let refused = house.get(&path, &eve).await.expect(404);
            assert_eq!(refused["code"], "room_not_found", "{path}");
        }
    }
}

#[tokio::test]
async fn without_the_dialect_its_paths_are_not_there() {
    let house = House::with(|settings| settings.dialects.clear());
    let refused = house
        .post("/api/user/login/", "", &json!({}))
        .await
        .expect(404);
    assert_eq!(refused["code"], "not_found");
}
