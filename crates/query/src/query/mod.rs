//! The typed query. Every language becomes one, and every target starts from one.

mod predicate;
mod role;

use crate::schema::{InstantField, Sort, SortField};
use crate::{Expr, Located, Span};

pub use predicate::{
    Among, AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, PersonPattern,
    Predicate, RecipientTest, StringTest, TextPattern, TextTest,
};
pub use role::{PeopleField, Role};

/// A condition on a message: predicates under and, or, not.
pub type Condition = Expr<Located<Predicate>>;

/// A predicate that nobody typed.
impl From<Predicate> for Condition {
    fn from(predicate: Predicate) -> Self {
        Self::Leaf(Located::new(predicate, Span::default()))
    }
}

/// A resolved query: which messages, and in which order.
///
/// Resolving text of one of the languages makes it, or a program makes it from conditions. Their types have
/// no room for a field, a value or an operator that means nothing. An engine takes this type and no other.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    condition: Condition,
    order: Vec<Sort>,
}

impl Query {
    pub(crate) fn new(condition: Condition, order: Vec<Sort>) -> Self {
        Self { condition: condition.flattened(), order }
    }

    /// The messages that meet a condition, without an order.
    ///
    /// ```
    /// use postern_query::{Message, Place, Predicate, Query, StringTest, evaluate};
    /// use postern_query::schema::StringField;
    ///
    /// let by = |field, value: &str| Query::of(Predicate::String(field, StringTest::Is(value.into())));
    /// let query = by(StringField::Mailbox, "ann").and(by(StringField::Folder, "Inbox"));
    /// let place = Place { mailbox: Some("ann".into()), ..Place::default() };
    /// let message = Message { places: vec![place], ..Message::default() };
    /// assert!(!evaluate(query.condition(), &message), "it lies in no folder");
    /// ```
    #[must_use]
    pub fn of(condition: impl Into<Condition>) -> Self {
        Self::new(condition.into(), Vec::new())
    }

    /// Every message.
    #[must_use]
    pub const fn everything() -> Self {
        Self { condition: Expr::everything(), order: Vec::new() }
    }

    /// No message.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { condition: Expr::nothing(), order: Vec::new() }
    }

    /// The condition on messages.
    #[must_use]
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The order; empty without one.
    #[must_use]
    pub fn order(&self) -> &[Sort] {
        &self.order
    }

    /// Both conditions together. The order is this query's, or else the other's.
    ///
    /// ```
    /// use postern_query::{odata, Query};
    ///
    /// let read = odata::parse_filter("isRead")?;
    /// assert_eq!(Query::everything().and(read.clone()), read);
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let order = if self.order.is_empty() { other.order } else { self.order };
        Self::new(Expr::And(vec![self.condition, other.condition]), order)
    }

    /// Either condition, or both. The order is this query's, or else the other's.
    ///
    /// ```
    /// use postern_query::{odata, Query};
    ///
    /// let read = odata::parse_filter("isRead")?;
    /// assert_eq!(Query::nothing().or(read.clone()), read);
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let order = if self.order.is_empty() { other.order } else { self.order };
        Self::new(Expr::Or(vec![self.condition, other.condition]), order)
    }

    /// The same condition in another order.
    #[must_use]
    pub fn ordered_by(self, order: Vec<Sort>) -> Self {
        Self { order, ..self }
    }

    /// Whether relevance says anything about these messages, because the query searches words.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        let mut scored = false;
        self.condition.for_each_leaf(&mut |leaf| {
            scored |= matches!(&leaf.value, Predicate::Text(text) if text.scored);
        });
        scored
    }

    /// The order that people expect: the query's own, or else relevance where there are words, then
    /// newest first. The id breaks ties.
    ///
    /// ```
    /// use postern_query::{lucene, odata};
    ///
    /// let words = lucene::parse("invoice", lucene::Options::default())?;
    /// let order = odata::print_order_by(&words.natural_order());
    /// assert_eq!(order, "search.score() desc, receivedDateTime desc");
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn natural_order(&self) -> Vec<Sort> {
        let mut order = self.order.clone();
        if order.is_empty() && self.is_scored() {
            order.push(Sort::descending(SortField::Score));
        }
        let received = SortField::Instant(InstantField::Received);
        if !order.iter().any(|sort| sort.by == received) {
            order.push(Sort::descending(received));
        }
        order
    }

    /// The order of the premium service: the query's own, then score. The id breaks ties.
    ///
    /// ```
    /// use postern_query::{odata, Query};
    ///
    /// let oldest = Query::everything().ordered_by(odata::parse_order_by("receivedDateTime asc")?);
    /// let order = odata::print_order_by(&oldest.service_order());
    /// assert_eq!(order, "receivedDateTime asc, search.score() desc");
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn service_order(&self) -> Vec<Sort> {
        let mut order = self.order.clone();
        if !order.iter().any(|sort| sort.by == SortField::Score) {
            order.push(Sort::descending(SortField::Score));
        }
        order
    }
}
