//! Bodies over HTTP.

use domain::{Message, User};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    drf::{Faults, Refusal, detail, json},
    moment::Micros,
};

/// How long a password must be, in characters.
const PASSWORD_CHARS: usize = 8;

/// Somebody who was registered.
#[derive(Serialize)]
struct Account<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
}

/// How most of what succeeds is wrapped.
#[derive(Serialize)]
struct Success<T> {
    success: bool,
    msg: &'static str,
    data: T,
    status: u16,
}

/// A conversation with its newest messages, the newest first.
#[derive(Serialize)]
struct Conversation<'a> {
    id: Uuid,
    messages: Vec<Said<'a>>,
}

/// A message of a conversation; `id` and `seq` are added to what the document has.
#[derive(Serialize)]
struct Said<'a> {
    text: &'a str,
    sender: Person<'a>,
    created_at: Micros,
    id: Uuid,
    seq: u64,
}

/// Somebody, by the names that they have said.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Person<'a> {
    id: Uuid,
    first_name: &'a str,
    last_name: &'a str,
}

impl<'a> Person<'a> {
    /// Shows somebody; who signed up elsewhere has the username as first name.
    #[must_use]
    pub fn new(user: &'a User) -> Self {
        let (first_name, last_name) = user.names.shown(&user.username);
        Self {
            id: user.id.uuid(),
            first_name,
            last_name,
        }
    }
}

/// The answer to who was registered.
#[must_use]
pub fn registered(user: &User) -> String {
    let (first_name, last_name) = user.names.shown(&user.username);
    json(&Success {
        success: true,
        msg: "User account created successfully.",
        data: Account {
            first_name,
            last_name,
            email: user.email.as_ref().map_or("", |email| email.as_str()),
        },
        status: 201,
    })
}

/// A conversation: `messages` from the newest, said by these `people`.
#[must_use]
pub fn conversation<'a>(room: Uuid, messages: &'a [Message], people: &'a [User]) -> String {
    let told = |message: &'a Message| {
        let sender = people.iter().find(|user| user.id == message.sender)?;
        Some(Said {
            text: message.content()?.as_text(),
            sender: Person::new(sender),
            created_at: message.created_at.into(),
            id: message.id.uuid(),
            seq: message.seq,
        })
    };
    json(&Success {
        success: true,
        msg: "User conversation with messages retrieved successfully.",
        data: Conversation {
            id: room,
            messages: messages.iter().filter_map(told).collect(),
        },
        status: 200,
    })
}

/// A conversation with oneself is refused.
#[must_use]
pub fn invalid_recipient() -> Refusal {
    #[derive(Serialize)]
    struct Failure {
        success: bool,
        msg: &'static str,
        status: u16,
    }
    let body = json(&Failure {
        success: false,
        msg: "Invalid recipient.",
        status: 400,
    });
    Refusal { status: 400, body }
}

/// There is nobody of that id, or not for the caller.
#[must_use]
pub fn no_such_account() -> Refusal {
    detail(404, "No UserAccount matches the given query.")
}

/// The address has an account already.
#[must_use]
pub fn address_taken() -> Refusal {
    Faults::one("email", "user account with this email already exists.").refusal()
}

/// Notes what is wrong with a wanted password.
pub fn judge_password(password: &str, faults: &mut Faults) {
    if password.chars().count() < PASSWORD_CHARS {
        let short = format!(
            "This password is too short. It must contain at least {PASSWORD_CHARS} characters."
        );
        faults.add("password", short);
    }
    if password.chars().all(char::is_numeric) {
        faults.add("password", "This password is entirely numeric.");
    }
}
