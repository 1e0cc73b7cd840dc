//! The graceful end, and the one that is not.

use tokio::sync::Notify;

use super::*;

/// A route that says when it was entered, and answers when it is let go.
fn slow(entered: Arc<Notify>, go: Arc<Notify>) -> Service {
    let routes = warp::path!("slow").then(move || {
        let (entered, go) = (entered.clone(), go.clone());
        async move {
            entered.notify_one();
            go.notified().await;
            answer::text(StatusCode::OK, "finished")
        }
    });
    let slow = Endpoint {
        path: "/slow",
        methods: &["GET"],
    };
    Service::new("slow", routes, Vec::new()).with_endpoints(&[slow])
}

#[tokio::test]
async fn draining_finishes_what_was_taken_and_takes_nothing_more() {
    let world = World::new();
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let served = world.serve(vec![slow(entered.clone(), go.clone())]);
    let mut idle = served.connect().await;
    idle.send("GET /livez HTTP/1.1\r\nhost: h\r\n\r\n").await;
    idle.until("ok\n").await;
    let mut busy = served.connect().await;
    busy.send("GET /slow HTTP/1.1\r\nhost: h\r\n\r\n").await;
    entered.notified().await;

    world.ctx.drain.cancel();
    assert_eq!(
        idle.rest().await,
        "",
        "a connection that does nothing is closed"
    );
    assert!(!world.ctx.health.missing().await.is_empty());
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        !world.ctx.stop.is_cancelled(),
        "the tasks go on while requests are answered"
    );
    go.notify_one();
    assert!(busy.rest().await.ends_with("finished"));
    served.ended().await.unwrap();
    assert!(world.ctx.stop.is_cancelled());
}

#[tokio::test]
async fn what_never_ends_is_cut_off_in_time() {
    let world = World::new();
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let stubborn = Task::new("stubborn", std::future::pending());
    let mut services = vec![slow(entered.clone(), go)];
    services[0].tasks.push(stubborn);
    let served = world.serve(services);
    let mut busy = served.connect().await;
    busy.send("GET /slow HTTP/1.1\r\nhost: h\r\n\r\n").await;
    entered.notified().await;
    let user = domain::UserId::new();
    let _session = world.ctx.sessions.enter(user, Peer::local()).unwrap();
    let begun = Instant::now();
    world.ctx.drain.cancel();
    served.ended().await.unwrap();
    let took = begun.elapsed();
    assert!(took >= TASKS_END && took < Limits::DRAIN, "{took:?}");
    assert_eq!(busy.rest().await, "");
}

#[tokio::test]
async fn a_task_that_fails_ends_the_process_with_an_error() {
    let world = World::new();
    let fails = Task::new("fails", async { panic!("expected by the test") });
    let service = Service::new("test", service().routes, vec![fails]);
    let ended = world.serve(vec![service]).ended().await;
    assert_eq!(ended.unwrap_err().code(), Code::Internal);
}
