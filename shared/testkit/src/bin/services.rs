//! `services up|down|status`: MongoDB's protocol, Redis and RabbitMQ on this machine where there is
//! no Docker, for development. What they hold is gone when they end.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use testkit::{
    Kind,
    mongo_server::{MongoProgram, MongoServer},
    rabbit_server::{RabbitProgram, RabbitServer},
    redis_server::{RedisProgram, RedisServer},
    target_directory,
};
use tokio::signal::unix::{SignalKind, signal};

/// How long it may take until all three serve: the first time they may have to be installed.
const PATIENCE: Duration = Duration::from_secs(900);

/// How long their end may take.
const END: Duration = Duration::from_secs(60);

/// How long one of them may take to be connected to.
const CONNECT: Duration = Duration::from_secs(2);

const USAGE: &str = "usage: services up | down | status";

fn main() -> ExitCode {
    match perform(std::env::args().nth(1).as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("services: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Option<&str>) -> Result<()> {
    let place = Place::make()?;
    match command {
        Some("up") => up(&place),
        Some("down") => down(&place),
        Some("status") => status(&place),
        Some("hold") => hold(&place),
        _ => bail!(USAGE),
    }
}

/// Where it is written down what runs.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn make() -> Result<Self> {
        let folder = target_directory().join("services");
        fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        Ok(Self { folder })
    }

    /// The variables by which Hubbub and its tests find the servers.
    fn variables(&self) -> PathBuf {
        self.folder.join("env")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn pid(&self) -> PathBuf {
        self.folder.join("pid")
    }

    /// The process that holds the servers, if it lives.
    fn holder(&self) -> Option<String> {
        let pid = fs::read_to_string(self.pid()).ok()?;
        let command = fs::read(format!("/proc/{}/cmdline", pid.trim())).ok()?;
        let ours = command.windows(4).any(|part| part == b"hold");
        ours.then(|| pid.trim().to_owned())
    }
}

/// Starts a process that holds the servers, and waits until they serve.
fn up(place: &Place) -> Result<()> {
    if place.holder().is_some() {
        println!("They run already.");
        return status(place);
    }
    let _ = fs::remove_file(place.variables());
    let log = fs::File::create(place.log())?;
    println!("Starting MongoDB's protocol, Redis and RabbitMQ; the first time they are installed.");
    let mut holder = Command::new(std::env::current_exe()?)
        .arg("hold")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-c of this terminal is not for them.
        .process_group(0)
        .spawn()?;
    fs::write(place.pid(), holder.id().to_string())?;
    let served = until(PATIENCE, || {
        if let Some(status) = holder.try_wait()? {
            let log = fs::read_to_string(place.log())?;
            bail!("they did not start ({status}):\n{log}");
        }
        Ok(place.variables().exists())
    })?;
    ensure!(
        served,
        "not up after {} s, see {}",
        PATIENCE.as_secs(),
        place.log().display()
    );
    status(place)
}

/// Holds the servers until it is told to end.
fn hold(place: &Place) -> Result<()> {
    let mongo = MongoServer::start()?;
    let redis = RedisServer::start()?;
    let rabbit = RabbitServer::start()?;
    println!(
        "{}; {}; {}",
        mongo.describe(),
        redis.describe(),
        rabbit.describe()
    );
    let store = mongo.url_of("hubbub");
    let variables = [
        ("STORE_URL", store.as_str()),
        ("CACHE_URL", redis.url()),
        ("BUS_URL", redis.url()),
        ("QUEUE_URL", rabbit.url()),
        (MongoProgram::VARIABLE, mongo.url()),
        (RedisProgram::VARIABLE, redis.url()),
        (RabbitProgram::VARIABLE, rabbit.url()),
    ];
    let lines = variables.map(|(name, url)| format!("{name}={}\n", quoted(url)));
    let text = lines.concat();
    // Whoever waits for it finds it whole.
    let draft = place.folder.join("env.draft");
    fs::write(&draft, text)?;
    fs::rename(draft, place.variables())?;
    told_to_end()?;
    let _ = fs::remove_file(place.variables());
    Ok(())
}

/// A value as a shell reads it: URLs have `&` in them.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[tokio::main(flavor = "current_thread")]
async fn told_to_end() -> Result<()> {
    signal(SignalKind::terminate())?.recv().await;
    Ok(())
}

fn down(place: &Place) -> Result<()> {
    let Some(pid) = place.holder() else {
        println!("They do not run.");
        return Ok(());
    };
    let sent = Command::new("kill").args(["-TERM", &pid]).status()?;
    ensure!(sent.success(), "process {pid} cannot be told to end");
    let ended = until(END, || Ok(place.holder().is_none()))?;
    ensure!(
        ended,
        "process {pid} does not end, see {}",
        place.log().display()
    );
    println!("They are down, and what they held is gone.");
    Ok(())
}

/// Says where each is, and whether it can be reached.
fn status(place: &Place) -> Result<()> {
    ensure!(
        place.holder().is_some(),
        "they do not run; start them: just services up"
    );
    let text = fs::read_to_string(place.variables()).context("they are not up yet")?;
    let mut away = Vec::new();
    for line in text.lines() {
        let (name, url) = line.split_once('=').context("a variable")?;
        if ["STORE_URL", "CACHE_URL", "QUEUE_URL"].contains(&name) {
            let there = reachable(url);
            println!("{}  {line}", if there { "up  " } else { "away" });
            if !there {
                away.push(name);
            }
        }
    }
    ensure!(
        away.is_empty(),
        "away: {}; see {}",
        away.join(", "),
        place.log().display()
    );
    let file = place.variables();
    println!(
        "Hubbub finds them with: set -a; . {}; set +a",
        file.display()
    );
    Ok(())
}

fn reachable(url: &str) -> bool {
    let authority = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split(['/', '?', '\'']).next());
    let host = authority.and_then(|authority| authority.rsplit('@').next());
    let address = host.and_then(|host| host.parse::<SocketAddr>().ok());
    // A given server may have a name, which is its owner's to look after.
    address.is_none_or(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
}

/// Asks until the answer is yes, or the time is over.
fn until(limit: Duration, mut ask: impl FnMut() -> Result<bool>) -> Result<bool> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if ask()? {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(false)
}
