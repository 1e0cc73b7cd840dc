//! The frames of the socket as the running server describes them, and people who hold every frame
//! that they say or hear to that.

use std::{collections::BTreeSet, sync::Mutex};

use serde_json::{Value, json};

use crate::{Rest, Socket, described::Described};

/// The frames that are described, and which of them were seen.
pub struct Frames {
    described: Described,
    seen: Mutex<BTreeSet<String>>,
}

/// Somebody at a socket.
pub struct Talker<'a> {
    frames: &'a Frames,
    socket: Socket,
    asked: u32,
    heard: Vec<Value>,
}

impl Frames {
    /// Asks a server for its description.
    ///
    /// # Panics
    /// When it has none.
    pub async fn of(rest: &Rest) -> Self {
        let text = rest.get("/asyncapi.yaml").await.text;
        Self {
            described: Described::new(serde_saphyr::from_str(&text).expect("YAML")),
            seen: Mutex::default(),
        }
    }

    /// The names of those that nobody has said or heard so far.
    ///
    /// # Panics
    /// When a frame was wrong before.
    #[must_use]
    pub fn unseen(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic");
        let names = self.messages().map(|(name, _)| name.clone());
        names.filter(|name| !seen.contains(name)).collect()
    }

    fn messages(&self) -> impl Iterator<Item = (&String, &Value)> {
        let messages = self.described.document()["components"]["messages"].as_object();
        messages.into_iter().flatten()
    }

    /// What the server may say of this type without having been asked.
    fn told(&self, kind: &Value) -> Vec<String> {
        let ours = self
            .messages()
            .filter(|(name, message)| name.starts_with("server.") && message["name"] == *kind);
        ours.map(|(name, _)| name.clone()).collect()
    }

    /// What may answer a frame of clients.
    fn answers(&self, kind: &str) -> Vec<String> {
        let operation = &self.described.document()["operations"][kind];
        let answers = operation["reply"]["messages"]
            .as_array()
            .into_iter()
            .flatten();
        let names = answers.filter_map(|answer| answer["$ref"].as_str()?.rsplit('/').next());
        names.map(str::to_owned).collect()
    }

    /// Holds a frame to those that it may be.
    fn hold(&self, names: &[String], frame: &Value) {
        let messages = &self.described.document()["components"]["messages"];
        let wrong = names.iter().map(|name| {
            let wrong = self.described.wrong(&messages[name]["payload"], frame);
            (name, wrong)
        });
        let wrong: Vec<_> = wrong.collect();
        let fits = wrong.iter().find(|(_, wrong)| wrong.is_empty());
        let (name, _) = fits.unwrap_or_else(|| panic!("{frame} is not as described: {wrong:?}"));
        let mut seen = self.seen.lock().expect("no panic");
        seen.insert((*name).clone());
    }
}

impl<'a> Talker<'a> {
    /// Somebody who talks through a socket.
    #[must_use]
    pub fn new(frames: &'a Frames, socket: Socket) -> Self {
        Self {
            frames,
            socket,
            asked: 0,
            heard: Vec::new(),
        }
    }

    /// Says a frame with these fields, and waits for nothing. Gives its id.
    ///
    /// # Panics
    /// When that is not described, or the socket is closed.
    pub async fn say(&mut self, kind: &str, mut fields: Value) -> Value {
        self.asked += 1;
        let id = json!(format!("c{}", self.asked));
        (fields["id"], fields["type"]) = (id.clone(), kind.into());
        self.frames.hold(&[format!("client.{kind}")], &fields);
        self.socket.send(&fields).await;
        id
    }

    /// Says a frame with these fields, and gives its answer.
    ///
    /// # Panics
    /// When either is not as described, or no answer comes.
    pub async fn ask(&mut self, kind: &str, fields: Value) -> Value {
        let id = self.say(kind, fields).await;
        loop {
            let frame = self.socket.next().await;
            if frame["id"] == id {
                self.frames.hold(&self.frames.answers(kind), &frame);
                return frame;
            }
            self.note(frame);
        }
    }

    /// The next event of a type: of those that were not asked for yet, or that come now.
    ///
    /// # Panics
    /// When none comes, or anything else that comes is not as described.
    pub async fn hear(&mut self, kind: &str) -> Value {
        loop {
            if let Some(at) = self.heard.iter().position(|frame| frame["type"] == kind) {
                return self.heard.remove(at);
            }
            let frame = self.socket.next().await;
            self.note(frame);
        }
    }

    fn note(&mut self, frame: Value) {
        self.frames.hold(&self.frames.told(&frame["type"]), &frame);
        self.heard.push(frame);
    }
}
