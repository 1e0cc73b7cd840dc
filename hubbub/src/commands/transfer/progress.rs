//! How far it is, for people who wait for it.

use domain::transfer::Part;
use indicatif::{ProgressBar, ProgressStyle};

use super::Counts;
use crate::output::Output;

/// A bar on the standard error output, which shows nothing where that is no terminal.
pub(crate) fn bar(verb: &'static str, many: u64, things: &str) -> ProgressBar {
    let bar = ProgressBar::new(many).with_message(verb);
    let template = format!(
        "{{msg}} [{{bar:40}}] {{human_pos}}/{{human_len}} {things}  {{elapsed}} (about {{eta}} left)"
    );
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A bar on the standard error output, which shows nothing where that is no terminal; and a line
/// for each part that is done.
pub(super) struct Progress<'p, 'o> {
    bar: ProgressBar,
    verb: &'static str,
    counts: &'p Counts,
    output: &'p mut Output<'o>,
}

impl<'p, 'o> Progress<'p, 'o> {
    /// Begins to show what is done with the records of all parts from `from` on.
    pub(super) fn of(
        verb: &'static str,
        counts: &'p Counts,
        from: Part,
        output: &'p mut Output<'o>,
    ) -> Self {
        let coming = counts.iter().filter(|(part, _)| *part >= from);
        Self {
            bar: bar(verb, coming.map(|(_, count)| count).sum(), "records"),
            verb,
            counts,
            output,
        }
    }

    /// So many more are done.
    pub(super) fn advance(&mut self, records: usize) {
        self.bar.inc(records as u64);
    }

    /// A part is done.
    pub(super) fn through(&mut self, part: Part) {
        let count = self.counts.iter().find(|(of, _)| *of == part);
        let count = count.map_or(0, |(_, count)| *count);
        let (verb, name) = (self.verb, part.name());
        let line = format!("{verb}: {count} {name}");
        self.bar.suspend(|| self.output.line(&line));
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}
