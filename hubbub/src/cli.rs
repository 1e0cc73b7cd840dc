//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use settings::{Flags, Inputs, process_variables};

/// A self-hosted chat backend: rooms over WebSocket, notifications, and an archive on a schedule.
///
/// Without a command it serves. Commands that administer work on the data folder if no server
/// uses it, and through the running server otherwise.
#[derive(Debug, Parser)]
#[command(name = "hubbub", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    serve: Serve,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags of every command.
#[derive(Debug, Args)]
struct Common {
    /// Folder for all that embedded mode keeps [default: ./data].
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Configuration file [default: ./hubbub.toml if it is there].
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

/// Flags of serving.
#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Address to listen on, may be repeated [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Vec<SocketAddr>,
    /// Makes people and rooms to try things out with, and prints their password; needs every
    /// listener on loopback.
    #[arg(long)]
    demo: bool,
    /// Lifts rate limits and session caps, for benchmarks; needs every listener on loopback.
    #[arg(long)]
    no_limits: bool,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves chat, notifications and the archive's schedules (the default).
    Serve(Serve),
    /// People.
    #[command(subcommand)]
    User(User),
    /// Archive policies and their runs.
    #[command(subcommand)]
    Archive(Archive),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Carries everything that a stopped installation keeps over to another store: up to MongoDB,
    /// or back. Interrupted, it goes on where it was when it is asked again.
    Migrate(Migrate),
    /// Carries what another chat backend keeps into this installation, which must be empty.
    /// Interrupted, it goes on where it was when it is asked again.
    #[command(subcommand)]
    Import(Import),
    /// Looks for what would keep a server from starting, or troubles one that runs.
    Doctor(Doctor),
}

/// Where to, and how sure.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The other store, as in STORE_URL: mongodb://HOST/DATABASE or sqlite:PATH. In MIGRATE_TO,
    /// other users of this machine do not see the password.
    #[arg(long, value_name = "URL", env = "MIGRATE_TO", hide_env_values = true)]
    pub(crate) to: String,
    /// Says what would be carried and whether the other store is fit, and changes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// From where.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// From the Go backend whose clients speak the `rooms` dialect: accounts with their passwords,
    /// rooms, members and messages. Its services must be stopped; its database is only read.
    GoChat(GoChat),
}

/// Which database, and how sure.
#[derive(Debug, Args)]
pub(crate) struct GoChat {
    /// Its database: mongodb://HOST/[chat_app]. In IMPORT_MONGODB, other users of this machine do
    /// not see the password.
    #[arg(
        long,
        value_name = "URL",
        env = "IMPORT_MONGODB",
        hide_env_values = true
    )]
    pub(crate) mongodb: String,
    /// Says what would become of everything and whether this installation is fit, and changes
    /// nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Where the doctor looks.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Address that the server is to listen on, may be repeated, where flags say it and no file.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Vec<SocketAddr>,
    /// Also asks the public address whether requests arrive as they were sent.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Answers in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// People.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Makes an account. The password is read from the standard input.
    Create {
        /// The username.
        name: String,
        /// Makes them an administrator.
        #[arg(long)]
        admin: bool,
        /// Their e-mail address.
        #[arg(long)]
        email: Option<String>,
        /// Reads the password from the first line of the standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Gives somebody another password, and ends all their sessions.
    Password {
        /// The username.
        name: String,
        /// Reads the password from the first line of the standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes somebody an administrator, or no longer.
    Admin {
        /// The username.
        name: String,
        /// Lets them administer.
        #[arg(long, required_unless_present = "revoke", conflicts_with = "revoke")]
        grant: bool,
        /// Lets them administer no longer.
        #[arg(long)]
        revoke: bool,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Archive policies and their runs.
#[derive(Debug, Subcommand)]
pub(crate) enum Archive {
    /// Says what a run would move, and moves nothing. Good for 24 hours.
    Plan(Plan),
    /// Runs a policy now, or a plan, and waits for its end.
    Run {
        /// The policy's name or id.
        #[arg(required_unless_present = "plan", conflicts_with = "plan")]
        policy: Option<String>,
        /// The id of the plan to carry out.
        #[arg(long, value_name = "ID", value_parser = run_id)]
        plan: Option<String>,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists runs, newest first.
    Runs {
        /// How many at most.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Brings back what a run moved, and waits for the end of it.
    Restore(Restore),
    /// Lists the policies and when they run next.
    Policies {
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lets a policy rest until it is resumed.
    Pause {
        /// The policy's name or id.
        policy: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lets a policy that was paused go on with its next time.
    Resume {
        /// The policy's name or id.
        policy: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says which policies cover a room, what of it is due, and when they run next.
    Explain {
        /// The room's id, or the channel's name.
        room: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says what a schedule means: as cron, in words, and the next five times.
    Schedule {
        /// Cron of five or six fields, or plain English like 'every day at 3'.
        schedule: String,
        /// The IANA time zone in which it is meant.
        #[arg(long, default_value = "UTC")]
        zone: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What a plan is made of: a policy, or an age and perhaps rooms.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The policy's name or id.
    #[arg(required_unless_present = "older_than", conflicts_with = "older_than")]
    pub(crate) policy: Option<String>,
    /// Instead of a policy: how old messages must be, like '90 days'.
    #[arg(long, value_name = "AGE")]
    pub(crate) older_than: Option<String>,
    /// Only in this channel, may be repeated [default: all rooms].
    #[arg(long = "room", value_name = "NAME", conflicts_with = "policy")]
    pub(crate) rooms: Vec<String>,
    /// Answers in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is to come back, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The id of the run.
    #[arg(value_parser = run_id)]
    pub(crate) run: String,
    /// Only this room of the run, by its name or id.
    #[arg(long, value_name = "NAME")]
    pub(crate) room: Option<String>,
    /// For how many days runs leave alone what comes back [default: 30].
    #[arg(long, value_name = "DAYS")]
    pub(crate) hold_days: Option<u32>,
    /// Answers in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Says whether the configuration is good, or all that is wrong with it.
    Check,
    /// Prints every key with its value and where that comes from; secrets as ***.
    Show {
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Cli {
    /// Splits what was asked for from what the settings are made of.
    ///
    /// # Errors
    /// Flags of `serve` in front of another command.
    pub(crate) fn take(self) -> Result<(Command, Inputs), clap::Error> {
        let Self {
            common,
            serve,
            command,
        } = self;
        let command = match command {
            None => Command::Serve(serve),
            Some(Command::Serve(after)) => Command::Serve(serve.and(after)),
            Some(_) if !serve.is_empty() => return Err(misplaced()),
            Some(other) => other,
        };
        let mut flags = Flags {
            data: common.data,
            ..Flags::default()
        };
        if let Command::Serve(serve) = &command {
            flags.listen.clone_from(&serve.listen);
            flags.no_limits = serve.no_limits;
        }
        if let Command::Doctor(doctor) = &command {
            flags.listen.clone_from(&doctor.listen);
        }
        let inputs = Inputs {
            flags,
            variables: process_variables(),
            file: common.config,
            folder: PathBuf::new(),
        };
        Ok((command, inputs))
    }
}

impl Serve {
    /// Whether there are to be people and rooms to try things out with.
    pub(crate) fn demo(&self) -> bool {
        self.demo
    }

    fn is_empty(&self) -> bool {
        self.listen.is_empty() && !self.no_limits && !self.demo
    }

    /// `hubbub --listen A serve --listen B` listens on both.
    fn and(mut self, after: Self) -> Self {
        self.listen.extend(after.listen);
        self.no_limits |= after.no_limits;
        self.demo |= after.demo;
        self
    }
}

fn misplaced() -> clap::Error {
    use clap::{CommandFactory as _, error::ErrorKind};
    let text = "--listen, --demo and --no-limits are flags of `hubbub serve`";
    Cli::command().error(ErrorKind::ArgumentConflict, text)
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| settings::ADDRESS)
}

/// Plans are runs, too.
fn run_id(text: &str) -> Result<String, &'static str> {
    let parsed = text.parse::<domain::RunId>();
    parsed.map_err(|_| "not the id of a run; `hubbub archive runs` lists them")?;
    Ok(text.to_owned())
}
