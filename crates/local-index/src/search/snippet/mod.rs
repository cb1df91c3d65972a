//! A piece of a message around the words that were looked for, and where each of them stands.

mod body;
pub(crate) mod highlight;
mod lines;
pub(crate) mod matches;
mod needle;
mod window;

use std::ops::Range;

use postern_query::schema::{RecipientList, TextField};
use postern_query::{Condition, Message, Query, Whose};

use self::body::Body;
use self::matches::{Clauses, InFiles, Matches, Words};
use self::window::{LEAD, LENGTH, Window, lead};
use super::work::{Counter, Work};
use crate::search::snippet::highlight::{PersonRanges, Ranges, Wanted};
use crate::search::snippet::needle::Match;

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
    /// Where each clause matches.
    pub matches: Matches,
}

/// The piece of a message around what a query looks for, as a page of results has it. It matches at the place of
/// that number. Which of its files match inside is told where one of them has its text.
///
/// ```
/// use postern_local_index::search::snippet;
/// use postern_query::{Context, Message, parse};
///
/// let query = parse("invoice", &Context::utc("2024-05-22T12:00:00Z".parse().unwrap())).unwrap().query;
/// let message = Message { body: Some("the invoice".into()), ..Message::default() };
/// assert_eq!(snippet(&query, &message, 0).ranges, [4..11]);
/// ```
#[must_use]
pub fn snippet(query: &Query, message: &Message, place: usize) -> Snippet {
    let (meter, needles) =
        (Work::unlimited().meter("highlighting"), Needles::of(query.condition()));
    let mut counter = meter.counter();
    let inside = needles.clauses.inside(message, &mut counter);
    needles.snippet(message, place, SCANNED, inside.as_ref(), &mut counter)
}

/// What a condition wants in a message.
#[derive(Debug, Default)]
pub(crate) struct Needles<'a> {
    others: Wanted<'a>,
    clauses: Clauses<'a>,
}

impl<'a> Needles<'a> {
    /// The needles of a condition: not those that must not be there.
    pub(crate) fn of(condition: &'a Condition) -> Self {
        Self { others: Wanted::of(condition), clauses: Clauses::of(condition) }
    }

    /// How many bytes of each body are looked through, of a page with so many.
    pub(crate) const fn share(hits: usize) -> usize {
        let share = match ALL_SCANNED.checked_div(hits) {
            Some(share) => share,
            None => SCANNED,
        };
        if share < SCANNED { share } else { SCANNED }
    }

    /// The clauses of the condition.
    pub(crate) const fn clauses(&self) -> &Clauses<'a> {
        &self.clauses
    }

    /// The best piece of a message that matches at the place of that number, from so many bytes of its body. What is
    /// inside of its files is known, or not.
    pub(crate) fn snippet(
        &self,
        message: &Message,
        place: usize,
        scanned: usize,
        inside: Option<&InFiles>,
        counter: &mut Counter,
    ) -> Snippet {
        let text = message.body.as_deref().unwrap_or_default();
        let body = Body::look_through(&self.clauses, message, scanned, counter);
        let from = best(&body.wanted, message).map_or(0, |first| lead(text, first));
        let marked = merged(&body.wanted);
        let line = Window::of(text, from, &marked);
        let ranges = line.ranges(&marked);
        let mut words = Words::default();
        body.tell(&mut words, message, &line);
        words.tell_inside(message, inside);
        words.look_through(&self.clauses, message, scanned, counter);
        let matches = self.clauses.matches(message, place, words, counter);
        let mut recipients = |list| self.others.recipients(list, message, counter);
        let to = recipients(RecipientList::To);
        let cc = recipients(RecipientList::Cc);
        let bcc = recipients(RecipientList::Bcc);
        Snippet {
            text: line.text,
            ranges,
            subject_ranges: self.in_subject(message, scanned, counter),
            from: self.others.sender(message, counter),
            to,
            cc,
            bcc,
            attachments: self.others.attachments(message, counter),
            matches,
        }
    }

    fn in_subject(&self, message: &Message, scanned: usize, counter: &mut Counter) -> Ranges {
        let Some(looked) = self.clauses.looked(TextField::Subject) else { return Vec::new() };
        let subject = message.subject.as_deref().unwrap_or_default();
        let (mut found, _) = looked.matches(beginning(subject, scanned), counter);
        found.retain(|one| self.clauses.is_wanted(looked.clauses(one.needle)));
        merged(&found)
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

/// The first bytes of `text`, cut on a character.
fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use postern_query::pattern::{Fuzzy, Near, Regex, Sloppy, Wildcard};
    use postern_query::{Expr, Located, Passage, Predicate, Span, TextPattern, TextTest};

    use super::*;

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
        let snippet = Needles::of(condition).snippet(&message, 0, SCANNED, None, &mut counter());
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
        let snippet = Needles::of(&condition).snippet(&message, 0, SCANNED, None, &mut counter());
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
            let snippet =
                Needles::of(&condition).snippet(&message, 0, SCANNED, None, &mut counter());
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
            let snippet =
                Needles::of(&everything).snippet(&message, 0, SCANNED, None, &mut counter());
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
