//! What a search found, with equal messages in one row where that was asked for.

use std::ops::ControlFlow;

use postern_archive::search::{Asker, Hit, Index, Row, Search};
use postern_gateway::wire::{Count, MessageView, ResultView};

use crate::{output, terminal};

/// One page. Without rows, each hit is alone in one.
pub(crate) struct Found {
    pub(crate) page: Vec<Row>,
    /// How many messages match in all.
    pub(crate) messages: usize,
    /// In how many rows, where equal messages are in one.
    pub(crate) rows: Option<usize>,
}

impl Found {
    /// Every message by itself.
    pub(crate) fn each(index: &Index, request: &Search<'_>, asker: &Asker) -> anyhow::Result<Self> {
        let found = index.search(request, asker)?;
        let alone = |hit| Row { hit, copies: Vec::new(), more: 0 };
        let page = found.hits.into_iter().map(alone).collect();
        Ok(Self { page, messages: found.count, rows: None })
    }

    /// Equal messages in one row.
    pub(crate) fn rows(index: &Index, request: &Search<'_>, asker: &Asker) -> anyhow::Result<Self> {
        let mut page = Vec::new();
        let found = index.rows(request, asker, &mut |row| {
            page.push(row);
            ControlFlow::Continue(())
        })?;
        Ok(Self { page, messages: found.messages, rows: Some(found.rows) })
    }

    /// How many rows there are in all.
    pub(crate) fn all(&self) -> usize {
        self.rows.unwrap_or(self.messages)
    }

    /// The ids of the rows.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.page.iter().map(|row| row.hit.message.id.clone()).collect()
    }

    /// The count for programs.
    pub(crate) fn count(&self) -> Count {
        let wide = |count| u64::try_from(count).unwrap_or(u64::MAX);
        Count { value: wide(self.messages), exact: true, rows: self.rows.map(wide) }
    }

    /// The results for programs.
    pub(crate) fn results(&self) -> Vec<ResultView> {
        let view = |row: &Row| match self.rows {
            Some(_) => MessageView::from(row),
            None => MessageView::from(&row.hit),
        };
        self.page.iter().map(|row| view(row).into()).collect()
    }
}

/// The lines of a hit with those of its copies behind them.
pub(crate) fn with_copies(lines: String, row: &Row) -> String {
    if row.copies.is_empty() {
        return lines;
    }
    let mut copies: Vec<_> = row.copies.iter().map(copy).collect();
    if row.more > 0 {
        copies.push(format!("and {} more", row.more));
    }
    let also = copies.iter().map(|copy| output::styled(output::FAINT, format!("     {copy}")));
    let also: Vec<_> = also.collect();
    format!("{}\n{}\n\n", lines.trim_end_matches('\n'), also.join("\n"))
}

/// A copy: its id and where it lies.
fn copy(copy: &Hit) -> String {
    let place = copy.place();
    let folder = place.folder.as_ref().map(|folder| format!("in {folder}"));
    let parts = [Some(copy.message.id.clone()), place.mailbox.clone(), folder];
    let parts: Vec<_> = parts.iter().flatten().map(|part| terminal::safe(part)).collect();
    format!("also {}", parts.join("  "))
}
