//! `hubbub config`: what is configured, and whether it is good.

use serde_json::json;
use settings::{Inputs, Loaded, Problems, Shown};

use crate::{cli::ConfigCommand, configuration, output::Output};

/// Does it. All that is wrong is told, a line each.
pub(crate) fn run(
    command: &ConfigCommand,
    inputs: &Inputs,
    output: &mut Output<'_>,
) -> Result<(), Problems> {
    let loaded = configuration::read(inputs)?;
    match command {
        ConfigCommand::Check => output.line(&format!("ok: {}", source(&loaded))),
        ConfigCommand::Show { json: true } => output.json(&as_json(&loaded)),
        ConfigCommand::Show { json: false } => show(&loaded, output),
    }
    Ok(())
}

fn source(loaded: &Loaded) -> String {
    match &loaded.file {
        Some(path) => path.display().to_string(),
        None => "no configuration file; defaults, variables and flags".to_owned(),
    }
}

fn show(loaded: &Loaded, output: &mut Output<'_>) {
    let rows = loaded.shown();
    let left = |row: &Shown| format!("{} = {}", row.key, row.value);
    let width = rows.iter().map(|row| left(row).chars().count()).max();
    let width = width.unwrap_or_default().min(60);
    for row in rows {
        output.line(&format!("{:width$}  # {}", left(&row), row.origin));
    }
}

fn as_json(loaded: &Loaded) -> serde_json::Value {
    let row = |row: Shown| {
        let origin = row.origin.to_string();
        json!({ "key": row.key, "value": row.value, "origin": origin })
    };
    loaded.shown().into_iter().map(row).collect()
}
