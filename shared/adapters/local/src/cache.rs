use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{Message, Recent, Result, RoomId, Row, Seq, ports::Cache};
use moka::{Expiry, future, ops::compute::Op};

/// How long a block is kept after it was filled.
const TTL: Duration = Duration::from_mins(10);

/// How many bytes all blocks may take together, by our own estimate.
const CAPACITY: u64 = 64 * 1024 * 1024;

/// What a row takes beyond its content: the struct, and its part of the collection.
const ROW_BYTES: usize = size_of::<Row>();

type Key = (RoomId, Seq);

/// The recent rows within one process, bounded by time and by weight.
#[derive(Debug)]
pub struct LocalCache {
    blocks: future::Cache<Key, Arc<Block>>,
}

impl LocalCache {
    /// Makes an empty cache that keeps blocks for ten minutes, 64 MiB at most.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(TTL, CAPACITY)
    }

    /// Makes an empty cache that keeps blocks for `ttl` after their fill and at most `bytes` in
    /// all.
    #[must_use]
    pub fn bounded(ttl: Duration, bytes: u64) -> Self {
        let blocks = future::Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, block: &Arc<Block>| block.weight.load(Ordering::Relaxed))
            .expire_after(SinceFill(ttl))
            .build();
        Self { blocks }
    }

    /// What the blocks weigh now, in bytes, once what is to go has gone.
    pub async fn weight(&self) -> u64 {
        self.blocks.run_pending_tasks().await;
        self.blocks.weighted_size()
    }

    /// Adds rows of one generation. A block that has grown too long goes, so that the next reader
    /// fills it anew.
    async fn extend(&self, key: Key, rows: &[Row]) {
        let extended = |entry: Option<moka::Entry<Key, Arc<Block>>>| {
            let op = match entry.map(moka::Entry::into_value) {
                None => Op::Nop,
                Some(block) if block.extend(rows) => Op::Remove,
                // Put again, it is weighed again.
                Some(block) => Op::Put(block),
            };
            std::future::ready(op)
        };
        self.blocks.entry(key).and_compute_with(extended).await;
    }
}

impl Default for LocalCache {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Cache for LocalCache {
    async fn recent(&self, room: RoomId, generation: Seq) -> Result<Option<Recent>> {
        let block = self.blocks.get(&(room, generation)).await;
        Ok(block.map(|block| block.recent().clone()))
    }

    async fn fill_recent(&self, room: RoomId, generation: Seq, recent: Recent) -> Result<()> {
        let block = Arc::new(Block::new(recent));
        self.blocks.insert((room, generation), block).await;
        Ok(())
    }

    async fn add_recent(&self, rows: &[Row]) -> Result<()> {
        let alike = |a: &Row, b: &Row| (a.room, a.generation) == (b.room, b.generation);
        for rows in rows.chunk_by(alike) {
            self.extend((rows[0].room, rows[0].generation), rows).await;
        }
        Ok(())
    }
}

/// The rows of one generation. They grow in place: copying them for each new row would cost more
/// than the cache saves.
#[derive(Debug)]
struct Block {
    recent: Mutex<Recent>,
    weight: AtomicU32,
    extended: AtomicBool,
}

impl Block {
    fn new(recent: Recent) -> Self {
        let weight = recent.rows.iter().map(weigh).fold(0, u32::saturating_add);
        Self {
            recent: Mutex::new(recent),
            weight: AtomicU32::new(weight.max(1)),
            extended: AtomicBool::new(false),
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds rows, and says whether the block should be filled anew.
    fn extend(&self, rows: &[Row]) -> bool {
        let mut recent = self.recent();
        recent.add(rows);
        let added = rows.iter().map(weigh).fold(0, u32::saturating_add);
        self.weight.fetch_add(added, Ordering::Relaxed);
        self.extended.store(true, Ordering::Relaxed);
        recent.is_full()
    }
}

fn weigh(row: &Row) -> u32 {
    let content = row.message().and_then(Message::content);
    let bytes = ROW_BYTES + content.map_or(0, domain::Content::bytes);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Counts the time from the fill: rows that are added do not keep a block alive.
#[derive(Debug)]
struct SinceFill(Duration);

impl Expiry<Key, Arc<Block>> for SinceFill {
    fn expire_after_create(&self, _: &Key, _: &Arc<Block>, _: Instant) -> Option<Duration> {
        Some(self.0)
    }

    fn expire_after_update(
        &self,
        _: &Key,
        block: &Arc<Block>,
        _: Instant,
        left: Option<Duration>,
    ) -> Option<Duration> {
        let extended = block.extended.load(Ordering::Relaxed);
        if extended { left } else { Some(self.0) }
    }
}
