//! Who may see what: every request and frame, asked by everybody there is, is answered as
//! `docs/visibility.md` says.

mod ask;
mod frames;
mod heard;
mod people;
mod rows;
mod scene;
mod table;

use std::{collections::BTreeMap, fs};

use e2e::{
    Server,
    backends::{self, Backends},
};
use futures_util::{StreamExt, stream};

use crate::elsewhere;

use self::{
    ask::{Outcome, ask},
    people::{Cast, ELSEWHERE, Who},
    rows::Row,
    scene::{Kind, Scene},
    table::Table,
};

/// How many rows are asked at once.
const AT_ONCE: usize = 4;

/// What ends the logins of who asks, or takes their name: they ask nothing after it.
const LAST: [&str; 6] = [
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/logout-everywhere",
    "POST /api/v1/me/password",
    "DELETE /api/v1/sessions/{session}",
    "POST /api/user/logout/",
    "POST /api/logout/",
];

impl Row {
    /// What everybody is answered.
    async fn cells(&self, server: &Server) -> Vec<String> {
        let mut cells = Vec::new();
        let mut cast = Cast::new(server).await;
        let mut stage = None;
        for who in Who::ALL {
            if !self.section.1.has(who) {
                cells.push("–".to_owned());
                continue;
            }
            let own = self.section.1 == Kind::Direct && who == Who::Left;
            let scene = match stage.take() {
                Some(scene) if !own => scene,
                _ => Scene::new(&server.anon(), self.section.1, &cast, who).await,
            };
            let (word, kept) = self.cell(scene, &cast, who).await;
            cells.push(word);
            stage = kept.filter(|_| !own);
            if LAST.contains(&self.name.as_str()) {
                (cast, stage) = (Cast::new(server).await, None);
            }
        }
        cells
    }

    /// What one is answered, and the scene, if nothing was done in it.
    async fn cell(&self, mut scene: Scene, cast: &Cast, who: Who) -> (String, Option<Scene>) {
        let text = format!("{:?}", self.asks);
        scene.learn(&text, cast).await;
        let person = cast.get(who);
        let outcome = ask(&scene, &scene.marks, person, &self.asks).await;
        if outcome.did {
            return (outcome.word, None);
        }
        let is_in = matches!(who, Who::Member | Who::Admin | Who::Owner);
        if is_in || !scene.marks.are_named_in(&text) {
            return (outcome.word, Some(scene));
        }
        let nothing = ask(&scene, &scene.marks.random(), person, &self.asks).await;
        let word = compared(&outcome, &nothing);
        let may_know = who == Who::Administrator && self.name.contains("/admin/");
        assert!(
            !who.is_outside() || may_know || !word.contains('≠'),
            "{} as {}: {} but of nothing {}",
            self.name,
            who.name(),
            outcome.told,
            nothing.told
        );
        (word, Some(scene))
    }
}

/// What an answer says that the same question about nothing does not say.
fn compared(outcome: &Outcome, nothing: &Outcome) -> String {
    let alike = outcome.told == nothing.told;
    match outcome.word.as_str() {
        "sees" if alike => "nothing".to_owned(),
        "reads" | "sees" | "nothing" => outcome.word.clone(),
        word if alike => word.to_owned(),
        word => format!("{word} ≠"),
    }
}

async fn table(server: &Server) -> Table {
    let mut rows = rows::native(server).await;
    rows.extend(frames::native(server).await);
    rows.extend(rows::dialects(server));
    rows.extend(frames::dialects());
    let asked = stream::iter(rows.iter().enumerate());
    let asked = asked.map(|(at, row)| async move { (at, row.cells(server).await) });
    let cells: BTreeMap<usize, Vec<String>> = asked.buffer_unordered(AT_ONCE).collect().await;
    let mut table = Table::default();
    for (row, cells) in rows.iter().zip(cells.into_values()) {
        table.add(row.section, &row.name, cells);
    }
    Box::pin(heard::tell(server, &mut table)).await;
    table
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_what_the_table_says_and_nothing_else() {
    let [check, write] =
        ["CHECK_VISIBILITY", "WRITE_VISIBILITY"].map(|wish| e2e::number(wish, 0) == 1);
    if !(check || write) || backends::chosen() != Backends::Embedded {
        println!("skipped: CHECK_VISIBILITY=1 asks everything as everybody, on embedded storage");
        return;
    }
    let server = Server::start_with(|settings| {
        settings.no_limits = true;
        elsewhere::believe(settings, &[ELSEWHERE]);
    })
    .await;
    let table = Box::pin(table(&server)).await;
    server.stop().await;
    if write {
        fs::write(table::path(), table.page()).expect("a page");
    }
    assert_eq!(
        table.page(),
        table::written(),
        "as WRITE_VISIBILITY=1 writes it anew"
    );
}
