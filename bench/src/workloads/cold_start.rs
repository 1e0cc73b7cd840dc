//! W12: from nothing to the first socket that is greeted, on storage that is there already.

use std::time::Instant;

use anyhow::Result;

use crate::{
    generator::{Client, Hall},
    lab::Lab,
    report::{Figure, Report, Target},
    subject::{Product, QUICK_HASH},
    trials::median,
};

const STARTS: usize = 7;

/// Measures it.
///
/// # Errors
/// When it does not start.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let folder = lab.folder()?;
    let product = Product::start(lab, folder.path(), QUICK_HASH).await?;
    let seats = product.seats(Hall::room(1, 1)).await?;
    product.server.end().await?;
    let (mut times, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let server = Product::start(lab, folder.path(), QUICK_HASH).await?.server;
        let client = Client::open(server.addr(), &seats[0]).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        drop(client);
        sizes.push(server.resident_kib()? as f64 / 1024.0);
        server.end().await?;
    }
    let mut figure = |what: &str, value, most| {
        report.figure(Figure {
            workload: "W12",
            what: what.to_owned(),
            value,
            target: Target::AtMost(most),
            of: format!("the middle of {STARTS} starts"),
        });
    };
    figure(
        "ms from the start to the first socket",
        median(times),
        100.0,
    );
    figure("MiB of resident memory at rest", median(sizes), 25.0);
    Ok(())
}
