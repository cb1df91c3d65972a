//! Advice about queries that work but can match nothing.

use jiff::Timestamp;

use crate::query::{
    Comparison, Condition, InstantTest, PersonPattern, Predicate, Role, TextPattern, TextTest,
};
use crate::schema::InstantField;
use crate::{Advice, AdviceCode, Expr, Located, Span, simplify};

/// Words that stand in nearly every English message.
const COMMON: [&str; 24] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "of", "on",
    "or", "that", "the", "this", "to", "was", "we", "with", "you",
];

/// A query that has only common words.
pub(super) fn common_words(condition: &Condition) -> Option<Advice> {
    let mut whole: Option<Span> = None;
    let mut common = true;
    condition.for_each_leaf(&mut |leaf| {
        whole = Some(whole.map_or(leaf.span, |span| span.to(leaf.span)));
        common &= matches!(&leaf.value, Predicate::Text(TextTest {
            pattern: TextPattern::Phrase(tokens), ..
        }) if tokens.iter().all(|token| COMMON.contains(&token.as_str())));
    });
    let message = "nearly every message has these words; add one that says more";
    let advice = |span| Advice::new(AdviceCode::CommonWordOnly, span, message);
    whole.filter(|_| common).map(advice)
}

/// A contradiction among conditions that must all hold.
pub(super) fn contradictions(condition: &Condition) -> Vec<Advice> {
    let found = in_conjunction(condition);
    if !found.is_empty() || !simplify::is_impossible(condition) {
        return found;
    }
    let mut whole: Option<Span> = None;
    condition.for_each_leaf(&mut |leaf| {
        whole = Some(whole.map_or(leaf.span, |span| span.to(leaf.span)));
    });
    let message = "these conditions exclude each other, so this finds nothing";
    vec![Advice::new(AdviceCode::NeverMatches, whole.unwrap_or_default(), message)]
}

fn in_conjunction(condition: &Condition) -> Vec<Advice> {
    let Expr::And(parts) = condition else { return Vec::new() };
    let leaves: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Expr::Leaf(leaf) => Some(leaf),
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) => None,
        })
        .collect();
    let ranges = InstantField::ALL.iter().filter_map(|field| empty_range(&leaves, *field));
    two_senders(&leaves).into_iter().chain(ranges).collect()
}

/// Two addresses of a sender, although a message has one.
fn two_senders(leaves: &[&Located<Predicate>]) -> Option<Advice> {
    let mut senders = leaves.iter().filter_map(|leaf| match &leaf.value {
        Predicate::Person { roles, pattern: PersonPattern::Address(address) }
            if roles.as_slice() == [Role::From] =>
        {
            Some((address, leaf.span))
        }
        _ => None,
    });
    let (first, _) = senders.next()?;
    let (other, span) = senders.find(|(address, _)| *address != first)?;
    let message =
        format!("a message has one sender, so this finds nothing; write from:({first} OR {other})");
    Some(Advice::new(AdviceCode::NeverMatches, span, message))
}

fn empty_range(leaves: &[&Located<Predicate>], field: InstantField) -> Option<Advice> {
    let tests = leaves.iter().filter_map(|leaf| match leaf.value {
        Predicate::Instant(one, InstantTest::Compare(comparison, moment)) if one == field => {
            Some((comparison, moment, leaf.span))
        }
        _ => None,
    });
    let mut least: Option<(Timestamp, bool)> = None;
    let mut most: Option<(Timestamp, bool)> = None;
    let mut last = Span::default();
    for (comparison, moment, span) in tests {
        let open = matches!(comparison, Comparison::Less | Comparison::Greater);
        if matches!(comparison, Comparison::AtLeast | Comparison::Greater | Comparison::Equal) {
            least = least.max(Some((moment, open)));
        }
        if matches!(comparison, Comparison::AtMost | Comparison::Less | Comparison::Equal) {
            most = Some(most.map_or((moment, open), |most| {
                if moment < most.0 { (moment, open) } else { most }
            }));
        }
        last = span;
    }
    let ((least, after), (most, before)) = (least?, most?);
    let empty = least > most || least == most && (after || before);
    empty.then(|| {
        Advice::new(
            AdviceCode::EmptyRange,
            last,
            "the end of this range is before its start, so it finds nothing",
        )
    })
}
