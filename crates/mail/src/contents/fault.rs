//! Why a text was not read, or not all of it.

/// The reason, in words that begin with its kind.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("encrypted")]
    Encrypted,
    #[error("too large: {0}")]
    TooLarge(&'static str),
    #[error("too slow: {0}")]
    TooSlow(&'static str),
    #[error("damaged: {0}")]
    Damaged(String),
    #[error("not supported: {0}")]
    NotSupported(&'static str),
    /// The worker could not be started.
    #[error("no reader: {0}")]
    NoReader(String),
    /// The same of something in it, with its name.
    #[error("{0}")]
    Inside(String),
}

impl Fault {
    /// The file is not as its format wants it.
    pub(super) fn damaged(error: impl std::fmt::Display) -> Self {
        Self::Damaged(error.to_string())
    }
}
