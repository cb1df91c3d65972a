//! Keyword Query Language: what Purview eDiscovery and Outlook's search read.
//!
//! Rules come from Microsoft's pages "Keyword Query Language (KQL) syntax reference" (the language)
//! and "Keyword queries and search conditions for eDiscovery" (the properties of mail). KQL searches
//! words and ignores case. It has no escapes: text that cannot stand in quotes cannot be said.

mod people;
mod text;
mod value;

use super::property::{self, Asked, Text, Value, tree};
use super::terms::Terms;
use super::{Compiled, Notes, SET, Sent, Target};
use crate::query::Predicate;
use crate::{Located, Query, Span};

/// The target of this module.
pub(super) const TARGET: Target =
    Target::new("kql", "KQL", |query, _| compile(query).map(Sent::Text));

/// The most characters of a query ("KQL syntax reference", first note).
const MAX_LENGTH: usize = 20_480;
/// Characters that a search box takes (same place).
const BOX_LENGTH: usize = 2_048;

/// Translates a query into KQL.
///
/// ```
/// use postern_query::emit::kql;
/// use postern_query::{odata, Fidelity};
///
/// let query = odata::parse_filter("hasAttachments and receivedDateTime ge 2024-01-01T00:00:00Z")?;
/// let compiled = kql::compile(&query);
/// assert_eq!(compiled.fidelity(), Fidelity::Exact);
/// assert_eq!(compiled.sent.unwrap(), "hasattachment:true AND received>=2024-01-01");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query) -> Compiled<String> {
    let mut emitter = Emitter { notes: Notes::default() };
    let simple = query.simplified().query;
    let text = tree(simple.condition(), &mut |asked, is_negated| {
        emitter.notes.under(is_negated);
        emitter.said(&asked)
    });
    if !query.order().is_empty() {
        emitter.notes.approximate_as_a_whole("KQL has no order: sort what was found");
    }
    let sent = text.and_then(|text| emitter.within_limits(text.text));
    emitter.notes.compiled(sent)
}

struct Emitter {
    notes: Notes,
}

impl Emitter {
    fn said(&mut self, asked: &Asked<'_, Located<Predicate>>) -> Option<Text> {
        match asked {
            Asked::Leaf(leaf) => self.predicate(&leaf.value, leaf.span),
            // An empty query is not valid, and every item has a size.
            Asked::Everything => Some(Text::term("size>=0".to_owned())),
            Asked::Nothing => self.nothing(None),
        }
    }

    fn within_limits(&mut self, text: String) -> Option<String> {
        let length = text.chars().count();
        if length > MAX_LENGTH {
            let message = format!("{length} characters are too many: KQL takes {MAX_LENGTH}");
            return self.notes.unsupported(None, message);
        }
        if length > BOX_LENGTH {
            let message =
                format!("search boxes take {BOX_LENGTH} characters, and these are {length}");
            self.notes.approximate_as_a_whole(message);
        }
        Some(text)
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
            Predicate::Category(test) => self.category(test, span),
            Predicate::Reference(_) => {
                self.notes.unsupported(Some(span), "Purview does not search headers")
            }
            Predicate::Set(_) => self.notes.unsupported(Some(span), SET),
            Predicate::Person { roles, pattern } => self.person(roles, pattern, span),
        }
    }
}

impl Terms for Emitter {
    const NAME: &'static str = "KQL";
    const PROPERTIES: &'static str = "Purview";
    /// First note below "Searchable email properties".
    const NO_MISSING: &'static str = "Purview cannot search for values that are missing";
    const NO_PATTERN: &'static str = "KQL has * at the end of a word only";

    fn notes(&mut self) -> &mut Notes {
        &mut self.notes
    }

    fn file_names(&mut self, values: &[Value], span: Span) -> Option<Text> {
        self.terms(&["attachmentnames", "filename"], values, value::FILE_NAMES, span)
    }
}

/// The only place that writes a literal. Some search boxes read typographic quotes as quotes.
fn literal(text: &str, rest: bool) -> Option<String> {
    const OPERATORS: [&str; 10] =
        ["ALL", "AND", "ANY", "NEAR", "NONE", "NOT", "ONEAR", "OR", "WORDS", "XRANK"];
    property::literal(text, rest, &OPERATORS)
}
