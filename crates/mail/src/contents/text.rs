//! Text in the making, no more of it than there is room for.

use std::fmt;

use super::Reading;
use super::about::About;
use super::fault::Fault;

/// Characters of a reason that are kept: libraries quote what they choke on.
const REASON: usize = 200;

/// Text in the making.
#[derive(Debug)]
pub(super) struct Text {
    text: String,
    most: usize,
    is_cut: bool,
    /// What the document says of itself.
    pub(super) about: About,
}

impl Text {
    /// Room for so many bytes.
    pub(super) const fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            most,
            is_cut: false,
            about: About { title: None, author: None },
        }
    }

    /// Adds as much of it as there is room for.
    pub(super) fn push(&mut self, text: &str) {
        let left = self.most - self.text.len();
        let end = text.floor_char_boundary(left);
        self.text.push_str(text.get(..end).unwrap_or_default());
        self.is_cut |= end < text.len();
    }

    /// Whether something did not fit.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Bytes that still fit.
    pub(super) const fn left(&self) -> usize {
        self.most - self.text.len()
    }

    /// Forgets what was added.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.is_cut = false;
    }

    /// The text, with why there is no more of it.
    pub(super) fn finish(self, outcome: Result<(), Fault>) -> Reading {
        let cut = || self.is_cut.then_some(Fault::TooLarge("more text than is kept"));
        let fault = outcome.err().or_else(cut);
        let reason = fault.map(|fault| fault.to_string().chars().take(REASON).collect());
        let text = self.text.trim().replace('\0', "");
        Reading { text: (!text.is_empty()).then_some(text), unread: reason, about: self.about }
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}
