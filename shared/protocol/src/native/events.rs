//! Events: frames that answer no request.

use domain::{Card, Change, Event, MemberChange, MemberRow, Message, Role, Row, Scene};
use serde::Serialize;
use uuid::Uuid;

use super::{
    json,
    rooms::Place,
    view::{MessageView, NotificationView, UserView},
};

/// What the socket says of its own accord.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum EventFrame {
    Message(Told),
    MessageUpdated(Told),
    MessageDeleted(Told),
    MemberJoined(Came),
    MemberLeft(Went),
    Archived {
        #[serde(flatten)]
        place: Place,
        run: Uuid,
        through_seq: domain::Seq,
    },
    /// Nested, since an `id` at the top would make it the answer to a request.
    Notification {
        notification: NotificationView,
    },
    Draining {
        retry_after_ms: u64,
    },
}

#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    place: Place,
    message: MessageView,
}

#[derive(Serialize)]
struct Came {
    #[serde(flatten)]
    place: Place,
    user: UserView,
    by: UserView,
    role: Role,
}

#[derive(Serialize)]
struct Went {
    #[serde(flatten)]
    place: Place,
    user: UserView,
    by: UserView,
    /// Whether they were sent away.
    removed: bool,
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
        Change::Member(member) => moved(row, member, scene),
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

fn moved(row: &Row, member: &MemberRow, scene: &Scene) -> EventFrame {
    let place = place(row);
    let user = UserView::of(member.user, scene.subject.as_ref());
    let by = UserView::of(row.sender, scene.actor.as_ref());
    match member.change {
        MemberChange::Joined => EventFrame::MemberJoined(Came {
            place,
            user,
            by,
            role: member.role,
        }),
        MemberChange::Left | MemberChange::Removed => EventFrame::MemberLeft(Went {
            place,
            user,
            by,
            removed: member.change == MemberChange::Removed,
        }),
    }
}

fn place(row: &Row) -> Place {
    Place {
        room: row.room.uuid(),
        seq: row.seq,
        at: row.created_at,
    }
}
