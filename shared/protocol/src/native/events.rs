//! Events: frames that answer no request.

use domain::{
    Card, Change, Event, MemberChange, MemberRow, Message, ReactionRow, Rev, Role, RoomChange,
    RoomRow, Row, Scene, Seq,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    json,
    live::{PresenceView, Receipted, Typed},
    message::MessageView,
    notifications::NotificationView,
    rooms::Place,
    view::UserView,
};

/// What the socket says of its own accord.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum EventFrame {
    /// Somebody said something.
    Message(Told),
    /// A message was changed: this is how it is now.
    MessageUpdated(Told),
    /// A message was deleted: this is what is left of it.
    MessageDeleted(Told),
    /// Somebody reacted to a message.
    ReactionAdded(Reacted),
    /// Somebody took a reaction back.
    ReactionRemoved(Reacted),
    /// Somebody came into a room.
    MemberJoined(Came),
    /// Somebody left a room, or was sent away.
    MemberLeft(Went),
    /// Somebody may do more or less in a room than before.
    MemberUpdated(Came),
    /// A room was changed.
    RoomUpdated(Changed),
    /// A room was deleted: nothing comes from it any more.
    RoomDeleted(Ended),
    /// Messages of a room were moved to the archive. They stay readable.
    Archived {
        #[serde(flatten)]
        place: Place,
        /// The run that moved them.
        run: Uuid,
        /// All up to this row that is neither held nor exempt.
        through_seq: Seq,
    },
    /// News for you, on sockets that listen to notifications.
    Notification {
        /// Nested, since an `id` at the top would make it the answer to a request.
        notification: NotificationView,
    },
    /// A member has received or read more of a room. On the member's own sockets it also says
    /// what is left unread, after they have read.
    Receipt(Receipted),
    /// Somebody else types in a room, or no longer does.
    Typing(Typed),
    /// Somebody who shares a room with you is there now, or is seen differently.
    Presence(PresenceView),
    /// The server is about to stop.
    Draining {
        /// How long to wait before connecting again, in milliseconds.
        retry_after_ms: u64,
    },
}

#[derive(Serialize, ToSchema)]
pub(super) struct Told {
    #[serde(flatten)]
    place: Place,
    /// How it is now.
    message: MessageView,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Reacted {
    #[serde(flatten)]
    place: Place,
    /// The message's id.
    message: Uuid,
    /// With which emoji.
    emoji: String,
    /// Who reacted.
    user: UserView,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Came {
    #[serde(flatten)]
    place: Place,
    /// Who came.
    user: UserView,
    /// Who let them in; they themselves if they joined.
    by: UserView,
    /// What they may do.
    role: Role,
    /// How often the membership has changed.
    rev: Rev,
}

/// What changed of a room, and nothing else.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    #[serde(flatten)]
    place: Place,
    /// Who changed it.
    by: UserView,
    /// Its revision from now on.
    rev: Rev,
    /// Its new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether only admins and the owner may write in it from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Went {
    #[serde(flatten)]
    place: Place,
    /// Who went.
    user: UserView,
    /// Who sent them away; they themselves if they left.
    by: UserView,
    /// Whether they were sent away.
    removed: bool,
    /// How often the membership has changed.
    rev: Rev,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Ended {
    #[serde(flatten)]
    place: Place,
    /// Who deleted it.
    by: UserView,
    /// Its last revision.
    rev: Rev,
}

pub(super) fn encode(scene: &Scene) -> Option<String> {
    let frame = match &scene.event {
        Event::Logged(row) => logged(row, scene),
        Event::Notified(notification) => {
            let card = scene.actor.as_ref();
            EventFrame::Notification {
                notification: NotificationView::new(notification, card),
            }
        }
        Event::Receipt {
            receipt, unread, ..
        } => EventFrame::Receipt(Receipted::new(receipt, *unread, scene.actor.as_ref())),
        Event::Typing { room, user, on } => {
            EventFrame::Typing(Typed::new(*room, *user, *on, scene.actor.as_ref()))
        }
        Event::Presence(presence) => {
            EventFrame::Presence(PresenceView::new(presence, scene.actor.as_ref()))
        }
        // A client of all rooms has no conversation open, and counts by its receipts.
        Event::Visited { .. } | Event::Unread { .. } => return None,
        Event::Draining { retry_after_ms } => EventFrame::Draining {
            retry_after_ms: *retry_after_ms,
        },
    };
    Some(json(&frame))
}

fn logged(row: &Row, scene: &Scene) -> EventFrame {
    let actor = scene.actor.as_ref();
    match &row.change {
        Change::Message(message) => EventFrame::Message(told(row, message, actor)),
        Change::Edit(message) => EventFrame::MessageUpdated(told(row, message, actor)),
        Change::Deletion(message) => EventFrame::MessageDeleted(told(row, message, actor)),
        Change::Reaction(reaction) => reacted(row, reaction, actor),
        Change::Member(member) => moved(row, member, scene),
        Change::Room(room) => changed(row, room, actor),
        Change::Archive { run, through } => EventFrame::Archived {
            place: place(row),
            run: run.uuid(),
            through_seq: *through,
        },
    }
}

fn told(row: &Row, message: &Message, actor: Option<&Card>) -> Told {
    Told {
        place: place(row),
        message: MessageView::new(message, actor),
    }
}

fn reacted(row: &Row, reaction: &ReactionRow, actor: Option<&Card>) -> EventFrame {
    let told = Reacted {
        place: place(row),
        message: reaction.message.uuid(),
        emoji: reaction.emoji.as_str().to_owned(),
        user: UserView::of(row.sender, actor),
    };
    match reaction.set {
        true => EventFrame::ReactionAdded(told),
        false => EventFrame::ReactionRemoved(told),
    }
}

fn moved(row: &Row, member: &MemberRow, scene: &Scene) -> EventFrame {
    let user = UserView::of(member.user, scene.subject.as_ref());
    let by = UserView::of(row.sender, scene.actor.as_ref());
    let rev = member.rev;
    let gone = |removed, user, by| Went {
        place: place(row),
        user,
        by,
        removed,
        rev,
    };
    let here = |user, by| Came {
        place: place(row),
        user,
        by,
        role: member.role,
        rev,
    };
    match member.change {
        MemberChange::Joined => EventFrame::MemberJoined(here(user, by)),
        MemberChange::RoleChanged => EventFrame::MemberUpdated(here(user, by)),
        MemberChange::Left => EventFrame::MemberLeft(gone(false, user, by)),
        MemberChange::Removed => EventFrame::MemberLeft(gone(true, user, by)),
    }
}

fn changed(row: &Row, room: &RoomRow, actor: Option<&Card>) -> EventFrame {
    let (place, rev) = (place(row), room.rev);
    let by = UserView::of(row.sender, actor);
    let (name, read_only) = match &room.change {
        RoomChange::Changed { name, read_only } => (
            name.as_ref().map(|name| name.as_str().to_owned()),
            *read_only,
        ),
        RoomChange::Deleted => return EventFrame::RoomDeleted(Ended { place, by, rev }),
    };
    EventFrame::RoomUpdated(Changed {
        place,
        by,
        rev,
        name,
        read_only,
    })
}

fn place(row: &Row) -> Place {
    Place {
        room: row.room.uuid(),
        seq: row.seq,
        at: row.created_at,
    }
}
