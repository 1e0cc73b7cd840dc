//! The one table of error codes: what each is called, what the caller can do, and how HTTP and a
//! socket say it. REST, sockets, the SDK and `docs/codes.md` all come from here.

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Say who you are, and try again.
    Unauthenticated,
    /// You may not; trying again does not help.
    Forbidden,
    /// It does not exist, or not for you.
    NotFound,
    /// Mend the request.
    Invalid,
    /// Look at how things stand now, then decide anew.
    Conflict,
    /// Wait, then try again.
    TooMany,
    /// Surely not done: try again later. (`unknown_outcome` is the one exception.)
    Unavailable,
    /// Our fault.
    Internal,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CodeInfo {
    /// The stable name, in snake case.
    pub name: &'static str,
    /// What the caller can do.
    pub kind: Kind,
    /// The HTTP status.
    pub status: u16,
    /// The WebSocket close code used where the error ends a session.
    pub close: u16,
    /// What a person reads.
    pub title: &'static str,
}

macro_rules! codes {
    ($($code:ident $name:literal $kind:ident $status:literal $close:literal $title:literal;)*) => {
        /// A stable error code. The names are a promise to clients: never renamed, never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// Every code there is, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$code,)*];

            /// The code's row of the table.
            #[must_use]
            pub const fn info(self) -> CodeInfo {
                match self {
                    $(Code::$code => CodeInfo {
                        name: $name, kind: Kind::$kind, status: $status, close: $close,
                        title: $title,
                    },)*
                }
            }
        }
    };
}

codes! {
    Unauthenticated "unauthenticated" Unauthenticated 401 4501 "A token is needed.";
    TokenInvalid "token_invalid" Unauthenticated 401 4501 "The token is not valid, or has expired.";
    TokenExpired "token_expired" Unauthenticated 401 4501 "The token of this socket has expired: renew the login, then open another.";
    RefreshReused "refresh_reused" Unauthenticated 401 4501 "The refresh token was used before; its session has been ended.";
    WrongCredentials "wrong_credentials" Unauthenticated 401 4501 "The username or the password is wrong.";
    SignupsClosed "signups_closed" Forbidden 403 4503 "Nobody may sign up here: ask an administrator for an account.";
    Forbidden "forbidden" Forbidden 403 4503 "You may not do this.";
    OriginRefused "origin_refused" Forbidden 403 4503 "This origin is not on the allow-list.";
    NotTheSender "not_the_sender" Forbidden 403 4503 "Only who sent a message may change it.";
    RoleTooLow "role_too_low" Forbidden 403 4503 "Your role in the room does not allow this.";
    RoomReadOnly "room_read_only" Forbidden 403 4503 "Only admins of the room may write in it.";
    RemovedFromRoom "removed_from_room" Forbidden 403 4503 "You were removed from the room: somebody in it has to add you.";
    NotFound "not_found" NotFound 404 4503 "There is nothing here.";
    RoomNotFound "room_not_found" NotFound 404 4503 "There is no such room, or you are not a member of it.";
    UserNotFound "user_not_found" NotFound 404 4503 "There is no such user.";
    MessageNotFound "message_not_found" NotFound 404 4503 "There is no such message.";
    SessionNotFound "session_not_found" NotFound 404 4503 "You have no such session.";
    FileNotFound "file_not_found" NotFound 404 4503 "There is no such file, or it is not for you.";
    LinkInvalid "link_invalid" Forbidden 403 4503 "This link was not made here, or was changed.";
    LinkExpired "link_expired" Forbidden 410 4503 "This link is no longer good: ask for a new one.";
    PolicyNotFound "policy_not_found" NotFound 404 4503 "There is no such policy.";
    RunNotFound "run_not_found" NotFound 404 4503 "There is no such run or plan.";
    PolicyReadOnly "policy_read_only" Forbidden 403 4503 "This policy comes from the configuration: change it there. Here it can only be paused.";
    MethodNotAllowed "method_not_allowed" Invalid 405 4400 "This path does not answer to this method.";
    InvalidJson "invalid_json" Invalid 400 4400 "The text is not JSON, or not of the form that is expected here.";
    InvalidField "invalid_field" Invalid 400 4400 "A field is missing or has a value that is not allowed.";
    UnknownType "unknown_type" Invalid 400 4400 "There is no frame of this type.";
    InvalidUsername "invalid_username" Invalid 400 4400 "This cannot be a username.";
    InvalidEmail "invalid_email" Invalid 400 4400 "This is not an e-mail address.";
    InvalidPassword "invalid_password" Invalid 400 4400 "This cannot be a password.";
    InvalidRoomName "invalid_room_name" Invalid 400 4400 "This cannot be the name of a room.";
    InvalidEmoji "invalid_emoji" Invalid 400 4400 "It must be 1 to 16 visible characters without white space.";
    InvalidClientId "invalid_client_id" Invalid 400 4400 "The client_id (or Idempotency-Key) must be a UUID.";
    InvalidCursor "invalid_cursor" Invalid 400 4400 "The cursor or the page size is not valid.";
    InvalidHandshake "invalid_handshake" Invalid 400 4400 "This is not a WebSocket handshake.";
    UpgradeRequired "upgrade_required" Invalid 426 4400 "A WebSocket handshake of version 13 is needed.";
    MessageEmpty "message_empty" Invalid 400 4400 "A message needs content.";
    MessageTooLong "message_too_long" Invalid 400 4400 "The message is too long.";
    BodyTooLarge "body_too_large" Invalid 413 1009 "The body or frame is too large.";
    MediaType "unsupported_media_type" Invalid 415 4400 "The body must be application/json.";
    BodyTooSlow "body_too_slow" Invalid 408 4400 "The body took too long to arrive.";
    FileTooLarge "file_too_large" Invalid 413 4400 "The file is too large.";
    FileIncomplete "file_incomplete" Invalid 400 4400 "The upload ended before the file was whole.";
    FileTypeRefused "file_type_refused" Invalid 415 4400 "Files of this type are not taken.";
    FileTypeMismatch "file_type_mismatch" Invalid 415 4400 "The file is not of the type that it claims.";
    RangeNotSatisfiable "range_not_satisfiable" Invalid 416 4400 "The file has no such part.";
    BinaryFrame "binary_frame" Invalid 400 1003 "Only text frames are understood.";
    UsernameTaken "username_taken" Conflict 409 4400 "This username or e-mail address is taken.";
    RoomExists "room_exists" Conflict 409 4400 "A room of this name exists.";
    ClientIdMismatch "client_id_mismatch" Conflict 409 4400 "This client_id was used for other content.";
    StaleRevision "stale_revision" Conflict 409 4400 "It has changed since you read it.";
    Archived "archived" Conflict 409 4400 "The message is in the archive and cannot be changed.";
    MessageDeleted "message_deleted" Conflict 409 4400 "The message was deleted.";
    TooManyEmoji "too_many_emoji" Conflict 409 4400 "The message has as many different emoji as it may have.";
    WrongRoomKind "wrong_room_kind" Conflict 409 4400 "Rooms of this kind do not allow this.";
    LastOwner "last_owner" Conflict 409 4400 "The room needs an owner: transfer it first.";
    RoomFull "room_full" Conflict 409 4400 "The room has as many members as it may have.";
    TooManyRooms "too_many_rooms" Conflict 409 4400 "You are in as many rooms as you may be.";
    PolicyExists "policy_exists" Conflict 409 4400 "A policy of this name exists.";
    TooManyPolicies "too_many_policies" Conflict 409 4400 "There are as many archive policies as there may be: remove one first.";
    PlanExpired "plan_expired" Conflict 409 4400 "The plan is older than 24 hours: make a new one.";
    RunInProgress "run_in_progress" Conflict 409 4400 "A run of this policy is under way.";
    RateLimited "rate_limited" TooMany 429 4008 "Too many requests: slow down.";
    TooManySessions "too_many_sessions" TooMany 429 4529 "There are too many open sockets.";
    TooManyUploads "too_many_uploads" TooMany 429 4008 "There are too many uploads under way.";
    Busy "busy" TooMany 503 4008 "Too much is waiting here: try again shortly.";
    TooSlow "too_slow" TooMany 503 4008 "You read too slowly: reconnect and resume.";
    Resync "resync" Unavailable 503 4010 "Your position was lost: reconnect and resume.";
    Draining "draining" Unavailable 503 4001 "The server is stopping: reconnect.";
    Unavailable "unavailable" Unavailable 503 4000 "A part of the server is away. Nothing was stored.";
    StorageFull "storage_full" Unavailable 507 4000 "The server has no space left. Nothing was stored.";
    UnknownOutcome "unknown_outcome" Unavailable 503 4000 "It is not known whether this was stored: repeat it with the same client_id.";
    Internal "internal" Internal 500 1011 "Something went wrong on our side.";
}

impl Code {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.info().kind
    }

    /// Whether the same request may succeed later, unchanged.
    #[must_use]
    pub const fn temporary(self) -> bool {
        matches!(self.kind(), Kind::TooMany | Kind::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn only_temporary_errors_ask_clients_to_come_back() {
        for code in Code::ALL {
            let close = code.info().close;
            if code.temporary() && code.name() != "too_many_sessions" {
                assert!(
                    (4000..4400).contains(&close),
                    "{code:?} closes with {close}"
                );
            }
        }
    }
}
