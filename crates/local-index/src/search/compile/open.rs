//! Patterns that may begin with anything: each of them leads through whole dictionaries.

use std::collections::BTreeSet;

use postern_query::{AttachmentTest, Condition, PersonPattern, Predicate, TextPattern};

use super::expand::Pattern;
use crate::Error;

/// How many different patterns of one search may begin with anything. One counts once, in however many
/// fields it is looked for.
pub const MAX_OPEN_PATTERNS: usize = 3;

/// Refuses a condition with too many of them before any is looked up.
///
/// # Errors
///
/// When there are more than [`MAX_OPEN_PATTERNS`].
pub(crate) fn admit(condition: &Condition) -> Result<(), Error> {
    let (mut open, mut surplus) = (BTreeSet::new(), None);
    let mut count = |pattern: Pattern<'_>| {
        if surplus.is_none() && pattern.is_open() {
            let text = pattern.to_string();
            open.insert(text.clone());
            surplus = (open.len() > MAX_OPEN_PATTERNS).then_some(text);
        }
    };
    condition.for_each_leaf(&mut |leaf| each_pattern(&leaf.value, &mut count));
    match surplus {
        Some(pattern) => Err(Error::TooManyPatterns { pattern, limit: MAX_OPEN_PATTERNS }),
        None => Ok(()),
    }
}

/// The patterns that a dictionary of words, names or addresses is walked for.
fn each_pattern(predicate: &Predicate, visit: &mut impl FnMut(Pattern<'_>)) {
    match predicate {
        Predicate::Text(test) => match &test.pattern {
            TextPattern::Wildcard(shape) => visit(Pattern::Shape(shape)),
            TextPattern::Regex(regex) => visit(Pattern::Regex(regex)),
            TextPattern::Phrase(_)
            | TextPattern::Fuzzy(_)
            | TextPattern::Sloppy(_)
            | TextPattern::Near(_) => {}
        },
        Predicate::Person { pattern, .. } => {
            if let PersonPattern::Shaped(shape) | PersonPattern::AddressShaped(shape) = pattern {
                visit(Pattern::Shape(shape));
            }
        }
        Predicate::Attachment(test) => test.for_each_leaf(&mut |leaf| {
            if let AttachmentTest::Shaped(shape) = leaf {
                visit(Pattern::Shape(shape));
            }
        }),
        Predicate::String(..)
        | Predicate::Flag(..)
        | Predicate::Number(..)
        | Predicate::Instant(..)
        | Predicate::Recipient(..)
        | Predicate::Category(_)
        | Predicate::Reference(_)
        | Predicate::Set(_) => {}
    }
}
