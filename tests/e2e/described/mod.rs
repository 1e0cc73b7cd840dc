//! The API is as it describes itself: every operation is asked over TCP, well and badly, every frame
//! is said or heard, and all of it is held to the description.

mod documents;
mod frames;
mod refusals;
mod walk;

use bytes::Bytes;
use e2e::{
    Answer, Rest, Server, SignedIn,
    described::{Described, Operation, filled},
    people::PASSWORD,
};
use hyper::Method;
use protocol::native::examples;
use serde_json::{Value, json};
use settings::Settings;

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
    link: String,
    session: String,
    policy: String,
    run: String,
    refresh_token: String,
}

impl World {
    async fn new() -> Self {
        // So large that nothing is refused, but counted all the same.
        let server = Server::start_with(|settings| rates(settings, 1_000)).await;
        Self::on(server).await
    }

    async fn on(server: Server) -> Self {
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
        let file = id(&upload(rest).await.expect(201)["file"]);
        let link = rest.get(&format!("/api/v1/files/{file}/link")).await;
        Self {
            message: id(&said["message"]),
            link: link.expect(200)["url"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            file,
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
            "name" => "a.txt".to_owned(),
            "action" => "friend.created".to_owned(),
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
            Some(part @ ("expires" | "sig")) => self.of_link(part).to_owned(),
            other => panic!("{}: what is {other:?}?", operation.path),
        });
        let pairs: Vec<_> = pairs.collect();
        format!("?{}", pairs.join("&"))
    }

    /// A pair of the link's query.
    fn of_link(&self, name: &str) -> &str {
        let (_, query) = self.link.split_once('?').expect("a query");
        let mut pairs = query.split('&');
        let pair = pairs.find(|pair| pair.split('=').next() == Some(name));
        pair.expect("a pair")
    }

    fn body(&self, operation: &Operation) -> Option<String> {
        Some(self.real(&operation.body()?.to_string()))
    }

    /// Brings about what some operations need before they can succeed.
    async fn prepare(&mut self, operation: &Operation) {
        match operation.id() {
            "log_in" | "change_password" | "reset_password" | "set_rights" => {
                let ann = json!({"username": "ann", "password": "correct horse"});
                let answer = self.server.rest().post("/api/v1/auth/signup", &ann).await;
                let token = answer.expect(201)["token"].as_str().map(str::to_owned);
                if operation.id() == "change_password" {
                    self.who = self.server.rest().with_token(token.expect("a token"));
                }
            }
            // An owner has to stay.
            "leave_room" => self.who = self.boris.rest.clone(),
            "restore_run" => self.run = moved(&self.olga.rest).await,
            _ => {}
        }
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

/// A run that moved something, once there is something that is a second old.
async fn moved(admin: &Rest) -> String {
    e2e::eventually("a run that moves something", || async {
        let body = json!({"plan": plan(admin).await});
        let run = admin.post(RUNS, &body).await.expect(202);
        let path = format!("{RUNS}/{}", id(&run));
        let over = e2e::eventually("the end of the run", || async {
            let run = admin.get(&path).await.expect(200);
            (run["phase"] == "finished").then_some(run)
        });
        let over = over.await;
        (over["total"]["moved"] != 0).then(|| id(&over))
    })
    .await
}

async fn send(rest: &Rest, method: &str, path: &str, body: Option<String>) -> Answer {
    send_with(rest, method, path, body, &[]).await
}

async fn send_with(
    rest: &Rest,
    method: &str,
    path: &str,
    body: Option<String>,
    more: &[(&str, &str)],
) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut headers = more.to_vec();
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    rest.send(method, path, &headers, body.map(Bytes::from))
        .await
}

/// Lets everybody do so much of everything at once.
fn rates(settings: &mut Settings, at_once: u32) {
    let limits = &mut settings.limits;
    limits.sends_per_second = 1;
    limits.sends_burst = at_once;
    for rate in [
        &mut limits.logins_per_minute,
        &mut limits.signups_per_hour,
        &mut limits.refreshes_per_minute,
        &mut limits.tickets_per_minute,
        &mut limits.uploads_per_minute,
    ] {
        *rate = at_once;
    }
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
