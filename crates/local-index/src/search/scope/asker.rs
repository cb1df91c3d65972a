//! Whoever asks an index.

use postern_query::schema::StringField;
use postern_query::{Condition, Expr, Located, Place, Predicate, Query, Span, StringTest};

use crate::search::Work;

/// Whoever asks: what they may see, and how much work they may cause.
///
/// ```no_run
/// use postern_local_index::search::{Asker, Index, Scope, Search, Work};
/// use postern_query::Query;
///
/// let (index, query) = (Index::open("data".as_ref())?, Query::everything());
/// let search = Search {
///     query: &query, order: &[], after: None, offset: 0, limit: 25, highlight: false,
/// };
/// let alice = Asker { scope: Scope::Mailboxes(vec!["alice@contoso.com".into()]), work: Work::limited() };
/// println!("{} of {}", index.search(&search, &alice)?.count, index.search(&search, &Asker::unlimited())?.count);
/// # Ok::<(), postern_local_index::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Asker {
    /// What may be seen.
    pub scope: Scope,
    /// How much may be done, and until when.
    pub work: Work,
}

/// Which places of messages somebody may see. A message that lies in none of them is not there: it is neither found
/// nor counted, and has no say in how relevant anything is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All.
    #[default]
    All,
    /// Those in mailboxes of exactly these names.
    Mailboxes(Vec<String>),
}

impl Asker {
    /// One of our own, who may see and do everything.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { scope: Scope::All, work: Work::unlimited() }
    }
}

impl Scope {
    /// That a message lies in the scope; nothing where all do.
    pub(crate) fn condition(&self) -> Option<Condition> {
        let Self::Mailboxes(names) = self else { return None };
        let test = Predicate::String(StringField::Mailbox, StringTest::OneOf(names.clone()));
        Some(Expr::Leaf(Located::new(test, Span::default())))
    }

    /// The query, and that the message lies in the scope.
    #[must_use]
    pub fn restrict(&self, query: Query) -> Query {
        match self.condition() {
            None => query,
            Some(scope) => query.and(Query::of(scope)),
        }
    }

    /// Whether a place lies in the scope.
    #[must_use]
    pub fn shows(&self, place: &Place) -> bool {
        self.permits(place.mailbox.as_deref())
    }

    /// Whether a message of that mailbox lies in the scope.
    #[must_use]
    pub fn permits(&self, mailbox: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Mailboxes(names) => {
                mailbox.is_some_and(|name| names.iter().any(|own| own == name))
            }
        }
    }
}
