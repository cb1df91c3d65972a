//! What is written of one deed.

use serde_json::{Map, Value};

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
    fields: Map<String, Value>,
}

impl Entry {
    /// An entry of what `who` does.
    #[must_use]
    pub fn new(what: What, who: &str) -> Self {
        let fields = [("what", what.as_str()), ("who", who)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.into()));
        Self { what, fields: fields.into_iter().collect() }
    }

    /// The same with one more field. `n`, `prev`, `seal` and `time` are the log's own. Numbers are whole.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The same with these fields.
    #[must_use]
    pub fn with_all(mut self, fields: Map<String, Value>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// What kind of deed it is of.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }

    /// What it says.
    pub(crate) const fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }
}
