//! The program `scheduler-service`: the archive alone, for installations whose services share a store.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Result, ensure};
use clap::Parser;
use edge::{Context, Listener};
use scheduler_service::{LiveLog, policies};
use settings::{Flags, Inputs, Origin, process_variables};

/// The port that the Go original publishes for its scheduler.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8088);

/// Runs the archive's policies, and serves its administration.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Address to listen on, may be repeated [default: 127.0.0.1:8088].
    #[arg(long, value_name = "ADDR")]
    listen: Vec<SocketAddr>,
    /// Configuration file [default: ./hubbub.toml if it is there].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scheduler-service: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(cli: Cli) -> Result<()> {
    let inputs = Inputs {
        flags: Flags {
            listen: cli.listen,
            ..Flags::default()
        },
        variables: process_variables(),
        file: cli.config,
        ..Inputs::default()
    };
    let loaded = settings::load(&inputs)?;
    let unsaid = loaded.origin("listen") == Origin::Default;
    if let Some(problems) = loaded.problems(policies::check(&loaded.settings)) {
        return Err(problems.into());
    }
    let mut settings = loaded.settings;
    if unsaid {
        settings.listen = vec![LISTEN];
    }
    ensure!(
        !settings.backends.store_url.starts_with("sqlite:"),
        "the services alone need a store that they share; on sqlite: run `hubbub`, which is all of them"
    );
    edge::telemetry::init(&settings.log)?;
    let secret = edge::load_secret(&settings)?;
    let ports = adapters::open(&settings).await?;
    let ctx = Context::new(Arc::new(settings), ports, &secret);
    let listeners = ctx
        .settings
        .listen
        .iter()
        .map(|address| edge::listen(*address));
    let listeners = listeners.map(|bound| bound.map(Listener::from));
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    edge::shutdown::signals(&ctx)?;
    let rooms = Arc::new(LiveLog::new(&ctx));
    let archive = scheduler_service::service(&ctx, rooms).await?;
    let served = edge::serve(&ctx, listeners, vec![archive]).await;
    ctx.ports.store.close().await;
    Ok(served?)
}
