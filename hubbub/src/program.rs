//! The program: what was asked for, done, and told.

use std::{
    io::{Write, stderr, stdout},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use settings::{Inputs, Loaded};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    Failure, Server,
    banner::Banner,
    cli::{Cli, Command, Doctor, Import, Migrate, Serve},
    commands, configuration, data, demo,
    office::Office,
    output::Output,
    server,
};

/// The program `hubbub`, whole: reads the command line, does what it says, and gives the exit
/// code: 0 done, 1 failed (with one line on the standard error output that says what to do), 2
/// not understood.
#[must_use]
pub fn main() -> ExitCode {
    let (command, inputs) = match Cli::try_parse().and_then(Cli::take) {
        Ok(asked) => asked,
        Err(error) => return usage(&error),
    };
    match perform(&command, &inputs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&command, &failure);
            ExitCode::FAILURE
        }
    }
}

/// One line; but all that is wrong, to who asks about the configuration.
fn tell(command: &Command, failure: &Failure) {
    let mut stderr = stderr().lock();
    let _ = match (command, failure) {
        (Command::Config(_), Failure::Settings(problems)) => problems
            .0
            .iter()
            .try_for_each(|problem| writeln!(stderr, "hubbub: {problem}")),
        _ => writeln!(stderr, "hubbub: {failure}"),
    };
}

/// Help and version are no errors.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn perform(command: &Command, inputs: &Inputs) -> Result<(), Failure> {
    if let Command::Config(command) = command {
        let mut stdout = stdout().lock();
        let mut output = Output::new(&mut stdout);
        commands::config::run(command, inputs, &mut output)?;
        return output.end();
    }
    if let Command::Doctor(asked) = command {
        return runtime()?.block_on(examine(asked, inputs));
    }
    let loaded = configuration::read(inputs)?;
    runtime()?.block_on(async {
        match command {
            Command::Serve(flags) => serve(loaded, flags).await,
            Command::Migrate(asked) => migrate(asked, &loaded).await,
            Command::Import(asked) => import(asked, &loaded).await,
            command => administer(command, &loaded).await,
        }
    })
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|source| Failure::Io {
        what: "start the threads",
        source,
    })
}

async fn examine(asked: &Doctor, inputs: &Inputs) -> Result<(), Failure> {
    let mut stdout = stdout();
    let mut output = Output::new(&mut stdout);
    let examined = commands::doctor::run(asked, inputs, &mut output).await;
    output.end().and(examined)
}

async fn migrate(asked: &Migrate, loaded: &Loaded) -> Result<(), Failure> {
    let mut stdout = stdout();
    let mut output = Output::new(&mut stdout);
    let migrated = commands::migrate::run(asked, &loaded.settings, &mut output).await;
    output.end().and(migrated)
}

async fn import(asked: &Import, loaded: &Loaded) -> Result<(), Failure> {
    let mut stdout = stdout();
    let mut output = Output::new(&mut stdout);
    let imported = commands::import::run(asked, &loaded.settings, &mut output).await;
    output.end().and(imported)
}

/// Serves until a signal, or until a part fails.
async fn serve(loaded: Loaded, flags: &Serve) -> Result<(), Failure> {
    edge::telemetry::init("hubbub", &loaded.settings)?;
    // First, since what is waited for may be away for long.
    let drain = CancellationToken::new();
    edge::shutdown::signals(&loaded.settings, &drain).map_err(|source| Failure::Io {
        what: "listen to signals",
        source,
    })?;
    let folder = server::claim(&loaded.settings.data)?;
    if flags.demo() {
        demo::check(&loaded.settings, &loaded.settings.listen)?;
    }
    let listeners = server::bind(&loaded.settings)?;
    let opened = server::open(loaded.settings);
    let Some(opened) = drain.run_until_cancelled(opened).await else {
        return Ok(());
    };
    let server = server::serve(opened?.context(drain), folder, listeners).await?;
    let told = async {
        server.ready().await?;
        tell_banner(&server, flags, loaded.file.as_deref()).await
    };
    match told.await {
        Ok(()) => server.wait().await,
        // Whoever was told to end while it waited has done so, and not failed.
        Err(_) if server.is_draining() => server.wait().await,
        Err(failure) => Err(server.give_up(failure).await),
    }
}

async fn tell_banner(server: &Server, flags: &Serve, file: Option<&Path>) -> Result<(), Failure> {
    let banner = banner(server, flags, file).await?;
    // Whoever closed the other end does not want to read it.
    let _ = write!(stdout(), "{banner}").and_then(|()| stdout().flush());
    Ok(())
}

/// What is to be said of a server that is ready, once all that it tells of is there.
async fn banner(server: &Server, flags: &Serve, file: Option<&Path>) -> Result<String, Failure> {
    let demo = match flags.demo() {
        true => Some(demo::furnish(server).await?),
        false => None,
    };
    let dependencies = server.ctx().ports.dependencies.iter();
    let banner = Banner {
        spared: dependencies
            .map(|(part, dependency)| (*part, dependency.describe()))
            .collect(),
        settings: &server.ctx().settings,
        file,
        store: server.ctx().ports.store.describe(),
        addresses: server.addresses(),
        setup: server.open_setup().await?,
        demo,
    };
    Ok(banner.to_string())
}

async fn administer(command: &Command, loaded: &Loaded) -> Result<(), Failure> {
    if !makes(command) && !data::is_there(&loaded.settings) {
        let data = loaded.settings.data.clone();
        return Err(Failure::Nothing { data });
    }
    let mut office = Office::enter(&loaded.settings).await?;
    let mut stdout = stdout();
    let mut output = Output::new(&mut stdout);
    let done = match command {
        Command::User(command) => {
            commands::user::run(command, &mut office.client, &mut output).await
        }
        Command::Archive(command) => {
            commands::archive::run(command, &mut office.client, &mut output).await
        }
        // Those need no office.
        Command::Serve(_)
        | Command::Config(_)
        | Command::Doctor(_)
        | Command::Migrate(_)
        | Command::Import(_) => Ok(()),
    };
    office.leave().await;
    done.and_then(|()| output.end())
}

/// Whether the command may be the first in its data folder.
fn makes(command: &Command) -> bool {
    !matches!(command, Command::Archive(_))
}
