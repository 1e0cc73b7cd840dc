//! The two sockets that say how much is unread, and ring when something is said.

use domain::{Code, Error, Event, Reply, Scene};
use serde::Serialize;

use crate::{Action, Dialect, Refused, Request, Scope, Viewer, drf::json};

/// How much is unread.
#[derive(Serialize)]
struct Count {
    r#type: &'static str,
    unread_count: u64,
}

/// Something new was said.
#[derive(Serialize)]
struct Ring {
    r#type: &'static str,
}

/// The words of a bell.
struct Words {
    name: &'static str,
    count: &'static str,
    ring: &'static str,
}

impl Words {
    fn say(&self, scene: &Scene) -> Option<String> {
        match &scene.event {
            Event::Unread { unread } => Some(json(&Count {
                r#type: self.count,
                unread_count: *unread,
            })),
            Event::Notified(_) => Some(json(&Ring { r#type: self.ring })),
            // A bell tells nothing else.
            Event::Logged(_) | Event::Receipt { .. } | Event::Visited { .. } => None,
            Event::Typing { .. } | Event::Presence(_) | Event::Draining { .. } => None,
        }
    }
}

const ALL: Words = Words {
    name: "usernames-notifications",
    count: "unread_count",
    ring: "new_message_notification",
};

const ONE: Words = Words {
    name: "usernames-notifications-of-one",
    count: "single_conversation_unread_count",
    ring: "single_conversation_new_message_notification",
};

/// The bell of all conversations.
#[derive(Debug, Clone, Copy)]
pub struct AllBell;

/// The bell of one conversation.
#[derive(Debug, Clone, Copy)]
pub struct OneBell;

macro_rules! bell {
    ($bell:ident, $words:ident) => {
        impl Dialect for $bell {
            fn name(&self) -> &'static str {
                $words.name
            }

            /// What a client says here is ignored; the socket does not ask.
            fn decode(&self, _scope: &Scope, _text: &str) -> Result<Request, Refused> {
                let (id, action) = (None, Action::Ping);
                Ok(Request { id, action })
            }

            fn encode(&self, _viewer: &Viewer, scene: &Scene) -> Option<String> {
                $words.say(scene)
            }

            fn reply(&self, _request: Option<&str>, _reply: &Reply) -> Option<String> {
                None
            }

            fn refuse(&self, _request: Option<&str>, error: &Error) -> Option<String> {
                (error.code() != Code::InvalidJson)
                    .then(|| super::refusal(error))
                    .flatten()
            }
        }
    };
}

bell!(AllBell, ALL);
bell!(OneBell, ONE);
