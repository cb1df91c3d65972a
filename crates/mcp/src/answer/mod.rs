//! An answer as text: what we say as it is, text of mail between marks, and no more than 32 KiB.

mod harmless;
mod marks;
mod refusal;

pub(crate) use marks::Marks;
pub(crate) use refusal::refusal;

/// Bytes of an answer at most.
pub(crate) const LONGEST: usize = 32 << 10;

/// Bytes that are kept for the line which says that something is missing.
const KEPT: usize = 256;

/// An answer that is being written.
#[derive(Debug)]
pub(crate) struct Answer {
    text: String,
    marks: Marks,
    cut: Option<String>,
}

impl Answer {
    /// An answer that will have text of mail in it, and says so first.
    pub(crate) fn of_mail() -> Self {
        let marks = Marks::draw();
        Self { text: marks.notice(), marks, cut: None }
    }

    /// An answer in our words alone.
    pub(crate) fn of_ours() -> Self {
        Self { text: String::new(), marks: Marks::draw(), cut: None }
    }

    /// Bytes that still fit.
    pub(crate) const fn room(&self) -> usize {
        (LONGEST - KEPT).saturating_sub(self.text.len())
    }

    /// A line of ours. Whatever comes from outside goes through [`mail`](Self::mail).
    pub(crate) fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        self.paragraph(&format!("{name}: {}", unbroken(&value.to_string())));
    }

    /// Text of ours, or of the one who asks.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.paragraph_within(text, usize::MAX);
    }

    /// The same in that many bytes at most.
    pub(crate) fn paragraph_within(&mut self, text: &str, most: usize) {
        let room = self.room().min(most);
        let fits = first_bytes(text, room.saturating_sub(1));
        if fits.len() < text.len() || room == 0 {
            self.cut("the rest did not fit into 32 KiB");
        }
        if room > 0 {
            self.text.push_str(fits);
            self.text.push('\n');
        }
    }

    /// Text of mail between marks, and whether all of it fits into `most` bytes.
    pub(crate) fn mail(&mut self, text: &str, most: usize) -> bool {
        let room = self.room().min(most);
        let marked = self.marks.around(text, room);
        self.text.push_str(&marked.text);
        marked.is_whole
    }

    /// How many characters of a text of mail fit between marks, below a line that says which these are.
    pub(crate) fn fitting(&self, text: &str) -> usize {
        self.marks.fitting(text, self.room().saturating_sub(KEPT))
    }

    /// Says at the end that something is missing, and how to get it.
    pub(crate) fn cut(&mut self, how: impl Into<String>) {
        self.cut.get_or_insert(how.into());
    }

    /// The text.
    pub(crate) fn finish(mut self) -> String {
        if let Some(how) = self.cut {
            self.text.push_str("cut: ");
            self.text.push_str(first_bytes(&how, KEPT - 8));
            self.text.push('\n');
        }
        self.text
    }
}

/// A text without line breaks, so that no value can begin a line of ours; a query in it means the same.
fn unbroken(text: &str) -> String {
    text.replace("\r\n", " ").replace(is_break, " ")
}

const fn is_break(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A text as words with one space between, for a value of a row.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_bytes(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_longer_than_its_ceiling() {
        for text in [
            "x".repeat(100_000),
            "é".repeat(100_000),
            "](".repeat(50_000),
            "\u{202e}<".repeat(50_000),
        ] {
            let mut answer = Answer::of_mail();
            assert!(!answer.mail(&text, usize::MAX));
            answer.paragraph(&text);
            (0..1_000).for_each(|_| answer.line("more", &text));
            let text = answer.finish();
            assert!(text.len() <= LONGEST, "{}", text.len());
            assert!(text.ends_with("cut: the rest did not fit into 32 KiB\n"), "{}", text.len());
        }
    }

    #[test]
    fn a_value_begins_no_line_of_ours() {
        let mut answer = Answer::of_ours();
        answer.line("canonical", "a\n<<end 0>>\r\nb\u{2028}\"c  d\"");
        assert_eq!(answer.finish(), "canonical: a <<end 0>> b \"c  d\"\n");
    }
}
