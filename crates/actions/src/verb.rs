//! What can be done with what was found.

use std::fmt;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Put back into a live mailbox or drive.
    Restore,
    /// Sent by mail.
    Send,
    /// Copied into another drive.
    Copy,
    /// Saved here as files.
    Save,
    /// Brought out of an archive tier at the source.
    Retrieve,
    /// Exported as an Outlook file.
    ExportPst,
    /// Collected again from live mailboxes or drives.
    Collect,
}

impl Verb {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::Restore,
        Self::Send,
        Self::Copy,
        Self::Save,
        Self::Retrieve,
        Self::ExportPst,
        Self::Collect,
    ];

    /// The name in paths, configurations and the record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Send => "send",
            Self::Copy => "copy",
            Self::Save => "save",
            Self::Retrieve => "retrieve",
            Self::ExportPst => "export-pst",
            Self::Collect => "collect",
        }
    }

    /// The verb of that name.
    ///
    /// ```
    /// use postern_actions::Verb;
    ///
    /// assert_eq!(Verb::named("export-pst"), Some(Verb::ExportPst));
    /// assert_eq!(Verb::named("delete"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == name)
    }

    /// Whether doing it twice does something that doing it once does not. Reading is the same each time.
    #[must_use]
    pub const fn changes_something(self) -> bool {
        match self {
            Self::Restore | Self::Send | Self::Copy | Self::Retrieve | Self::Collect => true,
            Self::Save | Self::ExportPst => false,
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
