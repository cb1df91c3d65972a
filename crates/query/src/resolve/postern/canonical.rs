//! The canonical text of a query. It reads back as the same query.

use super::resolved::{Binding, Resolved};
use super::value::Value;
use crate::Expr;
use crate::pattern::{Near, Wildcard};
use crate::syntax::postern::{is_plain_value, is_plain_word};

/// The whole query, its order last.
pub(super) fn print(tree: &Expr<Resolved>, sorts: &[String]) -> String {
    let (text, _) = text(tree);
    let parts = [text].into_iter().filter(|text| !text.is_empty()).chain(sorts.iter().cloned());
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { "*".to_owned() } else { parts.join(" ") }
}

fn text(tree: &Expr<Resolved>) -> (String, Binding) {
    match tree {
        Expr::Leaf(resolved) => (resolved.text.clone(), resolved.binding),
        Expr::Not(inner) => (format!("-{}", bracketed(text(inner), Binding::Unit)), Binding::Unit),
        Expr::And(parts) => joined(parts, " ", Binding::And),
        Expr::Or(parts) => joined(parts, " OR ", Binding::Or),
    }
}

fn joined(parts: &[Expr<Resolved>], separator: &str, binding: Binding) -> (String, Binding) {
    let mut texts: Vec<_> = parts.iter().map(text).filter(|(text, _)| !text.is_empty()).collect();
    if texts.len() == 1
        && let Some(only) = texts.pop()
    {
        return only;
    }
    let texts: Vec<_> = texts.into_iter().map(|part| bracketed(part, binding)).collect();
    (texts.join(separator), binding)
}

fn bracketed((text, binding): (String, Binding), outer: Binding) -> String {
    if binding < outer { format!("({text})") } else { text }
}

/// `name:value`, quoted only if it would not read back otherwise.
pub(super) fn value(name: &str, value: &str) -> String {
    format!("{name}:{}", quoted_if_needed(value))
}

/// A word as the value of an operator, quoted if it needs that. Without a name it is a word alone.
pub(crate) fn value_of(name: &str, text: &str) -> String {
    if name.is_empty() { quoted_word(text) } else { value(name, text) }
}

/// A text in quotes.
pub(crate) fn quoted_text(text: &str) -> String {
    quote(text)
}

/// A quoted value stays quoted, because quotes mean something to the operator.
pub(super) fn quotable(name: &str, value: &Value<'_>) -> String {
    list(name, std::slice::from_ref(value))
}

/// A value with wildcards, or a value that never needs quotes.
pub(crate) fn bare(name: &str, value: &str) -> String {
    if name.is_empty() { value.to_owned() } else { format!("{name}:{value}") }
}

/// Words and phrases within a distance of each other.
pub(super) fn near(name: &str, near: &Near, texts: &[String]) -> String {
    let operator = if near.ordered { "ADJ" } else { "NEAR" };
    let text = texts.join(&format!(" {operator}/{} ", near.distance));
    if name.is_empty() { text } else { format!("{name}:({text})") }
}

/// A word of a phrase.
pub(crate) fn quoted_word(word: &str) -> String {
    if is_plain_word(word) && !Wildcard::is_pattern(word) { word.to_owned() } else { quote(word) }
}

/// A value alone or in a list, in a group or not, in quotes unless it would read back so without.
pub(crate) fn listed_value(text: &str) -> String {
    let is_plain = is_plain_word(text)
        && is_plain_value(text)
        && !Wildcard::is_pattern(text)
        && !text.contains([',', ';']);
    if is_plain { text.to_owned() } else { quote(text) }
}

/// A word, a phrase or a pattern, with or without an operator.
pub(super) fn words(name: &str, value: &Value<'_>) -> String {
    let literal = value.quoted && value.text.contains(['*', '?', '~', '^', '/', ',']);
    let plain = if name.is_empty() { is_plain_word } else { is_plain_value };
    let text =
        if literal || !plain(&value.text) { quote(&value.text).into() } else { value.text.clone() };
    bare(name, &text)
}

/// Values between commas. An unquoted value stays unquoted. A space stands before it where the colon
/// would otherwise change its meaning, as in `list: //x`.
pub(super) fn list(name: &str, values: &[Value<'_>]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| if value.quoted { quote(&value.text) } else { value.text.to_string() })
        .collect();
    let joins = values.first().is_none_or(|first| first.quoted || is_plain_value(&first.text));
    format!("{name}:{}{}", if joins { "" } else { " " }, texts.join(","))
}

fn quoted_if_needed(text: &str) -> String {
    if is_plain_value(text) { text.to_owned() } else { quote(text) }
}

/// The only place that quotes a literal of this language.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
