//! OData `$filter` and `$orderby` as existing clients send them to the premium service.
//!
//! It refuses whatever the service refuses with 400, and says the place and the text to write instead.

use crate::repair::{Tells, repaired};
use crate::resolve;
use crate::schema::{Sort, SortField};
use crate::syntax::odata::{self as syntax, Token, TokenKind};
use crate::{Budget, Capabilities, Code, Compiled, Error, Errors, Query, Span, emit};

/// The most keys of an order.
pub const MAX_ORDER_KEYS: usize = 32;

/// Parses a filter and resolves its fields. Blank text means every message.
///
/// # Errors
///
/// When the service would refuse the filter: unknown or unfilterable fields, values of the wrong type,
/// constructs outside its grammar.
///
/// # Examples
///
/// ```
/// use postern_query::{evaluate, odata, Code, Message};
///
/// let query = odata::parse_filter("toRecipients/any(r: r/address eq 'b@x.com') or not isRead")?;
/// assert!(evaluate(query.condition(), &Message::default()), "not known to be read");
///
/// let errors = odata::parse_filter("not fromAddress eq 'a@x.com'").unwrap_err();
/// assert_eq!(errors.as_slice()[0].code, Code::Syntax);
/// # Ok::<(), postern_query::Errors>(())
/// ```
pub fn parse_filter(text: &str) -> Result<Query, Errors> {
    parse_filter_within(text, &mut Budget::default())
}

/// The same, within a budget that other texts of a request may share.
///
/// # Errors
///
/// As [`parse_filter`], and if the budget is spent.
pub fn parse_filter_within(text: &str, budget: &mut Budget) -> Result<Query, Errors> {
    let again = |text: &str| filter(text, &mut Budget::default()).map(drop);
    filter(text, budget).map_err(|errors| repaired(text, errors, Tells::First, again))
}

fn filter(text: &str, budget: &mut Budget) -> Result<Query, Errors> {
    let mut spending = budget.read(text)?;
    let condition = resolve::odata::resolve(syntax::parse(text)?, &mut spending)?;
    Ok(Query::of(condition))
}

/// Parses the keys of an order. Blank text has none.
///
/// # Errors
///
/// For fields that cannot be sorted, and for more than [`MAX_ORDER_KEYS`] keys.
///
/// # Examples
///
/// ```
/// use postern_query::{odata, schema::{InstantField, Sort, SortField}};
///
/// let received = SortField::Instant(InstantField::Received);
/// assert_eq!(odata::parse_order_by("receivedDateTime desc")?, [Sort::descending(received)]);
/// assert!(odata::parse_order_by("body").is_err());
/// # Ok::<(), postern_query::Errors>(())
/// ```
pub fn parse_order_by(text: &str) -> Result<Vec<Sort>, Errors> {
    let again = |text: &str| order_by(text).map(drop);
    order_by(text).map_err(|errors| repaired(text, errors, Tells::First, again))
}

fn order_by(text: &str) -> Result<Vec<Sort>, Errors> {
    let tokens = syntax::tokenize(text)?;
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = tokens.split(|token| token.kind == TokenKind::Comma).collect();
    if keys.len() > MAX_ORDER_KEYS {
        let title = format!("more than {MAX_ORDER_KEYS} keys in an order");
        return Err(Error::new(Code::TooManyTerms, Span::new(0, text.len()), title, "too many")
            .hint("leave the last ones out")
            .into());
    }
    keys.into_iter()
        .map(|key| sort_key(key, text.len()))
        .collect::<Result<_, _>>()
        .map_err(Errors::from)
}

fn sort_key(tokens: &[Token], end: usize) -> Result<Sort, Error> {
    let (field, direction) = match tokens {
        [
            Token { kind: TokenKind::Path(name), .. },
            Token { kind: TokenKind::Open, spaced: false, .. },
            Token { kind: TokenKind::Close, .. },
            rest @ ..,
        ] => (format!("{name}()"), rest),
        [Token { kind: TokenKind::Path(name), .. }, rest @ ..] => (name.clone(), rest),
        _ => {
            let span = tokens.first().map_or(Span::new(end, end), |token| token.span);
            return Err(Error::new(
                Code::MissingOperand,
                span,
                "a field to order by is missing",
                "expected here",
            )
            .hint(
                "write a field, an operator and a value, such as fromAddress eq 'a@example.com'",
            ));
        }
    };
    let descending = match direction {
        [] => false,
        [Token { kind: TokenKind::Path(word), .. }] if word == "asc" => false,
        [Token { kind: TokenKind::Path(word), .. }] if word == "desc" => true,
        [first, ..] => {
            return Err(not_a_direction(first));
        }
    };
    let span = tokens.first().map_or_else(Span::default, |token| token.span);
    let by = SortField::from_path(&field).ok_or_else(|| not_sortable(&field, span))?;
    Ok(Sort { by, descending })
}

fn not_a_direction(token: &Token) -> Error {
    let title = "only `asc` or `desc` may follow a field";
    let error = Error::new(Code::Syntax, token.span, title, "not understood");
    let word = match &token.kind {
        TokenKind::Path(word) => word.to_ascii_lowercase(),
        _ => String::new(),
    };
    match word.as_str() {
        "asc" | "ascending" => error.hint("write asc").fix(token.span, "asc"),
        "desc" | "descending" => error.hint("write desc").fix(token.span, "desc"),
        _ => error.hint("separate fields with commas"),
    }
}

fn not_sortable(field: &str, span: Span) -> Error {
    let title = format!("results cannot be ordered by `{field}`");
    let error = Error::new(Code::UnknownField, span, title, "not sortable");
    match SORTABLE.iter().find(|name| name.eq_ignore_ascii_case(field)) {
        Some(name) => error.hint(format!("write {name}")).fix(span, *name),
        None => error.hint(format!("sortable: {}", SORTABLE.join(", "))),
    }
}

/// The names of the fields that order results.
const SORTABLE: [&str; 11] = [
    "receivedDateTime",
    "sentDateTime",
    "subject",
    "fromAddress",
    "hasAttachments",
    "importance",
    "isRead",
    "size",
    "mailbox",
    "folder",
    "search.score()",
];

/// Translates the condition of a query into one filter, with its words inside `search.ismatch`.
///
/// # Examples
///
/// ```
/// use postern_query::datatap::IndexFields;
/// use postern_query::{lucene, odata, Capabilities};
///
/// let capabilities = Capabilities {
///     fields: IndexFields::complete(),
///     search_functions: true,
///     ..Capabilities::default()
/// };
/// let query = odata::parse_filter("isRead")?.and(lucene::parse("o'neil", Default::default())?);
/// let filter = odata::compile(&query, &capabilities).sent.unwrap();
/// assert_eq!(filter, "isRead eq true and search.ismatchscoring('o''neil', 'subject,body', 'full', 'any')");
/// assert_eq!(odata::parse_filter(&filter)?, query);
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query, capabilities: &Capabilities) -> Compiled<String> {
    emit::datatap::compile_filter(query, capabilities)
}

/// The text of `$orderby`; empty without an order.
#[must_use]
pub fn print_order_by(order: &[Sort]) -> String {
    emit::odata::order_by(order)
}
