//! A piece of a message around the words that were looked for.

pub(crate) mod highlight;
mod lines;
mod needle;

use std::ops::Range;

use postern_query::schema::{RecipientList, TextField};
use postern_query::{Condition, Expr, Message, Predicate, TextTest, Whose};

use super::work::Counter;
use crate::search::snippet::highlight::{PersonRanges, Ranges, Wanted};
use crate::search::snippet::needle::{Finder, Match};

/// Characters of a snippet at most.
const LENGTH: usize = 160;
/// Characters before the first match.
const LEAD: usize = 40;
/// Bytes of a body that are looked through at most.
const SCANNED: usize = 256 << 10;
/// Bytes of all bodies of a page that are looked through at most.
const ALL_SCANNED: usize = 32 << 20;

/// A piece of a message around the words that were looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// A piece of the body on one line.
    pub text: String,
    /// Byte ranges of `text` that match.
    pub ranges: Vec<Range<usize>>,
    /// Byte ranges of the subject that match.
    pub subject_ranges: Vec<Range<usize>>,
    /// Where the sender matches.
    pub from: PersonRanges,
    /// Where each of the first 100 recipients of `To` matches.
    pub to: Vec<PersonRanges>,
    /// The same of `Cc`.
    pub cc: Vec<PersonRanges>,
    /// The same of `Bcc`.
    pub bcc: Vec<PersonRanges>,
    /// Byte ranges of the name of each of the first 100 attachments that match.
    pub attachments: Vec<Ranges>,
}

/// What a condition wants in a message.
#[derive(Debug, Default)]
pub(crate) struct Needles<'a> {
    others: Wanted<'a>,
    subject: Finder<'a>,
    body: Finder<'a>,
    /// What is looked for in a part of the body only.
    parts: Vec<(Whose, Finder<'a>)>,
}

impl<'a> Needles<'a> {
    /// The needles of a condition: not those that must not be there.
    pub(crate) fn of(condition: &'a Condition) -> Self {
        let (others, mut texts) = (Wanted::of(condition), Vec::new());
        gather(condition, true, &mut texts);
        let finder = |field: TextField| {
            let tests = texts.iter().filter(|test: &&&TextTest| test.fields.contains(&field));
            Finder::of(&tests.map(|test| &test.pattern).collect::<Vec<_>>())
        };
        let part = |field: &TextField| Some((field.whose()?, finder(*field)));
        let parts = TextField::ALL.iter().filter_map(part).collect();
        let (subject, body) = (finder(TextField::Subject), finder(TextField::Body));
        Self { others, subject, body, parts }
    }

    /// How many bytes of each body are looked through, of a page with so many.
    pub(crate) const fn share(hits: usize) -> usize {
        let share = match ALL_SCANNED.checked_div(hits) {
            Some(share) => share,
            None => SCANNED,
        };
        if share < SCANNED { share } else { SCANNED }
    }

    /// The best piece of a message, from so many bytes of its body.
    pub(crate) fn snippet(
        &self,
        message: &Message,
        scanned: usize,
        counter: &mut Counter,
    ) -> Snippet {
        let body = message.body.as_deref().unwrap_or_default();
        let found = self.in_body(message, scanned, counter);
        let subject = message.subject.as_deref().unwrap_or_default();
        let subject = beginning(subject, scanned);
        let subject_ranges = merged(&self.subject.matches(subject, counter));
        let from = best(&found, message).map_or(0, |first| lead(body, first));
        let (text, ranges) = one_line(body, from, &merged(&found));
        let mut recipients = |list| self.others.recipients(list, message, counter);
        let to = recipients(RecipientList::To);
        let cc = recipients(RecipientList::Cc);
        let bcc = recipients(RecipientList::Bcc);
        Snippet {
            text,
            ranges,
            subject_ranges,
            from: self.others.sender(message, counter),
            to,
            cc,
            bcc,
            attachments: self.others.attachments(message, counter),
        }
    }
}

/// Which needles of a part of the body are told from those of all of it.
const OF_PARTS: usize = 1 << 32;

impl Needles<'_> {
    /// Every place of the body that matches, in order.
    fn in_body(&self, message: &Message, scanned: usize, counter: &mut Counter) -> Vec<Match> {
        let body = beginning(message.body.as_deref().unwrap_or_default(), scanned);
        let mut found = self.body.matches(body, counter);
        for (number, (whose, finder)) in (1..).zip(&self.parts) {
            let here = finder.matches(body, counter).into_iter();
            let theirs = here.filter(|one| message.whose(one.range.start) == *whose);
            let told = |one: Match| Match { needle: number * OF_PARTS + one.needle, ..one };
            found.extend(theirs.map(told));
        }
        found.sort_by_key(|one| (one.range.start, one.needle));
        found
    }
}

/// The texts that are looked for: not those that must not be there.
fn gather<'a>(condition: &'a Condition, wanted: bool, texts: &mut Vec<&'a TextTest>) {
    match condition {
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter().for_each(|part| gather(part, wanted, texts));
        }
        Expr::Not(inner) => gather(inner, !wanted, texts),
        Expr::Leaf(leaf) => match &leaf.value {
            Predicate::Text(test) if wanted => texts.push(test),
            Predicate::Text(_)
            | Predicate::String(..)
            | Predicate::Flag(..)
            | Predicate::Number(..)
            | Predicate::Instant(..)
            | Predicate::Recipient(..)
            | Predicate::Attachment(_)
            | Predicate::Category(_)
            | Predicate::Reference(_)
            | Predicate::Person { .. } => {}
        },
    }
}

/// Where the window begins that begins with what the author wrote, then shows the most different needles, then the most
/// matches.
fn best(matches: &[Match], message: &Message) -> Option<usize> {
    let mut different = Vec::new();
    let mut worth = |start: usize| {
        let here = matches.get(start..).unwrap_or_default();
        let end = here.first().map_or(0, |first| first.range.start + LENGTH - LEAD);
        let seen = here.iter().take_while(|one| one.range.end <= end).map(|one| one.needle);
        different.clear();
        different.extend(seen);
        let seen = different.len();
        different.sort_unstable();
        different.dedup();
        let is_new = here.first().is_some_and(|one| message.whose(one.range.start) == Whose::New);
        (is_new, different.len(), seen, std::cmp::Reverse(start))
    };
    let start = (0..matches.len()).max_by_key(|start| worth(*start))?;
    matches.get(start).map(|first| first.range.start)
}

/// A little before `first`, at the beginning of a word.
fn lead(body: &str, first: usize) -> usize {
    let before = body.get(..first).unwrap_or_default();
    let Some((earliest, _)) = before.char_indices().rev().nth(LEAD - 1) else { return 0 };
    let lead = before.get(earliest..).unwrap_or_default();
    let mut spaces = lead.char_indices().filter(|(_, c)| is_space(*c));
    spaces.next().map_or(earliest, |(space, _)| earliest + space)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// The matches without overlap.
fn merged(matches: &[Match]) -> Ranges {
    disjoint(matches.iter().map(|found| found.range.clone()).collect())
}

/// The ranges in their order without overlap.
pub(super) fn disjoint(mut found: Ranges) -> Ranges {
    found.sort_by_key(|range| range.start);
    let mut ranges: Ranges = Vec::new();
    for range in found {
        match ranges.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => ranges.push(range),
        }
    }
    ranges
}

/// As much of `text` as fits, with each run of white space as one space, and where `ranges` stand
/// in it.
fn one_line(text: &str, from: usize, ranges: &[Range<usize>]) -> (String, Vec<Range<usize>>) {
    let mut line = Line::default();
    let mut ranges = ranges.iter().skip_while(|range| range.start < from).peekable();
    let mut found = Vec::new();
    let mut start = None;
    for (offset, c) in text.get(from..).unwrap_or_default().char_indices() {
        if !line.push(c) {
            line.drop_half_word(found.last().map_or(0, |range: &Range<usize>| range.end));
            break;
        }
        let at = from + offset;
        if ranges.peek().is_some_and(|range| range.start == at) {
            start = Some(line.text.len() - c.len_utf8());
        }
        if ranges.next_if(|range| range.end == at + c.len_utf8()).is_some() {
            found.extend(start.take().map(|start| start..line.text.len()));
        }
    }
    // A match that the end cuts in two is shown as far as it goes.
    found
        .extend(start.filter(|start| *start < line.text.len()).map(|start| start..line.text.len()));
    (line.text, found)
}

#[derive(Default)]
struct Line {
    text: String,
    length: usize,
    space: bool,
}

impl Line {
    /// Adds a character; `false` when there is no room for it.
    fn push(&mut self, c: char) -> bool {
        if is_space(c) {
            self.space = !self.text.is_empty();
            return true;
        }
        let needed = 1 + usize::from(self.space);
        if self.length + needed > LENGTH {
            return false;
        }
        if std::mem::take(&mut self.space) {
            self.text.push(' ');
        }
        self.text.push(c);
        self.length += needed;
        true
    }

    /// Ends on a whole word, but never before `keep`.
    fn drop_half_word(&mut self, keep: usize) {
        let space = self.text.rfind(' ').filter(|space| *space >= keep.max(1) && !self.space);
        if let Some(space) = space {
            self.text.truncate(space);
        }
    }
}

/// The first bytes of `text`, cut on a character.
fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use postern_query::pattern::{Fuzzy, Near, Regex, Sloppy, Wildcard};
    use postern_query::{Located, Passage, Span, TextPattern};

    use super::*;
    use crate::search::Work;

    fn counter() -> Counter {
        Work::unlimited().meter("x").counter()
    }

    fn text(pattern: TextPattern) -> Condition {
        let test = TextTest { fields: TextField::DEFAULT.to_vec(), pattern, scored: true };
        Expr::Leaf(Located::new(Predicate::Text(test), Span::default()))
    }

    fn phrase(words: &str) -> Condition {
        text(TextPattern::Phrase(words.split(' ').map(str::to_owned).collect()))
    }

    /// Marks the ranges of a text with brackets.
    fn marked(text: &str, ranges: &[Range<usize>]) -> String {
        let mut marked = text.to_owned();
        for range in ranges.iter().rev() {
            marked.insert(range.end, ']');
            marked.insert(range.start, '[');
        }
        marked
    }

    #[track_caller]
    fn check(condition: &Condition, subject: &str, body: &str, expected: [&str; 2]) {
        let message = Message {
            subject: Some(subject.into()),
            body: Some(body.into()),
            ..Message::default()
        };
        let snippet = Needles::of(condition).snippet(&message, SCANNED, &mut counter());
        assert_eq!(marked(subject, &snippet.subject_ranges), expected[0]);
        assert_eq!(marked(&snippet.text, &snippet.ranges), expected[1]);
    }

    #[test]
    fn words_phrases_and_prefixes() {
        check(
            &phrase("invoice"),
            "Invoice 7",
            "An\r\n\tINVOICE, late",
            ["[Invoice] 7", "An [INVOICE], late"],
        );
        check(&phrase("é due"), "", "é  due É\ndue due", ["", "[é due] [É due] due"]);
        let prefix = text(TextPattern::Wildcard(Wildcard::starting_with("invoic")));
        check(&prefix, "", "invoices and invoicing", ["", "[invoices] and [invoicing]"]);
        check(&phrase("absent"), "s", "the body", ["s", "the body"]);
        check(&phrase("a b"), "a b a b a", "", ["[a b] [a b] a", ""]);
        let overlapping = Expr::Or(vec![phrase("a b"), phrase("b c")]);
        check(&overlapping, "a b c", "", ["[a b c]", ""]);
        check(&Expr::negated(phrase("body")), "", "the body", ["", "the body"]);
        check(&Expr::negated(Expr::negated(phrase("body"))), "", "the body", ["", "the [body]"]);
    }

    #[test]
    fn expressions_and_misspellings() {
        let regex = text(TextPattern::Regex(Regex::parse("inv(oice)?s?").unwrap()));
        check(&regex, "Inv 7", "no invoicing\nINVOICES", ["[Inv] 7", "no invoicing [INVOICES]"]);
        let fuzzy = text(TextPattern::Fuzzy(Fuzzy::new("colour", 1)));
        check(&fuzzy, "collar", "Color, the coluor", ["collar", "[Color], the [coluor]"]);
    }

    #[test]
    fn of_words_near_each_other_only_those_that_are() {
        let tokens = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let sloppy =
            |words, slop| text(TextPattern::Sloppy(Sloppy { tokens: tokens(words), slop }));
        let body = "due\n\nthe invoice\nis due and so on and on, another due";
        let expected = ["", "due the [invoice] is [due] and so on and on, another due"];
        check(&sloppy("invoice due", 1), "", body, expected);
        check(
            &sloppy("on on", 1),
            "",
            body,
            ["", "due the invoice is due and so [on] and [on], another due"],
        );
        let near =
            Near { parts: vec![tokens("is due"), tokens("the")], distance: 2, ordered: false };
        let expected = ["", "due [the] invoice [is] [due] and so on and on, another due"];
        check(&text(TextPattern::Near(near)), "", body, expected);
    }

    #[test]
    fn the_best_window_wins() {
        let body = format!("one {} one two {}", "x ".repeat(300), "y ".repeat(300));
        let message = Message { body: Some(body), ..Message::default() };
        let condition = Expr::And(vec![phrase("one"), phrase("two")]);
        let snippet = Needles::of(&condition).snippet(&message, SCANNED, &mut counter());
        assert_eq!(snippet.ranges.len(), 2, "{snippet:?}");
        assert!(snippet.text.chars().count() <= LENGTH);
        assert!(snippet.text.starts_with('x') && snippet.text.ends_with('y'));
    }

    #[test]
    fn new_text_wins_over_what_is_quoted() {
        let body = format!("> invoice due\n{}\nMy invoice", "so\n".repeat(100));
        let quoted = Passage { range: 0..14, whose: Whose::Quoted };
        let message = Message { body: Some(body), passages: vec![quoted], ..Message::default() };
        let shown = |field: TextField, words: &str| {
            let tokens = words.split(' ').map(str::to_owned).collect();
            let pattern = TextPattern::Phrase(tokens);
            let test = TextTest { fields: vec![field], pattern, scored: true };
            let condition = Expr::Leaf(Located::new(Predicate::Text(test), Span::default()));
            let snippet = Needles::of(&condition).snippet(&message, SCANNED, &mut counter());
            marked(&snippet.text, &snippet.ranges)
        };
        assert!(shown(TextField::Body, "invoice").ends_with("My [invoice]"));
        assert!(shown(TextField::Body, "invoice due").starts_with("> [invoice due]"));
        assert!(shown(TextField::New, "invoice").ends_with("My [invoice]"));
        assert!(shown(TextField::Quoted, "invoice").starts_with("> [invoice] due"));
        assert!(shown(TextField::New, "due").starts_with("> invoice due"));
    }

    #[test]
    fn hostile_text_is_cut_on_characters() {
        for body in ["é".repeat(500), "🎉 ".repeat(500), "\u{0}\u{1b}[31m".into(), String::new()]
        {
            let message = Message { body: Some(body), ..Message::default() };
            let everything = text(TextPattern::Wildcard(Wildcard::parse("*")));
            let snippet = Needles::of(&everything).snippet(&message, SCANNED, &mut counter());
            assert!(snippet.text.chars().count() <= LENGTH);
            assert!(!snippet.text.contains(is_control), "{snippet:?}");
            for range in snippet.ranges {
                assert!(snippet.text.get(range).is_some_and(|text| !text.is_empty()));
            }
        }
    }

    fn is_control(c: char) -> bool {
        c.is_control()
    }
}
