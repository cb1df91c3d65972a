//! The common ground of languages with `property:value` terms: they join terms in the same way, and compare
//! a property by words.

use crate::Expr;
use crate::analysis::{lower_case, terms};
use crate::pattern::Wildcard;
use crate::query::{Comparison, PersonPattern, StringTest};
use crate::schema::InstantField;

/// What a target says that knows only bodies as a whole.
pub(super) const WHOLE_BODY: &str =
    "the body is searched as a whole, with what is quoted in it and its signature";

/// A text, and whether it needs brackets inside a larger one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) compound: bool,
}

impl Text {
    pub(super) const fn term(text: String) -> Self {
        Self { text, compound: false }
    }

    fn bracketed(&self) -> String {
        if self.compound { format!("({})", self.text) } else { self.text.clone() }
    }

    pub(super) fn negated(&self) -> Self {
        Self { text: format!("NOT {}", self.bracketed()), compound: true }
    }

    /// The parts, at least one, with a word between them.
    pub(super) fn joined(parts: &[Self], between: &str) -> Self {
        match parts {
            [only] => only.clone(),
            several => {
                let texts: Vec<_> = several.iter().map(Self::bracketed).collect();
                Self { text: texts.join(between), compound: true }
            }
        }
    }

    /// One of them.
    pub(super) fn any(parts: &[Self]) -> Self {
        Self::joined(parts, " OR ")
    }

    /// All of them.
    pub(super) fn all(parts: &[Self]) -> Self {
        Self::joined(parts, " AND ")
    }
}

/// The meaning of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked<'l, L> {
    /// A condition.
    Leaf(&'l L),
    /// Every message.
    Everything,
    /// No message.
    Nothing,
}

/// And, or, not over leaves of any kind. Every leaf is written, so that no note is missing, and is told
/// whether it stands under an odd number of NOTs.
///
/// Every mixed group stands in brackets, whatever the language says of precedence.
pub(super) fn tree<L>(
    expr: &Expr<L>,
    say: &mut impl FnMut(Asked<'_, L>, bool) -> Option<Text>,
) -> Option<Text> {
    branch(expr, false, say)
}

fn branch<L>(
    expr: &Expr<L>,
    is_negated: bool,
    say: &mut impl FnMut(Asked<'_, L>, bool) -> Option<Text>,
) -> Option<Text> {
    let mut each = |parts: &[Expr<L>]| {
        let texts: Vec<_> = parts.iter().map(|part| branch(part, is_negated, say)).collect();
        texts.into_iter().collect::<Option<Vec<_>>>()
    };
    match expr {
        Expr::Leaf(inner) => say(Asked::Leaf(inner), is_negated),
        Expr::Not(inner) => branch(inner, !is_negated, say).map(|text| text.negated()),
        Expr::And(parts) if parts.is_empty() => say(Asked::Everything, is_negated),
        Expr::Or(parts) if parts.is_empty() => say(Asked::Nothing, is_negated),
        Expr::And(parts) => each(parts).map(|texts| Text::all(&texts)),
        Expr::Or(parts) => each(parts).map(|texts| Text::any(&texts)),
    }
}

/// The structure of a condition on one element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Make {
    /// One test or another. It holds for the list as soon as it holds for one element.
    Alternatives,
    /// Several at once.
    Together,
    /// With a negation.
    Negated,
}

pub(super) fn make<L>(expr: &Expr<L>) -> Make {
    let worst = |parts: &[Expr<L>]| parts.iter().map(make).max().unwrap_or(Make::Alternatives);
    match expr {
        Expr::Leaf(_) => Make::Alternatives,
        Expr::Not(_) => Make::Negated,
        Expr::And(parts) => worst(parts).max(Make::Together),
        Expr::Or(parts) => worst(parts),
    }
}

/// A value to search in a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// These words.
    Words(String),
    /// A word that begins with this.
    Prefix(String),
}

/// The values to search in a string property, if words can say the test at all. One of them must match.
pub(super) fn values(test: &StringTest) -> Option<Vec<Value>> {
    match test {
        StringTest::Is(text) | StringTest::Same(text) | StringTest::PathEnd(text) => {
            Some(vec![Value::Words(text.clone())])
        }
        StringTest::OneOf(texts) if texts.is_empty() => None,
        StringTest::OneOf(texts) => Some(texts.iter().cloned().map(Value::Words).collect()),
        StringTest::Shaped(shape) => prefix(shape).map(|value| vec![value]),
        StringTest::Missing => None,
    }
}

/// The language's names of the values; `None` where it has no name for one of them.
pub(super) fn called(
    test: &StringTest,
    table: &[(&str, &'static str)],
) -> Option<Vec<&'static str>> {
    let find = |value: &Value| match value {
        Value::Words(text) => {
            let text = lower_case(text);
            table.iter().find(|(ours, _)| *ours == text).map(|(_, theirs)| *theirs)
        }
        Value::Prefix(_) => None,
    };
    values(test)?.iter().map(find).collect()
}

/// The words of a person; `None` for a pattern that is more than a beginning.
pub(super) fn person(pattern: &PersonPattern) -> Option<Value> {
    match pattern {
        PersonPattern::Address(text)
        | PersonPattern::Domain(text)
        | PersonPattern::DomainOrLocal(text)
        | PersonPattern::Words(text)
        | PersonPattern::NamePhrase(text) => Some(Value::Words(text.to_string())),
        PersonPattern::Shaped(shape) | PersonPattern::AddressShaped(shape) => prefix(shape),
        PersonPattern::SubDomains(_) => None,
    }
}

/// A pattern with nothing but a `*` at its end, after one word.
pub(super) fn prefix(shape: &Wildcard) -> Option<Value> {
    shape.prefix().filter(|text| is_plain_word(text)).map(|text| Value::Prefix(text.to_owned()))
}

/// The first letter of the scripts that put no spaces between their words, as far as there are others.
const FIRST_WITHOUT_SPACES: char = '\u{e00}';

/// Whether all of a text is of scripts that put spaces between their words.
pub(super) fn has_spaced_words(text: &str) -> bool {
    text.chars().all(|c| c < FIRST_WITHOUT_SPACES || !c.is_alphanumeric())
}

/// Whether a letter is of a script that puts no spaces between its words. Korean does.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The words of a phrase as people write them. Our analyser makes each letter of some scripts a word;
/// whoever cuts them in another way needs the text without blanks between.
pub(super) fn phrase(tokens: &[String]) -> String {
    let mut text = String::new();
    for token in tokens {
        let touches = text.ends_with(is_unspaced) && token.starts_with(is_unspaced);
        if !text.is_empty() && !touches {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

/// Whether every tokenizer leaves this word whole: letters and digits of a script that
/// puts spaces between its words.
pub(super) fn is_plain_word(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() && c < FIRST_WITHOUT_SPACES;
    !text.is_empty() && text.chars().all(plain) && terms(text).len() == 1
}

/// A literal: bare where it is one word and not an operator, quoted otherwise. It may end with a `*` that
/// stands for the rest of a word.
///
/// These languages have no escapes for quotes of any kind, `*` and control characters. For a text with one of
/// them, and for a blank text, this returns `None`.
pub(super) fn literal(text: &str, rest: bool, operators: &[&str]) -> Option<String> {
    let sayable = |c: char| !c.is_control() && !"\"*“”„‟″＂＊".contains(c);
    if text.trim().is_empty() || !text.chars().all(sayable) {
        return None;
    }
    let star = if rest { "*" } else { "" };
    let bare = is_plain_word(text) && !operators.contains(&text.to_ascii_uppercase().as_str());
    Some(if bare { format!("{text}{star}") } else { format!("\"{text}{star}\"") })
}

pub(super) const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::Greater => ">",
        Comparison::AtLeast => ">=",
    }
}

pub(super) const fn instant(field: InstantField) -> &'static str {
    match field {
        InstantField::Received => "received",
        InstantField::Sent => "sent",
        InstantField::Created => "created",
        InstantField::Modified => "lastmodifiedtime",
    }
}
