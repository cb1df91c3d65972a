//! Random questions as they are typed: in Postern's language, and as OData filters.

use postern_query::odata::parse_filter;
use postern_query::schema::{FlagField, InstantField, NumberField, StringField};
use postern_query::{Condition, Context, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::messages::{address, domain, file_name, label, moment, number, piece, text};

/// A question that is understood, and its text.
pub(super) fn question() -> impl Strategy<Value = (String, Condition)> {
    let postern = nested(clause(), " ", " OR ", "-");
    let odata = nested(filter(), " and ", " or ", "not ");
    let context = Context::utc("2023-11-15T12:00:00Z".parse().unwrap());
    prop_oneof![
        postern.prop_filter_map("refused", move |text| {
            let condition = parse(&text, &context).ok()?.query.condition().clone();
            Some((text, condition))
        }),
        odata.prop_filter_map("refused", |text| {
            let condition = parse_filter(&text).ok()?.condition().clone();
            Some((text, condition))
        }),
    ]
}

fn nested(
    leaf: impl Strategy<Value = String> + 'static,
    and: &'static str,
    or: &'static str,
    not: &'static str,
) -> impl Strategy<Value = String> {
    leaf.prop_recursive(3, 10, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(move |parts| format!("({})", parts.join(and))),
            vec(inner.clone(), 1..4).prop_map(move |parts| format!("({})", parts.join(or))),
            inner.prop_map(move |part| format!("{not}({part})")),
        ]
    })
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One condition of Postern's language.
fn clause() -> impl Strategy<Value = String> {
    let people = select(&["from", "to", "cc", "recipients", "mailbox"][..]);
    let prefix = select(&["du", "inv", "a", "x"][..]);
    prop_oneof![
        4 => piece().prop_map(|text| quoted(&text)),
        2 => (select(&["subject", "body"][..]), piece()).prop_map(|(field, text)| format!("{field}:{}", quoted(&text))),
        2 => prefix.clone().prop_map(|text| format!("{text}*")),
        1 => prefix.prop_map(|text| format!("{text}~1")),
        2 => (people.clone(), address()).prop_map(|(role, text)| format!("{role}:{}", quoted(&text))),
        2 => (people, domain()).prop_map(|(role, text)| format!("{role}:@{text}")),
        1 => file_name().prop_map(|name| format!("filename:{}", quoted(&name))),
        1 => label().prop_map(|label| format!("category:{}", quoted(&label))),
        1 => select(&["has:attachment", "is:unread", "is:flagged", "after:2023-11-14", "date:2023-11", "kind:file", "-kind:file", "created:2023-11", "modified<2023-11-15"][..]).prop_map(str::to_owned),
        1 => (0..9i64).prop_map(|size| format!("size:>{size}")),
    ]
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// One condition of a filter.
fn filter() -> impl Strategy<Value = String> {
    let compare = select(&["eq", "ne", "lt", "ge"][..]);
    let equal = select(&["eq", "ne"][..]);
    let list = select(&["toRecipients", "ccRecipients", "bccRecipients"][..]);
    let kind = select(&["any", "all"][..]);
    prop_oneof![
        3 => (select(StringField::PREMIUM), equal.clone(), text()).prop_map(|(field, op, text)| format!("{} {op} {}", field.path(), literal(&text))),
        1 => (select(FlagField::PREMIUM), equal.clone(), any::<bool>()).prop_map(|(field, op, flag)| format!("{} {op} {flag}", field.path())),
        1 => (select(NumberField::PREMIUM), compare.clone(), number()).prop_map(|(field, op, number)| format!("{} {op} {number}", field.path())),
        1 => (select(InstantField::PREMIUM), compare, moment()).prop_map(|(field, op, moment)| format!("{} {op} {moment}", field.path())),
        2 => (list.clone(), kind, equal, address(), text()).prop_map(|(list, kind, op, address, name)| format!(
            "{list}/{kind}(r: r/address {op} {} and r/name ne {})", literal(&address), literal(&name))),
        1 => (list, address()).prop_map(|(list, address)| format!("{list}/any(r: search.in(r/address, {}))", literal(&address))),
        2 => piece().prop_map(|text| format!("search.ismatch({}, 'subject')", literal(&quoted(&text)))),
    ]
}
