//! What was measured on, by what matters to who compares.

use std::{fs, thread::available_parallelism};

/// Cores, the processor's model and the kernel.
pub(super) fn describe() -> String {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name").then(|| value.trim().to_owned())
    });
    let model = model.unwrap_or_else(|| "an unknown processor".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("{cores} cores, {model}, Linux {kernel}")
}
