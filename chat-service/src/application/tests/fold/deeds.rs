//! What people may try, sensible or not.

use domain::{ClientId, Command, Content, Draft, Edit, Emoji, Message, Role, RoomId, UserId};
use proptest::prelude::*;
use testkit::builders::room_name;

use super::Scenery;

/// Somebody tries something in a room. Numbers that are too large go round.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    who: usize,
    room: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Say {
        refers: bool,
    },
    Edit {
        message: usize,
        stale: bool,
    },
    Delete {
        message: usize,
    },
    React {
        message: usize,
        emoji: usize,
        set: bool,
    },
    Join,
    Leave,
    Add {
        whom: usize,
        role: Role,
    },
    Remove {
        whom: usize,
    },
    SetRole {
        whom: usize,
        role: Role,
    },
    Transfer {
        whom: usize,
    },
    Change {
        name: Option<usize>,
        read_only: Option<bool>,
    },
    DeleteRoom,
}

const PEOPLE: usize = 4;

pub(super) fn any_deed() -> impl Strategy<Value = Deed> {
    let deed = |(who, room, what)| Deed { who, room, what };
    (0..PEOPLE, 0..3usize, prop_oneof![talk(), people(), room()]).prop_map(deed)
}

fn talk() -> impl Strategy<Value = What> {
    let (message, yes) = (|| 0..8usize, any::<bool>);
    prop_oneof![
        3 => yes().prop_map(|refers| What::Say { refers }),
        2 => (message(), yes()).prop_map(|(message, stale)| What::Edit { message, stale }),
        1 => message().prop_map(|message| What::Delete { message }),
        3 => (message(), 0..2usize, yes())
            .prop_map(|(message, emoji, set)| What::React { message, emoji, set }),
    ]
}

fn people() -> impl Strategy<Value = What> {
    let whom = || 0..PEOPLE;
    let role = || prop::sample::select(vec![Role::Member, Role::Admin, Role::Owner]);
    prop_oneof![
        2 => Just(What::Join),
        1 => Just(What::Leave),
        2 => (whom(), role()).prop_map(|(whom, role)| What::Add { whom, role }),
        1 => whom().prop_map(|whom| What::Remove { whom }),
        2 => (whom(), role()).prop_map(|(whom, role)| What::SetRole { whom, role }),
        1 => whom().prop_map(|whom| What::Transfer { whom }),
    ]
}

fn room() -> impl Strategy<Value = What> {
    let name = prop::option::of(0..3usize);
    prop_oneof![
        8 => (name, any::<Option<bool>>())
            .prop_map(|(name, read_only)| What::Change { name, read_only }),
        1 => Just(What::DeleteRoom),
    ]
}

impl Deed {
    /// Who does it, and the command; `None` for what needs a message where there is none.
    pub(super) async fn command(&self, scenery: &Scenery) -> Option<(usize, Command)> {
        let room = scenery.room(self.room);
        let user = |nth: usize| scenery.people[nth].user;
        let command = match &self.what {
            What::Say { .. } | What::Edit { .. } | What::Delete { .. } | What::React { .. } => {
                self.talk(scenery, room).await?
            }
            What::Join => Command::Join { room },
            What::Leave => Command::Leave { room },
            What::Add { whom, role } => Command::AddMember {
                room,
                user: user(*whom),
                role: *role,
            },
            What::Remove { whom } => {
                let user = user(*whom);
                Command::RemoveMember { room, user }
            }
            What::SetRole { whom, role } => Command::SetRole {
                room,
                user: user(*whom),
                role: *role,
            },
            What::Transfer { whom } => {
                let user = user(*whom);
                Command::Transfer { room, user }
            }
            What::Change { name, read_only } => Command::ChangeRoom {
                room,
                name: name.map(|nth| room_name(["hall", "attic", "cellar"][nth])),
                read_only: *read_only,
                if_rev: None,
            },
            What::DeleteRoom => Command::DeleteRoom { room },
        };
        Some((self.who, command))
    }

    async fn talk(&self, scenery: &Scenery, room: RoomId) -> Option<Command> {
        let client_id = ClientId::new();
        Some(match &self.what {
            What::Say { refers } => Command::Send {
                room,
                client_id,
                draft: draft(scenery, room, *refers, scenery.people[self.who].user).await,
            },
            What::Edit { message, stale } => {
                let message = scenery.said(room, *message).await?;
                Command::Edit {
                    room,
                    client_id,
                    message: message.id,
                    edit: edit(&message, *stale),
                }
            }
            What::Delete { message } => Command::Delete {
                room,
                client_id,
                message: scenery.said(room, *message).await?.id,
                if_rev: None,
            },
            What::React {
                message,
                emoji,
                set,
            } => Command::React {
                room,
                message: scenery.said(room, *message).await?.id,
                emoji: Emoji::parse(["\u{1F44D}", "+1"][*emoji]).unwrap(),
                set: *set,
            },
            _ => return None,
        })
    }
}

async fn draft(scenery: &Scenery, room: RoomId, refers: bool, who: UserId) -> Draft {
    let mut draft = Draft::from(Content::plain("hello"));
    if refers {
        draft.reply_to = scenery.said(room, 0).await.map(|message| message.id);
        draft.mentions = vec![who];
    }
    draft
}

fn edit(message: &Message, stale: bool) -> Edit {
    Edit {
        text: format!("edited {}", message.rev),
        mentions: Vec::new(),
        if_rev: Some(message.rev - u64::from(stale)),
    }
}
