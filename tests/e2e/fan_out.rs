//! Frames are not held back.

use std::time::{Duration, Instant};

use domain::ClientId;
use e2e::Server;
use serde_json::json;

/// Without TCP_NODELAY the second of two small frames waits for the listener's delayed
/// acknowledgement of the first: 40 ms, every time.
#[tokio::test(flavor = "multi_thread")]
async fn small_frames_in_a_row_do_not_wait_for_each_other() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("fast").await;
    bob.join(&room).await;
    let (mut talking, _) = alice.native().await;
    let (mut listening, _) = bob.native().await;
    let mut gaps = Vec::new();
    for n in 0..20 {
        for part in ["first", "second"] {
            let id = format!("{n}-{part}");
            let content = id.clone();
            talking
                .send(&json!({
                    "id": id, "type": "send", "room": room, "client_id": ClientId::new(),
                    "content": content,
                }))
                .await;
            talking.answer(&id).await;
        }
        listening.next_of("message").await;
        let first = Instant::now();
        listening.next_of("message").await;
        gaps.push(first.elapsed());
    }
    gaps.sort();
    let median = gaps[gaps.len() / 2];
    println!("median gap {median:?}, worst {:?}", gaps[gaps.len() - 1]);
    assert!(median < Duration::from_millis(30), "frames stall: {gaps:?}");
    server.stop().await;
}
