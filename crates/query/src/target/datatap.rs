//! A search request of the DataTap API: an OData filter and Lucene text.
//!
//! Top-level conditions on fields go to `filter`, top-level words to `query`. Words under `OR`
//! together with fields need `search.ismatch` inside the filter, which an endpoint may not pass.

use super::lucene as text;
use super::odata::{self as filter, Filter};
use super::{Capabilities, Compiled, Notes};
use crate::query::{
    AttachmentTest, Condition, PersonPattern, Predicate, Role, StringTest, TextTest,
};
use crate::schema::{
    CATEGORIES, DELIVERED_TO, REFERENCES, RecipientList, Sort, StringField, TextField,
};
use crate::{Errors, Expr, Query, Span, TextPattern, Wildcard, analysis, lucene, odata};

/// What is sent to the search endpoint; absent parts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Lucene text for `query`.
    pub query: Option<String>,
    /// OData for `filter`.
    pub filter: Option<String>,
    /// Keys for `$orderby`.
    pub order_by: Option<String>,
}

impl Request {
    /// Reads what a client sends to the search endpoint; `reading` says how its text is read.
    ///
    /// ```
    /// use postern_query::{datatap::Request, evaluate, lucene, Message};
    ///
    /// let request = Request { filter: Some("isRead ne true".into()), ..Request::default() };
    /// let query = request.parse(lucene::Options::default())?;
    /// assert!(evaluate(query.condition(), &Message::default()));
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever the service would refuse; spans are those of the part at fault.
    pub fn parse(&self, reading: lucene::Options) -> Result<Query, Errors> {
        let text = lucene::parse(self.query.as_deref().unwrap_or_default(), reading)?;
        let filter = odata::parse_filter(self.filter.as_deref().unwrap_or_default())?;
        let order = odata::parse_order_by(self.order_by.as_deref().unwrap_or_default())?;
        Ok(text.and(filter).ordered_by(order))
    }
}

/// Says a query to an endpoint with these capabilities.
///
/// ```
/// use postern_query::{datatap, odata, Capabilities, Fidelity};
///
/// let query = odata::parse_filter("hasAttachments and not (size gt 10)")?;
/// let compiled = datatap::compile(&query, &Capabilities::default());
/// assert_eq!(compiled.fidelity(), Fidelity::Unsupported);
/// assert_eq!(compiled.notes[0].message, "the premium index has no field `size` to filter by");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query, capabilities: &Capabilities) -> Compiled<Request> {
    let mut emitter = Emitter { capabilities, notes: Notes::default() };
    let request = emitter.request(&query.simplified().query);
    emitter.notes.compiled(request)
}

/// Says the condition of a query as one filter, its words inside of `search.ismatch`.
///
/// The order is not said. See [`odata::compile`].
pub(crate) fn compile_filter(query: &Query, capabilities: &Capabilities) -> Compiled<String> {
    let mut emitter = Emitter { capabilities, notes: Notes::default() };
    let filter = emitter.condition(query.condition()).and_then(|said| match said {
        Said::Filter(filter) => Some(filter),
        Said::Text(text, span) => emitter.text_in_filter(&text, span),
    });
    let text = filter.map(Filter::into_text);
    emitter.notes.compiled(text)
}

/// Says the condition of a query as query text alone. See [`lucene::compile`].
pub(crate) fn compile_text(query: &Query, capabilities: &Capabilities) -> Compiled<String> {
    let mut emitter = Emitter { capabilities, notes: Notes::default() };
    let text = match emitter.condition(query.condition()) {
        _ if query.condition().is_everything() => Some("*".to_owned()),
        Some(Said::Text(words, _)) => emitter.query_text(vec![words]).and_then(|(text, _)| text),
        Some(Said::Filter(_)) => {
            emitter.notes.unsupported(None, "query text has no conditions on values, only words")
        }
        None => None,
    };
    emitter.notes.compiled(text)
}

/// A part of a query in the words of one side of the request.
#[derive(Clone, Debug)]
enum Said {
    Filter(Filter),
    /// Words, and where the first of them stands.
    Text(Expr<TextTest>, Span),
}

struct Emitter<'c> {
    capabilities: &'c Capabilities,
    notes: Notes,
}

impl Emitter<'_> {
    fn request(&mut self, query: &Query) -> Option<Request> {
        let parts = match query.condition() {
            Expr::And(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        let said: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        let (texts, filters) = split(said.into_iter().collect::<Option<_>>()?);
        let texts = texts.into_iter().map(|(text, _)| text).collect();
        let order_by = self.order_by(query.order());
        let (query, extra) = self.query_text(texts)?;
        let filters: Vec<_> = filters.into_iter().chain(extra).collect();
        let filter = (!filters.is_empty()).then(|| Filter::all(filters).into_text());
        self.within_budget(Request { query, filter, order_by: order_by? })
    }

    /// A condition in the words of one side; words beside conditions go into the filter.
    fn condition(&mut self, condition: &Condition) -> Option<Said> {
        match condition {
            Expr::Leaf(leaf) => self.predicate(&leaf.value, leaf.span),
            Expr::Not(inner) => Some(match self.condition(inner)? {
                Said::Filter(filter) => Said::Filter(filter.negated()),
                Said::Text(text, span) => Said::Text(Expr::negated(text), span),
            }),
            Expr::And(parts) => self.joined(parts, Expr::And, Filter::all),
            Expr::Or(parts) => self.joined(parts, Expr::Or, Filter::any),
        }
    }

    fn joined(
        &mut self,
        parts: &[Condition],
        texts: fn(Vec<Expr<TextTest>>) -> Expr<TextTest>,
        filters: fn(Vec<Filter>) -> Filter,
    ) -> Option<Said> {
        // Every part is asked, so that all that cannot be said is known at once.
        let said: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        let (words, mut rest) = split(said.into_iter().collect::<Option<_>>()?);
        let Some((_, span)) = words.first() else { return Some(Said::Filter(filters(rest))) };
        let span = *span;
        let words = Expr::group(words.into_iter().map(|(text, _)| text).collect(), texts);
        if rest.is_empty() {
            return Some(Said::Text(words, span));
        }
        rest.insert(0, self.text_in_filter(&words, span)?);
        Some(Said::Filter(filters(rest)))
    }

    /// The text for `query`; negations alone go to the filter where functions pass.
    fn query_text(
        &mut self,
        texts: Vec<Expr<TextTest>>,
    ) -> Option<(Option<String>, Option<Filter>)> {
        if texts.is_empty() {
            return Some((None, None));
        }
        let all = Expr::group(texts, Expr::And);
        match text::emit(&by_reference(&all), self.capabilities.syntax) {
            Ok(text) => Some((Some(text), None)),
            Err(text::Unsayable::OnlyNegations) if self.capabilities.search_functions => {
                self.text_in_filter(&all, Span::default()).map(|filter| (None, Some(filter)))
            }
            Err(reason) => self.notes.unsupported(None, unsayable(reason)),
        }
    }

    /// Words inside a filter.
    fn text_in_filter(&mut self, text: &Expr<TextTest>, span: Span) -> Option<Filter> {
        if !self.capabilities.search_functions {
            return self.notes.unsupported(
                Some(span),
                "words beside conditions on fields under OR or NOT need search.ismatch, which this endpoint is not known to pass",
            );
        }
        let mut scored = true;
        text.for_each_leaf(&mut |test| scored &= test.scored);
        match text::emit(&by_reference(text), lucene::Syntax::Full) {
            Ok(text) => Some(filter::is_match(&text, "subject,body", scored)),
            Err(text::Unsayable::OnlyNegations) => self.negations_in_filter(text, span),
            Err(reason) => self.notes.unsupported(Some(span), unsayable(reason)),
        }
    }

    /// Words that are all negated: the negations go into the filter itself.
    fn negations_in_filter(&mut self, text: &Expr<TextTest>, span: Span) -> Option<Filter> {
        let mut each = |parts: &[Expr<TextTest>]| -> Option<Vec<Filter>> {
            parts.iter().map(|part| self.text_in_filter(part, span)).collect()
        };
        match text {
            Expr::Not(inner) => self.text_in_filter(inner, span).map(Filter::negated),
            Expr::And(parts) => each(parts).map(Filter::all),
            Expr::Or(parts) => each(parts).map(Filter::any),
            Expr::Leaf(_) => None,
        }
    }

    fn order_by(&mut self, order: &[Sort]) -> Option<Option<String>> {
        for sort in order {
            let path = sort.by.path();
            if path != "search.score()" && !self.capabilities.fields.get(path).sortable {
                let message = format!("the premium index cannot order by `{path}`");
                return self.notes.unsupported(None, message);
            }
        }
        Some((!order.is_empty()).then(|| filter::order_by(order)))
    }

    fn within_budget(&mut self, request: Request) -> Option<Request> {
        let parts = [
            ("query", &request.query),
            ("filter", &request.filter),
            ("$orderby", &request.order_by),
        ];
        let length: usize = parts
            .iter()
            .filter_map(|(name, value)| {
                value.as_ref().map(|value| name.len() + 2 + encoded_length(value))
            })
            .sum();
        let budget = self.capabilities.url_budget;
        if length > budget {
            let message =
                format!("the request takes {length} bytes of URL, and {budget} are allowed");
            return self.notes.unsupported(None, message);
        }
        Some(request)
    }

    // ---- predicates ----

    fn predicate(&mut self, predicate: &Predicate, span: Span) -> Option<Said> {
        let functions = self.capabilities.search_functions;
        match predicate {
            Predicate::Text(test) => self.text(test, span),
            Predicate::String(field, test) => {
                self.as_spelled(test, span);
                self.filter(field.path(), span, || filter::string(field.path(), test, functions))
            }
            Predicate::Flag(field, test) => {
                self.filter(field.path(), span, || Some(filter::flag(field.path(), *test)))
            }
            Predicate::Number(field, test) => {
                self.filter(field.path(), span, || Some(filter::number(field.path(), *test)))
            }
            Predicate::Instant(field, test) => {
                self.filter(field.path(), span, || Some(filter::instant(field.path(), *test)))
            }
            Predicate::Recipient(list, test) => {
                self.filter(&format!("{}/address", list.path()), span, || {
                    filter::recipient(*list, test, functions)
                })
            }
            Predicate::Attachment(test) => self.attachment(test, span),
            Predicate::Category(test) => {
                test.for_each_leaf(&mut |test| self.as_spelled(test, span));
                self.filter(CATEGORIES, span, || filter::category(test, functions))
            }
            Predicate::Reference(id) => {
                self.filter(REFERENCES, span, || Some(filter::contains(REFERENCES, id)))
            }
            Predicate::Person { roles, pattern } => self.person(roles, pattern, span),
        }
    }

    /// A condition that the index takes in capitals and small letters as they are typed.
    fn as_spelled(&mut self, test: &StringTest, span: Span) {
        match test {
            StringTest::Same(_) => {
                self.notes.approximate(span, "the premium index compares this case-sensitively");
            }
            StringTest::PathEnd(_) => self
                .notes
                .approximate(span, "the premium index compares whole paths case-sensitively"),
            StringTest::Is(_)
            | StringTest::OneOf(_)
            | StringTest::Shaped(_)
            | StringTest::Missing => {}
        }
    }

    fn filter(
        &mut self,
        path: &str,
        span: Span,
        filter: impl FnOnce() -> Option<Filter>,
    ) -> Option<Said> {
        if self.capabilities.fields.get(path).filterable {
            let said = filter().map(Said::Filter);
            let message = "a filter compares whole texts: it has no patterns and no parts of texts";
            return said.or_else(|| self.notes.unsupported(Some(span), message));
        }
        let message = format!("the premium index has no field `{path}` to filter by");
        self.notes.unsupported(Some(span), message)
    }

    fn text(&mut self, test: &TextTest, span: Span) -> Option<Said> {
        for field in &test.fields {
            self.searchable(*field, span)?;
        }
        Some(Said::Text(Expr::Leaf(test.clone()), span))
    }

    fn searchable(&mut self, field: TextField, span: Span) -> Option<()> {
        if self.capabilities.fields.get(field.path()).searchable {
            return Some(());
        }
        let message =
            format!("the premium index is not known to search words of `{}`", field.path());
        self.notes.unsupported(Some(span), message)
    }

    fn attachment(&mut self, test: &Expr<AttachmentTest>, span: Span) -> Option<Said> {
        test.for_each_leaf(&mut |test| self.attachment_as_spelled(test, span));
        if let Some(filter) = filter::attachment(test, self.capabilities.search_functions) {
            return self.filter(attachment_path(test), span, || Some(filter));
        }
        match test {
            Expr::Leaf(AttachmentTest::ContentType(_)) => {
                self.filter("attachments/contentType", span, || None)
            }
            Expr::Leaf(AttachmentTest::Words(words)) => {
                self.searchable(TextField::AttachmentName, span)?;
                self.notes.approximate(
                    span,
                    "the premium index does not cut file names at dots and underscores",
                );
                let pattern = TextPattern::Phrase(words.clone());
                let test = text_test(TextField::AttachmentName, pattern);
                Some(Said::Text(Expr::Leaf(test), span))
            }
            Expr::Leaf(_) | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => self.notes.unsupported(
                Some(span),
                "the premium index compares attachment names as a whole: give the full name",
            ),
        }
    }

    fn attachment_as_spelled(&mut self, test: &AttachmentTest, span: Span) {
        match test {
            AttachmentTest::Named(_) => self
                .notes
                .approximate(span, "the premium index compares file names case-sensitively"),
            AttachmentTest::Name(test) | AttachmentTest::ContentType(test) => {
                self.as_spelled(test, span);
            }
            AttachmentTest::Size(_)
            | AttachmentTest::Extension(_)
            | AttachmentTest::Words(_)
            | AttachmentTest::Shaped(_) => {}
        }
    }

    /// A whole address is a filter; names and parts of addresses are words, where the index searches them.
    fn person(&mut self, roles: &[Role], pattern: &PersonPattern, span: Span) -> Option<Said> {
        if let PersonPattern::Address(address) = pattern {
            return self.address(roles, address, span);
        }
        let texts = roles.iter().map(|role| self.person_text(*role, pattern, span));
        let texts: Vec<_> = texts.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?;
        Some(Said::Text(Expr::group(texts, Expr::Or), span))
    }

    fn address(&mut self, roles: &[Role], address: &str, span: Span) -> Option<Said> {
        if !self.capabilities.lower_case_addresses {
            self.notes.approximate(
                span,
                "the premium index compares addresses case-sensitively: other spellings of capitals are missed",
            );
        }
        let parts: Vec<_> =
            roles.iter().map(|role| self.address_in(*role, address, span)).collect();
        let parts: Option<Vec<_>> = parts.into_iter().collect();
        Some(Said::Filter(Filter::any(parts?)))
    }

    fn address_in(&mut self, role: Role, address: &str, span: Span) -> Option<Filter> {
        let test = StringTest::Is(address.to_owned());
        let said = match place(role) {
            Place::Field(path) => self.filter(path, span, || filter::string(path, &test, false)),
            Place::Texts(path) => self.filter(path, span, || Some(filter::contains(path, address))),
            Place::List(list) => self.filter(&format!("{}/address", list.path()), span, || {
                filter::recipient(list, &Expr::Leaf(crate::RecipientTest::Address(test)), false)
            }),
        };
        match said? {
            Said::Filter(filter) => Some(filter),
            Said::Text(..) => None,
        }
    }

    fn person_text(
        &mut self,
        role: Role,
        pattern: &PersonPattern,
        span: Span,
    ) -> Option<Expr<TextTest>> {
        let Some((name, address)) = text_fields(role) else {
            let message =
                "the premium index compares this address as a whole: give the full address";
            return self.notes.unsupported(Some(span), message);
        };
        let words = |field, text: &str| {
            Expr::Leaf(text_test(field, TextPattern::Phrase(analysis::terms(text))))
        };
        match pattern {
            PersonPattern::NamePhrase(text) => {
                self.whole_words(&[name], role, span)?;
                Some(words(name, text))
            }
            PersonPattern::Words(text) => {
                self.whole_words(&[name, address], role, span)?;
                self.notes.approximate(
                    span,
                    "the premium index takes what stands before the @ as one word",
                );
                Some(Expr::Or(vec![words(name, text), words(address, text)]))
            }
            PersonPattern::Domain(text) | PersonPattern::DomainOrLocal(text) => {
                self.whole_words(&[address], role, span)?;
                self.notes.approximate(
                    span,
                    "the premium index looks for these words anywhere in the address",
                );
                Some(words(address, text))
            }
            PersonPattern::Shaped(shape) => {
                self.whole_words(&[name, address], role, span)?;
                self.notes.approximate(
                    span,
                    "the premium index takes what stands before the @ as one word",
                );
                let shaped = |field, shape: &Wildcard| {
                    Expr::Leaf(text_test(field, TextPattern::Wildcard(shape.clone())))
                };
                Some(Expr::Or(vec![shaped(name, shape), shaped(address, shape)]))
            }
            PersonPattern::Address(_)
            | PersonPattern::SubDomains(_)
            | PersonPattern::AddressShaped(_) => self.notes.unsupported(
                Some(span),
                "the premium index has no way to ask for a part of an address",
            ),
        }
    }

    /// Whether words of people can be looked for at all.
    fn whole_words(&mut self, fields: &[TextField], role: Role, span: Span) -> Option<()> {
        if fields.iter().any(|field| !self.capabilities.fields.get(field.path()).searchable) {
            return self.notes.unsupported(
                Some(span),
                "the premium index compares addresses and names as a whole: give the full address",
            );
        }
        if role != Role::From {
            self.notes.approximate(
                span,
                "in the premium index words run over from one recipient to the next",
            );
        }
        Some(())
    }
}

fn text_test(field: TextField, pattern: TextPattern) -> TextTest {
    TextTest { fields: vec![field], pattern, scored: false }
}

/// Where the names and the addresses of a role can be searched by words.
const fn text_fields(role: Role) -> Option<(TextField, TextField)> {
    match role {
        Role::From => Some((TextField::FromName, TextField::FromAddress)),
        Role::To => Some((TextField::ToName, TextField::ToAddress)),
        Role::Cc => Some((TextField::CcName, TextField::CcAddress)),
        Role::Bcc => Some((TextField::BccName, TextField::BccAddress)),
        Role::DeliveredTo | Role::Owner => None,
    }
}

/// Where the addresses of a role stand.
enum Place {
    /// A field of one text.
    Field(&'static str),
    /// A list of texts.
    Texts(&'static str),
    List(RecipientList),
}

const fn place(role: Role) -> Place {
    match role {
        Role::From => Place::Field(StringField::FromAddress.path()),
        Role::To => Place::List(RecipientList::To),
        Role::Cc => Place::List(RecipientList::Cc),
        Role::Bcc => Place::List(RecipientList::Bcc),
        Role::DeliveredTo => Place::Texts(DELIVERED_TO),
        Role::Owner => Place::Field(StringField::Mailbox.path()),
    }
}

/// The sub-field by which a test of one attachment stands or falls.
const fn attachment_path(test: &Expr<AttachmentTest>) -> &'static str {
    match test {
        Expr::Leaf(AttachmentTest::ContentType(_)) => "attachments/contentType",
        Expr::Leaf(AttachmentTest::Size(_)) => "attachments/size",
        Expr::Leaf(_) | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => "attachments/name",
    }
}

fn split(said: Vec<Said>) -> (Vec<(Expr<TextTest>, Span)>, Vec<Filter>) {
    let (mut texts, mut filters) = (Vec::new(), Vec::new());
    for one in said {
        match one {
            Said::Text(text, span) => texts.push((text, span)),
            Said::Filter(filter) => filters.push(filter),
        }
    }
    (texts, filters)
}

fn by_reference(expr: &Expr<TextTest>) -> Expr<&TextTest> {
    match expr {
        Expr::And(parts) => Expr::And(parts.iter().map(by_reference).collect()),
        Expr::Or(parts) => Expr::Or(parts.iter().map(by_reference).collect()),
        Expr::Not(inner) => Expr::negated(by_reference(inner)),
        Expr::Leaf(test) => Expr::Leaf(test),
    }
}

const fn unsayable(reason: text::Unsayable) -> &'static str {
    match reason {
        text::Unsayable::OnlyNegations => {
            "the premium service refuses words that are all negated: add a word that must be there"
        }
        text::Unsayable::NotSimple => {
            "this endpoint reads simple query text, which has no field names, no distances, no wildcards inside a word, no regular expressions and no words spelt nearly so"
        }
        text::Unsayable::OnlyUnorderedWords => {
            "query text has distances for two or three single words in any order only"
        }
        text::Unsayable::Empty => "there is no word to look for",
    }
}

/// Bytes of a value in a query string: letters, digits and `-._~` stand as they are.
fn encoded_length(value: &str) -> usize {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { 1 } else { 3 })
        .sum()
}
