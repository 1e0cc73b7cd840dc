//! Bodies over HTTP.

use domain::{Code, Error, File, Result, Role, Wish};
use serde::Serialize;

use super::{
    decode,
    draft::{self, Wanted},
};
use crate::drf::{Faults, Form, Refusal, json};

/// What kind of conversation somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationType {
    /// With one other.
    Direct,
    /// For those who are added.
    Group,
    /// The same, in which only admins post.
    Channel,
}

/// A conversation that somebody wants to begin.
#[derive(Debug)]
pub struct NewConversation {
    /// Which kind.
    pub kind: ConversationType,
    /// What it is called; direct ones have no name.
    pub title: Option<String>,
    /// With whom, by what the client calls them: at most [`PARTICIPANTS`]. Somebody may be named
    /// twice, and the caller too.
    pub with: Vec<String>,
}

/// With how many people a conversation begins at most. Others are added later.
pub const PARTICIPANTS: usize = 100;

/// Somebody who is to be in a conversation.
#[derive(Debug)]
pub struct NewParticipant {
    /// Who, by what the client calls them.
    pub user: String,
    /// What they may do.
    pub role: Role,
}

#[derive(Serialize)]
struct Coded<'a> {
    error: &'a str,
    code: &'static str,
}

#[derive(Serialize)]
struct Uploaded<'a> {
    file_url: String,
    file_name: &'a str,
    file_size: u64,
    content_type: &'a str,
}

/// Reads a conversation that somebody wants to begin.
///
/// # Errors
/// All that is wrong with the form.
pub fn conversation(mut form: Form) -> std::result::Result<NewConversation, Refusal> {
    let title = form.optional("title");
    let mut with = form.texts("participants");
    with.extend(form.optional("target_user_id"));
    let named = form.optional("conversation_type");
    let kind = match named.or_else(|| form.optional("type")).as_deref() {
        None | Some("direct") => ConversationType::Direct,
        Some("group") => ConversationType::Group,
        Some("channel") => ConversationType::Channel,
        Some(other) => {
            form.faults.add("conversation_type", no_choice(other));
            ConversationType::Direct
        }
    };
    if kind == ConversationType::Direct && with.is_empty() && form.faults.is_empty() {
        form.faults.add("target_user_id", "This field is required.");
    }
    if with.len() > PARTICIPANTS {
        let most = format!("Ensure this field has no more than {PARTICIPANTS} elements.");
        form.faults.add("participants", most);
    }
    form.faults.pass(NewConversation {
        kind,
        title: title.filter(|title| !title.trim().is_empty()),
        with,
    })
}

/// A direct conversation is with one other.
#[must_use]
pub fn not_two() -> Refusal {
    let text = "A direct conversation is with one other participant.";
    Faults::one("participants", text).refusal()
}

/// Reads somebody who is to be in a conversation.
///
/// # Errors
/// All that is wrong with the form.
pub fn participant(mut form: Form) -> std::result::Result<NewParticipant, Refusal> {
    let user = form.text("user_id");
    let role = role(&mut form, Some(Role::Member));
    match role {
        Some(role) if form.faults.is_empty() => Ok(NewParticipant { user, role }),
        _ => Err(form.faults.refusal()),
    }
}

/// Reads what a participant is to be from now on.
///
/// # Errors
/// What is wrong with the form.
pub fn new_role(mut form: Form) -> std::result::Result<Role, Refusal> {
    let role = role(&mut form, None);
    role.ok_or_else(|| form.faults.refusal())
}

fn role(form: &mut Form, usual: Option<Role>) -> Option<Role> {
    let role = match form.optional("role").as_deref() {
        None => usual,
        Some("admin") => Some(Role::Admin),
        Some("member") => Some(Role::Member),
        Some(other) => {
            form.faults.add("role", no_choice(other));
            return None;
        }
    };
    if role.is_none() {
        form.faults.add("role", "This field is required.");
    }
    role
}

fn no_choice(given: &str) -> String {
    format!("\"{given}\" is not a valid choice.")
}

/// Reads a message that somebody wants to send.
///
/// # Errors
/// What is wrong with the form.
pub fn message(mut form: Form) -> std::result::Result<Wanted, Refusal> {
    let wanted = Wanted {
        kind: form.optional("message_type"),
        content: form.optional("content").unwrap_or_default(),
        file_url: form.optional("file_url"),
        reply_to: form.optional("reply_to"),
    };
    form.faults.pass(wanted)
}

/// Reads one text that must be there.
///
/// # Errors
/// What is wrong with it.
pub fn text(mut form: Form, field: &'static str) -> std::result::Result<String, Refusal> {
    let text = form.text(field);
    form.faults.pass(text)
}

/// As what somebody wants to be seen.
///
/// # Errors
/// `invalid_field`.
pub fn wish(status: &str) -> Result<Wish> {
    decode::wish(status)
}

/// The answer to an upload.
#[must_use]
pub fn uploaded(file: &File) -> String {
    json(&Uploaded {
        file_url: draft::url_of(file.id),
        file_name: file.name.as_str(),
        file_size: file.bytes,
        content_type: file.media_type.as_str(),
    })
}

/// How an upload is refused.
#[must_use]
pub fn no_upload(error: &Error, most: u64) -> Option<Refusal> {
    let told = match error.code() {
        Code::FileTooLarge => format!("File too large (max {}MB)", most / (1024 * 1024)),
        Code::FileTypeRefused | Code::FileTypeMismatch => "File type not allowed".to_owned(),
        Code::MediaType | Code::InvalidField | Code::FileIncomplete => {
            "No file provided".to_owned()
        }
        _ => return None,
    };
    #[derive(Serialize)]
    struct Plain {
        error: String,
    }
    Some(Refusal {
        status: 400,
        body: json(&Plain { error: told }),
    })
}

/// How somebody is refused who could not show who they are; `None` for what is no such error.
#[must_use]
pub fn no_caller(error: &Error) -> Option<Refusal> {
    let (status, text, code) = match error.code() {
        Code::Unauthenticated => (401, "Authentication required", "auth_required"),
        Code::TokenInvalid => (401, "Invalid token", "invalid_token"),
        Code::TokenExpired => (401, "Token has expired", "token_expired"),
        Code::Unavailable => {
            let away = "Authentication service unavailable";
            (503, away, "auth_service_down")
        }
        _ => return None,
    };
    let body = json(&Coded { error: text, code });
    Some(Refusal { status, body })
}

/// How what was asked is refused: as the framework says it of a form, where a field is wrong or
/// somebody else's, and of things that are not there.
#[must_use]
pub fn refusal(error: &Error) -> Option<Refusal> {
    let none = |what: &str| {
        let detail = format!("No {what} matches the given query.");
        Some(crate::drf::detail(404, &detail))
    };
    let fault = |field| Some(Faults::one(field, error.message()).refusal());
    match error.code() {
        Code::RoomNotFound => none("ChatConversation"),
        Code::MessageNotFound | Code::MessageDeleted => none("ChatMessage"),
        Code::UserNotFound => fault("user_id"),
        Code::FileNotFound => fault("file_url"),
        Code::MessageEmpty | Code::MessageTooLong => fault("content"),
        Code::InvalidEmoji => fault("emoji"),
        Code::InvalidRoomName | Code::RoomExists => fault("title"),
        Code::WrongRoomKind => Some(crate::drf::detail(
            400,
            "A direct conversation takes no others.",
        )),
        Code::InvalidField => Some(Faults::one("non_field_errors", error.message()).refusal()),
        _ => None,
    }
}
