//! Reactions: who set which emoji on which message, as reaction rows of the log say.

use std::collections::HashSet;

use domain::{Emoji, MessageId, Reaction, Reactor, UserId};
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, DateTime, Document, Uuid, deserialize_from_document, doc};
use serde::Deserialize;

use crate::{
    db::Db,
    failure::Failure,
    records::{KindRecord, ReactionRecord, RowRecord},
    values::{id, id_in, limit, time, uint, uuid},
};

/// The reactions to one message with one emoji.
#[derive(Debug, Deserialize)]
struct Group {
    #[serde(rename = "_id")]
    of: Of,
    count: i64,
    first: i64,
    people: Vec<Person>,
}

#[derive(Debug, Deserialize)]
struct Person {
    user: Uuid,
    #[serde(default)]
    at: Option<DateTime>,
}

#[derive(Debug, Deserialize)]
struct Of {
    message: Uuid,
    emoji: String,
}

impl Db {
    /// Brings a reaction to what a row says, unless a later row has spoken.
    pub(crate) async fn bring_reaction(&self, row: &RowRecord) -> Result<(), Failure> {
        let Some(reaction) = &row.reaction else {
            return Ok(());
        };
        let older = doc! {"_id": row.target, "seq": {"$lt": row.seq}};
        let set = doc! {
            "room_id": row.room_id,
            "message_id": reaction.message,
            "emoji": &reaction.emoji,
            "user_id": row.sender_id,
            "set": reaction.set,
            "seq": row.seq,
            "at": row.created_at,
        };
        let update = self.reactions.update_one(older, doc! {"$set": set});
        match self.call(update.upsert(true)).await {
            Ok(_) => Ok(()),
            // It is there, and not older.
            Err(failure) if failure.is_duplicate() => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Those of these reactions that are set.
    pub(crate) async fn set_reactions(&self, reactions: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
        let filter = doc! {"_id": {"$in": reactions}, "set": true};
        let set = self.all(self.reactions.find(filter)).await?;
        Ok(set.into_iter().map(|reaction| reaction.id).collect())
    }

    /// The different emoji on a message. A step in the index for each, however many people there
    /// are.
    pub(crate) async fn emoji_on(
        &self,
        room: Uuid,
        message: Uuid,
    ) -> Result<HashSet<String>, Failure> {
        let set = doc! {"room_id": room, "message_id": message, "set": true};
        let emoji = self.call(self.reactions.distinct("emoji", set)).await?;
        Ok(emoji
            .iter()
            .filter_map(|emoji| emoji.as_str().map(str::to_owned))
            .collect())
    }

    /// The reactions to messages that still say something, in the order of the messages.
    pub(crate) async fn reactions_to(
        &self,
        (room, messages): (Uuid, &[MessageId]),
        viewer: UserId,
        users: usize,
    ) -> Result<Vec<Reaction>, Failure> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        self.apply_stored(&[room]).await?;
        let there = self.there(room, messages).await?;
        let mine = self.of_user(room, &there, viewer).await?;
        let mut groups = self.grouped(room, &there, users).await?;
        groups.sort_by_key(|group| {
            let place = there
                .iter()
                .position(|message| *message == group.of.message);
            (place, group.first)
        });
        let shown = groups.into_iter().map(|mut group| {
            group.people.truncate(users);
            let me = mine.contains(&(group.of.message, group.of.emoji.clone()));
            Reaction {
                message: MessageId::from_uuid(uuid(group.of.message)),
                emoji: Emoji::stored(group.of.emoji),
                count: uint(group.count),
                people: group.people.into_iter().map(Reactor::from).collect(),
                me,
            }
        });
        Ok(shown.collect())
    }

    /// Those of the messages that still say something, in their order.
    async fn there(&self, room: Uuid, messages: &[MessageId]) -> Result<Vec<Uuid>, Failure> {
        let ids: Vec<Uuid> = messages.iter().map(|message| id(message.uuid())).collect();
        let kind = KindRecord::MESSAGE;
        let filter = doc! {
            "_id": {"$in": &ids}, "room_id": room, "kind": kind, "gone": Bson::Null,
        };
        let rows = self.rows.clone_with_type::<Document>();
        let found = self
            .all(rows.find(filter).projection(doc! {"_id": 1}))
            .await?;
        let found: HashSet<Uuid> = found.iter().filter_map(|row| id_in(row, "_id")).collect();
        Ok(ids.into_iter().filter(|id| found.contains(id)).collect())
    }

    /// What `viewer` has set: messages and emoji.
    async fn of_user(
        &self,
        room: Uuid,
        messages: &[Uuid],
        viewer: UserId,
    ) -> Result<HashSet<(Uuid, String)>, Failure> {
        let filter = doc! {
            "room_id": room, "message_id": {"$in": messages}, "set": true,
            "user_id": id(viewer.uuid()),
        };
        let mine: Vec<ReactionRecord> = self.all(self.reactions.find(filter)).await?;
        let mine = mine.into_iter();
        Ok(mine.map(|own| (own.message_id, own.emoji)).collect())
    }

    async fn grouped(
        &self,
        room: Uuid,
        messages: &[Uuid],
        users: usize,
    ) -> Result<Vec<Group>, Failure> {
        let people = doc! {
            "_id": {"message": "$message_id", "emoji": "$emoji"},
            "count": {"$sum": 1_i64},
            "first": {"$min": "$seq"},
            "people": {"$push": {"user": "$user_id", "at": "$at"}},
        };
        let first = doc! {"$slice": ["$people", limit(users.max(1))]};
        let groups = self.groups(vec![
            on(room, messages),
            // As the index has them, so that nothing is sorted.
            doc! {"$sort": {"room_id": 1, "message_id": 1, "set": 1, "emoji": 1, "seq": 1}},
            doc! {"$group": people},
            doc! {"$project": {"count": 1, "first": 1, "people": first}},
        ]);
        let groups = groups.await?.into_iter().map(deserialize_from_document);
        let groups = groups.collect::<Result<_, _>>();
        Ok(groups.map_err(domain::Error::internal)?)
    }

    async fn groups(&self, pipeline: Vec<Document>) -> Result<Vec<Document>, Failure> {
        let aggregate = async {
            self.reactions
                .aggregate(pipeline)
                .await?
                .try_collect()
                .await
        };
        self.call(Box::pin(aggregate)).await
    }
}

/// The first stage: what is set on messages.
fn on(room: Uuid, messages: &[Uuid]) -> Document {
    doc! {"$match": {"room_id": room, "message_id": {"$in": messages}, "set": true}}
}

impl From<Person> for Reactor {
    fn from(person: Person) -> Self {
        Self {
            user: UserId::from_uuid(uuid(person.user)),
            at: person.at.map(time),
        }
    }
}
