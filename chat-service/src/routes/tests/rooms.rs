//! The `rooms` dialect: what its document and the original answer, case by case.

use bytes::Bytes;
use edge::Peer;
use http_body_util::Full;
use hyper::Request;
use serde_json::json;
use tower::Service;

use super::House;

const JSON: &str = "application/json";
const UNKNOWN: &str = "{\"error\":\"invalid username or password\"}\n";

async fn signed_up(house: &House) -> String {
    let body = json!({"username": "ann", "email": "ann@test.com", "password": " "});
    let answer = house.post("/api/user/signup/", "", &body).await;
    assert_eq!(answer.header("content-type"), JSON);
    assert_eq!(
        answer.text,
        "{\"message\":\"User registered successfully\"}\n"
    );
    assert_eq!(answer.status, 201);
    let body = json!({"username": "ann", "password": " "});
    let answer = house.post("/api/user/login/", "", &body).await.expect(200);
    answer["token"].as_str().unwrap().to_owned()
}

fn required(form: &str, field: &str) -> String {
    format!(
        "Key: '{form}.{field}' Error:Field validation for '{field}' failed on the 'required' tag"
    )
}

/// Bodies of sign-ups that are refused: media type, body, status, and what is said.
fn faulty_sign_ups() -> Vec<(&'static str, &'static str, u16, String)> {
    let lines = ["Username", "Email", "Password"].map(|field| required("SignUpUserRequest", field));
    let all = lines.join("\n");
    let email = "Key: 'SignUpUserRequest.Email' Error:Field validation for 'Email' failed on the 'email' tag";
    let taken = "Username with give username and email already exists";
    let eof = "code=400, message=unexpected EOF, internal=unexpected EOF";
    let unsupported = "code=415, message=Unsupported Media Type";
    let form = "application/x-www-form-urlencoded";
    let two = format!("{}\n{email}", lines[0]);
    vec![
        (JSON, "", 400, all.clone()),
        (JSON, "{}", 400, all.clone()),
        (form, "username=x", 400, all),
        (
            JSON,
            r#"{"username":"x","email":"no","password":"p"}"#,
            400,
            email.to_owned(),
        ),
        (JSON, r#"{"email":"no","password":"p"}"#, 400, two),
        (
            JSON,
            r#"{"USERNAME":"ann","Email":"b@b.de","password":"p"}"#,
            409,
            taken.to_owned(),
        ),
        (
            JSON,
            r#"{"username":"b","email":"ANN@test.com","password":"p"}"#,
            409,
            taken.to_owned(),
        ),
        (JSON, r#"{"username":"x""#, 400, eof.to_owned()),
        ("text/plain", "{}", 400, unsupported.to_owned()),
    ]
}

#[tokio::test]
async fn sign_ups_are_validated_field_by_field() {
    let house = House::new();
    signed_up(&house).await;
    for (kind, body, status, error) in faulty_sign_ups() {
        let headers = [("content-type", kind)];
        let answer = house.ask("POST", "/api/user/signup/", &headers, body).await;
        assert_eq!(answer.expect(status), json!({ "error": error }), "{body}");
    }
    let long = json!({"username": "x", "email": "x@x.de", "password": "x".repeat(73)});
    house.post("/api/user/signup/", "", &long).await.expect(400);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_the_same() {
    let house = House::new();
    signed_up(&house).await;
    for name in ["ann", "nobody"] {
        let body = json!({"username": name, "password": "wrong"});
        let answer = house.post("/api/user/login/", "", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (400, UNKNOWN)
        );
    }
    let answer = house
        .post("/api/user/login/", "", &json!({"username": "ann"}))
        .await;
    let error = required("LogInUserRequest", "Password");
    assert_eq!(answer.expect(400), json!({ "error": error }));
}

#[tokio::test]
async fn logging_out_shows_the_claims_and_ends_the_token() {
    let house = House::new();
    let token = signed_up(&house).await;
    let claims = house
        .post("/api/user/logout/", &token, &json!({}))
        .await
        .expect(200);
    assert_eq!(claims["username"], "ann");
    assert!(
        claims["exp"].is_i64() && claims["id"].is_string(),
        "{claims}"
    );
    let refused = house.post("/api/user/logout/", &token, &json!({})).await;
    assert_eq!(
        refused.expect(401),
        json!({"message": "invalid or expired jwt"})
    );
}

#[tokio::test]
async fn rooms_are_made_once_and_answered_in_text() {
    let house = House::new();
    let token = signed_up(&house).await;
    let bearer = format!("bearer {token}");
    let bad_json = "{\n\"name\": \"room_name\",\n}";
    let cases = [
        (JSON, r#"{"name":"lobby"}"#, 200, "room created".to_owned()),
        (JSON, r#"{"Name":"lobby"}"#, 400, "room already exists".to_owned()),
        (JSON, "{}", 400, required("CreateRoomRequest", "Name")),
        (JSON, "", 400, required("CreateRoomRequest", "Name")),
        (JSON, bad_json, 400, "code=400, message=Syntax error: offset=24, error=invalid character '}' looking for beginning of object key string, internal=invalid character '}' looking for beginning of object key string".to_owned()),
        ("text/plain", "x", 400, "code=415, message=Unsupported Media Type".to_owned()),
        (JSON, "{\"name\":\"a\\u0000\"}", 400, "It must not contain control characters.".to_owned()),
    ];
    for (kind, body, status, text) in cases {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        let answer = house.ask("POST", "/api/room/create/", &headers, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (status, text.as_str()),
            "{body}"
        );
        assert_eq!(answer.header("content-type"), "text/plain; charset=UTF-8");
    }
    let listed = house.get("/api/room/list/", &token).await;
    assert_eq!(listed.text, "{}\n", "nobody listens");
}

#[tokio::test]
async fn who_cannot_show_who_they_are_hears_the_documents_words() {
    let house = House::new();
    let token = signed_up(&house).await;
    let malformed = json!({"message": "missing or malformed jwt"});
    let invalid = json!({"message": "invalid or expired jwt"});
    for (method, path) in [
        ("POST", "/api/user/logout/"),
        ("POST", "/api/room/create/"),
        ("GET", "/api/room/list/"),
        ("GET", "/ws/join/?name=lobby"),
    ] {
        for (header, status, said) in [
            ("", 400, &malformed),
            (token.as_str(), 400, &malformed),
            ("Basic abc", 400, &malformed),
            ("Bearer abc", 401, &invalid),
        ] {
            let answer = house
                .ask(method, path, &[("authorization", header)], "")
                .await;
            assert_eq!(answer.expect(status), *said, "{path} {header}");
        }
    }
}

#[tokio::test]
async fn what_is_not_served_is_said_in_the_documents_words() {
    let house = House::new();
    for (path, allow) in [
        ("/api/user/signup/", "OPTIONS, POST"),
        ("/api/user/login", "OPTIONS, POST"),
        ("/api/room/create/", "OPTIONS, POST"),
        ("/api/room/list/", "OPTIONS, GET"),
        ("/ws/join/", "OPTIONS, GET"),
    ] {
        let refused = house.ask("DELETE", path, &[], "").await;
        assert_eq!(refused.header("allow"), allow, "{path}");
        assert_eq!(
            refused.expect(405),
            json!({"message": "Method Not Allowed"}),
            "{path}"
        );
        let options = house.ask("OPTIONS", path, &[], "").await;
        assert_eq!(
            (options.status.as_u16(), options.header("allow")),
            (204, allow),
            "{path}"
        );
    }
    let nowhere = house.ask("GET", "/api/room/nowhere/", &[], "").await;
    assert_eq!(nowhere.expect(404), json!({"message": "Not Found"}));
}

#[tokio::test]
async fn a_slash_at_the_end_is_optional() {
    let house = House::new();
    let token = signed_up(&house).await;
    house.get("/api/room/list", &token).await.expect(200);
    house
        .post("/api/room/create", &token, &json!({"name": "a"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused_and_leaves_no_trace() {
    let house = House::new();
    let token = signed_up(&house).await;
    let bob = house.token("bob").await;
    house
        .post("/api/room/create/", &token, &json!({"name": "lobby"}))
        .await;
    for path in [
        "/ws/join/?name=nowhere",
        "/ws/join/?name=",
        "/ws/join/",
        "/ws/join",
    ] {
        let refused = house.get(path, &bob).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text.as_str()),
            (400, "room does not exist"),
            "{path}"
        );
    }
    let plain = house.get("/ws/join/?name=lobby", &bob).await;
    assert_eq!(
        (plain.status.as_u16(), plain.text.as_str()),
        (400, "Bad Request\nsomething went wrong")
    );
    assert_eq!(plain.header("sec-websocket-version"), "13");
    assert_eq!(house.get("/api/room/list/", &bob).await.text, "{}\n");
    let mine = house.get("/api/v1/rooms", &bob).await.expect(200);
    assert_eq!(mine["rooms"], json!([]), "no membership either");
}

#[tokio::test]
async fn a_handshake_over_the_cap_on_sessions_makes_no_member() {
    let house = House::with(|settings| settings.limits.user_sessions = 1);
    let token = signed_up(&house).await;
    let bob = house.token("bob").await;
    house
        .post("/api/room/create/", &token, &json!({"name": "lobby"}))
        .await;
    let ctx = &house.world.ctx;
    let user = ctx.auth.check(&bob).await.unwrap().user;
    let _open = ctx.sessions.enter(user, Peer::local()).unwrap();

    let mut request = Request::get("/ws/join/?name=lobby")
        .header("authorization", super::bearer(&bob))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Full::new(Bytes::new()))
        .unwrap();
    let connection = hyper::upgrade::on(Request::new(()));
    request.extensions_mut().insert(connection);
    let refused = house.front.clone().call(request).await.unwrap();
    assert_eq!(refused.status(), 429);
    let mine = house.get("/api/v1/rooms", &bob).await.expect(200);
    assert_eq!(mine["rooms"], json!([]), "no membership either");
}
