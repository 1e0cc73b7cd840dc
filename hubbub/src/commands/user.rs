//! `hubbub user`: people.

use std::io::{self, BufRead};

use serde_json::{Value, json};

use crate::{Failure, cli::User, client::Client, output::Output};

/// Longest line that is taken for a password.
const LONGEST: u64 = 4 * 1024;

/// Does it.
pub(crate) async fn run(
    command: &User,
    client: &mut Client,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let User::Create {
        name,
        admin,
        email,
        json: as_json,
        ..
    } = command;
    let body = json!({
        "username": name,
        "email": email,
        "admin": admin,
        "password": password()?,
    });
    let made = client.post("/api/v1/admin/users", &body).await?;
    if *as_json {
        output.json(&made);
        return Ok(());
    }
    let id = made.get("id").and_then(Value::as_str).unwrap_or_default();
    let role = if *admin { "administrator" } else { "user" };
    output.line(&format!("created {role} {name} ({id})"));
    Ok(())
}

/// The first line of the standard input, without its end.
fn password() -> Result<String, Failure> {
    let mut line = String::new();
    let mut input = io::Read::take(io::stdin().lock(), LONGEST);
    input.read_line(&mut line).map_err(|source| Failure::Io {
        what: "read the password from the standard input",
        source,
    })?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}
