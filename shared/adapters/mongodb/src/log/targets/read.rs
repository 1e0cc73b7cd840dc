//! Reading the targets of rows.

use std::collections::HashSet;

use domain::{
    Content, Member, MemberRow, MessageId, NewChange, NewRow, Others, RoomChange, RoomId, RoomRow,
    Timestamp, UserId,
};
use mongodb::bson::{Document, Uuid, doc};

use super::Targets;
use crate::{
    db::Db,
    failure::Failure,
    records::{MemberRecord, NameRecord, RoleRecord, RoomRecord, RowRecord, StateRecord},
    values::{id, uint, uuid},
};

/// What rows are about.
#[derive(Default)]
struct Wanted<'r> {
    /// Who does what only members do.
    senders: HashSet<Uuid>,
    messages: Vec<Uuid>,
    members: Vec<&'r MemberRow>,
    /// Messages that are reacted to, and what the reactions aim at.
    reacted: Vec<Uuid>,
    reactions: Vec<Uuid>,
    rooms: Vec<(&'r NewRow, &'r RoomRow)>,
}

impl<'r> Wanted<'r> {
    fn of(rows: impl Iterator<Item = &'r NewRow>) -> Self {
        let mut wanted = Self::default();
        for row in rows {
            if row.change.is_for_members() {
                wanted.senders.insert(id(row.sender.uuid()));
            }
            match &row.change {
                NewChange::Edit { message, .. } | NewChange::Deletion { message, .. } => {
                    wanted.messages.push(id(message.uuid()));
                }
                NewChange::Reaction(reaction) => {
                    wanted.messages.push(id(reaction.message.uuid()));
                    wanted.reacted.push(id(reaction.message.uuid()));
                    wanted.reactions.push(id(reaction.target(row.sender)));
                }
                NewChange::Member(member) => wanted.members.push(member),
                NewChange::Room(room) => wanted.rooms.push((row, room)),
                NewChange::Message { .. } | NewChange::Archive { .. } => {}
            }
        }
        wanted
    }

    /// Whether nothing is to be changed.
    fn only_adds(&self) -> bool {
        self.messages.is_empty() && self.members.is_empty() && self.rooms.is_empty()
    }
}

impl Targets {
    /// Reads the targets of rows, after applying what is stored. The name that one of them gives
    /// the channel is claimed.
    pub(in crate::log) async fn read<'r>(
        (db, now): (&Db, Timestamp),
        room: RoomId,
        rows: impl Iterator<Item = &'r NewRow>,
    ) -> Result<Self, Failure> {
        let wanted = Wanted::of(rows);
        let mut targets = Self::default();
        let room = id(room.uuid());
        targets.read_gone(db, room, &wanted.senders).await?;
        if wanted.only_adds() {
            return Ok(targets);
        }
        db.apply_stored(&[room]).await?;
        for key in db.keys(room, wanted.messages).await? {
            targets.know(&key)?;
        }
        targets.read_members(db, room, &wanted.members).await?;
        let reactions = (wanted.reacted, wanted.reactions);
        targets.read_reactions(db, room, reactions).await?;
        targets.read_room((db, now), room, &wanted.rooms).await?;
        Ok(targets)
    }

    /// Notes who of these was in the room and is no more.
    async fn read_gone(
        &mut self,
        db: &Db,
        room: Uuid,
        users: &HashSet<Uuid>,
    ) -> Result<(), Failure> {
        if users.is_empty() {
            return Ok(());
        }
        let users: Vec<_> = users.iter().copied().collect();
        let filter = doc! {
            "room_id": room, "user_id": {"$in": users}, "state": {"$ne": StateRecord::ACTIVE},
        };
        let gone = db.all(db.members.find(filter)).await?;
        let user = |member: MemberRecord| UserId::from_uuid(uuid(member.user_id));
        self.gone.extend(gone.into_iter().map(user));
        Ok(())
    }

    /// Notes a message. What it says does not matter here, and may lie in the archive.
    fn know(&mut self, key: &RowRecord) -> Result<(), Failure> {
        let message = key.message(Some(Content::plain("")))?;
        self.messages.insert(message.id, message);
        Ok(())
    }

    async fn read_members(
        &mut self,
        db: &Db,
        room: Uuid,
        rows: &[&MemberRow],
    ) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let users: Vec<_> = rows.iter().map(|row| id(row.user.uuid())).collect();
        let filter = doc! {"room_id": room, "user_id": {"$in": &users}};
        let members = db.all(db.members.find(filter)).await?;
        self.members.extend(members.into_iter().map(|member| {
            let member = Member::from(member);
            (member.user, member.standing())
        }));
        let standing = |user| self.members.get(user).copied().unwrap_or_default();
        let unseats = rows.iter().any(|row| row.unseats(standing(&row.user)));
        if unseats || rows.iter().any(|row| row.brings_in()) {
            self.others = others((db, room), &users, unseats).await?;
        }
        Ok(())
    }

    async fn read_reactions(
        &mut self,
        db: &Db,
        room: Uuid,
        (messages, reactions): (Vec<Uuid>, Vec<Uuid>),
    ) -> Result<(), Failure> {
        if reactions.is_empty() {
            return Ok(());
        }
        let set = db.set_reactions(&reactions).await?;
        self.reactions
            .extend(set.into_iter().map(|target| (uuid(target), true)));
        for message in messages.into_iter().collect::<HashSet<_>>() {
            let emoji = db.emoji_on(room, message).await?;
            self.emoji
                .insert(MessageId::from_uuid(uuid(message)), emoji);
        }
        Ok(())
    }

    async fn read_room(
        &mut self,
        (db, now): (&Db, Timestamp),
        room: Uuid,
        rows: &[(&NewRow, &RoomRow)],
    ) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let Some(room) = db.call(db.rooms.find_one(doc! {"_id": room})).await? else {
            return Ok(());
        };
        self.room = uint(room.rev);
        let next = rows.iter().find(|(_, row)| row.rev == self.room + 1);
        if let Some((new, row)) = next {
            let free = claimed((db, now), &room, &row.change).await?;
            self.claim = Some((new.id, free));
        }
        Ok(())
    }
}

/// Who is in a room besides some people. Owners are looked for if they are `asked` for.
async fn others((db, room): (&Db, Uuid), but: &[Uuid], asked: bool) -> Result<Others, Failure> {
    let find = async |narrowed: Document| {
        let mut filter = doc! {"room_id": room, "user_id": {"$nin": but}};
        filter.extend(narrowed);
        Ok::<_, Failure>(db.call(db.members.find_one(filter)).await?.is_some())
    };
    let there = find(doc! {"state": StateRecord::ACTIVE}).await?;
    let owners = doc! {"state": StateRecord::ACTIVE, "role": RoleRecord::OWNER};
    Ok(Others {
        known: there || find(doc! {}).await?,
        there,
        owning: asked && there && find(owners).await?,
    })
}

/// Takes the name that a change gives the room, if it must be taken. `false` when another has it.
async fn claimed(
    (db, now): (&Db, Timestamp),
    room: &RoomRecord,
    change: &RoomChange,
) -> Result<bool, Failure> {
    let (Some(name), Some(own)) = (change.new_name(), room.own_name()) else {
        return Ok(true);
    };
    let name = NameRecord {
        name: name.as_str().to_owned(),
        ..own
    };
    db.claim(room, &name, now).await
}
