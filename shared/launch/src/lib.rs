//! What the programs of the single services have in common: flags, settings, ports, signals, and
//! one line that says what to do when something is wrong.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Result, ensure};
use clap::{Args, Command, FromArgMatches};
use edge::{Context, Service};
use settings::{Flags, Inputs, Origin, Settings, process_variables};
use tokio_util::sync::CancellationToken;

/// A service that runs alone, in an installation whose services share a store.
pub struct Program {
    /// The program's name.
    pub name: &'static str,
    /// What it does, for `--help`.
    pub about: &'static str,
    /// The port of 127.0.0.1 that it listens on unless it is told otherwise.
    pub port: u16,
    /// What the service has against settings, besides what is checked for all: keys, and what to
    /// do.
    pub check: fn(&Settings) -> Vec<(String, String)>,
}

#[derive(Args)]
struct Cli {
    /// Address to listen on, may be repeated.
    #[arg(long, value_name = "ADDR")]
    listen: Vec<SocketAddr>,
    /// Configuration file [default: ./hubbub.toml if it is there].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Program {
    /// Serves what `services` makes until a signal, or until a part fails. Gives the exit code: 0
    /// ended as asked, 1 failed (with one line on the standard error output), 2 not understood.
    pub async fn run<S, F>(&self, services: S) -> ExitCode
    where
        S: FnOnce(Context) -> F,
        F: Future<Output = domain::Result<Vec<Service>>>,
    {
        let served = async {
            let settings = self.settings(self.flags())?;
            serve(self.name, settings, services).await
        };
        match served.await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: {error:#}", self.name);
                ExitCode::FAILURE
            }
        }
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Reads the command line; ends the process when it is not understood, or asks for help.
    fn flags(&self) -> Cli {
        let listen = format!(
            "Address to listen on, may be repeated [default: {}]",
            self.address()
        );
        let command = Command::new(self.name)
            .about(self.about)
            .version(env!("CARGO_PKG_VERSION"));
        let command = Cli::augment_args(command).mut_arg("listen", |arg| arg.help(listen));
        let matches = command.get_matches();
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    fn settings(&self, cli: Cli) -> Result<Settings> {
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
        let mut faults = (self.check)(&loaded.settings);
        faults.extend(edge::telemetry::faults(&loaded.settings));
        if let Some(problems) = loaded.problems(faults) {
            return Err(problems.into());
        }
        let unsaid = loaded.origin("listen") == Origin::Default;
        let mut settings = loaded.settings;
        if unsaid {
            settings.listen = vec![self.address()];
        }
        ensure!(
            !settings.backends.store_url.starts_with("sqlite:"),
            "the services alone need a store that they share; on sqlite: run `hubbub`, which is all of them"
        );
        Ok(settings)
    }
}

async fn serve<S, F>(name: &'static str, settings: Settings, services: S) -> Result<()>
where
    S: FnOnce(Context) -> F,
    F: Future<Output = domain::Result<Vec<Service>>>,
{
    edge::telemetry::init(name, &settings)?;
    let drain = CancellationToken::new();
    edge::shutdown::signals(&settings, &drain)?;
    let secret = edge::load_secret(&settings)?;
    let Some(ports) = drain.run_until_cancelled(adapters::open(&settings)).await else {
        return Ok(());
    };
    let ports = ports?;
    let bound = settings.listen.iter().map(|address| edge::listen(*address));
    let bound = bound.collect::<Result<Vec<_>, _>>()?;
    let listeners = edge::secured(bound, &settings.server.tls)?;
    let ctx = Context::draining_at(drain, Arc::new(settings), ports, &secret);
    let services = services(ctx.clone()).await?;
    let served = edge::serve(&ctx, listeners, services).await;
    ctx.ports.store.close().await;
    Ok(served?)
}
