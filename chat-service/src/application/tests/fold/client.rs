//! What a client makes of what it hears: the JSON of the native API, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use domain::Reply;
use protocol::{Dialect, native::Native};
use serde_json::Value;

/// A room as a client shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    name: Option<String>,
    read_only: bool,
    rev: u64,
    /// The role of each member.
    pub(super) members: BTreeMap<String, String>,
    messages: BTreeMap<String, Said>,
    pub(super) deleted: bool,
}

/// A message as a client shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    seq: u64,
    rev: u64,
    state: String,
    content: Option<String>,
    reply_to: Option<String>,
    mentions: Vec<String>,
    edited: bool,
    /// Who reacted, by emoji.
    reactions: BTreeMap<String, BTreeSet<String>>,
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn maybe(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// An answer as it stands on the wire.
pub(super) fn wire(reply: &Reply) -> Value {
    serde_json::from_str(&Native.reply(None, reply).expect("a word for it")).unwrap()
}

impl Said {
    fn of(message: &Value) -> Self {
        let mentions = message["mentions"].as_array();
        let reactions = message["reactions"].as_array();
        Self {
            seq: message["seq"].as_u64().unwrap(),
            rev: message["rev"].as_u64().unwrap(),
            state: text(&message["state"]),
            content: maybe(&message["content"]),
            reply_to: maybe(&message["reply_to"]),
            mentions: mentions.into_iter().flatten().map(text).collect(),
            edited: message["edited"] == true,
            reactions: reactions.into_iter().flatten().map(reactors).collect(),
        }
    }
}

fn reactors(reaction: &Value) -> (String, BTreeSet<String>) {
    let users = reaction["users"].as_array().unwrap().iter();
    let users: BTreeSet<String> = users.map(|user| text(&user["id"])).collect();
    assert_eq!(reaction["count"], users.len(), "all are named here");
    (text(&reaction["emoji"]), users)
}

impl Shown {
    /// What fresh answers say: the room, its members, its history.
    pub(super) fn fresh(room: &Reply, members: &Reply, history: &Reply) -> Self {
        let (room, members, history) = (wire(room), wire(members), wire(history));
        let mut shown = Self::begun(&room["room"]);
        for member in members["members"].as_array().unwrap() {
            shown.place(&member["user"], &member["role"]);
        }
        for message in history["messages"].as_array().unwrap() {
            shown
                .messages
                .insert(text(&message["id"]), Said::of(message));
        }
        shown
    }

    /// A room of which only the room itself is known.
    pub(super) fn begun(room: &Value) -> Self {
        Self {
            name: maybe(&room["name"]),
            read_only: room["read_only"] == true,
            rev: room["rev"].as_u64().unwrap(),
            ..Self::default()
        }
    }

    fn place(&mut self, user: &Value, role: &Value) {
        self.members.insert(text(&user["id"]), text(role));
    }

    /// Forgets what was said: the user deleted a direct room for themselves.
    pub(super) fn hide(&mut self) {
        self.messages.clear();
    }

    /// Takes an event.
    pub(super) fn fold(&mut self, event: &Value) {
        let message = &event["message"];
        match event["type"].as_str().unwrap() {
            "message" => {
                self.messages
                    .insert(text(&message["id"]), Said::of(message));
            }
            "message_updated" => self.update(message, true),
            "message_deleted" => self.update(message, false),
            "reaction_added" => self.react(event, true),
            "reaction_removed" => self.react(event, false),
            "member_joined" | "member_updated" => self.place(&event["user"], &event["role"]),
            "member_left" => {
                self.members.remove(&text(&event["user"]["id"]));
            }
            "room_updated" => {
                self.name = maybe(&event["name"]).or(self.name.take());
                self.read_only = event["read_only"].as_bool().unwrap_or(self.read_only);
                self.rev = event["rev"].as_u64().unwrap();
            }
            "room_deleted" => self.deleted = true,
            other => panic!("an event without a meaning: {other}"),
        }
    }

    /// Changes a message that is shown. An event says nothing of reactions; what is deleted has
    /// none.
    fn update(&mut self, message: &Value, keep_reactions: bool) {
        if let Some(said) = self.messages.get_mut(&text(&message["id"])) {
            let reactions = std::mem::take(&mut said.reactions);
            *said = Said::of(message);
            if keep_reactions && said.state == "present" {
                said.reactions = reactions;
            }
        }
    }

    fn react(&mut self, event: &Value, set: bool) {
        let said = self.messages.get_mut(&text(&event["message"]));
        let Some(said) = said.filter(|said| said.state == "present") else {
            return;
        };
        let (emoji, user) = (text(&event["emoji"]), text(&event["user"]["id"]));
        let users = said.reactions.entry(emoji.clone()).or_default();
        match set {
            true => users.insert(user),
            false => users.remove(&user),
        };
        if users.is_empty() {
            said.reactions.remove(&emoji);
        }
    }
}
