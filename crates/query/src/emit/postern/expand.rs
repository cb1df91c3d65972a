//! Conditions that typed text says as several.

use crate::query::{
    AttachmentTest, Comparison, Condition, InstantTest, Predicate, RecipientTest, StringTest,
    TextTest,
};
use crate::schema::TextField;
use crate::{Expr, Located, Span};

impl Condition {
    /// The same with all of it caused by one place of the text.
    pub(super) fn map_spans(self, span: Span) -> Self {
        match self {
            Self::And(parts) => {
                Self::And(parts.into_iter().map(|part| part.map_spans(span)).collect())
            }
            Self::Or(parts) => {
                Self::Or(parts.into_iter().map(|part| part.map_spans(span)).collect())
            }
            Self::Not(inner) => Self::negated(inner.map_spans(span)),
            Self::Leaf(leaf) => Self::Leaf(Located::new(leaf.value, span)),
        }
    }
}

/// The conditions of which one must hold, for one that is a choice.
pub(super) fn expanded(predicate: &Predicate) -> Option<Condition> {
    let of = |each: Vec<Predicate>| Some(Expr::Or(each.into_iter().map(Condition::from).collect()));
    match predicate {
        Predicate::Text(test) if test.fields.len() > 1 && test.fields != TextField::DEFAULT => {
            let field = |field: &TextField| {
                Predicate::Text(TextTest { fields: vec![*field], ..test.clone() })
            };
            of(test.fields.iter().map(field).collect())
        }
        Predicate::String(field, StringTest::OneOf(texts)) => {
            of(each(texts).map(|test| Predicate::String(*field, test)).collect())
        }
        Predicate::Recipient(list, test) => of(choices(test, one_of_recipient)?
            .into_iter()
            .map(|test| Predicate::Recipient(*list, test))
            .collect()),
        Predicate::Attachment(test) => {
            of(choices(test, one_of_attachment)?.into_iter().map(Predicate::Attachment).collect())
        }
        Predicate::Category(test) => {
            of(choices(test, one_of_category)?.into_iter().map(Predicate::Category).collect())
        }
        _ => None,
    }
}

fn each(texts: &[String]) -> impl Iterator<Item = StringTest> {
    texts.iter().map(|text| StringTest::Is(text.clone()))
}

/// The alternatives of a test of one element. "One is a or b" says the same as "one is a, or one is b".
fn choices<T: Clone>(test: &Expr<T>, one_of: fn(&T) -> Option<Vec<T>>) -> Option<Vec<Expr<T>>> {
    match test {
        Expr::Or(parts) => Some(parts.clone()),
        Expr::Leaf(leaf) => Some(one_of(leaf)?.into_iter().map(Expr::Leaf).collect()),
        Expr::And(_) | Expr::Not(_) => None,
    }
}

fn one_of_recipient(test: &RecipientTest) -> Option<Vec<RecipientTest>> {
    match test {
        RecipientTest::Name(StringTest::OneOf(texts)) => {
            Some(each(texts).map(RecipientTest::Name).collect())
        }
        RecipientTest::Address(StringTest::OneOf(texts)) => {
            Some(each(texts).map(RecipientTest::Address).collect())
        }
        RecipientTest::Name(_) | RecipientTest::Address(_) => None,
    }
}

fn one_of_attachment(test: &AttachmentTest) -> Option<Vec<AttachmentTest>> {
    match test {
        AttachmentTest::Name(StringTest::OneOf(texts)) => {
            Some(each(texts).map(AttachmentTest::Name).collect())
        }
        AttachmentTest::ContentType(StringTest::OneOf(texts)) => {
            Some(each(texts).map(AttachmentTest::ContentType).collect())
        }
        _ => None,
    }
}

fn one_of_category(test: &StringTest) -> Option<Vec<StringTest>> {
    match test {
        StringTest::OneOf(texts) => Some(each(texts).collect()),
        _ => None,
    }
}

/// Whether these are both ends of the moment that a condition asks for.
pub(super) fn is_moment(parts: &[Condition], predicate: &Predicate) -> bool {
    let Predicate::Instant(field, InstantTest::Compare(Comparison::Equal, moment)) = predicate
    else {
        return false;
    };
    let end =
        |comparison| Predicate::Instant(*field, InstantTest::Compare(comparison, *moment)).into();
    parts == [end(Comparison::AtLeast), end(Comparison::AtMost)]
}
