//! What can be wrong.

use std::io;

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It does not begin as an Outlook data file does.
    #[error("this is no Outlook data file")]
    Foreign,
    /// It is a personal address book (`.pab`).
    #[error("this is a personal address book, which holds no messages")]
    AddressBook,
    /// It ends inside its head.
    #[error("the file is cut off in its head, so nothing of it can be found")]
    CutOff,
    /// Its version is not known.
    #[error(
        "the file has version {0}, which is newer than the versions that are read (14 to 37); export it to .pst with the program that wrote it"
    )]
    Newer(u16),
    /// Windows encrypted it.
    #[error(
        "Windows encrypted the file for one organisation (Windows Information Protection); open it in Outlook there and export it again without protection"
    )]
    Encrypted,
    /// Its encoding is not known.
    #[error("the file says that its data is encoded in a way that is not known ({0})")]
    Encoded(u8),
    /// Nothing in it leads to its folders.
    #[error("the file is damaged beyond reading: {0}")]
    Damaged(&'static str),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why a part of a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Bytes are missing, or are not what they must be.
    #[error("{0}")]
    Damaged(&'static str),
    /// Reading on would take more work than the file is worth: its parts refer to one another without end.
    #[error("its parts are read time and again, as only damage or malice makes them")]
    Endless,
    /// The system refuses to read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Fault {
    /// Whether the system refused, so that another try may succeed.
    #[must_use]
    pub const fn is_of_system(&self) -> bool {
        matches!(self, Self::Io(_))
    }
}
