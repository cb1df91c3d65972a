//! The headers of another message that stand in the text.

use super::page::Page;
use super::words::{DATE, FROM, SENT, SUBJECT, TO};

/// Lines of a block of headers at most.
const MAX_LINES: usize = 40;
/// Bytes of the name of a header.
const MAX_NAME: usize = 32;

/// The first byte of `：`.
const OTHER_COLON: u8 = 0xef;

/// A header that says what a block of lines is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    From,
    Sent,
    Date,
    To,
    Subject,
    /// One that only programs write.
    Raw,
    Other,
}

impl Label {
    /// The label at the beginning of a line.
    pub(super) fn of(line: &str) -> Option<Self> {
        let line = line.trim_start_matches(['*', ' ', '\t', '|', '\u{a0}']);
        let start = line.get(..line.floor_char_boundary(MAX_NAME)).unwrap_or(line);
        // Most lines have neither, and the other colon begins with this byte.
        memchr::memchr2(b':', OTHER_COLON, start.as_bytes())?;
        let (name, _) = start.split_once([':', '：'])?;
        let name = name.trim_end_matches(['*', ' ', '\u{a0}']).to_lowercase();
        let named = |names: &[&str]| names.contains(&name.as_str());
        let known = [
            (Self::From, named(&FROM)),
            (Self::Sent, named(&SENT)),
            (Self::Date, named(&DATE)),
            (Self::To, named(&TO)),
            (Self::Subject, named(&SUBJECT)),
            (Self::Raw, matches!(&*name, "message-id" | "received" | "return-path" | "path")),
        ];
        let known = known.into_iter().find_map(|(label, is_it)| is_it.then_some(label));
        known.or_else(|| is_header_name(&name).then_some(Self::Other))
    }
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Lines that are the headers of another message.
pub(super) struct Block {
    pub(super) end: usize,
    labels: Vec<Label>,
}

impl Block {
    /// The headers from a line on.
    pub(super) fn at(page: &Page<'_>, start: usize) -> Self {
        let (mut end, mut labels, mut folded) = (start, Vec::new(), 0);
        while end < page.len() && end - start < MAX_LINES && !page.is_blank(end) {
            let line = page.get(end).map_or("", |line| line.text);
            let label = Label::of(line).filter(|_| page.mark(end).is_none());
            let goes_on = !labels.is_empty() && (line.starts_with([' ', '\t']) || folded < 2);
            match label {
                Some(label) => {
                    labels.push(label);
                    folded = 0;
                }
                None if goes_on && page.mark(end).is_none() => folded += 1,
                None => break,
            }
            end += 1;
        }
        // What is folded last is text that follows the headers without a blank line.
        Self { end: end - if page.is_blank(end) { 0 } else { folded }, labels }
    }

    fn has(&self, label: Label) -> bool {
        self.labels.contains(&label)
    }

    /// Whether it names a sender and a time, as programs do before a quotation.
    pub(super) fn says_who_wrote(&self) -> bool {
        self.has(Label::From) && (self.has(Label::Date) || self.has(Label::Sent))
    }

    /// Whether it has all that programs write above an original, so that nothing else is needed to be sure.
    pub(super) fn is_whole(&self) -> bool {
        self.says_who_wrote() && self.has(Label::To) && self.has(Label::Subject)
    }

    /// Whether a whole message follows. At the beginning of a text it takes more to be sure.
    pub(super) fn is_original(&self, is_first: bool) -> bool {
        let (to, subject) = (self.has(Label::To), self.has(Label::Subject));
        let is_enough = match is_first {
            true => subject && (to || self.has(Label::Raw)),
            false => to || self.has(Label::Sent) && subject,
        };
        self.says_who_wrote() && is_enough
    }
}
