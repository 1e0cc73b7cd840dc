//! When people were there last.

use async_trait::async_trait;
use domain::{Result, Timestamp, UserId, ports::Sightings};
use rusqlite::OptionalExtension;

use crate::{
    SqliteStore,
    columns::{blob, millis, time},
    writer::Lane,
};

/// How many are noted in one go, so that nobody waits long behind them.
const AT_ONCE: usize = 100;

#[async_trait]
impl Sightings for SqliteStore {
    async fn note_seen(&self, users: &[UserId], at: Timestamp) -> Result<()> {
        for users in users.chunks(AT_ONCE) {
            let users = users.to_vec();
            self.write(Lane::Background, move |conn| {
                let sql = "INSERT INTO sightings (user, at) VALUES (?1, ?2)
                    ON CONFLICT (user) DO UPDATE SET at = max(at, excluded.at)";
                let mut note = conn.prepare_cached(sql)?;
                for user in users {
                    note.execute((blob(user.uuid()), millis(at)))?;
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn last_seen(&self, users: &[UserId]) -> Result<Vec<Option<Timestamp>>> {
        let users = users.to_vec();
        self.read(move |conn| {
            let mut find = conn.prepare_cached("SELECT at FROM sightings WHERE user = ?1")?;
            let mut seen = |user: UserId| {
                let found = find.query_row([blob(user.uuid())], |row| time(row, 0));
                found.optional()
            };
            let seen: rusqlite::Result<_> = users.into_iter().map(&mut seen).collect();
            Ok(seen?)
        })
        .await
    }
}
