//! Users, rooms and rows with everything filled in that a test does not care about.

use std::time::Duration;

use domain::{
    Appended, Change, ClientId, Content, Email, Emoji, Family, FamilyId, FullName, Label, Limits,
    MemberChange, MemberRow, Message, MessageId, NewChange, NewRoom, NewRow, NewUser, ReactionRow,
    Rev, Role, RoomChange, RoomId, RoomKind, RoomName, RoomRow, Row, RowId, RunId, Seq, TenantId,
    Timestamp, UserId, Username,
};

/// A text.
#[must_use]
pub fn text(text: &str) -> Content {
    Content::plain(text)
}

/// A username, which must be one.
#[must_use]
pub fn username(name: &str) -> Username {
    Username::parse(name, None).expect("a test's username is valid")
}

/// The name of a room, which must be one.
#[must_use]
pub fn room_name(name: &str) -> RoomName {
    RoomName::parse(name, &Limits::default()).expect("a test's room name is valid")
}

/// An address, which must be one.
#[must_use]
pub fn email(address: &str) -> Email {
    Email::parse(address).expect("a test's address is valid")
}

/// A first and a last name.
#[must_use]
pub fn full_name(first: &str, last: &str) -> FullName {
    FullName::stored(Some(first.to_owned()), Some(last.to_owned()))
}

/// Somebody of the default tenant, with nothing but a name.
#[must_use]
pub fn new_user(name: &str) -> NewUser {
    NewUser {
        id: UserId::new(),
        tenant: TenantId::default(),
        username: username(name),
        email: None,
        names: FullName::default(),
        password_hash: None,
        alias: None,
        admin: false,
    }
}

/// A token family of the default tenant that begins at `at` and lasts for an hour.
#[must_use]
pub fn family(user: UserId, at: Timestamp) -> Family {
    Family {
        id: FamilyId::new(),
        user,
        tenant: TenantId::default(),
        label: Label::cut("a test"),
        nonce: *b"0123456789abcdef",
        generation: 1,
        previous: None,
        created_at: at,
        last_used_at: at,
        expires_at: at + Duration::from_secs(60 * 60),
        ended_at: None,
    }
}

/// A channel of the default tenant whose maker owns it and is in it from the first row.
#[must_use]
pub fn new_channel(name: &str, created_by: UserId) -> NewRoom {
    NewRoom {
        id: RoomId::new(),
        tenant: TenantId::default(),
        kind: RoomKind::Channel,
        name: Some(room_name(name)),
        read_only: false,
        created_by,
        init: vec![membership(created_by, MemberChange::Joined, Role::Owner, 1)],
    }
}

/// A channel whose log begins with whatever is appended first.
#[must_use]
pub fn bare_channel(name: &str) -> NewRoom {
    NewRoom {
        init: Vec::new(),
        ..new_channel(name, UserId::new())
    }
}

/// A row by `sender`, with ids of its own.
#[must_use]
pub fn row(sender: UserId, change: NewChange) -> NewRow {
    NewRow {
        id: RowId::new(),
        client_id: ClientId::new(),
        sender,
        change,
    }
}

/// A row that says something.
#[must_use]
pub fn message(sender: UserId, said: &str) -> NewRow {
    let content = text(said);
    row(sender, NewChange::Message { content })
}

/// A row that says something, as a log shows it.
#[must_use]
pub fn said(room: RoomId, seq: Seq, said: &str) -> Row {
    let new = message(UserId::new(), said);
    let created_at = Timestamp::UNIX_EPOCH;
    let message = Message::said(room, seq, created_at, &new, text(said));
    Row {
        id: new.id,
        room,
        seq,
        generation: 0,
        sender: new.sender,
        client_id: new.client_id,
        created_at,
        change: Change::Message(message),
    }
}

/// A row that replaces what a message says, if it still has `if_rev`.
#[must_use]
pub fn edit(sender: UserId, message: MessageId, said: &str, if_rev: Option<Rev>) -> NewRow {
    let content = text(said);
    row(
        sender,
        NewChange::Edit {
            message,
            content,
            if_rev,
        },
    )
}

/// A row that deletes a message, if it still has `if_rev`.
#[must_use]
pub fn deletion(sender: UserId, message: MessageId, if_rev: Option<Rev>) -> NewRow {
    row(sender, NewChange::Deletion { message, if_rev })
}

/// A row by which `user` changes their own membership; `rev` is the one that it makes.
#[must_use]
pub fn membership(user: UserId, change: MemberChange, role: Role, rev: Rev) -> NewRow {
    let change = MemberRow {
        user,
        change,
        role,
        rev,
    };
    row(user, NewChange::Member(change))
}

/// A row by which `user` comes in.
#[must_use]
pub fn join(user: UserId, rev: Rev) -> NewRow {
    membership(user, MemberChange::Joined, Role::Member, rev)
}

/// A row by which `user` goes.
#[must_use]
pub fn leave(user: UserId, rev: Rev) -> NewRow {
    membership(user, MemberChange::Left, Role::Member, rev)
}

/// A row by which `by` gives `user` another role; `rev` is the one that it makes.
#[must_use]
pub fn role(by: UserId, user: UserId, role: Role, rev: Rev) -> NewRow {
    NewRow {
        sender: by,
        ..membership(user, MemberChange::RoleChanged, role, rev)
    }
}

/// A row that sets or takes back a reaction.
#[must_use]
pub fn reaction(sender: UserId, message: MessageId, emoji: &str, set: bool) -> NewRow {
    let emoji = Emoji::parse(emoji).expect("a test's emoji is one");
    let reaction = ReactionRow {
        message,
        emoji,
        set,
    };
    row(sender, NewChange::Reaction(reaction))
}

/// A row that changes the room itself; `rev` is the one that it makes.
#[must_use]
pub fn room_change(sender: UserId, change: RoomChange, rev: Rev) -> NewRow {
    row(sender, NewChange::Room(RoomRow { change, rev }))
}

/// A row that renames the room.
#[must_use]
pub fn renamed(sender: UserId, name: &str, rev: Rev) -> NewRow {
    let name = room_name(name);
    room_change(sender, RoomChange::renamed(name), rev)
}

/// A row that tells of an archive run.
#[must_use]
pub fn archive(through: Seq) -> NewRow {
    let run = RunId::new();
    row(UserId::new(), NewChange::Archive { run, through })
}

/// The row that an append stored; anything else fails the test.
#[must_use]
#[track_caller]
pub fn stored(appended: &Appended) -> &Row {
    match appended {
        Appended::Stored(row) => row,
        other => panic!("expected a stored row, got {other:?}"),
    }
}

/// The original that a repeat was answered with; anything else fails the test.
#[must_use]
#[track_caller]
pub fn repeated(appended: &Appended) -> &Row {
    match appended {
        Appended::Repeat(row) => row,
        other => panic!("expected a repeat, got {other:?}"),
    }
}
