//! W4: sockets on which nothing happens: what each takes of memory and of the processor, and what
//! is left of a message to all of them a minute later.

use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    generator::{Crowd, Hall, Seat, Shape},
    lab::Lab,
    process::Server,
    report::{Figure, Report, Target},
    subject::{Product, QUICK_HASH},
};

/// Everybody is authenticated and in one room.
const SOCKETS: usize = 15_000;
/// Those that pay for what all share: pools, caches, the buffers of as many handshakes as are
/// under way at once.
const WARM: usize = 200;
/// What a socket may take in a build without optimisation, in KiB.
const LOOSE_KIB: f64 = 40.0;

/// Measures it.
///
/// # Errors
/// When a socket is refused or closed, or a delivery is wrong.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let hall = Hall::room(lab.sockets(lab.pick(SOCKETS, 400)), 1);
    let folder = lab.folder()?;
    let seats = furnish(lab, &folder, hall).await?;
    // Started anew, so that memory that the furnishing freed is not what sockets are made of.
    let server = Product::start(lab, folder.path(), QUICK_HASH).await?.server;
    let mut crowd = Crowd::new(hall, 0);
    let warm = WARM.min(hall.seats() / 2);
    crowd.fill(server.addr(), &seats[..warm], 0).await?;
    let before = server.resident_kib()?;
    crowd.fill(server.addr(), &seats[warm..], warm).await?;
    let opened = server.resident_kib()?;
    memory(report, hall.seats() - warm, before, opened);
    processor(lab, report, &server, hall.seats()).await?;
    let shape = Shape::InFlight(1);
    crowd.run(&server, shape, lab.length()).await?;
    sleep(rest(lab)).await;
    afterwards(report, opened, server.resident_kib()?);
    server.end().await
}

async fn furnish(lab: &Lab, folder: &TempDir, hall: Hall) -> Result<Vec<Seat>> {
    let product = Product::start(lab, folder.path(), QUICK_HASH).await?;
    let seats = product.seats(hall).await?;
    product.server.end().await?;
    Ok(seats)
}

/// How long nothing happens.
fn rest(lab: &Lab) -> Duration {
    lab.pick(Duration::from_secs(60), Duration::from_secs(1))
}

fn memory(report: &mut Report, sockets: usize, before: u64, opened: u64) {
    let each = opened.saturating_sub(before) as f64 / sockets as f64;
    report.figure(Figure {
        workload: "W4",
        what: format!("KiB of resident memory for each of {sockets} idle sockets"),
        value: each,
        target: Target::AtMost(8.0),
        of: format!("{before} KiB before, {opened} KiB with them"),
    });
    report.must("an idle socket takes at most 40 KiB", each <= LOOSE_KIB);
}

async fn processor(lab: &Lab, report: &mut Report, server: &Server, sockets: usize) -> Result<()> {
    let (rest, before) = (rest(lab), server.cpu()?);
    sleep(rest).await;
    let micros = (server.cpu()? - before).as_secs_f64() * 1e6;
    report.figure(Figure {
        workload: "W4",
        what: "µs of CPU in a second for each".to_owned(),
        value: micros / rest.as_secs_f64() / sockets as f64,
        target: Target::AtMost(1.5),
        of: format!("{:.0} ms in {} s", micros / 1e3, rest.as_secs()),
    });
    Ok(())
}

fn afterwards(report: &mut Report, before: u64, after: u64) {
    report.figure(Figure {
        workload: "W4",
        what: "memory some time after messages to all : before them".to_owned(),
        value: after as f64 / before as f64,
        target: Target::AtMost(1.1),
        of: format!("{after} KiB : {before} KiB"),
    });
}
