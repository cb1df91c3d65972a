//! People with known addresses.

use std::fmt;

use jiff::Timestamp;

use crate::{PersonPattern, Role};

/// An address book, for an index that only finds whole addresses.
///
/// ```
/// use jiff::Timestamp;
/// use postern_query::datatap::KnownPeople;
/// use postern_query::{datatap, parse, Capabilities, Context, PersonPattern, Role};
///
/// let known = KnownPeople {
///     addresses: &|_: Role, _: &PersonPattern| Some(vec!["Alice@contoso.com".to_owned()]),
///     as_of: Timestamp::UNIX_EPOCH,
/// };
/// let query = parse("from:alice", &Context::utc(Timestamp::UNIX_EPOCH))?.query;
/// let compiled = datatap::compile_knowing(&query, &Capabilities::default(), &known);
/// let filter = compiled.sent.and_then(|sent| sent.filter);
/// assert_eq!(filter.as_deref(), Some("fromAddress eq 'Alice@contoso.com'"));
/// assert_eq!(compiled.notes[0].message, "addresses known as of 1970-01-01");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[derive(Clone, Copy)]
pub struct KnownPeople<'a> {
    /// Every address that a pattern means in a role, exactly as it is spelt; `None` if there are
    /// too many to list. It does not ask anybody.
    pub addresses: &'a dyn Fn(Role, &PersonPattern) -> Option<Vec<String>>,
    /// The time up to which the mail was examined for them.
    pub as_of: Timestamp,
}

impl fmt::Debug for KnownPeople<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownPeople").field("as_of", &self.as_of).finish_non_exhaustive()
    }
}
