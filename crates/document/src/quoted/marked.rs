//! A text, with what its markup says of whose words it is.

use std::borrow::Cow;

use postern_query::letters::as_seen;
use postern_query::{Message, Passage};

use super::page::MAX_LINES;
use super::passages;

/// A text and its passages, as far as its markup tells.
///
/// ```
/// use postern_document::quoted::Marked;
/// use postern_query::Message;
///
/// let mut message = Message::default();
/// Marked::join(vec!["one".to_owned().into(), "two".to_owned().into()]).fill(&mut message);
/// assert_eq!(message.body.as_deref(), Some("one\ntwo"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marked {
    /// The text.
    pub text: String,
    /// The passages that its markup tells, in their order and without overlap.
    pub marks: Vec<Passage>,
}

impl From<String> for Marked {
    fn from(text: String) -> Self {
        Self { text, marks: Vec::new() }
    }
}

impl Marked {
    /// One text below the other.
    #[must_use]
    pub fn join(texts: Vec<Self>) -> Self {
        let mut whole = Self::default();
        for (at, one) in texts.into_iter().enumerate() {
            if at > 0 {
                whole.text.push('\n');
            }
            let by = whole.text.len();
            whole.marks.extend(one.marks.iter().map(|mark| moved(mark, by)));
            whole.text.push_str(&one.text);
        }
        whole
    }

    /// Whether it has nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Makes it the body of a message, as readers see it.
    pub fn fill(self, message: &mut Message) {
        let marked = self.seen();
        message.passages = passages(&marked.text, &marked.marks);
        message.body = Some(marked.text);
    }

    /// The text as readers see it. That leaves the lines what they are.
    fn seen(self) -> Self {
        let Cow::Owned(seen) = as_seen(&self.text) else { return self };
        let (before, after) = (starts(&self.text), starts(&seen));
        let moved = |at: usize| {
            let line = before.partition_point(|start| *start < at);
            after.get(line).copied().unwrap_or(seen.len())
        };
        let range = |mark: &Passage| moved(mark.range.start)..moved(mark.range.end);
        let marks = self.marks.iter().map(|mark| Passage { range: range(mark), ..*mark }).collect();
        Self { text: seen, marks }
    }
}

/// Where lines begin, as far as they are looked at.
fn starts(text: &str) -> Vec<usize> {
    let others = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
    std::iter::once(0).chain(others).take(MAX_LINES).collect()
}

fn moved(mark: &Passage, by: usize) -> Passage {
    Passage { range: mark.range.start + by..mark.range.end + by, ..*mark }
}
