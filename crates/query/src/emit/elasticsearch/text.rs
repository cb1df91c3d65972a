//! Words in analysed text.

use super::value::{nothing, of_term, shaped, term};
use super::{Emitter, Profile, Said, any};
use crate::Span;
use crate::emit::Direction;
use crate::emit::Json;
use crate::emit::property::WHOLE_BODY;
use crate::pattern::{Fuzzy, Near, Regex};
use crate::query::{TextPattern, TextTest};
use crate::schema::TextField;

/// Longest expression that an index takes, the default of `index.max_regex_length`.
const MAX_REGEX: usize = 1_000;

/// The field in which the index has the tokens. A list has one field for all its elements, so that a phrase
/// may run from one element to the next, as in the premium index.
pub(super) const fn path(field: TextField) -> &'static str {
    match field {
        TextField::Subject => "subject.text",
        TextField::Body | TextField::New | TextField::Quoted => "body",
        TextField::FromAddress => "fromAddress.text",
        TextField::FromName => "fromName.text",
        TextField::ToName => "toNames",
        TextField::ToAddress => "toAddresses",
        TextField::CcName => "ccNames",
        TextField::CcAddress => "ccAddresses",
        TextField::BccName => "bccNames",
        TextField::BccAddress => "bccAddresses",
        TextField::AttachmentName => "attachmentNames",
        TextField::AttachmentText => "attachmentTexts",
        TextField::FileName => "fileName",
    }
}

/// The analyser of words that were cut before they came to the index.
pub(super) const WORDS: &str = "words";
/// The longest word that the analyser `whitespace` leaves whole.
const LONGEST_WORD: usize = 255;

/// Whether a text has its own field, and is not a sub-field of a whole string.
pub(super) fn is_own(field: TextField) -> bool {
    !path(field).contains('.') && field.whose().is_none()
}

/// The analyser that leaves these words as they are.
fn analyser(tokens: &[String]) -> &'static str {
    let is_long = |token: &String| token.encode_utf16().count() > LONGEST_WORD;
    if tokens.iter().any(is_long) { WORDS } else { "whitespace" }
}

/// Tokens next to each other. The analyser must not cut them again.
pub(super) fn phrase(profile: Profile, field: &str, tokens: &[String], slop: u32) -> Json {
    match (tokens, profile) {
        ([], _) => return nothing(),
        ([token], Profile::OpenSearch) => return term(field, token.as_str()),
        (_, Profile::OpenSearch | Profile::Quickwit) => {}
    }
    let mut parts = vec![("query".to_owned(), Json::from(tokens.join(" ")))];
    if slop > 0 {
        parts.push(("slop".to_owned(), i64::from(slop).into()));
    }
    if profile == Profile::OpenSearch {
        parts.push(("analyzer".to_owned(), analyser(tokens).into()));
    }
    Json::member("match_phrase", Json::member(field, Json::Object(parts)))
}

impl Emitter<'_> {
    pub(super) fn text(&mut self, test: &TextTest, span: Span) -> Option<Said> {
        if self.profile == Profile::Quickwit {
            self.notes.errs(Direction::Either, span, "Quickwit cuts words at every character that is neither a letter nor a digit: o'brien is two words to it");
        }
        if test.fields.iter().any(|field| field.whose().is_some()) {
            self.notes.errs(Direction::Wider, span, WHOLE_BODY);
        }
        let fields =
            test.searched().iter().map(|field| self.pattern(path(*field), &test.pattern, span));
        let fields: Vec<_> = fields.collect();
        let said =
            fields.into_iter().map(|query| Some(Said { query: query?, scored: test.scored }));
        said.collect::<Option<_>>().map(any)
    }

    fn pattern(&mut self, field: &str, pattern: &TextPattern, span: Span) -> Option<Json> {
        match pattern {
            TextPattern::Phrase(tokens) => Some(phrase(self.profile, field, tokens, 0)),
            TextPattern::Wildcard(shape) => Some(shaped(field, shape)),
            TextPattern::Regex(regex) => self.regex(field, regex, span),
            TextPattern::Fuzzy(fuzzy) => self.fuzzy(field, fuzzy, span),
            TextPattern::Sloppy(sloppy) => {
                Some(phrase(self.profile, field, &sloppy.tokens, sloppy.slop))
            }
            TextPattern::Near(near) => self.near(field, near, span),
        }
    }

    /// Lucene's own syntax with all its options. Quickwit reads another syntax, which shares a part with it.
    fn regex(&mut self, field: &str, regex: &Regex, span: Span) -> Option<Json> {
        let text = regex.as_str();
        if text.chars().count() > MAX_REGEX {
            let message = format!("expressions of more than {MAX_REGEX} characters are refused");
            return self.notes.unsupported(Some(span), message);
        }
        match self.profile {
            Profile::OpenSearch => {
                if escapes_a_letter(text) {
                    self.notes.errs(Direction::Either, span, "engines on Lucene 9 and later read a letter after \\ as a class: \\d is a digit to them");
                }
                let value = Json::object([("value", text.into()), ("flags", "ALL".into())]);
                Some(Json::member("regexp", Json::member(field, value)))
            }
            Profile::Quickwit if text.contains(['@', '#', '"', '\\', '^', '$', '&', '~', '<']) => {
                let message = "Quickwit reads expressions with @ # \" \\ ^ $ in another way";
                self.notes.unsupported(Some(span), message)
            }
            Profile::Quickwit => Some(of_term("regexp", field, text)),
        }
    }

    fn fuzzy(&mut self, field: &str, fuzzy: &Fuzzy, span: Span) -> Option<Json> {
        if self.profile == Profile::Quickwit {
            return self.notes.unsupported(Some(span), "Quickwit has no words spelt nearly so");
        }
        if fuzzy.edits() == 0 {
            return Some(term(field, fuzzy.token()));
        }
        self.notes.errs(Direction::Narrower, span, "the engine looks for the 50 most similar words of the index only, and for none as short as the edits allowed");
        let value = Json::object([
            ("value", fuzzy.token().into()),
            ("fuzziness", i64::from(fuzzy.edits()).into()),
            ("max_expansions", 50.into()),
            ("transpositions", true.into()),
        ]);
        Some(Json::member("fuzzy", Json::member(field, value)))
    }

    /// Words near each other. `max_gaps` counts the words between all parts: the distance less one for each
    /// part after the first.
    fn near(&mut self, field: &str, near: &Near, span: Span) -> Option<Json> {
        if self.profile == Profile::Quickwit {
            return self
                .notes
                .unsupported(Some(span), "Quickwit has no distances between words in any order");
        }
        let Some(gaps) = near.gaps().filter(|_| !near.parts.is_empty()) else {
            return Some(nothing());
        };
        if !near.ordered && near.may_overlap() {
            self.notes.errs(
                Direction::Either,
                span,
                "engines differ in whether two of these may share a word",
            );
        }
        let parts = near.parts.iter().map(|part| Json::member("match", sequence(&part.join(" "))));
        let all = Json::object([
            ("ordered", near.ordered.into()),
            (
                "max_gaps",
                i64::try_from(gaps).unwrap_or(i64::from(i32::MAX)).min(i32::MAX.into()).into(),
            ),
            ("intervals", Json::List(parts.collect())),
        ]);
        Some(Json::member("intervals", Json::member(field, Json::member("all_of", all))))
    }
}

fn escapes_a_letter(expression: &str) -> bool {
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next().is_some_and(|next| next.is_ascii_alphabetic()) {
            return true;
        }
    }
    false
}

fn sequence(words: &str) -> Json {
    Json::object([
        ("query", words.into()),
        ("ordered", true.into()),
        ("max_gaps", 0.into()),
        ("analyzer", "whitespace".into()),
    ])
}
