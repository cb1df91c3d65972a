//! What is known of the index that is asked.

use std::collections::BTreeSet;

use super::Emitter;
use crate::emit::Direction;
use crate::query::{Condition, Predicate, StringTest};
use crate::schema::{Sort, StringField};
use crate::{Expr, Located, Span};

/// What is known of an index, and of whoever asks.
///
/// ```
/// use postern_query::emit::elasticsearch::{self, Known, Profile};
/// use postern_query::Query;
///
/// let known = Known { mailboxes: Some(vec!["ann@x.com".into()]), ..Known::default() };
/// let sent = elasticsearch::compile_for(&Query::everything(), Profile::OpenSearch, &known).sent;
/// assert!(sent.unwrap().to_string().contains(r#"{"terms":{"places.mailbox":["ann@x.com"]}}"#));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The only mailboxes whose places are asked; nothing where all are.
    pub mailboxes: Option<Vec<String>>,
    /// The order of hits; nothing for that of the query.
    pub order: Option<Vec<Sort>>,
    /// The fields that some messages have longer values of than the index takes: what `leftOut` names in them.
    pub left_out: BTreeSet<String>,
}

impl Known {
    /// What holds of a place that may be seen.
    pub(super) fn visible(&self) -> Option<Condition> {
        let mailboxes = self.mailboxes.clone()?;
        let test = Predicate::String(StringField::Mailbox, StringTest::OneOf(mailboxes));
        Some(Expr::Leaf(Located::new(test, Span::default())))
    }
}

impl Emitter<'_> {
    /// A message with too long a value is not found by it; it looks as if it had none.
    pub(super) fn whole_value(&mut self, path: &str, test: &StringTest, span: Span) {
        let direction = match test {
            StringTest::Missing => Direction::Wider,
            StringTest::Is(_)
            | StringTest::OneOf(_)
            | StringTest::Same(_)
            | StringTest::Shaped(_)
            | StringTest::PathEnd(_) => Direction::Narrower,
        };
        self.errs_where_left_out(path, direction, span);
    }

    /// The same of a test that no missing value passes.
    pub(super) fn left_out(&mut self, path: &str, span: Span) {
        self.errs_where_left_out(path, Direction::Narrower, span);
    }

    fn errs_where_left_out(&mut self, path: &str, direction: Direction, span: Span) {
        self.whole.insert(path.to_owned());
        if self.known.left_out.contains(path) {
            let message = format!(
                "values of `{path}` are too long for the index in some messages (more than 10,922 characters)"
            );
            self.notes.errs(direction, span, message);
        }
    }
}
