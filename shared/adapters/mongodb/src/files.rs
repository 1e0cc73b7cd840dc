//! What is known of files.

use async_trait::async_trait;
use domain::{File, FileId, NewFile, Received, Result, Timestamp, ports::Files};
use mongodb::bson::{Uuid, doc};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::{FileRecord, FileStateRecord},
    values::{bytes, date, id, int, limit},
};

impl Db {
    pub(crate) async fn one_file(&self, file: Uuid) -> Result<Option<FileRecord>, Failure> {
        self.call(self.files.find_one(doc! {"_id": file})).await
    }

    async fn finish(&self, file: Uuid, received: Received) -> Result<Option<File>, Failure> {
        let begun = doc! {"_id": file, "state": FileStateRecord::UPLOADING};
        let finish = doc! {"$set": {
            "state": FileStateRecord::READY,
            "bytes": int(received.bytes),
            "sha256": bytes(&received.sha256),
        }};
        let finished = || self.files.update_one(begun.clone(), finish.clone());
        self.repeat(finished).await?;
        let file = self.one_file(file).await?.map(File::try_from).transpose()?;
        Ok(file.filter(File::is_ready))
    }
}

#[async_trait]
impl Files for MongoStore {
    async fn begin_file(&self, file: NewFile) -> Result<()> {
        let record = FileRecord::begin(&file, date(self.now()));
        let begun = self.db.repeat(|| self.db.files.insert_one(&record)).await;
        match begun {
            Err(failure) if !failure.is_duplicate() => Err(failure.of_write()),
            _ => Ok(()),
        }
    }

    async fn finish_file(&self, file: FileId, received: Received) -> Result<Option<File>> {
        let finished = self.db.finish(id(file.uuid()), received).await;
        finished.map_err(Failure::of_write)
    }

    async fn file(&self, file: FileId) -> Result<Option<File>> {
        let file = self.db.one_file(id(file.uuid())).await?;
        file.map(File::try_from).transpose()
    }

    async fn loose_files(&self, before: Timestamp, count: usize) -> Result<Vec<FileId>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .db
            .files
            .find(doc! {"loose_since": {"$lt": date(before)}});
        let query = query.sort(doc! {"loose_since": 1}).limit(limit(count));
        let loose = self.db.all(query).await?;
        Ok(loose.iter().map(FileRecord::id).collect())
    }

    async fn condemn_file(&self, file: FileId, before: Timestamp) -> Result<bool> {
        let loose = doc! {"_id": id(file.uuid()), "loose_since": {"$lt": date(before)}};
        let condemn = doc! {"$set": {"state": FileStateRecord::REMOVING}};
        let condemned = || self.db.files.update_one(loose.clone(), condemn.clone());
        let condemned = self.db.repeat(condemned).await.map_err(Failure::of_write)?;
        Ok(condemned.matched_count == 1)
    }

    async fn forget_file(&self, file: FileId) -> Result<()> {
        let gone = doc! {"_id": id(file.uuid()), "state": FileStateRecord::REMOVING};
        let forgotten = self.db.repeat(|| self.db.files.delete_one(gone.clone()));
        forgotten.await.map_err(Failure::of_write)?;
        Ok(())
    }
}
