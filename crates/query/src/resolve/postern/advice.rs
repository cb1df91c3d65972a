//! Advice about queries that work but can match nothing.

use jiff::Timestamp;

use super::canonical;
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

/// Two values of the sender, although a message has one. In KQL they mean either.
fn two_senders(leaves: &[&Located<Predicate>]) -> Option<Advice> {
    let mut senders = leaves.iter().filter_map(|leaf| match &leaf.value {
        Predicate::Person { roles, pattern } if roles.as_slice() == [Role::From] => {
            Some((sender(pattern)?, leaf.span))
        }
        _ => None,
    });
    let (first, _) = senders.next()?;
    let alike = |other: &Sender| other.kind == first.kind && other.text != first.text;
    let (other, span) = senders.find(|(other, _)| alike(other))?;
    let either = format!("write from:({} OR {})", first.text, other.text);
    Some(if first.kind == SenderKind::Address {
        let message = format!("a message has one sender, so this finds nothing; {either}");
        Advice::new(AdviceCode::NeverMatches, span, message)
    } else {
        let message = format!("both are looked for in the same sender; {either} for one of them");
        Advice::new(AdviceCode::OtherReading, span, message)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SenderKind {
    Address,
    Domain,
    Name,
}

/// A value of the sender as it is typed.
struct Sender {
    kind: SenderKind,
    text: String,
}

/// The value, if two different ones are seldom meant of one sender.
fn sender(pattern: &PersonPattern) -> Option<Sender> {
    let (kind, text) = match pattern {
        PersonPattern::Address(address) => (SenderKind::Address, canonical::listed_value(address)),
        PersonPattern::Domain(domain) => {
            (SenderKind::Domain, canonical::listed_value(&format!("@{domain}")))
        }
        PersonPattern::NamePhrase(name) => (SenderKind::Name, canonical::quoted_text(name)),
        PersonPattern::Words(name) => (SenderKind::Name, canonical::listed_value(name)),
        PersonPattern::SubDomains(_)
        | PersonPattern::DomainOrLocal(_)
        | PersonPattern::Shaped(_)
        | PersonPattern::AddressShaped(_) => return None,
    };
    Some(Sender { kind, text })
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
