//! The benchmark: what the product costs beside the least that any server could cost. One program:
//! it is also the servers that it measures, each run as a process of its own, so that what is
//! measured is what was built.

mod bare;
mod cli;
mod generator;
mod histogram;
mod lab;
mod process;
mod report;
mod stamp;
mod subject;
mod trials;
mod wire;
mod workloads;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tokio::{runtime::Builder, task::LocalSet};

use self::{cli::Cli, lab::Lab, report::Report};

fn main() -> ExitCode {
    // What follows is the product's own command line.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return hubbub::main();
    }
    match perform(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(cli: Cli) -> Result<bool> {
    if let Some(cli::Role::Bare(bare)) = &cli.role {
        bare::serve(bare)?;
        return Ok(true);
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, measure(&cli))
}

/// Whether everything holds that must.
async fn measure(cli: &Cli) -> Result<bool> {
    let workloads = cli.workloads()?;
    let mut lab = Lab::open(cli.quick, &cli.home).await?;
    for peer in &cli.peers {
        lab.peers.push(subject::Peer::parse(peer)?);
    }
    let mut report = Report::new(cli.quick);
    for absent in &lab.absent {
        report.note(format!("Left out: {absent}."));
    }
    for workload in workloads {
        workload.run(&lab, &mut report).await?;
    }
    if let Some(folder) = cli.folder() {
        report.write(&folder)?;
    }
    for broken in report.broken() {
        eprintln!("bench: does not hold: {broken}");
    }
    Ok(report.broken().is_empty())
}
