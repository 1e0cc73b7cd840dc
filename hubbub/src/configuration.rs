//! The settings, checked by everybody who understands a part of them, before anything starts.

use edge::{auth::SecretError, telemetry};
use settings::{Inputs, Loaded, Problems, Settings, load};

/// Reads the settings and checks all of them: the types and ranges, the policies, the URLs, the
/// secrets, the log's filter, the way to the collector of traces.
///
/// # Errors
/// All that is wrong, each in one line that says what to do.
pub(crate) fn read(inputs: &Inputs) -> Result<Loaded, Problems> {
    let loaded = load(inputs)?;
    let mut faults = Vec::new();
    let settings = &loaded.settings;
    let policies =
        scheduler_service::policies::from_settings(&settings.archive.policies, &settings.limits);
    for problem in policies.err().into_iter().flatten() {
        faults.push((problem.path, problem.reason));
    }
    if let Err(problem) = adapters::check(settings) {
        faults.push((problem.key.to_owned(), problem.text));
    }
    faults.extend(secrets(settings).err());
    faults.extend(telemetry::faults(settings));
    match loaded.problems(faults) {
        Some(problems) => Err(problems),
        None => Ok(loaded),
    }
}

/// A key, and what is wrong with it.
type Fault = (String, String);

fn secrets(settings: &Settings) -> Result<(), Fault> {
    edge::auth::check_secrets(settings).map_err(|error| {
        let key = match &error {
            SecretError::Short(key) | SecretError::WellKnown(key) => key,
            _ => "auth.secret",
        };
        about(key, &error)
    })
}

/// Takes from a text that is whole by itself the key that it begins with.
fn about(key: &str, error: &impl ToString) -> Fault {
    let text = error.to_string();
    let rest = text.strip_prefix(key).unwrap_or(&text);
    let rest = rest.trim_start_matches([':', ' ']).to_owned();
    (key.to_owned(), rest)
}
