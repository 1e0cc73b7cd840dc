//! What somebody meets who writes a client by the documents.

use domain::Code;
use serde_json::json;
use settings::Signups;

use super::House;

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn closed_sign_up_is_closed_in_every_dialect() {
    let house = House::with(|settings| settings.auth.signups = Signups::Closed);
    let account = json!({"username": "eve", "email": "eve@example.org", "password": PASSWORD});
    let native = house.post("/api/v1/auth/signup", "", &account).await;
    assert_eq!(native.expect(403)["code"], Code::SignupsClosed.name());
    let dialect = house.post("/api/user/signup/", "", &account).await;
    assert_eq!(dialect.status, 403, "{}", dialect.text);
    let log_in = json!({"username": "eve", "password": PASSWORD});
    let nobody = house.post("/api/v1/auth/login", "", &log_in).await;
    assert_eq!(nobody.expect(401)["code"], "wrong_credentials");
}

#[tokio::test]
async fn names_that_nobody_can_see_are_refused() {
    let house = House::new();
    for name in [" ", " eve", "eve ", "e\u{200B}ve", "\u{3164}"] {
        let account = json!({"username": name, "password": PASSWORD});
        let refused = house.post("/api/v1/auth/signup", "", &account).await;
        let refused = refused.expect(400);
        assert_eq!(refused["code"], "invalid_username", "{name:?}");
        assert_eq!(refused["errors"][0]["field"], "username");
    }
    let ann = house.token("ann").await;
    for name in ["  ", "lobby ", "a\u{AD}b"] {
        let room = house
            .post("/api/v1/rooms", &ann, &json!({"name": name}))
            .await;
        assert_eq!(room.expect(400)["code"], "invalid_room_name", "{name:?}");
    }
}

#[tokio::test]
async fn a_wrong_field_is_named_and_what_it_must_be() {
    let house = House::new();
    let ann = house.token("ann").await;
    for (body, field, detail) in [
        (json!({"name": 5}), "name", "It must be a text."),
        (
            json!({"kind": "chanel"}),
            "kind",
            "It must be one of these: `channel`, `group`, `direct`.",
        ),
        (
            json!({"members": ["x"]}),
            "members[0]",
            "It must be an id, which is a UUID.",
        ),
    ] {
        let refused = house.post("/api/v1/rooms", &ann, &body).await.expect(400);
        assert_eq!(refused["code"], "invalid_field", "{body}");
        assert_eq!(
            refused["errors"],
            json!([{"field": field, "detail": detail}])
        );
    }
    let cursor = house.get("/api/v1/sessions?after=x", &ann).await;
    let cursor = cursor.expect(400);
    assert_eq!(cursor["errors"][0]["field"], "after");
    assert!(cursor["detail"].as_str().unwrap().contains("UUID"));
}

#[tokio::test]
async fn sessions_come_in_pages() {
    let house = House::new();
    let ann = house.token("ann").await;
    let log_in = json!({"username": "ann", "password": PASSWORD});
    for _ in 0..2 {
        house
            .post("/api/v1/auth/login", "", &log_in)
            .await
            .expect(200);
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/sessions?limit=1{after}");
        let page = house.get(&path, &ann).await.expect(200);
        let id = page["sessions"][0]["id"].as_str().unwrap().to_owned();
        after = format!("&after={id}");
        assert!(!seen.contains(&id), "each comes once");
        seen.push(id);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn what_shows_nothing_is_no_message() {
    let house = House::new();
    let ann = house.token("ann").await;
    let room = house
        .post("/api/v1/rooms", &ann, &json!({"name": "lobby"}))
        .await;
    let room = room.expect(201);
    let room = room["id"].as_str().unwrap();
    let path = format!("/api/v1/rooms/{room}/messages");
    for blank in [" ", "\n\t ", "\u{200B}"] {
        let refused = house.post(&path, &ann, &json!({"content": blank})).await;
        assert_eq!(refused.expect(400)["code"], "message_empty", "{blank:?}");
    }
    let read = |page: serde_json::Value| page["read"].clone();
    let view = house.get(&format!("/api/v1/rooms/{room}"), &ann).await;
    let receipts = house
        .get(&format!("/api/v1/rooms/{room}/receipts"), &ann)
        .await
        .expect(200);
    assert_eq!(read(view.expect(200)), receipts["receipts"][0]["read"]);
}
