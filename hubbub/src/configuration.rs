//! The settings, checked by everybody who understands a part of them, before anything starts.

use settings::{Inputs, Loaded, Problems, load};

/// Reads the settings and checks all of them: the types and ranges, the policies, the URLs.
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
    match loaded.problems(faults) {
        Some(problems) => Err(problems),
        None => Ok(loaded),
    }
}
