//! Query text of the premium service: full Lucene syntax, or its simple syntax.
//!
//! Neither has a real precedence, so every mixed group stands in brackets. Full text cannot say
//! "or not", so a group with negations becomes the negation of a group without.

use std::fmt::Write as _;

use crate::Expr;
use crate::pattern::{Near, Wildcard, WildcardPart};
use crate::query::{TextPattern, TextTest};
use crate::schema::TextField;
use crate::syntax::lucene::Syntax;

/// Text under a sign. The negation stays outside, where the language can say it.
struct Signed {
    negative: bool,
    text: String,
    /// How its parts are joined. It needs brackets inside a group that is joined differently.
    joined_by: Option<&'static str>,
}

/// Why a condition has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsayable {
    /// Full syntax refuses a text of negations alone.
    OnlyNegations,
    /// Simple syntax has neither field names nor wildcards inside a word.
    NotSimple,
    /// A distance counts in both directions between single words. Nothing else can be said.
    OnlyUnorderedWords,
    /// There is nothing to search.
    Empty,
}

/// The text that finds exactly the messages of `expr`.
pub(crate) fn emit(expr: &Expr<&TextTest>, syntax: Syntax) -> Result<String, Unsayable> {
    let signed = signed(expr, syntax)?;
    match (signed.negative, syntax) {
        (false, _) => Ok(signed.text),
        (true, Syntax::Full) => Err(Unsayable::OnlyNegations),
        (true, Syntax::Simple) => Ok(negation(&signed, syntax)),
    }
}

fn signed(expr: &Expr<&TextTest>, syntax: Syntax) -> Result<Signed, Unsayable> {
    match expr {
        Expr::Leaf(test) => leaf(test, syntax),
        Expr::Not(inner) => signed(inner, syntax).map(flipped),
        Expr::And(parts) => conjunction(all_signed(parts, syntax)?, syntax),
        // By De Morgan: a or b is not (not a and not b).
        Expr::Or(parts) => {
            let parts = all_signed(parts, syntax)?;
            if parts.iter().any(|part| part.negative) {
                return conjunction(parts.into_iter().map(flipped).collect(), syntax).map(flipped);
            }
            joined(&parts, syntax, if syntax == Syntax::Full { " OR " } else { " | " })
        }
    }
}

fn all_signed(parts: &[Expr<&TextTest>], syntax: Syntax) -> Result<Vec<Signed>, Unsayable> {
    parts.iter().map(|part| signed(part, syntax)).collect()
}

fn flipped(signed: Signed) -> Signed {
    Signed { negative: !signed.negative, ..signed }
}

/// All of them; negations alone become the negation of alternatives.
fn conjunction(mut parts: Vec<Signed>, syntax: Syntax) -> Result<Signed, Unsayable> {
    // Prohibited parts stand last, in the order that a reader of the text makes of them.
    parts.sort_by_key(|part| part.negative);
    if parts.iter().all(|part| part.negative) {
        let or = if syntax == Syntax::Full { " OR " } else { " | " };
        return joined(&parts.into_iter().map(flipped).collect::<Vec<_>>(), syntax, or)
            .map(flipped);
    }
    joined(&parts, syntax, if syntax == Syntax::Full { " AND " } else { " + " })
}

fn joined(parts: &[Signed], syntax: Syntax, separator: &'static str) -> Result<Signed, Unsayable> {
    let texts: Vec<_> = parts
        .iter()
        .map(|part| {
            if part.negative {
                negation(part, syntax)
            } else if part.joined_by == Some(separator) {
                part.text.clone()
            } else {
                bracketed(part)
            }
        })
        .collect();
    if texts.is_empty() {
        return Err(Unsayable::Empty);
    }
    let single = parts.iter().all(|part| !part.negative && part.joined_by.is_none());
    let joined_by = (texts.len() > 1 || !single).then_some(separator);
    Ok(Signed { negative: false, text: texts.join(separator), joined_by })
}

fn negation(part: &Signed, syntax: Syntax) -> String {
    match syntax {
        Syntax::Full => format!("NOT {}", bracketed(part)),
        Syntax::Simple => format!("-{}", bracketed(part)),
    }
}

fn bracketed(part: &Signed) -> String {
    if part.joined_by.is_some() { format!("({})", part.text) } else { part.text.clone() }
}

fn leaf(test: &TextTest, syntax: Syntax) -> Result<Signed, Unsayable> {
    let units = units(&test.pattern, syntax)?;
    let several = units.len() > 1;
    let unit = units.join(" OR ");
    if test.fields == TextField::DEFAULT {
        return Ok(Signed { negative: false, text: unit, joined_by: several.then_some(" OR ") });
    }
    if syntax == Syntax::Simple {
        return Err(Unsayable::NotSimple);
    }
    let unit = if several { format!("({unit})") } else { unit };
    let texts: Vec<_> =
        test.fields.iter().map(|field| format!("{}:{unit}", field.path())).collect();
    let joined_by = (texts.len() > 1 || several).then_some(" OR ");
    Ok(Signed { negative: false, joined_by, text: texts.join(" OR ") })
}

/// Words, phrases or patterns. At least one must match.
fn units(pattern: &TextPattern, syntax: Syntax) -> Result<Vec<String>, Unsayable> {
    let full = syntax == Syntax::Full;
    match pattern {
        TextPattern::Phrase(tokens) => match tokens.as_slice() {
            [] => Err(Unsayable::Empty),
            [word] => Ok(vec![escape(word, syntax)]),
            words => Ok(vec![quote(&words.join(" "))]),
        },
        TextPattern::Wildcard(shape) => wildcard(shape, syntax).map(|text| vec![text]),
        TextPattern::Regex(regex) if full => Ok(vec![format!("/{}/", regex.as_str())]),
        TextPattern::Fuzzy(fuzzy) if full => {
            Ok(vec![format!("{}~{}", escape(fuzzy.token(), syntax), fuzzy.edits())])
        }
        TextPattern::Sloppy(sloppy) if full => match sloppy.tokens.as_slice() {
            [] => Err(Unsayable::Empty),
            [word] => Ok(vec![escape(word, syntax)]),
            words => Ok(vec![apart(&words.join(" "), sloppy.slop as usize)]),
        },
        TextPattern::Near(near) if full => self::near(near),
        TextPattern::Regex(_)
        | TextPattern::Fuzzy(_)
        | TextPattern::Sloppy(_)
        | TextPattern::Near(_) => Err(Unsayable::NotSimple),
    }
}

/// A phrase whose words may be moved that far together.
fn apart(words: &str, slop: usize) -> String {
    let quoted = quote(words);
    if slop == 0 { quoted } else { format!("{quoted}~{slop}") }
}

/// Single words within a distance: a phrase with slop for each order in which they may stand.
///
/// In the order of the phrase, slop is the number of other words between. In any other order the
/// same words cost more, so no order finds too much. One phrase with a slop of 2 or more also finds
/// the other orders.
fn near(near: &Near) -> Result<Vec<String>, Unsayable> {
    const MOST: usize = 3;
    let gaps = near.gaps().ok_or(Unsayable::Empty)?;
    let words: Option<Vec<_>> = near.parts.iter().map(|part| single(part)).collect();
    let words = words.filter(|words| words.len() <= MOST).ok_or(Unsayable::OnlyUnorderedWords)?;
    match (near.ordered, gaps) {
        (true, 0 | 1) => Ok(vec![apart(&words.join(" "), gaps)]),
        (true, _) => Err(Unsayable::OnlyUnorderedWords),
        (false, _) => {
            Ok(orders(&words).iter().map(|words| apart(&words.join(" "), gaps)).collect())
        }
    }
}

fn single(part: &[String]) -> Option<&str> {
    if let [word] = part { Some(word) } else { None }
}

/// Every order of these words.
fn orders<'w>(words: &[&'w str]) -> Vec<Vec<&'w str>> {
    if words.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for (i, first) in words.iter().enumerate() {
        let others: Vec<_> =
            words.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, word)| *word).collect();
        orders.extend(self::orders(&others).into_iter().map(|mut rest| {
            rest.insert(0, first);
            rest
        }));
    }
    orders
}

fn wildcard(shape: &Wildcard, syntax: Syntax) -> Result<String, Unsayable> {
    if syntax == Syntax::Simple {
        let prefix = shape.prefix().ok_or(Unsayable::NotSimple)?;
        return Ok(format!("{}*", escape(prefix, syntax)));
    }
    let text = shape.parts().iter().map(|part| match part {
        WildcardPart::Literal(text) => escape(text, syntax),
        WildcardPart::One => "?".to_owned(),
        WildcardPart::Many => "*".to_owned(),
    });
    let text: String = text.collect();
    // The service refuses a pattern that begins with a wildcard. A regular expression over the token says
    // the same.
    Ok(if text.starts_with(['*', '?']) { regular_expression(shape) } else { text })
}

fn regular_expression(shape: &Wildcard) -> String {
    let mut out = "/".to_owned();
    for part in shape.parts() {
        match part {
            WildcardPart::One => out.push('.'),
            WildcardPart::Many => out.push_str(".*"),
            WildcardPart::Literal(text) => out.extend(text.chars().flat_map(|c| {
                let special = !c.is_alphanumeric() && c.is_ascii();
                special.then_some('\\').into_iter().chain([c])
            })),
        }
    }
    out + "/"
}

/// The only place where a literal becomes a quoted phrase.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// The only place where a literal becomes a bare word.
fn escape(word: &str, syntax: Syntax) -> String {
    let specials = match syntax {
        Syntax::Full => "+-&|!(){}[]^\"~*?:\\/",
        Syntax::Simple => "+-|\"()*'\\~",
    };
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        let _ = if specials.contains(c) { write!(out, "\\{c}") } else { write!(out, "{c}") };
    }
    out
}
