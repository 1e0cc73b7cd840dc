//! The walk: every operation that is described is asked over TCP, well and badly, and each answer
//! is held to the description.

use bytes::Bytes;
use e2e::{
    Answer, Rest, Server, SignedIn,
    described::{Described, Operation, filled, some},
    people::PASSWORD,
};
use hyper::Method;
use protocol::native::examples;
use serde_json::{Value, json};

/// A server with something of everything, and who asks it.
struct World {
    server: Server,
    described: Described,
    /// An administrator, the owner of the room, and the sender of the message.
    olga: SignedIn,
    /// A member of the room.
    boris: SignedIn,
    /// Who asks, unless somebody else is meant.
    who: Rest,
    room: String,
    message: String,
    file: String,
    session: String,
    policy: String,
    run: String,
    refresh_token: String,
}

impl World {
    async fn new() -> Self {
        let server = Server::without_limits().await;
        let described = Described::of(&server.rest()).await;
        let olga = server.admin("olga").await;
        let boris = server.anon().sign_up("boris").await;
        let room = olga.create_room("den").await;
        boris.join(&room).await;
        let said = olga.say(&room, "hello").await;
        let (rest, who) = (&olga.rest, olga.rest.clone());
        let session = login(&server.rest(), "olga", PASSWORD).await;
        let sessions = rest.get("/api/v1/sessions").await.expect(200);
        let policy = json!({
            "name": "daily", "older_than": "1s", "action": "archive",
            "schedule": "every day at 02:00",
        });
        let policy = rest.post("/api/v1/admin/archive/policies", &policy).await;
        Self {
            message: id(&said["message"]),
            file: id(&upload(rest).await.expect(201)["file"]),
            session: id(&sessions["sessions"][0]),
            policy: id(&policy.expect(201)),
            run: plan(rest).await,
            refresh_token: session["refresh_token"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            server,
            described,
            olga,
            boris,
            who,
            room,
        }
    }

    /// The ids of the examples, exchanged for those of this world.
    fn real(&self, text: &str) -> String {
        [
            (examples::ROOM, &self.room),
            (examples::USER, &self.boris.id),
            (examples::MESSAGE, &self.message),
            (examples::RUN, &self.run),
            (examples::FILE, &self.file),
            (examples::TOKEN, &self.refresh_token),
        ]
        .iter()
        .fold(text.to_owned(), |text, (example, real)| {
            text.replace(example, real)
        })
    }

    fn path(&self, operation: &Operation) -> String {
        filled(&operation.path, |name| match name {
            "room" => self.room.clone(),
            "user" => self.boris.id.clone(),
            "message" => self.message.clone(),
            "file" => self.file.clone(),
            "session" => self.session.clone(),
            "policy" => self.policy.clone(),
            "emoji" => "%F0%9F%91%8D".to_owned(),
            "run" => self.run.clone(),
            other => panic!("{}: what is {{{other}}}?", operation.path),
        })
    }

    /// What must stand in the query.
    fn query(&self, operation: &Operation) -> String {
        let parameters = operation.said["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        let needed = parameters.filter(|one| one["in"] == "query" && one["required"] == true);
        let pairs = needed.map(|parameter| match parameter["name"].as_str() {
            Some("message") => format!("message={}", self.message),
            Some("name") => "name=boris".to_owned(),
            Some("users") => format!("users={}", self.boris.id),
            Some("room") => format!("room={}", self.room),
            other => panic!("{}: what is {other:?}?", operation.path),
        });
        let pairs: Vec<_> = pairs.collect();
        format!("?{}", pairs.join("&"))
    }

    fn body(&self, operation: &Operation) -> Option<String> {
        Some(self.real(&operation.body()?.to_string()))
    }

    /// Brings about what some operations need before they can succeed.
    async fn prepare(&mut self, operation: &Operation) {
        match operation.id() {
            "log_in" | "change_password" => {
                let ann = json!({"username": "ann", "password": "correct horse"});
                let answer = self.server.rest().post("/api/v1/auth/signup", &ann).await;
                let token = answer.expect(201)["token"].as_str().map(str::to_owned);
                if operation.id() == "change_password" {
                    self.who = self.server.rest().with_token(token.expect("a token"));
                }
            }
            // An owner has to stay.
            "leave_room" => self.who = self.boris.rest.clone(),
            "restore_run" => self.run = self.moved().await,
            _ => {}
        }
    }

    /// A run that moved something, once there is something that is a second old.
    async fn moved(&self) -> String {
        let rest = &self.olga.rest;
        e2e::eventually("a run that moves something", || async {
            let body = json!({"plan": plan(rest).await});
            let run = rest.post(RUNS, &body).await.expect(202);
            let path = format!("{RUNS}/{}", id(&run));
            let over = e2e::eventually("the end of the run", || async {
                let run = rest.get(&path).await.expect(200);
                (run["phase"] == "finished").then_some(run)
            });
            let over = over.await;
            (over["total"]["moved"] != 0).then(|| id(&over))
        })
        .await
    }

    /// Asks for an operation, with more in the query.
    async fn ask(&self, rest: &Rest, operation: &Operation, more: &str) -> Answer {
        if operation.id() == "upload_file" {
            return upload(rest).await;
        }
        let path = self.path(operation) + &self.query(operation) + more;
        send(rest, &operation.method, &path, self.body(operation)).await
    }
}

const RUNS: &str = "/api/v1/admin/archive/runs";

fn id(thing: &Value) -> String {
    thing["id"].as_str().expect("an id").to_owned()
}

async fn login(rest: &Rest, name: &str, password: &str) -> Value {
    let body = json!({"username": name, "password": password});
    rest.post("/api/v1/auth/login", &body).await.expect(200)
}

async fn upload(rest: &Rest) -> Answer {
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                content-type: text/plain\r\n\r\nhello\r\n--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let body = Some(Bytes::from_static(form.as_bytes()));
    rest.send(Method::POST, "/api/v1/files", &headers, body)
        .await
}

/// A plan to archive everything.
async fn plan(admin: &Rest) -> String {
    let body = json!({"older_than": "1s"});
    let plan = admin.post("/api/v1/admin/archive/preview", &body).await;
    id(&plan.expect(201))
}

async fn send(rest: &Rest, method: &str, path: &str, body: Option<String>) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let headers: &[(&str, &str)] = match body {
        Some(_) => &[("content-type", "application/json")],
        None => &[],
    };
    rest.send(method, path, headers, body.map(Bytes::from))
        .await
}

/// What is walked: all but the handshake of the socket, which is no exchange of one answer.
fn walked(described: &Described) -> Vec<Operation> {
    let mut operations = described.operations();
    operations.retain(|operation| operation.id() != "open_socket");
    assert!(operations.len() > 20, "{} operations", operations.len());
    operations
}

async fn operations() -> Vec<Operation> {
    let server = Server::start().await;
    let described = Described::of(&server.rest()).await;
    server.stop().await;
    walked(&described)
}

#[tokio::test]
async fn every_operation_does_what_its_example_asks_for() {
    for operation in operations().await {
        let mut world = World::new().await;
        world.prepare(&operation).await;
        let answer = world.ask(&world.who, &operation, "").await;
        // There is an administrator already.
        let is_late = operation.id() == "set_up" && answer.status == 404;
        assert!(
            is_late || operation.successes().contains(&answer.status.as_u16()),
            "{}: {} {}",
            operation.id(),
            answer.status,
            answer.text
        );
        operation.hold(&world.described, &answer);
        world.server.stop().await;
    }
}

#[tokio::test]
async fn every_parameter_of_a_query_is_understood() {
    let world = World::new().await;
    for operation in walked(&world.described) {
        for parameter in operation.said["parameters"].as_array().unwrap_or(&vec![]) {
            if parameter["in"] != "query" || operation.method != "GET" {
                continue;
            }
            let value = some(&parameter["schema"]);
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            let name = parameter["name"].as_str().expect("a name");
            let query = format!("&{name}={value}");
            let answer = world.ask(&world.olga.rest, &operation, &query).await;
            operation.hold(&world.described, &answer);
            let query = format!("&{name}=%00~");
            let answer = world.ask(&world.olga.rest, &operation, &query).await;
            operation.hold(&world.described, &answer);
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn every_refusal_is_described() {
    let world = World::new().await;
    let strangers = [
        world.server.rest(),
        world.server.rest().with_token("no token"),
        world.server.anon().sign_up("stranger").await.rest,
        world.boris.rest.clone(),
    ];
    for operation in walked(&world.described) {
        for (at, rest) in strangers.iter().enumerate() {
            // Their tokens are still needed.
            let ends = ["log_out", "log_out_everywhere", "change_password"];
            if at < 2 || !ends.contains(&operation.id()) {
                let answer = world.ask(rest, &operation, "").await;
                operation.hold(&world.described, &answer);
                assert!(at > 1 || !operation.is_secured() || answer.status == 401);
            }
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn every_body_that_is_wrong_is_refused_as_described() {
    let world = World::new().await;
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
    for operation in walked(&world.described) {
        if operation.body().is_none() {
            continue;
        }
        let path = world.path(&operation);
        for body in ["", "{", "[]", "{}", "null", "{\"x\":1}", &large] {
            let body = Some(body.to_owned());
            let answer = send(&world.olga.rest, &operation.method, &path, body).await;
            operation.hold(&world.described, &answer);
        }
        let method = Method::from_bytes(operation.method.as_bytes()).expect("a method");
        let headers = [("content-type", "text/plain")];
        let body = Some(Bytes::from_static(b"{}"));
        let answer = world.olga.rest.send(method, &path, &headers, body).await;
        operation.hold(&world.described, &answer);
        for field in fields(&operation) {
            let mut body = operation.body().cloned().unwrap_or_default();
            body[&field] = json!([{"not": "this"}]);
            let body = Some(world.real(&body.to_string()));
            let answer = send(&world.olga.rest, &operation.method, &path, body).await;
            assert!(answer.status.is_client_error(), "{field}: {}", answer.text);
            operation.hold(&world.described, &answer);
        }
    }
    world.server.stop().await;
}

fn fields(operation: &Operation) -> Vec<String> {
    let body = operation.body().and_then(Value::as_object);
    body.into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

#[tokio::test]
async fn ids_of_nothing_are_refused_as_described() {
    let world = World::new().await;
    for operation in walked(&world.described) {
        for id in [
            "00000000-0000-0000-0000-000000000000",
            "x",
            "%F0%9F%90%B8",
            "%FF",
        ] {
            let path = filled(&operation.path, |_| id.to_owned());
            if path != operation.path {
                let body = world.body(&operation);
                let path = path + &world.query(&operation);
                let answer = send(&world.olga.rest, &operation.method, &path, body).await;
                assert!(!answer.status.is_success(), "{path}: {}", answer.text);
                operation.hold(&world.described, &answer);
            }
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn other_methods_are_told_those_that_are_described() {
    let world = World::new().await;
    let operations = walked(&world.described);
    for operation in &operations {
        let path = world.path(operation);
        let answer = send(&world.olga.rest, "TRACE", &path, None).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow").to_owned();
        for other in operations
            .iter()
            .filter(|other| other.path == operation.path)
        {
            assert!(allowed.contains(&other.method), "{path}: {allowed}");
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn every_example_is_what_it_is_an_example_of() {
    let server = Server::start().await;
    let described = Described::of(&server.rest()).await;
    for operation in described.operations() {
        let responses = operation.said["responses"].as_object().expect("responses");
        let bodies = responses.values().chain([&operation.said["requestBody"]]);
        for content in bodies
            .filter_map(|body| body["content"].as_object())
            .flatten()
        {
            let (media_type, content) = content;
            if let Some(example) = content.get("example") {
                let wrong = described.wrong(&content["schema"], example);
                assert!(
                    wrong.is_empty(),
                    "{} {media_type}: {wrong:?}",
                    operation.id()
                );
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn names_are_stable_limits_are_shown_and_nothing_dangles() {
    let server = Server::start().await;
    let described = Described::of(&server.rest()).await;
    let operations = described.operations();
    let mut ids: Vec<_> = operations.iter().map(Operation::id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), operations.len(), "ids are unique");
    let snake = |id: &&&str| !id.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    assert_eq!(ids.iter().find(snake), None);
    let document = described.document();
    let schemas = &document["components"]["schemas"];
    let content = &schemas["SendMessage"]["properties"]["content"];
    assert_eq!(content["maxLength"], 16 * 1024);
    for (name, schema) in schemas.as_object().expect("schemas") {
        for (field, said) in schema["properties"].as_object().into_iter().flatten() {
            let said = said.to_string();
            assert!(said.contains("\"description\""), "{name}.{field}: {said}");
        }
    }
    for dangling in references(document) {
        let found = document.pointer(dangling.trim_start_matches('#'));
        assert!(found.is_some(), "{dangling} is nowhere");
    }
    server.stop().await;
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            own.into_iter()
                .chain(object.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn both_documents_can_be_read_without_a_script_or_anything_from_elsewhere() {
    let server = Server::start().await;
    let rest = server.rest();
    let asyncapi = rest.get("/asyncapi.yaml").await;
    assert_eq!(asyncapi.status, 200);
    assert_eq!(asyncapi.header("content-type"), "application/yaml");
    assert!(asyncapi.text.starts_with("asyncapi: "), "{}", asyncapi.text);
    let page = rest.get("/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"));
    for operation in Described::of(&rest).await.operations() {
        let anchor = format!("id=\"{}\"", operation.id());
        assert!(page.text.contains(&anchor), "{anchor}");
    }
    let loads = page
        .text
        .split(" src=\"")
        .chain(page.text.split("<link rel=\"stylesheet\" href=\""));
    for from in loads.skip(1).filter(|rest| !rest.starts_with('<')) {
        assert!(
            from.starts_with("/docs/"),
            "{}",
            from.get(..40).unwrap_or(from)
        );
    }
    for (path, media_type) in [
        ("/docs/codes", "text/html; charset=utf-8"),
        ("/docs/style.css", "text/css; charset=utf-8"),
        ("/docs/search.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = rest.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, media_type)
        );
    }
    // Where every refusal points.
    let refused = rest.get("/api/v1/me").await.expect(401);
    let (path, code) = refused["type"]
        .as_str()
        .and_then(|at| at.split_once('#'))
        .expect("a link");
    assert!(
        rest.get(path)
            .await
            .text
            .contains(&format!("id=\"{code}\""))
    );
    server.stop().await;
}
