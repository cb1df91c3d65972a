//! Advice about text that another program reads in another way.

use super::canonical;
use super::operators::Operator;
use crate::analysis::terms;
use crate::pattern::Wildcard;
use crate::syntax::postern::{
    FieldName, Piece, PieceKind, Relation, Term, distance_inside, is_negating,
};
use crate::{Advice, AdviceCode, Code, Error, Span};

fn other(span: Span, message: impl Into<String>) -> Advice {
    Advice::new(AdviceCode::OtherReading, span, message)
}

/// Advice about a term of words.
pub(super) fn of_words(term: &Term<'_>, name: &str) -> Option<Advice> {
    let piece = term.value.only().filter(|_| term.near.is_none())?;
    match piece.kind {
        PieceKind::Bare => question(piece, name),
        PieceKind::Quoted => {
            distance(piece, name).or_else(|| regex(piece)).or_else(|| beginning(piece, name))
        }
        PieceKind::Near(_) | PieceKind::Regex => None,
    }
}

/// `Lunch?`: the mark at the end of a pasted sentence.
fn question(piece: &Piece<'_>, name: &str) -> Option<Advice> {
    let word = piece.text.trim_end_matches('?');
    let ends = word.len() < piece.text.len() && !Wildcard::is_pattern(word);
    let plain = canonical::value_of(name, word);
    (ends && !terms(word).is_empty()).then(|| {
        other(
            piece.span,
            format!("`?` stands for any one character: write {plain} for the word alone"),
        )
    })
}

/// `"secret AROUND 25 birthday"`, which keeps the order in Gmail.
fn distance(piece: &Piece<'_>, name: &str) -> Option<Advice> {
    let (before, words, after) = distance_inside(&piece.text)?;
    if [before, after].iter().any(|side| terms(side).is_empty()) {
        return None;
    }
    let sides = [before, after].map(canonical::quoted_text);
    let text = format!("{} ADJ/{words} {}", sides[0], sides[1]);
    let text = if name.is_empty() { text } else { format!("{name}:({text})") };
    Some(other(
        piece.span,
        format!("in quotes every word is looked for as it stands: write {text} for a distance"),
    ))
}

/// `"alpha bet*"`, a phrase that ends in a beginning in KQL, and `"bet*"`.
fn beginning(piece: &Piece<'_>, name: &str) -> Option<Advice> {
    let (words, last) = piece.text.rsplit_once(char::is_whitespace).unwrap_or(("", &piece.text));
    let start = last.strip_suffix('*')?;
    if start.is_empty() || !start.chars().all(char::is_alphanumeric) {
        return None;
    }
    let words = words.trim();
    let text = match (words.is_empty(), name.is_empty()) {
        (true, true) => last.to_owned(),
        (true, false) => format!("{name}:{last}"),
        (false, true) => format!("{} {last}", canonical::quoted_text(words)),
        (false, false) => format!("{name}:({} {last})", canonical::quoted_text(words)),
    };
    let has_words = words.is_empty() || !terms(words).is_empty();
    let message = format!("in quotes `*` stands for nothing: write {text} for words that begin so");
    has_words.then(|| other(piece.span, message))
}

/// `from:"ann*"` and `category:"red*"`, where a star in quotes is no pattern.
pub(super) fn star(term: &Term<'_>, operator: Operator, name: &str) -> Vec<Advice> {
    let is_text = matches!(
        operator,
        Operator::People(_)
            | Operator::Filename
            | Operator::Category
            | Operator::Folder
            | Operator::MailingList
    );
    let in_quotes = term.value.iter().filter(|piece| is_text && piece.kind == PieceKind::Quoted);
    let advice = in_quotes.filter_map(|piece| {
        let start = piece.text.strip_suffix('*')?;
        let is_word = !start.is_empty() && start.chars().all(char::is_alphanumeric);
        let text = if is_word { format!("{name}:{start}*") } else { format!("{name}:word*") };
        let message = format!("`*` in quotes is no pattern: write {text} for what begins so");
        (!start.is_empty()).then(|| other(piece.span, message))
    });
    advice.collect()
}

/// `"/bob@.*/"`, a regular expression of notmuch.
pub(super) fn regex(piece: &Piece<'_>) -> Option<Advice> {
    let inner = piece.text.strip_prefix('/')?.strip_suffix('/')?;
    let looks =
        piece.kind == PieceKind::Quoted && inner.contains(['*', '[', '\\', '^', '$', '|', '+']);
    looks.then(|| {
        let message = "in quotes this is looked for as it stands, and is no regular expression: use * and ? without quotes";
        other(piece.span, message)
    })
}

/// A list that goes on after a blank elsewhere: `from:ann, bob`.
pub(super) fn open_list(term: &Term<'_>, operator: Operator, name: &str) -> Option<Advice> {
    let last = term.value.iter().last()?;
    let ends = last.kind == PieceKind::Bare && last.text.ends_with([',', ';']);
    (ends && operator.takes_list()).then(|| {
        let message =
            format!("a list ends at a blank: write its values without one, as in {name}:a,b");
        other(last.span, message)
    })
}

/// `subject="weekly report"`, which is the whole subject in KQL.
pub(super) fn equal(field: FieldName<'_>, operator: Operator, name: &str) -> Option<Advice> {
    let whole = matches!(operator, Operator::Words(_) | Operator::People(_) | Operator::Filename);
    (whole && field.relation == Relation::Equal && !field.colon).then(|| {
        let message = format!(
            "`=` was read as `{name}:`, which looks for words; in KQL it means the whole value"
        );
        other(field.span, message)
    })
}

/// `subject:-draft`, which leaves out elsewhere.
pub(super) fn minus_in_value(term: &Term<'_>, operator: Operator, name: &str) -> Option<Error> {
    let piece = &term.value.first;
    let of_ids = matches!(
        operator,
        Operator::Id
            | Operator::Thread
            | Operator::Reference
            | Operator::Set
            | Operator::Range(_)
            | Operator::Sort
    );
    if of_ids || piece.kind != PieceKind::Bare || !is_negating(&piece.text) {
        return None;
    }
    let word = piece.text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let title = format!("a minus stands before the operator, not after `{name}:`");
    let negated = format!("-{}", canonical::value_of(name, word));
    let error = Error::new(Code::Syntax, piece.span, title, "not here").hint(format!(
        "write {negated}, or {name}:{} to look for the text",
        canonical::quoted_text(&piece.text)
    ));
    let whole = Span::new(term.span.start, piece.span.end);
    Some(if term.span == piece.span { error } else { error.fix(whole, negated) })
}

/// `thread:"{from:a}"`, a search within threads of notmuch.
pub(super) fn thread_search(term: &Term<'_>) -> Option<Error> {
    let text = &term.value.first.text;
    (text.starts_with('{') && text.ends_with('}')).then(|| {
        let title = "a search for conversations by their messages is not known here";
        Error::new(Code::ForeignOperator, term.span, title, "known elsewhere")
            .hint("search for the messages, and open the conversation of one: from:ann")
    })
}
