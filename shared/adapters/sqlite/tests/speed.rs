//! How fast one writer appends, without the disk: a figure to watch, not a verdict.
//! `cargo test --release -p adapter-sqlite --test speed -- --ignored --nocapture`

mod common;

use std::time::Instant;

use domain::{UserId, ports::Log};
use testkit::{builders::message, contract::steps::channel};

const BATCHES: usize = 200;
const BATCH: usize = 512;

#[tokio::test]
#[ignore = "a measurement"]
async fn append_in_full_batches() {
    let fresh = common::fresh();
    let (room, ann) = (channel(&*fresh.store).await, UserId::new());
    let said = "x".repeat(100);
    let batches: Vec<Vec<_>> = (0..BATCHES)
        .map(|_| (0..BATCH).map(|_| message(ann, &said)).collect())
        .collect();
    let started = Instant::now();
    for batch in batches {
        fresh.store.append(room, batch).await.unwrap();
    }
    let seconds = started.elapsed().as_secs_f64();
    let rows = BATCHES * BATCH;
    println!(
        "{rows} rows in {seconds:.2} s: {:.0} rows/s",
        rows as f64 / seconds
    );
}
