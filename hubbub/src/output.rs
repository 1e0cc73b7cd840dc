//! What a command prints.

use std::io::Write;

use serde_json::Value;

/// Where a command prints its result. Who closed the other end (`| head`) wants no more, so that
/// a failed write is no failure.
pub(crate) struct Output<'a>(&'a mut dyn Write);

impl<'a> Output<'a> {
    /// Prints to `to`.
    pub(crate) fn new(to: &'a mut dyn Write) -> Self {
        Self(to)
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "{text}");
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
