//! What a command prints.

use std::io::{ErrorKind, Result, Write};

use serde_json::Value;

use crate::Failure;

/// Where a command prints its result. Nothing more is printed after a write that failed;
/// [`Output::end`] tells of it.
pub(crate) struct Output<'a> {
    to: &'a mut dyn Write,
    written: Result<()>,
}

impl<'a> Output<'a> {
    /// Prints to `to`.
    pub(crate) fn new(to: &'a mut dyn Write) -> Self {
        let written = Ok(());
        Self { to, written }
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, text: &str) {
        if self.written.is_ok() {
            self.written = writeln!(self.to, "{text}");
        }
    }

    /// Says whether all was printed. Who closed the other end (`| head`) wants no more: that is
    /// no failure.
    ///
    /// # Errors
    /// What the system said, as of a full disk.
    pub(crate) fn end(self) -> std::result::Result<(), Failure> {
        match self.written.and_then(|()| self.to.flush()) {
            Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(Failure::Io {
                what: "write to the standard output",
                source,
            }),
            _ => Ok(()),
        }
    }

    /// Prints a value as JSON.
    pub(crate) fn json(&mut self, value: &Value) {
        self.line(&format!("{value:#}"));
    }

    /// Prints rows below a heading, in columns as wide as they need.
    pub(crate) fn table(&mut self, heading: &[&str], rows: &[Vec<String>]) {
        let widths: Vec<usize> = (0..heading.len())
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|cell| cell.chars().count()).max();
                widest.unwrap_or(0).max(heading[column].len())
            })
            .collect();
        let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
        for row in std::iter::once(&heading).chain(rows) {
            let cells = row.iter().zip(&widths);
            let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            self.line(line.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let mut text = Vec::new();
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["long".to_owned(), "2".to_owned()],
        ];
        Output::new(&mut text).table(&["name", "n"], &rows);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "name  n\na     1\nlong  2\n"
        );
    }
}
