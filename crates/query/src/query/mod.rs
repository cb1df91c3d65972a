//! The typed query. Every language becomes one, and every target starts from one.

mod predicate;
mod role;
mod set;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::schema::{InstantField, Sort, SortField, StringField};
use crate::{Expr, FILE, Located, Span};

pub use predicate::{
    Among, AttachmentTest, Comparison, FlagTest, InstantTest, Number, NumberTest, PersonPattern,
    Predicate, RecipientTest, StringTest, TextPattern, TextTest,
};
pub use role::{PeopleField, Role};
pub use set::{NamedSets, SetTest};

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

    /// The messages of these ids.
    ///
    /// ```
    /// use postern_query::{Message, Query, evaluate};
    ///
    /// let query = Query::of_ids(["m1".to_owned()].into());
    /// assert!(evaluate(query.condition(), &Message { id: "m1".into(), ..Message::default() }));
    /// ```
    #[must_use]
    pub fn of_ids(ids: BTreeSet<String>) -> Self {
        Self::of(Predicate::Set(SetTest { name: String::new(), ids: Arc::new(ids) }))
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

    /// The same without older versions of files.
    ///
    /// ```
    /// use postern_query::{Message, Query, evaluate};
    ///
    /// let query = Query::everything().newest_only();
    /// let older = Message { newest: Some("0a1b".into()), ..Message::default() };
    /// assert!(!evaluate(query.condition(), &older) && evaluate(query.condition(), &Message::default()));
    /// ```
    #[must_use]
    pub fn newest_only(self) -> Self {
        self.and(Self::of(Predicate::String(StringField::Newest, StringTest::Missing)))
    }

    /// The same without files.
    ///
    /// ```
    /// use postern_query::{FILE, Message, Query, evaluate};
    ///
    /// let query = Query::everything().mail_only();
    /// let file = Message { kind: Some(FILE.into()), ..Message::default() };
    /// assert!(!evaluate(query.condition(), &file) && evaluate(query.condition(), &Message::default()));
    /// ```
    #[must_use]
    pub fn mail_only(self) -> Self {
        let file = Predicate::String(StringField::Kind, StringTest::Is(FILE.to_owned()));
        self.and(Self::of(Expr::negated(file.into())))
    }

    /// Whether it leaves room for files: it asks for no other kind at its top.
    ///
    /// ```
    /// use postern_query::{Context, parse};
    ///
    /// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    /// let has_room = |text: &str| parse(text, &context).unwrap().query.has_room_for_files();
    /// assert!(has_room("plan") && has_room("kind:file plan") && has_room("kind:file,email"));
    /// assert!(!has_room("kind:email plan") && !has_room("plan -kind:file"));
    /// ```
    #[must_use]
    pub fn has_room_for_files(&self) -> bool {
        match &self.condition {
            Expr::And(parts) => parts.iter().all(leaves_room),
            single => leaves_room(single),
        }
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

/// Whether a condition on the kind, alone or as alternatives, leaves room for files. Any other condition does.
fn leaves_room(condition: &Condition) -> bool {
    match condition {
        Expr::Leaf(leaf) => is_file(&leaf.value).unwrap_or(true),
        Expr::Not(inner) => match &**inner {
            Expr::Leaf(leaf) => is_file(&leaf.value) != Some(true),
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) => true,
        },
        Expr::Or(parts) => parts.is_empty() || parts.iter().any(leaves_room),
        Expr::And(_) => true,
    }
}

/// Whether the kind that is asked for is that of files, if a kind is.
fn is_file(predicate: &Predicate) -> Option<bool> {
    match predicate {
        Predicate::String(StringField::Kind, StringTest::Is(kind)) => Some(kind == FILE),
        Predicate::String(StringField::Kind, StringTest::OneOf(kinds)) => {
            Some(kinds.iter().any(|kind| kind == FILE))
        }
        _ => None,
    }
}
