//! W7: pages of history, beside a route that answers two words; and a room of which everybody
//! wants the history at once, after a start.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use serde_json::json;

use crate::{
    generator::{Caller, Client, Hall, Seat, Tongue},
    lab::Lab,
    report::{Figure, Report, Target},
    subject::{Product, QUICK_HASH},
};

/// Messages of the room; a page has 50.
const MESSAGES: usize = 400;
/// Connections that ask, each one question at a time.
const CALLERS: usize = 16;
/// Who come at once.
const BURST: usize = 1_000;
const HELLO: &str = "/livez";

/// Measures it.
///
/// # Errors
/// When a page is refused.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let folder = lab.folder()?;
    let product = Product::start(lab, folder.path(), QUICK_HASH).await?;
    let seats = product.seats(Hall::room(1, 1)).await?;
    let addr = product.server.addr();
    let path = furnish(addr, &seats[0]).await?;
    let token = seats[0].token.as_deref();
    let hello = asked(addr, HELLO, None, lab.length()).await?;
    let hot = asked(addr, &path, token, lab.length()).await?;
    let old = format!("{path}?before_seq=100");
    let warm = asked(addr, &old, token, lab.length()).await?;
    let mut figure = |what: &str, value: f64, target| {
        report.figure(Figure {
            workload: "W7",
            what: format!("{what} : `{HELLO}`, requests/s"),
            value: value / hello,
            target,
            of: format!("{value:.0}/s : {hello:.0}/s"),
        });
    };
    figure("the newest page", hot, Target::AtLeast(0.7));
    figure("an older page", warm, Target::None);
    product.server.end().await?;
    burst(lab, report, folder.path(), token).await
}

/// Fills the room, and gives the path of its history.
async fn furnish(addr: SocketAddr, seat: &Seat) -> Result<String> {
    let Tongue::Native { room } = &seat.tongue else {
        anyhow::bail!("not the product");
    };
    let path = format!("/api/v1/rooms/{room}/messages");
    let mut caller = Caller::connect(addr).await?;
    for number in 0..MESSAGES {
        let body = json!({"content": format!("message {number} of the room")});
        caller.post(&path, seat.token.as_deref(), &body).await?;
    }
    Ok(path)
}

/// Answers in a second.
async fn asked(addr: SocketAddr, path: &str, token: Option<&str>, length: Duration) -> Result<f64> {
    let begun = Instant::now();
    let callers = (0..CALLERS).map(async |_| {
        let mut caller = Caller::connect(addr).await?;
        let mut answers = 0;
        while begun.elapsed() < length {
            caller.get(path, token).await?;
            answers += 1;
        }
        anyhow::Ok(answers)
    });
    let answers: usize = try_join_all(callers).await?.into_iter().sum();
    Ok(answers as f64 / begun.elapsed().as_secs_f64())
}

/// Everybody joins at once through the dialect that begins with the history.
async fn burst(
    lab: &Lab,
    report: &mut Report,
    folder: &std::path::Path,
    token: Option<&str>,
) -> Result<()> {
    let server = Product::start(lab, folder, QUICK_HASH).await?.server;
    let seat = Seat {
        path: "/ws/join/?name=room-0".to_owned(),
        token: token.map(str::to_owned),
        tongue: Tongue::Plain,
    };
    let (begun, cpu) = (Instant::now(), server.cpu()?);
    let joins = (0..lab.pick(BURST, 50)).map(async |_| {
        let mut client = Client::connect(server.addr(), &seat).await?;
        client.hear("").await?;
        anyhow::Ok(client)
    });
    let clients = try_join_all(joins).await?;
    ensure!(!clients.is_empty(), "nobody came");
    let took = begun.elapsed();
    let cpu = (server.cpu()? - cpu).as_secs_f64() * 1e6 / clients.len() as f64;
    report.figure(Figure {
        workload: "W7",
        what: format!(
            "ms until {} who join at once have the history, cold",
            clients.len()
        ),
        value: took.as_secs_f64() * 1e3,
        target: Target::None,
        of: format!("{cpu:.0} µs of CPU each, handshake and 50 messages included"),
    });
    server.end().await
}
