//! Keys that cannot be printed by accident.

use std::fmt;

/// A key or token; its `Debug` form hides it.
///
/// ```
/// use postern_upstream::Secret;
///
/// let key = Secret::new("s3cret");
/// assert_eq!(format!("{key:?}"), "***");
/// assert_eq!(key.expose(), "s3cret");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be sent and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
