//! The version of the schema: one document, which also holds the store's epoch.
//!
//! Collections come with what is written first, and indexes are made at every start, so a
//! migration is for documents that must become others. Any number of processes may start at once:
//! one of them migrates, under a lease that expires, and the others wait for it. A migration can be
//! begun again at any point, by a process that took the lease over.

use std::{future::Future, pin::Pin, time::Duration};

use domain::{
    Error, NodeId,
    ports::{Clock, Lease},
    to_millis,
};
use mongodb::bson::doc;
use tokio::time::{Instant, sleep};

use crate::{
    connect::ConnectError,
    db::Db,
    failure::Failure,
    records::SchemaRecord,
    values::{id, uuid},
};

/// A step from one version to the next.
pub(crate) type Migration = for<'a> fn(&'a Db) -> Step<'a>;
type Step<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// Every migration, in order. The n-th brings the schema to version n + 1: version 1 is what the
/// first release writes. They never change once released.
const MIGRATIONS: &[Migration] = &[];

/// The lease of whoever migrates.
const LEASE: &str = "schema";
const TTL: Duration = Duration::from_secs(60);

/// How long a process waits for another that migrates, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(200);

/// Brings the schema to the version that this build knows; answers with the store's epoch.
pub(crate) async fn bring(db: &Db, clock: &dyn Clock) -> Result<uuid::Uuid, ConnectError> {
    bring_by(db, clock, MIGRATIONS).await
}

async fn bring_by(
    db: &Db,
    clock: &dyn Clock,
    migrations: &[Migration],
) -> Result<uuid::Uuid, ConnectError> {
    let (me, begun) = (NodeId::new().uuid(), Instant::now());
    loop {
        let found = ensure(db, migrations.len()).await?;
        match missing(&found, migrations)? {
            [] => return Ok(uuid(found.epoch)),
            missing if take(db, clock, me).await? => {
                let done = run(db, found.version, missing, (clock, me)).await;
                db.give_lease_back(LEASE, me).await?;
                done?;
            }
            _ if begun.elapsed() > PATIENCE => return Err(Failure::Contended.into()),
            _ => sleep(PAUSE).await,
        }
    }
}

/// The schema's document, if there is one.
pub(crate) async fn known(db: &Db) -> Result<Option<SchemaRecord>, Failure> {
    db.call(db.schema.find_one(doc! {"_id": SchemaRecord::ID}))
        .await
}

/// Whether a schema is of the version that this build knows, neither older nor newer.
pub(crate) fn is_of_now(found: &SchemaRecord) -> bool {
    found.version == newest(MIGRATIONS.len())
}

/// Refuses a store that takes another one in, and has not come to the end of that.
pub(crate) async fn refuse_unfinished(db: &Db) -> Result<(), ConnectError> {
    match known(db).await? {
        Some(SchemaRecord {
            intake: Some(_), ..
        }) => Err(ConnectError::Unfinished),
        _ => Ok(()),
    }
}

/// The schema's document; a database without one gets that of the newest version.
async fn ensure(db: &Db, migrations: usize) -> Result<SchemaRecord, Failure> {
    if let Some(known) = known(db).await? {
        return Ok(known);
    }
    let first = SchemaRecord {
        id: SchemaRecord::ID.to_owned(),
        version: newest(migrations),
        epoch: id(NodeId::new().uuid()),
        intake: None,
    };
    match db.repeat(|| db.schema.insert_one(&first)).await {
        Err(failure) if !failure.is_duplicate() => return Err(failure),
        _ => {}
    }
    let known = known(db).await?;
    known.ok_or_else(|| Error::internal("the schema's document is not there").into())
}

fn newest(migrations: usize) -> i64 {
    1 + i64::try_from(migrations).unwrap_or(i64::MAX - 1)
}

/// The migrations that a schema has not seen.
fn missing<'a>(
    found: &SchemaRecord,
    migrations: &'a [Migration],
) -> Result<&'a [Migration], ConnectError> {
    let seen = usize::try_from(found.version - 1).ok();
    let missing = seen.and_then(|seen| migrations.get(seen..));
    missing.ok_or_else(|| ConnectError::Newer {
        found: found.version,
        known: newest(migrations.len()),
    })
}

async fn take(db: &Db, clock: &dyn Clock, me: uuid::Uuid) -> Result<bool, Failure> {
    let now = to_millis(clock.now());
    let lease = Lease {
        name: LEASE.to_owned(),
        holder: me,
        until: now.checked_add(TTL).map_err(Error::internal)?,
    };
    db.take_lease(&lease, now).await
}

/// Runs what is missing. Who lost the lease stops; what they did, the next one does again.
async fn run(
    db: &Db,
    from: i64,
    missing: &[Migration],
    (clock, me): (&dyn Clock, uuid::Uuid),
) -> Result<(), Failure> {
    for (version, migrate) in (from..).zip(missing) {
        if !take(db, clock, me).await? {
            return Ok(());
        }
        tracing::info!(to = version + 1, "migrating the schema");
        migrate(db).await?;
        let same = doc! {"_id": SchemaRecord::ID, "version": version};
        let raise = doc! {"$set": {"version": version + 1}};
        db.call(db.schema.update_one(same, raise)).await?;
    }
    Ok(())
}

/// Refuses a schema that this build does not know, before anything is written.
pub(crate) async fn refuse_newer(db: &Db) -> Result<(), ConnectError> {
    let known = known(db).await?;
    known.map_or(Ok(()), |known| missing(&known, MIGRATIONS).map(drop))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mongodb::Client;
    use testkit::{
        clock::TestClock,
        mongo_server::{MongoServer, or_skip},
    };
    use tokio::join;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    /// A database of version 1.
    async fn first() -> Option<(Db, uuid::Uuid)> {
        let server = or_skip(MongoServer::shared())?;
        let client = Client::with_uri_str(server.url()).await.unwrap();
        let name = format!("hubbub_{}", NodeId::new().uuid().simple());
        let db = Db::new(&client.database(&name), LIMIT, Arc::default());
        let db = db.before_open(LIMIT);
        let epoch = bring_by(&db, &TestClock::new(), &[]).await.unwrap();
        Some((db, epoch))
    }

    fn count(db: &Db) -> Step<'_> {
        let (counter, up) = (doc! {"_id": "counter"}, doc! {"$inc": {"times": 1}});
        Box::pin(async move {
            db.call(db.notes.update_one(counter, up).upsert(true))
                .await?;
            Ok(())
        })
    }

    async fn counted(db: &Db) -> i32 {
        let found = db.notes.find_one(doc! {"_id": "counter"}).await.unwrap();
        found.map_or(0, |found| found.get_i32("times").unwrap())
    }

    #[tokio::test]
    async fn of_all_who_start_at_once_one_migrates() {
        let Some((db, epoch)) = first().await else {
            return;
        };
        let (clock, two): (_, &[Migration]) = (TestClock::new(), &[count, count]);
        let bring = || bring_by(&db, &clock, two);
        let (one, other, third) = join!(bring(), bring(), bring());
        for brought in [one, other, third] {
            assert_eq!(brought.unwrap(), epoch);
        }
        assert_eq!(counted(&db).await, 2);
        let older = bring_by(&db, &clock, &[count]).await.unwrap_err();
        assert!(matches!(older, ConnectError::Newer { found: 3, known: 2 }));
    }

    #[tokio::test]
    async fn who_died_while_migrating_stops_nobody_for_long() {
        let Some((db, _)) = first().await else {
            return;
        };
        let clock = TestClock::new();
        assert!(take(&db, &clock, NodeId::new().uuid()).await.unwrap());
        let waits = tokio::time::timeout(PAUSE * 3, bring_by(&db, &clock, &[count]));
        assert!(waits.await.is_err());
        assert_eq!(counted(&db).await, 0);
        clock.advance(TTL);
        bring_by(&db, &clock, &[count]).await.unwrap();
        assert_eq!(counted(&db).await, 1);
    }

    #[tokio::test]
    async fn a_new_database_is_of_the_newest_version() {
        let Some((db, _)) = first().await else {
            return;
        };
        db.schema.delete_many(doc! {}).await.unwrap();
        bring_by(&db, &TestClock::new(), &[count]).await.unwrap();
        assert_eq!(counted(&db).await, 0, "there is nothing to migrate");
    }
}
