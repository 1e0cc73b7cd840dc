//! The routes, asked within the process.

mod accounts;
mod client_author;
mod native;
mod rooms;

use std::sync::Arc;

use bytes::Bytes;
use edge::{Front, in_process};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use settings::Settings;
use tower::Service;

use crate::{setup::Setup, testing::World};

/// A process that is asked without a socket.
struct House {
    world: World,
    front: Front,
    setup: Arc<Setup>,
}

/// An answer, whole.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }
}

impl House {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let world = World::with(change);
        let setup = Setup::new(&world.ctx);
        let service = super::service(&world.ctx, world.app.clone(), &setup);
        let front = in_process(&world.ctx, vec![service]);
        Self {
            world,
            front,
            setup,
        }
    }

    /// Asks with these headers; one that is empty is left out.
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body.to_owned())))
            .unwrap();
        let response = self.front.clone().call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, &[("authorization", &bearer(token))], "")
            .await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let token = bearer(token);
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
        ];
        self.ask("POST", path, &headers, &body.to_string()).await
    }

    /// Signs up through the native API and gives the token.
    async fn token(&self, name: &str) -> String {
        let body = json!({"username": name, "password": "correct horse"});
        let answer = self
            .post("/api/v1/auth/signup", "", &body)
            .await
            .expect(201);
        answer["token"].as_str().unwrap().to_owned()
    }
}

fn bearer(token: &str) -> String {
    match token {
        "" => String::new(),
        token => format!("Bearer {token}"),
    }
}
