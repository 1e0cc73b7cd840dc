//! The recent rows.
//!
//! A generation of a room is one hash: the block of its last fill, and the rows that were added,
//! by seq. It expires ten minutes after the fill, however many rows come.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Recent, Result, RoomId, Row, Seq, ports::Cache, recent::RECENT_ROWS};
use redis::Script;

use crate::{
    failure::Failure,
    link::Link,
    records::{AddedRecord, BlockRecord},
};

/// How long a block is kept after it was filled.
const TTL: Duration = Duration::from_mins(10);

/// Bytes of a block and what was added to it, as they are stored. What would be larger is not
/// kept: reading it would take longer than the limit of a call.
const LARGEST: usize = 2 * 1024 * 1024;

/// Puts a block in place of all that was kept.
const FILL: &str = "
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'block', ARGV[2], 'bytes', #ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
";

/// Adds rows to what is kept, unless nothing is. What has grown too much goes, so that the next
/// reader fills it anew.
const ADD: &str = "
if redis.call('EXISTS', KEYS[1]) == 0 then return end
local bytes = 0
for i = 3, #ARGV, 2 do
  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) == 1 then
    bytes = bytes + #ARGV[i + 1]
  end
end
bytes = redis.call('HINCRBY', KEYS[1], 'bytes', bytes)
local rows = redis.call('HLEN', KEYS[1]) - 2
if rows > tonumber(ARGV[1]) or bytes > tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
end
";

/// The recent rows, in Redis.
pub struct RedisCache {
    link: Arc<Link>,
    ttl: Duration,
    fill: Script,
    add: Script,
}

impl RedisCache {
    /// A cache that keeps blocks for ten minutes.
    #[must_use]
    pub fn new(link: Arc<Link>) -> Self {
        Self::keeping_for(link, TTL)
    }

    /// A cache that keeps blocks for `ttl` after their fill.
    #[must_use]
    pub fn keeping_for(link: Arc<Link>, ttl: Duration) -> Self {
        Self {
            link,
            ttl,
            fill: Script::new(FILL),
            add: Script::new(ADD),
        }
    }

    fn key(&self, room: RoomId, generation: Seq) -> String {
        let room = room.uuid().simple();
        self.link.key(&format!("recent:{room}:{generation}"))
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn recent(&self, room: RoomId, generation: Seq) -> Result<Option<Recent>> {
        let key = self.key(room, generation);
        let read = |mut connection| async move {
            let mut read = redis::cmd("HGETALL");
            read.arg(key).query_async(&mut connection).await
        };
        let kept: HashMap<String, Vec<u8>> = self.link.call(read).await?;
        Ok(understood(&kept))
    }

    async fn fill_recent(&self, room: RoomId, generation: Seq, recent: Recent) -> Result<()> {
        let key = self.key(room, generation);
        let block = BlockRecord::encoded(&recent);
        if block.len() > LARGEST {
            let forget = |mut connection| async move {
                let mut forget = redis::cmd("DEL");
                forget.arg(key).query_async(&mut connection).await
            };
            return self.link.call(forget).await.map_err(Failure::of_write);
        }
        let mut fill = self.fill.key(key);
        fill.arg(millis(self.ttl)).arg(block);
        let fill = |mut connection| async move { fill.invoke_async(&mut connection).await };
        self.link.call(fill).await.map_err(Failure::of_write)
    }

    async fn add_recent(&self, rows: &[Row]) -> Result<()> {
        let alike = |a: &Row, b: &Row| (a.room, a.generation) == (b.room, b.generation);
        for rows in rows.chunk_by(alike) {
            let key = self.key(rows[0].room, rows[0].generation);
            let mut add = self.add.key(key);
            add.arg(RECENT_ROWS).arg(LARGEST);
            for row in rows {
                add.arg(row.seq).arg(AddedRecord::encoded(row));
            }
            let add = |mut connection| async move { add.invoke_async::<()>(&mut connection).await };
            self.link.call(add).await.map_err(Failure::of_write)?;
        }
        Ok(())
    }
}

/// What was kept, if all of it is of this version.
fn understood(kept: &HashMap<String, Vec<u8>>) -> Option<Recent> {
    let mut recent = BlockRecord::decoded(kept.get("block")?)?;
    let mut added = Vec::new();
    for (field, row) in kept {
        if !matches!(field.as_str(), "block" | "bytes") {
            added.push(AddedRecord::decoded(row)?);
        }
    }
    recent.add(&added);
    Some(recent)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
