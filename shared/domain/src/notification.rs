//! News for one user: of messages, derived from the log; of other things, kept until settled.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Change, Member, MemberChange, Message, NotificationId, Role, RoomId, Row, Seq, Timestamp,
    UserId,
};

/// News for one user. Its id is the same wherever and whenever it is derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Derived from the row and the user.
    pub id: NotificationId,
    /// Who is told.
    pub receiver: UserId,
    /// Where in the logs it happened, and when.
    pub position: Position,
    /// Of what.
    pub cause: Cause,
}

/// What somebody is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Of a message. Never stored: the log has it.
    Message(Box<Message>),
    /// Of something that somebody else did to their membership.
    Membership(MembershipNews),
}

/// Something that somebody else did to one's membership. Kept for [`KEPT_DAYS`] days, since who is
/// in the room no longer could not derive it from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipNews {
    /// Who did it.
    pub by: UserId,
    /// What.
    pub change: MemberChange,
    /// The role from then on.
    pub role: Role,
}

/// How many days a notification that is not of a message is kept, settled or not.
pub const KEPT_DAYS: u32 = 30;

/// A row among those of several rooms, in the order in which an inbox shows them and in which they
/// grow old: by time, and in one room by seq.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When the row was stored.
    pub at: Timestamp,
    /// In which room.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
}

impl Notification {
    /// The notification that tells `member` of `message`.
    #[must_use]
    pub fn of(member: &Member, message: Message) -> Self {
        Self {
            id: NotificationId::of(message.id, member.user),
            receiver: member.user,
            position: Position {
                at: message.created_at,
                room: message.room,
                seq: message.seq,
            },
            cause: Cause::Message(Box::new(message)),
        }
    }

    /// The notification that a row makes for the one whose membership it changes, if somebody else
    /// changed it.
    #[must_use]
    pub fn of_membership(row: &Row) -> Option<Self> {
        let Change::Member(member) = &row.change else {
            return None;
        };
        let news = MembershipNews {
            by: row.sender,
            change: member.change,
            role: member.role,
        };
        (row.sender != member.user).then_some(Self {
            id: NotificationId::of(row.id, member.user),
            receiver: member.user,
            position: Position {
                at: row.created_at,
                room: row.room,
                seq: row.seq,
            },
            cause: Cause::Membership(news),
        })
    }

    /// Who caused it.
    #[must_use]
    pub fn actor(&self) -> UserId {
        match &self.cause {
            Cause::Message(message) => message.sender,
            Cause::Membership(news) => news.by,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.as_millisecond(), self.room, self.seq)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(());
        let at = part()?.parse().map_err(drop)?;
        Ok(Self {
            at: Timestamp::from_millisecond(at).map_err(drop)?,
            room: part()?.parse().map_err(drop)?,
            seq: part()?.parse().map_err(drop)?,
        })
    }
}

/// What a member wants to be told of in one room.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// Of which messages, of all that are not acknowledged yet.
    pub level: Level,
    /// When they wanted to be told of none at all: rising, not touching, at most [`MUTES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutes: Vec<Mute>,
}

/// How many mutes of a room are remembered. What was said during an older one and was never
/// acknowledged becomes news again.
pub const MUTES: usize = 8;

/// Of which messages a member wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of all.
    #[default]
    All,
    /// Of those that mention them.
    Mentions,
    /// Of none.
    None,
}

/// A time of quiet. A message is compared by when it was said, so that what was said before stays
/// news, and what was said meanwhile does not become news when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// From when on.
    pub from: Timestamp,
    /// Until when, exclusively.
    pub until: Timestamp,
}

impl Mute {
    fn covers(&self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }
}

impl Rule {
    /// The mute that holds at `at`, if one does.
    #[must_use]
    pub fn mute_at(&self, at: Timestamp) -> Option<Mute> {
        self.mutes.iter().copied().find(|mute| mute.covers(at))
    }

    /// Mutes the room from `now` on until `until`, or lets a mute end now where there is no `until`
    /// after now.
    #[must_use]
    pub fn muted(mut self, now: Timestamp, until: Option<Timestamp>) -> Self {
        let from = self.mute_at(now).map_or(now, |mute| mute.from);
        self.mutes.retain(|mute| !mute.covers(now));
        let until = until.unwrap_or(now).max(now);
        if from < until {
            self.mutes.push(Mute { from, until });
        }
        let surplus = self.mutes.len().saturating_sub(MUTES);
        self.mutes.drain(..surplus);
        self
    }
}

/// Whether a message is news for a member, and if not, by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is.
    News,
    /// They are not in the room.
    NotAMember,
    /// They said it themselves.
    OwnMessage,
    /// It was said before they joined, or before they deleted a direct room for themselves.
    BeforeJoining,
    /// It says nothing any more.
    Gone,
    /// It was said while they had muted the room.
    Muted,
    /// They want to be told of mentions only, and it does not mention them.
    NotMentioned,
    /// They want to be told of nothing here.
    Off,
}

/// Decides whether `message` is news for `member`. The one rule for live delivery, inbox and
/// explanation.
#[must_use]
pub fn verdict(member: &Member, message: &Message) -> Verdict {
    let Some(content) = message.content() else {
        return Verdict::Gone;
    };
    let began = member.joined_seq.max(member.hidden);
    match member.rule.level {
        _ if !member.is_active() => Verdict::NotAMember,
        _ if message.sender == member.user => Verdict::OwnMessage,
        _ if message.seq <= began => Verdict::BeforeJoining,
        _ if member.rule.mute_at(message.created_at).is_some() => Verdict::Muted,
        Level::None => Verdict::Off,
        Level::Mentions if !content.mentions(member.user) => Verdict::NotMentioned,
        Level::Mentions | Level::All => Verdict::News,
    }
}

/// Whether `message` is news for `member`, by [`verdict`].
#[must_use]
pub fn notifies(member: &Member, message: &Message) -> bool {
    verdict(member, message) == Verdict::News
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, ClientId, Content, MemberState, MessageId, RowId};

    fn member() -> Member {
        Member {
            room: RoomId::new(),
            user: UserId::new(),
            role: Role::Member,
            state: MemberState::Active,
            rev: 1,
            joined_seq: 5,
            joined_at: Timestamp::UNIX_EPOCH,
            read: 0,
            received: 0,
            notified: 0,
            hidden: 0,
            rule: Rule::default(),
        }
    }

    fn message(room: RoomId, sender: UserId, seq: u64) -> Message {
        Message {
            id: MessageId::new(),
            room,
            seq,
            sender,
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            edited_at: None,
            rev: 1,
            body: Body::Present {
                content: Content::plain("hello"),
            },
            archived: false,
        }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn members_hear_of_what_others_say_after_they_joined() {
        let member = member();
        let (room, other) = (member.room, UserId::new());
        let heard = |sender, seq| verdict(&member, &message(room, sender, seq));
        assert_eq!(heard(other, 6), Verdict::News);
        assert_eq!(heard(other, 5), Verdict::BeforeJoining);
        assert_eq!(heard(member.user, 6), Verdict::OwnMessage);
    }

    #[test]
    fn who_left_and_what_is_gone_make_no_news() {
        let mut member = member();
        let mut gone = message(member.room, UserId::new(), 6);
        gone.body = Body::Deleted;
        assert_eq!(verdict(&member, &gone), Verdict::Gone);
        member.state = MemberState::Left;
        let said = message(member.room, UserId::new(), 6);
        assert_eq!(verdict(&member, &said), Verdict::NotAMember);
    }

    #[test]
    fn a_mute_holds_for_what_is_said_meanwhile() {
        let mut member = member();
        member.rule = Rule::default().muted(second(10), Some(second(20)));
        let said = |at| Message {
            created_at: second(at),
            ..message(member.room, UserId::new(), 6)
        };
        let verdicts = [9, 10, 19, 20].map(|at| verdict(&member, &said(at)));
        let expected = [Verdict::News, Verdict::Muted, Verdict::Muted, Verdict::News];
        assert_eq!(verdicts, expected);
    }

    #[test]
    fn a_mute_is_prolonged_cut_short_and_remembered() {
        let rule = Rule::default().muted(second(10), Some(second(20)));
        let longer = rule.clone().muted(second(15), Some(second(30)));
        assert_eq!(longer.mutes.len(), 1);
        let spans = |rule: &Rule, at| rule.mute_at(second(at)).is_some();
        assert!(spans(&longer, 10) && spans(&longer, 29));
        let cut = longer.muted(second(25), None);
        assert!(spans(&cut, 24) && !spans(&cut, 25));
        let again = cut.muted(second(40), Some(second(50)));
        assert!(spans(&again, 24) && !spans(&again, 30) && spans(&again, 45));
        let unmuted = Rule::default().muted(second(10), None);
        assert_eq!(unmuted, Rule::default());
        let many = (0..20).fold(again, |rule, n| {
            rule.muted(second(100 + 10 * n), Some(second(105 + 10 * n)))
        });
        assert_eq!(many.mutes.len(), MUTES);
        assert!(spans(&many, 290) && !spans(&many, 24));
    }

    #[test]
    fn a_level_chooses_the_messages() {
        let mut member = member();
        let plain = message(member.room, UserId::new(), 6);
        let mut meant = plain.clone();
        meant.body = Body::Present {
            content: Content {
                mentions: vec![member.user],
                ..Content::plain("you!")
            },
        };
        let mut heard = |level, message: &Message| {
            member.rule.level = level;
            verdict(&member, message)
        };
        assert_eq!(heard(Level::All, &plain), Verdict::News);
        assert_eq!(heard(Level::Mentions, &plain), Verdict::NotMentioned);
        assert_eq!(heard(Level::Mentions, &meant), Verdict::News);
        assert_eq!(heard(Level::None, &meant), Verdict::Off);
    }

    #[test]
    fn what_others_do_to_a_membership_is_news_and_what_one_does_oneself_is_not() {
        let (ann, bob) = (UserId::new(), UserId::new());
        let row = |sender| Row {
            id: RowId::new(),
            room: RoomId::new(),
            seq: 7,
            generation: 0,
            sender,
            client_id: ClientId::new(),
            created_at: second(1),
            change: Change::Member(crate::MemberRow {
                user: bob,
                change: MemberChange::Joined,
                role: Role::Member,
                rev: 1,
            }),
        };
        let invited = Notification::of_membership(&row(ann)).unwrap();
        assert_eq!((invited.receiver, invited.actor()), (bob, ann));
        assert_eq!(invited.position.seq, 7);
        assert_eq!(Notification::of_membership(&row(bob)), None);
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let position = Position {
            at: second(3),
            room: RoomId::new(),
            seq: 9,
        };
        assert_eq!(position.to_string().parse(), Ok(position));
        for bad in ["", "1", "1.2.3", "x.y.z"] {
            assert_eq!(bad.parse::<Position>(), Err(()), "{bad}");
        }
    }
}
