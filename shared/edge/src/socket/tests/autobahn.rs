//! RFC 6455, case by case: the Autobahn|Testsuite against the upgrade, the socket and the session
//! loop of the product, with a machine that says everything back.
//!
//! `AUTOBAHN` names the folder into which pip installed `tests/autobahn/requirements.txt` for Python
//! 2.7, as the gate does; without it nothing is asked.

use std::{collections::BTreeMap, path::PathBuf};

use bytes::Bytes;
use domain::Label;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use testkit::builders::new_user;
use tokio::process::Command;
use warp::{Filter, reply::Response};

use crate::{
    Context, Endpoint, Service,
    auth::Identity,
    outbox::Item,
    session::{Machine, turn::Turn},
    socket::{HandshakeError, Seated, Upgrade, native::native_to, upgrade},
    testing::World,
};

/// As much as the suite sends at once, and a little more.
const LARGEST: usize = 17 * 1024 * 1024;

/// Extensions that are not offered: compression.
const NOT_OFFERED: [&str; 2] = ["12.*", "13.*"];

/// How many cases there are without those.
const CASES: usize = 301;

/// A frame that is not whole yet and cannot become UTF-8 any more: we refuse it when it is whole,
/// which RFC 6455 leaves open.
const LATER: [&str; 2] = ["6.4.3", "6.4.4"];

/// Says everything back.
struct Echo;

impl Machine for Echo {
    type Done = ();

    fn start(&mut self, _: &mut Turn<()>) {}

    fn hears(&self) -> bool {
        true
    }

    fn listens(&self) -> bool {
        true
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn on_text(&mut self, text: &str, turn: &mut Turn<()>) {
        turn.say(text.to_owned());
    }

    fn on_binary(&mut self, bytes: &[u8], turn: &mut Turn<()>) {
        turn.say_bytes(Bytes::copy_from_slice(bytes));
    }

    fn on_item(&mut self, _: Item, _: &mut Turn<()>) {}

    fn on_done(&mut self, (): (), _: &mut Turn<()>) {}
}

fn echo(ctx: &Context, who: Identity) -> Service {
    let own = ctx.clone();
    let open = move |upgrade: Result<Upgrade, HandshakeError>| {
        let (ctx, who) = (own.clone(), who.clone());
        async move {
            match upgrade {
                Ok(upgrade) => open(&ctx, upgrade, &who).await,
                Err(error) => error.response(),
            }
        }
    };
    let routes = warp::path!("echo").and(upgrade(ctx)).then(open);
    Service::new("echo", routes, Vec::new()).with_endpoints(&[Endpoint {
        path: "/echo",
        methods: &["GET"],
    }])
}

async fn open(ctx: &Context, upgrade: Upgrade, who: &Identity) -> Response {
    let seated = Seated::enter(ctx, upgrade.peer, who, native_to(who)).await;
    let (response, opening) = upgrade.accept(None);
    seated.unwrap().spawn(ctx, opening, |_| Echo);
    response
}

/// What the suite says of one case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    behavior: String,
    behavior_close: String,
}

impl Found {
    fn is_right(&self, case: &str) -> bool {
        let right = |word: &str| ["OK", "INFORMATIONAL"].contains(&word);
        let later = LATER.contains(&case) && self.behavior == "NON-STRICT";
        (right(&self.behavior) || later) && right(&self.behavior_close)
    }
}

/// Lets the suite ask a server everything it knows.
async fn ask(suite: PathBuf, server: &str) -> BTreeMap<String, Found> {
    let folder = TempDir::new().unwrap();
    let (spec, report) = (folder.path().join("spec"), folder.path().join("report"));
    let wanted = json!({
        "outdir": report, "servers": [{"agent": "hubbub", "url": server}],
        "cases": ["*"], "exclude-cases": NOT_OFFERED,
    });
    std::fs::write(&spec, wanted.to_string()).unwrap();
    let mut asking = Command::new(suite.join("bin/wstest"));
    asking
        .args(["--mode", "fuzzingclient", "--spec"])
        .arg(&spec);
    asking.env("PYTHONPATH", &suite).current_dir(folder.path());
    let asked = asking.output().await.expect("Python 2.7");
    assert!(asked.status.success(), "{asked:?}");
    let index = std::fs::read(report.join("index.json")).expect("a report");
    let mut agents: BTreeMap<String, BTreeMap<String, Found>> =
        serde_json::from_slice(&index).expect("a report as expected");
    agents.remove("hubbub").expect("our part of it")
}

#[allow(
    clippy::disallowed_methods,
    reason = "where the suite is, only its user knows"
)]
fn suite() -> Option<PathBuf> {
    std::env::var_os("AUTOBAHN").map(PathBuf::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_the_autobahn_testsuite_is_passed() {
    let Some(suite) = suite() else {
        println!("skipped: AUTOBAHN does not say where the Autobahn|Testsuite is");
        return;
    };
    let world = World::with(|settings| {
        settings.no_limits = true;
        settings.limits.body_bytes = LARGEST;
    });
    let ctx = &world.ctx;
    let ann = ctx.ports.store.create_user(new_user("ann")).await.unwrap();
    let begun = ctx.auth.begin_once(&ann, Label::default()).await.unwrap();
    let who = ctx.auth.identify(&begun.token).await.unwrap();
    let served = world.serve(vec![echo(ctx, who)]);
    let found = ask(suite, &format!("ws://{}/echo", served.address)).await;
    let wrong: Vec<_> = found
        .iter()
        .filter(|(case, found)| !found.is_right(case))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}: {wrong:#?}",
        wrong.len(),
        found.len()
    );
    assert_eq!(found.len(), CASES);
}
