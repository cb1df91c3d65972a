//! A list for people and for spreadsheets.

use std::io;

use anyhow::Context as _;
use postern_archive::export::harmless;

use crate::{output, terminal};

/// Rows under the names of their columns.
#[derive(Debug)]
pub(crate) struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// A row has a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// For people: columns as wide as what is in them.
    ///
    /// # Errors
    ///
    /// When nobody reads any more.
    pub(crate) fn text(&self) -> anyhow::Result<()> {
        let head = self.columns.iter().map(ToString::to_string).collect();
        let rows =
            self.rows.iter().map(|row| row.iter().map(|cell| terminal::safe(cell)).collect());
        let lines: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
        let widths: Vec<_> = (0..self.columns.len())
            .map(|column| {
                lines.iter().filter_map(|line| line.get(column)).map(|cell| width(cell)).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        for (number, line) in lines.iter().enumerate() {
            let padded = line.iter().zip(&widths).map(|(cell, most)| {
                format!("{cell}{}", " ".repeat(most.saturating_sub(width(cell))))
            });
            let line = padded.collect::<Vec<_>>().join("  ");
            let line = line.trim_end();
            match number {
                0 => output::line(output::styled(output::STRONG, line))?,
                _ => output::line(line)?,
            }
        }
        Ok(())
    }

    /// For programs: exact, but for what a spreadsheet would take for a formula.
    ///
    /// # Errors
    ///
    /// When nobody reads any more.
    pub(crate) fn csv(&self) -> anyhow::Result<()> {
        let mut out = csv::Writer::from_writer(io::stdout().lock());
        let head = self.columns.iter().map(ToString::to_string).collect();
        for row in [&head].into_iter().chain(&self.rows) {
            out.write_record(row.iter().map(|cell| harmless(cell)))?;
        }
        out.flush().context("the result cannot be written")
    }
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}
