//! How far a run is, for people who wait for it.

use indicatif::{ProgressBar, ProgressStyle};
use protocol::native::archive::RunView;

/// A bar on the standard error output. It shows nothing where that is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    expected: u64,
}

impl Progress {
    /// Begins to show a run of which `expected` messages are known beforehand.
    pub(super) fn of(run: &RunView, expected: Option<u64>) -> Self {
        let expected = expected.unwrap_or_default();
        let bar = ProgressBar::new(expected).with_message(run.policy.name.clone());
        let template = "{msg} [{bar:40}] {human_pos}/{human_len} messages  {elapsed}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, expected }
    }

    /// Shows how far it is. Without a plan, a room counts from when the run comes to it.
    pub(super) fn show(&self, run: &RunView) {
        let known = self.expected.max(run.total.due);
        // A bar of nothing would look like one that is full.
        if known > 0 {
            self.bar.set_length(known);
            self.bar.set_position(run.total.moved);
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}
