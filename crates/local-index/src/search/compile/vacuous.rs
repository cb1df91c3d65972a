//! Conditions that hold for every message of an index, which an engine need not look at.

use std::borrow::Cow;

use postern_query::schema::StringField;
use postern_query::{Condition, Expr, Predicate, StringTest};
use tantivy::{Searcher, Term};

use super::trait_term;
use crate::Error;
use crate::format::schema;
use crate::format::terms::is_regular;

/// The condition without those parts of its conjunction that hold for every message here: that it is of no kind
/// of which there is none, and that it has no newer version where nothing has.
///
/// Callers say so of every search, also where there is nothing but mail. That must cost nothing.
///
/// # Errors
///
/// When the index cannot be read.
pub(super) fn without<'c>(
    searcher: &Searcher,
    condition: &'c Condition,
) -> Result<Cow<'c, Condition>, Error> {
    let parts = match condition {
        Expr::And(parts) => parts.as_slice(),
        Expr::Or(_) | Expr::Not(_) | Expr::Leaf(_) => std::slice::from_ref(condition),
    };
    let mut left = Vec::with_capacity(parts.len());
    for part in parts {
        if !holds_anyway(searcher, part)? {
            left.push(part);
        }
    }
    Ok(match left.as_slice() {
        all if all.len() == parts.len() => Cow::Borrowed(condition),
        [only] => Cow::Borrowed(*only),
        some => Cow::Owned(Expr::And(some.iter().map(|part| (*part).clone()).collect())),
    })
}

fn holds_anyway(searcher: &Searcher, part: &Condition) -> Result<bool, Error> {
    let absent = match part {
        Expr::Leaf(leaf) if is(&leaf.value, StringField::Newest, &StringTest::Missing) => {
            trait_term(StringField::Newest.path())
        }
        Expr::Not(inner) => match kind(inner) {
            Some(kind) => Term::from_field_text(schema::whole(StringField::Kind), kind),
            None => return Ok(false),
        },
        Expr::And(_) | Expr::Or(_) | Expr::Leaf(_) => return Ok(false),
    };
    Ok(searcher.doc_freq(&absent)? == 0)
}

fn is(predicate: &Predicate, field: StringField, test: &StringTest) -> bool {
    matches!(predicate, Predicate::String(of, asked) if *of == field && asked == test)
}

/// The kind that a condition asks for, if that is all it asks.
fn kind(condition: &Condition) -> Option<&str> {
    let Expr::Leaf(leaf) = condition else { return None };
    let Predicate::String(StringField::Kind, StringTest::Is(kind)) = &leaf.value else {
        return None;
    };
    is_regular(kind).then_some(kind)
}
