//! Frozen sets of messages.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The messages of a frozen set, by their ids.
#[derive(Clone, PartialEq, Eq)]
pub struct SetTest {
    /// What the set is called.
    pub name: String,
    /// The ids of its messages, as far as whoever asks may see them.
    pub ids: Arc<BTreeSet<String>>,
}

/// The frozen sets that a query may name. What lies in one is an argument of a query, as the time is.
///
/// ```
/// use std::collections::BTreeSet;
/// use std::sync::Arc;
/// use postern_query::{Context, Message, NamedSets, evaluate, parse};
///
/// #[derive(Debug)]
/// struct Lease;
///
/// impl NamedSets for Lease {
///     fn ids(&self, name: &str) -> Option<Arc<BTreeSet<String>>> {
///         (name == "lease").then(|| Arc::new(["m1".to_owned()].into()))
///     }
///
///     fn names(&self) -> Vec<String> {
///         vec!["lease".to_owned()]
///     }
/// }
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let context = Context { sets: Some(Arc::new(Lease)), ..context };
/// let parsed = parse("set:lease", &context)?;
/// assert!(evaluate(parsed.query.condition(), &Message { id: "m1".into(), ..Message::default() }));
/// let hint = parse("set:leas", &context).unwrap_err().as_slice()[0].hint.clone().unwrap();
/// assert!(hint.starts_with("did you mean lease?"));
/// # Ok::<(), postern_query::Errors>(())
/// ```
pub trait NamedSets: fmt::Debug + Send + Sync {
    /// The ids of the messages in the set of that name; nothing where there is no such set.
    fn ids(&self, name: &str) -> Option<Arc<BTreeSet<String>>>;

    /// The names of all sets.
    fn names(&self) -> Vec<String>;
}

impl fmt::Debug for SetTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Set({:?}, {} messages)", self.name, self.ids.len())
    }
}

impl Hash for SetTest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal sets have equal names; to hash every id would take as long as to search.
        self.name.hash(state);
    }
}
