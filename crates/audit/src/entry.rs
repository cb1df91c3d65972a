//! What is written of one deed.

use std::borrow::Cow;

use serde_json::Value;

/// What kind of deed it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Something was searched for, counted, completed or translated.
    Search,
    /// A message, file or list was looked at.
    View,
    /// Something was exported.
    Export,
    /// Something was restored, sent, copied, retrieved, collected or ordered.
    Action,
    /// Mail was brought here, or indexed.
    Sync,
    /// A report, a set or a saved search.
    Evidence,
    /// A set was put under hold, or released.
    Hold,
    /// A key was made, used for the first time, or refused.
    Key,
    /// A program started under a configuration.
    Configuration,
    /// The log itself: something was set aside.
    Log,
}

impl What {
    /// Each of them.
    pub const ALL: [Self; 10] = [
        Self::Search,
        Self::View,
        Self::Export,
        Self::Action,
        Self::Sync,
        Self::Evidence,
        Self::Hold,
        Self::Key,
        Self::Configuration,
        Self::Log,
    ];

    /// Its name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::View => "view",
            Self::Export => "export",
            Self::Action => "action",
            Self::Sync => "sync",
            Self::Evidence => "evidence",
            Self::Hold => "hold",
            Self::Key => "key",
            Self::Configuration => "configuration",
            Self::Log => "log",
        }
    }

    /// Whether the entry is on the disk before it counts as written. Others are written, and on the disk within a
    /// second.
    #[must_use]
    pub const fn is_durable(self) -> bool {
        match self {
            Self::Search | Self::View => false,
            Self::Export
            | Self::Action
            | Self::Sync
            | Self::Evidence
            | Self::Hold
            | Self::Key
            | Self::Configuration
            | Self::Log => true,
        }
    }
}

/// An entry that is to be written. It never holds a secret: whoever makes it leaves keys and passwords out.
///
/// ```
/// use postern_audit::{Entry, What};
///
/// let entry = Entry::new(What::Search, "ann").with("query", "from:bob").with("count", 3);
/// assert_eq!(entry.what(), What::Search);
/// ```
#[derive(Clone, Debug)]
pub struct Entry {
    what: What,
    /// Each name once. They are few, and there is an entry for each request: so there is no table of them.
    fields: Vec<(Cow<'static, str>, Value)>,
}

/// Fields that most entries have at most, with those that are the log's own.
const USUAL: usize = 20;

impl Entry {
    /// An entry of what `who` does.
    #[must_use]
    pub fn new(what: What, who: &str) -> Self {
        let mut fields = Vec::with_capacity(USUAL);
        fields.extend([("what".into(), what.as_str().into()), ("who".into(), who.into())]);
        Self { what, fields }
    }

    /// The same with one more field. `n`, `prev`, `seal` and `time` are the log's own. Numbers are whole.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.put(name.into(), value.into());
        self
    }

    /// The same with these fields.
    #[must_use]
    pub fn with_all<N: Into<Cow<'static, str>>>(
        mut self,
        fields: impl IntoIterator<Item = (N, Value)>,
    ) -> Self {
        fields.into_iter().for_each(|(name, value)| self.put(name.into(), value));
        self
    }

    fn put(&mut self, name: Cow<'static, str>, value: Value) {
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.fields.push((name, value)),
        }
    }

    /// What kind of deed it is of.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }

    /// What it says.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value))
    }
}
