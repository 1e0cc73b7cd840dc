//! The document of the `recipients` dialect, top to bottom: a client written from it works.

use e2e::{Answer, Rest, Server, Socket, socket::Refused};
use hyper::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const PASSWORD: &str = "password321";

/// Somebody who has registered and logged in.
struct Person {
    email: String,
    access: String,
    refresh: String,
    rest: Rest,
}

impl Person {
    /// Sections 1 and 2 of the document.
    async fn new(server: &Server, first: &str) -> Self {
        let email = format!("{first}@gmail.com");
        let account = account(first, &email);
        let said = json!({
            "success": true, "msg": "User account created successfully.",
            "data": {"first_name": first, "last_name": "Doe", "email": email},
            "status": 201,
        });
        let rest = server.rest();
        assert_eq!(
            rest.post("/api/register/", &account).await.expect(201),
            said
        );
        Self::log_in(rest, &email).await
    }

    async fn log_in(rest: Rest, email: &str) -> Self {
        let login = json!({"email": email, "password": PASSWORD});
        let tokens = rest.post("/api/login/", &login).await.expect(200);
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let access = token("access");
        Self {
            email: email.to_owned(),
            rest: rest.with_token(&access),
            refresh: token("refresh"),
            access,
        }
    }

    /// Section 4: the id of somebody else.
    async fn id_of(&self, first: &str) -> String {
        let people = self.rest.get("/api/users/").await.expect(200);
        let people = people.as_array().expect("a bare array");
        let found = people.iter().find(|one| one["first_name"] == first);
        let id = found.expect("somebody of that name")["id"].as_str();
        id.expect("an id").to_owned()
    }

    /// Section 5: the conversation with somebody, by their id.
    async fn chat(&self, user: &str) -> Answer {
        self.rest.get(&format!("/api/users/{user}/chat/")).await
    }

    /// The conversation's id, and what was said, from the newest.
    async fn conversation(&self, user: &str) -> (String, Vec<String>) {
        let chat = self.chat(user).await.expect(200);
        assert_eq!(chat["success"], true);
        assert_eq!(
            chat["msg"],
            "User conversation with messages retrieved successfully."
        );
        let messages = chat["data"]["messages"].as_array().expect("messages");
        let texts = messages.iter().map(|message| text(&message["text"]));
        (text(&chat["data"]["id"]), texts.collect())
    }

    /// Section 6: a socket onto a conversation.
    async fn socket(&self, conversation: &str) -> Result<Socket, Refused> {
        open(&self.rest, conversation, &self.access).await
    }
}

fn account(first: &str, email: &str) -> Value {
    json!({
        "first_name": first, "last_name": "Doe", "email": email,
        "password": PASSWORD, "confirm_password": PASSWORD,
    })
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn open(rest: &Rest, conversation: &str, token: &str) -> Result<Socket, Refused> {
    let path = format!("/ws/chat/{conversation}/?token={token}");
    Socket::open_with(rest.addr(), &path, &[]).await
}

#[tokio::test]
async fn two_people_register_find_each_other_and_talk() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    let ray = Person::new(&server, "ray").await;

    let people = john.rest.get("/api/users/").await.expect(200);
    let ray_id = john.id_of("ray").await;
    let only_ray = json!([{"id": ray_id, "first_name": "ray", "last_name": "Doe"}]);
    assert_eq!(people, only_ray, "all but oneself");
    let titled = john.rest.post("/api/users/", &json!({})).await.expect(200);
    assert_eq!(titled, only_ray, "the title of the section says POST");

    let john_id = ray.id_of("john").await;
    let (conversation, nothing) = john.conversation(&ray_id).await;
    assert!(nothing.is_empty());
    let (same, _) = ray.conversation(&john_id).await;
    assert_eq!(same, conversation, "there is one for both");

    let mut a = john.socket(&conversation).await.expect("a socket");
    let mut b = ray.socket(&conversation).await.expect("a socket");
    let hello = json!({"message": "Hello", "recipient_id": ray_id});
    a.send(&hello).await;
    let hi = json!({"message": "Hi john", "recipient_id": john_id});
    for socket in [&mut a, &mut b] {
        assert_eq!(socket.next().await, hello, "the first frame is a message");
    }
    b.send(&hi).await;
    for socket in [&mut a, &mut b] {
        assert_eq!(socket.next().await, hi);
    }

    let (_, said) = ray.conversation(&john_id).await;
    assert_eq!(said, ["Hi john", "Hello"], "newest first");
    let chat = john.chat(&ray_id).await.expect(200);
    let first = &chat["data"]["messages"][1];
    let sender = json!({"id": john_id, "first_name": "john", "last_name": "Doe"});
    assert_eq!(first["sender"], sender);
    assert!(text(&first["created_at"]).ends_with('Z'));
    server.stop().await;
}

#[tokio::test]
async fn a_message_stays_in_the_conversation_of_its_socket() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    let ray = Person::new(&server, "ray").await;
    Person::new(&server, "eve").await;
    let (ray_id, eve_id) = (john.id_of("ray").await, john.id_of("eve").await);
    let (with_ray, _) = john.conversation(&ray_id).await;
    let (_, nothing) = john.conversation(&eve_id).await;
    assert!(nothing.is_empty());

    let mut socket = john.socket(&with_ray).await.expect("a socket");
    let john_id = ray.id_of("john").await;
    for recipient in [
        json!(eve_id),
        json!(john_id),
        json!("nobody"),
        json!(7),
        json!(null),
    ] {
        socket
            .send(&json!({"message": "psst", "recipient_id": recipient}))
            .await;
        assert_eq!(socket.next_text().await.as_str(), "Invalid recipient.");
    }
    for message in [json!(""), json!(5), json!({"a": 1}), json!(null)] {
        socket
            .send(&json!({"message": message, "recipient_id": ray_id}))
            .await;
        assert_eq!(socket.next_text().await.as_str(), "Message is required.");
    }
    let hello = json!({"message": "Hello \u{1F600}", "recipient_id": ray_id});
    socket.send(&hello).await;
    assert_eq!(socket.next().await, hello, "the socket has stayed");
    assert_eq!(john.conversation(&ray_id).await.1, ["Hello \u{1F600}"]);
    assert!(john.conversation(&eve_id).await.1.is_empty());

    for unreadable in ["{", "[]", "\"Hello\""] {
        let mut socket = john.socket(&with_ray).await.expect("a socket");
        socket.send_message(Message::text(unreadable)).await;
        assert_eq!(socket.closed().await, Some(1011), "{unreadable}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_socket_is_for_the_two_of_its_conversation() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    let eve = Person::new(&server, "eve").await;
    Person::new(&server, "ray").await;
    let (conversation, _) = john.conversation(&john.id_of("ray").await).await;
    let lobby = json!({"name": "lobby"});
    let lobby = john.rest.post("/api/v1/rooms", &lobby).await.expect(201);
    let channel = text(&lobby["id"]);

    let random = "92660037-7f6e-4934-afd5-218024692005";
    let mut refusals = Vec::new();
    for (place, token) in [
        (conversation.as_str(), eve.access.as_str()),
        (random, eve.access.as_str()),
        ("not-an-id", eve.access.as_str()),
        (channel.as_str(), john.access.as_str()),
        (conversation.as_str(), "nonsense"),
        (conversation.as_str(), john.refresh.as_str()),
        (conversation.as_str(), ""),
    ] {
        let refused = open(&john.rest, place, token).await;
        refusals.push(refused.err().expect("a refusal"));
    }
    assert_eq!(refusals[0].status, 403);
    assert!(
        refusals
            .iter()
            .all(|refused| refused.body == refusals[0].body),
        "{refusals:?}"
    );
    let path = format!("/ws/chat/{conversation}/?token={}", john.access);
    let foreign = [("origin", "https://evil.example")];
    let foreign = Socket::open_with(john.rest.addr(), &path, &foreign).await;
    assert_eq!(foreign.err().expect("a refusal").status, 403);
    let bare = format!("/ws/chat/{conversation}/");
    let in_the_header = Socket::open(john.rest.addr(), &bare, &john.access).await;
    assert_eq!(in_the_header.err().expect("a refusal").status, 403);
    server.stop().await;
}

#[tokio::test]
async fn logging_out_ends_both_tokens_and_the_socket() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    Person::new(&server, "ray").await;
    let (conversation, _) = john.conversation(&john.id_of("ray").await).await;
    let mut socket = john.socket(&conversation).await.expect("a socket");
    let renewed = json!({"refresh": john.refresh});
    let renewed = john.rest.post("/api/token/refresh/", &renewed).await;
    let refresh = json!({"refresh": renewed.expect(200)["refresh"]});

    let bare = server.rest();
    assert_eq!(
        bare.post("/api/logout/", &refresh).await.expect(200),
        json!({})
    );
    assert_eq!(socket.closed().await, Some(4501));
    let invalid = john.rest.get("/api/users/").await;
    assert!(invalid.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(invalid.expect(401)["code"], "token_not_valid");
    let blacklisted = json!({"detail": "Token is blacklisted", "code": "token_not_valid"});
    let again = bare.post("/api/logout/", &refresh).await;
    assert_eq!(again.expect(401), blacklisted);
    let invalid = json!({"detail": "Token is invalid or expired", "code": "token_not_valid"});
    for path in ["/api/logout/", "/api/token/refresh/"] {
        let nonsense = bare.post(path, &json!({"refresh": "nonsense"})).await;
        assert_eq!(nonsense.expect(401), invalid, "{path}");
        let required = bare.post(path, &json!({})).await.expect(400);
        assert_eq!(required, json!({"refresh": ["This field is required."]}));
    }

    let one = Person::log_in(server.rest(), &john.email).await;
    let other = Person::log_in(server.rest(), &john.email).await;
    let refresh = json!({"refresh": one.refresh});
    let out = other.rest.post("/api/logout/", &refresh).await;
    assert_eq!(out.expect(200), json!({}));
    for ended in [one, other] {
        let answer = ended.rest.get("/api/users/").await;
        assert_eq!(answer.status.as_u16(), 401);
    }
    server.stop().await;
}

#[tokio::test]
async fn registering_is_refused_field_by_field() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    let rest = server.rest();
    let refused = async |change: Value| {
        let mut form = account("jane", "jane@gmail.com");
        let fields = form.as_object_mut().expect("a form");
        fields.extend(change.as_object().expect("fields").clone());
        rest.post("/api/register/", &form).await.expect(400)
    };
    let empty = rest.post("/api/register/", &json!({})).await.expect(400);
    let required = json!(["This field is required."]);
    for field in [
        "first_name",
        "last_name",
        "email",
        "password",
        "confirm_password",
    ] {
        assert_eq!(empty[field], required, "{field}");
    }
    let taken = json!({"email": ["user account with this email already exists."]});
    assert_eq!(refused(json!({"email": john.email})).await, taken);
    assert_eq!(refused(json!({"email": "JOHN@gmail.com"})).await, taken);
    for (change, said) in [
        (
            json!({"email": "nobody", "first_name": " "}),
            json!({
                "first_name": ["This field may not be blank."],
                "email": ["Enter a valid email address."],
            }),
        ),
        (
            json!({"password": "1234567", "last_name": null, "first_name": ["x"]}),
            json!({
                "first_name": ["Not a valid string."],
                "last_name": ["This field may not be null."],
                "password": [
                    "This password is too short. It must contain at least 8 characters.",
                    "This password is entirely numeric.",
                ],
            }),
        ),
        (
            json!({"confirm_password": "password322"}),
            json!({"password": ["Password fields didn't match."]}),
        ),
    ] {
        assert_eq!(refused(change).await, said);
    }
    let people = john.rest.get("/api/users/").await.expect(200);
    assert_eq!(people, json!([]), "nobody has come");
    server.stop().await;
}

#[tokio::test]
async fn refusals_are_in_the_frameworks_words() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    let rest = server.rest();

    let mut same = Vec::new();
    for (email, password) in [
        (john.email.as_str(), "wrong password"),
        ("nobody@gmail.com", PASSWORD),
        ("nobody", PASSWORD),
    ] {
        let login = json!({"email": email, "password": password});
        same.push(rest.post("/api/login/", &login).await);
    }
    let unknown = json!({"detail": "No active account found with the given credentials"});
    for answer in same {
        assert_eq!(answer.expect(401), unknown);
    }

    let anonymous = rest.get("/api/users/").await.expect(401);
    let missing = json!({"detail": "Authentication credentials were not provided."});
    assert_eq!(anonymous, missing);

    let me = john.rest.get("/api/v1/me").await.expect(200)["id"].clone();
    let oneself = john.chat(me.as_str().expect("an id")).await.expect(400);
    let invalid = json!({"success": false, "msg": "Invalid recipient.", "status": 400});
    assert_eq!(oneself, invalid);
    let nobody = json!({"detail": "No UserAccount matches the given query."});
    for id in [
        "497ed80f-66de-45e7-801b-3a29710aa5fb",
        "..%2Fadmin",
        "not-an-id",
        "john",
    ] {
        assert_eq!(john.chat(id).await.expect(404), nobody, "{id}");
    }

    let method = rest.get("/api/login/").await;
    assert_eq!(method.header("allow"), "OPTIONS, POST");
    let not_allowed = json!({"detail": "Method \"GET\" not allowed."});
    assert_eq!(method.expect(405), not_allowed);
    let bad = |body: &'static str, kind: &'static str| {
        let rest = rest.clone();
        async move {
            let headers = [("content-type", kind)];
            let body = Some(body.into());
            rest.send(Method::POST, "/api/login/", &headers, body).await
        }
    };
    let no_json = bad("{", "application/json").await.expect(400);
    assert!(text(&no_json["detail"]).starts_with("JSON parse error"));
    let no_object = bad("[]", "application/json").await.expect(400);
    assert!(no_object["non_field_errors"].is_array(), "{no_object}");
    let no_form = bad("email=x", "text/plain").await;
    assert_eq!(no_form.status.as_u16(), 415);
    server.stop().await;
}

/// People of other front ends are people here, and the other way round.
#[tokio::test]
async fn who_signed_up_elsewhere_is_one_of_them() {
    let server = Server::start().await;
    let john = Person::new(&server, "john").await;
    let ann = server.anon().sign_up("ann").await;
    let ann_id = john.id_of("ann").await;
    let people = john.rest.get("/api/users/").await.expect(200);
    let shown = json!([{"id": ann_id, "first_name": "ann", "last_name": ""}]);
    assert_eq!(people, shown, "the username stands for the first name");

    let (conversation, _) = john.conversation(&ann_id).await;
    let mut socket = john.socket(&conversation).await.expect("a socket");
    ann.say(&conversation, "hello from elsewhere").await;
    let frame = socket.next().await;
    assert_eq!(frame["message"], "hello from elsewhere");
    let (mut native, _) = ann.native().await;
    let reply = json!({"message": "hello ann", "recipient_id": ann_id});
    socket.send(&reply).await;
    let heard = native.next_of("message").await;
    assert_eq!(heard["message"]["content"], "hello ann");

    let names = json!({"first_name": "Ann", "last_name": "Lee", "email": "ann@example.org"});
    let me = ann.rest.patch("/api/v1/me", &names, &[]).await.expect(200);
    assert_eq!(
        (&me["first_name"], &me["last_name"]),
        (&json!("Ann"), &json!("Lee"))
    );
    assert_eq!(john.id_of("Ann").await, ann_id);
    for email in ["ANN@example.org", "ann"] {
        let login = json!({"email": email, "password": e2e::people::PASSWORD});
        let answer = server.rest().post("/api/login/", &login).await;
        assert_eq!(answer.status.as_u16(), 200, "{email}");
    }

    let me = john.rest.get("/api/v1/me").await.expect(200);
    assert_eq!(me["username"], john.email, "the username is the address");
    let listed = ann.rest.get("/api/v1/people?limit=1").await.expect(200);
    assert_eq!(listed["more"], true);
    let last = text(&listed["people"][0]["id"]);
    let next = format!("/api/v1/people?limit=1&before={last}");
    let next = ann.rest.get(&next).await.expect(200);
    assert_eq!(next["more"], false);
    assert_ne!(next["people"][0]["id"], listed["people"][0]["id"]);
    server.stop().await;
}

/// What is long comes whole, up to a thousand messages, and goes on from there.
#[tokio::test]
async fn a_history_goes_on_before_its_last_message() {
    let server = Server::without_limits().await;
    let john = Person::new(&server, "john").await;
    let ray = Person::new(&server, "ray").await;
    let (conversation, _) = john.conversation(&john.id_of("ray").await).await;
    let mut socket = john.socket(&conversation).await.expect("a socket");
    let recipient = john.id_of("ray").await;
    for n in 0..250 {
        let frame = json!({"message": format!("m{n}"), "recipient_id": recipient});
        socket.send(&frame).await;
    }
    for _ in 0..250 {
        socket.next().await;
    }
    let path = format!("/api/users/{}/chat/", ray.id_of("john").await);
    let whole = ray.rest.get(&path).await.expect(200);
    let messages = whole["data"]["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 250, "more than a page of the native API");
    let seq = messages[99]["seq"].as_u64().expect("a seq");
    let rest = ray
        .rest
        .get(&format!("{path}?before={seq}"))
        .await
        .expect(200);
    let rest = rest["data"]["messages"].as_array().expect("messages");
    assert_eq!(rest[..], messages[100..]);
    server.stop().await;
}
