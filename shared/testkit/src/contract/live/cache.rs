//! The recent rows.

use domain::{
    Change, ClientId, Recent, RoomId, Row, RowId, RunId, Seq, Timestamp, UserId,
    recent::RECENT_ROWS,
};
use futures_util::future::join_all;

use super::CacheWorld;

/// Nothing is made up.
pub async fn what_was_not_kept_is_a_miss(world: &dyn CacheWorld) {
    assert_eq!(recent(world, RoomId::new(), 0).await, None);
    world.cache().add_recent(&[]).await.unwrap();
}

/// What was filled last is what is read.
pub async fn a_fill_is_kept_and_replaced(world: &dyn CacheWorld) {
    let room = RoomId::new();
    for upto in [3, 5, 2] {
        let block = block(room, 0, upto);
        fill(world, room, 0, &block).await;
        assert_eq!(recent(world, room, 0).await, Some(block));
    }
}

/// In any order and more than once; the block can be believed at its new head.
pub async fn rows_are_added_behind_the_block(world: &dyn CacheWorld) {
    let room = RoomId::new();
    fill(world, room, 0, &block(room, 0, 2)).await;
    let rows: Vec<_> = [3, 4, 5].map(|seq| row(room, 0, seq)).into();
    world.cache().add_recent(&rows[1..]).await.unwrap();
    let hole = recent(world, room, 0).await.expect("it was filled");
    assert!(!hole.covers(5));
    world.cache().add_recent(&rows).await.unwrap();
    let whole = recent(world, room, 0).await.expect("it was filled");
    assert!(whole.covers(5));
    assert_eq!(seqs(&whole), [1, 2, 3, 4, 5]);
    assert_eq!(whole.rows[2..], rows);
}

/// Rows alone say nothing of what is before them.
pub async fn a_generation_is_not_begun_by_adding(world: &dyn CacheWorld) {
    let room = RoomId::new();
    fill(world, room, 0, &block(room, 0, 2)).await;
    let edit = row(room, 3, 3);
    world.cache().add_recent(&[edit]).await.unwrap();
    assert_eq!(recent(world, room, 3).await, None);
    let kept = recent(world, room, 0).await.expect("it was filled");
    assert_eq!(seqs(&kept), [1, 2]);
}

/// One call may bring rows of several generations.
pub async fn rooms_and_generations_are_apart(world: &dyn CacheWorld) {
    let (room, other) = (RoomId::new(), RoomId::new());
    fill(world, room, 0, &block(room, 0, 1)).await;
    fill(world, room, 3, &block(room, 3, 3)).await;
    fill(world, other, 0, &block(other, 0, 1)).await;
    let rows = [row(room, 0, 2), row(room, 3, 4), row(room, 3, 5)];
    world.cache().add_recent(&rows).await.unwrap();

    let read = async |room, generation| {
        let kept = recent(world, room, generation).await;
        seqs(&kept.expect("it was filled"))
    };
    assert_eq!(read(room, 0).await, [1, 2]);
    assert_eq!(read(room, 3).await, [1, 2, 3, 4, 5]);
    assert_eq!(read(other, 0).await, [1]);
}

/// Its time is counted from the fill.
pub async fn a_block_goes_after_its_time_though_rows_come(world: &dyn CacheWorld) {
    let (room, cache) = (RoomId::new(), world.brief());
    cache.fill_recent(room, 0, block(room, 0, 1)).await.unwrap();
    let mut next = 2;
    while cache.recent(room, 0).await.unwrap().is_some() {
        if next < 100 {
            cache.add_recent(&[row(room, 0, next)]).await.unwrap();
            next += 1;
        }
        tokio::task::yield_now().await;
    }
}

/// A whole fill takes as many rows again; then the next reader fills it anew.
pub async fn a_block_does_not_grow_without_end(world: &dyn CacheWorld) {
    let (room, filled) = (RoomId::new(), RECENT_ROWS as Seq);
    fill(world, room, 0, &block(room, 0, filled)).await;
    for seq in filled + 1..=3 * filled {
        let row = row(room, 0, seq);
        world.cache().add_recent(&[row]).await.unwrap();
        let kept = recent(world, room, 0).await;
        let taken = kept.is_some_and(|kept| kept.covers(seq));
        assert_eq!(taken, seq <= 2 * filled, "{seq}");
    }
}

/// Rows that are added at the same time are all there.
pub async fn many_writers_lose_no_row(world: &dyn CacheWorld) {
    let room = RoomId::new();
    fill(world, room, 0, &Recent::default()).await;
    let adds = (1..=100).map(|seq| async move {
        let row = row(room, 0, seq);
        world.cache().add_recent(&[row]).await.unwrap();
    });
    join_all(adds).await;
    let kept = recent(world, room, 0).await.expect("it was filled");
    assert!(kept.covers(100));
}

async fn recent(world: &dyn CacheWorld, room: RoomId, generation: Seq) -> Option<Recent> {
    world.cache().recent(room, generation).await.unwrap()
}

async fn fill(world: &dyn CacheWorld, room: RoomId, generation: Seq, recent: &Recent) {
    let filled = world.cache().fill_recent(room, generation, recent.clone());
    filled.await.unwrap();
}

fn seqs(recent: &Recent) -> Vec<Seq> {
    recent.rows.iter().map(|row| row.seq).collect()
}

fn block(room: RoomId, generation: Seq, upto: Seq) -> Recent {
    Recent {
        upto,
        from: 1,
        rows: (1..=upto).map(|seq| row(room, generation, seq)).collect(),
    }
}

/// A row; of which kind does not matter here.
pub(super) fn row(room: RoomId, generation: Seq, seq: Seq) -> Row {
    Row {
        id: RowId::new(),
        room,
        seq,
        generation,
        sender: UserId::new(),
        client_id: ClientId::new(),
        created_at: Timestamp::UNIX_EPOCH,
        change: Change::Archive {
            run: RunId::new(),
            through: 0,
        },
    }
}
