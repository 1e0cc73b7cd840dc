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
    let (path, body, as_json) = request(command)?;
    let account = client.post(path, &body).await?;
    if as_json {
        output.json(&account);
    } else {
        output.line(&done(command, &account));
    }
    Ok(())
}

/// What is posted where, and whether the answer is to be JSON.
fn request(command: &User) -> Result<(&'static str, Value, bool), Failure> {
    Ok(match command {
        User::Create {
            name,
            admin,
            email,
            json,
            ..
        } => {
            let password = password()?;
            let body = json!({
                "username": name, "email": email, "admin": admin, "password": password,
            });
            ("/api/v1/admin/users", body, *json)
        }
        User::Password { name, json, .. } => {
            let body = json!({"username": name, "password": password()?});
            ("/api/v1/admin/users/password", body, *json)
        }
        User::Admin {
            name, grant, json, ..
        } => {
            let body = json!({"username": name, "admin": grant});
            ("/api/v1/admin/users/rights", body, *json)
        }
    })
}

/// What was done, for people.
fn done(command: &User, account: &Value) -> String {
    match command {
        User::Create { name, admin, .. } => {
            let id = account["id"].as_str().unwrap_or_default();
            let role = if *admin { "administrator" } else { "user" };
            format!("created {role} {name} ({id})")
        }
        User::Password { name, .. } => {
            format!("{name} has another password; all their sessions have ended")
        }
        User::Admin {
            name, grant: true, ..
        } => format!("{name} is an administrator"),
        User::Admin { name, .. } => format!("{name} is no administrator"),
    }
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
