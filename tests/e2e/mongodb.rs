//! The same product on MongoDB: the store is a server's, and all else stays as it is.

use e2e::{Server, SignedIn, eventually};
use serde_json::{Value, json};
use settings::Settings;
use testkit::mongo_server::{MongoServer, or_skip};

const ARCHIVE: &str = "/api/v1/admin/archive";

/// A database of its own on the server that tests share.
fn on_mongodb(server: &MongoServer) -> impl FnOnce(&mut Settings) {
    let url = server.url_of_its_own();
    move |settings| {
        settings.no_limits = true;
        settings.backends.store_url = url;
        settings.backends.queue_url = "sqlite:queue.db".to_owned();
    }
}

/// Archives so many messages, once they are old enough.
pub(crate) async fn archive(ops: &SignedIn, due: u64) -> Value {
    let plan = eventually("the messages to be due", async || {
        let asked = json!({"older_than": "1s"});
        let plan = ops.rest.post(&format!("{ARCHIVE}/preview"), &asked).await;
        Some(plan.json()).filter(|plan| plan["total"]["due"] == json!(due))
    });
    let wanted = json!({"plan": plan.await["id"]});
    let started = ops.rest.post(&format!("{ARCHIVE}/runs"), &wanted).await;
    let started = started.expect(202);
    let path = format!("{ARCHIVE}/runs/{}", started["id"].as_str().expect("an id"));
    eventually("the run to finish", async || {
        let run = ops.rest.get(&path).await.expect(200);
        assert_ne!(run["phase"], "failed", "{run}");
        (run["phase"] == "finished").then_some(run)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_talk_are_told_and_archived_and_a_restart_forgets_nothing() {
    let Some(mongo) = or_skip(MongoServer::shared()) else {
        return;
    };
    let server = Server::start_with(on_mongodb(mongo)).await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;

    let (mut heard, hello) = bob.native().await;
    assert_eq!(hello["rooms"][0]["id"], json!(room));
    let (mut talks, _) = alice.native().await;
    let send = json!({"id": "s", "type": "send", "room": room, "content": "hello"});
    talks.send(&send).await;
    let ack = talks.answer("s").await;
    let message = heard.next_of("message").await;
    assert_eq!(message["message"]["id"], ack["message"]["id"]);
    assert_eq!(message["message"]["content"], "hello");
    for n in 0..20 {
        alice.say(&room, &format!("m{n}")).await;
    }
    let before = bob.whole_history(&room).await;
    assert_eq!(before.len(), 21);

    let ops = server.admin("ops").await;
    let run = archive(&ops, 21).await;
    assert_eq!(run["total"]["moved"], 21, "{run}");

    let server = server.restart().await;
    let bob = server.anon().log_in("bob").await;
    let after = bob.whole_history(&room).await;
    let said = |history: &[Value]| {
        let one = |m: &Value| (m["id"].clone(), m["seq"].clone(), m["content"].clone());
        history.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(said(&after), said(&before));
    assert!(after.iter().all(|m| m["archived"] == true));
    server.stop().await;
}
