//! What the original keeps, as records of ours.

use domain::{
    ClientId, Content, Email, FullName, Member, MemberChange, MemberRow, MemberState, NewChange,
    Role, Room, RoomId, RoomKind, Rule, Seq, TenantId, Timestamp, User, UserId,
    transfer::{KeptBody, KeptChange, KeptMessage, KeptRoom, KeptRow, Record},
};
use mongodb::bson::oid::ObjectId;

use crate::{
    census::{Person, Place},
    documents::{Client, Said},
    ids,
    order::Entry,
};

/// A moment, which was looked at when it was read.
fn moment(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or_default()
}

/// Somebody, with their account if they have one.
pub(crate) fn user(id: UserId, person: &Person, client: Option<&Client>) -> Record {
    let by_id = person.original.timestamp().timestamp_millis();
    let address = client.and_then(|client| client.email.as_deref());
    let address = address.filter(|_| person.address);
    Record::User(User {
        id,
        tenant: TenantId::default(),
        username: person.name.clone(),
        email: address.and_then(|address| Email::parse(address).ok()),
        names: FullName::default(),
        password_hash: client.and_then(|client| client.hash.clone()),
        alias: Some(ids::alias(person.original)),
        admin: false,
        created_at: moment(client.map_or(by_id, |client| client.since.at)),
        deleted_at: None,
    })
}

/// A room. Its log begins with the joins, so that nothing is left for a writer to put before.
pub(crate) fn room(id: RoomId, place: &Place) -> Record {
    Record::Room(KeptRoom {
        room: Room {
            id,
            tenant: TenantId::default(),
            kind: RoomKind::Channel,
            name: Some(place.name.clone()),
            created_by: place.owner,
            created_at: moment(place.since),
            rev: 1,
            read_only: false,
            deleted_at: None,
        },
        init: Vec::new(),
        cleared: false,
    })
}

fn role(place: &Place, user: UserId) -> Role {
    match user == place.owner {
        true => Role::Owner,
        false => Role::Member,
    }
}

/// Somebody's place in a room, with all of it read and told of: who comes back finds no flood.
pub(crate) fn member((room, place): (RoomId, &Place), seq: Seq, original: ObjectId) -> Record {
    let (user, head) = (ids::user(original), place.head());
    Record::Member(Member {
        room,
        user,
        role: role(place, user),
        state: MemberState::Active,
        rev: 1,
        joined_seq: seq,
        joined_at: moment(place.joined()),
        read: head,
        received: head,
        notified: head,
        hidden: 0,
        rule: Rule::default(),
    })
}

/// The row that tells of somebody's coming.
pub(crate) fn join((room, place): (RoomId, &Place), seq: Seq, original: ObjectId) -> Record {
    let user = ids::user(original);
    let row = MemberRow {
        user,
        change: MemberChange::Joined,
        role: role(place, user),
        rev: 1,
    };
    let id = ids::join(room, user, place.joined());
    Record::Row(Box::new(KeptRow {
        id,
        room,
        seq,
        generation: 0,
        sender: user,
        client_id: ClientId::from_uuid(id.uuid()),
        created_at: moment(place.joined()),
        content_hash: NewChange::Member(row).hash(),
        change: KeptChange::Member(row),
        mark: None,
    }))
}

/// The row of a part of a message.
pub(crate) fn message(room: RoomId, seq: Seq, entry: &Entry, said: &Said, part: &str) -> Record {
    let content = Content::plain(part);
    let id = ids::message(room, entry.id, entry.part, entry.at);
    let sent = NewChange::Message {
        content: content.clone(),
    };
    Record::Row(Box::new(KeptRow {
        id,
        room,
        seq,
        generation: 0,
        sender: ids::user(said.sender),
        client_id: ClientId::from_uuid(id.uuid()),
        created_at: moment(entry.at),
        content_hash: sent.hash(),
        change: KeptChange::Message(KeptMessage {
            rev: 1,
            edited_at: None,
            place: 0,
            bytes: content.bytes() as u64,
            body: KeptBody::Here(content),
        }),
        mark: None,
    }))
}
