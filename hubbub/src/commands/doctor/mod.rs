//! `hubbub doctor`: what would keep a server from starting, or troubles one that runs. It leaves
//! nothing behind, asks nobody outside but the servers of the settings, the storage of the files
//! and the address it is given, and works beside a running server.

mod data;
mod files;
mod live;
mod machine;
mod outside;
mod secrets;

use serde_json::{Value, json};
use settings::{Inputs, Loaded, Settings};
use tokio_util::task::TaskTracker;

use crate::{
    Failure,
    cli::Doctor,
    client::Client,
    configuration,
    data::{admin_socket, holder},
    output::Output,
};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// What was looked at, and what was found.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    level: Level,
    what: &'static str,
    text: String,
}

/// The server that has the data folder.
struct Running {
    client: Client,
    /// Its process, if that could be read.
    process: Option<u32>,
}

/// Looks at everything and tells of it, a line each.
///
/// # Errors
/// [`Failure::Unwell`] when something fails; what the output says.
pub(crate) async fn run(
    asked: &Doctor,
    inputs: &Inputs,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let findings = match configuration::read(inputs) {
        Ok(loaded) => examine(&loaded, asked.url.as_deref()).await,
        Err(problems) => {
            let found = problems.0.iter().map(ToString::to_string);
            found
                .map(|text| Finding::fail("configuration", text))
                .collect()
        }
    };
    if asked.json {
        output.json(&findings.iter().map(Finding::json).collect());
    } else {
        findings
            .iter()
            .for_each(|finding| output.line(&finding.line()));
    }
    match findings
        .iter()
        .filter(|finding| finding.level == Level::Fail)
        .count()
    {
        0 => Ok(()),
        failed => Err(Failure::Unwell { failed }),
    }
}

async fn examine(loaded: &Loaded, url: Option<&str>) -> Vec<Finding> {
    let settings = &loaded.settings;
    let mut running = Running::find(settings).await;
    let process = running.as_ref().and_then(|running| running.process);
    let mut found = vec![configured(loaded)];
    found.push(match &mut running {
        Some(running) => running.health().await,
        None => Finding::ok("server", "none runs on this data folder"),
    });
    found.extend(secrets::all(loaded));
    found.extend(secrets::issuers(settings).await);
    found.extend(data::all(settings).await);
    found.push(files::storage(settings).await);
    found.extend(live::all(settings).await);
    found.extend(machine::all(settings, running.is_some(), process));
    if let Some(url) = url {
        found.push(outside::way_in(settings, url).await);
    }
    found
}

fn configured(loaded: &Loaded) -> Finding {
    let source = match &loaded.file {
        Some(path) => path.display().to_string(),
        None => "defaults, variables and flags".to_owned(),
    };
    Finding::ok("configuration", source)
}

impl Running {
    async fn find(settings: &Settings) -> Option<Self> {
        let path = admin_socket(&settings.data);
        let client = Client::connect(&path, &TaskTracker::new()).await.ok()?;
        let process = holder(&settings.data);
        Some(Self { client, process })
    }

    async fn health(&mut self) -> Finding {
        match self.client.get("/readyz").await {
            Ok(_) => Finding::ok("server", "runs, and is ready"),
            Err(failure) => Finding::fail(
                "server",
                format!("runs and is not ready ({failure}) — look at /readyz?verbose and its log"),
            ),
        }
    }
}

impl Finding {
    fn ok(what: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Ok, what, text)
    }

    fn warn(what: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Warn, what, text)
    }

    fn fail(what: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Fail, what, text)
    }

    fn new(level: Level, what: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { level, what, text }
    }

    fn line(&self) -> String {
        format!("{:<4}  {:<13}  {}", self.level.name(), self.what, self.text)
    }

    fn json(&self) -> Value {
        json!({ "level": self.level.name(), "what": self.what, "text": self.text })
    }
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}
