//! The item search of Veeam Backup for Microsoft 365: text in the manner of Microsoft's Advanced
//! Query Syntax.
//!
//! Properties are those of Veeam's page "Appendix A. Item Search Parameters", which documents
//! `property:value`, quotes around values with spaces, and several terms one after the other. For
//! how values are written and joined it refers to Microsoft's page on searching in Outlook. Veeam says
//! little of what any of it means, so no text is `exact`.
//!
//! Each note says which way the answer errs. That holds whether a word finds words, beginnings of words or
//! parts of the text: a text is written so that each of them finds what was meant, and maybe more. Every
//! group of operators stands in brackets, so that it is read in one way whichever binds tighter.
//!
//! Mail and the documents of drives are searched apart, each with properties of their own.

mod items;
mod people;
mod value;

use super::property::{self, Asked, Text, Value, prefix, tree, values};
use super::terms::Terms;
use super::{Compiled, Direction, Notes, SET, Sent, Target};
use crate::analysis::name_words;
use crate::query::{Predicate, TextPattern, TextTest};
use crate::schema::TextField;
use crate::{Expr, Located, Query, Span};
use items::Items;

/// The target for mail.
pub(super) const TARGET: Target =
    Target::new("aqs", "Veeam item search", |query, _| compile(query).map(Sent::Text));
/// The target for the documents of drives.
pub(super) const DOCUMENTS: Target = Target::new("aqs-files", "Veeam drive search", |query, _| {
    compile_documents(query).map(Sent::Text)
});

const OPERATORS: &str = "Veeam does not say whether AND, OR, NOT and brackets work: they are those of Microsoft's Advanced Query Syntax";
const COMPARED: &str = "Veeam does not say whether a value is compared by words, by beginnings of words or as a part of the text";
const HEADERS: &str = "item search looks into every header, not into this one";
const REST: &str = "Veeam does not say whether * stands for the rest of a word";
const PARTS: &str = "item search may take names joined by _ for one word, so it is asked for parts of the value too";
const UNSPACED: &str =
    "Veeam does not say how it cuts words of a script that puts no spaces between them";

/// Translates a query into item search text for mail.
///
/// ```
/// use postern_query::emit::aqs;
/// use postern_query::{odata, Fidelity};
///
/// let query = odata::parse_filter("hasAttachments and importance eq 'high'")?;
/// let compiled = aqs::compile(&query);
/// assert_eq!(compiled.fidelity(), Fidelity::Approximate);
/// assert_eq!(compiled.sent.unwrap(), "hasattachments:true importance:high");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query) -> Compiled<String> {
    Emitter::new(Items::Mail).compiled(&query.among_mail())
}

/// Translates a query into item search text for the documents of drives, which Veeam searches from v6 on
/// (`POST /RestoreSessions/{id}/organization/OneDrives/search`), each in its newest version.
///
/// ```
/// use postern_query::emit::aqs;
/// use postern_query::{Context, parse};
///
/// let query = parse("kind:file filename:plan.docx", &Context::utc("2026-01-01T00:00:00Z".parse().unwrap()))?;
/// assert_eq!(aqs::compile_documents(&query.query).sent.unwrap(), "filename:\"plan.docx\"");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile_documents(query: &Query) -> Compiled<String> {
    Emitter::new(Items::Documents).compiled(&query.among_files())
}

struct Emitter {
    items: Items,
    notes: Notes,
}

impl Emitter {
    fn new(items: Items) -> Self {
        Self { items, notes: Notes::default() }
    }

    fn compiled(mut self, query: &Query) -> Compiled<String> {
        let text = self.query(query.condition());
        if !query.order().is_empty() {
            self.notes.approximate_as_a_whole("item search has no order: sort what was found");
        }
        self.notes.compiled(text)
    }

    /// Terms one after the other, which is documented; anything else in Microsoft's words.
    fn query(&mut self, condition: &Expr<Located<Predicate>>) -> Option<String> {
        let parts = match condition {
            Expr::Or(parts) if parts.is_empty() => {
                return self.notes.unsupported(None, self.items.has_none());
            }
            Expr::And(parts) if !parts.is_empty() => parts.as_slice(),
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Leaf(_) => {
                std::slice::from_ref(condition)
            }
        };
        let mut said = |part: &Expr<_>| {
            tree(part, &mut |asked, is_negated| {
                self.notes.under(is_negated);
                self.said(&asked)
            })
        };
        let texts: Vec<_> = parts.iter().map(&mut said).collect();
        let texts: Vec<_> = texts.into_iter().collect::<Option<_>>()?;
        if texts.iter().any(|text| text.compound) {
            self.notes.approximate_as_a_whole(OPERATORS);
        }
        Some(Text::joined(&texts, " ").text)
    }

    fn said(&mut self, asked: &Asked<'_, Located<Predicate>>) -> Option<Text> {
        match asked {
            Asked::Leaf(leaf) => self.predicate(&leaf.value, leaf.span),
            Asked::Everything => self.notes.unsupported(
                None,
                "item search has no text that finds everything: list the items instead",
            ),
            Asked::Nothing => self.nothing(None),
        }
    }

    fn predicate(&mut self, predicate: &Predicate, span: Span) -> Option<Text> {
        match predicate {
            Predicate::Text(test) => self.text(test, span),
            Predicate::String(field, test) => self.string(*field, test, span),
            Predicate::Flag(field, test) => self.flag(*field, *test, span),
            Predicate::Number(field, test) => self.number(*field, *test, span),
            Predicate::Instant(field, test) => self.instant(*field, *test, span),
            Predicate::Recipient(list, test) => self.recipient(*list, test, span),
            Predicate::Attachment(test) => self.attachment(test, span),
            Predicate::Category(test) => self.element(test, span, &mut |emitter, test| {
                let Some(values) = values(test) else { return emitter.no_values(test, span) };
                emitter.terms(&["category"], &values, span)
            }),
            Predicate::Reference(id) => self.header(&Value::Words(id.clone()), span),
            Predicate::Set(_) => self.notes.unsupported(Some(span), SET),
            Predicate::Person { roles, pattern } => self.person(roles, pattern, span),
        }
    }

    fn text(&mut self, test: &TextTest, span: Span) -> Option<Text> {
        let value = self.unit(&test.pattern, span)?;
        self.spaced(&value, span);
        if test.fields == TextField::DEFAULT && self.items == Items::Mail {
            self.notes.errs(
                Direction::Wider,
                span,
                "item search looks for words without a property in every property",
            );
            return self.terms(&[""], &[value], span);
        }
        let mut properties = Vec::new();
        for field in &test.fields {
            let names = self.items.of_text(*field);
            if names.is_empty() {
                return self.notes.unsupported(Some(span), self.items.has_no_text());
            }
            let new = names.iter().filter(|name| !properties.contains(*name)).collect::<Vec<_>>();
            properties.extend(new);
            if field.whose().is_some() {
                self.notes.errs(Direction::Wider, span, property::WHOLE_BODY);
            }
        }
        self.in_properties(&properties, value, span)
    }

    /// The value in one of the properties, and noted what each of them errs in.
    fn in_properties(
        &mut self,
        properties: &[&'static str],
        value: Value,
        span: Span,
    ) -> Option<Text> {
        for name in properties {
            if let Some(message) = items::says_little_of(name) {
                self.notes.errs(Direction::Either, span, message);
            }
        }
        let (names, others): (Vec<_>, Vec<_>) =
            properties.iter().partition(|name| **name == items::FILE_NAME);
        let others =
            (!others.is_empty()).then(|| self.terms(&others, std::slice::from_ref(&value), span));
        let names = (!names.is_empty()).then(|| self.file_words(value, span));
        let said: Option<Vec<_>> = names.into_iter().chain(others).collect();
        said.map(|said| Text::any(&said))
    }

    fn unit(&mut self, pattern: &TextPattern, span: Span) -> Option<Value> {
        let why = match pattern {
            TextPattern::Phrase(tokens) if tokens.is_empty() => {
                "item search has no text that finds nothing"
            }
            TextPattern::Phrase(tokens) => return Some(Value::Words(property::phrase(tokens))),
            TextPattern::Wildcard(shape) => match prefix(shape) {
                Some(value) => return Some(value),
                None => "item search is not known to have wildcards",
            },
            TextPattern::Regex(_) => "item search has no regular expressions",
            TextPattern::Fuzzy(_) => "item search has no words spelt nearly so",
            TextPattern::Sloppy(_) | TextPattern::Near(_) => {
                "item search has no distances between words"
            }
        };
        self.notes.unsupported(Some(span), why)
    }

    /// Notes where words may be cut in another way: a part of what is one word there is not found.
    fn spaced(&mut self, value: &Value, span: Span) {
        let (Value::Words(text) | Value::Prefix(text)) = value;
        if !property::has_spaced_words(text) {
            self.notes.errs(Direction::Either, span, UNSPACED);
        }
    }

    /// The value as words, and where it may be a part of a word also as that: it holds all of `parts`.
    fn with_parts(
        &mut self,
        property: &str,
        value: &Value,
        parts: &[String],
        span: Span,
    ) -> Option<Text> {
        let words = self.terms(&[property], std::slice::from_ref(value), span)?;
        if parts.is_empty() {
            return Some(words);
        }
        self.notes.errs(Direction::Wider, span, PARTS);
        let part =
            |part: &String| Some(Text::term(format!("{property}:~={}", literal(part, false)?)));
        let parts: Vec<_> = parts.iter().map(part).collect::<Option<_>>()?;
        Some(Text::any(&[words, Text::all(&parts)]))
    }

    /// Any header of the message.
    fn header(&mut self, value: &Value, span: Span) -> Option<Text> {
        self.notes.errs(Direction::Wider, span, HEADERS);
        self.terms(&["Veeam.Message.Header"], std::slice::from_ref(value), span)
    }

    /// One of the values in one of the properties; the property without a name is any.
    fn terms(&mut self, properties: &[&str], values: &[Value], span: Span) -> Option<Text> {
        self.notes.errs(Direction::Wider, span, COMPARED);
        let mut terms = Vec::new();
        for value in values {
            let (text, rest) = match value {
                Value::Words(text) => (text, false),
                Value::Prefix(text) => (text, true),
            };
            if rest {
                self.notes.errs(Direction::Wider, span, REST);
            }
            let Some(written) = literal(text, rest) else {
                let message = "Veeam does not say how to write quotes, backslashes, * and control characters inside of a value";
                return self.notes.unsupported(Some(span), message);
            };
            terms.extend(properties.iter().map(|name| {
                let colon = if name.is_empty() { "" } else { ":" };
                Text::term(format!("{name}{colon}{written}"))
            }));
        }
        if terms.is_empty() { self.nothing(Some(span)) } else { Some(Text::any(&terms)) }
    }
}

impl Terms for Emitter {
    const NAME: &'static str = "item search";
    const PROPERTIES: &'static str = "item search";
    const NO_MISSING: &'static str = "Veeam does not say how to ask for a value that is missing";
    const NO_PATTERN: &'static str = "item search is not known to have wildcards";

    fn notes(&mut self) -> &mut Notes {
        &mut self.notes
    }

    fn file_names(&mut self, values: &[Value], span: Span) -> Option<Text> {
        self.terms(&[self.items.of_file_name()], values, span)
    }

    fn file_words(&mut self, value: Value, span: Span) -> Option<Text> {
        self.spaced(&value, span);
        self.with_parts(self.items.of_file_name(), &value, &words_of(&value), span)
    }
}

/// The words of a value, each of which may stand in a longer word: `report` in `q3_report.pdf`.
fn words_of(value: &Value) -> Vec<String> {
    let (Value::Words(text) | Value::Prefix(text)) = value;
    name_words(text)
}

/// The one place where a literal is written.
///
/// Microsoft doubles a quote inside of quotes, Veeam does not say; so nothing is returned for a text
/// with one, nor for one with a backslash.
fn literal(text: &str, rest: bool) -> Option<String> {
    if text.contains('\\') {
        return None;
    }
    property::literal(text, rest, &["AND", "OR", "NOT"])
}
