//! W6: logins at capacity beside chat at an even rate. The bound is what the same hash does on all
//! cores when nothing else is done.

use std::{
    num::NonZero,
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use hyper::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    generator::{Caller, Crowd, Hall, Shape},
    lab::Lab,
    report::{Figure, Measured, Report, Target},
    subject::{PASSWORD, Product},
};

/// Some 50 ms on one core.
const COST: u32 = 10;
const MEMBERS: usize = 100;
/// Messages in a second, which take little of the processor.
const RATE: u32 = 50;

/// Measures it.
///
/// # Errors
/// When a login or a delivery is wrong.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let length = lab.length() * 3;
    let bound = bound(length)?;
    let folder = lab.folder()?;
    let hall = Hall::room(MEMBERS, 1);
    let product = Product::start(lab, folder.path(), COST).await?;
    let seats = product.seats(hall).await?;
    let server = &product.server;
    let mut crowd = Crowd::new(hall, 0);
    crowd.fill(server.addr(), &seats, 0).await?;
    let shape = Shape::PerSecond(RATE);
    let alone = crowd.run(server, shape, length).await?;
    let logins = Logins::begin(server.addr()).await?;
    let beside = crowd.run(server, shape, length).await?;
    let logged_in = logins.end().await?;
    let outcomes = [("chat alone", &alone), ("chat beside logins", &beside)];
    for (name, outcome) in outcomes {
        report.measured(Measured::new(&format!("W6, {name}"), "Hubbub", outcome));
    }
    report.figure(Figure {
        workload: "W6",
        what: "logins/s : what the hash allows".to_owned(),
        value: logged_in / bound,
        target: Target::AtLeast(0.95),
        of: format!("{logged_in:.1}/s : {bound:.1}/s, bcrypt of cost {COST}"),
    });
    report.figure(Figure {
        workload: "W6",
        what: "p99 of chat beside logins : alone".to_owned(),
        value: beside.late(0.99) / alone.late(0.99),
        target: Target::AtMost(1.5),
        of: format!("{:.0} µs : {:.0} µs", beside.late(0.99), alone.late(0.99)),
    });
    product.server.end().await
}

fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Hashes in a second on all cores.
fn bound(length: Duration) -> Result<f64> {
    let hash = bcrypt::hash(PASSWORD, COST)?;
    let hashed: usize = thread::scope(|scope| {
        let verify = || {
            let begun = Instant::now();
            (0..)
                .take_while(|_| {
                    let _ = bcrypt::verify(PASSWORD, &hash);
                    begun.elapsed() < length
                })
                .count()
        };
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(verify)).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).sum()
    });
    Ok(hashed as f64 / length.as_secs_f64())
}

/// Those who log in again and again.
struct Logins {
    begun: Instant,
    callers: JoinSet<Result<()>>,
    done: std::rc::Rc<std::cell::Cell<u64>>,
}

impl Logins {
    /// Twice as many as there are cores, so that one always waits for a free one.
    async fn begin(addr: std::net::SocketAddr) -> Result<Self> {
        let mut logins = Self {
            begun: Instant::now(),
            callers: JoinSet::new(),
            done: std::rc::Rc::default(),
        };
        for number in 0..2 * cores() {
            let mut caller = Caller::connect(addr).await?;
            let done = logins.done.clone();
            logins.callers.spawn_local(async move {
                let name = format!("member-{number}");
                let body = json!({"username": name, "password": PASSWORD});
                let body = Bytes::from(body.to_string());
                loop {
                    let path = "/api/v1/auth/login";
                    let answer = caller.send(Method::POST, path, None, body.clone());
                    let (status, text) = answer.await?;
                    anyhow::ensure!(status == 200, "{}", String::from_utf8_lossy(&text));
                    done.set(done.get() + 1);
                }
            });
        }
        Ok(logins)
    }

    /// Logins in a second.
    async fn end(mut self) -> Result<f64> {
        let per_second = self.done.get() as f64 / self.begun.elapsed().as_secs_f64();
        if let Some(ended) = self.callers.try_join_next() {
            ended?.context("a login")?;
        }
        self.callers.shutdown().await;
        Ok(per_second)
    }
}
