//! Frames about what becomes of messages, members and rooms.

use domain::{
    Change, Code, Command, ContentKind, Emoji, Limits, ReactionRow, Role, RoomChange, RoomName,
    RoomRow, Says, UserId,
};
use serde_json::json;

use super::{CLIENT, ROOM, action, event, message, refused, room};
use crate::Action;

#[test]
fn a_send_says_what_it_refers_to() {
    let frame = json!({
        "type": "send", "room": ROOM, "content": "\u{1F44D}", "kind": "emoji",
        "reply_to": CLIENT, "mentions": [ROOM, ROOM],
    });
    let Action::Command(Command::Send { draft, .. }) = action(frame) else {
        panic!("no send");
    };
    assert_eq!(draft.reply_to, Some(CLIENT.parse().unwrap()));
    assert_eq!(draft.mentions, [ROOM.parse().unwrap()], "each once");
    let Says::Words(content) = draft.says else {
        panic!("a file");
    };
    assert_eq!(content.kind, ContentKind::Emoji);
    let file = json!({"type": "send", "room": ROOM, "kind": "image", "file": CLIENT});
    let Action::Command(Command::Send { draft, .. }) = action(file) else {
        panic!("no send");
    };
    let (file, caption) = (CLIENT.parse().unwrap(), String::new());
    let image = true;
    assert_eq!(
        draft.says,
        Says::File {
            file,
            image,
            caption
        }
    );
}

#[test]
fn what_becomes_of_messages_and_members_is_understood() {
    let (room, user) = (room(), CLIENT.parse().unwrap());
    let message = CLIENT.parse().unwrap();
    let edit = json!({
        "type": "edit", "room": ROOM, "message": CLIENT, "content": "x", "rev": 2,
    });
    let Action::Command(Command::Edit { edit, .. }) = action(edit) else {
        panic!("no edit");
    };
    assert_eq!((edit.text.as_str(), edit.if_rev), ("x", Some(2)));
    for (word, set) in [("react", true), ("unreact", false)] {
        let emoji = Emoji::parse("+1").unwrap();
        assert_eq!(
            action(json!({"type": word, "room": ROOM, "message": CLIENT, "emoji": "+1"})),
            Action::Command(Command::React {
                room,
                message,
                emoji,
                set
            })
        );
    }
    let role = Role::Member;
    assert_eq!(
        action(json!({"type": "add", "room": ROOM, "user": CLIENT})),
        Action::Command(Command::AddMember { room, user, role })
    );
    let role = Role::Admin;
    assert_eq!(
        action(json!({"type": "role", "room": ROOM, "user": CLIENT, "role": "admin"})),
        Action::Command(Command::SetRole { room, user, role })
    );
}

#[test]
fn a_wrong_reference_is_named() {
    let many: Vec<_> = (0..21).map(|_| UserId::new().to_string()).collect();
    let cases = [
        (json!({"type": "send", "room": ROOM}), "content"),
        (
            json!({"type": "send", "room": ROOM, "kind": "file"}),
            "file",
        ),
        (
            json!({"type": "send", "room": ROOM, "content": "x", "file": CLIENT}),
            "file",
        ),
        (
            json!({"type": "send", "room": ROOM, "content": "x", "kind": "song"}),
            "kind",
        ),
        (
            json!({"type": "send", "room": ROOM, "content": "x", "mentions": many}),
            "mentions",
        ),
        (
            json!({"type": "send", "room": ROOM, "content": "x", "reply_to": 1}),
            "reply_to",
        ),
        (
            json!({"type": "edit", "room": ROOM, "message": "x"}),
            "message",
        ),
        (json!({"type": "remove", "room": ROOM}), "user"),
        (
            json!({"type": "role", "room": ROOM, "user": CLIENT}),
            "role",
        ),
    ];
    for (frame, field) in cases {
        let (code, named, _) = refused(&frame.to_string());
        assert_eq!(
            (code, named.as_deref()),
            (Code::InvalidField, Some(field)),
            "{frame}"
        );
    }
}

#[test]
fn rooms_and_reactions_have_a_word_each() {
    let changed = |change| event(Change::Room(RoomRow { change, rev: 2 }));
    let name = RoomName::parse("hall", &Limits::default()).unwrap();
    let renamed = changed(RoomChange::renamed(name));
    assert_eq!(
        (&renamed["type"], &renamed["name"], &renamed["rev"]),
        (&json!("room_updated"), &json!("hall"), &json!(2))
    );
    assert!(renamed.get("read_only").is_none());
    let closed = changed(RoomChange::read_only(true));
    assert_eq!(closed["read_only"], true);
    assert_eq!(changed(RoomChange::Deleted)["type"], "room_deleted");
    for (set, word) in [(true, "reaction_added"), (false, "reaction_removed")] {
        let reaction = event(Change::Reaction(ReactionRow {
            message: message("x").id,
            emoji: Emoji::parse("+1").unwrap(),
            set,
        }));
        assert_eq!(
            (
                &reaction["type"],
                &reaction["emoji"],
                &reaction["user"]["username"]
            ),
            (&json!(word), &json!("+1"), &json!("ann"))
        );
    }
}
