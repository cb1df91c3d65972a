//! The formats of an export.

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The original messages, in one mailbox file (mboxrd).
    Mbox,
    /// The original messages and files, each in a file.
    Zip,
    /// A table of their fields.
    Csv,
    /// Every field, one JSON object a line.
    Jsonl,
    /// A load file of Concordance, with the bytes and the text of each message and attachment.
    Dat,
    /// A page for each message, and an index of them.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Mbox, Self::Zip, Self::Csv, Self::Jsonl, Self::Dat, Self::Html];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mbox => "mbox",
            Self::Zip => "zip",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Dat => "dat",
            Self::Html => "html",
        }
    }

    /// The format of that name.
    ///
    /// ```
    /// use postern_archive::export::Format;
    ///
    /// assert_eq!(Format::named("dat"), Some(Format::Dat));
    /// assert_eq!(Format::named("pst"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether it is a ZIP, whose last file is its manifest.
    #[must_use]
    pub const fn is_package(self) -> bool {
        match self {
            Self::Zip | Self::Dat | Self::Html => true,
            Self::Mbox | Self::Csv | Self::Jsonl => false,
        }
    }

    /// What such a file is called where it has no other name.
    #[must_use]
    pub fn file_name(self) -> String {
        let ending = if matches!(self, Self::Dat | Self::Html) { ".zip" } else { "" };
        format!("postern-export.{}{ending}", self.name())
    }
}
