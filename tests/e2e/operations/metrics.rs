//! The board for Grafana asks for nothing that a server does not tell.

use std::{collections::BTreeSet, fs, path::Path};

use e2e::{
    Server,
    backends::{self, Backends},
    eventually,
};
use serde_json::Value;

/// Of embedded storage alone: a database that is a server tells of itself.
const EMBEDDED: &str = "hubbub_store_commit_seconds";

/// The metrics that the board's queries name, as far as there are any of the backends.
fn asked_for() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations/grafana.json");
    let board = fs::read_to_string(path).expect("a board");
    let board: Value = serde_json::from_str(&board).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let queries = targets.map(|target| target["expr"].as_str().expect("a query"));
    let not_in_a_name = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = queries.flat_map(|query| query.split(not_in_a_name));
    let names = words.filter(|word| word.starts_with("hubbub_"));
    let embedded = backends::chosen() == Backends::Embedded;
    let there = |name: &&str| embedded || !name.starts_with(EMBEDDED);
    names.filter(there).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_board_shows_what_a_server_tells() {
    let asked_for = asked_for();
    assert!(asked_for.len() > 10, "{asked_for:?}");
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    ann.say(&room, "hello").await;
    let (socket, _) = ann.native().await;
    socket.close().await;
    assert_eq!(ann.rest.get("/api/v1/nowhere").await.status, 404);
    eventually("all metrics of the board", async || {
        let told = server.rest().get("/metrics").await.text;
        let tells = |name: &String| {
            let mut lines = told.lines();
            lines.any(|line| line.split([' ', '{']).next() == Some(name))
        };
        let missing: Vec<_> = asked_for.iter().filter(|name| !tells(name)).collect();
        missing.is_empty().then_some(()).or_else(|| {
            eprintln!("missing: {missing:?}");
            None
        })
    })
    .await;
    server.stop().await;
}
