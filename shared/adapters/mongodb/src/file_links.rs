//! Which messages refer to which files.
//!
//! A link and its file are two documents. A link is made before its file is held, and a file is
//! let loose before its last link goes; what stops in between leaves a link, which is looked at
//! again, and never a file that a message refers to and that is loose for good. The file counts
//! how often it was held (`linked`), and whoever lets it loose compares that: a link that was made
//! while they counted the others stops them.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{FileId, FileLink, MessageId, Result, Timestamp, UserId, ports::FileLinks};
use mongodb::bson::{Document, Uuid, doc};

use crate::{
    MongoStore,
    apply::ROUNDS,
    db::Db,
    failure::Failure,
    records::{FileLinkRecord, FileStateRecord, StateRecord},
    values::{date, id, id_in, limit, link_id},
};

/// How many links of a file are looked through at once for rooms that somebody is in.
const PAGE: usize = 100;

impl Db {
    /// Links a file if it is ready; says whether it is.
    async fn link(&self, link: &FileLinkRecord) -> Result<bool, Failure> {
        self.put_link(link).await?;
        let ready = doc! {"_id": link.file_id, "state": FileStateRecord::READY};
        let hold = doc! {"$unset": {"loose_since": ""}, "$inc": {"linked": 1_i64}};
        let held = || self.files.update_one(ready.clone(), hold.clone());
        if self.repeat(held).await?.matched_count == 1 {
            return Ok(true);
        }
        let useless = doc! {"_id": &link.id};
        self.repeat(|| self.file_links.delete_one(useless.clone()))
            .await?;
        Ok(false)
    }

    /// Makes a link, or has one that was being taken away stay.
    async fn put_link(&self, link: &FileLinkRecord) -> Result<(), Failure> {
        let (known, stay) = (doc! {"_id": &link.id}, doc! {"$unset": {"going": ""}});
        for _ in 0..ROUNDS {
            let stays = || self.file_links.update_one(known.clone(), stay.clone());
            if self.repeat(stays).await?.matched_count == 1 {
                return Ok(());
            }
            match self.repeat(|| self.file_links.insert_one(link)).await {
                Err(failure) if failure.is_duplicate() => {}
                put => return put.map(drop),
            }
        }
        Err(Failure::Contended)
    }

    async fn unlink(&self, mut links: Document, now: Timestamp) -> Result<(), Failure> {
        let go = doc! {"$set": {"going": true}};
        let going = || self.file_links.update_many(links.clone(), go.clone());
        if self.repeat(going).await?.matched_count == 0 {
            return Ok(());
        }
        links.insert("going", true);
        let found = self.all(self.file_links.find(links.clone())).await?;
        let files: HashSet<_> = found.iter().map(|link| link.file_id.bytes()).collect();
        for file in files {
            self.let_loose(Uuid::from_bytes(file), now).await?;
        }
        self.repeat(|| self.file_links.delete_many(links.clone()))
            .await?;
        Ok(())
    }

    /// Lets a file loose that no link holds, unless it is loose already.
    async fn let_loose(&self, file: Uuid, now: Timestamp) -> Result<(), Failure> {
        for _ in 0..ROUNDS {
            let known = self.one_file(file).await?;
            let Some(known) = known.filter(|known| known.loose_since.is_none()) else {
                return Ok(());
            };
            let staying = doc! {"file_id": file, "going": {"$exists": false}};
            if self
                .call(self.file_links.find_one(staying))
                .await?
                .is_some()
            {
                return Ok(());
            }
            let same = doc! {
                "_id": file,
                "linked": known.linked,
                "loose_since": {"$exists": false},
            };
            let loose = doc! {"$set": {"loose_since": date(now)}};
            let loosened = self.call(self.files.update_one(same, loose)).await?;
            if loosened.matched_count == 1 {
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }

    /// Those of `rooms` that are there and that a user is an active member of.
    async fn rooms_of(&self, user: Uuid, rooms: Vec<Uuid>) -> Result<HashSet<Uuid>, Failure> {
        let active = doc! {
            "user_id": user,
            "state": StateRecord::ACTIVE,
            "room_id": {"$in": rooms},
        };
        let members = self.members.clone_with_type::<Document>();
        let found = members.find(active).projection(doc! {"room_id": 1});
        let found = self.all(found).await?;
        let rooms: Vec<_> = found
            .iter()
            .filter_map(|one| id_in(one, "room_id"))
            .collect();
        let deleted = self.deleted_of(&rooms).await?;
        Ok(rooms
            .into_iter()
            .filter(|room| !deleted.contains(room))
            .collect())
    }

    /// Links of a file in rooms of a user, newest messages first.
    async fn links_for(
        &self,
        file: Uuid,
        user: Uuid,
        count: usize,
    ) -> Result<Vec<FileLink>, Failure> {
        let mut found = Vec::new();
        let mut links = doc! {"file_id": file, "going": {"$exists": false}};
        loop {
            let query = self.file_links.find(links.clone());
            let query = query.sort(doc! {"message_id": -1}).limit(limit(PAGE));
            let page = self.all(query).await?;
            let rooms = page.iter().map(|link| link.room_id).collect();
            let rooms = self.rooms_of(user, rooms).await?;
            let (last, full) = (page.last().map(|link| link.message_id), page.len() == PAGE);
            let theirs = page
                .into_iter()
                .filter(|link| rooms.contains(&link.room_id));
            found.extend(theirs.map(FileLink::from));
            match last {
                Some(last) if full && found.len() < count => {
                    links.insert("message_id", doc! {"$lt": last});
                }
                _ => break,
            }
        }
        found.truncate(count);
        Ok(found)
    }
}

#[async_trait]
impl FileLinks for MongoStore {
    async fn link_file(&self, link: FileLink, check_at: Timestamp) -> Result<bool> {
        let record = FileLinkRecord::new(link, date(check_at));
        let linked = self.db.link(&record).await;
        linked.map_err(Failure::of_write)
    }

    async fn unlink_message(&self, message: MessageId, except: Option<FileId>) -> Result<()> {
        let mut links = doc! {"message_id": id(message.uuid())};
        if let Some(file) = except {
            links.insert("file_id", doc! {"$ne": id(file.uuid())});
        }
        let unlinked = self.db.unlink(links, self.now()).await;
        unlinked.map_err(Failure::of_write)
    }

    async fn links_for(&self, file: FileId, user: UserId, count: usize) -> Result<Vec<FileLink>> {
        let (file, user) = (id(file.uuid()), id(user.uuid()));
        Ok(self.db.links_for(file, user, count).await?)
    }

    async fn links_due(&self, now: Timestamp, count: usize) -> Result<Vec<FileLink>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .db
            .file_links
            .find(doc! {"check_at": {"$lte": date(now)}});
        let query = query.sort(doc! {"check_at": 1}).limit(limit(count));
        let due = self.db.all(query).await?;
        Ok(due.into_iter().map(FileLink::from).collect())
    }

    async fn check_link(&self, link: FileLink, check_at: Timestamp) -> Result<()> {
        let (link, set) = (
            doc! {"_id": link_id(link)},
            doc! {"$set": {"check_at": date(check_at)}},
        );
        let set = || self.db.file_links.update_one(link.clone(), set.clone());
        self.db.repeat(set).await.map_err(Failure::of_write)?;
        Ok(())
    }
}
